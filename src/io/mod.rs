//! Files in and out.

pub mod catalog;
pub mod digest;
pub mod export;
pub mod fetch;
pub mod fits;
pub mod frame;
pub(crate) mod paths;
pub mod picture;
pub mod raster;
pub(crate) mod replace;
pub(crate) mod sexagesimal;
