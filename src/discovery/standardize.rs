//! Mean and standard deviation of every dimension, so that numbers of different units can be
//! compared (z-scores) without a second copy of the vectors.

use super::error::DiscoveryError;
use super::kernel::{BLOCK_ROWS, par_blocks};
use super::products::add_moments;
use super::vectors::Vectors;
use crate::progress::Progress;
use serde::{Deserialize, Serialize};

/// `z = (x − mean) / std`, per dimension.
///
/// The standard deviation is the population's (divided by `n`), as scikit-learn's
/// `StandardScaler` has it. A dimension that does not vary gets `std = 0` and a z-score of 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standardizer {
    /// Mean of each dimension.
    pub mean: Vec<f64>,
    /// Standard deviation of each dimension; 0 where it is constant.
    pub std: Vec<f64>,
    /// How many rows it was measured on; 0 for [`Standardizer::identity`].
    pub rows: usize,
}

/// Count, mean and sum of squared deviations of a block (Chan, Golub & LeVeque 1983).
struct Moments {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        let total = self.count + other.count;
        for j in 0..self.mean.len() {
            let delta = other.mean[j] - self.mean[j];
            self.mean[j] += delta * other.count / total;
            self.squares[j] += other.squares[j] + delta * delta * self.count * other.count / total;
        }
        self.count = total;
    }
}

impl Standardizer {
    /// Leaves vectors of width `dim` as they are.
    pub fn identity(dim: usize) -> Self {
        Self {
            mean: vec![0.0; dim],
            std: vec![1.0; dim],
            rows: 0,
        }
    }

    /// Makes blocks of different kinds within a vector count equally: z-scores of a block are divided
    /// by `sqrt(blocks · its width / dim)`, so that each brings the same mean squared norm and all
    /// together that of plain z-scores. The spreads are then no longer standard deviations.
    ///
    /// # Errors
    /// [`DiscoveryError::Shape`] if the blocks' widths don't add up to the vector's.
    pub fn balanced(mut self, widths: &[usize]) -> Result<Self, DiscoveryError> {
        let dim: usize = widths.iter().sum();
        if dim != self.dim() {
            return Err(DiscoveryError::Shape {
                what: "width of the blocks",
                expected: self.dim(),
                found: dim,
            });
        }
        let mut at = 0;
        for &width in widths {
            let factor = ((widths.len() * width) as f64 / dim as f64).sqrt();
            self.std[at..at + width].iter_mut().for_each(|s| *s *= factor);
            at += width;
        }
        Ok(self)
    }

    /// Measures all rows that are present and finite, in double precision, in one pass.
    ///
    /// # Errors
    /// [`DiscoveryError::TooFewRows`] if there is no such row; cancelled.
    pub fn fit(vectors: &Vectors<'_>, progress: &dyn Progress) -> Result<Self, DiscoveryError> {
        let dim = vectors.dim();
        let blocks = par_blocks(
            vectors.rows(),
            BLOCK_ROWS,
            "measuring mean and spread",
            progress,
            |span| {
                // Sums about the block's first row keep their digits where the mean is large.
                let mut row = vec![0.0f32; dim];
                let mut origin: Vec<f64> = Vec::new();
                let (mut sum, mut squares) = (vec![0.0f64; dim], vec![0.0f64; dim]);
                let mut count = 0.0;
                for i in span {
                    if !vectors.is_present(i) {
                        continue;
                    }
                    vectors.read_row(i, &mut row);
                    // Without an early end the compiler looks at several at once.
                    if !row.iter().fold(true, |all, v| all & v.is_finite()) {
                        continue;
                    }
                    if origin.is_empty() {
                        origin = row.iter().map(|&v| f64::from(v)).collect();
                    }
                    count += 1.0;
                    add_moments(&row, &origin, &mut sum, &mut squares);
                }
                if count > 0.0 {
                    for j in 0..dim {
                        let mean = sum[j] / count;
                        squares[j] = (squares[j] - mean * sum[j]).max(0.0);
                        sum[j] = origin[j] + mean;
                    }
                }
                Moments {
                    count,
                    mean: sum,
                    squares,
                }
            },
        )?;
        let mut all = Moments {
            count: 0.0,
            mean: vec![0.0; dim],
            squares: vec![0.0; dim],
        };
        for block in &blocks {
            all.merge(block);
        }
        if all.count == 0.0 {
            return Err(DiscoveryError::TooFewRows {
                what: "an answer",
                needed: 1,
                found: 0,
            });
        }
        let n = all.count;
        let std = (all.squares.iter().zip(&all.mean))
            .map(|(s, m)| {
                // scikit-learn's test of a constant feature: below the rounding of the sums.
                let variance = s / n;
                let rounding = n * f64::EPSILON * variance + (n * m * f64::EPSILON).powi(2);
                if variance <= rounding {
                    0.0
                } else {
                    variance.sqrt()
                }
            })
            .collect();
        Ok(Self {
            mean: all.mean,
            std,
            rows: n as usize,
        })
    }

    /// Width of a vector.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// `1 / std` of dimension `j`, 0 where the dimension is constant.
    pub fn inverse_std(&self, j: usize) -> f64 {
        if self.std[j] > 0.0 { 1.0 / self.std[j] } else { 0.0 }
    }

    /// Replaces `row` (width [`Self::dim`]) by its z-scores.
    pub fn apply(&self, row: &mut [f32]) {
        for (j, v) in row.iter_mut().enumerate() {
            *v = ((f64::from(*v) - self.mean[j]) * self.inverse_std(j)) as f32;
        }
    }
}
