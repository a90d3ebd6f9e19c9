//! Taking up an encoder that the program doesn't know: a description, or bare weights.

use super::description::is_name;
use super::open::{open_described, open_undescribed};
use super::{EncoderDescription, EncoderOptions, Entry, Registry};
use crate::encoder::weights::{weights_error, write_whole};
use crate::encoder::{Encoder as _, EncoderError};
use crate::io::paths::whole_path;
use crate::io::replace::replace_file;
use crate::progress::Progress;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How weights came to where they are used from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// The same file under a second name: no room taken.
    Linked,
    /// A copy.
    Copied,
    /// They were there already.
    There,
    /// They aren't here yet.
    Missing,
}

/// What was taken up.
#[derive(Debug, Clone, PartialEq)]
pub struct Added {
    /// The encoder as it is known now.
    pub entry: Entry,
    /// Its weights, or where they belong.
    pub weights: PathBuf,
    /// How they came there.
    pub brought: Brought,
    /// Width of the vector, if the weights are here.
    pub dim: Option<usize>,
}

/// Names of weights that say nothing: the folder's name is taken instead.
const EMPTY_NAMES: [&str; 7] = [
    "model",
    "pytorch_model",
    "weights",
    "checkpoint",
    "last",
    "best",
    "ckpt",
];

impl Registry {
    /// Takes up `file`: a `.toml` description with its weights beside it (or on its hub), or a weights
    /// file, whose family is told from its tensors. Weights called like a known encoder that has none
    /// yet become its weights. Nothing is changed if anything doesn't fit.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if the file can't be read or doesn't fit, the name is taken, or a
    /// folder can't be written.
    pub fn add(&self, file: &Path, progress: &dyn Progress) -> Result<Added, EncoderError> {
        let file = &whole_path(file);
        if file.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            self.add_description(file, progress)
        } else {
            self.add_weights(file, progress)
        }
    }

    fn add_description(&self, file: &Path, progress: &dyn Progress) -> Result<Added, EncoderError> {
        let text =
            std::fs::read_to_string(file).map_err(|e| weights_error(file, format!("can't be read: {e}")))?;
        let mut known = EncoderDescription::parse(&text, file)?;
        let own = self.folder_of_own(file)?;
        let target = own.join(format!("{}.toml", known.name));
        if let Some(entry) = self.find(&known.name)?
            && entry.file.is_none_or(|f| f != *file)
        {
            return Err(taken(file, &known.name));
        }
        let given = Entry {
            description: known.clone(),
            file: Some(file.to_owned()),
        };
        let here = self.weights(&given);
        let (weights, brought, dim) = match here {
            Some(weights) => {
                let encoder = open_described(&given, &weights, &EncoderOptions::default())?;
                let found = encoder.spec().weights_sha256.clone().unwrap_or_default();
                if known.sha256.is_some() {
                    self.hold(&given, &weights, &found)?;
                }
                known.sha256 = Some(found);
                // What lies in a folder of weights stays there.
                let is_found_anyway = self.models.iter().any(|m| weights.parent() == Some(m));
                let (place, brought) = if is_found_anyway {
                    known.path = None;
                    (weights, Brought::There)
                } else {
                    let place = own.join(format!("{}{}", known.name, ending(&weights)));
                    known.path = place.file_name().map(PathBuf::from);
                    let brought = bring(&weights, &place, progress)?;
                    (place, brought)
                };
                (place, brought, Some(encoder.spec().dim))
            }
            None if known.hub_repo.is_empty() => {
                return Err(weights_error(
                    file,
                    format!(
                        "its weights are not beside it as {}, and it names no hub that has them",
                        known.file_name()
                    ),
                ));
            }
            None => {
                known.path = None;
                (self.place_for(&given)?, Brought::Missing, None)
            }
        };
        let entry = write(&target, known)?;
        Ok(Added {
            entry,
            weights,
            brought,
            dim,
        })
    }

    fn add_weights(&self, file: &Path, progress: &dyn Progress) -> Result<Added, EncoderError> {
        let name = name_for(file);
        if let Some(entry) = self.find(&name)? {
            return self.add_to_known(entry, file, progress);
        }
        let encoder = open_undescribed(file, &EncoderOptions::default())?;
        let own = self.folder_of_own(file)?;
        let place = own.join(format!("{name}{}", ending(file)));
        let spec = encoder.spec();
        let setting = |key: &str| spec.settings.get(key).cloned().unwrap_or_default();
        let wrong = |e: serde_json::Error| weights_error(file, e.to_string());
        let description = EncoderDescription {
            architecture: serde_json::from_value(setting("architecture")).map_err(wrong)?,
            size: spec.name.clone(),
            title: name.clone(),
            about: format!("Added from {}; told from its tensors.", file.display()),
            licence: String::new(),
            citation: String::new(),
            hub_repo: String::new(),
            hub_file: String::new(),
            codec_file: None,
            hub_revision: None,
            path: place.file_name().map(PathBuf::from),
            sha256: spec.weights_sha256.clone(),
            dim: Some(spec.dim),
            block: serde_json::from_value(setting("block")).map_err(wrong)?,
            pooling: serde_json::from_value(setting("pooling")).map_err(wrong)?,
            preprocessing: serde_json::from_value(setting("preprocessing")).map_err(wrong)?,
            name: name.clone(),
        };
        let dim = Some(spec.dim);
        let brought = bring(file, &place, progress)?;
        let entry = write(&own.join(format!("{name}.toml")), description)?;
        Ok(Added {
            entry,
            weights: place,
            brought,
            dim,
        })
    }

    /// Weights for an encoder that is described but has none here.
    fn add_to_known(
        &self,
        entry: Entry,
        file: &Path,
        progress: &dyn Progress,
    ) -> Result<Added, EncoderError> {
        if self.weights(&entry).is_some_and(|here| here != *file) {
            return Err(taken(file, &entry.description.name));
        }
        let encoder = open_described(&entry, file, &EncoderOptions::default())?;
        let found = encoder.spec().weights_sha256.clone().unwrap_or_default();
        self.hold(&entry, file, &found)?;
        let place = self
            .place_for(&entry)?
            .with_extension(ending(file).trim_start_matches('.'));
        let brought = bring(file, &place, progress)?;
        Ok(Added {
            dim: Some(encoder.spec().dim),
            entry,
            weights: place,
            brought,
        })
    }

    /// The folder of the user's own descriptions, made if it isn't there; `file` is named in errors.
    pub(crate) fn folder_of_own(&self, file: &Path) -> Result<PathBuf, EncoderError> {
        let own = self.own.clone().ok_or_else(|| {
            weights_error(
                file,
                "this system names no folder for settings: set ASTROLABEL_ENCODERS to one".into(),
            )
        })?;
        std::fs::create_dir_all(&own).map_err(|e| weights_error(&own, format!("can't be made: {e}")))?;
        Ok(own)
    }
}

