//! What the person is told: short, with a next step, kept in a list until dismissed.

use std::time::Instant;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something was done.
    Done,
    /// Something to know: inputs were skipped, a guess was made.
    Warning,
    /// Something failed.
    Error,
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// What happened, in a line.
    pub title: String,
    /// Which file and row, why, what now.
    pub detail: String,
}

impl Notice {
    /// Something was done.
    pub fn done(title: impl Into<String>) -> Self {
        Self {
            level: Level::Done,
            title: title.into(),
            detail: String::new(),
        }
    }

    /// Something to know.
    pub fn warning(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            title: title.into(),
            detail: detail.into(),
        }
    }

    /// Something failed.
    pub fn error(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            title: title.into(),
            detail: detail.into(),
        }
    }
}

/// A notice on the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Number, never reused.
    pub id: u64,
    /// What is told.
    pub notice: Notice,
    /// Since when.
    pub at: Instant,
}

/// How many notices are kept.
const KEPT: usize = 200;

/// All notices, newest last.
#[derive(Debug, Default)]
pub struct Notices {
    list: Vec<Listed>,
    next: u64,
}

impl Notices {
    /// Adds one.
    pub fn tell(&mut self, notice: Notice) {
        self.next += 1;
        self.list.push(Listed {
            id: self.next,
            notice,
            at: Instant::now(),
        });
        if self.list.len() > KEPT {
            self.list.remove(0);
        }
    }

    /// Takes one off.
    pub fn dismiss(&mut self, id: u64) {
        self.list.retain(|n| n.id != id);
    }

    /// Takes all off.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// All, oldest first.
    pub fn list(&self) -> &[Listed] {
        &self.list
    }
}
