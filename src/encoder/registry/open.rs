//! Opening an encoder: by name, by the path of its weights, or as a run's manifest describes it.

use super::{Entry, MORPHOMETRY, Registry};
use crate::encoder::computation::Computation;
use crate::encoder::device::{ComputeDevice, of_facts};
use crate::encoder::model::aion_codec::codec_beside;
use crate::encoder::model::open::open_network_on;
use crate::encoder::network::Pooling;
use crate::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
use crate::encoder::plan::isa::Precision;
use crate::encoder::representation::{Representation, representation_of, represented};
use crate::encoder::weights::weights_error;
use crate::encoder::{Encoder, EncoderError, EncoderSpec};
use std::path::{Path, PathBuf};

/// What may be chosen when opening an encoder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EncoderOptions {
    /// Images computed at once; 0 for one a core.
    pub threads: usize,
    /// Last block that is computed, 0-based; `None` for what the description says, else the last.
    pub block: Option<usize>,
    /// Which tokens become the vector; `None` for what the description says, else the class token.
    pub pooling: Option<Pooling>,
    /// How a network's vectors are put together.
    pub representation: Representation,
    /// In which numbers and how a network computes.
    pub computation: Computation,
    /// Who computes a network.
    pub device: ComputeDevice,
}

/// Opens an encoder of the user's by name, or a weights file by path with everything about its shape
/// told from its tensors.
///
/// # Errors
/// [`EncoderError::Unknown`] for a name that isn't known; [`EncoderError::Weights`] if the
/// weights are missing (saying what to put where), others than before, or don't fit.
pub fn open_encoder(name_or_path: &str, options: &EncoderOptions) -> Result<Box<dyn Encoder>, EncoderError> {
    Registry::of_user().open(name_or_path, options)
}

/// As [`open_encoder`], with weights looked for in `folders` and no descriptions of the user's own.
///
/// # Errors
/// As [`open_encoder`].
pub fn open_encoder_in(
    name_or_path: &str,
    options: &EncoderOptions,
    folders: &[PathBuf],
) -> Result<Box<dyn Encoder>, EncoderError> {
    Registry::of_folders(None, folders.to_vec()).open(name_or_path, options)
}

/// As [`open_encoder`] for what is a network, without the representation asked for.
///
/// # Errors
/// As [`open_encoder`]; morphometry counts as unknown.
pub fn open_network_encoder(
    name_or_path: &str,
    options: &EncoderOptions,
) -> Result<NetworkEncoder, EncoderError> {
    Registry::of_user().open_network(name_or_path, options)
}

/// Opens again the encoder that made a run, as its manifest describes it: the same weights (by
/// SHA-256), block, pooling and preprocessing.
///
/// # Errors
/// [`EncoderError::Weights`] if the weights have moved or changed.
pub fn reopen_encoder(spec: &EncoderSpec, threads: usize) -> Result<Box<dyn Encoder>, EncoderError> {
    Registry::of_user().reopen(spec, threads)
}

impl Registry {
    /// As [`open_encoder`].
    ///
    /// # Errors
    /// As [`open_encoder`].
    pub fn open(
        &self,
        name_or_path: &str,
        options: &EncoderOptions,
    ) -> Result<Box<dyn Encoder>, EncoderError> {
        let encoder = self.open_plain(name_or_path, options)?;
        represented(encoder, &options.representation)
    }

    fn open_plain(
        &self,
        name_or_path: &str,
        options: &EncoderOptions,
    ) -> Result<Box<dyn Encoder>, EncoderError> {
        if name_or_path == MORPHOMETRY {
            return Ok(Box::new(crate::encoder::morphometry::Morphometry::new()));
        }
        Ok(Box::new(self.open_network(name_or_path, options)?))
    }

    /// As [`open_network_encoder`].
    ///
    /// # Errors
    /// As [`open_network_encoder`].
    pub fn open_network(
        &self,
        name_or_path: &str,
        options: &EncoderOptions,
    ) -> Result<NetworkEncoder, EncoderError> {
        if let Some(entry) = self.find(name_or_path)? {
            let path = self.weights(&entry).ok_or_else(|| self.missing(&entry))?;
            let encoder = open_described(&entry, &path, options)?;
            let found = encoder.spec().weights_sha256.as_deref().unwrap_or_default();
            self.hold(&entry, &path, found)?;
            return Ok(encoder);
        }
        let path = Path::new(name_or_path);
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let is_path = path.is_file()
            || ending.is_some_and(|e| super::ENDINGS.contains(&e.as_str()))
            || path.components().count() > 1;
        if !is_path {
            return Err(self.unknown(name_or_path));
        }
        open_undescribed(path, options)
    }

