//! Principal components: the fewer numbers that hold most of the spread.

use crate::discovery::covariance::{Covariance, covariance};
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use crate::discovery::matrix::Matrix;
use crate::progress::Progress;
use faer::{MatRef, Side};
use serde::{Deserialize, Serialize};

/// A fitted PCA over [`Features`] (Pearson 1901; eigenvectors of the covariance matrix).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pca {
    /// Mean of each feature.
    pub mean: Vec<f64>,
    /// One component a row, `components × dim`, unit length, by falling variance. Each is
    /// turned so that its entry of largest magnitude is positive, as scikit-learn does.
    pub components: Vec<f64>,
    /// Variance along each component (divided by `n − 1`).
    pub variance: Vec<f64>,
    /// Share of the whole variance that each component explains.
    pub variance_ratio: Vec<f64>,
    /// How many rows it was fitted on.
    pub rows: usize,
}

impl Pca {
    /// Fits at most `components` components on all rows with a vector; fewer where there are
    /// fewer dimensions or rows.
    ///
    /// # Errors
    /// If fewer than two rows have a vector, or the covariance can't be decomposed; cancelled.
    pub fn fit(
        features: &Features<'_>,
        components: usize,
        progress: &dyn Progress,
    ) -> Result<Self, DiscoveryError> {
        Self::from_covariance(
            &covariance(features, "a fit of principal components", progress)?,
            components,
        )
    }

    /// The same of second moments that were measured already.
    pub(crate) fn from_covariance(c: &Covariance, components: usize) -> Result<Self, DiscoveryError> {
        let failed = || DiscoveryError::Decomposition {
            what: "the fit of principal components",
        };
        if c.matrix.iter().any(|v| !v.is_finite()) {
            return Err(failed());
        }
        let m = MatRef::from_row_major_slice(&c.matrix, c.dim, c.dim);
        let eigen = m.self_adjoint_eigen(Side::Lower).map_err(|_| failed())?;
        let (u, s) = (eigen.U(), eigen.S().column_vector());
        let unbiased = c.count as f64 / (c.count as f64 - 1.0);
        let total: f64 = (0..c.dim).map(|j| s[j].max(0.0)).sum();
        let kept = components.min(c.dim).min(c.count);
        let mut pca = Self {
            mean: c.mean.clone(),
            components: Vec::with_capacity(kept * c.dim),
            variance: Vec::with_capacity(kept),
            variance_ratio: Vec::with_capacity(kept),
            rows: c.count,
        };
        // faer gives eigenvalues in rising order.
        for j in (0..c.dim).rev().take(kept) {
            let column: Vec<f64> = (0..c.dim).map(|i| u[(i, j)]).collect();
            let largest = (column.iter()).fold(0.0f64, |m, v| if v.abs() > m.abs() { *v } else { m });
            let sign = if largest < 0.0 { -1.0 } else { 1.0 };
            pca.components.extend(column.iter().map(|v| v * sign));
            pca.variance.push(s[j].max(0.0) * unbiased);
            let ratio = if total > 0.0 { s[j].max(0.0) / total } else { 0.0 };
            pca.variance_ratio.push(ratio);
        }
        Ok(pca)
    }

    /// Number of components.
    pub fn len(&self) -> usize {
        self.variance.len()
    }

    /// Whether there is no component.
    pub fn is_empty(&self) -> bool {
        self.variance.is_empty()
    }

    /// Coordinates of every row: `rows × components`, NaN where a row has no vector.
    ///
    /// # Errors
    /// If `features` are of another width; cancelled.
    pub fn transform(
        &self,
        features: &Features<'_>,
        progress: &dyn Progress,
    ) -> Result<Matrix, DiscoveryError> {
        if features.dim() != self.mean.len() {
            return Err(DiscoveryError::Shape {
                what: "width of the features for these principal components",
                expected: self.mean.len(),
                found: features.dim(),
            });
        }
        let bias: Vec<f64> = (self.components.chunks_exact(self.mean.len()))
            .map(|c| -c.iter().zip(&self.mean).map(|(c, m)| c * m).sum::<f64>())
            .collect();
        features.project(&self.components, &bias, "projecting", progress)
    }
}
