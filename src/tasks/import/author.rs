//! Whose imports, labels and marks these are.

use crate::project::journal;

/// Who is at the keyboard, for the journal.
pub fn current_user() -> String {
    ["ASTROLABEL_USER", "USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|k| std::env::var(k).ok().filter(|v| !v.is_empty()))
        .or_else(name_of_account)
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The account's name in the system's list, for a session that was started without its variables.
#[cfg(unix)]
fn name_of_account() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let number = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let list = std::fs::read_to_string("/etc/passwd").ok()?;
    list.lines().find_map(|line| {
        let mut parts = line.split(':');
        let (name, uid) = (parts.next()?, parts.nth(1)?);
        (uid == number && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(not(unix))]
fn name_of_account() -> Option<String> {
    None
}

/// An author for the journal: the person at the keyboard and where they speak from.
pub fn author(who: Option<&str>, origin: &str) -> journal::Author {
    journal::Author {
        who: who.map_or_else(current_user, str::to_owned),
        origin: origin.to_owned(),
    }
}
