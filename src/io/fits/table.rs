//! Binary tables → typed columns.
//!
//! Source: FITS Standard 4.0, section 7.3. Rows are read in blocks of some megabytes; each block
//! is decoded column by column, so that a table of millions of rows costs its columns and one
//! block of memory.

use super::column_reader::Reader;
use super::columns;
use super::error::{Fault, Trouble};
use super::header::{CardValue, Header};
use super::heap::{Arrays, Heap};
use super::layout::Placed;
use super::source::Source;
use crate::io::catalog::NOTE;
use crate::io::catalog::table::{Table, field};
use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::{DataType, Field};
use std::collections::HashSet;

/// Bytes of rows read at a time.
const BLOCK_BYTES: usize = 4 << 20;
/// No table of more bytes than this is read into memory.
const MAX_TABLE_BYTES: u64 = 1 << 36;

/// Reads the table at `placed`.
pub(crate) fn read(source: &mut Source, placed: &Placed) -> Result<Table, Trouble> {
    let header = &placed.header;
    let columns = columns::read(header)?;
    let Extent {
        row_bytes,
        rows,
        bytes,
    } = Extent::of(placed)?;
    let mut notes = Vec::new();
    let mut readers: Vec<Collector> = Vec::new();
    for column in &columns {
        let reader = if matches!(column.letter, b'P' | b'Q') && column.repeat > 0 {
            Arrays::new(column, rows).map(Collector::Arrays)
        } else {
            Reader::new(header, column, rows).map(Collector::Fields)
        };
        match reader {
            Ok(reader) => readers.push(reader),
            Err(note) => notes.push(note),
        }
    }
    let rows_at_once = (BLOCK_BYTES / row_bytes.max(1)).clamp(1, rows.max(1));
    let mut block = vec![
        0_u8;
        rows_at_once
            .saturating_mul(row_bytes)
            .min(BLOCK_BYTES.max(row_bytes))
    ];
    let mut row = 0;
    while row < rows && row_bytes > 0 {
        let here = rows_at_once.min(rows - row);
        let bytes = &mut block[..here * row_bytes];
        let offset = placed
            .data_offset
            .saturating_add((row as u64).saturating_mul(row_bytes as u64));
        source
            .read_at(offset, bytes)
            .map_err(|e| (Fault::Truncated, format!("reading rows from {row}: {e}")))?;
        for reader in &mut readers {
            match reader {
                Collector::Fields(reader) => reader.push(bytes, row_bytes),
                Collector::Arrays(arrays) => arrays.push(bytes, row_bytes),
            }
        }
        row += here;
    }
    let mut named = Names::default();
    let mut done = Vec::with_capacity(readers.len());
    let mut heap = Heap::of(source, placed, bytes);
    for reader in readers {
        let parts = match reader {
            Collector::Fields(reader) => {
                let (field, array, note) = reader.finish()?;
                notes.extend(note);
                vec![(field, array)]
            }
            Collector::Arrays(arrays) => arrays.finish(&mut heap, &mut notes)?,
        };
        for (field, array) in parts {
            done.push(named.unique(field, array, &mut notes));
        }
    }
    build(done, header, notes)
}

