//! Maps: many numbers drawn as two.

mod pca;

pub use pca::Pca;
