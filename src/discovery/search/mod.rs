//! More like this one: exact cosine search over all rows.
//!
//! Exact, because a million rows take some tens of milliseconds and an approximate index would
//! lose the rare things this program is for.

mod query;
mod topk;

pub use query::{DISLIKE_WEIGHT, Metric, Query};

use super::error::DiscoveryError;
use super::features::{Features, Part};
use super::kernel::{BLOCK_ROWS, Linear, STEP_ROWS, par_blocks, squared_norm};
use super::products::standardized_square;
use super::standardize::Standardizer;
use super::vectors::{Chunk, Vectors};
use crate::progress::{Progress, Silent};
use topk::TopK;

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which object.
    pub row: usize,
    /// Cosine of the angle to the query, −1 to 1.
    pub similarity: f32,
}

/// One encoder's vectors in a search over several.
#[derive(Debug, Clone, Copy)]
pub struct FusedPart<'s, 'a> {
    /// The stored rows.
    pub vectors: &'s Vectors<'a>,
    /// How its angles are measured.
    pub metric: Metric<'s>,
    /// Lengths of the rows under that metric, from [`row_norms`]; measured on the way if `None`.
    pub norms: Option<&'s [f32]>,
    /// How much this encoder counts beside the others; 1 for equal.
    pub weight: f64,
}

/// Lengths of all rows under `metric`: `|x|`, or `|z|` of the z-scores. NaN where a row is
/// missing or not finite. Four bytes a row; keep them as long as the vectors don't change.
///
/// # Errors
/// If the standardisation is of another width; cancelled.
pub fn row_norms(
    vectors: &Vectors<'_>,
    metric: Metric<'_>,
    progress: &dyn Progress,
) -> Result<Vec<f32>, DiscoveryError> {
    metric.check(vectors.dim())?;
    let ruler = Ruler::new(metric);
    let blocks = par_blocks(
        vectors.rows(),
        BLOCK_ROWS,
        "measuring lengths",
        progress,
        |span| {
            let mut scratch = vec![0.0; vectors.dim()];
            span.map(|i| ruler.norm(vectors, i, &mut scratch))
                .collect::<Vec<f32>>()
        },
    )?;
    Ok(blocks.concat())
}

/// Measures lengths of rows under a metric.
struct Ruler<'m> {
    metric: Metric<'m>,
    mean: Vec<f32>,
    factor: Vec<f32>,
}

impl<'m> Ruler<'m> {
    fn new(metric: Metric<'m>) -> Self {
        let (mean, factor) = match metric {
            Metric::Raw => (Vec::new(), Vec::new()),
            Metric::Standardized(s) => (
                s.mean.iter().map(|&m| m as f32).collect(),
                (0..s.dim()).map(|j| s.inverse_std(j) as f32).collect(),
            ),
        };
        Self { metric, mean, factor }
    }

    /// Length of row `i`; NaN where it is missing or not finite. `scratch` is of its width.
    fn norm(&self, vectors: &Vectors<'_>, i: usize, scratch: &mut [f32]) -> f32 {
        if !vectors.is_present(i) {
            return f32::NAN;
        }
        let row = vectors.row(i);
        let square = match (self.metric, row) {
            (Metric::Raw, _) => f64::from(squared_norm(row)),
            (Metric::Standardized(_), Chunk::F16(_)) => {
                vectors.read_row(i, scratch);
                f64::from(standardized_square(scratch, &self.mean, &self.factor))
            }
            // Single precision is there because values are large: centred in double precision.
            (Metric::Standardized(s), Chunk::F32(_)) => {
                vectors.read_row(i, scratch);
                s.apply(scratch);
                scratch.iter().map(|&z| f64::from(z).powi(2)).sum()
            }
        };
        if square.is_finite() {
            square.sqrt() as f32
        } else {
            f32::NAN
        }
    }
}

/// The `k` rows nearest to `query` by cosine, best first; equal similarities by row.
///
/// Rows that are missing, zero or not finite never win, nor do the query's own rows and those in
/// `exclude`. `norms` are [`row_norms`] under the same metric, kept by the caller; without them
/// they are measured on the way.
///
/// # Errors
/// If the query is empty or zero, a row of it has no vector, or widths differ.
pub fn similar(
    vectors: &Vectors<'_>,
    query: &Query<'_>,
    k: usize,
    exclude: &[usize],
    metric: Metric<'_>,
    norms: Option<&[f32]>,
) -> Result<Vec<Hit>, DiscoveryError> {
    let part = FusedPart {
        vectors,
        metric,
        norms,
        weight: 1.0,
    };
    similar_fused(&[part], query, k, exclude, &Silent)
}

