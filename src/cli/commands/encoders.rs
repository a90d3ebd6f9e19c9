//! `astrolabel encoders`.

use crate::cli::args::{Encoders, EncodersCommand, Format};
use crate::cli::bar::Bars;
use crate::cli::table::{facts, print, text};
use crate::cli::{Outcome, Usage, say};
use crate::encoder::EncoderError;
use crate::encoder::registry::{Brought, Entry, KnownSum, MORPHOMETRY, Registry, contract, hub};
use crate::tasks::Skipped;
use serde_json::{Value, json};

pub(in crate::cli) fn encoders(a: Encoders, progress: &Bars) -> Outcome {
    let registry = Registry::of_user();
    match a.what {
        EncodersCommand::List { format } => list(&registry, format),
        EncodersCommand::Info { name, format } => info(&registry, &name, format),
        EncodersCommand::Get { name, from, format } => get(&registry, &name, from, format, progress),
        EncodersCommand::Add { file, format } => {
            let added = registry.add(&file, progress).map_err(failed)?;
            progress.clear();
            let name = &added.entry.description.name;
            let how = match added.brought {
                Brought::Linked => "linked",
                Brought::Copied => "copied",
                Brought::There => "there already",
                Brought::Missing => "not here yet",
            };
            let rows = vec![
                row("name", name),
                row("family", &added.entry.description.architecture),
                row("description", path_of(&added.entry)),
                row("weights", format!("{} ({how})", added.weights.display())),
                row(
                    "numbers an object",
                    added.dim.map(|d| d.to_string()).unwrap_or_default(),
                ),
                row(
                    "next",
                    match added.brought {
                        Brought::Missing => format!("astrolabel encoders get {name}"),
                        _ => format!("astrolabel embed --project FOLDER --encoder {name}"),
                    },
                ),
            ];
            show(format, &rows)
        }
        EncodersCommand::Remove { name, yes } => remove(&registry, &name, yes),
        EncodersCommand::Verify { name, format } => {
            if name == MORPHOMETRY {
                say("morphometry is computed by the program itself: there are no weights to check");
                return Ok(vec![]);
            }
            let right = registry.verify(&name, progress).map_err(failed)?;
            progress.clear();
            let rows = vec![
                row("name", name),
                row("weights", right.path.display()),
                row("sha256", right.sha256),
                row(
                    "checksum",
                    if right.is_described {
                        "as described"
                    } else {
                        "as at its first use here; nobody described it"
                    },
                ),
                row("tensors", "all there, fitting and finite; a picture goes through"),
                row("numbers an object", right.dim),
            ];
            show(format, &rows)
        }
    }
}

fn list(registry: &Registry, format: Format) -> Outcome {
    let columns = [
        text("name"),
        text("family"),
        text("size"),
        text("licence"),
        text("weights"),
        text("title"),
        text("description"),
    ];
    let (all, wrong) = registry.all_facts(&hub());
    let rows: Vec<Vec<Value>> = all
        .iter()
        .map(|f| {
            let known = f.entry.as_ref().map(|e| &e.description);
            vec![
                json!(f.name),
                json!(f.family()),
                json!(known.map_or("", |k| k.size.as_str())),
                json!(known.map_or("", |k| k.licence.as_str())),
                json!(f.state.words()),
                json!(known.map_or("Classical morphometry", |k| k.title.as_str())),
                json!(f.entry.as_ref().map_or_else(String::new, path_of)),
            ]
        })
        .collect();
    print(format, &columns, &rows, &facts(json!({})))?;
    Ok(wrong.into_iter().map(|e| Skipped::new("", e)).collect())
}

