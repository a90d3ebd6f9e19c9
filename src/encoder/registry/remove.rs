//! Taking an encoder of one's own away again.

use super::{Entry, Registry};
use crate::encoder::EncoderError;
use crate::encoder::model::aion_codec::codec_beside;
use crate::encoder::weights::weights_error;
use std::path::PathBuf;

/// What goes with an encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Files in the folder of one's own: the description, weights beside it, their checksum.
    pub files: Vec<PathBuf>,
    /// Weights that lie elsewhere and stay.
    pub stays: Option<PathBuf>,
}

impl Registry {
    /// What [`Registry::remove`] would delete.
    ///
    /// # Errors
    /// [`EncoderError::Unknown`]; [`EncoderError::Run`] if it comes with the program.
    pub fn removal(&self, name: &str) -> Result<Removal, EncoderError> {
        let entry = self.network(name)?;
        let (Some(file), Some(own)) = (&entry.file, self.own_folder()) else {
            return Err(EncoderError::Run {
                name: name.to_owned(),
                cause: "it comes with the program and can't be removed; its weights can be deleted by hand"
                    .into(),
            });
        };
        let mut files = vec![file.clone()];
        let weights = self.weights(&entry);
        let (beside, stays) = match weights {
            Some(path) if path.parent() == Some(own) => (Some(path), None),
            elsewhere => (None, elsewhere),
        };
        if let Some(path) = beside {
            let codec = codec_beside(&path);
            files.push(path);
            files.extend(codec.is_file().then_some(codec));
        }
        // A built-in encoder of the same name, which this one hid, is held to the checksum too.
        if stays.is_none() {
            files.extend(self.record_of(&entry));
        }
        Ok(Removal { files, stays })
    }

    /// Removes encoder `name`, one of the user's own: its description and what lies beside it.
    ///
    /// # Errors
    /// As [`Registry::removal`]; [`EncoderError::Weights`] naming a file that can't be deleted.
    pub fn remove(&self, name: &str) -> Result<Removal, EncoderError> {
        let removal = self.removal(name)?;
        // The description first: without it the rest is not an encoder any more.
        for file in &removal.files {
            std::fs::remove_file(file).map_err(|e| weights_error(file, format!("can't be deleted: {e}")))?;
        }
        Ok(removal)
    }

    fn record_of(&self, entry: &Entry) -> Option<PathBuf> {
        self.record(entry).filter(|record| record.is_file())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;

    #[test]
    fn what_is_beside_the_description_goes_and_the_rest_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (own, models) = (dir.path().join("own"), dir.path().join("models"));
        std::fs::create_dir_all(own.join("checksums")).unwrap();
        std::fs::create_dir(&models).unwrap();
        for name in ["near", "far"] {
            let mut known = super::super::describe("vit_s14_dinov2").unwrap().unwrap();
            known.name = name.into();
            std::fs::write(own.join(format!("{name}.toml")), known.to_toml().unwrap()).unwrap();
            std::fs::write(own.join(format!("checksums/{name}.sha256")), "00").unwrap();
        }
        std::fs::write(own.join("near.pth"), "weights").unwrap();
        std::fs::write(models.join("far.safetensors"), "weights").unwrap();
        let registry = Registry::of_folders(Some(own.clone()), vec![models.clone()]);
        let removal = registry.remove("near").unwrap();
        let gone = ["near.toml", "near.pth", "checksums/near.sha256"].map(|f| own.join(f));
        assert_eq!(removal.files, gone);
        assert!(removal.stays.is_none() && gone.iter().all(|f| !f.exists()));
        assert!(registry.find("near").unwrap().is_none());
        let removal = registry.remove("far").unwrap();
        assert_eq!(removal.files, [own.join("far.toml")]);
        assert_eq!(removal.stays, Some(models.join("far.safetensors")));
        assert!(models.join("far.safetensors").exists());
        let error = registry.remove("vit_s14_dinov2").unwrap_err().to_string();
        assert!(error.contains("comes with the program"), "{error}");
        assert!(registry.remove("near").is_err());
    }
}
