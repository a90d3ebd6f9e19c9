//! CSV and ECSV out.
//!
//! CSV is plain RFC 4180 with one header line, as pandas and spreadsheets read it: units and table
//! facts don't fit in it. ECSV (astropy's APE 6) carries them in a YAML header and is read by
//! `astropy.table`. Missing values are empty; a vector column becomes one column an element in
//! CSV (`name_0`, `name_1`, …) and a JSON array in ECSV.

use super::infer::{Kind, kind_of};
use crate::io::catalog::cells::Cells;
use crate::io::catalog::names::unique_names;
use crate::io::catalog::table::{DESCRIPTION, UCD, UNIT};
use crate::io::catalog::{CatalogError, Table, write_atomically};
use arrow::datatypes::DataType;
use std::io::Write;
use std::path::Path;

/// Text is handed on in pieces of about this many bytes.
const FLUSH_BYTES: usize = 1 << 20;

/// Writes the table as plain CSV (gzipped if the name ends in `.gz`).
pub fn write_csv(path: &Path, table: &Table) -> Result<(), CatalogError> {
    write_atomically(path, |out| write_rows(path, table, out, false))
}

/// Writes the table as ECSV, with types, units, descriptions, UCDs and [`Table::meta`].
pub fn write_ecsv(path: &Path, table: &Table) -> Result<(), CatalogError> {
    write_atomically(path, |out| {
        let header = ecsv_header(table);
        out.write_all(header.as_bytes())
            .map_err(|e| CatalogError::io(path, e))?;
        write_rows(path, table, out, true)
    })
}

/// Appends `value`, in quotes if it needs them to come back as the same text.
pub(crate) fn push_text(value: &str, out: &mut String) {
    let quoted = value.contains([',', '"', '\n', '\r'])
        || value.starts_with(['#', ' ', '\t'])
        || value.ends_with([' ', '\t'])
        || kind_of(value) == Kind::Null;
    if quoted {
        out.push('"');
        out.push_str(&value.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(value);
    }
}

fn push_cell(cells: &Cells, row: usize, vectors_as_json: bool, out: &mut String) {
    match cells {
        Cells::Text(texts) if !cells.is_null(row) => push_text(texts.value(row), out),
        Cells::Vector(lists, _) => {
            let null = cells.is_null(row);
            let Some((items, range)) = cells.elements(row) else {
                return;
            };
            if !vectors_as_json {
                for i in 0..usize::try_from(lists.value_length()).unwrap_or(0) {
                    if i > 0 {
                        out.push(',');
                    }
                    if !null {
                        items.append(range.start + i, out);
                    }
                }
            } else if !null {
                let mut json = String::from("[");
                for i in range {
                    if json.len() > 1 {
                        json.push(',');
                    }
                    let before = json.len();
                    items.append(i, &mut json);
                    if json.len() == before {
                        json.push_str(if matches!(items, Cells::Int(_)) {
                            "null"
                        } else {
                            "NaN"
                        });
                    }
                    // JSON as Python reads it.
                    if json.ends_with("inf") {
                        json.truncate(json.len() - 3);
                        json.push_str("Infinity");
                    }
                }
                json.push(']');
                push_text(&json, out);
            }
        }
        _ => cells.append(row, out),
    }
}

fn write_rows(path: &Path, table: &Table, out: &mut dyn Write, ecsv: bool) -> Result<(), CatalogError> {
    let schema = table.batch.schema_ref();
    let mut names = Vec::new();
    for field in schema.fields() {
        match field.data_type() {
            DataType::FixedSizeList(_, width) if !ecsv => {
                names.extend((0..*width).map(|i| format!("{}_{i}", field.name())));
            }
            _ => names.push(field.name().clone()),
        }
    }
    let columns = Cells::of_table(path, table)?;
    let mut text = String::with_capacity(FLUSH_BYTES + 4096);
    for (i, name) in unique_names(&names).iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        push_text(name, &mut text);
    }
    text.push('\n');
    for row in 0..table.rows() {
        let start = text.len();
        for (i, cells) in columns.iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            push_cell(cells, row, ecsv, &mut text);
        }
        // A blank line is no row: the lone empty cell is quoted.
        if text.len() == start {
            text.push_str("\"\"");
        }
        text.push('\n');
        if text.len() >= FLUSH_BYTES {
            out.write_all(text.as_bytes())
                .map_err(|e| CatalogError::io(path, e))?;
            text.clear();
        }
    }
    out.write_all(text.as_bytes())
        .map_err(|e| CatalogError::io(path, e))
}

/// A YAML double-quoted scalar.
fn yaml_text(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control()
                || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}') =>
            {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// ECSV's name of a column's type, and its subtype.
fn ecsv_type(data_type: &DataType) -> (&'static str, Option<String>) {
    match data_type {
        DataType::Boolean => ("bool", None),
        DataType::UInt8 => ("uint8", None),
        DataType::Int8 => ("int8", None),
        DataType::Int16 => ("int16", None),
        DataType::UInt16 => ("uint16", None),
        DataType::Int32 => ("int32", None),
        DataType::UInt32 => ("uint32", None),
        DataType::Int64 => ("int64", None),
        DataType::Float32 => ("float32", None),
        DataType::Float64 => ("float64", None),
        DataType::FixedSizeList(item, width) => (
            "string",
            Some(format!("{}[{width}]", ecsv_type(item.data_type()).0)),
        ),
        _ => ("string", None),
    }
}

fn ecsv_header(table: &Table) -> String {
    let mut out = String::from("# %ECSV 1.0\n# ---\n# delimiter: ','\n");
    for line in yaml_header(table) {
        out.push_str(&format!("# {line}\n"));
    }
    out.push_str("# schema: astropy-2.0\n");
    out
}

/// Names, types, units, descriptions, UCDs and facts in the YAML that astropy has in the headers of
/// its own files, line by line.
pub(in crate::io::catalog) fn yaml_header(table: &Table) -> Vec<String> {
    let mut lines = vec!["datatype:".to_owned()];
    let fields = table.batch.schema_ref().fields();
    let names: Vec<&String> = fields.iter().map(|f| f.name()).collect();
    for (name, field) in unique_names(&names).iter().zip(fields) {
        let (datatype, subtype) = ecsv_type(field.data_type());
        let mut line = format!("- {{name: {}, datatype: {datatype}", yaml_text(name));
        if let Some(subtype) = subtype {
            line.push_str(&format!(", subtype: {}", yaml_text(&subtype)));
        }
        for (key, label) in [(UNIT, "unit"), (DESCRIPTION, "description")] {
            if let Some(value) = field.metadata().get(key) {
                line.push_str(&format!(", {label}: {}", yaml_text(value)));
            }
        }
        if let Some(ucd) = field.metadata().get(UCD) {
            line.push_str(&format!(", meta: {{ucd: {}}}", yaml_text(ucd)));
        }
        line.push('}');
        lines.push(line);
    }
    if !table.meta.is_empty() {
        lines.push("meta: !!omap".to_owned());
        for (key, value) in &table.meta {
            lines.push(format!("- {{{}: {}}}", yaml_text(key), yaml_text(value)));
        }
    }
    lines
}
