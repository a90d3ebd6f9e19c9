//! `astrolabel info`: what a path holds, as text.

mod rows;

use super::args::{Format, Info as InfoArgs};
use super::bar::Bars;
use super::table::{facts, print, text};
use super::{Outcome, say};
use crate::io::catalog::Table;
use crate::io::fits::CardValue;
use crate::tasks::Skipped;
use crate::tasks::info::{self, Info};
use rows::{folder_as_rows, header_as_rows, project_as_rows};
use serde_json::{Value, json};

pub(super) fn info(a: InfoArgs, progress: &Bars) -> Outcome {
    if let Some(hdu) = a.header {
        if a.format != Format::Table {
            return header_as_rows(&a, hdu);
        }
        for card in info::header(&a.path, hdu)?.cards {
            let value = match &card.value {
                Some(CardValue::Text(t)) => format!(" = '{t}'"),
                Some(CardValue::Logical(b)) => format!(" = {}", if *b { "T" } else { "F" }),
                Some(CardValue::Integer(i)) => format!(" = {i}"),
                Some(CardValue::Real(r)) => format!(" = {r}"),
                Some(CardValue::Other(t)) => format!(" = {t}"),
                None => String::new(),
            };
            let comment = if card.comment.is_empty() {
                String::new()
            } else {
                format!(" / {}", card.comment)
            };
            say(&format!("{}{value}{comment}", card.keyword));
        }
        return Ok(vec![]);
    }
    let found = info::info(&a.path, progress)?;
    progress.clear();
    match found {
        Info::Fits(hdus, problems) => {
            let columns = [text("hdu"), text("name"), text("what"), text("sky")];
            let rows: Vec<Vec<Value>> = hdus
                .iter()
                .map(|h| vec![json!(h.index), json!(h.name), json!(h.what), json!(h.sky)])
                .collect();
            print(
                a.format,
                &columns,
                &rows,
                &facts(json!({"file": a.path.display().to_string(), "problems": problems})),
            )?;
            return Ok(problems
                .into_iter()
                .map(|p| Skipped::new(a.path.display(), p))
                .collect());
        }
        Info::Picture(channels, width, height) => {
            let kind = if channels == 1 { "gray" } else { "RGB" };
            match a.format {
                Format::Json => say(&json!({"kind": kind, "width": width, "height": height}).to_string()),
                Format::Csv => {
                    let columns = [text("kind"), text("width"), text("height")];
                    let rows = [vec![json!(kind), json!(width), json!(height)]];
                    print(a.format, &columns, &rows, &Default::default())?;
                }
                Format::Table => say(&format!("picture {width}×{height}, {kind}")),
            }
        }
        Info::Catalog(table, why) => catalog(&a, &table, &why)?,
        Info::Folder(inputs) if a.format == Format::Json => {
            let images: Vec<Value> = inputs
                .images
                .iter()
                .map(|i| {
                    json!({
                        "file": i.path.display().to_string(),
                        "hdu": i.hdu,
                        "width": i.shape.0,
                        "height": i.shape.1,
                        "planes": i.planes,
                        "band": i.band,
                        "weight_or_mask": i.is_auxiliary,
                        "wcs": i.wcs.is_ok(),
                    })
                })
                .collect();
            let cutouts: Vec<Value> = inputs
                .cutouts
                .iter()
                .map(|c| json!({"folder": c.root.display().to_string(), "files": c.files.len()}))
                .collect();
            let catalogs: Vec<String> = inputs
                .catalogs
                .iter()
                .map(|(p, _)| p.display().to_string())
                .collect();
            say(&serde_json::to_string_pretty(
                &json!({"images": images, "cutouts": cutouts, "catalogs": catalogs}),
            )?);
            return Ok(inputs.skipped);
        }
        Info::Folder(inputs) if a.format == Format::Csv => {
            folder_as_rows(&inputs)?;
            return Ok(inputs.skipped);
        }
        Info::Folder(inputs) => {
            if inputs.images.is_empty() && inputs.cutouts.is_empty() && inputs.catalogs.is_empty() {
                say("no image, cutout or catalogue is in it");
            }
            for image in &inputs.images {
                let band = image
                    .band
                    .as_ref()
                    .map_or(String::new(), |b| format!(" band {b}"));
                let role = if image.is_auxiliary {
                    " (weight or mask)"
                } else {
                    ""
                };
                let sky = image.wcs.as_ref().map_or("no WCS", |_| "WCS");
                say(&format!(
                    "image {} HDU {}: {}×{}{band}, {sky}{role}",
                    image.path.display(),
                    image.hdu,
                    image.shape.0,
                    image.shape.1
                ));
            }
            for cutouts in &inputs.cutouts {
                say(&format!(
                    "{} cutouts in {}",
                    cutouts.files.len(),
                    cutouts.root.display()
                ));
            }
            for (path, _) in &inputs.catalogs {
                say(&format!("catalogue {}", path.display()));
            }
            return Ok(inputs.skipped);
        }
        Info::Project(facts) => {
            match a.format {
                Format::Json => say(&serde_json::to_string_pretty(&facts)?),
                Format::Csv => project_as_rows(&facts)?,
                Format::Table => project(&facts),
            }
            let damaged = facts["damaged"].as_array().into_iter().flatten();
            return Ok(damaged.map(|d| Skipped::new("", plain(d))).collect());
        }
    }
    Ok(vec![])
}

