//! Where the columns of a binary table lie in a row.
//!
//! Source: FITS Standard 4.0, section 7.3 (binary tables).

use super::error::{Fault, Trouble};
use super::header::Header;

/// What of a field a column takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All elements.
    Whole,
    /// Of each pair of numbers the first.
    Real,
    /// Of each pair of numbers the second.
    Imaginary,
}

/// One column's field in every row. A column of complex numbers stands as two, `NAME.re` and
/// `NAME.im` of letter `E` or `D`, that share their field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// TTYPEn, or `colN`.
    pub name: String,
    /// Position of the field in a row in bytes.
    pub offset: usize,
    /// Elements in a field.
    pub repeat: usize,
    /// TFORM letter, such as `J`.
    pub letter: u8,
    /// Element letter of a variable-length array (`P`, `Q`).
    pub array_letter: Option<u8>,
    /// Bytes of the field.
    pub bytes: usize,
    /// Position among the columns from 1, as in keywords.
    pub number: usize,
    /// What of the field is this column's.
    pub part: Part,
}

impl Column {
    /// The column itself, or the two that one of complex numbers becomes.
    pub fn parts(self) -> Vec<Self> {
        let letter = match self.letter {
            b'C' => b'E',
            b'M' => b'D',
            _ => return vec![self],
        };
        let part = |part: Part, suffix: &str| Self {
            name: format!("{}.{suffix}", self.name),
            letter,
            part,
            ..self.clone()
        };
        vec![part(Part::Real, "re"), part(Part::Imaginary, "im")]
    }
}

/// Bytes of one element of `letter`; bits are an eighth and answered by [`field_bytes`].
fn element_bytes(letter: u8) -> Option<usize> {
    Some(match letter {
        b'L' | b'B' | b'A' => 1,
        b'I' => 2,
        b'J' | b'E' => 4,
        b'K' | b'D' | b'C' | b'P' => 8,
        b'M' | b'Q' => 16,
        _ => return None,
    })
}

/// Bytes of `repeat` elements of `letter`.
pub(crate) fn field_bytes(letter: u8, repeat: usize) -> Option<usize> {
    if letter == b'X' {
        return Some(repeat.div_ceil(8));
    }
    element_bytes(letter)?.checked_mul(repeat)
}

/// Splits a TFORM like `16A`, `J`, `1PE(200)` into repeat, letter and the rest.
fn parse_form(form: &str) -> Option<(usize, u8, &str)> {
    let form = form.trim();
    let digits = form.bytes().take_while(u8::is_ascii_digit).count();
    let repeat = if digits == 0 {
        1
    } else {
        form.get(..digits)?.parse().ok()?
    };
    let letter = form.as_bytes().get(digits)?.to_ascii_uppercase();
    Some((repeat, letter, form.get(digits + 1..).unwrap_or("")))
}

/// TFIELDS, for tables of both kinds.
pub(crate) fn count(header: &Header) -> Result<usize, Trouble> {
    match header.integer("TFIELDS") {
        Some(n @ 0..=999) => Ok(n as usize),
        _ => Err((Fault::Header, "TFIELDS is missing or outside 0..999".to_owned())),
    }
}

/// The name of column `number`, or `colN`: the whole one where this program wrote another.
pub(crate) fn name(header: &Header, number: usize) -> String {
    if let Some(whole) = header.text(&format!("TNAME{number}")) {
        return super::ascii::unescaped(whole);
    }
    header
        .text(&format!("TTYPE{number}"))
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .map_or_else(|| format!("col{number}"), str::to_owned)
}

/// Reads all column descriptions and checks that they fit into NAXIS1.
pub(crate) fn read(header: &Header) -> Result<Vec<Column>, Trouble> {
    let bad = |cause: String| (Fault::Header, cause);
    let fields = count(header)?;
    let row_bytes = header
        .integer("NAXIS1")
        .and_then(|n| usize::try_from(n).ok())
        .ok_or_else(|| bad("NAXIS1 is missing".to_owned()))?;
    let mut columns = Vec::with_capacity(fields);
    let mut offset = 0_usize;
    for number in 1..=fields {
        let form = header
            .text(&format!("TFORM{number}"))
            .ok_or_else(|| bad(format!("TFORM{number} is missing")))?;
        let impossible = || bad(format!("TFORM{number} = '{form}' is no column format"));
        let (repeat, letter, rest) = parse_form(form).ok_or_else(impossible)?;
        let bytes = field_bytes(letter, repeat).ok_or_else(impossible)?;
        let end = offset
            .checked_add(bytes)
            .filter(|&end| end <= row_bytes)
            .ok_or_else(|| {
                bad(format!(
                    "its columns up to {number} are longer than a row of {row_bytes} bytes"
                ))
            })?;
        let column = Column {
            name: name(header, number),
            offset,
            repeat,
            letter,
            array_letter: matches!(letter, b'P' | b'Q')
                .then(|| rest.bytes().next().map(|b| b.to_ascii_uppercase()))
                .flatten(),
            bytes,
            number,
            part: Part::Whole,
        };
        columns.extend(column.parts());
        offset = end;
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_split() {
        assert_eq!(parse_form("16A"), Some((16, b'A', "")));
        assert_eq!(parse_form("J"), Some((1, b'J', "")));
        assert_eq!(parse_form("1PE(200)"), Some((1, b'P', "E(200)")));
        assert_eq!(parse_form(""), None);
        assert_eq!(parse_form("99999999999999999999J"), None);
        assert_eq!(field_bytes(b'X', 9), Some(2));
        assert_eq!(field_bytes(b'D', usize::MAX), None);
        assert_eq!(field_bytes(b'?', 1), None);
    }
}
