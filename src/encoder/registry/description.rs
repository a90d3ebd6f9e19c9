//! What is known of a pretrained network besides its weights: the small file that describes it.

use crate::encoder::EncoderError;
use crate::encoder::network::Pooling;
use crate::encoder::preprocess::Preprocessing;
use crate::encoder::weights::weights_error;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is known of a pretrained network besides its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderDescription {
    /// Short name: letters, digits, `-`, `_` and `.`; also the weights' file name before its ending.
    pub name: String,
    /// Family of the network, as its weights are told: `vit`, `convnext`.
    pub architecture: String,
    /// How large it is, for people: `S/14, 22 M parameters`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub size: String,
    /// Name for people.
    #[serde(default)]
    pub title: String,
    /// A sentence or two about training and use.
    #[serde(default)]
    pub about: String,
    /// Licence of the weights (SPDX); empty where nobody said.
    #[serde(default)]
    pub licence: String,
    /// What to cite.
    #[serde(default)]
    pub citation: String,
    /// Repository on the hub, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hub_repo: String,
    /// File in that repository, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hub_file: String,
    /// A second file of that repository without which the weights are of no use (AION's image codec); kept
    /// beside them, with the ending `codec.safetensors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec_file: Option<String>,
    /// Branch, tag or commit of the repository; `main` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub_revision: Option<String>,
    /// Where the weights are, seen from the description's own folder; of the user's own descriptions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// SHA-256 of the weights in hex; where it isn't known, that of their first use is held to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Width of the vector, used as described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dim: Option<usize>,
    /// Last block that is computed, 0-based; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<usize>,
    /// Which tokens become the vector.
    pub pooling: Pooling,
    /// The contract between cutouts and the network.
    pub preprocessing: Preprocessing,
}

impl EncoderDescription {
    /// Reads a description; `path` is named in errors.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] naming the line that is wrong, or the value that makes no sense.
    pub fn parse(text: &str, path: &Path) -> Result<Self, EncoderError> {
        let wrong = |cause: String| weights_error(path, cause);
        let known: Self = toml::from_str(text).map_err(|e| {
            wrong(format!(
                "is not a description of an encoder: {}",
                e.to_string().trim()
            ))
        })?;
        known.check().map_err(wrong)?;
        Ok(known)
    }

    fn check(&self) -> Result<(), String> {
        if !is_name(&self.name) {
            return Err(format!(
                "name is '{}', but may only have letters, digits, '-', '_' and '.', and begin with a letter or digit",
                self.name
            ));
        }
        if self.name == super::MORPHOMETRY {
            return Err("name is that of the classical numbers: choose another".into());
        }
        if self.hub_repo.is_empty() != self.hub_file.is_empty() {
            return Err("hub_repo and hub_file belong together: give both or none".into());
        }
        if self.codec_file.is_some() && self.hub_repo.is_empty() {
            return Err("codec_file is a file of hub_repo: give that too".into());
        }
        for part in [&self.hub_repo, &self.hub_file]
            .into_iter()
            .chain(&self.codec_file)
        {
            if part.split('/').any(|p| p == "..") || part.starts_with('/') {
                return Err(format!("'{part}' is no place on a hub"));
            }
        }
        if let Some(sum) = &self.sha256
            && !(sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            return Err(format!("sha256 is '{sum}', but must be 64 hex digits"));
        }
        self.preprocessing
            .check()
            .map_err(|e| format!("preprocessing: {e}"))
    }

    /// The description as a file.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if it can't be written as TOML.
    pub fn to_toml(&self) -> Result<String, EncoderError> {
        toml::to_string(self).map_err(|e| {
            weights_error(
                Path::new(&format!("{}.toml", self.name)),
                format!("can't be written: {e}"),
            )
        })
    }

    /// Where the weights are downloaded from at the hub `hub` (`https://huggingface.co`); `None` where no hub has them.
    pub fn url(&self, hub: &str) -> Option<String> {
        (!self.hub_repo.is_empty()).then(|| self.url_of(&self.hub_file, hub))
    }

    /// Where its codec is downloaded from, if it has one.
    pub fn codec_url(&self, hub: &str) -> Option<String> {
        self.codec_file.as_ref().map(|file| self.url_of(file, hub))
    }

    fn url_of(&self, file: &str, hub: &str) -> String {
        format!(
            "{}/{}/resolve/{}/{}",
            hub.trim_end_matches('/'),
            escaped(&self.hub_repo),
            escaped(self.hub_revision.as_deref().unwrap_or("main")),
            escaped(file)
        )
    }

    /// What the weights' file is called here: the name with the ending it has on the hub.
    pub fn file_name(&self) -> String {
        let ending = |p: &Path| p.extension().map(|e| e.to_string_lossy().into_owned());
        let ending = (self.path.as_deref().and_then(ending))
            .or_else(|| ending(Path::new(&self.hub_file)))
            .unwrap_or_else(|| "safetensors".into());
        format!("{}.{ending}", self.name)
    }
}

/// Whether `name` can stand for an encoder on a command line and for a file.
pub fn is_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && (name.chars()).all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// Characters that mean something in an address written as %XX; slashes stay.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b);
    text.bytes()
        .map(|b| {
            if plain(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
