//! A word that is neither a command nor a file: what it may have been meant for.

use super::args::Cli;
use clap::CommandFactory;
use clap::error::ErrorKind;
use std::path::Path;

/// What to say of a word that stands where a command or a file should; `None` if a file is there.
pub(super) fn word(text: &str) -> Option<String> {
    if Path::new(text).symlink_metadata().is_ok() {
        return None;
    }
    let command = Cli::command();
    let near = command
        .get_subcommands()
        .map(|c| {
            (
                distance(&text.to_lowercase(), c.get_name()),
                c.get_name().to_owned(),
            )
        })
        .filter(|(d, name)| *d <= 2 && *d < name.len().min(text.len()))
        .min();
    let hint = match near {
        Some((_, name)) => format!("did you mean `astrolabel {name}`?"),
        None => "`astrolabel --help` lists the commands".to_owned(),
    };
    Some(format!("{text}: no such command or file; {hint}"))
}

/// What to say of arguments that can't be read because their command is misspelt.
pub(super) fn of_arguments(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let first = std::env::args().skip(1).find(|a| !a.starts_with('-'))?;
    let is_command = Cli::command().get_subcommands().any(|c| c.get_name() == first);
    if is_command { None } else { word(&first) }
}

/// Letters to change, add, leave out or swap with their neighbour to make `a` of `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j - 1] + change)
                .min(rows[i - 1][j] + 1)
                .min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_commands_are_recognised() {
        for (typed, meant) in [
            ("imprt", "import"),
            ("exprot", "export"),
            ("simlar", "similar"),
            ("lable", "label"),
        ] {
            assert!(
                word(typed).is_some_and(|s| s.contains(&format!("astrolabel {meant}`"))),
                "{typed}"
            );
        }
        assert!(word("nosuchfile.fits").is_some_and(|s| s.contains("--help")));
        assert!(word(".").is_none());
    }
}
