//! `astrolabel runs`.

use super::{asked, count};
use crate::cli::args::{Format, Runs};
use crate::cli::bar::Bars;
use crate::cli::table::{facts, print, text};
use crate::cli::{Outcome, say};
use crate::project::Project;
use crate::tasks::Skipped;
use crate::tasks::runs::{self, RunFacts};
use serde_json::{Value, json};

pub(in crate::cli) fn runs(a: Runs, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    if let Some(name) = a.delete {
        return delete(&mut project, &name, a.yes, progress);
    }
    let found = runs::list(&project)?;
    let format = if a.json { Format::Json } else { a.format };
    if format == Format::Table && found.is_empty() {
        say("this project has no runs: `astrolabel embed` makes one");
        return Ok(vec![]);
    }
    show(&found, format)?;
    let damaged = found
        .into_iter()
        .filter_map(|r| Some(Skipped::new(r.run, r.damaged?)));
    Ok(damaged.collect())
}

fn show(found: &[RunFacts], format: Format) -> std::io::Result<()> {
    let columns = [
        "run",
        "encoder",
        "numbers",
        "options",
        "precision",
        "done",
        "flagged",
        "skipped",
        "follows",
        "created",
        if format == Format::Table { "size" } else { "bytes" },
    ]
    .map(text);
    let rows: Vec<Vec<Value>> = found
        .iter()
        .map(|r| {
            vec![
                json!(r.run),
                json!(r.encoder),
                json!(r.dim),
                json!(r.options),
                json!(r.precision),
                json!(r.done),
                json!(r.flagged),
                json!(r.skipped),
                json!(r.follows),
                json!(r.created),
                match format {
                    Format::Table => json!(megabytes(r.bytes)),
                    _ => json!(r.bytes),
                },
            ]
        })
        .collect();
    let objects = found.first().map(|r| r.objects);
    print(format, &columns, &rows, &facts(json!({ "objects": objects })))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn delete(project: &mut Project, name: &str, is_sure: bool, progress: &Bars) -> Outcome {
    let run = runs::find(project, name)?;
    let what = runs::list(project)?.into_iter().find(|r| r.run == run);
    let (vectors, size) = what.map_or((0, 0), |r| (r.done, r.bytes));
    let vectors = count(vectors, "vector", "vectors");
    progress.clear();
    if !is_sure && !asked(&format!("delete {run}: {vectors}, {}?", megabytes(size)))? {
        say("nothing was deleted");
        return Ok(vec![]);
    }
    runs::delete(project, &run)?;
    say(&format!("deleted {run}: {vectors}, {}", megabytes(size)));
    Ok(vec![])
}
