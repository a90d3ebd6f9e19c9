//! Pixels to vectors.

pub mod checkpoint;
pub mod computation;
mod cores;
pub mod device;
pub mod engine;
pub mod model;
pub mod morphometry;
pub mod network;
pub mod network_encoder;
pub mod plan;
pub mod preprocess;
pub mod registry;
pub mod representation;
pub mod weights;

use crate::sky::cutout::Cutout;
use serde::{Deserialize, Serialize};

/// What a run's manifest says of the encoder that made its vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderSpec {
    /// Short name: `morphometry`, `vit_s14`.
    pub name: String,
    /// Width of a vector.
    pub dim: usize,
    /// What each dimension is called, where it has a meaning (morphometry); else empty.
    pub feature_names: Vec<String>,
    /// Path of the weights file, if the encoder has weights.
    pub weights_path: Option<String>,
    /// SHA-256 of the weights file in lower-case hex.
    pub weights_sha256: Option<String>,
    /// Everything else that changes the vectors (family, block, pooling, preprocessing contract).
    pub settings: serde_json::Value,
    /// Whether vectors are kept in single precision (morphometry) rather than half.
    pub keep_f32: bool,
}

/// Why an encoder can't be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// The name is neither a known encoder nor a weights file.
    #[error("there is no encoder '{name}': known are {known}; or give the path of a weights file")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names that exist, comma-separated.
        known: String,
    },
    /// The weights file can't be read or doesn't fit.
    #[error("{path}: {cause}")]
    Weights {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        cause: String,
    },
    /// The weights can't be fetched.
    #[error("{error}{advice}")]
    Fetch {
        /// Why.
        error: crate::io::fetch::FetchError,
        /// What to do by hand instead, or nothing.
        advice: String,
    },
    /// The computation failed.
    #[error("encoder {name}: {cause}")]
    Run {
        /// The encoder.
        name: String,
        /// What happened.
        cause: String,
    },
}

/// Turns cutouts into vectors. Implementations are shared between threads.
pub trait Encoder: Send + Sync {
    /// Facts for the manifest.
    fn spec(&self) -> &EncoderSpec;

    /// One vector a cutout, row-major, `cutouts.len() * dim` values, all finite. A cutout with
    /// missing pixels or bands gets the best vector that can be had; one that is
    /// [`EMPTY`](crate::sky::cutout::CutoutFlags::EMPTY) never comes here.
    fn encode(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError>;

    /// Computes from now on no more at once than `bytes` of memory allow, beside what it holds
    /// already; a sentence for people if that is less than before.
    ///
    /// # Errors
    /// [`EncoderError::Run`] if not even one cutout can be computed in them, saying what it needs.
    fn fit(&self, _bytes: u64) -> Result<Option<String>, EncoderError> {
        Ok(None)
    }

    /// The blocks of its vectors, if they are of several kinds that must be scaled to each other.
    fn blocks(&self) -> Option<&representation::Blocks> {
        None
    }
}
