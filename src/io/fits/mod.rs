//! FITS files: images and tables in, images and catalogues out.
//!
//! The structure of a file (headers, HDUs, rows, tiles) is read and checked in Rust, so that a
//! hostile or cut file gives an error naming its HDU; cfitsio does the HCOMPRESS decoding and the
//! compression. Files are opened and written by their literal path, never through cfitsio's
//! extended file-name syntax.

pub mod header;

mod ascii;
mod ascii_table;
mod bits;
mod cards;
mod column_reader;
mod columns;
mod dither;
mod error;
mod ffi;
mod file;
mod groups;
mod hcompress;
mod heap;
mod image;
mod layout;
mod lzw;
mod plio;
mod rice;
mod source;
mod table;
mod tile_codec;
mod tile_header;
mod tile_layout;
mod tiles;
mod write;
mod write_table;

pub use error::{Fault, FitsError};
pub use file::{FitsFile, HduInfo, HduKind};
pub use header::{Card, CardValue, Header};
pub use write::{Compression, ImageToWrite, write_images};
pub use write_table::write_table;
