//! Export: the catalogue with labels, probabilities and scores, and how each came about.

use super::images::Images;
use super::vectors::Opened;
use super::{Skipped, anomalies, classify};
use crate::io::catalog::{Table, table::field};
use crate::io::export::{write_catalog, write_vectors};
use crate::io::fits::{Card, CardValue, write_table};
use crate::progress::Progress;
use crate::project::journal::{self, Event, Kind};
use crate::project::runs::Run;
use crate::project::{OBJECT_ID, PROGRAM, Project, ProjectError, answers, catalog, objects};
use arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was written.
#[derive(Debug, Clone)]
pub struct ExportReport {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Files written: the catalogue, and for CSV the provenance beside it.
    pub files: Vec<PathBuf>,
    /// Parts of the project that are gone or damaged and so not in it.
    pub skipped: Vec<Skipped>,
}

/// Writes the catalogue; the ending of `path` chooses the format. All of it or nothing.
pub fn export(project: &Project, path: &Path, progress: &dyn Progress) -> Result<ExportReport, ProjectError> {
    let ending = ending(path);
    if !["fits", "fit", "csv", "vot", "votable", "xml", "parquet"].contains(&ending.as_str()) {
        return Err(ProjectError::Ask(format!(
            "{}: end the file's name in .fits, .csv, .vot or .parquet to choose its format",
            path.display()
        )));
    }
    progress.begin("collecting the catalogue", None);
    let mut skipped = Vec::new();
    let (mut table, provenance) = collect(project, &mut skipped)?;
    progress.begin(&format!("writing {}", path.display()), None);
    let failed = |cause: String| ProjectError::Ask(cause);
    let mut files = vec![path.to_owned()];
    match ending.as_str() {
        "fits" | "fit" => {
            let cards = cards_of(&provenance);
            write_table(path, &table, "CATALOG", &cards).map_err(|e| failed(e.to_string()))?;
        }
        "csv" => {
            write_catalog(path, &table).map_err(|e| failed(e.to_string()))?;
            // CSV has no place for it, and comments would stop most readers.
            let beside = PathBuf::from(format!("{}.provenance.json", path.display()));
            let text = serde_json::to_string_pretty(&provenance).map_err(|e| failed(e.to_string()))?;
            crate::project::write_atomically(&beside, text.as_bytes())?;
            files.push(beside);
        }
        _ => {
            table.meta = provenance.iter().map(|(k, v)| (k.clone(), plain(v))).collect();
            write_catalog(path, &table).map_err(|e| failed(e.to_string()))?;
        }
    }
    Ok(ExportReport {
        rows: table.rows(),
        columns: table.batch.num_columns(),
        files,
        skipped,
    })
}

