//! ECSV: CSV whose `#` header is YAML with types, units, descriptions and table facts
//! (astropy enhancement proposal 6).
//!
//! Types are mapped onto [`crate::io::catalog::table`]'s set: `int8` → `Int16`, `uint16` →
//! `Int32`, `uint32` and `uint64` → `Int64`, half and quadruple precision to single and double.
//! Fixed-length vectors (`subtype: float64[3]`) become vector columns; other subtypes stay the
//! JSON text they are written as, with a note. A cell that isn't of its column's type is missing.

use super::infer::{Kind, float_of};
use super::split::{Delimiter, Field, next_record};
use super::yaml::{self, Yaml};
use crate::io::catalog::names::unique_names;
use crate::io::catalog::table::field;
use crate::io::catalog::{CatalogError, NOTE, Table};
use crate::progress::Progress;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, Float64Array, Int64Array, StringArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field as ArrowField};
use std::path::Path;
use std::sync::Arc;

/// Whether the text says that it is ECSV.
pub(in crate::io::catalog) fn is_ecsv(text: &str) -> bool {
    text.trim_start().starts_with("# %ECSV")
}

/// ECSV's type name as ours.
fn arrow_type(name: &str) -> Option<DataType> {
    Some(match name {
        "bool" => DataType::Boolean,
        "uint8" => DataType::UInt8,
        "int8" | "int16" => DataType::Int16,
        "int32" | "uint16" => DataType::Int32,
        "int64" | "uint32" | "uint64" => DataType::Int64,
        "float16" | "float32" => DataType::Float32,
        "float64" | "float128" => DataType::Float64,
        "string" => DataType::Utf8,
        _ => return None,
    })
}

/// `float64[3]` as its element type and length.
fn vector_type(subtype: &str) -> Option<(DataType, i32)> {
    let (item, size) = subtype.strip_suffix(']')?.split_once('[')?;
    let width: i32 = size.trim().parse().ok().filter(|n| (1..=1_000_000).contains(n))?;
    let item = arrow_type(item)?;
    item.is_numeric().then_some((item, width))
}

/// Reads ECSV.
pub(in crate::io::catalog) fn read_ecsv(
    path: &Path,
    text: &str,
    progress: &dyn Progress,
) -> Result<Table, CatalogError> {
    let mut header = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_end();
        let Some(content) = trimmed.strip_prefix('#') else {
            if trimmed.is_empty() {
                at += line.len();
                continue;
            }
            break;
        };
        at += line.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        if !content.starts_with("%ECSV") {
            header.push_str(content);
            header.push('\n');
        }
    }
    let bad = |place: &str, cause: &str| CatalogError::malformed(path, place, cause);
    let yaml = yaml::parse(&header).map_err(|line| {
        bad(
            "ECSV header",
            &format!("the YAML can't be understood near its line {line}"),
        )
    })?;
    let Some(Yaml::Seq(specs)) = yaml.get("datatype") else {
        return Err(bad(
            "ECSV header",
            "there is no `datatype` list; save the table again",
        ));
    };
    let delimiter = match yaml.get("delimiter").and_then(Yaml::text) {
        Some(",") => Delimiter::Byte(b','),
        None | Some("" | " ") => Delimiter::Whitespace,
        Some(other) => {
            return Err(bad(
                "ECSV header",
                &format!("delimiter `{other}` is neither space nor comma"),
            ));
        }
    };
    let mut fields: Vec<Field> = Vec::new();
    let body = next_record(text, at, delimiter, &mut fields);
    let names: Vec<String> = fields.iter().map(|f| f.value(text).into_owned()).collect();
    if names.len() != specs.len() || names.is_empty() {
        return Err(bad(
            "line of column names",
            &format!(
                "{} names where the header describes {} columns; the file is damaged",
                names.len(),
                specs.len()
            ),
        ));
    }
    let datatype = |spec: &Yaml| {
        spec.get("datatype")
            .and_then(Yaml::text)
            .unwrap_or("string")
            .to_owned()
    };
    // Numbers are inferred and then cast; words must not be taken for numbers.
    let floors: Vec<Kind> = specs
        .iter()
        .map(|spec| match arrow_type(&datatype(spec)) {
            Some(t) if t.is_integer() || t.is_floating() || t == DataType::Boolean => Kind::Null,
            _ => Kind::Text,
        })
        .collect();
    let parsed = super::read_body(path, text, body, delimiter, &floors, progress)?;
    let mut notes = parsed.notes;
    let mut columns = Vec::with_capacity(specs.len());
    for ((name, spec), array) in unique_names(&names).iter().zip(specs).zip(parsed.columns) {
        let said = datatype(spec);
        let subtype = spec.get("subtype").and_then(Yaml::text);
        let known = |key: &str| spec.get(key).and_then(Yaml::text).unwrap_or_default().to_owned();
        let before = array.null_count();
        let array = match (subtype.map(vector_type), arrow_type(&said)) {
            (Some(Some((item, width))), _) => vectors_from_json(path, &array, &item, width)?,
            (Some(None), _) | (None, None) => {
                let what = subtype.unwrap_or(&said);
                notes.push(format!("column `{name}` is of type {what} and stays text"));
                array
            }
            (None, Some(DataType::Utf8)) => empty_is_null(&array),
            (None, Some(DataType::Boolean)) if array.data_type() == &DataType::Utf8 => bools(&array),
            (None, Some(t)) => arrow::compute::cast(&array, &t).map_err(|e| CatalogError::arrow(path, e))?,
        };
        let lost = array.null_count().saturating_sub(before);
        if lost > 0 && said != "string" {
            notes.push(format!(
                "{lost} values of column `{name}` are not of its type {said} and count as missing"
            ));
        }
        let ucd = spec
            .get("meta")
            .and_then(|m| m.get("ucd"))
            .and_then(Yaml::text)
            .unwrap_or_default();
        columns.push((
            field(
                name,
                array.data_type().clone(),
                &known("unit"),
                ucd,
                &known("description"),
            ),
            array,
        ));
    }
    let mut table = Table::new(columns).map_err(|e| CatalogError::arrow(path, e))?;
    if let Some(meta) = yaml.get("meta") {
        push_meta(meta, &mut table.meta);
    }
    table
        .meta
        .extend(notes.into_iter().map(|note| (NOTE.to_owned(), note)));
    Ok(table)
}

