//! Writing a catalogue as a binary table.
//!
//! Source: FITS Standard 4.0, section 7.3. Rows are put together in blocks, column by column, so
//! that millions of rows are written at the speed of the disk.

use super::ascii::{self, column_names};
use super::error::FitsError;
use super::header::{Card, CardValue};
use super::write::{HeaderBytes, pad, primary_header};
use crate::io::catalog::table::{DESCRIPTION, Table, UCD, UNIT};
use crate::io::replace::replace_file;
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, UInt8Type};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Bytes of rows put together at a time.
const BLOCK_BYTES: usize = 4 << 20;

/// Writes `table` as the first extension, a BINTABLE named `extname`, after an empty primary HDU.
/// Units, UCDs and descriptions become TUNIT, TUCD and TCOMM. Missing integers become a TNULL that
/// no value has, missing floating-point numbers NaN, missing logicals a zero byte; missing texts
/// become empty ones, since FITS cannot tell them apart. FITS text is ASCII: in a column that has
/// other characters they become `\uXXXX` and TESCn says so; a name that FITS can't hold gets another
/// as TTYPEn, and TNAMEn keeps it. The reader of this program gives both back. `cards` are added to
/// the extension's header; [`Table::meta`] is not. The file appears complete or not at all; `path`
/// is taken literally. Returns what was written otherwise than it is, in words.
///
/// # Errors
/// If a column's type has no FITS counterpart, there are more than 999 columns, a keyword is not
/// allowed, or the system refuses.
pub fn write_table(
    path: &Path,
    table: &Table,
    extname: &str,
    cards: &[Card],
) -> Result<Vec<String>, FitsError> {
    let refuse = |cause: String| FitsError::write(path, cause);
    let io = |e| FitsError::io(path, "write", e);
    let schema = table.batch.schema_ref();
    let mut columns = Vec::with_capacity(table.batch.num_columns());
    for (field, array) in schema.fields().iter().zip(table.batch.columns()) {
        let encoder =
            Encoder::new(array).map_err(|cause| refuse(format!("column {}: {cause}", field.name())))?;
        columns.push((field, encoder));
    }
    if columns.len() > 999 {
        return Err(refuse(format!(
            "{} columns; FITS allows 999, drop some",
            columns.len()
        )));
    }
    let given = table.names();
    let names = column_names(&given);
    let renamed: Vec<(&str, &String)> = (given.iter().copied().zip(&names))
        .filter(|(old, new)| old != new)
        .collect();
    let row_bytes: usize = columns.iter().map(|(_, e)| e.width).sum();
    let rows = table.rows();
    let header = || -> Result<Vec<u8>, String> {
        let mut head = HeaderBytes::new();
        head.card("XTENSION", CardValue::Text("BINTABLE".to_owned()), "")?;
        let numbers = [
            ("BITPIX", 8),
            ("NAXIS", 2),
            ("NAXIS1", row_bytes as i64),
            ("NAXIS2", rows as i64),
            ("PCOUNT", 0),
            ("GCOUNT", 1),
            ("TFIELDS", columns.len() as i64),
        ];
        for (keyword, value) in numbers {
            head.card(keyword, CardValue::Integer(value), "")?;
        }
        for (i, (field, encoder)) in columns.iter().enumerate() {
            let n = i + 1;
            let mut text = |root: &str, value: &str, comment: &str| {
                head.card(&format!("{root}{n}"), CardValue::Text(value.to_owned()), comment)
            };
            text("TTYPE", &names[i], "")?;
            if names[i] != *field.name() {
                text("TNAME", &ascii::escaped(field.name()), "")?;
            }
            text("TFORM", &encoder.form, "")?;
            if encoder.escapes {
                text(
                    "TESC",
                    ascii::ESCAPES,
                    "its values have \\uXXXX for other than ASCII",
                )?;
            }
            for (root, key) in [("TUNIT", UNIT), ("TUCD", UCD), ("TCOMM", DESCRIPTION)] {
                if let Some(value) = field.metadata().get(key).filter(|v| !v.is_empty()) {
                    let value = if key == UNIT {
                        ascii::unit(value)
                    } else {
                        value.clone()
                    };
                    text(root, &value, "")?;
                }
            }
            if let Some(null) = encoder.null {
                head.card(&format!("TNULL{n}"), CardValue::Integer(null), "")?;
            }
        }
        if !renamed.is_empty() {
            let text =
                "Column names that FITS can't hold were changed: TNAMEn is the whole name of column n.";
            head.cards(&[Card::comment(text)], None)?;
        }
        head.cards(cards, Some(extname))?;
        Ok(head.finish())
    };
    let header = header().map_err(refuse)?;
    let mut notes = Vec::new();
    if !renamed.is_empty() {
        let pairs: Vec<String> = (renamed.iter().take(3))
            .map(|(old, new)| format!("`{old}` is `{new}`"))
            .collect();
        let more = if renamed.len() > 3 { ", …" } else { "" };
        notes.push(format!(
            "FITS has column names in ASCII of at most 68 characters: {}{more}; the whole names are in TNAMEn",
            pairs.join(", ")
        ));
    }
    let escaped: Vec<&str> = (columns.iter())
        .filter(|(_, e)| e.escapes)
        .map(|(f, _)| f.name().as_str())
        .collect();
    if !escaped.is_empty() {
        notes.push(format!(
            "FITS has text in ASCII: other characters are written as \\uXXXX in {}",
            escaped.join(", ")
        ));
    }
    replace_file(path, io, |out| {
        out.write_all(&primary_header()).map_err(io)?;
        out.write_all(&header).map_err(io)?;
        let rows_at_once = (BLOCK_BYTES / row_bytes.max(1)).max(1);
        let mut block = Vec::new();
        let mut row = 0;
        while row < rows && row_bytes > 0 {
            let here = rows_at_once.min(rows - row);
            block.clear();
            block.resize(here * row_bytes, 0);
            let mut offset = 0;
            for (_, encoder) in &columns {
                encoder.fill(row, &mut block, row_bytes, offset);
                offset += encoder.width;
            }
            out.write_all(&block).map_err(io)?;
            row += here;
        }
        pad(out, (rows as u64).saturating_mul(row_bytes as u64)).map_err(io)
    })?;
    Ok(notes)
}

