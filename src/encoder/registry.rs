//! Encoders by name: what exists, where its weights come from, and how to open one.
//!
//! Every known network is a small description in `assets/encoders/*.toml`, compiled in. Weights
//! are never part of the program: they are looked for in `$ASTROLABEL_MODELS`, then in
//! `~/.cache/astrolabel/models`, as `NAME.safetensors`.

use super::computation::Computation;
use super::model::open::open_network;
use super::network::{Network, Pooling};
use super::network_encoder::{NetworkEncoder, NetworkSettings};
use super::plan::isa::Precision;
use super::preprocess::Preprocessing;
use super::weights::weights_error;
use super::{Encoder, EncoderError, EncoderSpec};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The encoder without weights.
pub const MORPHOMETRY: &str = "morphometry";

/// Names and descriptions, in the order they are offered.
const DESCRIPTIONS: [(&str, &str); 4] = [
    (
        "vit_s14_dinov2",
        include_str!("../../assets/encoders/vit_s14_dinov2.toml"),
    ),
    (
        "vit_b14_dinov2",
        include_str!("../../assets/encoders/vit_b14_dinov2.toml"),
    ),
    (
        "vit_l14_dinov2",
        include_str!("../../assets/encoders/vit_l14_dinov2.toml"),
    ),
    (
        "vit_s14_saliency",
        include_str!("../../assets/encoders/vit_s14_saliency.toml"),
    ),
];

/// What is known of a pretrained network besides its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderDescription {
    /// Short name, also the weights' file name before `.safetensors`.
    pub name: String,
    /// Kind of network; `vit` is the one there is.
    pub architecture: Architecture,
    /// Name for people.
    pub title: String,
    /// A sentence or two about training and use.
    pub about: String,
    /// Licence of the weights (SPDX).
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// Repository on huggingface.co, or empty.
    pub hub_repo: String,
    /// File in that repository, or empty.
    pub hub_file: String,
    /// Last block that is computed, 0-based; all if absent.
    pub block: Option<usize>,
    /// Which tokens become the vector.
    pub pooling: Pooling,
    /// The contract between cutouts and the network.
    pub preprocessing: Preprocessing,
}

/// Kinds of network that can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Vision Transformer as DINOv2 lays it out.
    Vit,
}

/// What may be chosen when opening an encoder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EncoderOptions {
    /// Images computed at once; 0 for one a core.
    pub threads: usize,
    /// Last block that is computed, 0-based; `None` for what the description says, else the last.
    pub block: Option<usize>,
    /// Which tokens become the vector; `None` for what the description says, else the class token.
    pub pooling: Option<Pooling>,
    /// In which numbers and how a network computes.
    pub computation: Computation,
}

/// The names that [`open_encoder`] knows; whether their weights are here is another matter
/// ([`weights_of`]).
pub fn encoder_names() -> Vec<&'static str> {
    let networks = DESCRIPTIONS.iter().map(|(name, _)| *name);
    std::iter::once(MORPHOMETRY).chain(networks).collect()
}

/// The description of network `name`; `None` for an unknown name and for morphometry.
///
/// # Errors
/// [`EncoderError::Weights`] if the description compiled in is wrong (the tests keep it right).
pub fn describe(name: &str) -> Result<Option<EncoderDescription>, EncoderError> {
    let Some((_, text)) = DESCRIPTIONS.iter().find(|(n, _)| *n == name) else {
        return Ok(None);
    };
    match toml::from_str(text) {
        Ok(description) => Ok(Some(description)),
        Err(e) => {
            let path = PathBuf::from(format!("assets/encoders/{name}.toml"));
            Err(weights_error(&path, e.to_string()))
        }
    }
}

/// The folders where weights are looked for, first to last.
pub fn model_folders() -> Vec<PathBuf> {
    let set = |key: &str| std::env::var_os(key).filter(|v| !v.is_empty());
    let own = set("ASTROLABEL_MODELS").map(PathBuf::from);
    let home = set("HOME")
        .or_else(|| set("USERPROFILE"))
        .map(|home| Path::new(&home).join(".cache/astrolabel/models"));
    own.into_iter().chain(home).collect()
}

/// The weights of network `name` in the first of `folders` that has them.
pub fn weights_of(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    (folders.iter().map(|f| f.join(format!("{name}.safetensors")))).find(|p| p.is_file())
}

/// Opens an encoder by name, or a `.safetensors` file by path with everything about its shape
/// told from its tensors.
///
/// # Errors
/// [`EncoderError::Unknown`] for a name that isn't known; [`EncoderError::Weights`] if the
/// weights are missing (saying what to put where) or don't fit.
pub fn open_encoder(name_or_path: &str, options: &EncoderOptions) -> Result<Box<dyn Encoder>, EncoderError> {
    open_encoder_in(name_or_path, options, &model_folders())
}

