//! What is kept: a folder that a person can open with other tools.
//!
//! ```text
//! my-survey.astrolabel/
//!   project.sqlite     objects' identity, sources, label journal, settings, runs
//!   catalog.parquet    the columns
//!   embeddings/<run>/  manifest.json + segment-*.f16 + done.bits
//!   index/             derived, deletable
//! ```
//! A label is on disk before the call that gave it returns; undo appends; interrupted embedding
//! goes on where it stopped; several processes may use one project at a time.

pub mod answers;
pub mod catalog;
pub mod error;
pub mod journal;
pub mod objects;
pub mod runs;
pub mod store;

pub use error::ProjectError;
pub use objects::{Band, Field, FieldKind, Object};

use crate::io::catalog::Table;
use error::io_at;
use rusqlite::{OptionalExtension, params};
use std::fs::File;
use std::path::{Path, PathBuf};
use store::Store;

/// Name and version, for manifests and exported headers.
pub const PROGRAM: &str = concat!("astrolabel ", env!("CARGO_PKG_VERSION"));
/// The column that names an object in every table of a project.
pub const OBJECT_ID: &str = "object_id";

/// An open project.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
    store: Store,
}

/// A field and its objects, ready to be kept. Ids are given on import.
#[derive(Debug, Clone)]
pub struct NewField {
    /// The field; its id is ignored.
    pub field: Field,
    /// Its objects; their `id` and `field` are ignored.
    pub objects: Vec<Object>,
    /// Their catalogue columns, one row an object, if there are any.
    pub columns: Option<Table>,
}

impl Project {
    /// Opens the project in folder `root`, or makes one there when `create` is set.
    pub fn open(root: &Path, create: bool) -> Result<Self, ProjectError> {
        refuse_remains(root)?;
        if create {
            std::fs::create_dir_all(root).map_err(io_at(root))?;
        }
        let database = root.join("project.sqlite");
        // A kill while a project was made leaves a database without tables: harmless as long as
        // nothing else is there.
        let may_fill = if database.is_file() {
            remains(root).is_none()
        } else {
            create
        };
        let store = Store::open(&database, may_fill)?;
        Ok(Self {
            root: root.to_owned(),
            store,
        })
    }

    /// Makes sure that a project can be made in folder `root`, before the work that would be lost
    /// otherwise. Folders that were made for it and are still empty are taken away when the answer is dropped.
    pub fn reserve(root: &Path) -> Result<Reserved, ProjectError> {
        refuse_remains(root)?;
        let mut made = Vec::new();
        let mut folder = Some(root);
        while let Some(path) = folder.filter(|p| !p.as_os_str().is_empty() && !p.exists()) {
            made.push(path.to_owned());
            folder = path.parent();
        }
        let reserved = Reserved { made };
        std::fs::create_dir_all(root).map_err(io_at(root))?;
        tempfile::tempfile_in(root).map_err(io_at(root))?;
        Ok(reserved)
    }

