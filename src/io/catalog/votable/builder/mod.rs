//! One FIELD of a VOTable while its column grows.

mod kinds;
mod values;

pub(super) use kinds::{Primitive, Size};

use crate::io::catalog::CatalogError;
use arrow::array::{ArrayRef, BooleanArray, FixedSizeListArray, StringBuilder};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Field;
use std::path::Path;
use std::sync::Arc;
use values::{bool_of, float, float_array, float_be, int_array, integer_be};

/// The growing values.
enum Values {
    Bool(Vec<Option<bool>>),
    Int(Vec<Option<i64>>),
    F64(Vec<Option<f64>>),
    Text(StringBuilder, usize),
    Ints(Vec<Option<i64>>, Vec<bool>, usize),
    Floats(Vec<Option<f64>>, Vec<bool>, usize),
    /// Not a kind of column we keep.
    Skipped,
}

/// A column under construction.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) ucd: String,
    pub(super) description: String,
    pub(super) primitive: Primitive,
    pub(super) size: Size,
    /// The integer that stands for a missing value (`VALUES null`).
    pub(super) null: Option<i64>,
    values: Values,
    /// Cells that weren't of the type, and the first of them.
    pub(super) bad: usize,
    pub(super) first_bad: Option<(usize, String)>,
}

impl Column {
    pub(super) fn new(name: String, primitive: Primitive, size: Size) -> Self {
        let values = match (primitive, size) {
            (Primitive::Char | Primitive::UnicodeChar, _) => Values::Text(StringBuilder::new(), 0),
            (Primitive::Boolean | Primitive::Bit, Size::Scalar | Size::Fixed(1)) => Values::Bool(Vec::new()),
            (p, Size::Scalar) if p.is_integer() => Values::Int(Vec::new()),
            (Primitive::Float | Primitive::Double, Size::Scalar) => Values::F64(Vec::new()),
            (p, Size::Fixed(n)) if p.is_integer() && n > 0 => Values::Ints(Vec::new(), Vec::new(), n),
            (Primitive::Float | Primitive::Double, Size::Fixed(n)) if n > 0 => {
                Values::Floats(Vec::new(), Vec::new(), n)
            }
            _ => Values::Skipped,
        };
        Self {
            name,
            unit: String::new(),
            ucd: String::new(),
            description: String::new(),
            primitive,
            size,
            null: None,
            values,
            bad: 0,
            first_bad: None,
        }
    }

    pub(super) fn is_skipped(&self) -> bool {
        matches!(self.values, Values::Skipped)
    }

