//! What a million objects cost: search, refit and rescoring, outlier scores.
//!
//! `cargo bench --profile dev --bench vectors` writes 1 000 000 × 384 half-precision numbers to a
//! temporary file, maps it, and prints medians and the largest resident set. The rival,
//! scikit-learn on the same shapes: `vectors_sklearn.py`. `ASTROLABEL_BENCH_ROWS` sets another
//! number of rows; `ASTROLABEL_BENCH_MAP=1` adds a map of 100 000 rows.

use astrolabel::discovery::anomaly::{
    ForestOptions, GuidedOptions, IsolationForest, KnnOptions, guided, knn_distance,
};
use astrolabel::discovery::fewshot::{Classifier, FitOptions, Label, SuggestOptions, next_to_label};
use astrolabel::discovery::projection::{Pca, UmapOptions, umap};
use astrolabel::discovery::search::{Metric, Query, row_norms, similar};
use astrolabel::discovery::{Chunk, Features, Standardizer, Vectors};
use astrolabel::progress::Silent;
use half::f16;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::io::Write;
use std::time::Instant;

const DIM: usize = 384;
const BLOCK: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: usize = std::env::var("ASTROLABEL_BENCH_ROWS")
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(1_000_000);
    let mut file = tempfile::tempfile()?;
    let mut written = 0;
    while written < rows {
        let count = BLOCK.min(rows - written);
        let mut block = vec![f16::ZERO; count * DIM];
        block
            .par_chunks_mut(DIM)
            .enumerate()
            .for_each(|(i, row)| fill(row, written + i));
        file.write_all(bytemuck::cast_slice(&block))?;
        written += count;
    }
    file.flush()?;
    #[expect(unsafe_code, reason = "a map of a private temporary file")]
    // SAFETY: the file is unlinked and nobody else writes to it while the map lives.
    let map = unsafe { memmap2::Mmap::map(&file)? };
    let stored: &[f16] = bytemuck::cast_slice(&map);
    let size = stored.len() * 2;
    println!(
        "{rows} x {DIM} f16, {:.0} MB, {} threads",
        size as f64 / 1e6,
        rayon::current_num_threads()
    );
    let vectors = Vectors::new(DIM, rows, rows, vec![Chunk::F16(stored)], None);

    let started = Instant::now();
    let s = Standardizer::fit(&vectors, &Silent)?;
    println!("mean and spread          {:8.0} ms", ms(started));
    for (name, metric) in [("raw", Metric::Raw), ("z-scored", Metric::Standardized(&s))] {
        let started = Instant::now();
        let norms = row_norms(&vectors, metric, &Silent)?;
        println!("lengths, {name:8}        {:8.0} ms", ms(started));
        let mut row = 0;
        let median = median(15, || {
            row += 17;
            let query = Query::Rows {
                liked: &[row],
                disliked: &[],
            };
            similar(&vectors, &query, 20, &[], metric, Some(&norms)).map(drop)
        })?;
        println!("similar 20, {name:8}     {median:8.1} ms (median of 15)");
    }

    let features = Features::single(vectors.clone(), s)?;
    let labels: Vec<Label> = (0..50)
        .map(|i| Label {
            row: i * (rows / 50),
            class: kind(i * (rows / 50)),
        })
        .collect();
    let options = FitOptions::default();
    let fit = median(15, || Classifier::fit(&features, &labels, &options).map(drop))?;
    let model = Classifier::fit(&features, &labels, &options)?;
    let score = median(9, || model.predict(&features, &Silent).map(drop))?;
    println!(
        "refit 50 labels, {} kinds {fit:8.1} ms (median of 15)",
        model.classes.len()
    );
    println!("score all rows           {score:8.1} ms (median of 9)");
    let predictions = model.predict(&features, &Silent)?;
    let right = (0..rows)
        .filter(|&i| predictions.class(i) == Some(kind(i)))
        .count();
    let labelled: Vec<usize> = labels.iter().map(|l| l.row).collect();
    let suggest = median(5, || {
        let name = |c: usize| c.to_string();
        next_to_label(
            &features,
            &predictions,
            &labelled,
            &SuggestOptions::default(),
            &name,
            &Silent,
        )
        .map(drop)
    })?;
    println!(
        "suggest 10               {suggest:8.1} ms (accuracy so far {:.3})",
        right as f64 / rows as f64
    );
    drop(predictions);
    let base = vec![0.5f32; rows];
    let guide = median(3, || {
        guided(
            &features,
            &[3, 50, 99],
            &[4],
            &base,
            &GuidedOptions::default(),
            &Silent,
        )
        .map(drop)
    })?;
    println!("guided ranking           {guide:8.1} ms");
    drop(base);
    println!(
        "largest resident set so far {:.0} MB: {:.2} of the vectors",
        peak_mb(),
        peak_mb() * 1e6 / size as f64
    );

    let started = Instant::now();
    let pca = Pca::fit(&features, 32, &Silent)?;
    println!("PCA fit                  {:8.0} ms", ms(started));
    let started = Instant::now();
    let points = pca.transform(&features, &Silent)?;
    println!("PCA 32 transform         {:8.0} ms", ms(started));
    let started = Instant::now();
    let forest = IsolationForest::fit(&points, &ForestOptions::default(), &Silent)?;
    println!("isolation forest, growth {:8.0} ms", ms(started));
    let started = Instant::now();
    forest.score(&points, &Silent)?;
    println!("isolation forest, scores {:8.0} ms", ms(started));
    let started = Instant::now();
    let (_, reference) = knn_distance(&points, &KnnOptions::default(), &Silent)?;
    println!("kNN distance             {:8.0} ms ({reference:?})", ms(started));
    println!(
        "largest resident set     {:.0} MB: {:.2} of the vectors",
        peak_mb(),
        peak_mb() * 1e6 / size as f64
    );

    if std::env::var_os("ASTROLABEL_BENCH_MAP").is_some() {
        let count = rows.min(100_000);
        let some = Vectors::new(DIM, count, count, vec![Chunk::F16(&stored[..count * DIM])], None);
        let s = Standardizer::fit(&some, &Silent)?;
        let some = Features::single(some, s)?;
        let started = Instant::now();
        umap(&some, &UmapOptions::default(), &Silent)?;
        println!("UMAP of {count}           {:8.0} ms", ms(started));
    }
    Ok(())
}