    /// Whether folder `path` holds a project.
    pub fn is_project(path: &Path) -> bool {
        path.join("project.sqlite").is_file()
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database, to read.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The database, to write.
    pub fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Where runs are kept.
    pub fn embeddings(&self) -> PathBuf {
        self.root.join("embeddings")
    }

    /// Number of objects.
    pub fn count(&self) -> Result<usize, ProjectError> {
        objects::count(&self.store)
    }

    /// Takes the lock that importing needs; waits while another process imports. Held until dropped.
    pub fn lock_import(&self, waiting: impl FnOnce()) -> Result<File, ProjectError> {
        let path = self.root.join("import.lock");
        let lock = File::create(&path).map_err(io_at(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                waiting();
                lock.lock().map_err(io_at(&path))?;
            }
            Err(std::fs::TryLockError::Error(cause)) => return Err(io_at(&path)(cause)),
        }
        Ok(lock)
    }

    /// Adds fields with their objects and columns, all or nothing: the new catalogue is complete on
    /// disk beside the old one, takes its place, and then the objects are committed. A kill between
    /// the last two leaves catalogue rows of unknown objects, which are never read and dropped by
    /// the next import. Returns the number of the first new object and how many there are.
    ///
    /// The caller holds [`Project::lock_import`].
    pub fn add(
        &mut self,
        who: &str,
        fields: Vec<NewField>,
        report: &serde_json::Value,
    ) -> Result<(i64, usize), ProjectError> {
        let first = self.count()? as i64;
        let path = catalog::path(&self.root);
        let staged = self.root.join("catalog.parquet.new");
        let damaged = |cause: String| ProjectError::Damaged {
            path: path.display().to_string(),
            cause,
        };
        let mut columns = match catalog::read(self) {
            Err(ProjectError::Missing { .. }) => None,
            other => other?,
        };
        let mut next = first;
        let mut has_new_columns = false;
        for new in &fields {
            let ids: Vec<i64> = (next..next + new.objects.len() as i64).collect();
            next += new.objects.len() as i64;
            if let Some(table) = &new.columns {
                columns =
                    Some(catalog::append(columns.take(), &ids, table).map_err(|e| damaged(e.to_string()))?);
                has_new_columns = true;
            }
        }
        if has_new_columns && let Some(table) = &columns {
            crate::io::catalog::write_parquet(&staged, table).map_err(|e| damaged(e.to_string()))?;
        }
        let at = journal::now();
        let total = self.store.write_then(
            |tx| {
                let mut id = first;
                let mut total = 0;
                for new in fields {
                    let field = objects::insert_field(tx, &new.field)?;
                    let numbered = new.objects.into_iter().zip(id..).map(|(o, id)| Object { id, field, ..o });
                    let count = objects::insert_objects(tx, numbered)?;
                    id += count;
                    total += count as usize;
                }
                tx.execute(
                    "INSERT INTO import (at, who, version, first_object, objects, report) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![at, who, PROGRAM, first, total as i64, report.to_string()],
                )?;
                if has_new_columns {
                    tx.execute("INSERT OR REPLACE INTO fact (key, value) VALUES (?1, 'kept')", [catalog::FACT])?;
                }
                Ok(total)
            },
            || {
                if has_new_columns {
                    std::fs::rename(&staged, &path).map_err(io_at(&path))?;
                    sync_folder(&self.root);
                }
                Ok(())
            },
        )?;
        Ok((first, total))
    }

    /// A remembered fact, such as a setting.
    pub fn fact(&self, key: &str) -> Result<Option<String>, ProjectError> {
        self.store.read(|db| {
            db.query_row("SELECT value FROM fact WHERE key = ?1", [key], |row| row.get(0))
                .optional()
        })
    }

    /// Remembers a fact.
    pub fn set_fact(&mut self, key: &str, value: &str) -> Result<(), ProjectError> {
        self.store.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO fact (key, value) VALUES (?1, ?2)",
                params![key, value],
            )
            .map(|_| ())
        })
    }

    /// Remembers that a run exists and was used now.
    pub fn register_run(&mut self, run: &str, encoder: &str) -> Result<(), ProjectError> {
        let now = journal::now();
        self.store.write(|tx| {
            tx.execute(
                "INSERT INTO run (id, encoder, created, used) VALUES (?1, ?2, ?3, ?3)
                 ON CONFLICT (id) DO UPDATE SET used = ?3",
                params![run, encoder, now],
            )
            .map(|_| ())
        })
    }

    /// Runs as (run, encoder), the most recently used first. A run whose folder was deleted is none.
    pub fn runs(&self) -> Result<Vec<(String, String)>, ProjectError> {
        let mut runs: Vec<(String, String)> = self.store.read(|db| {
            let mut query = db.prepare("SELECT id, encoder FROM run ORDER BY used DESC, id")?;
            query
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        let folder = self.embeddings();
        runs.retain(|(run, _)| folder.join(run).is_dir());
        Ok(runs)
    }

    /// Keeps the cutout flags of objects ([`CutoutFlags`](crate::sky::cutout::CutoutFlags) bits).
    pub fn set_flags(&mut self, flags: &[(i64, u8)]) -> Result<(), ProjectError> {
        self.store.write(|tx| {
            let mut insert = tx.prepare("INSERT OR REPLACE INTO flag VALUES (?1, ?2)")?;
            for (id, bits) in flags {
                insert.execute(params![id, bits])?;
            }
            Ok(())
        })
    }

    /// Cutout flags by object; objects that aren't there have none.
    pub fn flags(&self) -> Result<std::collections::HashMap<i64, u8>, ProjectError> {
        self.store.read(|db| {
            let mut query = db.prepare("SELECT object_id, flags FROM flag")?;
            query
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// Replaces what a run skipped among `tried` objects.
    pub fn set_skipped(
        &mut self,
        run: &str,
        tried: &[i64],
        skipped: &[(i64, String)],
    ) -> Result<(), ProjectError> {
        self.store.write(|tx| {
            let mut delete = tx.prepare("DELETE FROM skipped WHERE run_id = ?1 AND object_id = ?2")?;
            for id in tried {
                delete.execute(params![run, id])?;
            }
            let mut insert = tx.prepare("INSERT OR REPLACE INTO skipped VALUES (?1, ?2, ?3)")?;
            for (id, reason) in skipped {
                insert.execute(params![run, id, reason])?;
            }
            Ok(())
        })
    }
}

/// A folder in which a project can be made ([`Project::reserve`]).
#[derive(Debug)]
pub struct Reserved {
    // Innermost first.
    made: Vec<PathBuf>,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        for folder in &self.made {
            // Refused where something was put into it, which is what is wanted.
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

/// What is in a project's folder beside its database that belongs to objects.
fn remains(root: &Path) -> Option<&'static str> {
    ["catalog.parquet", "embeddings"]
        .into_iter()
        .find(|n| root.join(n).exists())
}

/// Vectors and columns without their database belong to objects nobody knows: a new project among
/// them would take them for its own.
fn refuse_remains(root: &Path) -> Result<(), ProjectError> {
    let database = root.join("project.sqlite");
    if database.metadata().is_ok_and(|m| m.len() > 0) {
        return Ok(());
    }
    remains(root).map_or(Ok(()), |found| {
        Err(ProjectError::Damaged {
            path: database.display().to_string(),
            cause: format!(
                "the project's database is missing or empty, but its {found} is there: restore the database from a copy, or choose another folder"
            ),
        })
    })
}

/// Writes a small file so that it is either the old or the new one.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), ProjectError> {
    crate::io::replace::replace_file(path, io_at(path), |out| out.write_all(bytes).map_err(io_at(path)))
}

/// Brings a rename to the disk. Not every file system allows it, and then there is nothing better.
fn sync_folder(dir: &Path) {
    if let Ok(folder) = File::open(dir) {
        let _ = folder.sync_all();
    }
}
