//! The part of a file that has arrived, and what it is a part of.

use super::error::FetchError;
use super::http::Answer;
use crate::progress::Progress;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What `NAME.part` is a part of; `NAME.part.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Of {
    /// Where it comes from.
    url: String,
    /// The `ETag` (a strong one) or `Last-Modified` of the file it is a part of.
    validator: Option<String>,
    /// Length of the whole file in bytes.
    total: Option<u64>,
}

/// A file that is being fetched; nobody else writes it meanwhile.
pub(super) struct Part {
    place: PathBuf,
    path: PathBuf,
    note: PathBuf,
    file: File,
    have: u64,
    /// How many of the bytes an earlier call had fetched.
    before: u64,
    of: Of,
}

fn beside(place: &Path, ending: &str) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    place.with_file_name(name)
}

impl Part {
    /// The part of `place` that is here, of the file at `url`: empty if there is none or it is of
    /// something else.
    pub fn open(place: &Path, url: &str) -> Result<Self, FetchError> {
        let path = beside(place, ".part");
        let note = beside(place, ".part.json");
        let disk = |cause| FetchError::disk(&path, cause);
        if let Some(folder) = place.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|cause| FetchError::disk(folder, cause))?;
        }
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(disk)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FetchError::Busy {
                    part: path.display().to_string(),
                });
            }
            // File systems without locks: as if nobody else were there.
            Err(TryLockError::Error(_)) => {}
        }
        let of: Option<Of> = std::fs::read_to_string(&note)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok());
        let of = of.filter(|of| of.url == url && of.validator.is_some());
        let have = file.seek(SeekFrom::End(0)).map_err(disk)?;
        let mut part = Self {
            place: place.to_owned(),
            path: path.clone(),
            note,
            file,
            have,
            before: have,
            of: Of {
                url: url.to_owned(),
                ..of.clone().unwrap_or_default()
            },
        };
        // More than the whole, or nobody knows of what: of no use.
        if of.is_none() || part.of.total.is_some_and(|total| have > total) {
            part.begin_again(None, None)?;
        }
        Ok(part)
    }

    /// The file that holds it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes are here.
    pub fn have(&self) -> u64 {
        self.have
    }

    /// How many of them an earlier call had fetched.
    pub fn before(&self) -> u64 {
        self.before
    }

    /// Length of the whole, if it is known.
    pub fn total(&self) -> Option<u64> {
        self.of.total
    }

    /// What tells whether the file at its source is still the same.
    pub fn validator(&self) -> Option<&str> {
        self.of.validator.as_deref()
    }

    /// Throws away what is here, which is now a part of another file.
    pub fn begin_again(&mut self, validator: Option<String>, total: Option<u64>) -> Result<(), FetchError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(|cause| FetchError::disk(&self.path, cause))?;
        self.have = 0;
        self.before = 0;
        self.of.validator = validator;
        self.of.total = total;
        let text = serde_json::to_string(&self.of).unwrap_or_default();
        std::fs::write(&self.note, text).map_err(|cause| FetchError::disk(&self.note, cause))
    }

    /// Makes ready for what an answer brings: its bytes follow what is here, or begin anew.
    pub fn take_up(&mut self, answer: &Answer, progress: &dyn Progress) -> Result<(), FetchError> {
        let goes_on = answer.start == self.have
            && answer.start > 0
            && self
                .of
                .total
                .is_none_or(|t| answer.total.is_none_or(|now| now == t))
            && (answer.validator.is_none() || answer.validator == self.of.validator);
        if goes_on {
            self.of.total = self.of.total.or(answer.total);
            return Ok(());
        }
        if answer.start > 0 {
            // Asked again from the start by the next attempt.
            self.begin_again(None, None)?;
            return Err(self.cut(&self.of.url, "it went on at another place than asked".into()));
        }
        if self.have > 0 {
            progress.note(if answer.validator == self.of.validator {
                "the server can't go on in the middle: fetched from its start"
            } else {
                "the file has changed at its source since it was begun: fetched from its start"
            });
        }
        self.begin_again(answer.validator.clone(), answer.total)
    }

    /// Adds what has arrived.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        if let Err(cause) = self.file.write_all(bytes) {
            // Some of it may be there: what is not counted is taken away, so that it goes on soundly.
            let _ = self.file.set_len(self.have);
            return Err(FetchError::disk(&self.path, cause));
        }
        self.have += bytes.len() as u64;
        Ok(())
    }

    /// Brings it to the disk.
    pub fn sync(&self) -> Result<(), FetchError> {
        self.file
            .sync_all()
            .map_err(|cause| FetchError::disk(&self.path, cause))
    }

    /// It is whole and right: gives it its name.
    pub fn finish(self) -> Result<(), FetchError> {
        std::fs::rename(&self.path, &self.place).map_err(|cause| FetchError::disk(&self.place, cause))?;
        let _ = std::fs::remove_file(&self.note);
        Ok(())
    }

    /// It is whole and wrong: puts it where nobody takes it for the right one.
    pub fn put_aside(self) -> Result<PathBuf, FetchError> {
        let aside = beside(&self.place, ".rejected");
        std::fs::rename(&self.path, &aside).map_err(|cause| FetchError::disk(&aside, cause))?;
        let _ = std::fs::remove_file(&self.note);
        Ok(aside)
    }

    /// What to say when the connection broke.
    pub fn cut(&self, url: &str, cause: String) -> FetchError {
        FetchError::Cut {
            url: url.to_owned(),
            cause,
            part: self.path.display().to_string(),
            have: self.have,
        }
    }

    /// What to say when it is no longer wanted.
    pub fn cancelled(&self) -> FetchError {
        FetchError::Cancelled {
            part: self.path.display().to_string(),
            have: self.have,
        }
    }
}
