//! A tree and the columns it names, made into something that can be worked out; everything that can
//! be wrong with it is said here.

use super::nearest::nearest;
use super::parse::{Expr, Kind};
use super::{Categories, FilterError, Source, Values, quoted, written};
use std::collections::HashSet;
use std::sync::Arc;

/// A number by object.
pub enum Number {
    /// The same for all.
    One(f64),
    /// A column.
    Column(Arc<Vec<f64>>),
    /// A function of one.
    Map(fn(f64) -> f64, Box<Number>),
    /// A function of two.
    Zip(fn(f64, f64) -> f64, Box<Number>, Box<Number>),
}

/// How two numbers or words compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

impl Sign {
    fn of(text: &str) -> Self {
        match text {
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "==" => Self::Equal,
            _ => Self::Unequal,
        }
    }

    /// Seen from the other side.
    fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    /// Whether it holds; never for what has no order, such as NaN.
    pub fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::Equal => a == b,
            // Not `a != b`, which holds for NaN.
            Self::Unequal => a.partial_cmp(&b).is_some_and(std::cmp::Ordering::is_ne),
        }
    }
}

/// True or false by object.
pub enum Test {
    /// The same for all.
    One(bool),
    /// Two numbers compared.
    Compare(Sign, Number, Number),
    /// By the word's number; the first is for objects without a word.
    Lookup(Arc<Categories>, Vec<bool>),
    /// Two columns of words compared.
    Words(Sign, Arc<Categories>, Arc<Categories>),
    /// No number.
    Missing(Number),
    /// The contrary.
    Not(Box<Test>),
    /// All.
    And(Vec<Test>),
    /// At least one.
    Or(Vec<Test>),
}

/// What a node turned out to be.
enum Made {
    Number(Number),
    Words(Arc<Categories>),
    Text(String),
    Test(Test),
}

impl Made {
    fn what(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Words(_) => "words",
            Self::Text(_) => "a text",
            Self::Test(_) => "a condition",
        }
    }
}

/// The condition that an expression is.
pub fn bind(root: &Expr, source: &dyn Source) -> Result<Test, FilterError> {
    Binder { source }.condition(root)
}

struct Binder<'a> {
    source: &'a dyn Source,
}