fn info(registry: &Registry, name: &str, format: Format) -> Outcome {
    if name == MORPHOMETRY {
        let rows = [
            row("name", name),
            row("family", "classical"),
            row(
                "about",
                "Sizes, shapes, concentration, asymmetry, Gini, M20, colours and more, measured on the cutout; needs no weights.",
            ),
        ];
        return show(format, &rows);
    }
    let entry = registry.network(name).map_err(failed)?;
    let known = &entry.description;
    let sum = match registry.checksum(&entry) {
        Some(KnownSum::Described(sum)) => sum,
        Some(KnownSum::Recorded(sum, _)) => format!("{sum} (of its first use here)"),
        None => "unknown: that of the first use will be held to".into(),
    };
    let known_here = registry.facts(&entry, &hub());
    let place = match (&known_here.place, known_here.bytes) {
        (Some(place), Some(_)) => place.display().to_string(),
        (Some(place), None) => format!("belong at {}", place.display()),
        (None, _) => "no folder for weights: set ASTROLABEL_MODELS to one".into(),
    };
    let second = known_here.second.as_ref().map_or_else(String::new, |s| {
        let state = if s.is_here { "here" } else { "not here" };
        format!("{} ({state}; from {})", s.place.display(), s.url)
    });
    let block = known
        .block
        .map_or_else(|| "the last".into(), |b| format!("{b} (from 0)"));
    let mut rows = vec![
        row("name", &known.name),
        row("title", &known.title),
        row("about", &known.about),
        row("family", &known.architecture),
        row("size", &known.size),
        row("licence", &known.licence),
        row("citation", &known.citation),
        row("source", known.url(&hub()).unwrap_or_default()),
        row("sha256", sum),
        row("state", known_here.state.words()),
        row("weights", place),
        row("second file", second),
        row("description", path_of(&entry)),
        row(
            "numbers an object",
            known.dim.map(|d| d.to_string()).unwrap_or_default(),
        ),
        row("block", block),
        row("pooling", json!(known.pooling).as_str().unwrap_or_default()),
    ];
    rows.extend(
        contract(&known.preprocessing)
            .into_iter()
            .map(|(key, value)| row(&key, value)),
    );
    show(format, &rows)
}

fn get(registry: &Registry, name: &str, from: Option<String>, format: Format, progress: &Bars) -> Outcome {
    if name == MORPHOMETRY {
        say("morphometry is computed by the program itself: there is nothing to fetch");
        return Ok(vec![]);
    }
    let got = registry
        .get(name, &from.unwrap_or_else(hub), progress)
        .map_err(failed)?;
    progress.clear();
    let how = match (&got.url, got.resumed_from) {
        (None, _) => "here already".to_owned(),
        (Some(url), 0) => format!("fetched from {url}"),
        (Some(url), from) => format!("fetched from {url}, {from} bytes of it before"),
    };
    let sum = if got.was_known {
        "as it should be"
    } else {
        "was not known before: noted, and checked from now on"
    };
    let rows = [
        row("name", name),
        row("weights", got.place.display()),
        row("bytes", got.bytes),
        row("how", how),
        row("sha256", got.sha256),
        row("checksum", sum),
    ];
    show(format, &rows)
}

fn remove(registry: &Registry, name: &str, is_sure: bool) -> Outcome {
    let removal = registry.removal(name).map_err(failed)?;
    let files: Vec<String> = removal.files.iter().map(|f| f.display().to_string()).collect();
    if !is_sure && !super::asked(&format!("delete {}?", files.join(", ")))? {
        say("nothing was deleted");
        return Ok(vec![]);
    }
    registry.remove(name).map_err(failed)?;
    say(&format!("removed {name}: {}", files.join(", ")));
    if let Some(stays) = removal.stays {
        say(&format!("its weights stay: {}", stays.display()));
    }
    Ok(vec![])
}

fn path_of(entry: &Entry) -> String {
    entry
        .file
        .as_ref()
        .map_or_else(|| "comes with the program".into(), |p| p.display().to_string())
}

fn row(key: &str, value: impl std::fmt::Display) -> (String, String) {
    (key.to_owned(), value.to_string())
}

/// Facts of one encoder: lines, or one JSON object by the same names.
fn show(format: Format, rows: &[(String, String)]) -> Outcome {
    match format {
        Format::Json => {
            let object: serde_json::Map<String, Value> = rows
                .iter()
                .map(|(k, v)| (k.replace(' ', "_"), json!(v)))
                .collect();
            say(&serde_json::to_string_pretty(&object)?);
        }
        Format::Csv => {
            let values: Vec<Vec<Value>> = rows.iter().map(|(k, v)| vec![json!(k), json!(v)]).collect();
            print(format, &[text("key"), text("value")], &values, &facts(json!({})))?;
        }
        Format::Table => {
            let width = rows.iter().map(|(k, _)| k.chars().count()).max().unwrap_or(0);
            for (key, value) in rows.iter().filter(|(_, v)| !v.is_empty()) {
                say(&format!("{key:<width$}  {value}"));
            }
        }
    }
    Ok(vec![])
}

/// Names that don't exist are wrong usage.
fn failed(error: EncoderError) -> anyhow::Error {
    match error {
        EncoderError::Unknown { .. } => Usage(error.to_string()).into(),
        other => other.into(),
    }
}