    fn integer(&self, text: &str) -> Option<i64> {
        let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(hex) => i64::from_str_radix(hex, 16).ok()?,
            None => match text.strip_prefix('+').unwrap_or(text).parse() {
                Ok(v) => v,
                // Some services write integers as `12.0`.
                Err(_) => {
                    let f: f64 = text.parse().ok()?;
                    (f.fract() == 0.0 && f.abs() < 9e15).then_some(f as i64)?
                }
            },
        };
        self.in_range(value).then_some(value)
    }

    fn in_range(&self, v: i64) -> bool {
        match self.primitive {
            Primitive::UnsignedByte => u8::try_from(v).is_ok(),
            Primitive::Short => i16::try_from(v).is_ok(),
            Primitive::Int => i32::try_from(v).is_ok(),
            _ => true,
        }
    }

    /// Adds a TABLEDATA cell.
    pub(super) fn push_text(&mut self, cell: &str, row: usize) {
        // Some services write `null` where the cell should be empty.
        let text = Some(cell.trim()).filter(|t| *t != "null").unwrap_or_default();
        let mut bad = false;
        let null = self.null;
        let int = |column: &Self, text: &str, bad: &mut bool| match column.integer(text) {
            Some(v) => Some(v).filter(|&v| Some(v) != null),
            None => {
                // A null value outside the type's range still means null.
                *bad |= !text.is_empty() && !text.eq_ignore_ascii_case("nan") && text.parse().ok() != null;
                None
            }
        };
        match &self.values {
            Values::Skipped => return,
            Values::Text(..) => {
                let kept = (!cell.is_empty()).then_some(cell.to_owned());
                return self.push_string(kept);
            }
            Values::Bool(_) => {
                let value = bool_of(text);
                bad = value.is_none() && !matches!(text, "" | "?");
                if let Values::Bool(values) = &mut self.values {
                    values.push(value);
                }
            }
            Values::Int(_) => {
                let value = int(self, text, &mut bad);
                if let Values::Int(values) = &mut self.values {
                    values.push(value);
                }
            }
            Values::F64(_) => {
                let value = float(text, &mut bad);
                if let Values::F64(values) = &mut self.values {
                    values.push(value.filter(|v| !v.is_nan()));
                }
            }
            &Values::Ints(.., n) => {
                let mut parsed: Vec<Option<i64>> = text
                    .split_ascii_whitespace()
                    .map(|t| int(self, t, &mut bad))
                    .collect();
                let whole = parsed.len() == n;
                bad |= !whole && !text.is_empty();
                parsed.resize(n, None);
                if let Values::Ints(values, valid, _) = &mut self.values {
                    values.extend(parsed);
                    valid.push(whole);
                }
            }
            &Values::Floats(.., n) => {
                let mut parsed: Vec<Option<f64>> = text
                    .split_ascii_whitespace()
                    .map(|t| float(t, &mut bad).or(Some(f64::NAN)))
                    .collect();
                let whole = parsed.len() == n;
                bad |= !whole && !text.is_empty();
                parsed.resize(n, Some(f64::NAN));
                if let Values::Floats(values, valid, _) = &mut self.values {
                    values.extend(parsed);
                    valid.push(whole);
                }
            }
        }
        if bad {
            self.bad += 1;
            if self.first_bad.is_none() {
                self.first_bad = Some((row, text.chars().take(40).collect()));
            }
        }
    }

    /// Adds a string, or a missing one.
    fn push_string(&mut self, value: Option<String>) {
        if let Values::Text(builder, bytes) = &mut self.values {
            *bytes = bytes.saturating_add(value.as_ref().map_or(0, String::len));
            // Beyond what the column can address; told as an error when the column is finished.
            builder.append_option(value.filter(|_| *bytes < i32::MAX as usize));
        }
    }

    /// Adds a cell of a binary stream: its elements' bytes, big-endian, or a missing one.
    pub(super) fn push_bytes(&mut self, bytes: Option<&[u8]>) {
        let width = self.primitive.bytes();
        let null = self.null;
        let primitive = self.primitive;
        let ints = |b: &[u8]| integer_be(primitive, b).filter(|&v| Some(v) != null);
        match &mut self.values {
            Values::Skipped => {}
            Values::Text(..) => {
                let text = bytes.map(|b| match primitive {
                    Primitive::UnicodeChar => {
                        let units = b.chunks_exact(2).map(|p| u16::from_be_bytes([p[0], p[1]]));
                        char::decode_utf16(units.take_while(|&u| u != 0))
                            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                            .collect()
                    }
                    _ => {
                        let end = b.iter().position(|&c| c == 0).unwrap_or(b.len());
                        match std::str::from_utf8(&b[..end]) {
                            Ok(text) => text.to_owned(),
                            Err(_) => b[..end].iter().map(|&c| char::from(c)).collect(),
                        }
                    }
                });
                self.push_string(text.filter(|t: &String| !t.is_empty()));
            }
            Values::Bool(values) => values.push(bytes.and_then(|b| match primitive {
                // The standard packs from the highest bit, astropy writes the fourth; the padding is 0.
                Primitive::Bit => b.first().map(|&x| x != 0),
                _ => std::str::from_utf8(b).ok().and_then(bool_of),
            })),
            Values::Int(values) => values.push(bytes.and_then(ints)),
            Values::F64(values) => values.push(bytes.map(float_be).filter(|v| !v.is_nan())),
            Values::Ints(values, valid, n) => {
                match bytes {
                    Some(b) => values.extend(b.chunks_exact(width).map(ints)),
                    None => values.extend(std::iter::repeat_n(None, *n)),
                }
                valid.push(bytes.is_some());
            }
            Values::Floats(values, valid, n) => {
                match bytes {
                    Some(b) => values.extend(b.chunks_exact(width).map(|b| Some(float_be(b)))),
                    None => values.extend(std::iter::repeat_n(Some(f64::NAN), *n)),
                }
                valid.push(bytes.is_some());
            }
        }
    }

    /// The finished column; `None` if it isn't kept.
    pub(super) fn finish(&mut self, path: &Path) -> Result<Option<ArrayRef>, CatalogError> {
        let failed = |e| CatalogError::arrow(path, e);
        let primitive = self.primitive;
        let values = std::mem::replace(&mut self.values, Values::Skipped);
        let list = |items: ArrayRef, valid: Vec<bool>, n: usize| {
            let width = i32::try_from(n).unwrap_or(0);
            let item = Arc::new(Field::new("item", items.data_type().clone(), true));
            FixedSizeListArray::try_new(item, width, items, Some(NullBuffer::from(valid)))
                .map(|a| Some(Arc::new(a) as ArrayRef))
                .map_err(failed)
        };
        Ok(match values {
            Values::Skipped => None,
            Values::Bool(v) => Some(Arc::new(BooleanArray::from(v))),
            Values::Int(v) => Some(int_array(primitive, v)),
            Values::F64(v) => Some(float_array(primitive, v)),
            Values::Text(_, bytes) if bytes >= i32::MAX as usize => {
                return Err(CatalogError::unsupported(
                    path,
                    format!(
                        "column `{}` holds more than 2 GB of text; split the file",
                        self.name
                    ),
                ));
            }
            Values::Text(mut builder, _) => Some(Arc::new(builder.finish())),
            Values::Ints(v, valid, n) => list(int_array(primitive, v), valid, n)?,
            Values::Floats(v, valid, n) => list(float_array(primitive, v), valid, n)?,
        })
    }

    /// The column's type as VOTable says it, for notes.
    pub(super) fn type_name(&self) -> String {
        let size = match self.size {
            Size::Scalar => String::new(),
            Size::Fixed(n) => format!("[{n}]"),
            Size::Variable => "[*]".to_owned(),
        };
        format!("{:?}{size}", self.primitive)
    }
}