impl Binder<'_> {
    fn condition(&self, expr: &Expr) -> Result<Test, FilterError> {
        let name = shown(expr);
        match self.made(expr)? {
            Made::Test(test) => Ok(test),
            Made::Words(words) => {
                // A flag: its only words are true and false.
                let is_flag = !words.words.is_empty()
                    && words
                        .words
                        .iter()
                        .all(|w| ["true", "false"].contains(&w.to_lowercase().as_str()));
                if is_flag {
                    return Ok(lookup(words, false, |w| w.eq_ignore_ascii_case("true")));
                }
                let example = words.words.first().map_or("…", String::as_str);
                let message = format!(
                    "{name} is a word, not a condition: compare it, as in {name} == {}",
                    quoted(example)
                );
                Err(FilterError::new(expr.at, message))
            }
            Made::Number(_) => Err(FilterError::new(
                expr.at,
                format!("{name} is a number, not a condition: compare it, as in {name} > 0"),
            )),
            Made::Text(_) => Err(FilterError::new(
                expr.at,
                "a text is not a condition: compare a column with it",
            )),
        }
    }

    fn number(&self, expr: &Expr, of: &str) -> Result<Number, FilterError> {
        match self.made(expr)? {
            Made::Number(number) => Ok(number),
            other => Err(FilterError::new(
                expr.at,
                format!("{of} takes numbers, and {} is {}", shown(expr), other.what()),
            )),
        }
    }

    fn made(&self, expr: &Expr) -> Result<Made, FilterError> {
        Ok(match &expr.kind {
            Kind::Number(value) => Made::Number(Number::One(*value)),
            Kind::Text(text) => Made::Text(text.clone()),
            Kind::Truth(truth) => Made::Test(Test::One(*truth)),
            Kind::Column(name) => match self.source.values(name) {
                Some(Values::Numbers(values)) => Made::Number(Number::Column(values)),
                Some(Values::Words(words)) => Made::Words(words),
                None => return Err(FilterError::new(expr.at, self.unknown(name))),
            },
            Kind::Negative(a) => {
                let a = self.number(a, "a minus")?;
                Made::Number(Number::Map(|v| -v, Box::new(a)))
            }
            Kind::Arithmetic(sign, a, b) => {
                let (a, b) = (self.number(a, sign)?, self.number(b, sign)?);
                let of: fn(f64, f64) -> f64 = match *sign {
                    "+" => |a, b| a + b,
                    "-" => |a, b| a - b,
                    "*" => |a, b| a * b,
                    "/" => |a, b| a / b,
                    _ => power,
                };
                Made::Number(Number::Zip(of, Box::new(a), Box::new(b)))
            }
            Kind::Call(name, list) => self.call(name, list)?,
            Kind::Compare(sign, a, b) => Made::Test(self.compare(expr.at, Sign::of(sign), a, b)?),
            Kind::In(a, list) => Made::Test(self.one_of(a, list)?),
            Kind::Contains(a, text) => Made::Test(self.contains(a, text)?),
            Kind::Not(a) => Made::Test(Test::Not(Box::new(self.condition(a)?))),
            Kind::And(list) => Made::Test(Test::And(self.conditions(list)?)),
            Kind::Or(list) => Made::Test(Test::Or(self.conditions(list)?)),
        })
    }

    fn conditions(&self, list: &[Expr]) -> Result<Vec<Test>, FilterError> {
        list.iter().map(|e| self.condition(e)).collect()
    }

    fn call(&self, name: &'static str, list: &[Expr]) -> Result<Made, FilterError> {
        let Some((first, rest)) = list.split_first() else {
            // The parser lets no empty call through.
            return Ok(Made::Number(Number::One(f64::NAN)));
        };
        if name == "isnull" {
            return Ok(Made::Test(match self.made(first)? {
                Made::Number(number) => Test::Missing(number),
                Made::Words(words) => lookup(words, true, |_| false),
                other => {
                    let message = format!("isnull takes a column, and this is {}", other.what());
                    return Err(FilterError::new(first.at, message));
                }
            }));
        }
        let start = self.number(first, name)?;
        let of: fn(f64) -> f64 = match name {
            "abs" => f64::abs,
            "log10" => f64::log10,
            "ln" => f64::ln,
            "sqrt" => f64::sqrt,
            "exp" => f64::exp,
            _ => {
                let of: fn(f64, f64) -> f64 = if name == "min" { smaller } else { larger };
                let mut all = start;
                for next in rest {
                    all = Number::Zip(of, Box::new(all), Box::new(self.number(next, name)?));
                }
                return Ok(Made::Number(all));
            }
        };
        Ok(Made::Number(Number::Map(of, Box::new(start))))
    }

    /// One side of a comparison. `label == ring` misses its quotes, which only the other side tells.
    fn side(&self, expr: &Expr, other: &Expr) -> Result<Made, FilterError> {
        if let Kind::Column(name) = &expr.kind
            && let Kind::Column(words) = &other.kind
            && self.source.values(name).is_none()
            && let Some(Values::Words(held)) = self.source.values(words)
        {
            let near = nearest(name, held.words.iter().map(String::as_str)).unwrap_or(name);
            let message = format!("there is no column {name}; a word is written {}", quoted(near));
            return Err(FilterError::new(expr.at, message));
        }
        Ok(match self.made(expr)? {
            // A flag compared with true or false.
            Made::Test(Test::One(truth)) => Made::Text(truth.to_string()),
            made => made,
        })
    }

    fn compare(&self, at: usize, sign: Sign, a: &Expr, b: &Expr) -> Result<Test, FilterError> {
        Ok(match (self.side(a, b)?, self.side(b, a)?) {
            (Made::Number(x), Made::Number(y)) => Test::Compare(sign, x, y),
            (Made::Words(words), Made::Text(text)) => lookup(words, false, |w| sign.holds(w, text.as_str())),
            (Made::Text(text), Made::Words(words)) => {
                lookup(words, false, |w| sign.turned().holds(w, text.as_str()))
            }
            (Made::Words(x), Made::Words(y)) => Test::Words(sign, x, y),
            (Made::Text(x), Made::Text(y)) => Test::One(sign.holds(x, y)),
            (Made::Number(_), Made::Text(_)) => return Err(needs_number(a, b)),
            (Made::Text(_), Made::Number(_)) => return Err(needs_number(b, a)),
            (Made::Words(_), Made::Number(_)) => return Err(needs_word(a, b)),
            (Made::Number(_), Made::Words(_)) => return Err(needs_word(b, a)),
            (Made::Test(_), _) | (_, Made::Test(_)) => {
                let message = "a condition can't be compared; join conditions with and or or";
                return Err(FilterError::new(at, message));
            }
        })
    }

    fn one_of(&self, a: &Expr, list: &[Expr]) -> Result<Test, FilterError> {
        let Made::Words(words) = self.made(a)? else {
            let tests: Result<Vec<Test>, _> = list
                .iter()
                .map(|e| self.compare(e.at, Sign::Equal, a, e))
                .collect();
            return Ok(Test::Or(tests?));
        };
        let mut wanted = HashSet::new();
        for e in list {
            match self.side(e, a)? {
                Made::Text(text) => wanted.insert(text),
                _ => return Err(needs_word(a, e)),
            };
        }
        Ok(lookup(words, false, |w| wanted.contains(w)))
    }

    fn contains(&self, a: &Expr, text: &Expr) -> Result<Test, FilterError> {
        let Made::Text(part) = self.made(text)? else {
            return Err(FilterError::new(
                text.at,
                "after ~ comes a text in quotes, as in name ~ \"ngc\"",
            ));
        };
        let part = part.to_lowercase();
        match self.made(a)? {
            Made::Words(words) => Ok(lookup(words, false, |w| w.to_lowercase().contains(&part))),
            Made::Text(text) => Ok(Test::One(text.to_lowercase().contains(&part))),
            other => Err(FilterError::new(
                a.at,
                format!("~ looks into words, and {} is {}", shown(a), other.what()),
            )),
        }
    }

    fn unknown(&self, name: &str) -> String {
        let names = self.source.names();
        let all = || names.iter().map(String::as_str);
        // `p_edge-on` without backticks reads as p_edge minus on.
        let cut = all().find(|n| {
            n.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric() && c != '_'))
        });
        if let Some(whole) = cut {
            return format!(
                "there is no column {name}; a name like that of {} is written in backticks",
                written(whole)
            );
        }
        match nearest(name, all()) {
            Some(near) => format!("there is no column {name}; did you mean {}?", written(near)),
            None => format!("there is no column {name}"),
        }
    }
}

