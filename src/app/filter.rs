//! Filter expressions over the window's columns: see [`crate::tasks::filter`].

use super::columns::{Columns, Holds};
use super::live::Live;
use crate::tasks::filter::{Filter, Source, Values};

/// A number that changes when an expression's answer may: with every label for expressions that read
/// what labels change, never for the others.
pub fn generation(text: &str, columns: &Columns, live: &Live) -> u64 {
    Filter::parse(text).map_or(0, |filter| {
        let names = filter.columns();
        names
            .iter()
            .map(|n| columns.generation(live, n))
            .max()
            .unwrap_or(0)
    })
}

/// By object, whether the expression is true; or why it can't be understood, and where.
pub fn passes(text: &str, columns: &Columns, live: &Live) -> Result<Vec<bool>, String> {
    let passes = Filter::parse(text).and_then(|f| f.passes(&Window { columns, live }));
    passes.map_err(|why| why.to_string())
}

/// The window's columns as a filter reads them.
struct Window<'a> {
    columns: &'a Columns,
    live: &'a Live,
}

impl Source for Window<'_> {
    fn rows(&self) -> usize {
        self.columns.rows()
    }

    fn names(&self) -> Vec<String> {
        self.columns.all(self.live).into_iter().map(|c| c.name).collect()
    }

    fn values(&self, name: &str) -> Option<Values> {
        match self.columns.info(self.live, name)?.holds {
            Holds::Numbers => self.columns.numbers(self.live, name).map(Values::Numbers),
            Holds::Words => self.columns.categories(self.live, name).map(Values::Words),
        }
    }
}
