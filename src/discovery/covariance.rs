//! Mean and covariance of features in two passes over the stored rows, in blocks of matrix
//! products: what PCA and the Mahalanobis distance are made from.

use super::error::DiscoveryError;
use super::features::Features;
use super::kernel::{BLOCK_ROWS, par_blocks};
use crate::progress::Progress;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};

/// Rows multiplied at once.
const TILE_ROWS: usize = 128;

/// Second moments of the rows that have a vector.
pub(crate) struct Covariance {
    /// Width.
    pub(crate) dim: usize,
    /// Number of rows.
    pub(crate) count: usize,
    /// Mean of each feature.
    pub(crate) mean: Vec<f64>,
    /// `Σ (x−μ)(x−μ)ᵀ / count`, `dim × dim`.
    pub(crate) matrix: Vec<f64>,
    /// `Σ ‖x−μ‖⁴`, for the shrinkage of Ledoit & Wolf.
    pub(crate) fourth: f64,
}

/// Measures the covariance of all rows of `features` that have a vector.
///
/// # Errors
/// If fewer than two have one; cancelled.
pub(crate) fn covariance(
    features: &Features<'_>,
    what: &'static str,
    progress: &dyn Progress,
) -> Result<Covariance, DiscoveryError> {
    let dim = features.dim();
    let rows = features.rows();
    let sums = par_blocks(rows, BLOCK_ROWS, "measuring means", progress, |span| {
        let mut row = vec![0.0f32; dim];
        let mut sum = vec![0.0f64; dim];
        let mut count = 0usize;
        for i in span {
            if features.read_row(i, &mut row) {
                count += 1;
                for (s, v) in sum.iter_mut().zip(&row) {
                    *s += f64::from(*v);
                }
            }
        }
        (count, sum)
    })?;
    let count: usize = sums.iter().map(|s| s.0).sum();
    if count < 2 {
        return Err(DiscoveryError::TooFewRows {
            what,
            needed: 2,
            found: count,
        });
    }
    let mut mean = vec![0.0; dim];
    for (_, sum) in &sums {
        for (m, s) in mean.iter_mut().zip(sum) {
            *m += s / count as f64;
        }
    }

    // A fixed number of large blocks keeps the sums' order, and so the result, independent of
    // the number of threads, at some megabytes a block.
    let block = rows.div_ceil(32).max(BLOCK_ROWS);
    let parts = par_blocks(rows, block, "measuring the covariance", progress, |span| {
        let mut matrix = vec![0.0f64; dim * dim];
        let mut product = vec![0.0f32; dim * dim];
        let mut tile = vec![0.0f32; TILE_ROWS * dim];
        let mut fourth = 0.0;
        let mut filled = 0;
        let end = span.end;
        for i in span {
            // A stopped task leaves a partial sum, which par_blocks' caller never sees as whole.
            if i % BLOCK_ROWS == 0 && progress.cancelled() {
                return None;
            }
            let row = &mut tile[filled * dim..(filled + 1) * dim];
            if features.read_row(i, row) {
                let mut square = 0.0f64;
                for (v, m) in row.iter_mut().zip(&mean) {
                    *v = (f64::from(*v) - m) as f32;
                    square += f64::from(*v).powi(2);
                }
                fourth += square * square;
                filled += 1;
            }
            if filled == TILE_ROWS || (i + 1 == end && filled > 0) {
                let x = MatRef::from_row_major_slice(&tile[..filled * dim], filled, dim);
                let out = MatMut::from_row_major_slice_mut(&mut product, dim, dim);
                // Half of a symmetric product is enough.
                triangular::matmul(
                    out,
                    BlockStructure::TriangularLower,
                    Accum::Replace,
                    x.transpose(),
                    BlockStructure::Rectangular,
                    x,
                    BlockStructure::Rectangular,
                    1.0,
                    Par::Seq,
                );
                for r in 0..dim {
                    let lower = r * dim..r * dim + r + 1;
                    for (m, p) in matrix[lower.clone()].iter_mut().zip(&product[lower]) {
                        *m += f64::from(*p);
                    }
                }
                filled = 0;
            }
        }
        Some((matrix, fourth))
    })?;
    let mut matrix = vec![0.0; dim * dim];
    let mut fourth = 0.0;
    for part in parts {
        let (m, f) = part.ok_or_else(|| DiscoveryError::Cancelled { stage: what.into() })?;
        fourth += f;
        for (a, b) in matrix.iter_mut().zip(m) {
            *a += b / count as f64;
        }
    }
    for r in 0..dim {
        for c in 0..r {
            matrix[c * dim + r] = matrix[r * dim + c];
        }
    }
    Ok(Covariance {
        dim,
        count,
        mean,
        matrix,
        fourth,
    })
}
