//! Parquet for other programs, astropy's `Table.read` among them.
//!
//! astropy takes names, units and descriptions from YAML under [`YAML_KEY`] and the length of texts
//! from `table::len::COLUMN`; it can't read texts or vectors that are null. So an absent text is an
//! empty one here (its field says whether all empty ones are, for our own reader), and an absent
//! vector has absent elements. Absent numbers are Parquet's nulls, which every reader knows.

use super::csv::yaml_header;
use super::{CatalogError, Table, write_parquet};
use arrow::array::{Array, ArrayRef, AsArray, FixedSizeListArray, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use std::path::Path;
use std::sync::Arc;

/// Where astropy looks for what a table's columns are.
const YAML_KEY: &str = "table_meta_yaml";
/// The field metadata key of a column whose empty texts are all absent ones.
pub(super) const EMPTY_IS_ABSENT: &str = "empty_is_absent";

/// Writes the table as Parquet that astropy, pandas and Arrow read.
pub fn write_parquet_export(path: &Path, table: &Table) -> Result<(), CatalogError> {
    let old = table.batch.schema_ref();
    let mut metadata = old.metadata().clone();
    metadata.insert(YAML_KEY.to_owned(), yaml_header(table).join("\n"));
    let mut fields: Vec<Field> = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (field, array) in old.fields().iter().zip(table.batch.columns()) {
        let mut field = field.as_ref().clone();
        let array = match array.data_type() {
            DataType::Utf8 => {
                let texts = array.as_string::<i32>();
                if texts.null_count() > 0 && !texts.iter().flatten().any(str::is_empty) {
                    let mut own = field.metadata().clone();
                    own.insert(EMPTY_IS_ABSENT.to_owned(), "true".to_owned());
                    field.set_metadata(own);
                }
                let longest = texts.iter().flatten().map(|t| t.chars().count()).max();
                metadata.insert(
                    format!("table::len::{}", field.name()),
                    longest.unwrap_or(0).max(1).to_string(),
                );
                let filled = texts.iter().map(|t| Some(t.unwrap_or_default()));
                Arc::new(filled.collect::<StringArray>()) as ArrayRef
            }
            DataType::FixedSizeList(..) if array.null_count() > 0 => {
                without_absent_rows(array.as_fixed_size_list()).map_err(|e| CatalogError::arrow(path, e))?
            }
            _ => array.clone(),
        };
        fields.push(field);
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(table.rows()));
    let batch = arrow::array::RecordBatch::try_new_with_options(schema, arrays, &options)
        .map_err(|e| CatalogError::arrow(path, e))?;
    let whole = Table {
        batch,
        meta: table.meta.clone(),
    };
    write_parquet(path, &whole)
}

/// The vectors with absent elements where a whole one is absent.
fn without_absent_rows(list: &FixedSizeListArray) -> Result<ArrayRef, arrow::error::ArrowError> {
    let DataType::FixedSizeList(item, width) = list.data_type() else {
        return Ok(Arc::new(list.clone()));
    };
    let width_each = usize::try_from(*width).unwrap_or(0);
    let places: UInt32Array = (0..list.len() * width_each)
        .map(|i| list.is_valid(i / width_each.max(1)).then_some(i as u32))
        .collect();
    let values = arrow::compute::take(list.values(), &places, None)?;
    let item = Arc::new(item.as_ref().clone().with_nullable(true));
    Ok(Arc::new(FixedSizeListArray::try_new(item, *width, values, None)?))
}

/// A text column as it was before [`write_parquet_export`]: its empty texts are absent again.
pub(super) fn restored(field: &Field, array: &ArrayRef) -> ArrayRef {
    match array.as_string_opt::<i32>() {
        Some(texts) if field.metadata().contains_key(EMPTY_IS_ABSENT) => {
            let texts = texts.iter().map(|t| t.filter(|t| !t.is_empty()));
            Arc::new(texts.collect::<StringArray>())
        }
        _ => array.clone(),
    }
}