fn taken(file: &Path, name: &str) -> EncoderError {
    weights_error(
        file,
        format!(
            "there is an encoder '{name}' already: give this file (and the name in a .toml) another name"
        ),
    )
}

/// `.safetensors` of a file, or nothing.
fn ending(file: &Path) -> String {
    file.extension()
        .map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()))
}

/// What a weights file's encoder is called: the file's name, or its folder's where that says nothing.
fn name_for(file: &Path) -> String {
    let text = |s: Option<&std::ffi::OsStr>| s.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let mut stem = text(file.file_stem());
    if EMPTY_NAMES.contains(&stem.to_lowercase().as_str()) {
        let folder = text(file.parent().and_then(Path::file_name));
        if !folder.is_empty() {
            stem = folder;
        }
    }
    let safe: String = stem
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .take(100)
        .collect();
    let safe = safe.trim_start_matches(['.', '-', '_']).to_owned();
    if is_name(&safe) && safe != super::MORPHOMETRY {
        safe
    } else {
        format!("weights-{safe}")
    }
}

fn write(path: &Path, description: EncoderDescription) -> Result<Entry, EncoderError> {
    write_whole(path, description.to_toml()?.as_bytes())?;
    Ok(Entry {
        description,
        file: Some(path.to_owned()),
    })
}

/// Brings weights to `place`: by a second name for the same file where that can be, else by a copy.
fn bring(from: &Path, place: &Path, progress: &dyn Progress) -> Result<Brought, EncoderError> {
    let failed = |e: std::io::Error| weights_error(place, format!("can't be written: {e}"));
    // Behind links, so that a link that goes later takes nothing with it.
    let from = from
        .canonicalize()
        .map_err(|e| weights_error(from, format!("can't be read: {e}")))?;
    if place.canonicalize().is_ok_and(|there| there == from) {
        return Ok(Brought::There);
    }
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    if !place.exists() && std::fs::hard_link(&from, place).is_ok() {
        return Ok(Brought::Linked);
    }
    let mut source = File::open(&from).map_err(|e| weights_error(&from, format!("can't be read: {e}")))?;
    let total = source.metadata().map_or(0, |m| m.len());
    progress.begin_bytes("copying the weights", 0, Some(total));
    replace_file(place, failed, |out| {
        let mut piece = vec![0; 1 << 20];
        loop {
            if progress.cancelled() {
                return Err(failed(std::io::Error::other("stopped as asked")));
            }
            match source.read(&mut piece).map_err(failed)? {
                0 => return Ok(()),
                n => {
                    out.write_all(&piece[..n]).map_err(failed)?;
                    progress.advance(n as u64);
                }
            }
        }
    })?;
    Ok(Brought::Copied)
}
