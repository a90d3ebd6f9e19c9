//! A catalogue in memory: typed columns with units, as Arrow arrays.
//!
//! Column types are kept to what all four file formats can hold without loss: `Boolean`, `UInt8`,
//! `Int16`, `Int32`, `Int64`, `Float32`, `Float64`, `Utf8`, and `FixedSizeList` of those numbers
//! for vector columns. What a column means travels in its Arrow field metadata under the keys
//! below, so it survives Parquet unchanged.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use std::collections::HashMap;
use std::sync::Arc;

/// Field metadata key: unit string as in FITS/VOUnit (`deg`, `mag`, `Jy`, `pix`).
pub const UNIT: &str = "unit";
/// Field metadata key: IVOA UCD, such as `pos.eq.ra;meta.main`.
pub const UCD: &str = "ucd";
/// Field metadata key: one line of description.
pub const DESCRIPTION: &str = "description";

/// A catalogue: columns of equal length plus facts about the whole table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns.
    pub batch: RecordBatch,
    /// Facts about the table in order: FITS header cards, VOTable PARAM/INFO, ECSV meta.
    pub meta: Vec<(String, String)>,
}

/// A column's field with its unit, UCD and description (empty strings are left out).
pub fn field(name: &str, data_type: DataType, unit: &str, ucd: &str, description: &str) -> Field {
    let meta: HashMap<String, String> = [(UNIT, unit), (UCD, ucd), (DESCRIPTION, description)]
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    Field::new(name, data_type, true).with_metadata(meta)
}

impl Table {
    /// A table of the given columns; they must have equal lengths and unique names.
    pub fn new(columns: Vec<(Field, ArrayRef)>) -> Result<Self, arrow::error::ArrowError> {
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
        let rows = arrays.first().map_or(0, |a| a.len());
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?;
        Ok(Self {
            batch,
            meta: Vec::new(),
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// Column names in order.
    pub fn names(&self) -> Vec<&str> {
        self.batch
            .schema_ref()
            .fields()
            .iter()
            .map(|f| f.name().as_str())
            .collect()
    }

    /// A column's position by name: exact first, then ignoring case.
    pub fn position(&self, name: &str) -> Option<usize> {
        let fields = self.batch.schema_ref().fields();
        fields
            .iter()
            .position(|f| f.name() == name)
            .or_else(|| fields.iter().position(|f| f.name().eq_ignore_ascii_case(name)))
    }

    /// A column by name, as [`Table::position`] finds it.
    pub fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.position(name).map(|i| self.batch.column(i))
    }

    /// A numeric or boolean column as `f64`, null as NaN; `None` if there is no such column or it
    /// isn't a scalar number.
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        let column = self.column(name)?;
        if !(column.data_type().is_numeric() || column.data_type() == &DataType::Boolean) {
            return None;
        }
        let as_f64 = arrow::compute::cast(column, &DataType::Float64).ok()?;
        let values = as_f64.as_any().downcast_ref::<arrow::array::Float64Array>()?;
        Some(
            (0..values.len())
                .map(|i| {
                    if values.is_null(i) {
                        f64::NAN
                    } else {
                        values.value(i)
                    }
                })
                .collect(),
        )
    }

    /// Any scalar column as text, null as the empty string.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let column = self.column(name)?;
        let as_text = arrow::compute::cast(column, &DataType::Utf8).ok()?;
        let values = as_text.as_any().downcast_ref::<arrow::array::StringArray>()?;
        Some(
            (0..values.len())
                .map(|i| {
                    if values.is_null(i) {
                        String::new()
                    } else {
                        values.value(i).to_owned()
                    }
                })
                .collect(),
        )
    }

    /// A column's unit, if it has one.
    pub fn unit(&self, name: &str) -> Option<&str> {
        let i = self.position(name)?;
        self.batch
            .schema_ref()
            .field(i)
            .metadata()
            .get(UNIT)
            .map(String::as_str)
    }
}
