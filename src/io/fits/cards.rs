//! Header cards as 80-byte records, for writing.
//!
//! Source: FITS Standard 4.0, sections 4.1 (cards), 4.2.1.2 (CONTINUE long strings); ESO's
//! HIERARCH convention for keywords longer than eight characters.

use super::ascii::shown;
use super::header::{CARD, Card, CardValue};

/// Keywords that describe the layout of an HDU: the writer sets them, callers cannot.
pub(crate) fn is_structural(keyword: &str) -> bool {
    let fixed = [
        "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "GROUPS", "TFIELDS", "THEAP",
        "BSCALE", "BZERO", "BLANK", "END", "CONTINUE", "CHECKSUM", "DATASUM", "ZIMAGE", "ZCMPTYPE",
        "ZBITPIX", "ZNAXIS", "ZQUANTIZ", "ZDITHER0", "ZSIMPLE", "ZTENSION", "ZEXTEND", "ZPCOUNT", "ZGCOUNT",
        "ZHECKSUM", "ZDATASUM", "ZMASKCMP", "ZBLANK", "ZSCALE", "ZZERO", "ZBLOCKED",
    ];
    let numbered = [
        "NAXIS", "TTYPE", "TFORM", "TUNIT", "TNULL", "TSCAL", "TZERO", "TDISP", "TDIM", "TBCOL", "TCOMM",
        "TUCD", "TNAME", "TESC", "ZNAXIS", "ZTILE", "ZNAME", "ZVAL",
    ];
    fixed.contains(&keyword)
        || numbered.iter().any(|root| {
            keyword
                .strip_prefix(root)
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
}

/// Appends the records of `card`: one, or several for long strings and comments. Characters that
/// FITS doesn't allow become `\uXXXX`.
///
/// # Errors
/// If the keyword can't be written, in words.
pub(crate) fn append(out: &mut Vec<u8>, card: &Card) -> Result<(), String> {
    let keyword = ascii(card.keyword.trim());
    let Some(value) = &card.value else {
        append_commentary(out, &keyword, &ascii(&card.comment));
        return Ok(());
    };
    let is_plain = keyword.len() <= 8 && !keyword.is_empty() && keyword.bytes().all(is_keyword_byte);
    let start = if is_plain {
        format!("{keyword:<8}= ")
    } else {
        let is_hierarchy = keyword.bytes().all(|b| is_keyword_byte(b) || b == b' ') && !keyword.is_empty();
        if !is_hierarchy || keyword.len() > 40 {
            return Err(format!(
                "the keyword {keyword:?} is not allowed; use capital letters, digits, - and _"
            ));
        }
        format!("HIERARCH {keyword} = ")
    };
    let comment = ascii(&card.comment);
    let text = match value {
        CardValue::Text(text) => return append_text(out, &start, &ascii(text), &comment),
        CardValue::Logical(b) => if *b { "T" } else { "F" }.to_owned(),
        CardValue::Integer(i) => i.to_string(),
        CardValue::Real(r) => real(*r),
        CardValue::Other(text) => ascii(text),
    };
    // Fixed format: numbers end in column 30.
    let record = if is_plain {
        format!("{start}{text:>20}")
    } else {
        format!("{start}{text}")
    };
    if record.len() > CARD {
        return Err(format!("the value of {keyword} is too long"));
    }
    push(out, &with_comment(record, &comment));
    Ok(())
}

/// A real number so that it reads back as the same `f64`; NaN and infinities, which FITS has no
/// value for, leave the value undefined.
fn real(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-4..1e15).contains(&magnitude) {
        // Debug always writes a point.
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

fn is_keyword_byte(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_'
}

/// Only the characters FITS headers may hold.
fn ascii(text: &str) -> String {
    shown(text).into_owned()
}

fn with_comment(record: String, comment: &str) -> String {
    if comment.is_empty() || record.len() + 4 > CARD {
        return record;
    }
    let mut record = format!("{record} / {comment}");
    record.truncate(CARD);
    record
}

fn push(out: &mut Vec<u8>, record: &str) {
    out.extend_from_slice(format!("{record:<80}").as_bytes());
}

fn append_commentary(out: &mut Vec<u8>, keyword: &str, text: &str) {
    let keyword = match keyword {
        "COMMENT" | "HISTORY" | "" => keyword.to_owned(),
        // A keyword without a value is a comment to any reader.
        other => return append_commentary(out, "COMMENT", format!("{other} {text}").trim_end()),
    };
    let bytes = text.as_bytes();
    for piece in bytes.chunks(CARD - 8).chain(bytes.is_empty().then_some(bytes)) {
        push(out, &format!("{keyword:<8}{}", String::from_utf8_lossy(piece)));
    }
}

fn append_text(out: &mut Vec<u8>, start: &str, text: &str, comment: &str) -> Result<(), String> {
    let escaped = text.replace('\'', "''");
    if start.len() + escaped.len() + 2 <= CARD {
        push(out, &with_comment(format!("{start}'{escaped:<8}'"), comment));
        return Ok(());
    }
    // Long strings: pieces that end in & go on in CONTINUE cards.
    let mut rest = escaped.as_str();
    let mut head = start.to_owned();
    loop {
        let room = CARD - head.len() - 2;
        if rest.len() <= room {
            push(out, &with_comment(format!("{head}'{rest}'"), comment));
            return Ok(());
        }
        let mut cut = room - 1;
        // A doubled quote must not be torn apart.
        let quotes = rest[..cut].bytes().rev().take_while(|&b| b == b'\'').count();
        cut -= quotes % 2;
        push(out, &format!("{head}'{}&'", &rest[..cut]));
        rest = &rest[cut..];
        head = "CONTINUE  ".to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::Header;
    use super::*;

    #[test]
    fn cards_read_back() -> Result<(), String> {
        let long = "it's a 'long' string ".repeat(20).trim_end().to_owned();
        let cards = [
            Card::new("FLAG", CardValue::Logical(true), "a flag"),
            Card::new("COUNT", CardValue::Integer(-42), ""),
            Card::new("CRVAL1", CardValue::Real(202.469_575_000_000_03), "[deg]"),
            Card::new("TINY", CardValue::Real(1e-300), ""),
            Card::new("OBJECT", CardValue::Text("Barnard's star".into()), "name"),
            Card::new("LONG", CardValue::Text(long.clone()), ""),
            Card::new("ESO DET CHIP1 NX", CardValue::Integer(2148), ""),
        ];
        let mut out = Vec::new();
        for card in &cards {
            append(&mut out, card)?;
        }
        assert_eq!(out.len() % CARD, 0);
        let header = Header::parse(&out);
        for card in &cards {
            assert_eq!(header.get(&card.keyword), card.value.as_ref(), "{}", card.keyword);
        }
        assert!(append(&mut out, &Card::new("bad key", CardValue::Integer(1), "")).is_err());
        Ok(())
    }
}
