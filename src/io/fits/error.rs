//! What can go wrong with a FITS file, said so that a person can act on it: which file, which
//! HDU, what happened, what to do.

use std::path::{Path, PathBuf};

/// An error about one FITS file. `Send + Sync + 'static`, so it travels through threads and
/// `anyhow`.
#[derive(Debug, thiserror::Error)]
pub enum FitsError {
    /// The operating system refused: missing file, permissions, full disk.
    #[error("{}: cannot {action}: {source}; check the path, permissions and free space", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done, such as `open`.
        action: &'static str,
        /// The system's own error.
        source: std::io::Error,
    },
    /// The bytes are not FITS.
    #[error("{}: not a FITS file: {cause}", path.display())]
    NotFits {
        /// The file.
        path: PathBuf,
        /// What it looks like instead and what to do.
        cause: String,
    },
    /// The gzip or compress (`.Z`) wrapping around the file is broken or unreasonable.
    #[error("{}: cannot unpack: {cause}", path.display())]
    Packed {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        cause: String,
    },
    /// Something about one HDU.
    #[error("{}, HDU {hdu}: {cause}; {}", path.display(), fault.advice())]
    Hdu {
        /// The file.
        path: PathBuf,
        /// Index, 0 for the primary HDU.
        hdu: usize,
        /// What sort of trouble.
        fault: Fault,
        /// In words.
        cause: String,
    },
    /// What was to be written cannot be expressed, or cfitsio refused it.
    #[error("{}: cannot write: {cause}", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What is wrong and what to do.
        cause: String,
    },
}

/// What sort of trouble an HDU has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Mandatory keywords are missing or impossible.
    Header,
    /// The file ends before the data its header announces.
    Truncated,
    /// The data unit does not decode.
    Corrupt,
    /// More memory than any real image or table of this size on disk needs.
    TooLarge,
    /// Valid FITS that this program does not read.
    Unsupported,
    /// An image was asked of a table, or the reverse.
    WrongKind,
    /// No such HDU, plane or window.
    OutOfRange,
}

impl Fault {
    /// What the person in front of the screen can do.
    fn advice(self) -> &'static str {
        match self {
            Fault::Header => {
                "the header breaks the FITS standard, ask for a repaired file (fitsverify lists the faults)"
            }
            Fault::Truncated => "the download or copy was probably cut short, fetch the file again",
            Fault::Corrupt => "the data are damaged, fetch the file again",
            Fault::TooLarge => {
                "the header is probably damaged; if it is right, cut the image into smaller pieces"
            }
            Fault::Unsupported => "convert it with another tool such as astropy or funpack first",
            Fault::WrongKind => "choose another HDU",
            Fault::OutOfRange => "choose one that exists",
        }
    }
}

impl FitsError {
    /// An [`FitsError::Io`] with its context.
    pub(crate) fn io(path: &Path, action: &'static str, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            action,
            source,
        }
    }

    /// An [`FitsError::Hdu`] with its context.
    pub(crate) fn hdu(path: &Path, hdu: usize, fault: Fault, cause: impl Into<String>) -> Self {
        Self::Hdu {
            path: path.to_owned(),
            hdu,
            fault,
            cause: cause.into(),
        }
    }

    /// An [`FitsError::Write`] with its context.
    pub(crate) fn write(path: &Path, cause: impl Into<String>) -> Self {
        Self::Write {
            path: path.to_owned(),
            cause: cause.into(),
        }
    }
}

/// A fault without its file and HDU yet: what the decoders return.
pub(crate) type Trouble = (Fault, String);

/// A shorthand for decoders.
pub(crate) fn corrupt<T>(cause: impl Into<String>) -> Result<T, Trouble> {
    Err((Fault::Corrupt, cause.into()))
}