/// What collects a column, by where its values are.
enum Collector<'a> {
    /// In the rows.
    Fields(Reader<'a>),
    /// In the heap behind them.
    Arrays(Arrays<'a>),
}

/// How large a table is.
pub(crate) struct Extent {
    /// NAXIS1.
    pub row_bytes: usize,
    /// NAXIS2.
    pub rows: usize,
    /// Their product, which the file holds.
    pub bytes: u64,
}

impl Extent {
    /// Refuses rows that the file does not hold, before memory is asked for.
    pub fn of(placed: &Placed) -> Result<Self, Trouble> {
        let size = |keyword: &str| {
            placed
                .header
                .integer(keyword)
                .and_then(|n| usize::try_from(n).ok())
                .ok_or_else(|| (Fault::Header, format!("{keyword} is missing")))
        };
        let (row_bytes, rows) = (size("NAXIS1")?, size("NAXIS2")?);
        match (row_bytes as u64).checked_mul(rows as u64) {
            Some(n) if n > placed.available => Err((
                Fault::Truncated,
                format!(
                    "its {rows} rows need {n} bytes, the file holds {}",
                    placed.available
                ),
            )),
            Some(bytes) if bytes <= MAX_TABLE_BYTES => Ok(Self {
                row_bytes,
                rows,
                bytes,
            }),
            _ => Err((Fault::TooLarge, format!("{rows} rows are too many to read"))),
        }
    }
}

/// Puts columns, header cards and notes together.
pub(crate) fn build(
    columns: Vec<(Field, ArrayRef)>,
    header: &Header,
    notes: Vec<String>,
) -> Result<Table, Trouble> {
    let mut table =
        Table::new(columns).map_err(|e| (Fault::Corrupt, format!("its columns do not fit together: {e}")))?;
    table.meta = meta(header);
    table.meta.extend(notes.into_iter().map(|n| (NOTE.to_owned(), n)));
    Ok(table)
}

/// Makes column names unique, as [`Table`] needs them.
#[derive(Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// `column` under a name no other column has.
    pub fn unique(&mut self, field: Field, array: ArrayRef, notes: &mut Vec<String>) -> (Field, ArrayRef) {
        let wanted = field.name().clone();
        let mut name = wanted.clone();
        let mut n = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}_{n}");
            n += 1;
        }
        if name != wanted {
            notes.push(format!("a second column {wanted} was named {name}"));
        }
        (field.with_name(name), array)
    }
}

/// The cards that say something about the table rather than its layout.
fn meta(header: &Header) -> Vec<(String, String)> {
    let structural = [
        "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS", "THEAP",
        "CHECKSUM", "DATASUM",
    ];
    let per_column = [
        "TTYPE", "TFORM", "TUNIT", "TNULL", "TSCAL", "TZERO", "TDISP", "TDIM", "TBCOL", "TCOMM", "TUCD",
        "TBUCD", "TNAME", "TESC",
    ];
    let is_layout = |keyword: &str| {
        structural.contains(&keyword)
            || per_column.iter().any(|root| {
                keyword
                    .strip_prefix(root)
                    .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            })
    };
    header
        .cards
        .iter()
        .filter(|c| {
            let is_blank = c.keyword.is_empty() && c.comment.is_empty();
            !is_layout(&c.keyword) && !is_blank
        })
        .map(|c| {
            let text = match &c.value {
                Some(CardValue::Logical(b)) => if *b { "T" } else { "F" }.to_owned(),
                Some(CardValue::Integer(i)) => i.to_string(),
                Some(CardValue::Real(r)) => r.to_string(),
                Some(CardValue::Text(t) | CardValue::Other(t)) => t.clone(),
                None => c.comment.clone(),
            };
            (c.keyword.clone(), text)
        })
        .collect()
}

/// Unit, UCD and description of column `number`, as an Arrow field.
pub(crate) fn described(header: &Header, number: usize, name: &str, data_type: DataType) -> Field {
    let text = |root: &str| header.text(&format!("{root}{number}")).unwrap_or("").trim();
    let ucd = [text("TUCD"), text("TBUCD")]
        .into_iter()
        .find(|t| !t.is_empty())
        .unwrap_or("");
    let comment = header
        .cards
        .iter()
        .find(|c| c.keyword == format!("TTYPE{number}"))
        .map_or("", |c| c.comment.as_str());
    let description = match text("TCOMM") {
        // Writers fill the comment of TTYPE with boilerplate unless they have something to say.
        "" if comment.starts_with("label for")
            || comment.starts_with("name of field")
            || comment == "column name" =>
        {
            ""
        }
        "" => comment,
        description => description,
    };
    field(name, data_type, text("TUNIT"), ucd, description)
}

/// Whether the texts of column `number` have escapes, as this program writes them.
pub(crate) fn has_escapes(header: &Header, number: usize) -> bool {
    header.text(&format!("TESC{number}")) == Some(super::ascii::ESCAPES)
}

/// Text up to the first NUL without trailing blanks; Latin-1 where it isn't UTF-8.
pub(crate) fn append_text(builder: &mut StringBuilder, bytes: &[u8]) {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    let bytes = bytes[..end].trim_ascii_end();
    match std::str::from_utf8(bytes) {
        Ok(text) => builder.append_value(text),
        Err(_) => builder.append_value(bytes.iter().map(|&b| b as char).collect::<String>()),
    }
}
