//! UMAP (McInnes, Healy & Melville 2018) of all objects: principal components, exact nearest
//! neighbours, their graph, and its layout in the plane.

use super::fuzzy::fuzzy_graph;
use super::layout::{Curve, optimise};
use super::pca::Pca;
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use crate::discovery::matrix::Matrix;
use crate::discovery::neighbours::nearest;
use crate::progress::Progress;
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Fitted neighbours that the place of an object outside the sample is averaged from.
const PLACE_NEIGHBOURS: usize = 5;
/// Fewer have no neighbourhoods to keep.
const LEAST_ROWS: usize = 4;
/// What it is called in messages.
const MAP: &str = "a map by UMAP";

/// How the map is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UmapOptions {
    /// Size of a neighbourhood, the point itself included, as umap-learn counts.
    pub neighbours: usize,
    /// How close points may lie on the map, in its units.
    pub min_dist: f64,
    /// Scale of the map.
    pub spread: f64,
    /// Principal components in which neighbours are looked for.
    pub components: usize,
    /// Rounds of the optimiser; `None`: 500 up to 10 000 points, else 200.
    pub epochs: Option<usize>,
    /// Above this many rows, this many drawn at random are laid out and the rest is placed
    /// among them.
    pub sample_limit: usize,
    /// Of the draw and the layout: the same seed gives the same map.
    pub seed: u64,
}

impl Default for UmapOptions {
    fn default() -> Self {
        Self {
            neighbours: 15,
            min_dist: 0.1,
            spread: 1.0,
            components: 64,
            epochs: None,
            sample_limit: 100_000,
            seed: 0,
        }
    }
}

/// How a map came about, kept beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UmapProvenance {
    /// The settings.
    pub options: UmapOptions,
    /// Rows that were laid out.
    pub fitted: usize,
    /// Rows placed at the weighted mean of their nearest fitted neighbours.
    pub placed: usize,
    /// Rounds of the optimiser.
    pub epochs: usize,
    /// Components that were used and the share of the spread they hold.
    pub components: usize,
    /// Share of the spread that the components hold.
    pub explained: f64,
}

/// A map and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct UmapMap {
    /// `rows × 2` coordinates; NaN where a row has no vector.
    pub places: Matrix,
    /// How it came about.
    pub provenance: UmapProvenance,
}

/// Lays all rows out in the plane.
///
/// # Errors
/// If fewer than four rows have a vector, a setting is out of range; cancelled.
pub fn umap(
    features: &Features<'_>,
    options: &UmapOptions,
    progress: &dyn Progress,
) -> Result<UmapMap, DiscoveryError> {
    if options.neighbours < 2 {
        return Err(DiscoveryError::Setting {
            what: "size of a neighbourhood",
            value: options.neighbours.to_string(),
            allowed: "at least 2",
        });
    }
    if !(options.min_dist >= 0.0 && options.spread > 0.0 && options.min_dist <= options.spread) {
        return Err(DiscoveryError::Setting {
            what: "minimum distance on the map",
            value: format!("{} with spread {}", options.min_dist, options.spread),
            allowed: "from 0 to the spread, which is above 0",
        });
    }
    features.require(MAP, LEAST_ROWS)?;
    let pca = Pca::fit(features, options.components.max(2), progress)?;
    let points = pca.transform(features, progress)?;
    let usable = points.finite_rows();
    if usable.len() < LEAST_ROWS {
        return Err(DiscoveryError::TooFewRows {
            what: MAP,
            needed: LEAST_ROWS,
            found: usable.len(),
        });
    }
    let chosen = choose(&usable, options, progress);
    let fitted = points.select(&chosen);
    let n = chosen.len();
    let own: Vec<u32> = (0..n as u32).collect();
    let k = (options.neighbours - 1).min(n - 1);
    let found = nearest(&fitted, &fitted, Some(&own), k, progress)?;
    let graph = fuzzy_graph(&found, n);
    let mut places = initial(&fitted);
    let epochs = options
        .epochs
        .unwrap_or(if n <= 10_000 { 500 } else { 200 })
        .max(1);
    let curve = Curve::fit(options.min_dist, options.spread);
    optimise(&graph, &mut places, curve, epochs, options.seed, progress)?;

    let mut map = Matrix::missing(features.rows(), 2);
    for (&row, place) in chosen.iter().zip(&places) {
        map.values[2 * row..2 * row + 2].copy_from_slice(place);
    }
    let rest: Vec<usize> = usable
        .iter()
        .copied()
        .filter(|r| chosen.binary_search(r).is_err())
        .collect();
    if !rest.is_empty() {
        let placed = place(&points.select(&rest), &fitted, &places, progress)?;
        for (&row, place) in rest.iter().zip(&placed) {
            map.values[2 * row..2 * row + 2].copy_from_slice(place);
        }
    }
    Ok(UmapMap {
        places: map,
        provenance: UmapProvenance {
            options: options.clone(),
            fitted: n,
            placed: rest.len(),
            epochs,
            components: pca.len(),
            explained: pca.variance_ratio.iter().sum(),
        },
    })
}

