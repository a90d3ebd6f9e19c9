//! One column of a binary table, collected block by block.
//!
//! Source: FITS Standard 4.0, sections 7.3.2 (TSCAL, TZERO, TNULL) and 7.3.3 (data types).

use super::ascii::unescaped;
use super::columns::{Column, Part};
use super::error::{Fault, Trouble};
use super::header::Header;
use super::table::{append_text, described, has_escapes};
use crate::io::catalog::table::DESCRIPTION;
use arrow::array::{
    ArrayRef, BooleanArray, FixedSizeListArray, Float32Array, Float64Array, Int16Array, Int32Array,
    Int64Array, StringArray, StringBuilder, UInt8Array,
};
use arrow::datatypes::Field;
use std::sync::Arc;

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
pub(crate) struct Reader<'a> {
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
    pub fn new(header: &'a Header, column: &'a Column, rows: usize) -> Result<Self, String> {
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
        // A real zero point moves the real part only.
        let zero = header
            .real(&format!("TZERO{n}"))
            .filter(|_| column.part != Part::Imaginary)
            .unwrap_or(0.0);
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
    pub fn push(&mut self, block: &[u8], row_bytes: usize) {
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
                    push_reals(fields, self.column.part, out, f32::from_be_bytes);
                }
                (Values::Doubles(out), Scale::Linear(factor, zero)) => {
                    push_reals(fields, self.column.part, out, |b| {
                        f64::from(f32::from_be_bytes(b)) * factor + zero
                    });
                }
                _ => {}
            },
            _ => {
                let (factor, zero) = match self.scale {
                    Scale::Linear(factor, zero) => (factor, zero),
                    _ => (1.0, 0.0),
                };
                if let Values::Doubles(out) = &mut self.values {
                    push_reals(fields, self.column.part, out, |b| {
                        f64::from_be_bytes(b) * factor + zero
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
    pub fn finish(self) -> Result<(Field, ArrayRef, Option<String>), Trouble> {
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
            Values::Text(mut builder) => {
                let texts = builder.finish();
                if has_escapes(self.header, self.column.number) {
                    let texts = texts.iter().map(|t| t.map(unescaped));
                    Arc::new(texts.collect::<StringArray>())
                } else {
                    Arc::new(texts)
                }
            }
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
        let mut field = described(self.header, number, &self.column.name, array.data_type().clone());
        let which = match self.column.part {
            Part::Whole => return Ok((field, array, note)),
            Part::Real => "real part",
            Part::Imaginary => "imaginary part",
        };
        let text = field
            .metadata()
            .get(DESCRIPTION)
            .map_or_else(String::new, |text| format!("{text} "));
        field
            .metadata_mut()
            .insert(DESCRIPTION.to_owned(), format!("{text}({which})"));
        Ok((field, array, note))
    }
}

/// Appends the floating-point numbers of `part` of each field.
fn push_reals<'b, T, const N: usize>(
    fields: impl Iterator<Item = &'b [u8]>,
    part: Part,
    out: &mut Vec<T>,
    value: impl Fn([u8; N]) -> T,
) {
    for field in fields {
        let all = field.as_chunks().0.iter();
        match part {
            Part::Whole => out.extend(all.map(|&b| value(b))),
            Part::Real => out.extend(all.step_by(2).map(|&b| value(b))),
            Part::Imaginary => out.extend(all.skip(1).step_by(2).map(|&b| value(b))),
        }
    }
}