fn catalog(a: &InfoArgs, table: &Table, why: &[String]) -> std::io::Result<()> {
    let columns = [
        text("column"),
        text("type"),
        text("unit"),
        text("ucd"),
        text("first"),
        text("description"),
    ];
    let rows: Vec<Vec<Value>> = table
        .batch
        .schema_ref()
        .fields()
        .iter()
        .map(|field| {
            let meta = |k: &str| json!(field.metadata().get(k).map_or("", String::as_str));
            let first = table
                .texts(field.name())
                .and_then(|t| t.into_iter().next())
                .unwrap_or_default();
            vec![
                json!(field.name()),
                json!(field.data_type().to_string()),
                meta("unit"),
                meta("ucd"),
                json!(first),
                meta("description"),
            ]
        })
        .collect();
    if a.format == Format::Table {
        say(&format!("{} rows, {} columns", table.rows(), rows.len()));
        for sentence in why {
            say(&format!("  {sentence}"));
        }
    }
    print(
        a.format,
        &columns,
        &rows,
        &facts(json!({"rows_in_table": table.rows(), "guesses": why})),
    )
}

fn project(facts: &Value) {
    let number = |v: &Value| v.as_u64().unwrap_or(0);
    say(&format!(
        "{}: {} objects, {} label events",
        plain(&facts["project"]),
        number(&facts["objects"]),
        number(&facts["events"])
    ));
    for field in facts["fields"].as_array().into_iter().flatten() {
        let bands: Vec<String> = field["bands"]
            .as_array()
            .into_iter()
            .flatten()
            .map(plain)
            .collect();
        let bands = if bands.is_empty() {
            String::new()
        } else {
            format!(", bands {}", bands.join(" "))
        };
        say(&format!(
            "  {} {}: {} objects{bands}",
            plain(&field["kind"]),
            plain(&field["name"]),
            number(&field["objects"])
        ));
        for missing in field["missing"].as_array().into_iter().flatten() {
            say(&format!(
                "    GONE: {} (say where it is with `astrolabel relocate`)",
                plain(missing)
            ));
        }
    }
    for run in facts["runs"].as_array().into_iter().flatten() {
        say(&format!(
            "  vectors {}: {} objects, {} numbers each, {}",
            plain(&run["encoder"]),
            number(&run["done"]),
            number(&run["dim"]),
            plain(&run["run"])
        ));
    }
    for (heading, key) in [("labels", "labels"), ("marks", "marks")] {
        let tally: Vec<String> = facts[key]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(c, n)| format!("{c} {n}"))
            .collect();
        if !tally.is_empty() {
            say(&format!("  {heading}: {}", tally.join(", ")));
        }
    }
    for answer in facts["answers"].as_array().into_iter().flatten() {
        say(&format!(
            "  answer {} of {}",
            plain(&answer["kind"]),
            plain(&answer["at"])
        ));
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
