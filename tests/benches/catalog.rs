//! How long a catalogue of a million rows takes: id, ra, dec, eight floats and a string.
//!
//! `cargo bench --profile dev --bench catalog [-- ROWS]`

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use astrolabel::io::catalog::table::field;
use astrolabel::io::catalog::{Table, guess_roles, read_catalog, sky_positions};
use astrolabel::io::export::{write_catalog, write_vectors};
use astrolabel::progress::Silent;
use std::sync::Arc;
use std::time::Instant;

fn table(rows: usize) -> Result<Table, arrow::error::ArrowError> {
    let mut state = 1u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut columns: Vec<(String, ArrayRef)> = vec![
        (
            "id".into(),
            Arc::new(Int64Array::from_iter_values(
                (0..rows as i64).map(|i| i + 587_729_154_670_395_609),
            )),
        ),
        (
            "ra".into(),
            Arc::new(Float64Array::from_iter_values(
                (0..rows).map(|_| random() * 360.0),
            )),
        ),
        (
            "dec".into(),
            Arc::new(Float64Array::from_iter_values(
                (0..rows).map(|_| random() * 180.0 - 90.0),
            )),
        ),
    ];
    for k in 0..8 {
        let values = (0..rows).map(|_| (random() * 1e6).round() / 1e4);
        columns.push((
            format!("mag{k}"),
            Arc::new(Float64Array::from_iter_values(values)),
        ));
    }
    columns.push((
        "name".into(),
        Arc::new(StringArray::from_iter_values(
            (0..rows).map(|i| format!("SDSS J{i:09}")),
        )),
    ));
    Table::new(
        columns
            .into_iter()
            .map(|(n, a)| (field(&n, a.data_type().clone(), "", "", ""), a))
            .collect(),
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows = std::env::args()
        .filter_map(|a| a.parse().ok())
        .next()
        .unwrap_or(1_000_000);
    let dir = tempfile::tempdir()?;
    let table = table(rows)?;
    for name in ["c.csv", "c.csv.gz", "c.ecsv", "c.vot", "c.parquet"] {
        let path = dir.path().join(name);
        let start = Instant::now();
        write_catalog(&path, &table)?;
        let written = start.elapsed();
        let start = Instant::now();
        let back = read_catalog(&path, &Silent)?;
        let read = start.elapsed();
        let size = std::fs::metadata(&path)?.len() as f64 / 1e6;
        println!(
            "{name:<10} {} rows, {size:.0} MB: written in {written:.2?}, read in {read:.2?}",
            back.rows()
        );
        std::fs::remove_file(&path)?;
    }
    let start = Instant::now();
    let roles = guess_roles(&table);
    let guessed = start.elapsed();
    let start = Instant::now();
    let places = sky_positions(&table, &roles)?.len();
    println!(
        "roles guessed in {guessed:.2?}, {places} places in {:.2?}",
        start.elapsed()
    );
    let keys: Vec<String> = (0..rows / 10).map(|i| format!("images/{i}.png")).collect();
    for name in ["v.csv", "v.npz", "v.parquet"] {
        let path = dir.path().join(name);
        let start = Instant::now();
        let mut fill = |i: usize, out: &mut [f32]| {
            out.iter_mut()
                .enumerate()
                .for_each(|(k, v)| *v = (i ^ k) as f32 / 7.0)
        };
        write_vectors(&path, "file", &keys, 384, &[], &mut fill)?;
        println!(
            "{name:<10} {} × 384 written in {:.2?}",
            keys.len(),
            start.elapsed()
        );
    }
    Ok(())
}