    /// As [`reopen_encoder`].
    ///
    /// # Errors
    /// As [`reopen_encoder`].
    pub fn reopen(&self, spec: &EncoderSpec, threads: usize) -> Result<Box<dyn Encoder>, EncoderError> {
        let Some(path) = spec.weights_path.as_ref().map(PathBuf::from) else {
            let options = EncoderOptions {
                threads,
                ..Default::default()
            };
            return self.open(&spec.name, &options);
        };
        let setting = |key: &str| spec.settings.get(key).cloned().unwrap_or_default();
        let unreadable = |e: serde_json::Error| {
            weights_error(
                &path,
                format!("the run's manifest doesn't say how it was used ({e})"),
            )
        };
        // A file that moved may be found again by the encoder's name.
        let by_name = || {
            let entry = self.find(&spec.name).ok().flatten();
            entry.map_or_else(
                || super::weights_of(&spec.name, self.model_folders()),
                |entry| self.weights(&entry),
            )
        };
        let found = Some(path.clone()).filter(|p| p.is_file()).or_else(by_name);
        let found = found.ok_or_else(|| {
            weights_error(
                &path,
                "these weights made the run and are gone: put them back".into(),
            )
        })?;
        let settings = NetworkSettings {
            name: Some(spec.name.clone()),
            block: serde_json::from_value(setting("block")).map_err(unreadable)?,
            pooling: serde_json::from_value(setting("pooling")).map_err(unreadable)?,
            preprocessing: serde_json::from_value(setting("preprocessing")).map_err(unreadable)?,
            threads,
            device: of_facts(&setting("device")),
            // Runs from before there was a choice are in single precision.
            computation: Computation {
                precision: match spec.settings.get("precision") {
                    Some(precision) => serde_json::from_value(precision.clone()).map_err(unreadable)?,
                    None => Some(Precision::F32),
                },
                ..Computation::default()
            },
        };
        let encoder = NetworkEncoder::load(&found, settings)?;
        if encoder.spec().weights_sha256 != spec.weights_sha256 {
            return Err(weights_error(&found, "these are not the weights that made the run (SHA-256 differs): put the old ones back or embed again".into()));
        }
        let choice = representation_of(spec).map_err(|e| weights_error(&found, e))?;
        represented(Box::new(encoder), &choice)
    }

    /// What to do about weights that aren't here.
    pub(super) fn missing(&self, entry: &Entry) -> EncoderError {
        let name = &entry.description.name;
        let looked: Vec<String> = self.models.iter().map(|f| f.display().to_string()).collect();
        let looked = if looked.is_empty() {
            "no folder: set ASTROLABEL_MODELS".into()
        } else {
            looked.join(", ")
        };
        let path = (self.place_for(entry)).unwrap_or_else(|_| entry.description.file_name().into());
        let get = if entry.description.hub_repo.is_empty() {
            String::new()
        } else {
            format!("`astrolabel encoders get {name}` fetches them; without a network ")
        };
        weights_error(
            &path,
            format!(
                "the weights of {name} are not here (looked in {looked}): {get}{}",
                self.by_hand(entry, &super::hub())
            ),
        )
    }

    /// Which file from where to put where, for a person without a network here.
    pub(super) fn by_hand(&self, entry: &Entry, hub: &str) -> String {
        let known = &entry.description;
        let sum = self.checksum(entry).map_or_else(String::new, |sum| {
            format!(" (its SHA-256 must be {})", sum.sha256())
        });
        let licence = if known.licence.is_empty() {
            String::new()
        } else {
            format!(" ({})", known.licence)
        };
        let place = self
            .place_for(entry)
            .map_or_else(|e| e.to_string(), |p| p.display().to_string());
        match known.url(hub) {
            Some(url) => {
                let codec = known.codec_url(hub).map_or_else(String::new, |url| {
                    let place = codec_beside(Path::new(&place));
                    format!("; and {url} as {}", place.display())
                });
                format!("download {url}{licence} elsewhere and save it as {place}{sum}{codec}")
            }
            None if known.citation.is_empty() => format!("save the file as {place}{sum}"),
            None => format!(
                "get them{licence} from {} and save the file as {place}{sum}",
                known.citation
            ),
        }
    }
}

/// Opens `path` as its description says.
pub(super) fn open_described(
    entry: &Entry,
    path: &Path,
    options: &EncoderOptions,
) -> Result<NetworkEncoder, EncoderError> {
    let known = entry.description.clone();
    let settings = NetworkSettings {
        name: Some(known.name),
        block: options.block.or(known.block),
        pooling: options.pooling.unwrap_or(known.pooling),
        preprocessing: known.preprocessing,
        threads: options.threads,
        computation: options.computation,
        device: options.device.clone(),
    };
    let encoder = NetworkEncoder::load(path, settings)?;
    let (said, found) = (known.architecture, encoder.network().family());
    if said != found {
        return Err(weights_error(
            path,
            format!(
                "holds a network of family {found}, but the description of {} says {said}",
                entry.description.name
            ),
        ));
    }
    Ok(encoder)
}

/// Opens a weights file of which nothing is known but its tensors.
pub(super) fn open_undescribed(
    path: &Path,
    options: &EncoderOptions,
) -> Result<NetworkEncoder, EncoderError> {
    let network = open_network_on(path, &options.device)?;
    let settings = NetworkSettings {
        block: options.block.or_else(|| network.usual_block()),
        pooling: options.pooling.unwrap_or_else(|| network.usual_pooling()),
        threads: options.threads,
        computation: options.computation,
        device: options.device.clone(),
        preprocessing: network.usual_contract(),
        ..NetworkSettings::default()
    };
    NetworkEncoder::of(network, path, settings)
}
