//! `astrolabel compare`.

use crate::cli::args::{Compare, Format};
use crate::cli::bar::Bars;
use crate::cli::table::{Column, facts, print, real, text};
use crate::cli::{Outcome, say};
use crate::encoder::representation::representation_of;
use crate::project::Project;
use crate::tasks;
use serde_json::{Value, json};

pub(in crate::cli) fn compare(a: Compare, progress: &Bars) -> Outcome {
    let project = Project::open(&a.project.project, false)?;
    let names = [a.first.as_str(), a.second.as_str()];
    let found = tasks::compare::compare(&project, names, a.k, progress)?;
    progress.clear();
    let columns: [Column; 8] = [
        text("run"),
        text("encoder"),
        text("numbers"),
        text("block"),
        text("pooling"),
        text("representation"),
        real("accuracy", 3),
        real("spread", 3),
    ];
    let rows: Vec<Vec<Value>> = found
        .runs
        .iter()
        .enumerate()
        .map(|(i, m)| {
            let settings = &m.encoder.settings;
            let choice = representation_of(&m.encoder).ok().filter(|c| !c.is_plain());
            let accuracy = found.taught.as_ref().map(|t| &t.accuracy[i]);
            vec![
                json!(m.run),
                json!(m.encoder.name),
                json!(m.dim),
                settings["block"].clone(),
                settings["pooling"].clone(),
                choice.map_or(Value::Null, |c| json!(json!(c).to_string())),
                json!(accuracy.map(|a| a.mean)),
                json!(accuracy.map(|a| a.spread)),
            ]
        })
        .collect();
    let more = facts(json!({
        "objects": found.objects,
        "neighbours": found.agreement,
        "labels": found.taught,
        "note": found.note,
    }));
    print(a.format, &columns, &rows, &more)?;
    if a.format != Format::Table {
        return Ok(vec![]);
    }
    say(&format!("\n{}", found.sentence()));
    match (&found.taught, &found.note) {
        (Some(t), _) => say(&format!(
            "on {} labels, dealt {} times to the same folds, the second is right {:+.1} ± {:.1} points more often than the first",
            t.labels,
            t.deals,
            100.0 * t.difference,
            100.0 * t.difference_spread
        )),
        (None, Some(why)) => say(&format!("no accuracy on labels: {why}")),
        (None, None) => {}
    }
    Ok(vec![])
}
