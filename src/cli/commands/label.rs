//! `astrolabel label`: give, read from a file, take back, look up.

use super::count;
use crate::cli::args::{Format, Label};
use crate::cli::bar::Bars;
use crate::cli::table::{facts, print, shorten, text};
use crate::cli::{Outcome, say};
use crate::project::Project;
use crate::tasks;
use crate::tasks::import::author;
use serde_json::{Value, json};

pub(in crate::cli) fn label(a: Label, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    if let Some(file) = &a.from {
        let author = author(a.who.as_deref(), &format!("file {}", file.display()));
        let report = tasks::label::from_file(&mut project, file, a.column.as_deref(), &author, progress)?;
        progress.clear();
        let mut classes: Vec<String> = report
            .classes
            .iter()
            .take(20)
            .map(|(c, n)| format!("{} {n}", shorten(c, 40)))
            .collect();
        if report.classes.len() > classes.len() {
            classes.push(format!("{} classes more", report.classes.len() - classes.len()));
        }
        say(&format!(
            "{} given, {} were so already: {}",
            count(report.changed, "label", "labels"),
            report.unchanged,
            classes.join(", ")
        ));
        return Ok(report.skipped);
    }
    let author = author(a.who.as_deref(), "command line");
    if a.undo {
        match tasks::label::undo(&mut project, &author)? {
            Some(undone) => say(&format!(
                "undone: step {} ({}) on {}",
                undone.batch,
                undone.origin,
                count(undone.objects, "object", "objects")
            )),
            None => say("nothing to undo"),
        }
    } else if let Some(id) = &a.history {
        let (object, events) = tasks::label::history(&project, id)?;
        let format = a.format.unwrap_or_default();
        if format == Format::Table {
            say(&format!("{} (#{})", object.name, object.id));
        }
        let columns = [
            text("event"),
            text("at"),
            text("who"),
            text("from"),
            text("what"),
            text("value"),
            text("replaces"),
            text("undoes"),
        ];
        let rows: Vec<Vec<Value>> = events
            .iter()
            .map(|e| {
                vec![
                    json!(e.id),
                    json!(e.at),
                    json!(e.who),
                    json!(e.origin),
                    json!(e.kind),
                    json!(e.value),
                    json!(e.previous),
                    e.undoes.map_or(Value::Null, |b| json!(format!("step {b}"))),
                ]
            })
            .collect();
        let heading = facts(json!({"object": object.name, "id": format!("#{}", object.id)}));
        print(format, &columns, &rows, &heading)?;
    } else if let Some(id) = &a.id {
        let class = a.class.as_deref().filter(|_| !a.clear);
        let (object, previous) = tasks::label::set(&mut project, id, class, &author)?;
        let before = previous.map_or_else(String::new, |p| format!(" (was {p})"));
        say(&format!(
            "{}: {}{before}",
            object.name,
            class.map_or("no label", str::trim)
        ));
    }
    Ok(vec![])
}
