//! Delimited text: CSV, TSV, whitespace-separated tables and ECSV.
//!
//! The text is cut into pieces of whole records that are parsed side by side, each column to the
//! least type that holds the piece; then pieces that turn out too narrow are parsed again.
//!
//! A record with more or fewer fields than there are columns is left out and told in
//! [`Table::meta`] with its row; if that befalls more than a percent of the rows (and ten), or
//! more than half of them, the delimiter or the file is wrong and the whole read is an error.
//! Empty fields behind the last column don't count. Lines that begin with `#` are comments above
//! the data; below their first row [`hash`] decides, and says so.

mod ecsv;
mod hash;
mod infer;
mod join;
mod layout;
mod split;
mod write;
mod yaml;

pub(super) use ecsv::{is_ecsv, read_ecsv};
pub(super) use infer::float_of;
pub(crate) use write::push_text;
pub(super) use write::yaml_header;
pub use write::{write_csv, write_ecsv};

use super::names::unique_names;
use super::table::field;
use super::{CatalogError, NOTE, Table, has_extension};
use crate::progress::Progress;
use arrow::array::{Array, ArrayRef};
use hash::HashLines;
use infer::{Kind, Parsed, parse_column};
use join::{column_kinds, join_pieces};
use rayon::prelude::*;
use split::{Delimiter, Field, chunks, next_record};
use std::ops::Range;
use std::path::Path;

/// Bytes parsed at a time by one thread: its fields fit a second-level cache.
const CHUNK_BYTES: usize = 512 << 10;

/// Whether the name says tab-separated, also in front of `.gz`.
fn is_tab_separated(path: &Path) -> bool {
    has_extension(path, "tsv")
        || (has_extension(path, "gz")
            && path
                .file_stem()
                .is_some_and(|s| has_extension(Path::new(s), "tsv")))
}

/// Reads delimited text.
pub(super) fn read_delimited(
    path: &Path,
    text: &str,
    progress: &dyn Progress,
) -> Result<Table, CatalogError> {
    // The Mac's line breaks of old.
    let old_mac;
    let text = if !text.contains('\n') && text.contains('\r') {
        old_mac = text.replace('\r', "\n");
        old_mac.as_str()
    } else {
        text
    };
    let layout = layout::find_layout(text, path);
    if layout.names.is_empty() {
        return Err(CatalogError::malformed(
            path,
            "row 1",
            "there are no columns; is this a table?",
        ));
    }
    let floors = vec![Kind::Null; layout.names.len()];
    let body = read_body(path, text, layout.data_start, layout.delimiter, &floors, progress)?;
    let names = unique_names(&layout.names);
    let no_text = String::new();
    let columns = names
        .iter()
        .zip(body.columns)
        .enumerate()
        .map(|(i, (name, array))| {
            let unit = layout.units.get(i).unwrap_or(&no_text);
            let description = layout.descriptions.get(i).unwrap_or(&no_text);
            (
                field(name, array.data_type().clone(), unit, "", description),
                array,
            )
        })
        .collect();
    let mut table = Table::new(columns).map_err(|e| CatalogError::arrow(path, e))?;
    let comments = layout.comments.into_iter().take(500);
    table
        .meta
        .extend(comments.map(|line| ("comment".to_owned(), line)));
    let renamed = names
        .iter()
        .zip(&layout.names)
        .filter(|(new, old)| *new != old.trim())
        .count();
    if renamed > 0 {
        table.meta.push((
            NOTE.to_owned(),
            format!("{renamed} columns had no name of their own and were given one"),
        ));
    }
    table
        .meta
        .extend(body.notes.into_iter().map(|note| (NOTE.to_owned(), note)));
    Ok(table)
}

/// The columns below a header, and what was left out.
pub(super) struct Body {
    pub columns: Vec<ArrayRef>,
    pub notes: Vec<String>,
}

/// One parsed piece of the file.
struct Piece {
    columns: Vec<Parsed>,
    /// Records, good or not.
    records: usize,
    /// Ragged records: number within the piece and fields found.
    ragged: Vec<(usize, usize)>,
    hashes: HashLines,
}

