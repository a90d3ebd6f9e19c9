//! A catalogue file's bytes on their way out: whole or not at all, compressed if the name says so.

use super::CatalogError;
use crate::io::replace::{replace_file, replace_seekable};
use std::io::Write;
use std::path::Path;

/// Writes a file through `fill` by [`replace_file`]. With a name ending in `.gz` the content is
/// compressed.
pub(crate) fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), CatalogError>,
) -> Result<(), CatalogError> {
    let failed = |e| CatalogError::io(path, e);
    replace_file(path, failed, |out| {
        if !has_extension(path, "gz") {
            return fill(out);
        }
        let mut gz = flate2::write::GzEncoder::new(out, flate2::Compression::default());
        fill(&mut gz)?;
        gz.finish().map_err(failed)?;
        Ok(())
    })
}

/// As [`write_atomically`], with the bare file, for formats that seek.
pub(crate) fn write_file_atomically(
    path: &Path,
    fill: impl FnOnce(&mut std::fs::File) -> Result<(), CatalogError>,
) -> Result<(), CatalogError> {
    replace_seekable(path, |e| CatalogError::io(path, e), fill)
}

/// Whether the file name ends in `.extension`, ignoring case.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case(extension))
}
