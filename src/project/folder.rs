//! The project's folder: reserved before long work, refused where another project's remains are, and
//! small files in it replaced whole.

use super::error::io_at;
use super::{Project, ProjectError};
use std::fs::File;
use std::path::{Path, PathBuf};

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

impl Project {
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
}

/// What is in a project's folder beside its database that belongs to objects.
pub(super) fn remains(root: &Path) -> Option<&'static str> {
    ["catalog.parquet", "embeddings"]
        .into_iter()
        .find(|n| root.join(n).exists())
}

/// Vectors and columns without their database belong to objects nobody knows: a new project among
/// them would take them for its own.
pub(super) fn refuse_remains(root: &Path) -> Result<(), ProjectError> {
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
pub(super) fn sync_folder(dir: &Path) {
    if let Ok(folder) = File::open(dir) {
        let _ = folder.sync_all();
    }
}
