//! What a person can do, one function each. The command line calls these, and so will the window;
//! both only ask and show.

pub mod anomalies;
pub mod bands;
pub mod classify;
pub mod compare;
pub mod cutouts;
pub mod embed;
pub mod evaluate;
pub mod export;
pub mod filter;
pub mod images;
pub mod import;
pub mod info;
pub mod inputs;
pub mod label;
pub mod map;
pub mod probe;
mod ready_made;
pub mod runs;
pub mod similar;
pub mod train;
pub mod vectors;

use serde::Serialize;

/// An input that was left out, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Skipped {
    /// File, HDU or row.
    pub what: String,
    /// What is wrong with it and what to do.
    pub why: String,
}

impl Skipped {
    /// A note that `what` was left out because of `why`.
    pub fn new(what: impl std::fmt::Display, why: impl std::fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            why: why.to_string(),
        }
    }

    /// Both in one line: many reasons begin with the file's name already.
    pub fn told(&self) -> String {
        if self.why.starts_with(&self.what) {
            self.why.clone()
        } else {
            format!("{}: {}", self.what, self.why)
        }
    }
}
