//! `catalog.parquet`: the columns of every imported catalogue, one row an object.

use super::error::ProjectError;
use super::{OBJECT_ID, Project};
use crate::io::catalog::{Table, table};
use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, new_null_array};
use arrow::compute::{cast, concat, filter_record_batch};
use arrow::datatypes::{DataType, Field};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a catalogue's column gets behind its name where the program has one of that name.
pub const CATALOG_SUFFIX: &str = "_catalog";
/// The remembered fact that there are columns, so that a deleted file is noticed.
pub(super) const FACT: &str = "catalog";

/// Where a project's catalogue is.
pub fn path(root: &Path) -> PathBuf {
    root.join("catalog.parquet")
}

pub(super) fn read_parquet(path: &Path) -> Result<Table, ProjectError> {
    // The reader of catalogues tells formats by content and would take anything readable for a CSV.
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(4).read_to_end(&mut start));
    read.map_err(super::error::io_at(path))?;
    if start != b"PAR1" {
        return Err(ProjectError::Damaged {
            path: path.display().to_string(),
            cause: "this is not a Parquet file any more".into(),
        });
    }
    crate::io::catalog::read_catalog(path, &crate::progress::Silent).map_err(|e| ProjectError::Damaged {
        path: path.display().to_string(),
        cause: e.to_string(),
    })
}

/// The catalogue with `object_id` first; `None` before the first import with columns. Rows of an
/// import that was killed before its end are left out.
pub fn read(project: &Project) -> Result<Option<Table>, ProjectError> {
    let path = path(project.root());
    if !path.is_file() {
        if project.fact(FACT)?.is_none() {
            return Ok(None);
        }
        return Err(ProjectError::Missing {
            path: path.display().to_string(),
            cause: "the file of the catalogue's columns is gone: restore it from a copy; all else is there"
                .into(),
        });
    }
    let table = read_parquet(&path).map_err(|e| match e {
        ProjectError::Damaged { path, cause } => ProjectError::Damaged {
            path,
            cause: format!(
                "{cause}; restore this file from a copy, or delete it to go on without the catalogue's columns"
            ),
        },
        other => other,
    })?;
    let count = super::objects::count(project.store())? as i64;
    keep_known(table, count, &path).map(Some)
}

fn keep_known(table: Table, count: i64, path: &Path) -> Result<Table, ProjectError> {
    let damaged = |cause: String| ProjectError::Damaged {
        path: path.display().to_string(),
        cause,
    };
    let ids = object_ids(&table).ok_or_else(|| {
        damaged(format!(
            "the column {OBJECT_ID} is missing: restore the file from a copy"
        ))
    })?;
    if ids.iter().all(|&id| id < count) {
        return Ok(table);
    }
    let keep: BooleanArray = ids.iter().map(|&id| Some(id < count)).collect();
    let batch = filter_record_batch(&table.batch, &keep).map_err(|e| damaged(e.to_string()))?;
    Ok(Table {
        batch,
        meta: table.meta,
    })
}

/// The `object_id` column.
pub fn object_ids(table: &Table) -> Option<Vec<i64>> {
    let column = table.column(OBJECT_ID)?;
    Some(column.as_any().downcast_ref::<Int64Array>()?.values().to_vec())
}

