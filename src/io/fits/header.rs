//! A FITS header as its cards, read leniently: real archives hold tabs, missing quotes and
//! Fortran exponents, and a card that can't be read must not cost the others.
//!
//! Source: FITS Standard 4.0, sections 4.1–4.2 (cards, values, CONTINUE long strings).

/// Length of one card in bytes.
pub const CARD: usize = 80;

/// What stands after `KEYWORD =`.
#[derive(Debug, Clone, PartialEq)]
pub enum CardValue {
    /// `T` or `F`.
    Logical(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a point or exponent (`D` exponents too), or an integer too large for `i64`.
    Real(f64),
    /// A quoted string without its trailing blanks; CONTINUE cards already joined.
    Text(String),
    /// Something else, kept as written: complex numbers, unquoted text.
    Other(String),
}

/// One header card.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Keyword, upper case, without blanks. `COMMENT`, `HISTORY` and empty keywords have no value.
    /// ESO `HIERARCH` cards carry their whole name, words joined by single blanks
    /// (`ESO DET CHIP1 NX`).
    pub keyword: String,
    /// The value, if the card has one.
    pub value: Option<CardValue>,
    /// The comment after the slash, or the text of a commentary card.
    pub comment: String,
}

/// All cards of one HDU in order, without `END`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Header {
    /// The cards.
    pub cards: Vec<Card>,
}

impl Card {
    /// A card with a value, for writing.
    pub fn new(keyword: &str, value: CardValue, comment: &str) -> Self {
        Self {
            keyword: keyword.to_owned(),
            value: Some(value),
            comment: comment.to_owned(),
        }
    }

    /// A COMMENT card, for writing.
    pub fn comment(text: &str) -> Self {
        Self {
            keyword: "COMMENT".to_owned(),
            value: None,
            comment: text.to_owned(),
        }
    }
}

impl Header {
    /// Reads cards from header bytes: 80-byte records up to `END` or the end of the slice. Text
    /// with newlines (a `.hdr` file) is read too. Never fails: what isn't understood becomes a
    /// commentary card.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut header = Header::default();
        let has_lines = bytes.iter().take(CARD + 2).any(|&b| b == b'\n')
            || !bytes.len().is_multiple_of(CARD) && bytes.contains(&b'\n');
        let records: Vec<&[u8]> = if has_lines {
            bytes.split(|&b| b == b'\n').collect()
        } else {
            bytes.chunks(CARD).collect()
        };
        for record in records {
            // Headers are ASCII by the standard; Latin-1 is what violations mostly are.
            let text: String = record
                .iter()
                .map(|&b| if b == b'\t' { ' ' } else { b as char })
                .collect();
            let text = text.trim_end_matches(['\r', ' ', '\0']);
            if text == "END" {
                break;
            }
            header.push_record(text);
        }
        header
    }

    fn push_record(&mut self, text: &str) {
        let name: String = text.chars().take(8).collect();
        let keyword = name.trim().to_ascii_uppercase();
        if keyword == "CONTINUE" {
            let rest: String = text.chars().skip(8).collect();
            let (value, comment) = split_value(rest.trim_start());
            if let (Some(CardValue::Text(more)), Some(last)) = (&value, self.cards.last_mut())
                && let Some(CardValue::Text(start)) = &mut last.value
                && start.ends_with('&')
            {
                start.pop();
                start.push_str(more);
                last.comment.push_str(&comment);
                return;
            }
        }
        if keyword == "HIERARCH"
            && let Some((name, rest)) = text[8.min(text.len())..].split_once('=')
        {
            let keyword = name
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .to_ascii_uppercase();
            let (value, comment) = split_value(rest.trim_start());
            self.cards.push(Card {
                keyword,
                value,
                comment,
            });
            return;
        }
        let rest: String = text.chars().skip(8).collect();
        let is_commentary = matches!(keyword.as_str(), "COMMENT" | "HISTORY" | "");
        match rest.strip_prefix("= ").or_else(|| {
            if rest == "=" {
                Some("")
            } else {
                rest.strip_prefix('=')
            }
        }) {
            Some(value_text) if !is_commentary => {
                let (value, comment) = split_value(value_text.trim_start());
                self.cards.push(Card {
                    keyword,
                    value,
                    comment,
                });
            }
            _ if text.is_empty() => {}
            _ => self.cards.push(Card {
                keyword,
                value: None,
                comment: rest.trim().to_owned(),
            }),
        }
    }

    /// The first card of that keyword that has a value. Keywords are compared in upper case.
    pub fn get(&self, keyword: &str) -> Option<&CardValue> {
        self.cards
            .iter()
            .find(|c| c.keyword == keyword && c.value.is_some())
            .and_then(|c| c.value.as_ref())
    }

    /// A number: integers and reals, and quoted numbers, which some writers produce.
    pub fn real(&self, keyword: &str) -> Option<f64> {
        match self.get(keyword)? {
            CardValue::Integer(i) => Some(*i as f64),
            CardValue::Real(r) => Some(*r),
            CardValue::Text(t) | CardValue::Other(t) => t.trim().replace(['D', 'd'], "E").parse().ok(),
            CardValue::Logical(_) => None,
        }
    }

    /// A whole number; a real without fraction counts.
    pub fn integer(&self, keyword: &str) -> Option<i64> {
        match self.get(keyword)? {
            CardValue::Integer(i) => Some(*i),
            _ => self
                .real(keyword)
                .filter(|r| r.fract() == 0.0 && r.abs() < 9e15)
                .map(|r| r as i64),
        }
    }

    /// A string without trailing blanks.
    pub fn text(&self, keyword: &str) -> Option<&str> {
        match self.get(keyword)? {
            CardValue::Text(t) => Some(t),
            _ => None,
        }
    }

    /// A logical value.
    pub fn logical(&self, keyword: &str) -> Option<bool> {
        match self.get(keyword)? {
            CardValue::Logical(b) => Some(*b),
            _ => None,
        }
    }
}

