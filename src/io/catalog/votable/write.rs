//! VOTable 1.4 out, as TABLEDATA: readable by every tool and by people.
//!
//! Units, UCDs and descriptions stand in the FIELDs, [`Table::meta`] in PARAMs. A missing value is
//! an empty cell, as 1.3 and later allow for every type; an empty string comes back as missing.
//! Characters that XML 1.0 can't hold are replaced by U+FFFD.

use crate::io::catalog::cells::Cells;
use crate::io::catalog::table::{DESCRIPTION, UCD, UNIT};
use crate::io::catalog::{CatalogError, Table, write_atomically};
use std::fmt::Write as _;
use std::path::Path;

/// Text is handed on in pieces of about this many bytes.
const FLUSH_BYTES: usize = 1 << 20;

/// Appends text so that a reader gets the same back, in an attribute or an element.
fn push_escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(text, &mut out);
    out
}

/// The VOTable type of a column, and its arraysize.
fn votable_type(cells: &Cells, data_type: &arrow::datatypes::DataType) -> (&'static str, String) {
    use arrow::datatypes::DataType as D;
    match cells {
        Cells::Bool(_) => ("boolean", String::new()),
        Cells::F32(_) => ("float", String::new()),
        Cells::F64(_) => ("double", String::new()),
        Cells::Int(_) => {
            let name = match data_type {
                D::UInt8 => "unsignedByte",
                D::Int8 | D::Int16 => "short",
                D::UInt16 | D::Int32 => "int",
                _ => "long",
            };
            (name, String::new())
        }
        Cells::Text(texts) => {
            let ascii = texts.value_data().is_ascii();
            (if ascii { "char" } else { "unicodeChar" }, "*".to_owned())
        }
        Cells::Vector(lists, items) => {
            use arrow::array::Array;
            let item = lists.values().data_type().clone();
            (votable_type(items, &item).0, lists.value_length().to_string())
        }
    }
}

/// Appends a scalar as TABLEDATA has it.
fn push_value(cells: &Cells, row: usize, out: &mut String) {
    let infinite = |v: f64| if v > 0.0 { "+Inf" } else { "-Inf" };
    match cells {
        _ if cells.is_null(row) => {}
        Cells::Bool(a) => out.push(if a.value(row) { 'T' } else { 'F' }),
        Cells::F32(a) if a.value(row).is_infinite() => out.push_str(infinite(f64::from(a.value(row)))),
        Cells::F64(a) if a.value(row).is_infinite() => out.push_str(infinite(a.value(row))),
        Cells::Text(a) => push_escaped(a.value(row), out),
        _ => cells.append(row, out),
    }
}

fn push_cell(cells: &Cells, row: usize, out: &mut String) {
    if cells.is_null(row) {
        out.push_str("<TD/>");
        return;
    }
    out.push_str("<TD>");
    match cells.elements(row) {
        Some((items, range)) => {
            for (i, element) in range.enumerate() {
                if i > 0 {
                    out.push(' ');
                }
                let before = out.len();
                push_value(items, element, out);
                if out.len() == before {
                    out.push_str("NaN");
                }
            }
        }
        None => push_value(cells, row, out),
    }
    out.push_str("</TD>");
}

/// Writes the table as VOTable (gzipped if the name ends in `.gz`).
pub fn write_votable(path: &Path, table: &Table) -> Result<(), CatalogError> {
    let columns = Cells::of_table(path, table)?;
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n<RESOURCE type=\"results\">\n<TABLE>\n",
    );
    for (key, value) in &table.meta {
        let kind = if value.is_ascii() { "char" } else { "unicodeChar" };
        let _ = writeln!(
            text,
            "<PARAM name=\"{}\" datatype=\"{kind}\" arraysize=\"*\" value=\"{}\"/>",
            escaped(key),
            escaped(value)
        );
    }
    for (field, (cells, array)) in table
        .batch
        .schema_ref()
        .fields()
        .iter()
        .zip(columns.iter().zip(table.batch.columns()))
    {
        let (datatype, arraysize) = votable_type(cells, array.data_type());
        let _ = write!(
            text,
            "<FIELD name=\"{}\" datatype=\"{datatype}\"",
            escaped(field.name())
        );
        if !arraysize.is_empty() {
            let _ = write!(text, " arraysize=\"{arraysize}\"");
        }
        for key in [UNIT, UCD] {
            if let Some(value) = field.metadata().get(key) {
                let _ = write!(text, " {key}=\"{}\"", escaped(value));
            }
        }
        match field.metadata().get(DESCRIPTION) {
            Some(d) => {
                let _ = writeln!(text, "><DESCRIPTION>{}</DESCRIPTION></FIELD>", escaped(d));
            }
            None => text.push_str("/>\n"),
        }
    }
    text.push_str("<DATA><TABLEDATA>\n");
    write_atomically(path, |out| {
        let failed = |e| CatalogError::io(path, e);
        for row in 0..table.rows() {
            text.push_str("<TR>");
            for cells in &columns {
                push_cell(cells, row, &mut text);
            }
            text.push_str("</TR>\n");
            if text.len() >= FLUSH_BYTES {
                out.write_all(text.as_bytes()).map_err(failed)?;
                text.clear();
            }
        }
        text.push_str("</TABLEDATA></DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n");
        out.write_all(text.as_bytes()).map_err(failed)
    })
}
