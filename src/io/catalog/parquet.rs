//! Parquet in and out, with zstd; units, UCDs and descriptions travel as Arrow field metadata,
//! which pyarrow and pandas keep, and [`Table::meta`] as JSON under [`META_KEY`].
//!
//! Types outside [`super::table`]'s set are cast: small and unsigned integers up, dictionaries and
//! large strings to plain ones, decimals to `Float64`, dates and times to text, lists of one
//! length to vectors. What can't be (structs, maps, ragged lists) is left out with a note.

use super::table::field;
use super::{CatalogError, NOTE, Table, write_file_atomically};
use crate::progress::Progress;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use ::parquet::arrow::arrow_writer::compute_leaves;
use ::parquet::arrow::{ArrowWriter, ProjectionMask};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use rayon::prelude::*;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// The schema metadata key of the table's facts: a JSON array of `[key, value]`.
pub(crate) const META_KEY: &str = "astrolabel.meta";

/// Rows in a row group: small enough that a few threads share a million-row file.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// Reads a Parquet file.
pub(super) fn read_parquet(path: &Path, progress: &dyn Progress) -> Result<Table, CatalogError> {
    // The decoder trusts what a file says about itself and can panic on a damaged one; the damage
    // must stay with that file.
    catch_unwind(AssertUnwindSafe(|| read_trusting(path, progress)))
        .unwrap_or_else(|_| Err(damaged(path, "the decoder gave up on it")))
}

fn damaged(path: &Path, cause: impl std::fmt::Display) -> CatalogError {
    CatalogError::malformed(
        path,
        "Parquet data",
        format!("damaged or of an unknown kind: {cause}"),
    )
}

fn read_trusting(path: &Path, progress: &dyn Progress) -> Result<Table, CatalogError> {
    let open = || File::open(path).map_err(|e| CatalogError::io(path, e));
    let bad = |e: &dyn std::fmt::Display| damaged(path, e);
    let file = open()?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|e| bad(&e))?;
    let schema = Arc::clone(metadata.schema());
    let mut notes = Vec::new();
    let kept: Vec<usize> = (0..schema.fields().len())
        .filter(|&i| {
            let field = schema.field(i);
            let keep = target_type(field.data_type()).is_some();
            if !keep {
                notes.push(format!(
                    "column `{}` of type {} was left out",
                    field.name(),
                    field.data_type()
                ));
            }
            keep
        })
        .collect();
    let groups = metadata.metadata().num_row_groups();
    let rows: u64 = (0..groups)
        .map(|g| u64::try_from(metadata.metadata().row_group(g).num_rows()).unwrap_or(0))
        .fold(0, u64::saturating_add);
    progress.begin("reading rows", Some(rows));
    let mask = ProjectionMask::roots(metadata.parquet_schema(), kept.iter().copied());
    // Each thread opens the file itself: duplicated handles would share one file position.
    let batches: Vec<Vec<RecordBatch>> = (0..groups)
        .into_par_iter()
        .map(|group| {
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(open()?, metadata.clone())
                .with_projection(mask.clone())
                .with_row_groups(vec![group])
                .with_batch_size(32 * 1024)
                .build()
                .map_err(|e| bad(&e))?;
            let mut out = Vec::new();
            for batch in reader {
                if progress.cancelled() {
                    return Err(CatalogError::Cancelled {
                        path: path.to_owned(),
                    });
                }
                let batch = batch.map_err(|e| bad(&e))?;
                progress.advance(batch.num_rows() as u64);
                out.push(batch);
            }
            Ok(out)
        })
        .collect::<Result<_, CatalogError>>()?;
    let batches: Vec<RecordBatch> = batches.into_iter().flatten().collect();
    let columns = kept
        .par_iter()
        .enumerate()
        .map(|(at, &i)| {
            let parts: Vec<&dyn Array> = batches.iter().map(|b| b.column(at).as_ref()).collect();
            let whole = if parts.is_empty() {
                arrow::array::new_empty_array(schema.field(i).data_type())
            } else {
                arrow::compute::concat(&parts).map_err(|e| bad(&e))?
            };
            Ok(normalised(&whole))
        })
        .collect::<Result<Vec<_>, CatalogError>>()?;
    let names: Vec<&String> = kept.iter().map(|&i| schema.field(i).name()).collect();
    let names = super::names::unique_names(&names);
    let mut pairs: Vec<(Field, ArrayRef)> = Vec::new();
    for ((name, &i), column) in names.iter().zip(&kept).zip(columns) {
        let old = schema.field(i);
        match column {
            Ok((array, note)) => {
                if let Some(note) = note {
                    notes.push(format!("column `{name}` {note}"));
                }
                let array = super::parquet_export::restored(old, &array);
                let mut said = old.metadata().clone();
                said.remove(super::parquet_export::EMPTY_IS_ABSENT);
                let new = field(name, array.data_type().clone(), "", "", "").with_metadata(said);
                pairs.push((new, array));
            }
            Err(why) => notes.push(format!(
                "column `{name}` of type {} was left out: {why}",
                old.data_type()
            )),
        }
    }
    let mut table = Table::new(pairs).map_err(|e| CatalogError::arrow(path, e))?;
    if let Some(json) = schema.metadata().get(META_KEY)
        && let Ok(meta) = serde_json::from_str::<Vec<(String, String)>>(json)
    {
        table.meta = meta;
    }
    table
        .meta
        .extend(notes.into_iter().map(|note| (NOTE.to_owned(), note)));
    Ok(table)
}

