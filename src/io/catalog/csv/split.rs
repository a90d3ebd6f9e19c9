//! Records and fields of delimited text.
//!
//! RFC 4180 quoting: a quote opens a field only at the field's start and is doubled inside; one
//! anywhere else is an ordinary character, as in `5" aperture`. A quote that is never closed is an
//! ordinary character too, so a stray one can't swallow the rest of the file. Lines that begin
//! with `#` give no fields here: [`super::hash`] tells comments from rows.

use std::borrow::Cow;
use std::ops::Range;

/// What stands between fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// One byte: comma, tab, semicolon or pipe.
    Byte(u8),
    /// Any run of spaces and tabs.
    Whitespace,
}

impl Delimiter {
    /// Whether `byte` ends an unquoted field.
    fn ends(self, byte: u8) -> bool {
        match self {
            Self::Byte(b) => byte == b,
            Self::Whitespace => byte == b' ' || byte == b'\t',
        }
    }

    /// Whether `byte` is padding around a field.
    fn pads(self, byte: u8) -> bool {
        byte == b' ' || (byte == b'\t' && self != Self::Byte(b'\t'))
    }
}

/// One field: its bytes in the text, without quotes and padding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    start: usize,
    end: usize,
    /// Whether it stood in quotes.
    pub quoted: bool,
}

impl Field {
    /// The bytes as they stand, with doubled quotes still doubled.
    pub fn raw(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// What the field says.
    pub fn value(self, text: &str) -> Cow<'_, str> {
        let raw = self.raw(text);
        if self.quoted && raw.contains('"') {
            Cow::Owned(raw.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(raw)
        }
    }
}

/// Where the quote that closes a field opened just before `from` stands.
fn closing_quote(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|&b| b == b'"')?;
        if bytes.get(at + 1) == Some(&b'"') {
            at += 2;
        } else {
            return Some(at);
        }
    }
}

/// Reads the record that begins at `pos` into `fields` and returns where the next one begins.
/// A blank line or one that begins with `#` gives no fields.
pub(super) fn next_record(text: &str, pos: usize, delimiter: Delimiter, fields: &mut Vec<Field>) -> usize {
    if text.as_bytes().get(pos) == Some(&b'#') {
        fields.clear();
        return line_end(text.as_bytes(), pos);
    }
    fields_of_record(text, pos, delimiter, fields)
}

/// As [`next_record`], for which a `#` is a character like any other.
pub(super) fn fields_of_record(
    text: &str,
    pos: usize,
    delimiter: Delimiter,
    fields: &mut Vec<Field>,
) -> usize {
    let bytes = text.as_bytes();
    let n = bytes.len();
    fields.clear();
    let mut at = pos;
    loop {
        while at < n && delimiter.pads(bytes[at]) {
            at += 1;
        }
        if delimiter == Delimiter::Whitespace && (at >= n || bytes[at] == b'\n' || bytes[at] == b'\r') {
            return line_end(bytes, at);
        }
        let closed = if bytes.get(at) == Some(&b'"') {
            closing_quote(bytes, at + 1)
        } else {
            None
        };
        let start = at;
        if let Some(close) = closed {
            at = close + 1;
        }
        while at < n && bytes[at] != b'\n' && !delimiter.ends(bytes[at]) {
            at += 1;
        }
        fields.push(match closed {
            Some(close) => Field {
                start: start + 1,
                end: close,
                quoted: true,
            },
            None => {
                let mut end = at;
                while end > start && (bytes[end - 1] == b'\r' || delimiter.pads(bytes[end - 1])) {
                    end -= 1;
                }
                Field {
                    start,
                    end,
                    quoted: false,
                }
            }
        });
        if at >= n || bytes[at] == b'\n' {
            break;
        }
        at += 1;
        // A delimiter as the very last byte still opens one more, empty field.
        if at >= n && delimiter != Delimiter::Whitespace {
            fields.push(Field {
                start: n,
                end: n,
                quoted: false,
            });
            break;
        }
    }
    if let [only] = fields[..]
        && only.start == only.end
        && !only.quoted
    {
        fields.clear();
    }
    (at + 1).min(n)
}

/// Just behind the line break at or after `at`.
fn line_end(bytes: &[u8], at: usize) -> usize {
    match bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|&b| b == b'\n'))
    {
        Some(i) => at + i + 1,
        None => bytes.len(),
    }
}

/// Cuts the text from `start` into pieces of about `target` bytes, each of whole records.
pub(super) fn chunks(text: &str, start: usize, delimiter: Delimiter, target: usize) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let n = bytes.len();
    let mut out = Vec::new();
    let (mut from, mut at) = (start, start);
    let has_quotes = text.get(start..).is_some_and(|t| t.contains('"'));
    while at < n {
        if !has_quotes {
            at = line_end(bytes, at.saturating_add(target).min(n));
        } else if bytes[at] == b'#' {
            at = line_end(bytes, at);
        } else {
            at = record_end(bytes, at, delimiter);
        }
        if at - from >= target {
            out.push(from..at);
            from = at;
        }
    }
    if from < n {
        out.push(from..n);
    }
    out
}

/// Just behind the record that begins at `at`: the first line break outside quotes.
fn record_end(bytes: &[u8], mut at: usize, delimiter: Delimiter) -> usize {
    let mut field_start = true;
    while let Some(&b) = bytes.get(at) {
        at += 1;
        if b == b'\n' {
            return at;
        }
        if delimiter.ends(b) {
            field_start = true;
        } else if field_start && b == b'"' {
            if let Some(close) = closing_quote(bytes, at) {
                at = close + 1;
            }
            field_start = false;
        } else if !delimiter.pads(b) {
            field_start = false;
        }
    }
    bytes.len()
}
