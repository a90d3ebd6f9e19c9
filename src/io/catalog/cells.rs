//! A column's cells as text, the same for every text format we write.

use super::{CatalogError, Table};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, StringArray};
use arrow::array::{Float32Array, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use std::fmt::Write;
use std::path::Path;

/// A column ready to be written cell by cell.
pub(crate) enum Cells {
    /// True or false.
    Bool(BooleanArray),
    /// Any integer type.
    Int(Int64Array),
    /// Single precision, written with the fewest digits that give it back.
    F32(Float32Array),
    /// Double precision, likewise.
    F64(Float64Array),
    /// Text.
    Text(StringArray),
    /// Fixed-length vectors: the lists and all their elements on end.
    Vector(FixedSizeListArray, Box<Cells>),
}

impl Cells {
    /// Looks at a column; types outside [`super::table`]'s set are written as text.
    pub(crate) fn new(path: &Path, array: &ArrayRef) -> Result<Self, CatalogError> {
        let cast = |to: DataType| arrow::compute::cast(array, &to).map_err(|e| CatalogError::arrow(path, e));
        Ok(match array.data_type() {
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::Float32 => Self::F32(array.as_primitive::<Float32Type>().clone()),
            DataType::Float64 => Self::F64(array.as_primitive::<Float64Type>().clone()),
            DataType::Utf8 => Self::Text(array.as_string::<i32>().clone()),
            DataType::FixedSizeList(_, _) => {
                let lists = array.as_fixed_size_list().clone();
                let items = Self::new(path, lists.values())?;
                Self::Vector(lists, Box::new(items))
            }
            t if t.is_integer() && t != &DataType::UInt64 => {
                Self::Int(cast(DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            _ => Self::Text(cast(DataType::Utf8)?.as_string::<i32>().clone()),
        })
    }

    /// All columns of a table.
    pub(crate) fn of_table(path: &Path, table: &Table) -> Result<Vec<Self>, CatalogError> {
        (table.batch.columns().iter())
            .map(|array| Self::new(path, array))
            .collect()
    }

    /// Whether the cell has no value; a NaN outside vectors counts as none.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Bool(a) => a.is_null(row),
            Self::Int(a) => a.is_null(row),
            Self::F32(a) => a.is_null(row) || a.value(row).is_nan(),
            Self::F64(a) => a.is_null(row) || a.value(row).is_nan(),
            Self::Text(a) => a.is_null(row),
            Self::Vector(a, _) => a.is_null(row),
        }
    }

    /// The elements of a vector cell: the cells they are in and their rows there.
    pub(crate) fn elements(&self, row: usize) -> Option<(&Cells, std::ops::Range<usize>)> {
        match self {
            Self::Vector(lists, items) => {
                let width = usize::try_from(lists.value_length()).unwrap_or(0);
                let first = row.saturating_mul(width);
                Some((items, first..first + width))
            }
            _ => None,
        }
    }

    /// Appends a scalar cell's value as it reads in CSV; a missing one appends nothing.
    pub(crate) fn append(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            return;
        }
        // Writing to a String can't fail.
        let _ = match self {
            Self::Bool(a) => out.write_str(if a.value(row) { "True" } else { "False" }),
            Self::Int(a) => write!(out, "{}", a.value(row)),
            Self::F32(a) => write!(out, "{:?}", a.value(row)),
            Self::F64(a) => write!(out, "{:?}", a.value(row)),
            Self::Text(a) => out.write_str(a.value(row)),
            Self::Vector(..) => Ok(()),
        };
    }
}