/// Four kinds of objects, each a direction of its own beside noise.
fn kind(row: usize) -> usize {
    row.wrapping_mul(2_654_435_761) >> 7 & 3
}

fn fill(row: &mut [f16], index: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(index as u64);
    let own = kind(index);
    for (j, v) in row.iter_mut().enumerate() {
        let centre = if j % 4 == own { 0.3 } else { 0.0 };
        *v = f16::from_f32(centre + rng.random::<f32>() - 0.5);
    }
}

/// Processor time of this process in milliseconds per thread: what the wall clock would say if
/// nothing else ran on the machine.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: f64 = (stat.split_whitespace().skip(13).take(2))
        .filter_map(|v| v.parse::<f64>().ok())
        .sum();
    ticks * 10.0 / rayon::current_num_threads() as f64
}

fn ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

fn median<E>(times: usize, mut work: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut all = Vec::new();
    let cpu = cpu_ms();
    for _ in 0..times {
        let started = Instant::now();
        work()?;
        all.push(ms(started));
    }
    all.sort_by(f64::total_cmp);
    let cpu = (cpu_ms() - cpu) / times as f64;
    println!(
        "  processor time per thread {cpu:.1} ms, fastest {:.1} ms:",
        all[0]
    );
    Ok(all[times / 2])
}

/// Largest resident set of this process in megabytes, mapped pages of the file included.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    (status.lines())
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok())
        .map_or(f64::NAN, |kb| kb * 1024.0 / 1e6)
}
