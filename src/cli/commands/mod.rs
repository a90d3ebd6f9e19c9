//! From typed words to library calls, and from their results to tables: one file a command.

mod anomalies;
mod bench;
mod bench_path;
mod classify;
mod compare;
mod cutouts;
mod device;
mod embed;
mod encoders;
mod evaluate;
mod export;
mod ids;
mod import;
mod label;
mod map;
mod places;
mod relocate;
mod runs;
mod similar;
mod simulate;
mod train;

pub(super) use anomalies::anomalies;
pub(super) use bench::bench;
pub(super) use classify::classify;
pub(super) use compare::compare;
pub(super) use cutouts::cutouts;
pub(super) use embed::embed;
pub(super) use encoders::encoders;
pub(super) use evaluate::evaluate;
pub(super) use export::export;
pub(super) use import::import;
pub(super) use label::label;
pub(super) use map::map;
pub(super) use relocate::relocate;
pub(super) use runs::runs;
pub(super) use similar::similar;
pub(super) use simulate::simulate;
pub(super) use train::train;

use crate::cli::Usage;
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal, Write};

/// `1 object`, `2 objects`.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The number that names an object for good, as `objects::find` reads it: `#5`.
fn number_name(object: i64) -> Value {
    json!(format!("#{object}"))
}

/// Asks on the terminal; everything but a clear yes is no.
fn asked(question: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Usage("nobody can be asked here whether to delete: say --yes".into()).into());
    }
    let mut out = std::io::stderr();
    // Where it can't be written, nobody answers, and that is no.
    let _ = write!(out, "{question} [y/N] ");
    let _ = out.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
