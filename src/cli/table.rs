//! Results as text: a table that fits the terminal, CSV, or JSON, from the same rows.

use super::args::Format;
use serde_json::{Map, Value, json};
use std::io::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// No column of a table is wider, however wide the terminal: CSV and JSON have everything.
const WIDEST: usize = 80;

/// A column of a result.
pub struct Column {
    /// Its name, also the key in CSV and JSON.
    pub name: &'static str,
    /// Digits after the point in a table; `None` for text and whole numbers.
    pub digits: Option<usize>,
}

/// A text or whole-number column.
pub const fn text(name: &'static str) -> Column {
    Column { name, digits: None }
}

/// A column of real numbers.
pub const fn real(name: &'static str, digits: usize) -> Column {
    Column {
        name,
        digits: Some(digits),
    }
}

/// The facts that head a result as JSON, from a JSON object.
pub fn facts(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Prints `rows` to the standard output; `facts` head the JSON and are left out of CSV.
pub fn print(
    format: Format,
    columns: &[Column],
    rows: &[Vec<Value>],
    facts: &Map<String, Value>,
) -> std::io::Result<()> {
    let out = std::io::stdout();
    let mut out = std::io::BufWriter::new(out.lock());
    write(&mut out, format, columns, rows, facts)?;
    // A full disk shows only here.
    out.flush()
}

fn write(
    out: &mut dyn Write,
    format: Format,
    columns: &[Column],
    rows: &[Vec<Value>],
    facts: &Map<String, Value>,
) -> std::io::Result<()> {
    match format {
        Format::Json => {
            let rows: Vec<Value> = rows
                .iter()
                .map(|row| {
                    Value::Object(
                        columns
                            .iter()
                            .zip(row)
                            .map(|(c, v)| (c.name.to_owned(), v.clone()))
                            .collect(),
                    )
                })
                .collect();
            let mut whole = facts.clone();
            whole.insert("rows".into(), json!(rows));
            serde_json::to_writer_pretty(&mut *out, &whole)?;
            writeln!(out)
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            writer
                .write_record(columns.iter().map(|c| c.name))
                .map_err(io_of)?;
            for row in rows {
                writer.write_record(row.iter().map(plain)).map_err(io_of)?;
            }
            writer.flush()
        }
        Format::Table => {
            // Into a file or another program names go whole.
            let width = terminal_size::terminal_size_of(std::io::stdout())
                .map_or(usize::MAX, |(w, _)| usize::from(w.0));
            write!(out, "{}", layout(columns, rows, width))
        }
    }
}

/// What the system said, which a closed pipe is told by.
fn io_of(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

fn shown(value: &Value, digits: Option<usize>) -> String {
    match (value.as_f64(), digits) {
        (Some(number), Some(digits)) => format!("{number:.digits$}"),
        _ => plain(value)
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect(),
    }
}

/// The table as text of at most `width` columns: numbers to the right, the widest texts shortened,
/// columns without any value left out.
pub fn layout(columns: &[Column], rows: &[Vec<Value>], width: usize) -> String {
    let is_empty = |v: &Value| v.is_null() || v.as_str() == Some("");
    let used: Vec<usize> = (0..columns.len())
        .filter(|&c| rows.is_empty() || rows.iter().any(|r| !is_empty(&r[c])))
        .collect();
    let columns: Vec<&Column> = used.iter().map(|&c| &columns[c]).collect();
    let rows: Vec<Vec<&Value>> = rows
        .iter()
        .map(|r| used.iter().map(|&c| &r[c]).collect())
        .collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .zip(&columns)
                .map(|(v, c)| shown(v, c.digits))
                .collect()
        })
        .collect();
    let is_number: Vec<bool> = (0..columns.len())
        .map(|c| {
            rows.iter().any(|r| r[c].is_number()) && rows.iter().all(|r| r[c].is_number() || r[c].is_null())
        })
        .collect();
    let mut widths: Vec<usize> = columns.iter().map(|c| c.name.width()).collect();
    for row in &cells {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(cell.width());
        }
    }
    for w in &mut widths {
        *w = (*w).min(WIDEST);
    }
    let gaps = 2 * columns.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let Some((widest, w)) = (0..widths.len())
            .filter(|&c| !is_number[c])
            .map(|c| (c, widths[c]))
            .max_by_key(|p| p.1)
        else {
            break;
        };
        if w <= 8 {
            break;
        }
        widths[widest] -= 1;
    }
    let mut text = String::new();
    let mut line = |row: Vec<String>| {
        let mut out = String::new();
        for (c, cell) in row.iter().enumerate() {
            let cell = shorten(cell, widths[c]);
            let pad = " ".repeat(widths[c].saturating_sub(cell.width()));
            if c > 0 {
                out.push_str("  ");
            }
            if is_number[c] {
                out.push_str(&pad);
                out.push_str(&cell);
            } else {
                out.push_str(&cell);
                out.push_str(&pad);
            }
        }
        text.push_str(out.trim_end());
        text.push('\n');
    };
    let heading = |c: &&Column| {
        c.name
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect()
    };
    line(columns.iter().map(heading).collect());
    line(widths.iter().map(|&w| "─".repeat(w)).collect());
    for row in cells {
        line(row);
    }
    text
}

/// Shortens from the middle: the ends of names and paths tell most.
pub fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let take = |chars: &mut dyn Iterator<Item = char>, room: usize| {
        let mut used = 0;
        chars
            .take_while(|c| {
                used += c.width().unwrap_or(0);
                used <= room
            })
            .collect::<String>()
    };
    let keep = width.saturating_sub(1);
    let front = take(&mut text.chars(), keep.div_ceil(2));
    let back: String = take(&mut text.chars().rev(), keep / 2).chars().rev().collect();
    format!("{front}…{back}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_its_width() {
        let columns = [text("name"), real("score", 3), text("why")];
        let rows = vec![
            vec![
                json!("a-very-long-name-that-does-not-fit-at-all.fits"),
                json!(0.12345),
                json!("because\nof Café"),
            ],
            vec![json!("b"), Value::Null, json!("")],
        ];
        let text = layout(&columns, &rows, 40);
        assert!(text.lines().all(|l| l.width() <= 40), "{text}");
        assert!(
            text.contains("0.123") && text.contains("a-very") && text.contains(".fits"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 4);
    }
}
