//! Tokens as a tree: what binds to what, as in Python.

use super::FilterError;
use super::lex::{Token, tokens};
use std::collections::BTreeSet;

/// Deepest nesting: deeper than anyone writes, flat enough for any stack.
const DEEPEST: usize = 100;

/// Most nodes between two comparisons in a row.
const LONGEST_MIDDLE: usize = 40;

/// Names of the functions and how many arguments they take, at least and at most.
pub const FUNCTIONS: [(&str, usize, usize); 8] = [
    ("abs", 1, 1),
    ("log10", 1, 1),
    ("ln", 1, 1),
    ("sqrt", 1, 1),
    ("exp", 1, 1),
    ("min", 2, usize::MAX),
    ("max", 2, usize::MAX),
    ("isnull", 1, 1),
];

/// A node and the character it begins at.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// Counted from 0. For an operation the place of its sign.
    pub at: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// `true` or `false`.
    Truth(bool),
    /// A column.
    Column(String),
    /// Minus.
    Negative(Box<Expr>),
    /// `+ - * / ^` of two.
    Arithmetic(&'static str, Box<Expr>, Box<Expr>),
    /// A function of some.
    Call(&'static str, Vec<Expr>),
    /// A comparison of two.
    Compare(&'static str, Box<Expr>, Box<Expr>),
    /// One of several.
    In(Box<Expr>, Vec<Expr>),
    /// Contains a text.
    Contains(Box<Expr>, Box<Expr>),
    /// The contrary.
    Not(Box<Expr>),
    /// All of these.
    And(Vec<Expr>),
    /// One of these.
    Or(Vec<Expr>),
}

impl Expr {
    fn new(at: usize, kind: Kind) -> Self {
        Self { at, kind }
    }

    /// Number of nodes.
    fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::Number(_) | Kind::Text(_) | Kind::Truth(_) | Kind::Column(_) => 0,
            Kind::Negative(a) | Kind::Not(a) => a.size(),
            Kind::Arithmetic(_, a, b) | Kind::Compare(_, a, b) | Kind::Contains(a, b) => a.size() + b.size(),
            Kind::In(a, list) => a.size() + list.iter().map(Self::size).sum::<usize>(),
            Kind::Call(_, list) | Kind::And(list) | Kind::Or(list) => list.iter().map(Self::size).sum(),
        }
    }

    /// Collects the names of columns.
    pub fn columns<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        match &self.kind {
            Kind::Column(name) => {
                names.insert(name);
            }
            Kind::Number(_) | Kind::Text(_) | Kind::Truth(_) => {}
            Kind::Negative(a) | Kind::Not(a) => a.columns(names),
            Kind::Arithmetic(_, a, b) | Kind::Compare(_, a, b) | Kind::Contains(a, b) => {
                a.columns(names);
                b.columns(names);
            }
            Kind::In(a, list) => {
                a.columns(names);
                list.iter().for_each(|e| e.columns(names));
            }
            Kind::Call(_, list) | Kind::And(list) | Kind::Or(list) => {
                list.iter().for_each(|e| e.columns(names));
            }
        }
    }
}

/// The tree of an expression.
pub fn parse(text: &str) -> Result<Expr, FilterError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        end: text.chars().count(),
        depth: 0,
    };
    let root = parser.any_of()?;
    match parser.peek() {
        None => Ok(root),
        Some(Token::Sign(")")) => Err(parser.wrong("this ) closes nothing")),
        Some(token) => {
            let shown = token.shown();
            Err(parser.wrong(format!(
                "{shown} can't follow here; join conditions with and or or"
            )))
        }
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    end: usize,
    depth: usize,
}

