//! Catalogues out: CSV, ECSV, VOTable, Parquet; vectors out: CSV, NPZ, Parquet.
//!
//! The extension chooses the format. Every file is written beside its place, synced and renamed,
//! so a crash leaves the old file or the new one.

mod npz;
mod vectors;

pub use vectors::write_vectors;

use crate::io::catalog::{
    CatalogError, Table, has_extension, write_csv, write_ecsv, write_parquet_export, write_votable,
};
use std::path::Path;

/// Writes a catalogue in the format its extension names: `.csv`, `.ecsv`, `.vot`, `.votable`,
/// `.xml` (those also with `.gz`) or `.parquet`.
///
/// # Errors
/// [`CatalogError::IsFits`] for `.fits` and `.fit`, which the caller hands to the FITS table
/// writer; [`CatalogError::UnknownFormat`] for any other extension.
pub fn write_catalog(path: &Path, table: &Table) -> Result<(), CatalogError> {
    // `catalog.csv.gz` is told by what stands before `.gz`.
    let stem = path
        .file_stem()
        .map(Path::new)
        .filter(|_| has_extension(path, "gz"));
    let named = |extension| has_extension(stem.unwrap_or(path), extension);
    if named("csv") {
        write_csv(path, table)
    } else if named("ecsv") {
        write_ecsv(path, table)
    } else if named("vot") || named("votable") || named("xml") {
        write_votable(path, table)
    } else if has_extension(path, "parquet") {
        write_parquet_export(path, table)
    } else if named("fits") || named("fit") {
        Err(CatalogError::IsFits {
            path: path.to_owned(),
        })
    } else {
        Err(CatalogError::UnknownFormat {
            path: path.to_owned(),
            cause: "the extension names no catalogue format that can be written".to_owned(),
        })
    }
}
