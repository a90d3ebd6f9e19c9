//! What a column of text holds, decided over the whole column.
//!
//! Kinds form a chain, `Null < Int < Code < Float < Text` with `Bool` beside it below `Text`, and a
//! column has the least kind that holds all its cells. A `Code` looks like an integer but would
//! lose something as one: leading zeros (`00123`) or digits beyond 64 bits; it stays text.

use super::split::Field;
use arrow::array::{ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, NullArray, StringBuilder};
use std::sync::Arc;

/// What a cell or a column can be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Null,
    Bool,
    Int,
    Code,
    Float,
    Text,
}

impl Kind {
    /// The least kind that holds both.
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Null, k) | (k, Self::Null) => k,
            (a, b) if a == b => a,
            (Self::Bool, _) | (_, Self::Bool) => Self::Text,
            (a, b) => a.max(b),
        }
    }
}

/// How a cell says that it has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// Says so in any column.
    Always,
    /// `NaN`: says so in any column, and that the column is one of numbers.
    NotANumber,
    /// Says so among numbers, but could be a word among words.
    AmongNumbers,
}

fn missing(cell: &str) -> Option<Missing> {
    match cell {
        "" | "null" | "NULL" | "Null" | "--" | "---" | "N/A" | "n/a" | "#N/A" | "<NA>" | "\\N" | "..." => {
            Some(Missing::Always)
        }
        "NaN" | "nan" | "NAN" | "-nan" | "-NaN" => Some(Missing::NotANumber),
        "NA" | "na" | "None" | "none" | "NONE" | "-" | "masked" | "INDEF" => Some(Missing::AmongNumbers),
        _ => None,
    }
}

/// A decimal integer that an `i64` holds and gives back as it was written.
fn int_of(cell: &str) -> Option<i64> {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let bytes = digits.as_bytes();
    if bytes.is_empty() || bytes.len() > 19 || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if bytes[0] == b'0' && (bytes.len() > 1 || cell.starts_with('-')) {
        return None;
    }
    cell.parse().ok()
}

/// A decimal number; Fortran's `1.5D+03` counts where it has a point.
pub(in crate::io::catalog) fn float_of(cell: &str) -> Option<f64> {
    if let Ok(value) = cell.parse::<f64>() {
        return Some(value);
    }
    let (mantissa, exponent) = cell.split_once(['D', 'd'])?;
    if !mantissa.contains('.') {
        return None;
    }
    format!("{mantissa}e{exponent}").parse().ok()
}

fn bool_of(cell: &str) -> Option<bool> {
    match cell {
        "True" | "true" | "TRUE" => Some(true),
        "False" | "false" | "FALSE" => Some(false),
        _ => None,
    }
}

/// What one cell alone can be read as.
pub(super) fn kind_of(cell: &str) -> Kind {
    if missing(cell).is_some() {
        return Kind::Null;
    }
    if bool_of(cell).is_some() {
        return Kind::Bool;
    }
    if int_of(cell).is_some() {
        return Kind::Int;
    }
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    if cell != "-0" && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Kind::Code;
    }
    match float_of(cell) {
        Some(_) => Kind::Float,
        None => Kind::Text,
    }
}

/// One column of one piece of the file.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    pub kind: Kind,
    pub array: ArrayRef,
    /// A cell that is missing among numbers would be a word among words.
    pub had_words: bool,
    /// A `NaN` was seen.
    pub had_nan: bool,
}

/// Reads `rows` cells as the least kind of at least `floor` that holds them all.
pub(super) fn parse_column<'t>(
    text: &'t str,
    rows: usize,
    cell: &dyn Fn(usize) -> Field,
    floor: Kind,
) -> Parsed {
    let mut kind = floor;
    let mut had_words = false;
    let mut had_nan = false;
    let mut empty = |field: Field, raw: &'t str| match missing(raw) {
        Some(Missing::NotANumber) => {
            had_nan = true;
            true
        }
        Some(m) => {
            had_words |= m == Missing::AmongNumbers || field.quoted;
            true
        }
        None => false,
    };
    let array = 'kind: loop {
        // One pass for each kind tried; a cell that doesn't fit raises the kind and starts over.
        macro_rules! pass {
            ($builder:expr, $value:expr) => {{
                let mut builder = $builder;
                for i in 0..rows {
                    let field = cell(i);
                    let raw = field.raw(text);
                    match $value(raw) {
                        Some(v) => builder.append_value(v),
                        None if empty(field, raw) => builder.append_null(),
                        None => {
                            kind = kind.join(kind_of(raw));
                            continue 'kind;
                        }
                    }
                }
                break Arc::new(builder.finish()) as ArrayRef;
            }};
        }
        match kind {
            Kind::Null => {
                for i in 0..rows {
                    let field = cell(i);
                    let raw = field.raw(text);
                    if !empty(field, raw) {
                        kind = kind_of(raw);
                        continue 'kind;
                    }
                }
                break Arc::new(NullArray::new(rows)) as ArrayRef;
            }
            Kind::Bool => pass!(BooleanBuilder::with_capacity(rows), bool_of),
            Kind::Int => pass!(Int64Builder::with_capacity(rows), int_of),
            Kind::Float => pass!(Float64Builder::with_capacity(rows), |raw: &str| float_of(raw)
                .filter(|v| !v.is_nan())),
            Kind::Code => pass!(StringBuilder::with_capacity(rows, rows * 8), |raw: &'t str| {
                matches!(kind_of(raw), Kind::Int | Kind::Code).then_some(raw)
            }),
            Kind::Text => {
                let mut builder = StringBuilder::with_capacity(rows, rows * 8);
                for i in 0..rows {
                    let field = cell(i);
                    let gone = !field.quoted
                        && matches!(
                            missing(field.raw(text)),
                            Some(Missing::Always | Missing::NotANumber)
                        );
                    if gone {
                        builder.append_null();
                    } else {
                        builder.append_value(field.value(text));
                    }
                }
                break Arc::new(builder.finish()) as ArrayRef;
            }
        }
    };
    Parsed {
        kind,
        array,
        had_words,
        had_nan,
    }
}