/// How one column is written.
struct Encoder {
    /// The numbers or texts, flat for vector columns.
    values: ArrayRef,
    /// For vector columns: the column itself, which says which rows are missing.
    list: Option<ArrayRef>,
    /// Elements in a row; for text its width.
    repeat: usize,
    form: String,
    /// Bytes in a row.
    width: usize,
    null: Option<i64>,
    /// Whether its texts are written with escapes.
    escapes: bool,
}

impl Encoder {
    fn new(array: &ArrayRef) -> Result<Self, String> {
        let (values, list, repeat) = match array.data_type() {
            DataType::FixedSizeList(_, size) => {
                let list = array.as_fixed_size_list();
                (
                    list.values().clone(),
                    Some(array.clone()),
                    usize::try_from(*size).unwrap_or(0),
                )
            }
            _ => (array.clone(), None, 1),
        };
        let mut values = widen(&values)?;
        // Where a whole vector is missing its elements are too, so they need a null as well.
        let has_missing = values.null_count() > 0 || list.as_ref().is_some_and(|l| l.null_count() > 0);
        let mut null = None;
        let mut escapes = false;
        if let Some(texts) = values.as_string_opt::<i32>()
            && !texts.iter().flatten().all(ascii::is_plain)
        {
            escapes = true;
            let texts: StringArray = texts.iter().map(|t| t.map(ascii::escaped)).collect();
            values = Arc::new(texts);
        }
        if has_missing && values.data_type().is_integer() {
            null = unused(&values);
            if null.is_none() {
                // All values of the type occur: the next wider type has room.
                let wider = if values.data_type() == &DataType::UInt8 {
                    DataType::Int16
                } else {
                    DataType::Int32
                };
                values = arrow::compute::cast(&values, &wider).map_err(|e| e.to_string())?;
                null = unused(&values);
            }
        }
        let (letter, bytes) = match values.data_type() {
            DataType::Boolean => ('L', 1),
            DataType::UInt8 => ('B', 1),
            DataType::Int16 => ('I', 2),
            DataType::Int32 => ('J', 4),
            DataType::Int64 => ('K', 8),
            DataType::Float32 => ('E', 4),
            DataType::Float64 => ('D', 8),
            DataType::Utf8 if list.is_none() => ('A', 1),
            other => {
                return Err(format!(
                    "FITS has no columns of type {other}; leave it out or convert it"
                ));
            }
        };
        let repeat = match letter {
            'A' => values
                .as_string::<i32>()
                .iter()
                .flatten()
                .map(str::len)
                .max()
                .unwrap_or(0)
                .max(1),
            _ => repeat,
        };
        Ok(Self {
            form: if repeat == 1 {
                letter.to_string()
            } else {
                format!("{repeat}{letter}")
            },
            width: repeat.checked_mul(bytes).ok_or("its rows are too long")?,
            values,
            list,
            repeat,
            null,
            escapes,
        })
    }

