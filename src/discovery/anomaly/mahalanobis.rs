//! Mahalanobis distance: how far from the mean, in units of the spread in that direction.

use crate::discovery::covariance::{Covariance, covariance};
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use crate::discovery::kernel::{BLOCK_ROWS, par_blocks};
use crate::progress::Progress;
use faer::{MatRef, Side};
use serde::{Deserialize, Serialize};

/// How the covariance is kept invertible.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shrinkage {
    /// Towards a multiple of the identity, as much as minimises the expected error (Ledoit &
    /// Wolf 2004).
    #[default]
    LedoitWolf,
    /// `(1 − a)·S + a·(trace S / dim)·I`; 0 is the empirical covariance.
    Fixed(f64),
}

/// A fitted mean and covariance.
#[derive(Debug, Clone)]
pub struct Mahalanobis {
    mean: Vec<f64>,
    /// One eigenvector over the square root of its eigenvalue a row: `|W (x−μ)|²` is the
    /// squared distance.
    whitening: Vec<f64>,
    /// The shrinkage that was used, 0 to 1.
    pub shrinkage: f64,
    /// The shrunk covariance, `dim × dim`.
    pub covariance: Vec<f64>,
}

impl Mahalanobis {
    /// Fits all rows with a vector.
    ///
    /// # Errors
    /// If fewer than two rows have one or the covariance can't be decomposed; cancelled.
    pub fn fit(
        features: &Features<'_>,
        shrinkage: Shrinkage,
        progress: &dyn Progress,
    ) -> Result<Self, DiscoveryError> {
        Self::from_covariance(
            covariance(features, "the Mahalanobis distance", progress)?,
            shrinkage,
        )
    }

    /// The same of second moments that were measured already.
    pub(super) fn from_covariance(mut c: Covariance, shrinkage: Shrinkage) -> Result<Self, DiscoveryError> {
        let (n, p) = (c.count as f64, c.dim as f64);
        let mu = (0..c.dim).map(|j| c.matrix[j * c.dim + j]).sum::<f64>() / p;
        let amount = match shrinkage {
            Shrinkage::Fixed(a) if (0.0..=1.0).contains(&a) => a,
            Shrinkage::Fixed(a) => {
                return Err(DiscoveryError::Setting {
                    what: "shrinkage of the covariance",
                    value: a.to_string(),
                    allowed: "between 0 and 1",
                });
            }
            Shrinkage::LedoitWolf => {
                // β² / δ² with β² = (1/n)·(mean ‖xxᵀ‖² − ‖S‖²), δ² = ‖S − μI‖².
                let square: f64 = c.matrix.iter().map(|v| v * v).sum();
                let beta = (c.fourth / n - square) / n;
                let delta = square - p * mu * mu;
                if delta <= 0.0 {
                    0.0
                } else {
                    (beta.min(delta) / delta).max(0.0)
                }
            }
        };
        for v in &mut c.matrix {
            *v *= 1.0 - amount;
        }
        for j in 0..c.dim {
            c.matrix[j * c.dim + j] += amount * mu;
        }
        let failed = || DiscoveryError::Decomposition {
            what: "the Mahalanobis distance",
        };
        if c.matrix.iter().any(|v| !v.is_finite()) {
            return Err(failed());
        }
        let m = MatRef::from_row_major_slice(&c.matrix, c.dim, c.dim);
        let eigen = m.self_adjoint_eigen(Side::Lower).map_err(|_| failed())?;
        let (u, s) = (eigen.U(), eigen.S().column_vector());
        let largest = s[c.dim - 1];
        let mut whitening = Vec::with_capacity(c.dim * c.dim);
        for j in 0..c.dim {
            // Directions without spread (constant columns) say nothing, as in a pseudo-inverse.
            if s[j] > largest * 1e-12 {
                whitening.extend((0..c.dim).map(|i| u[(i, j)] / s[j].sqrt()));
            }
        }
        Ok(Self {
            mean: c.mean,
            whitening,
            shrinkage: amount,
            covariance: c.matrix,
        })
    }

    fn bias(&self) -> Vec<f64> {
        (self.whitening.chunks_exact(self.mean.len()))
            .map(|w| -w.iter().zip(&self.mean).map(|(w, m)| w * m).sum::<f64>())
            .collect()
    }

    /// Distance (not squared) of every row; NaN where it has no vector.
    ///
    /// # Errors
    /// If `features` are of another width; cancelled.
    pub fn score(
        &self,
        features: &Features<'_>,
        progress: &dyn Progress,
    ) -> Result<Vec<f32>, DiscoveryError> {
        if features.dim() != self.mean.len() {
            return Err(DiscoveryError::Shape {
                what: "width of the features for this covariance",
                expected: self.mean.len(),
                found: features.dim(),
            });
        }
        let bias = self.bias();
        let folded = features.fold(&self.whitening);
        let blocks = par_blocks(
            features.rows(),
            BLOCK_ROWS,
            "measuring distances",
            progress,
            |span| {
                let mut distances = Vec::with_capacity(span.len());
                folded.each(span, &bias, |along| {
                    distances.push(along.map_or(f32::NAN, |along| {
                        along.iter().map(|v| v * v).sum::<f64>().sqrt() as f32
                    }));
                });
                distances
            },
        )?;
        Ok(blocks.concat())
    }

    /// What each feature adds to the squared distance of a row of features:
    /// `(x−μ)ⱼ · (Σ⁻¹(x−μ))ⱼ`. They sum to it; single ones may be negative.
    pub fn contributions(&self, row: &[f32]) -> Vec<f64> {
        let centred: Vec<f64> = (row.iter().zip(&self.mean))
            .map(|(x, m)| f64::from(*x) - m)
            .collect();
        let mut solved = vec![0.0; centred.len()];
        for w in self.whitening.chunks_exact(self.mean.len()) {
            let along: f64 = w.iter().zip(&centred).map(|(w, x)| w * x).sum();
            for (s, w) in solved.iter_mut().zip(w) {
                *s += along * w;
            }
        }
        solved.iter().zip(&centred).map(|(s, x)| s * x).collect()
    }
}
