//! A ranking that learns what is interesting (the idea of Astronomaly: Lochner & Bassett 2021).
//!
//! Outlier scores find what is rare, and much of it is rubbish: satellites, edges, ghosts. A few
//! marks say which kind of rare is wanted.

use super::unit_ranks;
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use crate::discovery::fewshot::{Classifier, FitOptions, Label};
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
/// `score = w · rank(model) + (1 − w) · rank(base)`, `w = m / (m + half_trust)`,
///
/// ranks scaled to 0 … 1. `base` is any plain outlier score; where it is empty, `w = 1`.
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
    let learned = unit_ranks(&logits.values);
    let mut distinct = interesting.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let marks = distinct.len() as f64;
    let (model_weight, plain) = if base.is_empty() {
        (1.0, vec![0.0; features.rows()])
    } else {
        (marks / (marks + options.half_trust.max(0.0)), unit_ranks(base))
    };
    let score = (learned.iter().zip(&plain))
        .map(|(&l, &p)| {
            let p = if p.is_nan() { l } else { p };
            (model_weight * l + (1.0 - model_weight) * p) as f32
        })
        .collect();
    Ok(GuidedRanking {
        score,
        model_weight,
        presumed_ordinary: presumed,
    })
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
