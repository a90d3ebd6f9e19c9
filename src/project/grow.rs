//! How a project grows: fields with their objects and columns, all or nothing.

use super::error::io_at;
use super::folder::sync_folder;
use super::{Field, Object, PROGRAM, Project, ProjectError, catalog, journal, objects};
use crate::io::catalog::Table;
use rusqlite::params;

/// A field and its objects, ready to be kept. Objects get their ids on import.
#[derive(Debug, Clone)]
pub struct NewField {
    /// The field; its id is ignored unless `is_known`.
    pub field: Field,
    /// Whether the project has the field already and the objects are added to it.
    pub is_known: bool,
    /// Its objects; their `id` and `field` are ignored.
    pub objects: Vec<Object>,
    /// Their catalogue columns, one row an object, if there are any.
    pub columns: Option<Table>,
}

impl Project {
    /// Adds fields with their objects and columns, all or nothing: the new catalogue is complete on
    /// disk beside the old one, takes its place, and then the objects are committed. A kill between
    /// the last two leaves catalogue rows of unknown objects, which are never read and dropped by
    /// the next import. Returns the number of the first new object and how many there are.
    ///
    /// The caller holds [`Project::lock_import`].
    pub fn add(
        &mut self,
        who: &str,
        fields: Vec<NewField>,
        report: &serde_json::Value,
    ) -> Result<(i64, usize), ProjectError> {
        let first = self.count()? as i64;
        let path = catalog::path(&self.root);
        let staged = self.root.join("catalog.parquet.new");
        let damaged = |cause: String| ProjectError::Damaged {
            path: path.display().to_string(),
            cause,
        };
        let mut columns = match catalog::read(self) {
            Err(ProjectError::Missing { .. }) => None,
            other => other?,
        };
        let mut next = first;
        let mut has_new_columns = false;
        for new in &fields {
            let ids: Vec<i64> = (next..next + new.objects.len() as i64).collect();
            next += new.objects.len() as i64;
            if let Some(table) = &new.columns {
                columns =
                    Some(catalog::append(columns.take(), &ids, table).map_err(|e| damaged(e.to_string()))?);
                has_new_columns = true;
            }
        }
        if has_new_columns && let Some(table) = &columns {
            crate::io::catalog::write_parquet(&staged, table)
                .map_err(|e| ProjectError::of_table(&staged, e))?;
        }
        let at = journal::now();
        let total = self.store.write_then(
            |tx| {
                let mut id = first;
                let mut total = 0;
                for new in fields {
                    let field = if new.is_known {
                        new.field.id
                    } else {
                        objects::insert_field(tx, &new.field)?
                    };
                    let numbered = new.objects.into_iter().zip(id..).map(|(o, id)| Object { id, field, ..o });
                    let count = objects::insert_objects(tx, numbered)?;
                    id += count;
                    total += count as usize;
                }
                tx.execute(
                    "INSERT INTO import (at, who, version, first_object, objects, report) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![at, who, PROGRAM, first, total as i64, report.to_string()],
                )?;
                if has_new_columns {
                    tx.execute("INSERT OR REPLACE INTO fact (key, value) VALUES (?1, 'kept')", [catalog::FACT])?;
                }
                Ok(total)
            },
            || {
                if has_new_columns {
                    std::fs::rename(&staged, &path).map_err(io_at(&path))?;
                    sync_folder(&self.root);
                }
                Ok(())
            },
        )?;
        Ok((first, total))
    }
}
