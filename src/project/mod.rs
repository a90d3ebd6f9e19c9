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
pub mod fingerprint;
mod folder;
mod grow;
pub mod journal;
mod notes;
pub mod objects;
pub mod runs;
pub mod store;

pub use error::ProjectError;
pub use folder::Reserved;
pub(crate) use folder::write_atomically;
pub use grow::NewField;
pub use objects::{Band, Field, FieldKind, Object};

use error::io_at;
use folder::{refuse_remains, remains};
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
}
