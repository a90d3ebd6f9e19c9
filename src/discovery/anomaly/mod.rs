//! The strangest objects first: three outlier scores, their agreement, what drives each, and a
//! ranking guided by the user's marks.

mod drivers;
mod guided;
mod isolation;
mod knn;
mod mahalanobis;

pub use drivers::{Driver, drivers};
pub use guided::{GuidedOptions, GuidedRanking, guided};
pub use isolation::{ForestOptions, IsolationForest};
pub use knn::{KnnOptions, KnnReference, knn_distance};
pub use mahalanobis::{Mahalanobis, Shrinkage};

use super::covariance::covariance;
use super::error::DiscoveryError;
use super::features::Features;
use super::metrics;
use super::projection::Pca;
use crate::progress::Progress;
use serde::{Deserialize, Serialize};

/// Of two objects none is stranger than the other.
const LEAST_ROWS: usize = 3;

/// How the scores are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnomalyOptions {
    /// Principal components that the forest and the neighbours see (at most one fewer than
    /// there are dimensions).
    pub components: usize,
    /// The isolation forest.
    pub forest: ForestOptions,
    /// The neighbours.
    pub knn: KnnOptions,
    /// The covariance.
    pub shrinkage: Shrinkage,
}

impl Default for AnomalyOptions {
    /// Z-scores, 32 principal components, 200 trees, 10 neighbours, Ledoit–Wolf.
    fn default() -> Self {
        Self {
            components: 32,
            forest: ForestOptions::default(),
            knn: KnnOptions::default(),
            shrinkage: Shrinkage::default(),
        }
    }
}

/// How a set of scores came about, kept beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnomalyProvenance {
    /// The settings.
    pub options: AnomalyOptions,
    /// Rows that had a vector.
    pub rows: usize,
    /// Components that were used.
    pub components: usize,
    /// Share of the spread that they hold.
    pub explained: f64,
    /// What neighbours were looked for in.
    pub knn_reference: KnnReference,
    /// Shrinkage of the covariance that was used.
    pub shrinkage: f64,
}

/// Outlier scores of every row; higher is stranger, NaN where a row has no vector.
#[derive(Debug, Clone)]
pub struct Anomalies {
    /// Isolation forest, 0 to 1.
    pub isolation: Vec<f32>,
    /// Mean distance to the nearest neighbours, in units of z-scores.
    pub knn: Vec<f32>,
    /// Mahalanobis distance.
    pub mahalanobis: Vec<f32>,
    /// Mean of the three scores' ranks, 0 (least strange by all) to 1 (strangest by all).
    pub combined: Vec<f32>,
    /// The covariance behind `mahalanobis`, which says what drives an object's distance.
    pub covariance: Mahalanobis,
    /// How they came about.
    pub provenance: AnomalyProvenance,
}

/// All three scores and their mean rank.
///
/// # Errors
/// If fewer than three rows have a vector or a setting is out of range; cancelled.
pub fn rank_anomalies(
    features: &Features<'_>,
    options: &AnomalyOptions,
    progress: &dyn Progress,
) -> Result<Anomalies, DiscoveryError> {
    features.require("a ranking by strangeness", LEAST_ROWS)?;
    let most = features.dim().saturating_sub(1).max(1);
    // Measured once: the pass over the rows costs more than both that are made from it.
    let moments = covariance(features, "outlier scores", progress)?;
    let pca = Pca::from_covariance(&moments, options.components.clamp(1, most))?;
    let points = pca.transform(features, progress)?;
    let forest = IsolationForest::fit(&points, &options.forest, progress)?;
    let isolation = forest.score(&points, progress)?;
    let (knn, knn_reference) = knn_distance(&points, &options.knn, progress)?;
    let covariance = Mahalanobis::from_covariance(moments, options.shrinkage)?;
    let mahalanobis = covariance.score(features, progress)?;
    let combined = mean_rank(&[&isolation, &knn, &mahalanobis]);
    Ok(Anomalies {
        provenance: AnomalyProvenance {
            options: options.clone(),
            rows: pca.rows,
            components: pca.len(),
            explained: pca.variance_ratio.iter().sum(),
            knn_reference,
            shrinkage: covariance.shrinkage,
        },
        isolation,
        knn,
        mahalanobis,
        combined,
        covariance,
    })
}

/// Ranks of each score mapped to 0 (lowest) … 1 (highest), averaged; NaN where any is NaN.
/// Ranks, because the scores have different units and tails.
pub fn mean_rank(scores: &[&[f32]]) -> Vec<f32> {
    let rows = scores.first().map_or(0, |s| s.len());
    let mut sum = vec![0.0f64; rows];
    for score in scores {
        for (s, r) in sum.iter_mut().zip(unit_ranks(score)) {
            *s += r / scores.len() as f64;
        }
    }
    sum.into_iter().map(|s| s as f32).collect()
}

/// Ranks scaled to 0 … 1.
fn unit_ranks(score: &[f32]) -> Vec<f64> {
    let ranks = metrics::ranks(score);
    let count = ranks.iter().filter(|r| !r.is_nan()).count();
    let span = count.saturating_sub(1).max(1) as f64;
    ranks.into_iter().map(|r| (r - 1.0) / span).collect()
}
