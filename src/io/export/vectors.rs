//! Vectors out, one row at a time: a million of them never stand in memory as text.

use super::npz::{NpzWriter, npy_header};
use crate::io::catalog::parquet::{failed_to_write, properties};
use crate::io::catalog::{CatalogError, has_extension, push_text, write_atomically, write_file_atomically};
use ::parquet::errors::ParquetError;
use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use std::fmt::Write as _;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

/// What every format is given.
struct Sheet<'a> {
    path: &'a Path,
    key_name: &'a str,
    keys: &'a [String],
    dim: usize,
    feature_names: &'a [String],
}

/// Rows of a Parquet row group; of long vectors fewer.
const GROUP_VALUES: usize = 4 << 20;

/// Writes one vector of `dim` numbers for each key, by the extension: `.csv` (a column
/// `key_name`, then the features; also `.csv.gz`), `.npz` (`files`, text [N], and `vectors`,
/// float32 [N, dim]) or `.parquet` (the key, then one column a feature, or a single fixed-size
/// list `vector` if the features have no names).
///
/// `feature_names` has `dim` names or none; then CSV names them `v000`, `v001`, … `rows(i, out)`
/// fills in row `i`; it is called once a row, in order.
///
/// # Errors
/// [`CatalogError::Unsupported`] if the numbers of names and dimensions differ, and
/// [`CatalogError::UnknownFormat`] for any other extension.
pub fn write_vectors(
    path: &Path,
    key_name: &str,
    keys: &[String],
    dim: usize,
    feature_names: &[String],
    rows: &mut dyn FnMut(usize, &mut [f32]),
) -> Result<(), CatalogError> {
    if !feature_names.is_empty() && feature_names.len() != dim {
        return Err(CatalogError::unsupported(
            path,
            format!(
                "{} feature names for vectors of {dim} numbers; give one each or none",
                feature_names.len()
            ),
        ));
    }
    let stem = path
        .file_stem()
        .map(Path::new)
        .filter(|_| has_extension(path, "gz"));
    let sheet = Sheet {
        path,
        key_name,
        keys,
        dim,
        feature_names,
    };
    if has_extension(stem.unwrap_or(path), "csv") {
        write_csv(&sheet, rows)
    } else if has_extension(path, "npz") {
        write_npz(&sheet, rows)
    } else if has_extension(path, "parquet") {
        write_parquet(&sheet, rows)
    } else {
        Err(CatalogError::UnknownFormat {
            path: path.to_owned(),
            cause: "vectors can be written as .csv, .npz or .parquet".to_owned(),
        })
    }
}

fn write_csv(sheet: &Sheet, rows: &mut dyn FnMut(usize, &mut [f32])) -> Result<(), CatalogError> {
    let &Sheet {
        path,
        key_name,
        keys,
        dim,
        feature_names,
    } = sheet;
    write_atomically(path, |out| {
        let failed = |e| CatalogError::io(path, e);
        let mut text = String::new();
        push_text(key_name, &mut text);
        for i in 0..dim {
            match feature_names.get(i) {
                Some(name) => {
                    text.push(',');
                    push_text(name, &mut text);
                }
                // Writing to a String can't fail.
                None => {
                    let _ = write!(text, ",v{i:03}");
                }
            }
        }
        text.push('\n');
        let mut row = vec![0f32; dim];
        for (i, key) in keys.iter().enumerate() {
            rows(i, &mut row);
            push_text(key, &mut text);
            for v in &row {
                text.push(',');
                if !v.is_nan() {
                    let _ = write!(text, "{v:?}");
                }
            }
            text.push('\n');
            if text.len() > 1 << 20 {
                out.write_all(text.as_bytes()).map_err(failed)?;
                text.clear();
            }
        }
        out.write_all(text.as_bytes()).map_err(failed)
    })
}

fn write_npz(sheet: &Sheet, rows: &mut dyn FnMut(usize, &mut [f32])) -> Result<(), CatalogError> {
    let &Sheet { path, keys, dim, .. } = sheet;
    let failed = |e| CatalogError::io(path, e);
    write_file_atomically(path, |file| {
        let mut npz = NpzWriter::new(BufWriter::with_capacity(1 << 20, file));
        let width = keys.iter().map(|k| k.chars().count()).max().unwrap_or(0).max(1);
        npz.add(
            "files",
            &npy_header(&format!("<U{width}"), &[keys.len()]),
            |put| {
                let mut cell = Vec::with_capacity(width * 4);
                for key in keys {
                    cell.clear();
                    key.chars().for_each(|c| cell.extend(u32::from(c).to_le_bytes()));
                    cell.resize(width * 4, 0);
                    put(&cell)?;
                }
                Ok(())
            },
        )
        .map_err(failed)?;
        npz.add("vectors", &npy_header("<f4", &[keys.len(), dim]), |put| {
            let mut row = vec![0f32; dim];
            let mut bytes = Vec::with_capacity(dim * 4);
            for i in 0..keys.len() {
                rows(i, &mut row);
                bytes.clear();
                row.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
                put(&bytes)?;
            }
            Ok(())
        })
        .map_err(failed)?;
        npz.finish().map_err(failed)
    })
}

fn write_parquet(sheet: &Sheet, rows: &mut dyn FnMut(usize, &mut [f32])) -> Result<(), CatalogError> {
    let &Sheet {
        path,
        key_name,
        keys,
        dim,
        feature_names,
    } = sheet;
    let failed = |e: ParquetError| failed_to_write(path, e);
    let width = i32::try_from(dim)
        .map_err(|e| CatalogError::unsupported(path, format!("the vectors are too long: {e}")))?;
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let mut fields = vec![Field::new(key_name, DataType::Utf8, false)];
    if feature_names.is_empty() {
        fields.push(Field::new(
            "vector",
            DataType::FixedSizeList(Arc::clone(&item), width),
            false,
        ));
    } else {
        fields.extend(
            feature_names
                .iter()
                .map(|n| Field::new(n, DataType::Float32, false)),
        );
    }
    let schema = Arc::new(Schema::new(fields));
    write_file_atomically(path, |file| {
        let mut writer =
            ::parquet::arrow::ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties()))
                .map_err(failed)?;
        let step = (GROUP_VALUES / dim.max(1)).clamp(1, 65_536);
        let mut row = vec![0f32; dim];
        for (block, keys) in keys.chunks(step).enumerate() {
            let mut columns: Vec<Vec<f32>> = Vec::new();
            if feature_names.is_empty() {
                columns.push(Vec::with_capacity(keys.len() * dim));
            } else {
                columns.resize(dim, Vec::with_capacity(keys.len()));
            }
            for i in 0..keys.len() {
                rows(block * step + i, &mut row);
                if feature_names.is_empty() {
                    columns[0].extend_from_slice(&row);
                } else {
                    columns.iter_mut().zip(&row).for_each(|(c, v)| c.push(*v));
                }
            }
            let mut arrays: Vec<ArrayRef> = vec![Arc::new(StringArray::from_iter_values(keys))];
            for values in columns {
                let values = Arc::new(Float32Array::from(values));
                arrays.push(if feature_names.is_empty() {
                    Arc::new(
                        FixedSizeListArray::try_new(Arc::clone(&item), width, values, None)
                            .map_err(|e| CatalogError::arrow(path, e))?,
                    )
                } else {
                    values
                });
            }
            let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)
                .map_err(|e| CatalogError::arrow(path, e))?;
            writer.write(&batch).map_err(failed)?;
            writer.flush().map_err(failed)?;
        }
        writer.close().map_err(failed)?;
        Ok(())
    })
}
