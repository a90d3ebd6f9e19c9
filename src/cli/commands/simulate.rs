//! `astrolabel simulate`.

use crate::cli::args::Simulate;
use crate::cli::bar::Bars;
use crate::cli::{Outcome, say};
use crate::simulate as simulation;

pub(in crate::cli) fn simulate(a: Simulate, progress: &Bars) -> Outcome {
    let options = simulation::SimulateOptions {
        seed: a.seed,
        side: a.side as usize,
        objects: a.objects,
    };
    let files = simulation::simulate(&a.out, &options, progress)?;
    progress.clear();
    for file in files {
        say(&file.display().to_string());
    }
    Ok(vec![])
}
