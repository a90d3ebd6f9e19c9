//! What weights must be: the SHA-256 of a description or, where nobody knows it, that of their first
//! use, kept in `checksums/NAME.sha256` of the user's folder as `sha256sum` writes it.

use super::{Entry, Registry};
use crate::encoder::EncoderError;
use crate::encoder::weights::weights_error;
use crate::io::replace::replace_file;
use std::path::{Path, PathBuf};

/// A checksum that weights are held to, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The description.
    Described(String),
    /// The first use of these weights here, as this file says.
    Recorded(String, PathBuf),
}

impl Known {
    /// The SHA-256 in lower-case hex.
    pub fn sha256(&self) -> &str {
        match self {
            Self::Described(sum) | Self::Recorded(sum, _) => sum,
        }
    }
}

impl Registry {
    /// What the weights of `entry` must be, if anything is known.
    pub fn checksum(&self, entry: &Entry) -> Option<Known> {
        if let Some(sum) = &entry.description.sha256 {
            return Some(Known::Described(sum.to_ascii_lowercase()));
        }
        let path = self.record(entry)?;
        let text = std::fs::read_to_string(&path).ok()?;
        let sum = text.split_whitespace().next()?.to_ascii_lowercase();
        (sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit())).then_some(Known::Recorded(sum, path))
    }

    /// Holds the weights at `path`, whose SHA-256 is `found`, to what is known; notes it where nothing is.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if they are others.
    pub(super) fn hold(&self, entry: &Entry, path: &Path, found: &str) -> Result<(), EncoderError> {
        let name = &entry.description.name;
        match self.checksum(entry) {
            None => {
                self.note_checksum(entry, path, found);
                Ok(())
            }
            Some(known) if known.sha256() == found => Ok(()),
            Some(Known::Described(sum)) => Err(weights_error(
                path,
                format!(
                    "these are not the weights of {name}: their SHA-256 is {found}, but should be {sum}; move \
                     them away, then `astrolabel encoders get {name}`"
                ),
            )),
            Some(Known::Recorded(sum, record)) => Err(weights_error(
                path,
                format!(
                    "these weights have changed since they were first used here: their SHA-256 is {found}, but \
                     was {sum}; put the old ones back, or, if these are right, delete {}",
                    record.display()
                ),
            )),
        }
    }

    /// Notes the checksum of a first use. Where the folder can't be written, the next use is the first.
    pub(super) fn note_checksum(&self, entry: &Entry, path: &Path, found: &str) {
        let Some(record) = self.record(entry) else { return };
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let written = record
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| replace_file(&record, |e| e, |out| writeln!(out, "{found}  {file}")));
        drop(written);
    }

    pub(super) fn record(&self, entry: &Entry) -> Option<PathBuf> {
        let own = self.own_folder()?;
        Some(
            own.join("checksums")
                .join(format!("{}.sha256", entry.description.name)),
        )
    }
}
