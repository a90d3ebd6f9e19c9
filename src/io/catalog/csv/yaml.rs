//! The part of YAML that stands in ECSV headers.
//!
//! Block and flow mappings and sequences, plain, quoted and folded scalars; tags and anchors are
//! passed over. Every scalar is text. What can't be understood ends the parse with the line.

/// A YAML node.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yaml {
    Scalar(String),
    Seq(Vec<Yaml>),
    /// Pairs in order; an `!!omap` is a [`Yaml::Seq`] of maps with one pair each.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// A value by key.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            // An ordered map is a list of one-pair maps.
            Self::Seq(items) => items.iter().find_map(|item| match item {
                Self::Map(_) => item.get(key),
                _ => None,
            }),
            Self::Scalar(_) => None,
        }
    }

    /// A scalar's text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(s) => Some(s),
            _ => None,
        }
    }

    /// The node on one line, for display: scalars bare, the rest in flow style.
    pub fn one_line(&self) -> String {
        match self {
            Self::Scalar(s) => s.clone(),
            Self::Seq(items) => {
                let parts: Vec<_> = items.iter().map(Self::one_line).collect();
                format!("[{}]", parts.join(", "))
            }
            Self::Map(pairs) => {
                let parts: Vec<_> = pairs
                    .iter()
                    .map(|(k, v)| format!("{k}: {}", v.one_line()))
                    .collect();
                format!("{{{}}}", parts.join(", "))
            }
        }
    }
}

/// Nesting beyond this is refused.
const MAX_DEPTH: usize = 40;

struct Parser<'a> {
    /// Indentation and content of each line that isn't blank.
    lines: Vec<(usize, &'a str)>,
    at: usize,
}

/// Parses a document; the error is the number of the line (from 1, among those not blank).
pub(super) fn parse(text: &str) -> Result<Yaml, usize> {
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && line.trim() != "---")
        .map(|line| (line.len() - line.trim_start().len(), line.trim()))
        .collect();
    let mut parser = Parser { lines, at: 0 };
    let node = parser.block(0, 0);
    node.filter(|_| parser.at == parser.lines.len())
        .ok_or(parser.at + 1)
}

/// Passes over `!!omap`, `!tag` and `&anchor` in front of a node.
fn without_tag(mut s: &str) -> &str {
    while s.starts_with(['!', '&']) {
        s = s
            .split_once(char::is_whitespace)
            .map_or("", |(_, rest)| rest.trim_start());
    }
    s
}

/// Splits `key: value` or `key:` outside quotes.
fn split_key(s: &str) -> Option<(String, &str)> {
    if s.starts_with(['"', '\'']) {
        let (key, rest) = quoted(s)?;
        let rest = rest.trim_start().strip_prefix(':')?;
        return Some((key, rest.trim_start()));
    }
    if s.starts_with(['{', '[']) {
        return None;
    }
    let at = s
        .match_indices(':')
        .map(|(i, _)| i)
        .find(|i| s[i + 1..].is_empty() || s[i + 1..].starts_with([' ', '\t']))?;
    Some((s[..at].trim().to_owned(), s[at + 1..].trim_start()))
}

