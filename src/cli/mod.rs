//! The command line: the same commands as the window's, without a window. Each is a thin face of
//! one library call.

pub mod args;
mod bar;
mod commands;
mod demo;
mod describe;
mod table;
mod unknown;

use crate::progress::Progress;
use crate::tasks::Skipped;
use args::{Cli, Command};
use bar::Bars;
use clap::Parser;
use std::process::ExitCode;
use std::sync::OnceLock;

/// Wrong usage.
const WRONG: u8 = 2;
/// Done with some inputs skipped.
const SKIPPED: u8 = 3;

/// What was typed makes no sense, where that shows only after the command line is read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// What the system said when a result could not be printed.
static NOT_SAID: OnceLock<std::io::Error> = OnceLock::new();

/// What a command ends with: inputs that were skipped make the exit code 3.
type Outcome = anyhow::Result<Vec<Skipped>>;

/// Runs the command line and says how it ended.
pub fn run() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| {
        if let Some(said) = unknown::of_arguments(&error) {
            complain(&format!("astrolabel: {said}"));
            std::process::exit(i32::from(WRONG));
        }
        error.exit()
    });
    if cli.command.is_some() {
        // In the window an interrupt ends the program as it does any other.
        bar::catch_interrupt();
    }
    let threads = cli
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    // Fails only if the pool was started before; then it has all cores.
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global();
    let bars = Bars::new(cli.quiet);
    let outcome = match cli.command {
        Some(command) => dispatch(command, threads, &bars),
        None => match cli
            .window
            .paths
            .iter()
            .find_map(|p| unknown::word(&p.to_string_lossy()))
        {
            Some(said) => Err(Usage(said).into()),
            None => crate::app::launch(crate::app::LaunchOptions {
                paths: cli.window.paths,
                project: cli.window.project,
                renderer: cli.window.renderer,
            })
            .map(|()| vec![]),
        },
    };
    bars.clear();
    let outcome = outcome.and_then(|skipped| match all_is_said() {
        Ok(()) => Ok(skipped),
        Err(cause) => Err(anyhow::anyhow!("the standard output can't be written: {cause}")),
    });
    match outcome {
        Ok(skipped) if skipped.is_empty() => ExitCode::SUCCESS,
        Ok(skipped) => {
            list(&skipped);
            ExitCode::from(SKIPPED)
        }
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("astrolabel: {error:#}"));
            if error.is::<Usage>() {
                return ExitCode::from(WRONG);
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command, threads: usize, progress: &Bars) -> Outcome {
    match command {
        Command::Import(a) => commands::import(a, progress),
        Command::Embed(a) => commands::embed(a, threads, progress),
        Command::Encoders(a) => commands::encoders(a, progress),
        Command::Similar(a) => commands::similar(a, threads, progress),
        Command::Label(a) => commands::label(a, progress),
        Command::Classify(a) => commands::classify(a, progress),
        Command::Compare(a) => commands::compare(a, progress),
        Command::Runs(a) => commands::runs(a, progress),
        Command::Evaluate(a) => commands::evaluate(a, threads, progress),
        Command::Train(a) => commands::train(a, threads, progress),
        Command::Anomalies(a) => commands::anomalies(a, progress),
        Command::Map(a) => commands::map(a, progress),
        Command::Export(a) => commands::export(a, progress),
        Command::Cutouts(a) => commands::cutouts(a, progress),
        Command::Info(a) => describe::info(a, progress),
        Command::Demo(a) => demo::demo(a, threads, progress),
        Command::Simulate(a) => commands::simulate(a, progress),
        Command::Bench(a) => commands::bench(&a, threads, progress),
        Command::Relocate(a) => commands::relocate(a),
    }
}

/// Lists what was skipped on the standard error: all of a few, the first of many.
fn list(skipped: &[Skipped]) {
    const SHOWN: usize = 25;
    if skipped.is_empty() {
        return;
    }
    complain(&format!("skipped {}:", skipped.len()));
    // One reason for many is said once.
    let mut grouped: Vec<(Skipped, usize)> = Vec::new();
    let mut place: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    for one in skipped {
        match place.get(one.why.as_str()) {
            Some(&i) => {
                let (first, n) = &mut grouped[i];
                *n += 1;
                if *n <= 4 {
                    first.what = format!("{}, {}", first.what, one.what);
                }
            }
            None => {
                place.insert(&one.why, grouped.len());
                grouped.push((one.clone(), 1));
            }
        }
    }
    for (one, n) in &mut grouped {
        if *n > 4 {
            one.what = format!("{} and {} more", one.what, *n - 4);
        }
    }
    for (one, _) in grouped.iter().take(SHOWN) {
        // Many errors begin with the file's name already.
        let file = one.what.split(" HDU ").next().unwrap_or_default();
        if one.what.is_empty() || one.why.starts_with(file) {
            complain(&format!("  {}", one.why));
        } else {
            complain(&format!("  {}: {}", one.what, one.why));
        }
    }
    if grouped.len() > SHOWN {
        let more: usize = grouped.iter().skip(SHOWN).map(|(_, n)| n).sum();
        complain(&format!("  … and {more} more"));
    }
}

/// Writes a line to the standard error. `eprintln!` would end the program where nobody reads it.
fn complain(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether an error only says that the reader of the results has gone away (`| head`).
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|e| e.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Prints to the standard output. What can't be printed makes the command fail at its end.
fn say(text: &str) {
    use std::io::Write;
    if let Err(cause) = writeln!(std::io::stdout(), "{text}") {
        let _ = NOT_SAID.set(cause);
    }
}

/// Whether everything printed has arrived; a reader that has gone away (`| head`) is not an error.
fn all_is_said() -> Result<(), String> {
    use std::io::Write;
    let last = std::io::stdout().flush();
    match NOT_SAID.get().or(last.as_ref().err()) {
        Some(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => Err(cause.to_string()),
        _ => Ok(()),
    }
}

/// A note that stays out of the results.
fn note(progress: &Bars, text: &str) {
    progress.note(text);
}
