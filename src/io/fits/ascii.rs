//! Text in the characters that FITS allows: blank to tilde.
//!
//! Nothing is replaced by a question mark: two texts that differ would become one. Other characters
//! are written as `\uXXXX`, the UTF-16 units that JSON, Java and Python know. In a column's values
//! (card `TESCn`) and in the card that keeps its full name (`TNAMEn`) a backslash is doubled, so
//! that they read back exactly; elsewhere, as in JSON within a card, it stays as it is.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;

/// The longest column name that fits into a card; longer ones go on in CONTINUE cards, which
/// readers don't expect there.
const LONGEST_NAME: usize = 68;
/// What `TESCn` says.
pub(crate) const ESCAPES: &str = "backslash-u";

fn is_allowed(c: char) -> bool {
    matches!(c, ' '..='~')
}

/// Whether FITS can hold the text as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    text.chars().all(is_allowed)
}

fn push_units(c: char, before: &str, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a String can't fail.
        let _ = write!(out, "{before}{unit:04x}");
    }
}

/// The text with what FITS doesn't allow as `\uXXXX`; other backslashes stay.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if is_allowed(c) {
            out.push(c);
        } else {
            push_units(c, "\\u", &mut out);
        }
    }
    Cow::Owned(out)
}

/// As [`shown`], with backslashes doubled: [`unescaped`] gives the text back, whatever it is.
pub(crate) fn escaped(text: &str) -> String {
    shown(&text.replace('\\', "\\\\")).into_owned()
}

/// What [`escaped`] was given; what it never writes is left as it is.
pub(crate) fn unescaped(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\\\\") {
            units.push(u16::from(b'\\'));
            rest = after;
            continue;
        }
        let unit = rest
            .strip_prefix("\\u")
            .and_then(|r| r.get(..4))
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u16::from_str_radix(hex, 16).ok());
        match unit {
            Some(unit) => {
                units.push(unit);
                rest = &rest[6..];
            }
            None => {
                units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    String::from_utf16_lossy(&units)
}

/// A unit as FITS writes it.
pub(crate) fn unit(text: &str) -> String {
    let mut out = text.to_owned();
    for (sign, name) in [
        ("\u{b5}", "u"),
        ("\u{3bc}", "u"),
        ("\u{c5}", "Angstrom"),
        ("\u{212b}", "Angstrom"),
        ("\u{b0}", "deg"),
        ("\u{2032}", "arcmin"),
        ("\u{2033}", "arcsec"),
        ("\u{3a9}", "Ohm"),
        ("\u{2126}", "Ohm"),
        ("\u{b2}", "2"),
        ("\u{b3}", "3"),
        ("\u{b7}", "."),
    ] {
        out = out.replace(sign, name);
    }
    shown(&out).into_owned()
}

/// Names for TTYPE, in order: ASCII, of at most 68 characters, and none twice even if case is
/// ignored, as readers do. A name that can stand stays.
pub(crate) fn column_names(given: &[&str]) -> Vec<String> {
    // A quote takes two characters in a card.
    let length = |name: &str| name.len() + name.bytes().filter(|&b| b == b'\'').count();
    let stays = |name: &str| is_plain(name) && length(name) <= LONGEST_NAME;
    let mut taken: HashSet<String> = given
        .iter()
        .filter(|n| stays(n))
        .map(|n| n.to_ascii_lowercase())
        .collect();
    let name_of = |&name: &&str| {
        if stays(name) {
            return name.to_owned();
        }
        let mut base = String::new();
        for c in name.chars() {
            if is_allowed(c) {
                base.push(c);
            } else {
                push_units(c, "u", &mut base);
            }
        }
        let mut end = String::new();
        for n in 2.. {
            let mut candidate = base.clone();
            while length(&candidate) + end.len() > LONGEST_NAME {
                candidate.pop();
            }
            candidate.push_str(&end);
            if taken.insert(candidate.to_ascii_lowercase()) {
                return candidate;
            }
            end = format!("_{n}");
        }
        base
    };
    given.iter().map(name_of).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stay_apart() {
        let long = "long class name ".repeat(6);
        let (a, b) = (format!("{long}a"), format!("{long}b"));
        let given = ["ra", "p_é", "p_è", "p_u00e9", "P_É", &a, &b, "μ"];
        let names = column_names(&given);
        let lower: HashSet<String> = names.iter().map(|n| n.to_ascii_lowercase()).collect();
        assert_eq!(lower.len(), given.len(), "{names:?}");
        assert!(names.iter().all(|n| is_plain(n) && n.len() <= 68), "{names:?}");
        assert_eq!((names[0].as_str(), names[3].as_str()), ("ra", "p_u00e9"));
        assert_eq!(unit("µJy"), "uJy");
        assert_eq!(shown(r#"{"é": "a\n"}"#), r#"{"\u00e9": "a\n"}"#);
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "\\PC*|[\\\\uU0-9a-fé😀\n]*") {
            let there = escaped(&text);
            prop_assert!(is_plain(&there));
            prop_assert_eq!(unescaped(&there), text);
        }
    }
}