type Parsed = Result<Expr, FilterError>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(t, _)| t)
    }

    /// Character of the next token, or the end.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(_, at)| *at)
    }

    fn wrong(&self, message: impl Into<String>) -> FilterError {
        FilterError::new(self.at(), message)
    }

    /// Takes the next token if it is one of these signs or, whatever their case, these keywords.
    fn take(&mut self, wanted: &[&'static str]) -> Option<(&'static str, usize)> {
        let at = self.at();
        let found = match self.peek()? {
            Token::Sign(sign) => wanted.iter().find(|w| *w == sign),
            Token::Name(name) => wanted.iter().find(|w| w.eq_ignore_ascii_case(name)),
            _ => None,
        }?;
        self.next += 1;
        Some((found, at))
    }

    fn expect(&mut self, sign: &'static str, why: &str) -> Result<(), FilterError> {
        match self.take(&[sign]) {
            Some(_) => Ok(()),
            None => Err(self.wrong(why)),
        }
    }

    /// Runs `inner` one level deeper.
    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= DEEPEST {
            return Err(self.wrong(format!("nested deeper than {DEEPEST} levels")));
        }
        self.depth += 1;
        let made = inner(self);
        self.depth -= 1;
        made
    }

    fn any_of(&mut self) -> Parsed {
        let first = self.all_of()?;
        self.row("or", first, Kind::Or, Self::all_of)
    }

    fn all_of(&mut self) -> Parsed {
        let first = self.negation()?;
        self.row("and", first, Kind::And, Self::negation)
    }

    fn row(
        &mut self,
        word: &'static str,
        first: Expr,
        make: fn(Vec<Expr>) -> Kind,
        item: fn(&mut Self) -> Parsed,
    ) -> Parsed {
        let at = first.at;
        let mut items = vec![first];
        while self.take(&[word]).is_some() {
            items.push(item(self)?);
        }
        match items.len() {
            1 => Ok(items.swap_remove(0)),
            _ => Ok(Expr::new(at, make(items))),
        }
    }

    fn negation(&mut self) -> Parsed {
        match self.take(&["not"]) {
            Some((_, at)) => {
                let inner = self.deeper(Self::negation)?;
                Ok(Expr::new(at, Kind::Not(Box::new(inner))))
            }
            None => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Parsed {
        const SIGNS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];
        let left = self.sum()?;
        if let Some((_, at)) = self.take(&["not"]) {
            let inner = match self.take(&["in", "~"]) {
                Some((word, at)) => self.membership(word, at, left)?,
                None => return Err(self.wrong("after this not comes in or ~")),
            };
            return Ok(Expr::new(at, Kind::Not(Box::new(inner))));
        }
        if let Some((word, at)) = self.take(&["in", "~"]) {
            return self.membership(word, at, left);
        }
        let Some((sign, at)) = self.take(&SIGNS) else {
            return Ok(left);
        };
        let middle = self.sum()?;
        let mut last = middle.clone();
        let mut all = vec![Expr::new(
            at,
            Kind::Compare(sign, Box::new(left), Box::new(middle)),
        )];
        // 18 < mag_r < 21 means both.
        while let Some((sign, at)) = self.take(&SIGNS) {
            // What stands in the middle is written twice: nested rows would double at each level.
            if last.size() > LONGEST_MIDDLE {
                return Err(FilterError::new(
                    at,
                    "too long for the middle of a row: write both with and",
                ));
            }
            let right = self.sum()?;
            let before = std::mem::replace(&mut last, right.clone());
            all.push(Expr::new(
                at,
                Kind::Compare(sign, Box::new(before), Box::new(right)),
            ));
        }
        match all.len() {
            1 => Ok(all.swap_remove(0)),
            _ => Ok(Expr::new(at, Kind::And(all))),
        }
    }

    fn membership(&mut self, word: &str, at: usize, left: Expr) -> Parsed {
        if word == "~" {
            let text = self.sum()?;
            return Ok(Expr::new(at, Kind::Contains(Box::new(left), Box::new(text))));
        }
        self.expect(
            "(",
            "after in comes a list in parentheses, as in (\"ring\", \"lens\")",
        )?;
        let list = self.list()?;
        Ok(Expr::new(at, Kind::In(Box::new(left), list)))
    }

    /// What is left of `a, b, c)`.
    fn list(&mut self) -> Result<Vec<Expr>, FilterError> {
        let mut list = Vec::new();
        loop {
            list.push(self.deeper(Self::any_of)?);
            if self.take(&[")"]).is_some() {
                return Ok(list);
            }
            self.expect(",", "a comma or ) is missing here")?;
        }
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some((sign, at)) = self.take(&["+", "-"]) {
            let right = self.product()?;
            left = Expr::new(at, Kind::Arithmetic(sign, Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.signed()?;
        while let Some((sign, at)) = self.take(&["*", "/"]) {
            let right = self.signed()?;
            left = Expr::new(at, Kind::Arithmetic(sign, Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Parsed {
        match self.take(&["-", "+"]) {
            Some(("-", at)) => {
                let inner = self.deeper(Self::signed)?;
                Ok(Expr::new(at, Kind::Negative(Box::new(inner))))
            }
            Some(_) => self.deeper(Self::signed),
            None => {
                let base = self.atom()?;
                match self.take(&["^"]) {
                    Some((sign, at)) => {
                        let power = self.deeper(Self::signed)?;
                        Ok(Expr::new(
                            at,
                            Kind::Arithmetic(sign, Box::new(base), Box::new(power)),
                        ))
                    }
                    None => Ok(base),
                }
            }
        }
    }

    fn atom(&mut self) -> Parsed {
        let at = self.at();
        let Some(token) = self.peek().cloned() else {
            return Err(self.wrong("the expression ends too early"));
        };
        let wrong = |message: String| Err(FilterError::new(at, message));
        match &token {
            Token::Sign(")") => return wrong("something is missing before this )".into()),
            Token::Sign(sign) if *sign != "(" => {
                return wrong(format!("a column or a value is missing before {sign}"));
            }
            Token::Name(name)
                if ["and", "or", "in", "not"]
                    .iter()
                    .any(|k| k.eq_ignore_ascii_case(name)) =>
            {
                return wrong(format!("a column or a value is missing before {name}"));
            }
            _ => {}
        }
        self.next += 1;
        let kind = match token {
            Token::Number(value) => Kind::Number(value),
            Token::Text(text) => Kind::Text(text),
            Token::Column(name) => Kind::Column(name),
            Token::Name(name) if self.peek() == Some(&Token::Sign("(")) => return self.call(&name, at),
            Token::Name(name) if name.eq_ignore_ascii_case("true") => Kind::Truth(true),
            Token::Name(name) if name.eq_ignore_ascii_case("false") => Kind::Truth(false),
            Token::Name(name) => Kind::Column(name),
            Token::Sign(_) => {
                let inner = self.deeper(Self::any_of)?;
                self.expect(
                    ")",
                    &format!("the ( at character {} is not closed by a ) here", at + 1),
                )?;
                return Ok(inner);
            }
        };
        Ok(Expr::new(at, kind))
    }

    fn call(&mut self, name: &str, at: usize) -> Parsed {
        let lower = name.to_lowercase();
        let Some(&(function, least, most)) = FUNCTIONS.iter().find(|(f, ..)| *f == lower) else {
            let known = FUNCTIONS.map(|(f, ..)| f);
            let meant = super::nearest::nearest(name, known)
                .map_or_else(String::new, |n| format!("; did you mean {n}?"));
            let message = format!(
                "there is no function {name}{meant} The functions are {}",
                known.join(", ")
            );
            return Err(FilterError::new(at, message));
        };
        self.next += 1;
        if self.take(&[")"]).is_some() {
            return Err(FilterError::new(at, format!("{function} of what?")));
        }
        let list = self.list()?;
        if list.len() < least || list.len() > most {
            let wants = match (least, most) {
                (1, 1) => "one value",
                _ => "two values or more",
            };
            return Err(FilterError::new(
                at,
                format!("{function} takes {wants}, not {}", list.len()),
            ));
        }
        Ok(Expr::new(at, Kind::Call(function, list)))
    }
}
