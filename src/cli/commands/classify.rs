//! `astrolabel classify`: what was learnt, what to label next, or every probability.

use super::number_name;
use crate::cli::args::{Classify, Format};
use crate::cli::bar::Bars;
use crate::cli::table::{Column, facts, print, real, text};
use crate::cli::{Outcome, note, say};
use crate::project::{Project, objects};
use crate::tasks;
use crate::tasks::classify::{Classified, ClassifyOptions};
use serde_json::{Map as Facts, Value, json};

pub(in crate::cli) fn classify(a: Classify, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    let options = ClassifyOptions {
        on: a.on.on,
        next: a.next,
        c: a.strength,
        seed: a.seed,
        validate: true,
    };
    let found = tasks::classify::classify(&mut project, &options, progress)?;
    progress.clear();
    if a.all {
        return all_predictions(&project, &found, a.format);
    }
    let accuracy = found.validation.as_ref().map(|v| {
        json!({"accuracy": v.accuracy, "low": v.accuracy_low, "high": v.accuracy_high, "balanced": v.balanced_accuracy, "labels": v.tested})
    });
    if a.format == Format::Table {
        summary(&found, progress);
    }
    let columns = [text("object"), real("doubt", 3), text("why"), text("id")];
    let mut rows = Vec::new();
    for s in &found.suggestions {
        let name = objects::get(project.store(), s.row as i64)?.map_or_else(String::new, |o| o.name);
        rows.push(vec![
            json!(name),
            json!(s.doubt),
            json!(s.reason),
            number_name(s.row as i64),
        ]);
    }
    let heading = json!({"classes": found.classes, "labels": found.labels, "cross_validation": accuracy, "note": found.note});
    if a.format == Format::Table {
        if rows.is_empty() {
            if a.next > 0 {
                say("\nevery object with a vector is labelled");
            }
            return Ok(vec![]);
        }
        say("\nlabel these next:");
    }
    print(a.format, &columns, &rows, &facts(heading))?;
    Ok(vec![])
}

fn summary(found: &Classified, progress: &Bars) {
    if let Some(why) = &found.note {
        note(progress, why);
    }
    let Some(predictions) = &found.predictions else {
        return;
    };
    let columns = [text("class"), text("labels"), text("predicted")];
    let rows: Vec<Vec<Value>> = found
        .classes
        .iter()
        .enumerate()
        .map(|(c, name)| {
            let predicted = (0..predictions.rows())
                .filter(|&i| predictions.class(i) == Some(c))
                .count();
            vec![json!(name), json!(found.labels.get(c)), json!(predicted)]
        })
        .collect();
    // A failed write to the standard output shows at the next one.
    let _ = print(Default::default(), &columns, &rows, &Facts::new());
    if let Some(v) = &found.validation {
        say(&format!(
            "\ncross-validated accuracy {:.0} % (95 %: {:.0}–{:.0} %), balanced {:.0} %, on {} labels in {} folds",
            100.0 * v.accuracy,
            100.0 * v.accuracy_low,
            100.0 * v.accuracy_high,
            100.0 * v.balanced_accuracy,
            v.tested,
            v.folds
        ));
    }
}

fn all_predictions(project: &Project, found: &Classified, format: Format) -> Outcome {
    let Some(predictions) = &found.predictions else {
        anyhow::bail!(
            found
                .note
                .clone()
                .unwrap_or_else(|| "there are no predictions yet".into())
        );
    };
    // Column names live as long as the program: there are as many as classes.
    let names: Vec<&'static str> = predictions
        .classes
        .iter()
        .map(|&c| {
            &*Box::leak(format!("p_{}", found.classes.get(c).map_or("", String::as_str)).into_boxed_str())
        })
        .collect();
    let mut columns = vec![text("object"), text("predicted"), real("doubt", 3)];
    columns.extend(names.into_iter().map(|n| Column {
        name: n,
        digits: Some(3),
    }));
    let objects = objects::all(project.store())?;
    let rows: Vec<Vec<Value>> = objects
        .iter()
        .take(predictions.rows())
        .enumerate()
        .map(|(i, o)| {
            let class = predictions.class(i).and_then(|c| found.classes.get(c));
            let mut row = vec![json!(o.name), json!(class), json!(predictions.entropy[i])];
            row.extend(predictions.row(i).iter().map(|p| json!(p)));
            row
        })
        .collect();
    print(format, &columns, &rows, &facts(json!({"classes": found.classes})))?;
    Ok(vec![])
}
