//! What can go wrong with a catalogue file, told so that a person knows what to do next.

use std::path::{Path, PathBuf};

/// Why a catalogue could not be read or written. Every message names the file, the place in it
/// where that is known, the cause and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The operating system refused to open, read or write the file.
    #[error("{}: {cause}; check that the file exists, is readable and that the disk has room", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The content is FITS, which is read by `io::fits`.
    #[error("{}: this is a FITS file; open it with the FITS table reader", path.display())]
    IsFits {
        /// The file.
        path: PathBuf,
    },
    /// The content or the extension is none of the known formats.
    #[error("{}: {cause}; use FITS, VOTable (.vot, .xml), CSV/TSV/ECSV or Parquet", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What was seen instead.
        cause: String,
    },
    /// The content breaks its format.
    #[error("{}, {place}: {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Row, column or byte, such as `row 17 (line 20)`.
        place: String,
        /// The cause and what to do.
        cause: String,
    },
    /// The table holds something this format or task cannot take.
    #[error("{}: {cause}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The cause and what to do.
        cause: String,
    },
    /// A column is needed that the table doesn't have, or has in another type.
    #[error("column `{column}`: {cause}")]
    Column {
        /// The column's name.
        column: String,
        /// The cause and what to do.
        cause: String,
    },
    /// The person asked to stop.
    #[error("{}: reading was cancelled; nothing was kept", path.display())]
    Cancelled {
        /// The file.
        path: PathBuf,
    },
}

impl CatalogError {
    /// A [`CatalogError::Malformed`].
    pub(crate) fn malformed(path: &Path, place: impl Into<String>, cause: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            place: place.into(),
            cause: cause.into(),
        }
    }

    /// A [`CatalogError::Unsupported`].
    pub(crate) fn unsupported(path: &Path, cause: impl Into<String>) -> Self {
        Self::Unsupported {
            path: path.to_owned(),
            cause: cause.into(),
        }
    }

    /// A [`CatalogError::Io`].
    pub(crate) fn io(path: &Path, cause: std::io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            cause,
        }
    }

    /// An Arrow error that arises while columns are put together.
    pub(crate) fn arrow(path: &Path, cause: arrow::error::ArrowError) -> Self {
        Self::unsupported(path, format!("the columns could not be put together: {cause}"))
    }
}
