//! Vectors to answers: search, few-shot classes, anomaly ranking and maps.
//!
//! Every answer is a function of borrowed [`Vectors`] (or of [`Features`], which say how one or
//! several encoders' vectors are brought to one scale). Nothing here copies a survey to single
//! precision: standardisation is folded into the few weights that meet the stored rows.

pub mod anomaly;
mod covariance;
mod distances;
mod error;
mod features;
pub mod fewshot;
mod kernel;
mod matrix;
pub mod metrics;
pub mod neighbours;
mod products;
pub mod projection;
pub mod search;
pub mod standardize;
pub mod vectors;

pub use error::DiscoveryError;
pub use features::{Features, Part};
pub use matrix::Matrix;
pub use standardize::Standardizer;
pub use vectors::{Chunk, Vectors};