/// A test of each different word, and of objects without one.
fn lookup(words: Arc<Categories>, without: bool, holds: impl Fn(&str) -> bool) -> Test {
    let table = std::iter::once(without)
        .chain(words.words.iter().map(|w| holds(w)))
        .collect();
    Test::Lookup(words, table)
}

fn needs_number(column: &Expr, other: &Expr) -> FilterError {
    let message = format!(
        "{} is a number: compare it with a number, without quotes",
        shown(column)
    );
    FilterError::new(other.at, message)
}

fn needs_word(column: &Expr, other: &Expr) -> FilterError {
    let message = format!(
        "{} holds words: compare it with a text in quotes, as in {}",
        shown(column),
        quoted(&shown(other))
    );
    FilterError::new(other.at, message)
}

/// A leaf as it was written; for anything larger what it is called.
fn shown(expr: &Expr) -> String {
    match &expr.kind {
        Kind::Column(name) => written(name),
        Kind::Number(value) => value.to_string(),
        Kind::Text(text) => quoted(text),
        _ => "this".to_owned(),
    }
}

/// `a ^ b`, where a missing value stays missing: in IEEE 754 `NaN ^ 0` and `1 ^ NaN` are 1.
pub fn power(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.powf(b)
    }
}

/// The smaller, missing if one is.
pub fn smaller(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.min(b)
    }
}

/// The larger, missing if one is.
pub fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}