/// The type in [`super::table`]'s set that holds `t`; `None` if none does. For lists the length
/// is known only from the data, and 0 stands for it.
fn target_type(t: &DataType) -> Option<DataType> {
    use DataType as D;
    Some(match t {
        D::Boolean | D::UInt8 | D::Int16 | D::Int32 | D::Int64 | D::Float32 | D::Float64 | D::Utf8 => {
            t.clone()
        }
        D::Int8 => D::Int16,
        D::UInt16 => D::Int32,
        D::UInt32 | D::UInt64 => D::Int64,
        D::Float16 => D::Float32,
        D::LargeUtf8 | D::Utf8View | D::Binary | D::LargeBinary | D::Null => D::Utf8,
        D::Timestamp(..) | D::Date32 | D::Date64 | D::Time32(_) | D::Time64(_) | D::Duration(_) => D::Utf8,
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Decimal256(..) => D::Float64,
        D::Dictionary(_, values) => target_type(values)?,
        D::FixedSizeList(item, width) => vector_of(item.data_type(), *width)?,
        D::List(item) | D::LargeList(item) => vector_of(item.data_type(), 0)?,
        _ => return None,
    })
}

fn vector_of(item: &DataType, width: i32) -> Option<DataType> {
    let item = target_type(item).filter(|t| t.is_numeric())?;
    Some(DataType::FixedSizeList(
        Arc::new(Field::new("item", item, true)),
        width,
    ))
}

/// The column in our set of types with a note if it changed what it says, or why it can't be.
fn normalised(array: &ArrayRef) -> Result<(ArrayRef, Option<String>), String> {
    let from = array.data_type();
    let mut to = target_type(from).ok_or("its type is not known here")?;
    let mut note = match (from, &to) {
        (
            DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..),
            _,
        ) => Some("is decimal and was read as double precision".to_owned()),
        (f, _) if f.is_temporal() => Some(format!("is of type {f} and was read as text")),
        _ => None,
    };
    if let DataType::FixedSizeList(item, 0) = &to {
        let lengths: Vec<usize> = match from {
            DataType::List(_) => array.as_list::<i32>().iter().flatten().map(|l| l.len()).collect(),
            DataType::LargeList(_) => array.as_list::<i64>().iter().flatten().map(|l| l.len()).collect(),
            _ => Vec::new(),
        };
        let width = lengths.first().copied().unwrap_or(0);
        if width == 0 || lengths.iter().any(|&n| n != width) {
            return Err("its lists differ in length".to_owned());
        }
        let width = i32::try_from(width).map_err(|e| e.to_string())?;
        to = DataType::FixedSizeList(Arc::clone(item), width);
    }
    if from == &to {
        return Ok((Arc::clone(array), note));
    }
    let mut cast = arrow::compute::cast(array, &to).map_err(|e| e.to_string())?;
    if cast.null_count() > array.null_count() && to == DataType::Int64 {
        cast = arrow::compute::cast(array, &DataType::Utf8).map_err(|e| e.to_string())?;
        note = Some("has integers beyond 64 bits and was read as text".to_owned());
    } else if cast.null_count() > array.null_count() {
        note = Some(format!(
            "has {} values that are not {to} and count as missing",
            cast.null_count() - array.null_count()
        ));
    }
    Ok((cast, note))
}

/// Writes the table as Parquet with zstd.
pub fn write_parquet(path: &Path, table: &Table) -> Result<(), CatalogError> {
    let failed = |e: ParquetError| failed_to_write(path, e);
    let old = table.batch.schema_ref();
    let mut metadata = old.metadata().clone();
    if !table.meta.is_empty() {
        let json = serde_json::to_string(&table.meta)
            .map_err(|e| failed_to_write(path, ParquetError::General(e.to_string())))?;
        metadata.insert(META_KEY.to_owned(), json);
    }
    let schema = Arc::new(Schema::new_with_metadata(old.fields().clone(), metadata));
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(table.rows()));
    let batch =
        RecordBatch::try_new_with_options(Arc::clone(&schema), table.batch.columns().to_vec(), &options)
            .map_err(|e| CatalogError::arrow(path, e))?;
    write_file_atomically(path, |file| {
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties())).map_err(failed)?;
        let (mut writer, groups) = writer.into_serialized_writer().map_err(failed)?;
        for (group, start) in (0..batch.num_rows()).step_by(ROW_GROUP_ROWS).enumerate() {
            let rows = batch.slice(start, ROW_GROUP_ROWS.min(batch.num_rows() - start));
            let columns = groups.create_column_writers(group).map_err(failed)?;
            let mut leaves = Vec::new();
            for (field, array) in schema.fields().iter().zip(rows.columns()) {
                leaves.extend(compute_leaves(field, array).map_err(failed)?);
            }
            // Encoding and compressing is most of the work, and columns don't know of each other.
            let encoded: Vec<_> = (columns.into_par_iter().zip(leaves))
                .map(|(mut column, leaf)| {
                    column.write(&leaf)?;
                    column.close()
                })
                .collect();
            let mut group = writer.next_row_group().map_err(failed)?;
            for column in encoded {
                column
                    .and_then(|column| column.append_to_row_group(&mut group))
                    .map_err(failed)?;
            }
            group.close().map_err(failed)?;
        }
        writer.close().map_err(failed)?;
        Ok(())
    })
}

/// The encoder's error as a catalogue's; what the system said stays what it said.
pub(crate) fn failed_to_write(path: &Path, error: ParquetError) -> CatalogError {
    if let ParquetError::External(inner) = &error
        && let Some(cause) = inner.downcast_ref::<std::io::Error>()
    {
        let same = cause.raw_os_error().map(std::io::Error::from_raw_os_error);
        let cause = same.unwrap_or_else(|| std::io::Error::new(cause.kind(), cause.to_string()));
        return CatalogError::io(path, cause);
    }
    CatalogError::unsupported(path, format!("Parquet could not be written: {error}"))
}

/// How our Parquet files are written.
pub(crate) fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build()
}
