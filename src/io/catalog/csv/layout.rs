//! How a delimited file is laid out: its delimiter, its header and where the data begin.
//!
//! Known headers: a line of names; the same behind `#` (astropy's commented header); SExtractor's
//! `#   1 NUMBER  description  [unit]`; VizieR's names, units and dashes; none at all.

use super::infer::{Kind, kind_of};
use super::split::{Delimiter, Field, next_record};
use crate::io::sexagesimal::looks_sexagesimal;
use std::path::Path;

/// Records looked at to tell the delimiter.
const SAMPLE: usize = 60;

/// What stands above the data.
#[derive(Debug)]
pub(super) struct Layout {
    pub delimiter: Delimiter,
    /// One name a column, as written; may be empty or repeated.
    pub names: Vec<String>,
    /// One unit a column, or none.
    pub units: Vec<String>,
    /// One description a column, or none.
    pub descriptions: Vec<String>,
    /// Where the data begin.
    pub data_start: usize,
    /// The comment lines above them.
    pub comments: Vec<String>,
}

/// Records of the sample: where each begins and ends, and what its fields say.
struct Record {
    end: usize,
    cells: Vec<String>,
}

fn sample(text: &str, delimiter: Delimiter) -> Vec<Record> {
    let mut fields: Vec<Field> = Vec::new();
    let (mut at, mut out) = (0, Vec::new());
    while at < text.len() && out.len() < SAMPLE {
        at = next_record(text, at, delimiter, &mut fields);
        if !fields.is_empty() {
            let cells = fields.iter().map(|f| f.value(text).into_owned()).collect();
            out.push(Record { end: at, cells });
        }
    }
    out
}

/// The most common number of fields, and how many of the records have it.
fn mode(records: &[Record]) -> (usize, usize) {
    let mut best = (0, 0);
    for r in records {
        let n = r.cells.len();
        let same = records.iter().filter(|o| o.cells.len() == n).count();
        if same > best.1 || (same == best.1 && n > best.0) {
            best = (n, same);
        }
    }
    best
}

/// The delimiter under which most records have one same number of at least two fields; whitespace
/// only where no other does, since names and descriptions contain spaces.
fn sniff(text: &str, path: &Path) -> (Delimiter, Vec<Record>) {
    let first = if super::is_tab_separated(path) {
        b'\t'
    } else {
        b','
    };
    let mut best: Option<(usize, usize, Delimiter, Vec<Record>)> = None;
    for byte in [first, b',', b'\t', b';', b'|'] {
        let records = sample(text, Delimiter::Byte(byte));
        let (columns, same) = mode(&records);
        // Up to a fifth of the rows may be ragged.
        if columns < 2 || same * 5 < records.len() * 4 {
            continue;
        }
        if best.as_ref().is_none_or(|(c, s, ..)| (same, columns) > (*s, *c)) {
            best = Some((columns, same, Delimiter::Byte(byte), records));
        }
    }
    if let Some((_, _, delimiter, records)) = best {
        return (delimiter, records);
    }
    let spaced = sample(text, Delimiter::Whitespace);
    let (columns, same) = mode(&spaced);
    if columns >= 2 && same * 5 >= spaced.len() * 4 {
        (Delimiter::Whitespace, spaced)
    } else {
        // One column: a comma can't be in it outside quotes, or it would not be one.
        (Delimiter::Byte(b','), sample(text, Delimiter::Byte(b',')))
    }
}

/// `#   1 NUMBER   Running object number   [unit]` as (1, NUMBER, description, unit).
fn sextractor_line(line: &str) -> Option<(usize, String, String, String)> {
    let mut rest = line.trim_start_matches('#').trim();
    let (number, tail) = rest.split_once(char::is_whitespace)?;
    let number: usize = number.parse().ok().filter(|&n| n > 0 && n < 100_000)?;
    rest = tail.trim();
    let (name, tail) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let tail = tail.trim();
    let (description, unit) = match tail.strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
        Some((d, u)) => (d.trim(), u.trim()),
        None => (tail, ""),
    };
    Some((number, name.to_owned(), description.to_owned(), unit.to_owned()))
}

