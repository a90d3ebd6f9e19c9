//! What a path holds as rows for other programs, where a table for people has sentences.

use super::plain;
use crate::cli::Outcome;
use crate::cli::args::{Format, Info as InfoArgs};
use crate::cli::table::{facts, print, text};
use crate::io::fits::CardValue;
use crate::tasks::info;
use crate::tasks::inputs::Inputs;
use serde_json::{Value, json};

/// A header's cards.
pub(super) fn header_as_rows(a: &InfoArgs, hdu: usize) -> Outcome {
    let columns = [text("keyword"), text("value"), text("comment")];
    let rows: Vec<Vec<Value>> = info::header(&a.path, hdu)?
        .cards
        .iter()
        .map(|card| {
            let value = match &card.value {
                Some(CardValue::Text(t) | CardValue::Other(t)) => json!(t),
                Some(CardValue::Logical(b)) => json!(b),
                Some(CardValue::Integer(i)) => json!(i),
                Some(CardValue::Real(r)) => json!(r),
                None => Value::Null,
            };
            vec![json!(card.keyword), value, json!(card.comment)]
        })
        .collect();
    let heading = facts(json!({"file": a.path.display().to_string(), "hdu": hdu}));
    print(a.format, &columns, &rows, &heading)?;
    Ok(vec![])
}

/// A folder's images, cutouts and catalogues.
pub(super) fn folder_as_rows(inputs: &Inputs) -> std::io::Result<()> {
    let columns = [
        text("kind"),
        text("path"),
        text("hdu"),
        text("width"),
        text("height"),
        text("planes"),
        text("band"),
        text("wcs"),
        text("files"),
    ];
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let none = Value::Null;
    for i in &inputs.images {
        rows.push(vec![
            json!(if i.is_auxiliary { "weight or mask" } else { "image" }),
            json!(i.path.display().to_string()),
            json!(i.hdu),
            json!(i.shape.0),
            json!(i.shape.1),
            json!(i.planes),
            json!(i.band),
            json!(i.wcs.is_ok()),
            none.clone(),
        ]);
    }
    let mut bare = |kind: &str, path: &std::path::Path, files: Value| {
        let mut row = vec![json!(kind), json!(path.display().to_string())];
        row.resize(columns.len() - 1, Value::Null);
        row.push(files);
        rows.push(row);
    };
    for c in &inputs.cutouts {
        bare("cutouts", &c.root, json!(c.files.len()));
    }
    for (path, _) in &inputs.catalogs {
        bare("catalogue", path, Value::Null);
    }
    print(Format::Csv, &columns, &rows, &Default::default())
}

/// A project's fields, vectors, classes, marks, answers, and what is damaged or gone.
pub(super) fn project_as_rows(project: &Value) -> std::io::Result<()> {
    let columns = [text("part"), text("name"), text("count"), text("detail")];
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let list = |key: &str| project[key].as_array().cloned().unwrap_or_default();
    let mut row = |part: &str, name: &Value, count: &Value, detail: Value| {
        rows.push(vec![json!(part), name.clone(), count.clone(), detail]);
    };
    let none = &Value::Null;
    row("project", &project["project"], &project["objects"], none.clone());
    for f in list("fields") {
        let bands: Vec<String> = f["bands"].as_array().into_iter().flatten().map(plain).collect();
        row(
            &plain(&f["kind"]),
            &f["name"],
            &f["objects"],
            json!(bands.join(" ")),
        );
        for gone in f["missing"].as_array().into_iter().flatten() {
            row("gone", gone, none, none.clone());
        }
    }
    for r in list("runs") {
        row("vectors", &r["encoder"], &r["done"], r["run"].clone());
    }
    for (part, key) in [("label", "labels"), ("mark", "marks")] {
        for (name, count) in project[key].as_object().into_iter().flatten() {
            row(part, &json!(name), count, none.clone());
        }
    }
    for answer in list("answers") {
        row("answer", &answer["kind"], none, answer["at"].clone());
    }
    for damaged in list("damaged") {
        row("damaged", &damaged, none, none.clone());
    }
    print(Format::Csv, &columns, &rows, &Default::default())
}
