//! Binary tables → typed columns.
//!
//! Source: FITS Standard 4.0, section 7.3. Rows are read in blocks of some megabytes; each block
//! is decoded column by column, so that a table of millions of rows costs its columns and one
//! block of memory.

use super::columns::{self, Column};
use super::error::{Fault, Trouble};
use super::header::{CardValue, Header};
use super::layout::Placed;
use super::source::Source;
use crate::io::catalog::table::{Table, field};
use arrow::array::{
    ArrayRef, BooleanArray, FixedSizeListArray, Float32Array, Float64Array, Int16Array, Int32Array,
    Int64Array, StringBuilder, UInt8Array,
};
use arrow::datatypes::{DataType, Field};
use std::collections::HashSet;
use std::sync::Arc;

/// Bytes of rows read at a time.
const BLOCK_BYTES: usize = 4 << 20;
/// No table of more bytes than this is read into memory.
const MAX_TABLE_BYTES: u64 = 1 << 36;

/// Reads the table at `placed`.
pub(crate) fn read(source: &mut Source, placed: &Placed) -> Result<Table, Trouble> {
    let header = &placed.header;
    let columns = columns::read(header)?;
    let size = |keyword: &str| {
        header
            .integer(keyword)
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| (Fault::Header, format!("{keyword} is missing")))
    };
    let (row_bytes, rows) = (size("NAXIS1")?, size("NAXIS2")?);
    let bytes = (row_bytes as u64).checked_mul(rows as u64);
    check_bytes(bytes, rows, placed)?;
    let mut notes = Vec::new();
    let mut readers: Vec<Reader> = Vec::new();
    for column in &columns {
        match Reader::new(header, column, rows) {
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
            reader.push(bytes, row_bytes);
        }
        row += here;
    }
    let mut named = Names::default();
    let mut done = Vec::with_capacity(readers.len());
    for reader in readers {
        let (field, array, note) = reader.finish()?;
        notes.extend(note);
        done.push(named.unique(field, array, &mut notes));
    }
    build(done, header, notes)
}

