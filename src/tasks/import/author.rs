//! Whose imports, labels and marks these are.

use crate::project::journal;

/// Who is at the keyboard, for the journal.
pub fn current_user() -> String {
    ["ASTROLABEL_USER", "USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|k| std::env::var(k).ok().filter(|v| !v.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// An author for the journal: the person at the keyboard and where they speak from.
pub fn author(who: Option<&str>, origin: &str) -> journal::Author {
    journal::Author {
        who: who.map_or_else(current_user, str::to_owned),
        origin: origin.to_owned(),
    }
}
