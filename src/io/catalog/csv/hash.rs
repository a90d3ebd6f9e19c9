//! Lines among the rows that begin with `#`: comments, or rows of objects called `#12`.
//!
//! A row has a name right behind the `#` and a field for every column. `# ` followed by anything
//! is a comment whatever it contains: remarks are written so, and read as a row the words of one
//! remark would make words of a whole column of numbers. Either way the reader says what it took
//! such lines for, because a person may have meant the other.

use super::fill_columns;
use super::split::{Delimiter, Field, fields_of_record};

/// Lines of one sort: how many, and where in the text the first begins.
#[derive(Debug, Default, Clone, Copy)]
struct Lines {
    count: usize,
    first: Option<usize>,
}

impl Lines {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.or(other.first);
    }
}

/// The lines of a piece of the file that begin with `#`.
#[derive(Debug, Default)]
pub(super) struct HashLines {
    rows: Lines,
    comments: Lines,
}

impl HashLines {
    /// Looks at the line that begins with `#` at `begin` and ends with `text`: its fields if it is
    /// a row of `width` columns, no fields if it is a comment. Such a line is one record even
    /// if it opens a quote, for it might be a comment.
    pub fn read(
        &mut self,
        text: &str,
        begin: usize,
        delimiter: Delimiter,
        width: usize,
        fields: &mut Vec<Field>,
    ) {
        let one = Lines {
            count: 1,
            first: Some(begin),
        };
        let named = text
            .as_bytes()
            .get(begin + 1)
            .is_some_and(|b| !b.is_ascii_whitespace());
        if named {
            fields_of_record(text, begin, delimiter, fields);
            if fill_columns(text, fields, width) {
                self.rows.add(one);
                return;
            }
        }
        fields.clear();
        self.comments.add(one);
    }
}

/// What to say about all pieces of `text`, in order.
pub(super) fn notes<'p>(text: &str, pieces: impl Iterator<Item = &'p HashLines>) -> Vec<String> {
    let mut all = HashLines::default();
    for piece in pieces {
        all.rows.add(piece.rows);
        all.comments.add(piece.comments);
    }
    let said = |lines: Lines, what: &str| {
        let before = text.get(..lines.first?)?;
        let number = before.bytes().filter(|&b| b == b'\n').count() + 1;
        let plural = if lines.count == 1 { " begins" } else { "s begin" };
        let first = if lines.count == 1 { "" } else { "the first is " };
        Some(format!(
            "{} line{plural} with `#` among the rows and {what}: {first}line {number}",
            lines.count
        ))
    };
    let one_or =
        |lines: Lines, one: &'static str, more: &'static str| if lines.count == 1 { one } else { more };
    [
        said(
            all.rows,
            one_or(
                all.rows,
                "was read as data, for all columns are there",
                "were read as data, for all columns are there",
            ),
        ),
        said(
            all.comments,
            one_or(all.comments, "was taken as a comment", "were taken as comments"),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