/// Whether a cell could only be data: a number or an angle.
fn is_value(cell: &str) -> bool {
    matches!(kind_of(cell), Kind::Int | Kind::Code | Kind::Float) || looks_sexagesimal(cell)
}

/// Whether the first record is a header, judged by the second.
fn first_is_header(first: &[String], second: Option<&Vec<String>>) -> bool {
    if let Some(second) = second
        && first
            .iter()
            .zip(second)
            .any(|(a, b)| kind_of(a) == Kind::Text && !is_value(a) && is_value(b))
    {
        return true;
    }
    !first.iter().any(|cell| is_value(cell))
}

/// Finds the layout of `text`.
pub(super) fn find_layout(text: &str, path: &Path) -> Layout {
    let mut comments = Vec::new();
    let mut below_comments = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end();
        if !line.starts_with('#') && !line.is_empty() {
            break;
        }
        comments.push(line.to_owned());
        below_comments += whole.len();
    }
    let sextractor: Vec<_> = comments.iter().filter_map(|line| sextractor_line(line)).collect();
    if sextractor.first().is_some_and(|line| line.0 == 1) && sextractor.windows(2).all(|w| w[0].0 < w[1].0) {
        let records = sample(text, Delimiter::Whitespace);
        let last = sextractor.last().map_or(1, |line| line.0);
        let columns = records.first().map_or(last, |r| r.cells.len());
        return sextractor_layout(&sextractor, columns, below_comments);
    }
    let (delimiter, records) = sniff(text, path);
    let strip = |line: &String| line.trim_start_matches('#').trim().to_owned();
    let mut layout = Layout {
        delimiter,
        names: Vec::new(),
        units: Vec::new(),
        descriptions: Vec::new(),
        data_start: below_comments,
        comments: comments
            .iter()
            .map(strip)
            .filter(|line| !line.is_empty())
            .collect(),
    };
    let Some(first) = records.first() else {
        return layout;
    };
    let columns = first.cells.len();
    if first_is_header(&first.cells, records.get(1).map(|r| &r.cells)) {
        layout.names = first.cells.clone();
        layout.data_start = first.end;
        let dashes = |r: &Record| {
            r.cells.len() == columns
                && r.cells
                    .iter()
                    .all(|c| c.len() > 1 && c.bytes().all(|b| b == b'-'))
        };
        if columns > 1
            && let (Some(units), Some(rule)) = (records.get(1), records.get(2))
            && dashes(rule)
            && units.cells.len() <= columns
        {
            layout.units = units.cells.clone();
            layout.data_start = rule.end;
        }
        return layout;
    }
    // No names among the data: the comment just above may hold them.
    let mut fields = Vec::new();
    if let Some(line) = layout.comments.last() {
        next_record(line, 0, delimiter, &mut fields);
        if fields.len() == columns {
            layout.names = fields.iter().map(|f| f.value(line).into_owned()).collect();
            layout.comments.pop();
            return layout;
        }
    }
    layout.names = vec![String::new(); columns];
    layout
}

/// A SExtractor header over `columns` columns; a vector parameter stands once and spans the
/// columns up to the next one (`FLUX_APER`, `FLUX_APER_1`, …).
fn sextractor_layout(lines: &[(usize, String, String, String)], columns: usize, data_start: usize) -> Layout {
    let mut layout = Layout {
        delimiter: Delimiter::Whitespace,
        names: Vec::with_capacity(columns),
        units: Vec::with_capacity(columns),
        descriptions: Vec::with_capacity(columns),
        data_start,
        comments: Vec::new(),
    };
    for number in 1..=columns {
        let Some((first, name, description, unit)) = lines.iter().rev().find(|line| line.0 <= number) else {
            continue;
        };
        layout.names.push(match number - first {
            0 => name.clone(),
            k => format!("{name}_{k}"),
        });
        layout.units.push(unit.clone());
        layout.descriptions.push(description.clone());
    }
    layout
}