    /// Writes the fields from `row` on into every row of `block`, at `offset`.
    fn fill(&self, row: usize, block: &mut [u8], row_bytes: usize, offset: usize) {
        let fields = block
            .chunks_exact_mut(row_bytes)
            .map(|r| &mut r[offset..offset + self.width])
            .enumerate()
            .map(|(i, field)| (row + i, field));
        let null = self.null.unwrap_or(0);
        match self.values.data_type() {
            DataType::Boolean => {
                let values = self.values.as_boolean();
                self.put(fields, |i| [if values.value(i) { b'T' } else { b'F' }], [0]);
            }
            DataType::Utf8 => {
                let values = self.values.as_string::<i32>();
                for (i, field) in fields {
                    if values.is_valid(i) {
                        let text = values.value(i).as_bytes();
                        field[..text.len()].copy_from_slice(text);
                    }
                }
            }
            DataType::UInt8 => {
                let values = self.values.as_primitive::<UInt8Type>().values();
                self.put(fields, |i| [values[i]], [null as u8]);
            }
            DataType::Int16 => {
                let values = self.values.as_primitive::<Int16Type>().values();
                self.put(fields, |i| values[i].to_be_bytes(), (null as i16).to_be_bytes());
            }
            DataType::Int32 => {
                let values = self.values.as_primitive::<Int32Type>().values();
                self.put(fields, |i| values[i].to_be_bytes(), (null as i32).to_be_bytes());
            }
            DataType::Int64 => {
                let values = self.values.as_primitive::<Int64Type>().values();
                self.put(fields, |i| values[i].to_be_bytes(), null.to_be_bytes());
            }
            DataType::Float32 => {
                let values = self.values.as_primitive::<Float32Type>().values();
                self.put(fields, |i| values[i].to_be_bytes(), f32::NAN.to_be_bytes());
            }
            _ => {
                let values = self.values.as_primitive::<Float64Type>().values();
                self.put(fields, |i| values[i].to_be_bytes(), f64::NAN.to_be_bytes());
            }
        }
    }

    fn put<'b, const N: usize>(
        &self,
        fields: impl Iterator<Item = (usize, &'b mut [u8])>,
        value: impl Fn(usize) -> [u8; N],
        missing: [u8; N],
    ) {
        let list = self.list.as_ref().map(|l| l.as_fixed_size_list());
        for (row, field) in fields {
            let (first, row_valid) = match list {
                Some(list) => (list.value_offset_at(row), list.is_valid(row)),
                None => (row, true),
            };
            for (k, out) in field.as_chunks_mut().0.iter_mut().enumerate().take(self.repeat) {
                let i = first + k;
                *out = if row_valid && self.values.is_valid(i) {
                    value(i)
                } else {
                    missing
                };
            }
        }
    }
}

/// Types FITS lacks, as the next one that holds all their values.
fn widen(array: &ArrayRef) -> Result<ArrayRef, String> {
    let to = match array.data_type() {
        DataType::Int8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::Float16 => DataType::Float32,
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        _ => return Ok(array.clone()),
    };
    arrow::compute::cast(array, &to).map_err(|e| e.to_string())
}

/// A number of the array's type that none of its values is: the smallest, or for bytes the
/// largest; `None` if all occur.
fn unused(array: &ArrayRef) -> Option<i64> {
    let wide = arrow::compute::cast(array, &DataType::Int64).ok()?;
    let wide = wide.as_primitive::<Int64Type>();
    let candidates: Box<dyn Iterator<Item = i64>> = match array.data_type() {
        DataType::UInt8 => Box::new((0..=255).rev()),
        DataType::Int16 => Box::new(i64::from(i16::MIN)..=i64::from(i16::MAX)),
        DataType::Int32 => Box::new(i64::from(i32::MIN)..=i64::from(i32::MAX)),
        _ => Box::new(i64::MIN..=i64::MAX),
    };
    // Among one more candidate than there are values one is always free.
    let mut used: Option<HashSet<i64>> = None;
    for candidate in candidates.take(wide.len().saturating_add(1)) {
        let used = used.get_or_insert_with(|| wide.iter().flatten().collect());
        if !used.contains(&candidate) {
            return Some(candidate);
        }
    }
    None
}