/// Refuses rows that the file does not hold, before memory is asked for.
pub(crate) fn check_bytes(bytes: Option<u64>, rows: usize, placed: &Placed) -> Result<(), Trouble> {
    match bytes {
        Some(n) if n > placed.available => Err((
            Fault::Truncated,
            format!(
                "its {rows} rows need {n} bytes, the file holds {}",
                placed.available
            ),
        )),
        Some(n) if n <= MAX_TABLE_BYTES => Ok(()),
        _ => Err((Fault::TooLarge, format!("{rows} rows are too many to read"))),
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
    table
        .meta
        .extend(notes.into_iter().map(|n| ("NOTE".to_owned(), n)));
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
        "TBUCD",
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

/// What a column's elements become.
enum Values {
    Flags(Vec<Option<bool>>),
    Bytes(Vec<u8>),
    Shorts(Vec<i16>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    /// Unsigned 64-bit: `i64` if all fit.
    Unsigned(Vec<u64>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Text(StringBuilder),
    /// Bits and logicals of a vector column, 0 or 1.
    Bits(Vec<u8>),
}

/// How stored integers become values.
#[derive(Clone, Copy, PartialEq)]
enum Scale {
    /// As stored.
    None,
    /// TZERO that shifts between signed and unsigned.
    Shift(i64),
    /// TSCAL and TZERO.
    Linear(f64, f64),
}

/// Collects one column.
struct Reader<'a> {
    column: &'a Column,
    header: &'a Header,
    scale: Scale,
    null: Option<i64>,
    values: Values,
    /// Whether each element has a value; stays empty while none is missing.
    missing: Vec<usize>,
    count: usize,
}

impl<'a> Reader<'a> {
    fn new(header: &'a Header, column: &'a Column, rows: usize) -> Result<Self, String> {
        let name = &column.name;
        let skip = |why: &str| Err(format!("column {name} was left out: {why}"));
        if column.repeat == 0 {
            return skip("it has no elements");
        }
        let n = column.number;
        let factor = header
            .real(&format!("TSCAL{n}"))
            .filter(|s| *s != 0.0)
            .unwrap_or(1.0);
        let zero = header.real(&format!("TZERO{n}")).unwrap_or(0.0);
        let unsigned = match column.letter {
            b'B' => -128.0,
            b'I' => 32_768.0,
            b'J' => 2_147_483_648.0,
            b'K' => 9_223_372_036_854_775_808.0,
            _ => f64::NAN,
        };
        let scale = if factor == 1.0 && zero == 0.0 {
            Scale::None
        } else if factor == 1.0 && zero == unsigned {
            Scale::Shift(if column.letter == b'K' { 0 } else { zero as i64 })
        } else {
            Scale::Linear(factor, zero)
        };
        let elements = rows.saturating_mul(column.repeat);
        let values = match (column.letter, scale) {
            (b'A', _) => Values::Text(StringBuilder::with_capacity(
                rows,
                rows.saturating_mul(column.bytes.min(64)),
            )),
            (b'L', _) if column.repeat == 1 => Values::Flags(Vec::with_capacity(rows)),
            (b'X', _) if column.repeat == 1 => Values::Flags(Vec::with_capacity(rows)),
            (b'L' | b'X', _) => Values::Bits(Vec::with_capacity(elements)),
            (b'B' | b'I' | b'J' | b'K' | b'E' | b'D', Scale::Linear(..)) => {
                Values::Doubles(Vec::with_capacity(elements))
            }
            (b'B', Scale::None) => Values::Bytes(Vec::with_capacity(elements)),
            (b'B', _) | (b'I', Scale::None) => Values::Shorts(Vec::with_capacity(elements)),
            (b'I', _) | (b'J', Scale::None) => Values::Ints(Vec::with_capacity(elements)),
            (b'J', _) | (b'K', Scale::None) => Values::Longs(Vec::with_capacity(elements)),
            (b'K', _) => Values::Unsigned(Vec::with_capacity(elements)),
            (b'E', _) => Values::Floats(Vec::with_capacity(elements)),
            (b'D', _) => Values::Doubles(Vec::with_capacity(elements)),
            (b'C' | b'M', _) => return skip("it holds complex numbers"),
            (b'P' | b'Q', _) => return skip("it holds arrays of variable length"),
            _ => return skip("its format is not known"),
        };
        if i32::try_from(column.repeat).is_err() {
            return skip("its vectors are too long");
        }
        Ok(Self {
            column,
            header,
            scale,
            null: header.integer(&format!("TNULL{n}")),
            values,
            missing: Vec::new(),
            count: 0,
        })
    }

    /// Appends the column's fields of a block of whole rows.
    fn push(&mut self, block: &[u8], row_bytes: usize) {
        let fields = block
            .chunks_exact(row_bytes)
            .filter_map(|row| row.get(self.column.offset..self.column.offset + self.column.bytes));
        match self.column.letter {
            b'A' => {
                if let Values::Text(builder) = &mut self.values {
                    for bytes in fields {
                        append_text(builder, bytes);
                    }
                }
            }
            b'L' | b'X' => self.push_flags(fields),
            b'B' => self.push_integers(fields, |[b]: [u8; 1]| i64::from(b)),
            b'I' => self.push_integers(fields, |b| i64::from(i16::from_be_bytes(b))),
            b'J' => self.push_integers(fields, |b| i64::from(i32::from_be_bytes(b))),
            b'K' => self.push_integers(fields, i64::from_be_bytes),
            b'E' => match (&mut self.values, self.scale) {
                (Values::Floats(out), _) => {
                    fields.for_each(|f| out.extend(f.as_chunks().0.iter().map(|&b| f32::from_be_bytes(b))));
                }
                (Values::Doubles(out), Scale::Linear(factor, zero)) => fields.for_each(|f| {
                    out.extend(
                        f.as_chunks()
                            .0
                            .iter()
                            .map(|&b| f64::from(f32::from_be_bytes(b)) * factor + zero),
                    );
                }),
                _ => {}
            },
            _ => {
                let (factor, zero) = match self.scale {
                    Scale::Linear(factor, zero) => (factor, zero),
                    _ => (1.0, 0.0),
                };
                if let Values::Doubles(out) = &mut self.values {
                    fields.for_each(|f| {
                        out.extend(
                            f.as_chunks()
                                .0
                                .iter()
                                .map(|&b| f64::from_be_bytes(b) * factor + zero),
                        );
                    });
                }
            }
        }
    }

    fn push_integers<'b, const N: usize>(
        &mut self,
        fields: impl Iterator<Item = &'b [u8]>,
        read: impl Fn([u8; N]) -> i64,
    ) {
        for bytes in fields {
            for &element in bytes.as_chunks::<N>().0 {
                let stored = read(element);
                if self.null == Some(stored) {
                    self.missing.push(self.count);
                }
                self.count += 1;
                let shift = match self.scale {
                    Scale::Shift(shift) => shift,
                    _ => 0,
                };
                // The target of a shift is wide enough; `as` narrows back to the stored width else.
                let value = stored.wrapping_add(shift);
                match &mut self.values {
                    Values::Bytes(out) => out.push(value as u8),
                    Values::Shorts(out) => out.push(value as i16),
                    Values::Ints(out) => out.push(value as i32),
                    Values::Longs(out) => out.push(value),
                    Values::Unsigned(out) => out.push((stored as u64) ^ (1 << 63)),
                    Values::Doubles(out) => {
                        if let Scale::Linear(factor, zero) = self.scale {
                            out.push(stored as f64 * factor + zero);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn push_flags<'b>(&mut self, fields: impl Iterator<Item = &'b [u8]>) {
        let (is_bits, repeat) = (self.column.letter == b'X', self.column.repeat);
        for bytes in fields {
            for k in 0..repeat {
                let flag = if is_bits {
                    bytes.get(k / 8).map(|b| b & (0x80 >> (k % 8)) != 0)
                } else {
                    match bytes.get(k) {
                        Some(b'T' | b't') => Some(true),
                        Some(b'F' | b'f') => Some(false),
                        _ => None,
                    }
                };
                match &mut self.values {
                    Values::Flags(out) => out.push(flag),
                    Values::Bits(out) => {
                        if flag.is_none() {
                            self.missing.push(self.count);
                        }
                        out.push(u8::from(flag == Some(true)));
                    }
                    _ => {}
                }
                self.count += 1;
            }
        }
    }

    /// The column as an Arrow array, and a note if something was lost.
    fn finish(self) -> Result<(Field, ArrayRef, Option<String>), Trouble> {
        let mut note = None;
        let mut valid = None;
        if !self.missing.is_empty() {
            let mut bits = vec![true; self.count];
            for &i in &self.missing {
                bits[i] = false;
            }
            valid = Some(arrow::buffer::NullBuffer::from(bits));
        }
        let flat: ArrayRef = match self.values {
            Values::Flags(v) => Arc::new(BooleanArray::from(v)),
            Values::Bytes(v) | Values::Bits(v) => Arc::new(UInt8Array::new(v.into(), valid)),
            Values::Shorts(v) => Arc::new(Int16Array::new(v.into(), valid)),
            Values::Ints(v) => Arc::new(Int32Array::new(v.into(), valid)),
            Values::Longs(v) => Arc::new(Int64Array::new(v.into(), valid)),
            Values::Unsigned(v) => {
                if v.iter().all(|&n| n <= i64::MAX as u64) {
                    let v: Vec<i64> = v.into_iter().map(|n| n as i64).collect();
                    Arc::new(Int64Array::new(v.into(), valid))
                } else {
                    note = Some(format!(
                        "column {} has unsigned numbers above 2^63 and was read as floating point",
                        self.column.name
                    ));
                    let v: Vec<f64> = v.into_iter().map(|n| n as f64).collect();
                    Arc::new(Float64Array::new(v.into(), valid))
                }
            }
            Values::Floats(v) => Arc::new(Float32Array::new(v.into(), valid)),
            Values::Doubles(v) => Arc::new(Float64Array::new(v.into(), valid)),
            Values::Text(mut builder) => Arc::new(builder.finish()),
        };
        let is_vector = self.column.repeat > 1 && self.column.letter != b'A';
        let array: ArrayRef = if is_vector {
            let item = Arc::new(Field::new("item", flat.data_type().clone(), true));
            let size = self.column.repeat as i32;
            let list = FixedSizeListArray::try_new(item, size, flat, None)
                .map_err(|e| (Fault::Corrupt, format!("column {}: {e}", self.column.name)))?;
            Arc::new(list)
        } else {
            flat
        };
        let number = self.column.number;
        let field = described(self.header, number, &self.column.name, array.data_type().clone());
        Ok((field, array, note))
    }
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