/// A quoted scalar at the start of `s` and what follows it.
fn quoted(s: &str) -> Option<(String, &str)> {
    let quote = s.chars().next()?;
    let mut out = String::new();
    let mut chars = s.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        if c == quote {
            if quote == '\'' && chars.peek().is_some_and(|p| p.1 == '\'') {
                chars.next();
                out.push('\'');
                continue;
            }
            return Some((out, &s[i + 1..]));
        }
        if c != '\\' || quote == '\'' {
            out.push(c);
            continue;
        }
        let (_, escape) = chars.next()?;
        let digits = match escape {
            'n' => {
                out.push('\n');
                0
            }
            't' => {
                out.push('\t');
                0
            }
            'r' => {
                out.push('\r');
                0
            }
            '0' => {
                out.push('\0');
                0
            }
            'e' => {
                out.push('\u{1b}');
                0
            }
            'N' => {
                out.push('\u{85}');
                0
            }
            '_' => {
                out.push('\u{a0}');
                0
            }
            'x' => 2,
            'u' => 4,
            'U' => 8,
            other => {
                out.push(other);
                0
            }
        };
        if digits > 0 {
            let mut code = 0u32;
            for _ in 0..digits {
                code = code.checked_mul(16)?.checked_add(chars.next()?.1.to_digit(16)?)?;
            }
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
    None
}

impl Parser<'_> {
    fn line(&self) -> Option<(usize, &str)> {
        self.lines.get(self.at).copied()
    }

    /// The block that begins at the current line, of at least `indent`.
    fn block(&mut self, indent: usize, depth: usize) -> Option<Yaml> {
        let (column, content) = self.line()?;
        if column < indent || depth > MAX_DEPTH {
            return None;
        }
        if content == "-" || content.starts_with("- ") {
            let mut items = Vec::new();
            while let Some((c, content)) = self.line() {
                if c != column || !(content == "-" || content.starts_with("- ")) {
                    break;
                }
                items.push(self.item(column, depth)?);
            }
            return Some(Yaml::Seq(items));
        }
        if split_key(content).is_some() {
            let mut pairs = Vec::new();
            while let Some((c, content)) = self.line() {
                if c != column {
                    break;
                }
                let Some((key, value)) = split_key(content) else {
                    break;
                };
                let value = value.to_owned();
                self.at += 1;
                pairs.push((key, self.value(&value, column, true, depth)?));
            }
            return Some(Yaml::Map(pairs));
        }
        let content = content.to_owned();
        self.at += 1;
        self.value(&content, column, false, depth)
    }

    /// One `- …` of a sequence at `column`.
    fn item(&mut self, column: usize, depth: usize) -> Option<Yaml> {
        let (_, content) = *self.lines.get(self.at)?;
        let rest = content[1..].trim_start();
        let inner = column + (content.len() - rest.len());
        if !rest.is_empty() && (rest.starts_with("- ") || split_key(without_tag(rest)).is_some()) {
            // The rest of the line is the first line of a block of its own.
            let tagless = without_tag(rest);
            self.lines[self.at] = (inner + (rest.len() - tagless.len()), tagless);
            return self.block(column + 1, depth + 1);
        }
        let rest = rest.to_owned();
        self.at += 1;
        self.value(&rest, column, false, depth)
    }

    /// A value whose first line is `first`, continued on lines indented beyond `column`; a
    /// mapping's value may also be a sequence at `column` itself.
    fn value(&mut self, first: &str, column: usize, in_map: bool, depth: usize) -> Option<Yaml> {
        let first = without_tag(first);
        if first.is_empty() {
            return match self.line() {
                Some((c, _)) if c > column => self.block(column + 1, depth + 1),
                Some((c, s)) if in_map && c == column && (s == "-" || s.starts_with("- ")) => {
                    self.block(column, depth + 1)
                }
                _ => Some(Yaml::Scalar(String::new())),
            };
        }
        let literal = first.starts_with('|');
        let mut text = if literal || first.starts_with('>') {
            String::new()
        } else {
            first.to_owned()
        };
        while let Some((c, more)) = self.line() {
            if c <= column {
                break;
            }
            if !text.is_empty() {
                text.push(if literal { '\n' } else { ' ' });
            }
            text.push_str(more);
            self.at += 1;
        }
        if text.starts_with(['{', '[', '"', '\'']) && !literal {
            let (node, rest) = flow(&text, depth)?;
            let rest = rest.trim_start();
            return (rest.is_empty() || rest.starts_with('#')).then_some(node);
        }
        Some(Yaml::Scalar(text))
    }
}

/// A flow node at the start of `s` and what follows it.
fn flow(s: &str, depth: usize) -> Option<(Yaml, &str)> {
    if depth > MAX_DEPTH {
        return None;
    }
    let s = without_tag(s.trim_start());
    match s.chars().next() {
        Some('{') => {
            let mut pairs = Vec::new();
            let mut rest = s[1..].trim_start();
            while !rest.starts_with('}') {
                let (key, after) = if rest.starts_with(['"', '\'']) {
                    quoted(rest)?
                } else {
                    let end = rest.find([':', '}', ','])?;
                    (rest[..end].trim().to_owned(), &rest[end..])
                };
                let after = after.trim_start();
                let (value, after) = match after.strip_prefix(':') {
                    Some(v) => flow(v, depth + 1)?,
                    None => (Yaml::Scalar(String::new()), after),
                };
                pairs.push((key, value));
                rest = after.trim_start();
                match rest.strip_prefix(',') {
                    Some(r) => rest = r.trim_start(),
                    None if rest.starts_with('}') => {}
                    None => return None,
                }
            }
            Some((Yaml::Map(pairs), &rest[1..]))
        }
        Some('[') => {
            let mut items = Vec::new();
            let mut rest = s[1..].trim_start();
            while !rest.starts_with(']') {
                let (value, after) = flow(rest, depth + 1)?;
                items.push(value);
                rest = after.trim_start();
                match rest.strip_prefix(',') {
                    Some(r) => rest = r.trim_start(),
                    None if rest.starts_with(']') => {}
                    None => return None,
                }
            }
            Some((Yaml::Seq(items), &rest[1..]))
        }
        Some('"' | '\'') => {
            let (text, rest) = quoted(s)?;
            Some((Yaml::Scalar(text), rest))
        }
        _ => {
            let end = s.find([',', '}', ']']).unwrap_or(s.len());
            Some((Yaml::Scalar(s[..end].trim().to_owned()), &s[end..]))
        }
    }
}
