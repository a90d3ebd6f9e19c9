//! The plain rows of a TABLEDATA, `<TR><TD>…</TD>…</TR>`, without an XML reader's generality.
//!
//! Nearly all rows look like that, and there may be millions. Whatever looks different (prefixes,
//! attributes, comments, CDATA, unknown entities) is left, with all that follows, to the reader.

use super::builder::Column;
use std::borrow::Cow;

/// The rows at the start of `text` into `columns`, until one isn't plain or `go_on` says no.
/// Returns the bytes used, which end just behind a row, and the number of rows.
pub(super) fn read_plain_rows(
    text: &str,
    columns: &mut [Column],
    first_row: usize,
    go_on: &dyn Fn() -> bool,
) -> (usize, usize) {
    let mut used = 0;
    let mut rows = 0;
    let mut cells: Vec<Cow<str>> = Vec::with_capacity(columns.len());
    while let Some(length) = plain_row(text.get(used..).unwrap_or_default(), &mut cells) {
        if cells.len() > columns.len() || (rows % 4096 == 0 && !go_on()) {
            break;
        }
        for (i, column) in columns.iter_mut().enumerate() {
            column.push_text(cells.get(i).map_or("", |c| c), first_row + rows);
        }
        used += length;
        rows += 1;
    }
    (used, rows)
}

/// One plain row's cells and its length with the white space before it.
fn plain_row<'t>(text: &'t str, cells: &mut Vec<Cow<'t, str>>) -> Option<usize> {
    cells.clear();
    let mut rest = text.trim_ascii_start().strip_prefix("<TR>")?;
    loop {
        rest = rest.trim_ascii_start();
        if let Some(after) = rest.strip_prefix("<TD>") {
            let end = after.bytes().position(|b| b == b'<')?;
            let (cell, tail) = after.split_at_checked(end)?;
            rest = tail.strip_prefix("</TD>")?;
            cells.push(if cell.contains(['&', '\r']) {
                if cell.contains('\r') {
                    return None;
                }
                quick_xml::escape::unescape(cell).ok()?
            } else {
                Cow::Borrowed(cell)
            });
        } else if let Some(after) = rest.strip_prefix("<TD/>") {
            cells.push(Cow::Borrowed(""));
            rest = after;
        } else {
            rest = rest.strip_prefix("</TR>")?;
            return Some(text.len() - rest.len());
        }
    }
}
