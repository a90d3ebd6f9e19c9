//! ASCII tables → typed columns.
//!
//! Source: FITS Standard 4.0, section 7.2: columns of fixed positions in rows of text, in Fortran
//! formats `Aw`, `Iw`, `Fw.d`, `Ew.d`, `Dw.d`.

use super::columns;
use super::error::{Fault, Trouble};
use super::header::Header;
use super::layout::Placed;
use super::source::Source;
use super::table::{Extent, Names, append_text, build, described};
use crate::io::catalog::table::Table;
use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, StringBuilder};
use arrow::datatypes::Field;
use std::sync::Arc;

/// One column's place in the row's text.
struct TextColumn {
    number: usize,
    name: String,
    start: usize,
    width: usize,
    letter: u8,
    decimals: u32,
    factor: f64,
    zero: f64,
    null: Option<String>,
}

/// Reads the table at `placed`.
pub(crate) fn read(source: &mut Source, placed: &Placed) -> Result<Table, Trouble> {
    let header = &placed.header;
    let Extent { row_bytes, bytes, .. } = Extent::of(placed)?;
    let columns = describe(header, row_bytes)?;
    let mut text = vec![0_u8; usize::try_from(bytes).unwrap_or(0)];
    source
        .read_at(placed.data_offset, &mut text)
        .map_err(|e| (Fault::Truncated, format!("reading rows: {e}")))?;
    let mut notes = Vec::new();
    let mut names = Names::default();
    let mut done = Vec::with_capacity(columns.len());
    for column in &columns {
        let fields = || {
            text.chunks_exact(row_bytes.max(1))
                .filter_map(|row| row.get(column.start..column.start + column.width))
        };
        let mut unread = 0_usize;
        let array: ArrayRef = if column.letter == b'A' {
            let mut builder = StringBuilder::new();
            fields().for_each(|f| append_text(&mut builder, f));
            Arc::new(builder.finish())
        } else if column.letter == b'I' && column.factor == 1.0 && column.zero == 0.0 {
            let values: Vec<Option<i64>> = fields()
                .map(|f| column.parse(f, &mut unread, |t| t.parse().ok()))
                .collect();
            // Nine digits always fit into 32 bits.
            if column.width <= 9 {
                Arc::new(
                    values
                        .into_iter()
                        .map(|v| v.map(|v| v as i32))
                        .collect::<Int32Array>(),
                )
            } else {
                Arc::new(Int64Array::from(values))
            }
        } else {
            let values: Vec<Option<f64>> = fields()
                .map(|f| column.parse(f, &mut unread, |t| column.real(t)))
                .collect();
            Arc::new(Float64Array::from(values))
        };
        if unread > 0 {
            notes.push(format!(
                "column {}: {unread} fields are no numbers and were left empty",
                column.name
            ));
        }
        let field: Field = described(header, column.number, &column.name, array.data_type().clone());
        done.push(names.unique(field, array, &mut notes));
    }
    build(done, header, notes)
}

impl TextColumn {
    fn parse<T>(&self, field: &[u8], unread: &mut usize, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = String::from_utf8_lossy(field);
        let text = text.trim_matches([' ', '\0']);
        if text.is_empty() || self.null.as_deref() == Some(text) {
            return None;
        }
        let value = parse(text.strip_prefix('+').unwrap_or(text));
        *unread += usize::from(value.is_none());
        value
    }

    fn real(&self, text: &str) -> Option<f64> {
        let plain = text.replace(['D', 'd'], "E");
        let mut value: f64 = plain.parse().ok()?;
        // A number without a point has it implied by the format (section 7.2.5).
        if self.letter != b'I'
            && self.decimals > 0
            && !plain.contains('.')
            && plain.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        {
            value /= 10_f64.powi(self.decimals.min(400) as i32);
        }
        Some(value * self.factor + self.zero)
    }
}

fn describe(header: &Header, row_bytes: usize) -> Result<Vec<TextColumn>, Trouble> {
    let bad = |cause: String| (Fault::Header, cause);
    let fields = columns::count(header)?;
    let mut columns = Vec::with_capacity(fields);
    for n in 1..=fields {
        let start = header
            .integer(&format!("TBCOL{n}"))
            .and_then(|s| usize::try_from(s.checked_sub(1)?).ok())
            .ok_or_else(|| bad(format!("TBCOL{n} is missing or not a position from 1 up")))?;
        let form = header
            .text(&format!("TFORM{n}"))
            .unwrap_or("")
            .trim()
            .to_ascii_uppercase();
        let wrong = || bad(format!("TFORM{n} = '{form}' is no format of an ASCII table"));
        let letter = *form
            .as_bytes()
            .first()
            .filter(|b| b"AIFED".contains(b))
            .ok_or_else(wrong)?;
        let (width, decimals) = form
            .get(1..)
            .unwrap_or("")
            .split_once('.')
            .unwrap_or((form.get(1..).unwrap_or(""), "0"));
        let width: usize = if width.is_empty() {
            1
        } else {
            width.parse().map_err(|_| wrong())?
        };
        if start.checked_add(width).is_none_or(|end| end > row_bytes) {
            return Err(bad(format!(
                "column {n} is outside its rows of {row_bytes} bytes"
            )));
        }
        columns.push(TextColumn {
            number: n,
            name: columns::name(header, n),
            start,
            width,
            letter,
            decimals: decimals.parse().unwrap_or(0),
            factor: header
                .real(&format!("TSCAL{n}"))
                .filter(|s| *s != 0.0)
                .unwrap_or(1.0),
            zero: header.real(&format!("TZERO{n}")).unwrap_or(0.0),
            null: header.text(&format!("TNULL{n}")).map(|t| t.trim().to_owned()),
        });
    }
    Ok(columns)
}
