//! Mean distance to the nearest neighbours (Ramaswamy, Rastogi & Shim 2000; Angiulli & Pizzuti
//! 2002): what stands alone is strange.

use crate::discovery::error::DiscoveryError;
use crate::discovery::matrix::Matrix;
use crate::discovery::neighbours::nearest;
use crate::progress::Progress;
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How the distances are measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnnOptions {
    /// Number of neighbours.
    pub k: usize,
    /// Up to this many rows every row is compared with every other.
    pub exact_limit: usize,
    /// Above it, every row is compared with this many drawn at random.
    pub reference: usize,
    /// Of the draw.
    pub seed: u64,
}

impl Default for KnnOptions {
    /// 10 neighbours; exact up to 50 000 rows, above that among 20 000.
    fn default() -> Self {
        Self {
            k: 10,
            exact_limit: 50_000,
            reference: 20_000,
            seed: 0,
        }
    }
}

/// What neighbours were looked for in. Distances to a sample are larger than to all rows, by
/// the same factor nearly everywhere; a group of rare objects that are like each other looks
/// lonelier in a sample than it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnnReference {
    /// All rows.
    All {
        /// How many.
        rows: usize,
    },
    /// A seeded random sample.
    Sample {
        /// How many were drawn.
        rows: usize,
        /// Out of how many.
        of: usize,
        /// Seed of the draw.
        seed: u64,
    },
}

/// Mean Euclidean distance of every row of `points` to its `k` nearest others, and what it was
/// measured against. NaN where a row is not finite.
///
/// # Errors
/// If there are fewer than two finite rows or `k` is 0; cancelled.
pub fn knn_distance(
    points: &Matrix,
    options: &KnnOptions,
    progress: &dyn Progress,
) -> Result<(Vec<f32>, KnnReference), DiscoveryError> {
    let usable = points.finite_rows();
    if usable.len() < 2 {
        return Err(DiscoveryError::TooFewRows {
            what: "a distance to neighbours",
            needed: 2,
            found: usable.len(),
        });
    }
    if options.k == 0 {
        return Err(DiscoveryError::Setting {
            what: "number of neighbours",
            value: "0".into(),
            allowed: "at least 1",
        });
    }
    let exact = usable.len() <= options.exact_limit;
    let (rows, reference) = if exact {
        let rows = usable.len();
        (usable, KnnReference::All { rows })
    } else {
        let size = options.reference.clamp(2, usable.len());
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        let mut rows: Vec<usize> = sample(&mut rng, usable.len(), size)
            .into_iter()
            .map(|i| usable[i])
            .collect();
        rows.sort_unstable();
        let note = format!(
            "{} objects: distances are measured to a random {size} of them (seed {})",
            usable.len(),
            options.seed
        );
        progress.note(&note);
        let reference = KnnReference::Sample {
            rows: size,
            of: usable.len(),
            seed: options.seed,
        };
        (rows, reference)
    };
    let mut own = vec![u32::MAX; points.rows()];
    for (j, &r) in rows.iter().enumerate() {
        own[r] = j as u32;
    }
    let sample = points.select(&rows);
    let k = options.k.min(rows.len() - 1);
    let found = nearest(points, &sample, Some(&own), k, progress)?;
    let scores = (0..points.rows())
        .map(|i| {
            let distances = found.row(i).1;
            let sum: f64 = distances.iter().map(|&d| f64::from(d)).sum();
            let mean = (sum / k as f64) as f32;
            if mean.is_finite() { mean } else { f32::NAN }
        })
        .collect();
    Ok((scores, reference))
}
