//! Answers kept for the next look: scores, probabilities, coordinates, each with how it came about.
//!
//! The values are a Parquet file in `index/`, which may be deleted at any time; the row in the
//! database names the file, so an answer is either the whole old one or the whole new one.

use super::error::{ProjectError, io_at};
use super::{OBJECT_ID, Project};
use crate::io::catalog::{Table, table};
use arrow::array::{ArrayRef, Int64Array};
use arrow::datatypes::{DataType, Field};
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;

/// A stored answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `classify`, `anomalies`, `map-pca`, `map-umap`.
    pub kind: String,
    /// When it was made, UTC.
    pub at: String,
    /// How it came about: method, parameters, seed, runs, labels, program.
    pub provenance: Map<String, Value>,
    /// First column `object_id`, then the values.
    pub table: Table,
}

/// An answer that is to be kept.
pub struct Draft {
    /// See [`Answer::kind`].
    pub kind: String,
    /// The objects that have values, in the columns' order.
    pub objects: Vec<i64>,
    /// One value for each object.
    pub columns: Vec<(Field, ArrayRef)>,
    /// How it came about.
    pub provenance: Map<String, Value>,
}

/// An answer whose values are on the disk, but which is nobody's yet: [`Prepared::put_in`] makes it the
/// project's. Dropped before, it leaves nothing behind.
pub struct Prepared {
    kind: String,
    at: String,
    provenance: Map<String, Value>,
    // Removed when dropped, unless it was put in.
    file: tempfile::TempPath,
}

/// Keeps an answer. In a project that can't be written (an archive, a colleague's, a full disk) an answer
/// is still worth giving: it is then not kept, and what is returned says so and why.
pub fn save(project: &mut Project, draft: Draft) -> Result<Option<String>, ProjectError> {
    let root = project.root().to_path_buf();
    unless_refused(prepare(&root, draft).and_then(|prepared| prepared.put_in(project)))
}

/// Turns a refusal to write into the sentence that says so; see [`save`].
pub fn unless_refused(result: Result<(), ProjectError>) -> Result<Option<String>, ProjectError> {
    match result {
        Ok(()) => Ok(None),
        Err(why) if why.is_read_only() => Ok(Some(format!(
            "this answer is not kept, and no export will hold it: {why}"
        ))),
        Err(other) => Err(other),
    }
}

/// Writes the values of an answer for the project in `root`: the long part of keeping it, which needs
/// nothing of an open project and so can be done beside it.
pub fn prepare(root: &Path, draft: Draft) -> Result<Prepared, ProjectError> {
    let Draft {
        kind,
        objects,
        columns,
        mut provenance,
    } = draft;
    let dir = root.join("index");
    std::fs::create_dir_all(&dir).map_err(io_at(&dir))?;
    // Asked before the table is made: a refusal then costs nothing.
    drop(tempfile::tempfile_in(&dir).map_err(io_at(&dir))?);
    let at = super::journal::now();
    // Nanoseconds and the process make the name unique among processes that answer at once.
    let stamp = jiff::Timestamp::now().as_nanosecond();
    let file = format!("{kind}-{stamp}-{}.parquet", std::process::id());
    provenance.insert("program".into(), super::PROGRAM.into());
    provenance.insert("file".into(), file.clone().into());
    let id = table::field(
        OBJECT_ID,
        DataType::Int64,
        "",
        "meta.id",
        "number of the object in the project",
    );
    let mut all: Vec<(Field, ArrayRef)> = vec![(id, Arc::new(Int64Array::from(objects)))];
    all.extend(columns);
    let path = dir.join(&file);
    let damaged = |cause: String| ProjectError::Damaged {
        path: path.display().to_string(),
        cause,
    };
    let mut table = Table::new(all).map_err(|e| damaged(e.to_string()))?;
    table.meta = provenance
        .iter()
        .map(|(k, v)| (k.clone(), v.to_string()))
        .collect();
    crate::io::catalog::write_parquet(&path, &table).map_err(|e| ProjectError::of_table(&path, e))?;
    let file = tempfile::TempPath::try_from_path(path.clone()).map_err(io_at(&path))?;
    Ok(Prepared {
        kind,
        at,
        provenance,
        file,
    })
}

impl Prepared {
    /// Makes it the project's answer of its kind, in place of the one before.
    pub fn put_in(self, project: &mut Project) -> Result<(), ProjectError> {
        let text = Value::Object(self.provenance).to_string();
        let old: Option<String> = project.store_mut().write(|tx| {
            let old = tx
                .query_row(
                    "SELECT provenance FROM answer WHERE kind = ?1",
                    [&self.kind],
                    |row| row.get(0),
                )
                .optional()?;
            tx.execute(
                "INSERT OR REPLACE INTO answer (kind, at, provenance) VALUES (?1, ?2, ?3)",
                params![self.kind, self.at, text],
            )?;
            Ok(old)
        })?;
        let path = self.file.to_path_buf();
        self.file.keep().map_err(|e| io_at(&path)(e.error))?;
        if let Some(old) = old.and_then(|o| serde_json::from_str::<Map<String, Value>>(&o).ok())
            && let Some(name) = old.get("file").and_then(Value::as_str)
            && !name.contains('/')
        {
            // A reader that has it open keeps it; a file left behind is only space.
            let _ = std::fs::remove_file(path.with_file_name(name));
        }
        Ok(())
    }
}

/// A stored answer, or `None` if it was never made or its file was deleted.
pub fn load(project: &Project, kind: &str) -> Result<Option<Answer>, ProjectError> {
    let row: Option<(String, String)> = project.store().read(|db| {
        db.query_row(
            "SELECT at, provenance FROM answer WHERE kind = ?1",
            [kind],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
    })?;
    let Some((at, text)) = row else { return Ok(None) };
    let provenance: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    let Some(file) = provenance.get("file").and_then(Value::as_str) else {
        return Ok(None);
    };
    let path = project.root().join("index").join(file);
    if !path.is_file() {
        return Ok(None);
    }
    let table = super::catalog::read_parquet(&path).map_err(|e| match e {
        ProjectError::Damaged { path, cause } => ProjectError::Damaged {
            path,
            cause: format!(
                "{cause}; what is in index/ can be made again: delete this file and repeat the command that made it ({kind})"
            ),
        },
        other => other,
    })?;
    Ok(Some(Answer {
        kind: kind.to_owned(),
        at,
        provenance,
        table,
    }))
}

/// Kinds of the answers there are.
pub fn kinds(project: &Project) -> Result<Vec<String>, ProjectError> {
    project.store().read(|db| {
        let mut query = db.prepare("SELECT kind FROM answer ORDER BY kind")?;
        query.query_map([], |row| row.get(0))?.collect()
    })
}
