//! `astrolabel simulate`.

use crate::cli::args::Simulate;
use crate::cli::bar::Bars;
use crate::cli::{Outcome, Usage, say};
use crate::simulate::{self as simulation, SimulateError};

pub(in crate::cli) fn simulate(a: Simulate, progress: &Bars) -> Outcome {
    let side = a.side.map(|side| side as usize);
    let files = if let Some(count) = a.stamps {
        let options = simulation::stamps::StampsOptions {
            seed: a.seed,
            count,
            side: side.unwrap_or(96),
        };
        vec![simulation::stamps::write(&a.out, &options, progress).map_err(usage)?]
    } else {
        let options = simulation::SimulateOptions {
            seed: a.seed,
            side: side.unwrap_or(simulation::SimulateOptions::default().side),
            objects: a.objects,
        };
        simulation::simulate(&a.out, &options, progress).map_err(usage)?
    };
    progress.clear();
    for file in files {
        say(&file.display().to_string());
    }
    Ok(vec![])
}

/// What can't be made was asked for wrongly.
fn usage(error: SimulateError) -> anyhow::Error {
    match error {
        SimulateError::Options(_) => Usage(error.to_string()).into(),
        other => other.into(),
    }
}
