//! A ranking that learns what is interesting (the idea of Astronomaly: Lochner & Bassett 2021).
//!
//! Outlier scores find what is rare, and much of it is rubbish: satellites, edges, ghosts. A few
//! marks say which kind of rare is wanted.

use super::unit_ranks;
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use crate::discovery::fewshot::{Classifier, FitOptions, Label};
use crate::discovery::metrics;
use crate::progress::Progress;
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How marks become a ranking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuidedOptions {
    /// scikit-learn's `C` of the regression on the marks.
    pub c: f64,
    /// With fewer ordinary marks than this, random unmarked rows fill up: the interesting is
    /// rare, so nearly all of them are ordinary.
    pub ordinary_wanted: usize,
    /// Interesting marks at which the model counts as much as the plain score.
    pub half_trust: f64,
    /// Of the draw of presumed ordinary rows.
    pub seed: u64,
}

impl Default for GuidedOptions {
    fn default() -> Self {
        Self {
            c: 0.1,
            ordinary_wanted: 50,
            half_trust: 2.0,
            seed: 0,
        }
    }
}

/// A guided ranking and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct GuidedRanking {
    /// 0 to 1, higher is more likely wanted; NaN where a row has no vector.
    pub score: Vec<f32>,
    /// Weight of the learned part, 0 to 1; the rest is the plain score.
    pub model_weight: f64,
    /// Unmarked rows that were presumed ordinary for the fit.
    pub presumed_ordinary: Vec<usize>,
}

/// Ranks all rows by how much they are like the `interesting` and unlike the `ordinary` ones.
///
/// A balanced logistic regression is fitted on the marks plus, while ordinary marks are few,
/// a seeded sample of unmarked rows as presumed ordinary. With `m` interesting marks
///
/// `s = w · z(model) + (1 − w) · Φ⁻¹(rank(base))`, `w = m / (m + half_trust)`,
///
/// with `z` the model's logit in standard deviations about its mean over all rows, and `Φ⁻¹` the
/// normal quantile of the base score's rank in (0, 1): both sides have unit spread, and unlike
/// with plain ranks the far ends keep their lead, where the top of the list is decided. The
/// result is the rank of `s`, 0 to 1. `base` is any plain outlier score; where it is empty,
/// `w = 1`. (On Galaxy Zoo's mergers with 5 marks this beats a blend of plain ranks both in AUC
/// and in recall at 5 %.)
///
/// # Errors
/// [`DiscoveryError::NoInteresting`] without an interesting mark; a row marked both ways or
/// without vector; `base` of another length; cancelled.
pub fn guided(
    features: &Features<'_>,
    interesting: &[usize],
    ordinary: &[usize],
    base: &[f32],
    options: &GuidedOptions,
    progress: &dyn Progress,
) -> Result<GuidedRanking, DiscoveryError> {
    if interesting.is_empty() {
        return Err(DiscoveryError::NoInteresting);
    }
    if !base.is_empty() && base.len() != features.rows() {
        return Err(DiscoveryError::Shape {
            what: "plain outlier scores",
            expected: features.rows(),
            found: base.len(),
        });
    }
    let mut marked: Vec<usize> = interesting.iter().chain(ordinary).copied().collect();
    marked.sort_unstable();
    marked.dedup();
    let missing = options.ordinary_wanted.saturating_sub(ordinary.len());
    let presumed = presume(features, &marked, missing, options.seed);
    let mut labels: Vec<Label> = Vec::new();
    let classes = [(interesting, 1), (ordinary, 0), (presumed.as_slice(), 0)];
    for (rows, class) in classes {
        labels.extend(rows.iter().map(|&row| Label { row, class }));
    }
    let fit = FitOptions {
        c: options.c,
        balanced: true,
        ..FitOptions::default()
    };
    let model = Classifier::fit(features, &labels, &fit)?;
    let logits = features.project(&model.weights, &model.intercepts, "ranking", progress)?;
    let learned = in_deviations(&logits.values);
    let mut distinct = interesting.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let marks = distinct.len() as f64;
    let (model_weight, plain) = if base.is_empty() {
        (1.0, vec![0.0; features.rows()])
    } else {
        (marks / (marks + options.half_trust.max(0.0)), normal_scores(base))
    };
    let blend: Vec<f32> = (learned.iter().zip(&plain))
        .map(|(&l, &p)| {
            let p = if p.is_nan() { l } else { p };
            (model_weight * l + (1.0 - model_weight) * p) as f32
        })
        .collect();
    let score = unit_ranks(&blend).into_iter().map(|v| v as f32).collect();
    Ok(GuidedRanking {
        score,
        model_weight,
        presumed_ordinary: presumed,
    })
}

/// `(v − mean) / std` over the numbers among `values`; NaN stays.
fn in_deviations(values: &[f32]) -> Vec<f64> {
    let numbers = || values.iter().map(|&v| f64::from(v)).filter(|v| !v.is_nan());
    let count = numbers().count().max(1) as f64;
    let mean = numbers().sum::<f64>() / count;
    let std = (numbers().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
    let scale = if std > 0.0 { 1.0 / std } else { 0.0 };
    values.iter().map(|&v| (f64::from(v) - mean) * scale).collect()
}

/// Normal quantile of `(rank − ½) / n` of every score; NaN stays.
fn normal_scores(score: &[f32]) -> Vec<f64> {
    let ranks = metrics::ranks(score);
    let count = ranks.iter().filter(|r| !r.is_nan()).count().max(1) as f64;
    ranks
        .into_iter()
        .map(|r| normal_quantile((r - 0.5) / count))
        .collect()
}

/// The inverse of the normal distribution function to 4.5e-4 (Abramowitz & Stegun 1964,
/// 26.2.23): ample for a blend.
fn normal_quantile(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    let t = (-2.0 * tail.ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let x = t - above / below;
    if p < 0.5 { -x } else { x }
}

/// Up to `count` unmarked rows with vectors, drawn at random, ascending.
fn presume(features: &Features<'_>, marked: &[usize], count: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut read = vec![0.0; features.dim()];
    let free: Vec<usize> = (0..features.rows())
        .filter(|r| features.is_present(*r) && marked.binary_search(r).is_err())
        .collect();
    // Twice as many as wanted: a present row may still not be finite.
    let mut chosen: Vec<usize> = sample(&mut rng, free.len(), (2 * count).min(free.len()))
        .into_iter()
        .map(|i| free[i])
        .filter(|&r| features.read_row(r, &mut read))
        .take(count)
        .collect();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_normal_distribution() {
        for (p, x) in [(0.5, 0.0), (0.975, 1.959_964), (0.001, -3.090_232)] {
            assert!((normal_quantile(p) - x).abs() < 5e-4, "{p}");
        }
        assert!(normal_quantile(f64::NAN).is_nan());
    }
}
