//! Vectors to answers.

pub mod anomaly;
pub mod fewshot;
pub mod metrics;
pub mod projection;
pub mod search;
pub mod vectors;

pub use vectors::{Chunk, Vectors};
