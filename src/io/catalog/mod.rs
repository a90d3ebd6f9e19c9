//! Catalogues in and out: CSV and its kin, ECSV, VOTable and Parquet, as one [`Table`].
//!
//! A file's content decides how it is read; its extension only where the content leaves it open.
//! FITS tables live in `io::fits`: the caller dispatches them on [`CatalogError::IsFits`].
//! What had to be assumed or left out is said to the [`Progress`] and kept in [`Table::meta`]
//! under the key [`NOTE`].

mod cells;
mod csv;
mod error;
mod input;
mod names;
mod output;
pub(crate) mod parquet;
mod parquet_export;
pub mod roles;
pub mod table;
mod votable;

pub use crate::io::sexagesimal::degrees_from_sexagesimal;
pub(crate) use csv::push_text;
pub use csv::{write_csv, write_ecsv};
pub use error::CatalogError;
pub(crate) use output::{has_extension, write_atomically, write_file_atomically};
pub use parquet::write_parquet;
pub use parquet_export::write_parquet_export;
pub use roles::{Roles, guess_roles, sky_positions};
pub use table::Table;
pub use votable::write_votable;

use crate::progress::Progress;
use std::io::Read;
use std::path::Path;

/// The key in [`Table::meta`] of what a reader assumed, skipped or repaired.
pub const NOTE: &str = "note";

/// Reads a catalogue of any format but FITS.
///
/// Formats: Parquet, VOTable 1.1–1.5, ECSV, and delimited text (comma, tab, semicolon, pipe or
/// whitespace; SExtractor's ASCII header; commented headers), the text formats also gzipped.
/// Missing values become nulls; a NaN in a scalar column is a missing value.
///
/// # Errors
/// [`CatalogError::IsFits`] if the content is FITS, [`CatalogError::Malformed`] with the place if
/// it breaks its format, [`CatalogError::Cancelled`] if `progress` says so.
pub fn read_catalog(path: &Path, progress: &dyn Progress) -> Result<Table, CatalogError> {
    let mut magic = [0u8; 4];
    let mut file = std::fs::File::open(path).map_err(|e| CatalogError::io(path, e))?;
    let is_parquet = file.read_exact(&mut magic).is_ok() && &magic == b"PAR1";
    drop(file);
    let mut table = if is_parquet {
        parquet::read_parquet(path, progress)?
    } else {
        read_text_catalog(path, progress)?
    };
    table.meta.shrink_to_fit();
    tell_notes(path, &table, progress);
    Ok(table)
}

/// Says a read table's notes ([`NOTE`]) to `progress`.
pub fn tell_notes(path: &Path, table: &Table, progress: &dyn Progress) {
    for (key, value) in &table.meta {
        if key == NOTE {
            progress.note(&format!("{}: {value}", path.display()));
        }
    }
}

/// Everything that is text once decompressed, after looking at its first bytes.
fn read_text_catalog(path: &Path, progress: &dyn Progress) -> Result<Table, CatalogError> {
    progress.begin("reading catalogue", None);
    let bytes = input::read_bytes(path)?;
    if progress.cancelled() {
        return Err(CatalogError::Cancelled {
            path: path.to_owned(),
        });
    }
    let unknown = |cause: &str| CatalogError::UnknownFormat {
        path: path.to_owned(),
        cause: cause.to_owned(),
    };
    if bytes.starts_with(b"SIMPLE  =") {
        return Err(CatalogError::IsFits {
            path: path.to_owned(),
        });
    }
    if bytes.starts_with(b"PAR1") {
        return Err(unknown("this is a gzipped Parquet file; unpack it first"));
    }
    for (magic, what) in [
        (&b"BZh"[..], "this is a bzip2 file; unpack it first"),
        (b"\xfd7zXZ", "this is an xz file; unpack it first"),
        (b"\x28\xb5\x2f\xfd", "this is a zstd file; unpack it first"),
        (
            b"PK\x03\x04",
            "this is a zip archive or a spreadsheet; unpack it or save it as CSV",
        ),
        (b"\x89HDF", "this is an HDF5 file"),
        (b"\x89PNG", "this is a picture, not a catalogue"),
        (b"\xff\xd8\xff", "this is a picture, not a catalogue"),
        (b"SQLite format 3", "this is an SQLite database"),
    ] {
        if bytes.starts_with(magic) {
            return Err(unknown(what));
        }
    }
    let (text, note) = input::text_from_bytes(bytes);
    let start = text.trim_start();
    if start.is_empty() {
        return Err(unknown("the file is empty"));
    }
    let mut table = if start.starts_with('<') {
        votable::read_votable(path, &text, progress)?
    } else if csv::is_ecsv(&text) {
        csv::read_ecsv(path, &text, progress)?
    } else {
        // Binary data also decodes as Latin-1; a NUL never stands in a text catalogue.
        if text.bytes().take(4096).any(|b| b == 0) {
            return Err(unknown("the content is binary of an unknown kind"));
        }
        csv::read_delimited(path, &text, progress)?
    };
    if let Some(note) = note {
        table.meta.push((NOTE.to_owned(), note));
    }
    Ok(table)
}