/// As [`similar`] over several encoders' vectors of the same objects: each part's rows are
/// brought to unit length and multiplied by its weight, and the angle is measured between the
/// joined vectors. A [`Query::Vector`] is the parts' vectors one after another.
///
/// # Errors
/// As [`similar`]; also if the parts' numbers of rows differ, or cancelled.
pub fn similar_fused(
    parts: &[FusedPart<'_, '_>],
    query: &Query<'_>,
    k: usize,
    exclude: &[usize],
    progress: &dyn Progress,
) -> Result<Vec<Hit>, DiscoveryError> {
    let directions = query::directions(parts, query)?;
    let rows = parts.first().map_or(0, |p| p.vectors.rows());
    let weights: Vec<f64> = parts.iter().map(|p| p.weight).collect();
    let own: f64 = weights.iter().map(|w| w * w).sum();
    let length: f64 = (directions.iter().zip(&weights))
        .map(|(d, w)| w * w * d.iter().map(|v| v * v).sum::<f64>())
        .sum();
    if !(length > 0.0 && length.is_finite()) {
        return Err(DiscoveryError::EmptyQuery);
    }
    let total = (own * length).sqrt();
    let maps: Vec<Linear> = (parts.iter().zip(&directions))
        .map(|(part, d)| {
            let scale = part.weight * part.weight / total;
            match part.metric {
                Metric::Raw => Linear::new(d.iter().map(|v| v * scale).collect(), vec![0.0; d.len()]),
                Metric::Standardized(s) => Linear::new(
                    (d.iter().enumerate())
                        .map(|(j, v)| v * scale * s.inverse_std(j))
                        .collect(),
                    s.mean.clone(),
                ),
            }
        })
        .collect();

    let mut excluded: Vec<usize> = exclude.to_vec();
    if let Query::Rows { liked, disliked } = query {
        excluded.extend_from_slice(liked);
        excluded.extend_from_slice(disliked);
    }
    excluded.sort_unstable();
    let rulers: Vec<Ruler<'_>> = parts.iter().map(|p| Ruler::new(p.metric)).collect();
    let blocks = par_blocks(rows, BLOCK_ROWS, "searching", progress, |span| {
        let mut best = TopK::new(k);
        let mut row: Vec<Vec<f32>> = parts.iter().map(|p| vec![0.0; p.vectors.dim()]).collect();
        let (mut sums, mut products, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
        for start in span.clone().step_by(STEP_ROWS) {
            let step = start..(start + STEP_ROWS).min(span.end);
            sums.clear();
            sums.resize(step.len(), 0.0);
            for (((part, map), ruler), row) in parts.iter().zip(&maps).zip(&rulers).zip(&mut row) {
                products.clear();
                products.resize(step.len(), 0.0);
                map.add(part.vectors, step.clone(), &mut scratch, &mut products);
                for ((i, sum), product) in step.clone().zip(&mut sums).zip(&products) {
                    let length = match part.norms {
                        Some(n) => n[i],
                        None => ruler.norm(part.vectors, i, row),
                    };
                    // A row that is missing in any part must not win by what it has in another.
                    *sum += if part.vectors.is_present(i) {
                        product / f64::from(length)
                    } else {
                        f64::NAN
                    };
                }
            }
            for (i, &similarity) in step.zip(&sums) {
                // Also false for NaN, and for the infinity that a zero row gives.
                if similarity.abs() < 2.0 && best.admits(similarity as f32) {
                    let hit = Hit {
                        row: i,
                        similarity: (similarity as f32).clamp(-1.0, 1.0),
                    };
                    if excluded.binary_search(&i).is_err() {
                        best.push(hit);
                    }
                }
            }
        }
        best
    })?;
    let mut best = TopK::new(k);
    for block in blocks {
        best.merge(block);
    }
    Ok(best.into_sorted())
}

/// A search over the encoders of `features`, with the same weights and standardisation.
///
/// # Errors
/// As [`similar_fused`].
pub fn similar_in(
    features: &Features<'_>,
    query: &Query<'_>,
    k: usize,
    exclude: &[usize],
    norms: Option<&[Vec<f32>]>,
    progress: &dyn Progress,
) -> Result<Vec<Hit>, DiscoveryError> {
    let metric = |p: &Part<'_>| p.standardizer != Standardizer::identity(p.vectors.dim());
    let parts: Vec<FusedPart<'_, '_>> = (features.parts().iter().enumerate())
        .map(|(b, p)| FusedPart {
            vectors: &p.vectors,
            metric: if metric(p) {
                Metric::Standardized(&p.standardizer)
            } else {
                Metric::Raw
            },
            norms: norms.and_then(|n| n.get(b)).map(Vec::as_slice),
            weight: p.weight,
        })
        .collect();
    similar_fused(&parts, query, k, exclude, progress)
}
