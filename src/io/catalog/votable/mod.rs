//! VOTable (IVOA Recommendation, versions 1.1 to 1.5): XML catalogues of the Virtual Observatory.

mod binary;
mod builder;
mod read;
mod rows;
mod write;

pub(super) use read::read_votable;
pub use write::write_votable;
