//! The survey that the window is measured on: noise and blobs as large as a real mosaic, with a
//! catalogue of as many objects as are asked for. Simulated; only its size is like a real one's.

use crate::io::catalog::Table;
use crate::io::catalog::table::field;
use crate::io::export::write_catalog;
use crate::io::fits::{Card, CardValue, Compression, ImageToWrite, write_images};
use crate::io::raster::Plane;
use crate::progress::Progress;
use crate::tasks::import::{ImportOptions, import_into};
use anyhow::Context;
use arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array};
use arrow::datatypes::DataType;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Objects stay this far from the mosaic's edge, pixels.
const MARGIN: f64 = 16.0;
/// Half the side of a blob's stamp, pixels.
const REACH: usize = 14;
/// Clumps that the catalogue's two made-up coordinates fall into.
const CLUMPS: usize = 12;

/// Where the pieces lie.
pub struct Made {
    /// The mosaic.
    pub mosaic: PathBuf,
    /// A project of `objects` embedded objects on it.
    pub project: PathBuf,
    /// A project of `points` objects, not embedded, with columns `u` and `v` in clumps.
    pub points: PathBuf,
}

/// One blob.
#[derive(Clone, Copy)]
struct Blob {
    x: f64,
    y: f64,
    radius: f64,
    ratio: f64,
    angle: f64,
    peak: f64,
    u: f64,
    v: f64,
}

/// Makes mosaic and projects in `dir`.
///
/// # Errors
/// Where something can't be written, or the person asks to stop.
pub fn make(
    dir: &Path,
    side: usize,
    objects: usize,
    points: usize,
    progress: &dyn Progress,
) -> anyhow::Result<Made> {
    let blobs = blobs(side, objects.max(points));
    progress.begin("simulating a mosaic", None);
    let mosaic = dir.join("mosaic.fits");
    write_mosaic(&mosaic, &paint(side, &blobs[..objects])).context("writing the mosaic")?;
    let made = Made {
        project: dir.join("objects.astrolabel"),
        points: dir.join("points.astrolabel"),
        mosaic,
    };
    for (root, count) in [(&made.project, objects), (&made.points, points)] {
        progress.begin("importing a catalogue", None);
        // One that was kept has the labels of the last hand, and labels given twice teach nothing.
        if root.exists() {
            std::fs::remove_dir_all(root).with_context(|| format!("removing {}", root.display()))?;
        }
        let catalog = root.with_extension("parquet");
        write_catalog(&catalog, &table(&blobs[..count])?)?;
        let options = ImportOptions {
            paths: vec![made.mosaic.clone()],
            catalog: Some(catalog),
            x: Some("x".into()),
            y: Some("y".into()),
            who: "bench".into(),
            size: Some(crate::sky::cutout::CutoutSize::Pixels(32.0)),
            ..Default::default()
        };
        import_into(root, &options, progress)?;
    }
    let mut project = crate::project::Project::open(&made.project, false)?;
    let encoder = crate::encoder::registry::open_encoder("morphometry", &Default::default())?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let report = crate::tasks::embed::embed(&mut project, encoder.as_ref(), 256, threads, progress)?;
    anyhow::ensure!(!report.cancelled, "stopped as asked");
    Ok(made)
}

fn blobs(side: usize, count: usize) -> Vec<Blob> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let far = side as f64 - MARGIN;
    let clumps: Vec<[f64; 3]> = (0..CLUMPS)
        .map(|_| {
            [
                rng.random_range(-9.0..9.0),
                rng.random_range(-9.0..9.0),
                rng.random_range(0.3..1.6),
            ]
        })
        .collect();
    (0..count)
        .map(|_| {
            let [u, v, width] = clumps[rng.random_range(0..CLUMPS)];
            let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
            let (du, dv) = (normal() * width, normal() * width);
            Blob {
                x: rng.random_range(MARGIN..far),
                y: rng.random_range(MARGIN..far),
                radius: rng.random_range(1.0..4.0),
                ratio: rng.random_range(0.25..1.0),
                angle: rng.random_range(0.0..std::f64::consts::PI),
                peak: 10f64.powf(rng.random_range(1.0..2.7)),
                u: u + du,
                v: v + dv,
            }
        })
        .collect()
}