/// The rows to lay out, ascending.
fn choose(usable: &[usize], options: &UmapOptions, progress: &dyn Progress) -> Vec<usize> {
    let limit = options.sample_limit.max(4);
    if usable.len() <= limit {
        return usable.to_vec();
    }
    let note = format!(
        "{} objects: {limit} drawn at random (seed {}) are laid out, the others are placed among \
         their nearest neighbours",
        usable.len(),
        options.seed
    );
    progress.note(&note);
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let mut rows: Vec<usize> = sample(&mut rng, usable.len(), limit)
        .into_iter()
        .map(|i| usable[i])
        .collect();
    rows.sort_unstable();
    rows
}

/// The first two components, each stretched to 0 … 10; a second one that does not vary gets a
/// fixed ripple so that points can leave the line.
fn initial(points: &Matrix) -> Vec<[f32; 2]> {
    let mut places = vec![[0.0f32; 2]; points.rows()];
    for c in 0..2 {
        let value = |i: usize| {
            if c < points.cols { points.row(i)[c] } else { 0.0 }
        };
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for i in 0..points.rows() {
            low = low.min(value(i));
            high = high.max(value(i));
        }
        for (i, place) in places.iter_mut().enumerate() {
            // The golden ratio's multiples are spread evenly; tiny, so that duplicates part.
            let ripple = (i as f64 * 0.618_033_988_749_895).fract() as f32;
            place[c] = if high > low {
                10.0 * (value(i) - low) / (high - low) + 1e-3 * ripple
            } else {
                ripple
            };
        }
    }
    places
}

/// Places for `queries`: means of the nearest fitted points' places, weighted by
/// `exp(−(d − d₀) / mean(d − d₀))` with `d₀` the nearest distance.
fn place(
    queries: &Matrix,
    fitted: &Matrix,
    places: &[[f32; 2]],
    progress: &dyn Progress,
) -> Result<Vec<[f32; 2]>, DiscoveryError> {
    let k = PLACE_NEIGHBOURS.min(fitted.rows());
    let found = nearest(queries, fitted, None, k, progress)?;
    Ok((0..queries.rows())
        .into_par_iter()
        .map(|i| {
            let (index, distance) = found.row(i);
            let near = || {
                (index.iter().zip(distance))
                    .filter(|(_, d)| d.is_finite())
                    .map(|(&j, &d)| (j as usize, f64::from(d)))
            };
            let least = near().fold(f64::INFINITY, |m, (_, d)| m.min(d));
            let mean = near().map(|(_, d)| d - least).sum::<f64>() / near().count().max(1) as f64;
            let (mut sum, mut total) = ([0.0f64; 2], 0.0);
            for (j, d) in near() {
                let w = if mean > 0.0 {
                    (-(d - least) / mean).exp()
                } else {
                    1.0
                };
                total += w;
                sum[0] += w * f64::from(places[j][0]);
                sum[1] += w * f64::from(places[j][1]);
            }
            [(sum[0] / total) as f32, (sum[1] / total) as f32]
        })
        .collect())
}