/// As [`open_encoder`], with weights looked for in `folders`.
///
/// # Errors
/// As [`open_encoder`].
pub fn open_encoder_in(
    name_or_path: &str,
    options: &EncoderOptions,
    folders: &[PathBuf],
) -> Result<Box<dyn Encoder>, EncoderError> {
    if name_or_path == MORPHOMETRY {
        return Ok(Box::new(super::morphometry::Morphometry::new()));
    }
    Ok(Box::new(network_encoder_in(name_or_path, options, folders)?))
}

/// As [`open_encoder`] for what is a network.
///
/// # Errors
/// As [`open_encoder`]; morphometry counts as unknown.
pub fn open_network_encoder(
    name_or_path: &str,
    options: &EncoderOptions,
) -> Result<NetworkEncoder, EncoderError> {
    network_encoder_in(name_or_path, options, &model_folders())
}

fn network_encoder_in(
    name_or_path: &str,
    options: &EncoderOptions,
    folders: &[PathBuf],
) -> Result<NetworkEncoder, EncoderError> {
    if let Some(known) = describe(name_or_path)? {
        let path = weights_of(&known.name, folders).ok_or_else(|| missing(&known, folders))?;
        let settings = NetworkSettings {
            name: Some(known.name),
            block: options.block.or(known.block),
            pooling: options.pooling.unwrap_or(known.pooling),
            preprocessing: known.preprocessing,
            threads: options.threads,
            computation: options.computation,
        };
        return NetworkEncoder::load(&path, settings);
    }
    let path = Path::new(name_or_path);
    let is_path = path.is_file()
        || path.extension().is_some_and(|e| e == "safetensors")
        || path.components().count() > 1;
    if !is_path {
        return Err(EncoderError::Unknown {
            name: name_or_path.to_string(),
            known: encoder_names().join(", "),
        });
    }
    let network = open_network(path)?;
    let settings = NetworkSettings {
        block: options.block,
        pooling: options.pooling.unwrap_or_else(|| network.usual_pooling()),
        threads: options.threads,
        computation: options.computation,
        preprocessing: Preprocessing {
            image_px: image_px_for(network.as_ref()),
            ..Preprocessing::default()
        },
        ..NetworkSettings::default()
    };
    NetworkEncoder::of(network, path, settings)
}

/// The input size for a network of which nothing else is known: the usual 224 px where they can
/// be computed, else what it was trained at.
fn image_px_for(network: &dyn Network) -> usize {
    let usual = Preprocessing::default().image_px;
    match network.check_side(usual) {
        Ok(()) => usual,
        Err(_) => network.native_side(),
    }
}

/// Opens again the encoder that made a run, as its manifest describes it: the same weights (by
/// SHA-256), block, pooling and preprocessing.
///
/// # Errors
/// [`EncoderError::Weights`] if the weights have moved or changed.
pub fn reopen_encoder(spec: &EncoderSpec, threads: usize) -> Result<Box<dyn Encoder>, EncoderError> {
    let Some(path) = spec.weights_path.as_ref().map(PathBuf::from) else {
        return open_encoder(
            &spec.name,
            &EncoderOptions {
                threads,
                ..Default::default()
            },
        );
    };
    let setting = |key: &str| spec.settings.get(key).cloned().unwrap_or_default();
    let unreadable = |e: serde_json::Error| {
        weights_error(
            &path,
            format!("the run's manifest doesn't say how it was used ({e})"),
        )
    };
    // A file that moved may be found again by the encoder's name.
    let found = if path.is_file() {
        Some(path.clone())
    } else {
        weights_of(&spec.name, &model_folders())
    };
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
    Ok(Box::new(encoder))
}

/// What to do about weights that aren't here.
fn missing(known: &EncoderDescription, folders: &[PathBuf]) -> EncoderError {
    let file = format!("{}.safetensors", known.name);
    let looked: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    let source = if known.hub_repo.is_empty() {
        format!("get them (from {})", known.citation)
    } else {
        format!(
            "download https://huggingface.co/{}/resolve/main/{} ({})",
            known.hub_repo, known.hub_file, known.licence
        )
    };
    let (place, path) = match folders.first() {
        Some(first) => (looked.join(", "), first.join(&file)),
        None => ("no folder: set ASTROLABEL_MODELS".into(), file.into()),
    };
    weights_error(
        &path,
        format!(
            "the weights of {} are not here (looked in {place}): {source} and save the file under \
             this name, or set ASTROLABEL_MODELS to the folder that has it",
            known.name
        ),
    )
}
