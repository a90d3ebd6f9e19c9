//! An expression's characters as tokens, each with its place.

use super::FilterError;
use winnow::ascii::{digit0, digit1, multispace0};
use winnow::combinator::{alt, delimited, opt, repeat};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{one_of, take_while};

/// Words that are not columns unless in backticks.
pub const KEYWORDS: [&str; 6] = ["and", "or", "not", "in", "true", "false"];

/// Most tokens of an expression: far more than anyone writes, few enough for any stack.
const MOST: usize = 2000;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A number.
    Number(f64),
    /// A text in quotes.
    Text(String),
    /// A word: a column, a function or a keyword.
    Name(String),
    /// A column in backticks.
    Column(String),
    /// An operator, parenthesis or comma.
    Sign(&'static str),
}

impl Token {
    /// How it is called in messages.
    pub fn shown(&self) -> String {
        match self {
            Self::Number(v) => v.to_string(),
            Self::Text(t) => super::quoted(t),
            Self::Name(n) => n.clone(),
            Self::Column(n) => super::written(n),
            Self::Sign(s) => (*s).to_owned(),
        }
    }
}

type Input<'a> = LocatingSlice<&'a str>;

/// Whether a column's name needs no backticks.
pub fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(starts)
        && chars.all(goes_on)
        && !KEYWORDS.iter().any(|k| k.eq_ignore_ascii_case(name))
}

fn starts(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// The tokens of an expression with their places in characters.
pub fn tokens(text: &str) -> Result<Vec<(Token, usize)>, FilterError> {
    let mut input = LocatingSlice::new(text);
    let mut found = Vec::new();
    let place = |byte: usize| text[..byte].chars().count();
    loop {
        // Space never fails to be skipped.
        let _ = space(&mut input);
        let at = input.current_token_start();
        let Some(next) = text[at..].chars().next() else {
            return Ok(found);
        };
        match token(&mut input) {
            Ok(token) => found.push((token, place(at))),
            Err(_) => return Err(FilterError::new(place(at), stray(next))),
        }
        if found.len() > MOST {
            return Err(FilterError::new(
                place(at),
                format!("an expression has at most {MOST} words and signs"),
            ));
        }
    }
}

/// What is wrong with a character that begins no token.
fn stray(c: char) -> String {
    match c {
        '"' | '\'' | '`' => format!("this {c} is never closed"),
        '“' | '”' | '‘' | '’' | '„' => "write straight quotes, \" or '".to_owned(),
        '&' => "write and".to_owned(),
        '|' => "write or".to_owned(),
        _ => format!("{c} has no meaning here"),
    }
}

fn space(input: &mut Input<'_>) -> winnow::Result<()> {
    multispace0.void().parse_next(input)
}

fn token(input: &mut Input<'_>) -> winnow::Result<Token> {
    alt((
        number.map(Token::Number),
        name.map(Token::Name),
        between('"').map(Token::Text),
        between('\'').map(Token::Text),
        between('`').verify(|n: &String| !n.is_empty()).map(Token::Column),
        sign.map(Token::Sign),
    ))
    .parse_next(input)
}

fn number(input: &mut Input<'_>) -> winnow::Result<f64> {
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let digits = alt(((digit1, opt(('.', digit0))).void(), ('.', digit1).void()));
    (digits, opt(exponent))
        .take()
        .try_map(str::parse::<f64>)
        .parse_next(input)
}

fn name(input: &mut Input<'_>) -> winnow::Result<String> {
    (one_of(starts), take_while(0.., goes_on))
        .take()
        .map(str::to_owned)
        .parse_next(input)
}

/// What stands between two of `quote`; two in a row are one of the text.
fn between<'a>(quote: char) -> impl Parser<Input<'a>, String, winnow::error::ContextError> {
    let part = alt((
        take_while(1.., move |c| c != quote),
        (quote, quote)
            .take()
            .map(move |pair: &str| &pair[..quote.len_utf8()]),
    ));
    let parts = repeat(0.., part).fold(String::new, |mut all, part: &str| {
        all.push_str(part);
        all
    });
    delimited(quote, parts, quote)
}

fn sign(input: &mut Input<'_>) -> winnow::Result<&'static str> {
    alt((
        alt((
            "<=".value("<="),
            ">=".value(">="),
            "==".value("=="),
            "!=".value("!="),
            "<>".value("!="),
            "&&".value("and"),
            "||".value("or"),
            "**".value("^"),
        )),
        alt(("<".value("<"), ">".value(">"), "=".value("=="), "!".value("not"))),
        alt((
            "+".value("+"),
            "-".value("-"),
            "*".value("*"),
            "/".value("/"),
            "^".value("^"),
            "~".value("~"),
        )),
        alt(("(".value("("), ")".value(")"), ",".value(","))),
    ))
    .parse_next(input)
}