fn parse_piece(text: &str, range: Range<usize>, delimiter: Delimiter, floors: &[Kind]) -> Piece {
    let width = floors.len();
    let text = text.get(..range.end).unwrap_or_default();
    let mut cells: Vec<Field> = Vec::with_capacity(range.len() / 6);
    let mut fields = Vec::with_capacity(width);
    let mut ragged = Vec::new();
    let mut hashes = HashLines::default();
    let (mut at, mut records) = (range.start, 0);
    while at < text.len() {
        let begin = at;
        at = next_record(text, at, delimiter, &mut fields);
        if text.as_bytes()[begin] == b'#' {
            hashes.read(&text[..at], begin, delimiter, width, &mut fields);
        }
        if fields.is_empty() {
            continue;
        }
        if fill_columns(text, &fields, width) {
            cells.extend_from_slice(&fields[..width]);
        } else {
            ragged.push((records, fields.len()));
        }
        records += 1;
    }
    let rows = records - ragged.len();
    let columns = floors
        .iter()
        .enumerate()
        .map(|(c, &floor)| parse_column(text, rows, &|row| cells[row * width + c], floor))
        .collect();
    Piece {
        columns,
        records,
        ragged,
        hashes,
    }
}

/// Whether the fields fill all columns and nothing but empty ones follows.
fn fill_columns(text: &str, fields: &[Field], width: usize) -> bool {
    fields.len() >= width && fields[width..].iter().all(|f| f.raw(text).is_empty())
}

/// Parses the records from `start` into columns of at least the kinds in `floors`.
fn read_body(
    path: &Path,
    text: &str,
    start: usize,
    delimiter: Delimiter,
    floors: &[Kind],
    progress: &dyn Progress,
) -> Result<Body, CatalogError> {
    let ranges = chunks(text, start, delimiter, CHUNK_BYTES);
    if let Some(big) = ranges.iter().find(|r| r.len() > i32::MAX as usize) {
        return Err(CatalogError::malformed(
            path,
            format!("byte {}", big.start),
            "one record is longer than 2 GB; a quote is probably never closed",
        ));
    }
    progress.begin("reading rows", Some((text.len() - start.min(text.len())) as u64));
    let mut pieces: Vec<Piece> = ranges
        .par_iter()
        .map(|range| {
            if progress.cancelled() {
                return Err(CatalogError::Cancelled {
                    path: path.to_owned(),
                });
            }
            let piece = parse_piece(text, range.clone(), delimiter, floors);
            progress.advance(range.len() as u64);
            Ok(piece)
        })
        .collect::<Result<_, _>>()?;
    let mut notes = ragged_rows(path, &pieces, floors.len())?;
    notes.extend(hash::notes(text, pieces.iter().map(|p| &p.hashes)));
    let kinds = column_kinds(&pieces, floors);
    // Again where a piece alone looked narrower than the whole column is.
    pieces.par_iter_mut().zip(&ranges).for_each(|(piece, range)| {
        let narrow = |(p, &kind): (&Parsed, &Kind)| {
            let plain_null = p.kind == Kind::Null && !(kind == Kind::Text && p.had_words);
            p.kind != kind && !plain_null && (p.kind, kind) != (Kind::Int, Kind::Float)
        };
        if piece.columns.iter().zip(&kinds).any(narrow) {
            piece.columns = parse_piece(text, range.clone(), delimiter, &kinds).columns;
        }
    });
    let columns = (0..floors.len())
        .into_par_iter()
        .map(|c| join_pieces(path, &pieces, c, kinds[c]))
        .collect::<Result<_, _>>()?;
    Ok(Body { columns, notes })
}

/// What to say about ragged records, or the error if they are too many.
fn ragged_rows(path: &Path, pieces: &[Piece], width: usize) -> Result<Vec<String>, CatalogError> {
    let total: usize = pieces.iter().map(|p| p.records).sum();
    let count: usize = pieces.iter().map(|p| p.ragged.len()).sum();
    let mut before = 0;
    let mut told = Vec::new();
    for piece in pieces {
        for &(row, found) in &piece.ragged {
            if told.len() < 5 {
                told.push((before + row + 1, found));
            }
        }
        before += piece.records;
    }
    let Some(&(row, found)) = told.first() else {
        return Ok(Vec::new());
    };
    if count > 10.max(total / 100) || count > total / 2 {
        return Err(CatalogError::malformed(
            path,
            format!("data row {row}"),
            format!(
                "{found} fields where there are {width} columns, and so in {count} of {total} rows; \
                 check the delimiter and that fields containing it are quoted"
            ),
        ));
    }
    let rows: Vec<String> = told
        .iter()
        .map(|(row, found)| format!("data row {row} has {found} fields"))
        .collect();
    let more = if count > told.len() { ", …" } else { "" };
    Ok(vec![format!(
        "{count} of {total} rows left out, for there are {width} columns: {}{more}",
        rows.join(", ")
    )])
}