/// Splits `value / comment`, minding quotes.
fn split_value(text: &str) -> (Option<CardValue>, String) {
    let comment_of = |rest: &str| rest.trim_start().trim_start_matches('/').trim().to_owned();
    if let Some(quoted) = text.strip_prefix('\'') {
        let mut value = String::new();
        let mut chars = quoted.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            if c != '\'' {
                value.push(c);
            } else if chars.next_if(|&(_, next)| next == '\'').is_some() {
                value.push('\'');
            } else {
                return (
                    Some(CardValue::Text(value.trim_end().to_owned())),
                    comment_of(&quoted[i + 1..]),
                );
            }
        }
        // No closing quote: the rest of the card is the string.
        return (Some(CardValue::Text(value.trim_end().to_owned())), String::new());
    }
    let (value, comment) = text.split_once('/').unwrap_or((text, ""));
    let value = value.trim();
    let parsed = match value {
        "" => None,
        "T" => Some(CardValue::Logical(true)),
        "F" => Some(CardValue::Logical(false)),
        _ => Some(number(value)),
    };
    (parsed, comment.trim().to_owned())
}

fn number(text: &str) -> CardValue {
    if let Ok(i) = text.parse::<i64>() {
        return CardValue::Integer(i);
    }
    let looks_numeric = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eEdD".contains(&b));
    match text.replace(['D', 'd'], "E").parse::<f64>() {
        Ok(r) if looks_numeric => CardValue::Real(r),
        _ => CardValue::Other(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cards(lines: &[&str]) -> Header {
        let bytes: Vec<u8> = lines
            .iter()
            .flat_map(|l| format!("{l:<80}").into_bytes())
            .collect();
        Header::parse(&bytes)
    }

    #[test]
    fn reads_every_kind_of_value() {
        let h = cards(&[
            "SIMPLE  =                    T / conforms",
            "NAXIS1  =                 1024 / width",
            "CRVAL1  =      1.234567890D+02 / [deg]",
            "OBJECT  = 'Barnard''s star / A'  / name",
            "EMPTY   =                      / nothing",
            "HIERARCH ESO DET CHIP1 NX = 2148 / pixels",
            "COMMENT\ta tab",
            "END",
            "AFTER   =                    1",
        ]);
        assert_eq!(h.logical("SIMPLE"), Some(true));
        assert_eq!(h.integer("NAXIS1"), Some(1024));
        assert_eq!(h.real("CRVAL1"), Some(123.456789));
        assert_eq!(h.text("OBJECT"), Some("Barnard's star / A"));
        assert_eq!(h.get("EMPTY"), None);
        assert_eq!(h.integer("ESO DET CHIP1 NX"), Some(2148));
        assert_eq!(h.get("AFTER"), None);
        assert_eq!(h.cards[1].comment, "width");
    }

    #[test]
    fn joins_continued_strings() {
        let h = cards(&[
            "LONG    = 'one &'",
            "CONTINUE  'two &'",
            "CONTINUE  'three' / all of it",
            "NEXT    = 7",
        ]);
        assert_eq!(h.text("LONG"), Some("one two three"));
        assert_eq!(h.integer("NEXT"), Some(7));
    }

    #[test]
    fn keeps_what_it_cannot_read() {
        let h = cards(&[
            "BAD     = (1.0, 2.0)",
            "OPEN    = 'no end",
            "NOVALUE",
            "DATE    = 2001-01-01",
        ]);
        assert_eq!(h.get("BAD"), Some(&CardValue::Other("(1.0, 2.0)".into())));
        assert_eq!(h.text("OPEN"), Some("no end"));
        assert_eq!(h.cards.len(), 4);
        assert!(matches!(h.get("DATE"), Some(CardValue::Other(_))));
    }
}
