//! Fetching an encoder's weights from its hub.

use super::{Entry, KnownSum, Registry};
use crate::encoder::EncoderError;
use crate::encoder::model::aion_codec::codec_beside;
use crate::encoder::weights::{sha256_of_file, weights_error};
use crate::io::fetch::{FetchError, Wanted, fetch};
use crate::progress::Progress;
use std::path::{Path, PathBuf};

/// Weights that are here now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    /// The file.
    pub place: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
    /// Where it was fetched from; `None` if it was here already.
    pub url: Option<String>,
    /// Bytes that an earlier, interrupted call had fetched.
    pub resumed_from: u64,
    /// Whether the checksum is one that was known before; else it is noted for the next time.
    pub was_known: bool,
}

impl Registry {
    /// Fetches the weights of `name` from `hub` (its address, or the file's own), unless they are here.
    ///
    /// # Errors
    /// [`EncoderError::Unknown`]; [`EncoderError::Weights`] if no hub has them; [`EncoderError::Fetch`]
    /// saying what went wrong and, where that helps, which file to put where by hand.
    pub fn get(&self, name: &str, hub: &str, progress: &dyn Progress) -> Result<Got, EncoderError> {
        let entry = self.network(name)?;
        let known = self.checksum(&entry);
        if let Some(here) = self.weights(&entry) {
            progress.begin("checking what is here", None);
            let sha256 = sha256_of_file(&here)?;
            self.hold(&entry, &here, &sha256)?;
            let bytes = std::fs::metadata(&here).map_or(0, |m| m.len());
            self.get_codec(&entry, hub, &here, progress)?;
            return Ok(Got {
                place: here,
                bytes,
                sha256,
                url: None,
                resumed_from: 0,
                was_known: known.is_some(),
            });
        }
        let place = self.place_for(&entry)?;
        let url = address(&entry, hub).ok_or_else(|| {
            weights_error(
                &place,
                format!("no hub has these weights: {}", self.by_hand(&entry, hub)),
            )
        })?;
        let wanted = Wanted {
            url: &url,
            place: &place,
            sha256: known.as_ref().map(KnownSum::sha256),
        };
        let fetched = fetch(&wanted, progress).map_err(|error| self.not_fetched(&entry, hub, error))?;
        if known.is_none() {
            self.note_checksum(&entry, &place, &fetched.sha256);
        }
        self.get_codec(&entry, hub, &fetched.place, progress)?;
        Ok(Got {
            place: fetched.place,
            bytes: fetched.bytes,
            sha256: fetched.sha256,
            url: Some(url),
            resumed_from: fetched.resumed_from,
            was_known: known.is_some(),
        })
    }

    /// Fetches the codec that belongs beside the weights `here`, unless it is there. Its SHA-256 is known to
    /// nobody before; the manifest of every run has it.
    fn get_codec(
        &self,
        entry: &Entry,
        hub: &str,
        here: &Path,
        progress: &dyn Progress,
    ) -> Result<(), EncoderError> {
        let place = codec_beside(here);
        let Some(url) = entry.description.codec_url(hub).filter(|_| !place.is_file()) else {
            return Ok(());
        };
        let wanted = Wanted {
            url: &url,
            place: &place,
            sha256: None,
        };
        fetch(&wanted, progress)
            .map(|_| ())
            .map_err(|error| self.not_fetched(entry, hub, error))
    }

    fn not_fetched(&self, entry: &Entry, hub: &str, error: FetchError) -> EncoderError {
        let advice = if error.is_of_the_way() {
            format!("\nby hand: {}", self.by_hand(entry, hub))
        } else {
            String::new()
        };
        EncoderError::Fetch { advice, error }
    }
}

/// The file's address: at the hub, or `hub` itself where that names a weights file.
fn address(entry: &Entry, hub: &str) -> Option<String> {
    let path = hub.split(['?', '#']).next().unwrap_or_default();
    let (_, rest) = path.split_once("://")?;
    let file = rest.split_once('/').map_or("", |(_, file)| file);
    let ending = Path::new(file)
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase());
    if ending.is_some_and(|e| super::ENDINGS.contains(&e.as_str())) {
        return Some(hub.to_owned());
    }
    entry.description.url(hub)
}
