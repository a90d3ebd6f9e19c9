//! Filter expressions over columns: `mag_r < 21 and label == "merger"`.
//!
//! ```text
//! comparisons   <  <=  >  >=  ==  =  !=      also in a row: 18 < mag_r < 21
//! logic         and  or  not  ( )            also && || !
//! arithmetic    +  -  *  /  ^                ^ binds tightest and from the right
//! functions     abs log10 ln sqrt exp min max isnull
//! words         label in ("ring", "lens")    name ~ "ngc" (contains, whatever the case)
//! values        "text" 'text' 1.5e-3         `odd column-name` in backticks
//! ```
//!
//! An object without a value makes every comparison false, `!=` too; `isnull(column)` is true for it,
//! and arithmetic with a missing value is missing. A column of `true` and `false` is a condition.

mod bind;
mod evaluate;
mod lex;
mod nearest;
mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

/// A column of words as numbers into a list of the different words.
#[derive(Debug, Clone, Default)]
pub struct Categories {
    /// The different words, by number of objects, most first.
    pub words: Vec<String>,
    /// Number of the word + 1 by object, 0 for none.
    pub of: Vec<u32>,
}

/// The values of a column by object. One that is shorter than the others has no values there.
#[derive(Debug, Clone)]
pub enum Values {
    /// Numbers; NaN where there is none.
    Numbers(Arc<Vec<f64>>),
    /// Words.
    Words(Arc<Categories>),
}

/// Where a filter finds its columns.
pub trait Source {
    /// Number of objects.
    fn rows(&self) -> usize;
    /// Names of all columns, for suggestions.
    fn names(&self) -> Vec<String>;
    /// A column by its exact name.
    fn values(&self, name: &str) -> Option<Values>;
}

/// Why an expression can't be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {}: {message}", at + 1)]
pub struct FilterError {
    /// The character it is about, counted from 0; the expression's length for its end.
    pub at: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl FilterError {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// An expression that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    root: parse::Expr,
}

impl Filter {
    /// Understands an expression, without looking at any column.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(|root| Self { root })
    }

    /// Names of the columns it reads.
    pub fn columns(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.root.columns(&mut names);
        names
    }

    /// By object, whether it is true. A million objects take some milliseconds a term, on all cores.
    pub fn passes(&self, source: &dyn Source) -> Result<Vec<bool>, FilterError> {
        let test = bind::bind(&self.root, source)?;
        Ok(evaluate::evaluate(&test, source.rows()))
    }
}

/// A column's name as it is written in an expression: in backticks where it needs them.
pub fn written(name: &str) -> String {
    if lex::is_plain(name) {
        name.to_owned()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

/// A word as it is written in an expression: in double quotes.
pub fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}
