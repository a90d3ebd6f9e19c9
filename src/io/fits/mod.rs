//! FITS files through cfitsio.

pub mod header;

pub use header::{Card, CardValue, Header};
