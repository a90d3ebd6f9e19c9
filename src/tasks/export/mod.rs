//! Export: the catalogue with labels, probabilities and scores, and how each came about.

mod cards;
mod columns;
mod vectors;

pub use vectors::export_vectors;

use super::images::Images;
use super::{Skipped, anomalies, classify};
use crate::io::catalog::Table;
use crate::io::export::write_catalog;
use crate::io::fits::write_table;
use crate::progress::Progress;
use crate::project::journal::{self, Kind};
use crate::project::runs::Run;
use crate::project::{OBJECT_ID, PROGRAM, Project, ProjectError, answers, catalog};
use arrow::array::ArrayRef;
use arrow::datatypes::Field;
use cards::cards_of;
use columns::{feature_columns, identity, label_columns, step_aside, unique};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

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
    let learnt_from = provenance
        .get(classify::ANSWER)
        .and_then(|a| a["journal_event"].as_i64());
    if let Some(event) = learnt_from
        && journal::has_newer(project.store(), Kind::Label, event)?
    {
        progress.note(
            "labels were given after the classes were last learnt: `predicted` and the probabilities don't know \
             them until `astrolabel classify` is run again",
        );
    }
    progress.begin(&format!("writing {}", path.display()), None);
    let failed = |cause: String| ProjectError::Ask(cause);
    let mut files = vec![path.to_owned()];
    match ending.as_str() {
        "fits" | "fit" => {
            let cards = cards_of(&provenance);
            let notes = write_table(path, &table, "CATALOG", &cards).map_err(|e| failed(e.to_string()))?;
            for note in notes {
                progress.note(&format!("{}: {note}", path.display()));
            }
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
    let (mut runs, mut encoders) = (Vec::new(), std::collections::HashSet::new());
    for (name, encoder) in project.runs()? {
        let opened = Run::open(&project.embeddings(), &name, ids.len()).map(Some);
        let Some(run) = or_skip(opened, skipped)? else {
            continue;
        };
        // Of several runs of the same measurements the newest is the columns.
        if run.manifest.encoder.feature_names.len() == run.manifest.dim && encoders.insert(encoder) {
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
