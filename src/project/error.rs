//! What can go wrong with a project folder, said once.

use crate::io::catalog::CatalogError;
use std::path::{Path, PathBuf};

/// Why a project can't be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is no project at that path.
    #[error(
        "{path}: there is no Astrolabel project here; `astrolabel import PATH… --project {path}` makes one"
    )]
    NotAProject {
        /// The folder.
        path: String,
    },
    /// The project was written by a newer program.
    #[error(
        "{path}: this project has format {found}, this program reads up to {known}: use a newer Astrolabel"
    )]
    TooNew {
        /// The folder.
        path: String,
        /// Format of the project.
        found: i64,
        /// Newest format this program knows.
        known: i64,
    },
    /// The database refused.
    #[error("{path}: the project's database says: {cause}{}", if super::store::is_without_room(cause) { ROOM } else { "" })]
    Database {
        /// The database file.
        path: String,
        /// SQLite's words.
        cause: rusqlite::Error,
    },
    /// A file of the project can't be read or written.
    #[error("{path}: {cause}{}", if is_without_room(cause) { ROOM } else { "" })]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        cause: std::io::Error,
    },
    /// A file of the project holds something else than it should.
    #[error("{path}: {cause}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        cause: String,
    },
    /// A file of the project is gone.
    #[error("{path}: {cause}")]
    Missing {
        /// The file.
        path: String,
        /// What it held and what to do.
        cause: String,
    },
    /// What was asked for doesn't exist or doesn't make sense.
    #[error("{0}")]
    Ask(String),
    /// The user asked to stop; what was confirmed is kept.
    #[error("stopped as asked; what was confirmed is kept")]
    Cancelled,
}

/// What to do about a disk without room.
const ROOM: &str = ": is the disk full? Make room and repeat; what was confirmed is kept";

/// Whether the disk, or what a person may have of it, is full.
pub(crate) fn is_without_room(cause: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        cause.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

impl ProjectError {
    /// What kept a table of the project from being written.
    pub(crate) fn of_table(path: &Path, error: CatalogError) -> Self {
        match error {
            CatalogError::Io { cause, .. } => io_at(path)(cause),
            other => Self::Damaged {
                path: path.display().to_string(),
                cause: other.to_string(),
            },
        }
    }

    /// Whether the project, its folder or its disk can't be written, while it may well be read.
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::Io { cause, .. } => {
                matches!(
                    cause.kind(),
                    std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
                ) || is_without_room(cause)
            }
            Self::Database { cause, .. } => super::store::is_refused(cause),
            _ => false,
        }
    }
}

/// Attaches a path to an I/O error.
pub(crate) fn io_at(path: &Path) -> impl Fn(std::io::Error) -> ProjectError + '_ {
    move |cause| ProjectError::Io {
        path: path.display().to_string(),
        cause,
    }
}

/// Attaches the database's path to its error.
pub(crate) fn db_at(path: &Path) -> impl Fn(rusqlite::Error) -> ProjectError + use<> {
    let path: PathBuf = path.to_owned();
    move |cause| ProjectError::Database {
        path: path.display().to_string(),
        cause,
    }
}