/// The old catalogue with new rows below: columns are matched by name, what one side lacks is null,
/// and a column whose types differ becomes `Float64` if both are numbers, else text.
pub fn append(old: Option<Table>, objects: &[i64], new: &Table) -> Result<Table, arrow::error::ArrowError> {
    let id = table::field(
        OBJECT_ID,
        DataType::Int64,
        "",
        "meta.id",
        "number of the object in the project",
    );
    let ids: ArrayRef = Arc::new(Int64Array::from(objects.to_vec()));
    let mut columns: Vec<(Field, ArrayRef)> = vec![(id, ids)];
    for (field, array) in new.batch.schema_ref().fields().iter().zip(new.batch.columns()) {
        // The catalogue's own column of that name keeps its values under another.
        let mut name = field.name().clone();
        while name == OBJECT_ID || columns.iter().any(|(f, _)| *f.name() == name) {
            name.push_str(CATALOG_SUFFIX);
        }
        columns.push((field.as_ref().clone().with_name(name), array.clone()));
    }
    let Some(old) = old else {
        let mut table = Table::new(columns)?;
        table.meta = new.meta.clone();
        return Ok(table);
    };
    let mut joined: Vec<(Field, ArrayRef)> = Vec::new();
    for (field, above) in old.batch.schema_ref().fields().iter().zip(old.batch.columns()) {
        let below = columns
            .iter()
            .position(|(f, _)| f.name() == field.name())
            .map(|i| columns.remove(i).1);
        let below = below.unwrap_or_else(|| new_null_array(above.data_type(), objects.len()));
        let (above, below) = common(above, &below)?;
        let field = field
            .as_ref()
            .clone()
            .with_data_type(above.data_type().clone())
            .with_nullable(true);
        joined.push((field, concat(&[above.as_ref(), below.as_ref()])?));
    }
    for (field, below) in columns {
        let above = new_null_array(below.data_type(), old.rows());
        joined.push((
            field.with_nullable(true),
            concat(&[above.as_ref(), below.as_ref()])?,
        ));
    }
    let mut meta = old.meta;
    for entry in &new.meta {
        if !meta.contains(entry) {
            meta.push(entry.clone());
        }
    }
    let mut table = Table::new(joined)?;
    table.meta = meta;
    Ok(table)
}

fn common(a: &ArrayRef, b: &ArrayRef) -> Result<(ArrayRef, ArrayRef), arrow::error::ArrowError> {
    let (ta, tb) = (a.data_type(), b.data_type());
    if ta == tb {
        return Ok((a.clone(), b.clone()));
    }
    let both_whole = ta.is_integer() && tb.is_integer();
    let wanted = if both_whole {
        DataType::Int64
    } else if ta.is_numeric() && tb.is_numeric() {
        DataType::Float64
    } else {
        DataType::Utf8
    };
    Ok((cast(a, &wanted)?, cast(b, &wanted)?))
}

/// The rows of `batch` in the order of `objects`, by its `object_id`; objects without a row get nulls.
pub fn align(table: &Table, objects: &[i64]) -> Result<RecordBatch, arrow::error::ArrowError> {
    let ids = object_ids(table).unwrap_or_default();
    if ids == objects {
        return Ok(table.batch.clone());
    }
    let at: std::collections::HashMap<i64, u32> =
        ids.iter().enumerate().map(|(i, &id)| (id, i as u32)).collect();
    let rows: arrow::array::UInt32Array = objects.iter().map(|id| at.get(id).copied()).collect();
    arrow::compute::take_record_batch(&table.batch, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Float32Array, StringArray};

    #[test]
    fn appending_joins_by_name_and_widens_types() {
        let f = |n: &str, t: DataType| table::field(n, t, "", "", "");
        let first = Table::new(vec![
            (
                f("mag", DataType::Float32),
                Arc::new(Float32Array::from(vec![1.5])) as ArrayRef,
            ),
            (
                f("id", DataType::Int64),
                Arc::new(Int64Array::from(vec![7])) as ArrayRef,
            ),
        ])
        .unwrap();
        let second = Table::new(vec![
            (
                f("id", DataType::Utf8),
                Arc::new(StringArray::from(vec!["b"])) as ArrayRef,
            ),
            (
                f("z", DataType::Float32),
                Arc::new(Float32Array::from(vec![0.1])) as ArrayRef,
            ),
        ])
        .unwrap();
        let one = append(None, &[0], &first).unwrap();
        let both = append(Some(one), &[1], &second).unwrap();
        assert_eq!(both.names(), [OBJECT_ID, "mag", "id", "z"]);
        assert_eq!(both.texts("id").unwrap(), ["7", "b"]);
        assert_eq!(object_ids(&both).unwrap(), [0, 1]);
        assert!(both.numbers("mag").unwrap()[1].is_nan() && both.numbers("z").unwrap()[0].is_nan());
    }
}