/// Flattens the header's `meta`: a map, or an ordered one as a list of one-pair maps.
fn push_meta(meta: &Yaml, out: &mut Vec<(String, String)>) {
    match meta {
        Yaml::Map(pairs) => out.extend(pairs.iter().map(|(k, v)| (k.clone(), v.one_line()))),
        Yaml::Seq(items) => items.iter().for_each(|item| push_meta(item, out)),
        Yaml::Scalar(_) => {}
    }
}

/// In ECSV an empty string is a missing value.
fn empty_is_null(array: &ArrayRef) -> ArrayRef {
    match array.as_string_opt::<i32>() {
        Some(texts) => Arc::new(
            texts
                .iter()
                .map(|t| t.filter(|t| !t.is_empty()))
                .collect::<StringArray>(),
        ),
        None => Arc::clone(array),
    }
}

/// A boolean column with cells that are none: those are missing.
fn bools(array: &ArrayRef) -> ArrayRef {
    let value = |t: &str| match t {
        "True" | "true" | "1" => Some(true),
        "False" | "false" | "0" => Some(false),
        _ => None,
    };
    let texts = array.as_string::<i32>();
    Arc::new(texts.iter().map(|t| t.and_then(value)).collect::<BooleanArray>())
}

/// JSON arrays of `width` numbers as vectors; a cell that is none is missing.
fn vectors_from_json(
    path: &Path,
    array: &ArrayRef,
    item: &DataType,
    width: i32,
) -> Result<ArrayRef, CatalogError> {
    let texts = array.as_string::<i32>();
    let n = usize::try_from(width).unwrap_or(0);
    if texts.len().saturating_mul(n) > 1 << 31 {
        return Err(CatalogError::unsupported(
            path,
            "a vector column holds more than 2³¹ numbers",
        ));
    }
    let mut floats: Vec<Option<f64>> = Vec::with_capacity(texts.len() * n);
    let mut ints: Vec<Option<i64>> = Vec::new();
    let mut valid = Vec::with_capacity(texts.len());
    for text in texts {
        let inner = text.and_then(|t| t.trim().strip_prefix('[')?.strip_suffix(']'));
        let parts: Vec<&str> = inner
            .map(|t| t.split(',').map(str::trim).collect())
            .unwrap_or_default();
        valid.push(parts.len() == n);
        for i in 0..n {
            let part = if parts.len() == n { parts[i] } else { "" };
            if item.is_integer() {
                ints.push(part.parse().ok());
            } else {
                floats.push(float_of(part).or(Some(f64::NAN)));
            }
        }
    }
    let values: ArrayRef = if item.is_integer() {
        Arc::new(Int64Array::from(ints))
    } else {
        Arc::new(Float64Array::from(floats))
    };
    let values = arrow::compute::cast(&values, item).map_err(|e| CatalogError::arrow(path, e))?;
    let element = Arc::new(ArrowField::new("item", item.clone(), true));
    let lists = FixedSizeListArray::try_new(element, width, values, Some(NullBuffer::from(valid)))
        .map_err(|e| CatalogError::arrow(path, e))?;
    Ok(Arc::new(lists))
}