fn ending(path: &Path) -> String {
    path.extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is gone or damaged is left out and noted: labels can be exported whatever happened.
fn or_skip<T>(
    read: Result<Option<T>, ProjectError>,
    skipped: &mut Vec<Skipped>,
) -> Result<Option<T>, ProjectError> {
    match read {
        Err(e @ (ProjectError::Damaged { .. } | ProjectError::Missing { .. })) => {
            skipped.push(Skipped::new("", e));
            Ok(None)
        }
        other => other,
    }
}

/// Every column there is, and how each came about.
pub fn collect(
    project: &Project,
    skipped: &mut Vec<Skipped>,
) -> Result<(Table, Map<String, Value>), ProjectError> {
    let wrong =
        |e: arrow::error::ArrowError| ProjectError::Ask(format!("the catalogue can't be put together: {e}"));
    let images = Images::of(project)?;
    let ids: Vec<i64> = images.objects().iter().map(|o| o.id).collect();
    let mut columns = identity(project, &images)?;
    let mut provenance = Map::new();
    provenance.insert("program".into(), PROGRAM.into());
    provenance.insert("exported".into(), journal::now().into());
    let mut own: Vec<(Field, ArrayRef)> = Vec::new();
    if let Some(table) = or_skip(catalog::read(project), skipped)? {
        let rows = catalog::align(&table, &ids).map_err(wrong)?;
        for (field, array) in rows.schema_ref().fields().iter().zip(rows.columns()) {
            if field.name() != OBJECT_ID {
                own.push((field.as_ref().clone().with_nullable(true), array.clone()));
            }
        }
    }
    let place_of_own = columns.len();
    columns.extend(label_columns(project, &ids)?);
    let mut kinds = answers::kinds(project)?;
    kinds.sort_by_key(|k| {
        [classify::ANSWER, anomalies::ANSWER]
            .iter()
            .position(|known| known == k)
            .unwrap_or(2)
    });
    for kind in kinds {
        let Some(answer) = or_skip(answers::load(project, &kind), skipped)? else {
            continue;
        };
        let rows = catalog::align(&answer.table, &ids).map_err(wrong)?;
        for (field, array) in rows.schema_ref().fields().iter().zip(rows.columns()) {
            if field.name() != OBJECT_ID {
                columns.push((field.as_ref().clone().with_nullable(true), array.clone()));
            }
        }
        let mut facts = answer.provenance.clone();
        facts.remove("file");
        facts.insert("at".into(), answer.at.clone().into());
        provenance.insert(kind, Value::Object(facts));
    }
    let mut runs = Vec::new();
    for (name, _) in project.runs()? {
        let opened = Run::open(&project.embeddings(), &name, ids.len()).map(Some);
        let Some(run) = or_skip(opened, skipped)? else {
            continue;
        };
        if run.manifest.encoder.feature_names.len() == run.manifest.dim {
            columns.extend(feature_columns(&run));
        }
        runs.push(serde_json::to_value(&run.manifest).unwrap_or_default());
    }
    provenance.insert("runs".into(), Value::Array(runs));
    unique(&mut columns);
    step_aside(&mut own, &columns);
    unique(&mut own);
    columns.splice(place_of_own..place_of_own, own);
    Ok((Table::new(columns).map_err(wrong)?, provenance))
}

/// Who each object is and where.
fn identity(project: &Project, images: &Images) -> Result<Vec<(Field, ArrayRef)>, ProjectError> {
    let all = images.objects();
    let sources: HashMap<i64, String> = objects::fields(project.store())?
        .into_iter()
        .map(|f| (f.id, f.name))
        .collect();
    let flags = project.flags()?;
    let real = |name: &str, unit: &str, ucd: &str, what: &str, value: fn(&objects::Object) -> Option<f64>| {
        let array: Float64Array = all.iter().map(value).collect();
        (
            field(name, DataType::Float64, unit, ucd, what),
            Arc::new(array) as ArrayRef,
        )
    };
    let text = |name: &str, ucd: &str, what: &str, array: StringArray| {
        (
            field(name, DataType::Utf8, "", ucd, what),
            Arc::new(array) as ArrayRef,
        )
    };
    let mut columns = vec![
        (
            field(
                OBJECT_ID,
                DataType::Int64,
                "",
                "meta.record",
                "number in the project",
            ),
            Arc::new(all.iter().map(|o| Some(o.id)).collect::<Int64Array>()) as ArrayRef,
        ),
        text(
            "object",
            "meta.id;meta.main",
            "name",
            all.iter().map(|o| Some(o.name.as_str())).collect(),
        ),
        text(
            "source",
            "meta.id;meta.file",
            "image or folder it comes from",
            all.iter()
                .map(|o| sources.get(&o.field).map(String::as_str))
                .collect(),
        ),
    ];
    if all.iter().any(|o| o.file.is_some()) {
        columns.push(text(
            "file",
            "meta.id;meta.file",
            "cutout, relative to its folder",
            all.iter().map(|o| o.file.as_deref()).collect(),
        ));
    }
    if all.iter().any(|o| o.x.is_some()) {
        columns.push(real(
            "x_pixel",
            "pix",
            "pos.cartesian.x;instr.det",
            "x in the reference band, zero-based",
            |o| o.x,
        ));
        columns.push(real(
            "y_pixel",
            "pix",
            "pos.cartesian.y;instr.det",
            "y in the reference band, zero-based",
            |o| o.y,
        ));
    }
    if all.iter().any(|o| o.ra_deg.is_some()) {
        columns.push(real(
            "ra_icrs",
            "deg",
            "pos.eq.ra",
            "right ascension, ICRS",
            |o| o.ra_deg,
        ));
        columns.push(real("dec_icrs", "deg", "pos.eq.dec", "declination, ICRS", |o| {
            o.dec_deg
        }));
    }
    let array: arrow::array::Int16Array = all
        .iter()
        .map(|o| Some(i16::from(flags.get(&o.id).copied().unwrap_or(0))))
        .collect();
    let what = "1 cutout over the edge, 2 blank pixels, 4 band missing, 8 no pixels at all";
    columns.push((
        field("cutout_flags", DataType::Int16, "", "meta.code", what),
        Arc::new(array),
    ));
    Ok(columns)
}

fn label_columns(project: &Project, ids: &[i64]) -> Result<Vec<(Field, ArrayRef)>, ProjectError> {
    let labels = journal::standing_events(project.store(), Kind::Label)?;
    let marks = journal::standing_events(project.store(), Kind::Mark)?;
    let text = |name: &str, what: &str, events: &HashMap<i64, Event>, part: fn(&Event) -> Option<&str>| {
        let array: StringArray = ids.iter().map(|id| events.get(id).and_then(part)).collect();
        (
            field(name, DataType::Utf8, "", "meta.code.class", what),
            Arc::new(array) as ArrayRef,
        )
    };
    let mut columns = vec![
        text("label", "class given by a person or a file", &labels, |e| {
            e.value.as_deref()
        }),
        text("label_by", "who gave it", &labels, |e| Some(&e.who)),
        text("label_at", "when, UTC", &labels, |e| Some(&e.at)),
        text("label_from", "from which view, command or file", &labels, |e| {
            Some(&e.origin)
        }),
    ];
    if !marks.is_empty() {
        columns.push(text("mark", "interesting or ordinary", &marks, |e| {
            e.value.as_deref()
        }));
        columns.push(text("mark_by", "who marked it", &marks, |e| Some(&e.who)));
    }
    Ok(columns)
}

/// The readable numbers of an encoder whose dimensions have names.
fn feature_columns(run: &Run) -> Vec<(Field, ArrayRef)> {
    let vectors = run.vectors();
    let dim = vectors.dim();
    let mut values: Vec<Vec<Option<f32>>> = vec![Vec::with_capacity(vectors.rows()); dim];
    let mut row = vec![0.0; dim];
    for i in 0..vectors.rows() {
        let present = vectors.is_present(i);
        if present {
            vectors.read_row(i, &mut row);
        }
        for (column, value) in values.iter_mut().zip(&row) {
            column.push(present.then_some(*value));
        }
    }
    let known = crate::encoder::morphometry::features();
    run.manifest
        .encoder
        .feature_names
        .iter()
        .zip(values)
        .map(|(name, values)| {
            let fact = known.iter().find(|f| f.name == name);
            let what = fact.map_or("", |f| f.description);
            (
                field(name, DataType::Float32, "", "src.morph.param", what),
                Arc::new(Float32Array::from(values)) as ArrayRef,
            )
        })
        .collect()
}

/// A catalogue's column called like one of the program's gets another name: `label` is always the
/// project's, and what the catalogue called so is `label_catalog`.
fn step_aside(own: &mut [(Field, ArrayRef)], columns: &[(Field, ArrayRef)]) {
    let taken: HashSet<String> = columns.iter().map(|(f, _)| f.name().to_lowercase()).collect();
    for (field, _) in own {
        let mut name = field.name().clone();
        while taken.contains(&name.to_lowercase()) {
            name.push_str(catalog::CATALOG_SUFFIX);
        }
        *field = field.clone().with_name(name);
    }
}

/// Column names that differ in more than case, as FITS and SQL need.
fn unique(columns: &mut [(Field, ArrayRef)]) {
    let mut seen: HashSet<String> = HashSet::new();
    for (field, _) in columns {
        let mut name = field.name().clone();
        let mut n = 2;
        while !seen.insert(name.to_lowercase()) {
            name = format!("{}_{n}", field.name());
            n += 1;
        }
        if name != *field.name() {
            *field = field.clone().with_name(name);
        }
    }
}

/// The provenance as FITS cards: short keywords for the facts, JSON in long strings for the rest.
fn cards_of(provenance: &Map<String, Value>) -> Vec<Card> {
    let text = |k: String, v: String, c: &str| Card::new(&k, CardValue::Text(v), c);
    let mut cards = Vec::new();
    let mut others = 0;
    for (key, value) in provenance {
        match key.as_str() {
            "program" => cards.push(text("PROGRAM".into(), plain(value), "program and version")),
            "exported" => cards.push(text("DATE".into(), plain(value), "when exported, UTC")),
            "runs" => {
                for (i, run) in value.as_array().into_iter().flatten().enumerate() {
                    let n = i + 1;
                    let encoder = &run["encoder"];
                    cards.push(text(format!("ENCODER{n}"), plain(&encoder["name"]), "encoder"));
                    if let Some(sha) = encoder["weights_sha256"].as_str() {
                        cards.push(text(format!("WSHA{n}"), sha.to_owned(), "SHA-256 of its weights"));
                    }
                    cards.push(text(
                        format!("ESET{n}"),
                        encoder["settings"].to_string(),
                        "its settings",
                    ));
                    cards.push(text(format!("ERUN{n}"), json!({"run": run["run"], "fields": run["fields"], "program": run["program"], "created": run["created"]}).to_string(), "run"));
                }
            }
            _ => {
                others += 1;
                let short = match key.as_str() {
                    classify::ANSWER => "CLASSIFY".to_owned(),
                    anomalies::ANSWER => "ANOMALY".to_owned(),
                    "map-pca" => "MAPPCA".to_owned(),
                    "map-umap" => "MAPUMAP".to_owned(),
                    _ => format!("PROV{others}"),
                };
                if let Some(seed) = value.get("seed").and_then(Value::as_i64) {
                    cards.push(Card::new(
                        &format!("{}SD", &short[..short.len().min(6)]),
                        CardValue::Integer(seed),
                        "seed",
                    ));
                }
                cards.push(text(short, plain(value), "how it came about"));
            }
        }
    }
    cards
}

/// Writes the vectors of a run: the newest of encoder `on`, or the last used. The first column is
/// `file` for ready-made cutouts, else `object`. Objects without a vector are left out.
pub fn export_vectors(
    project: &Project,
    path: &Path,
    on: Option<&str>,
    progress: &dyn Progress,
) -> Result<ExportReport, ProjectError> {
    let newest = project.runs()?.first().map(|(run, _)| run.clone());
    let wanted = on.map(str::to_owned).or(newest);
    let opened = Opened::of(project, wanted.as_deref())?;
    let run = opened
        .runs
        .first()
        .ok_or_else(|| ProjectError::Ask("there are no vectors".into()))?;
    let vectors = run.vectors();
    let images = Images::of(project)?;
    let rows: Vec<usize> = vectors.present_rows().collect();
    let all_files = rows
        .iter()
        .all(|&i| images.objects().get(i).is_some_and(|o| o.file.is_some()));
    let keys: Vec<String> = rows
        .iter()
        .filter_map(|&i| images.objects().get(i))
        .map(|o| {
            o.file
                .clone()
                .filter(|_| all_files)
                .unwrap_or_else(|| o.name.clone())
        })
        .collect();
    progress.begin(&format!("writing {}", path.display()), None);
    let key = if all_files { "file" } else { "object" };
    let names = &run.manifest.encoder.feature_names;
    write_vectors(path, key, &keys, vectors.dim(), names, &mut |i, out| {
        vectors.read_row(rows[i], out)
    })
    .map_err(|e| ProjectError::Ask(e.to_string()))?;
    Ok(ExportReport {
        rows: keys.len(),
        columns: vectors.dim() + 1,
        files: vec![path.to_owned()],
        skipped: vec![],
    })
}
