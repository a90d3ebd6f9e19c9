//! Column names that can be used: never empty, never twice.

use std::collections::HashSet;

/// Names as given, trimmed; an empty one becomes `col<position>` (from 1) and a repeated one gets
/// `_2`, `_3`, … Names differing only in case stay as they are.
pub(crate) fn unique_names<S: AsRef<str>>(given: &[S]) -> Vec<String> {
    let all: HashSet<&str> = given.iter().map(|s| s.as_ref().trim()).collect();
    let mut taken: HashSet<String> = HashSet::with_capacity(given.len());
    let mut names = Vec::with_capacity(given.len());
    for (i, raw) in given.iter().enumerate() {
        let raw = raw.as_ref().trim();
        let base = if raw.is_empty() {
            format!("col{}", i.saturating_add(1))
        } else {
            raw.to_owned()
        };
        let mut name = base.clone();
        let mut n = 2u32;
        // A made-up name must not take one that a later column has by right.
        while taken.contains(&name) || (name != raw && all.contains(name.as_str())) {
            name = format!("{base}_{n}");
            n = n.saturating_add(1);
        }
        taken.insert(name.clone());
        names.push(name);
    }
    names
}
