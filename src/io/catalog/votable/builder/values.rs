//! Cells to values and values to columns: text, big-endian bytes, arrays of the field's own width.

use super::Primitive;
use crate::io::catalog::csv::float_of;
use arrow::array::{ArrayRef, Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, UInt8Array};
use std::sync::Arc;

pub(super) fn bool_of(text: &str) -> Option<bool> {
    match text {
        "T" | "t" | "1" | "true" | "True" | "TRUE" => Some(true),
        "F" | "f" | "0" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A floating-point cell; empty is missing, anything not a number is `bad`.
pub(super) fn float(text: &str, bad: &mut bool) -> Option<f64> {
    let value = float_of(text);
    *bad |= value.is_none() && !text.is_empty();
    value
}

pub(super) fn integer_be(primitive: Primitive, b: &[u8]) -> Option<i64> {
    Some(match (primitive, b) {
        (Primitive::Short, &[a, b]) => i64::from(i16::from_be_bytes([a, b])),
        (_, &[a]) => i64::from(a),
        (_, &[a, b, c, d]) => i64::from(i32::from_be_bytes([a, b, c, d])),
        (_, b) => i64::from_be_bytes(b.try_into().ok()?),
    })
}

pub(super) fn float_be(b: &[u8]) -> f64 {
    match *b {
        [a, b, c, d] => f64::from(f32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => f64::NAN,
    }
}

pub(super) fn int_array(primitive: Primitive, v: Vec<Option<i64>>) -> ArrayRef {
    match primitive {
        Primitive::UnsignedByte => Arc::new(
            v.into_iter()
                .map(|x| x.and_then(|x| u8::try_from(x).ok()))
                .collect::<UInt8Array>(),
        ),
        Primitive::Short => Arc::new(
            v.into_iter()
                .map(|x| x.and_then(|x| i16::try_from(x).ok()))
                .collect::<Int16Array>(),
        ),
        Primitive::Int => Arc::new(
            v.into_iter()
                .map(|x| x.and_then(|x| i32::try_from(x).ok()))
                .collect::<Int32Array>(),
        ),
        _ => Arc::new(Int64Array::from(v)),
    }
}

pub(super) fn float_array(primitive: Primitive, v: Vec<Option<f64>>) -> ArrayRef {
    match primitive {
        Primitive::Float => Arc::new(
            v.into_iter()
                .map(|x| x.map(|x| x as f32))
                .collect::<Float32Array>(),
        ),
        _ => Arc::new(Float64Array::from(v)),
    }
}
