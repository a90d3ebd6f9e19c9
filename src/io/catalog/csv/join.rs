//! Whole columns out of the pieces that were parsed side by side.

use super::Piece;
use super::infer::Kind;
use crate::io::catalog::CatalogError;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use std::path::Path;

/// The kind of each whole column.
pub(super) fn column_kinds(pieces: &[Piece], floors: &[Kind]) -> Vec<Kind> {
    (0..floors.len())
        .map(|c| {
            let all = || pieces.iter().map(|p| &p.columns[c]);
            match all().fold(floors[c], |kind, p| kind.join(p.kind)) {
                // Nothing but missing values: words if some could be words, numbers if some are NaN.
                Kind::Null if all().any(|p| p.had_words) => Kind::Text,
                Kind::Null if all().any(|p| p.had_nan) => Kind::Float,
                Kind::Null => Kind::Text,
                kind => kind,
            }
        })
        .collect()
}

/// One column out of its pieces.
pub(super) fn join_pieces(
    path: &Path,
    pieces: &[Piece],
    c: usize,
    kind: Kind,
) -> Result<ArrayRef, CatalogError> {
    let target = match kind {
        Kind::Bool => DataType::Boolean,
        Kind::Int => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Null | Kind::Code | Kind::Text => DataType::Utf8,
    };
    if pieces.is_empty() {
        return Ok(arrow::array::new_empty_array(&target));
    }
    let arrays = pieces
        .iter()
        .map(|p| arrow::compute::cast(&p.columns[c].array, &target))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| CatalogError::arrow(path, e))?;
    if target == DataType::Utf8 {
        let bytes: usize = arrays
            .iter()
            .map(|a| a.as_string::<i32>().value_data().len())
            .sum();
        if bytes > i32::MAX as usize {
            return Err(CatalogError::unsupported(
                path,
                format!("column {} holds more than 2 GB of text; split the file", c + 1),
            ));
        }
    }
    let parts: Vec<&dyn Array> = arrays.iter().map(|a| a.as_ref()).collect();
    arrow::compute::concat(&parts).map_err(|e| CatalogError::arrow(path, e))
}
