//! Maps: many numbers drawn as two.
//!
//! PCA is exact, quick and keeps distances; UMAP keeps neighbourhoods, so that kinds of objects
//! become islands, whose sizes and mutual distances mean little.

mod fuzzy;
mod layout;
mod pca;
mod umap;

pub use pca::Pca;
pub use umap::{UmapMap, UmapOptions, UmapProvenance, umap};