/// Sky noise of σ = 3 and exponential blobs.
fn paint(side: usize, blobs: &[Blob]) -> Plane {
    let mut plane = Plane::filled(side, side, 0.0);
    plane
        .pixels
        .par_chunks_mut(side)
        .enumerate()
        .for_each(|(row, pixels)| {
            let mut rng = ChaCha8Rng::seed_from_u64(row as u64);
            for pixel in pixels {
                let noise: f32 = StandardNormal.sample(&mut rng);
                *pixel = 100.0 + 3.0 * noise;
            }
        });
    for blob in blobs {
        let (sin, cos) = blob.angle.sin_cos();
        let (cx, cy) = (blob.x.round() as usize, blob.y.round() as usize);
        for y in cy.saturating_sub(REACH)..(cy + REACH).min(side) {
            let row = plane.row_mut(y);
            for (x, pixel) in row
                .iter_mut()
                .enumerate()
                .take((cx + REACH).min(side))
                .skip(cx.saturating_sub(REACH))
            {
                let (dx, dy) = (x as f64 - blob.x, y as f64 - blob.y);
                let (a, b) = (dx * cos + dy * sin, (dy * cos - dx * sin) / blob.ratio);
                *pixel += (blob.peak * (-a.hypot(b) / blob.radius).exp()) as f32;
            }
        }
    }
    plane
}

fn write_mosaic(path: &Path, plane: &Plane) -> anyhow::Result<()> {
    let real = |k: &str, v: f64| Card::new(k, CardValue::Real(v), "");
    let text = |k: &str, v: &str| Card::new(k, CardValue::Text(v.into()), "");
    let middle = (plane.width as f64 + 1.0) / 2.0;
    let cards = [
        Card::new("SIMULATD", CardValue::Logical(true), "this sky does not exist"),
        text("CTYPE1", "RA---TAN"),
        text("CTYPE2", "DEC--TAN"),
        text("RADESYS", "ICRS"),
        real("CRVAL1", 150.0),
        real("CRVAL2", 2.0),
        real("CRPIX1", middle),
        real("CRPIX2", middle),
        real("CDELT1", -1e-4),
        real("CDELT2", 1e-4),
    ];
    let image = ImageToWrite {
        plane,
        name: None,
        cards: &cards,
        compression: Compression::None,
    };
    Ok(write_images(path, &[image])?)
}

fn table(blobs: &[Blob]) -> anyhow::Result<Table> {
    let wide =
        |f: fn(&Blob) -> f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values(blobs.iter().map(f))) };
    let short = |f: fn(&Blob) -> f64| -> ArrayRef {
        Arc::new(Float32Array::from_iter_values(blobs.iter().map(|b| f(b) as f32)))
    };
    let number: ArrayRef = Arc::new(Int64Array::from_iter_values(0..blobs.len() as i64));
    let of = |name: &str, t: DataType, unit: &str| field(name, t, unit, "", "");
    Ok(Table::new(vec![
        (field("id", DataType::Int64, "", "meta.id;meta.main", ""), number),
        (of("x", DataType::Float64, "pix"), wide(|b| b.x)),
        (of("y", DataType::Float64, "pix"), wide(|b| b.y)),
        (of("radius", DataType::Float32, "pix"), short(|b| b.radius)),
        (of("ratio", DataType::Float32, ""), short(|b| b.ratio)),
        (
            of("mag", DataType::Float32, "mag"),
            short(|b| 25.0 - 2.5 * b.peak.log10()),
        ),
        (of("u", DataType::Float32, ""), short(|b| b.u)),
        (of("v", DataType::Float32, ""), short(|b| b.v)),
    ])?)
}
