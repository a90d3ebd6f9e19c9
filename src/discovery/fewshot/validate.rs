//! How far a classifier can be trusted, estimated honestly from the few labels there are.

use super::classifier::{FitOptions, Label, tidy};
use super::logistic::probabilities;
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use crate::progress::Progress;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Labels a class must have before its probabilities are calibrated.
const CALIBRATION_MIN_PER_CLASS: usize = 5;
/// Labels there must be altogether before probabilities are calibrated.
const CALIBRATION_MIN: usize = 30;

/// Result of a cross-validation on the labels.
///
/// It speaks of objects like the labelled ones. Labels that were chosen because the classifier
/// was in doubt are harder than the average object, so for the survey as a whole the figure
/// tends to be too low; labels of showpieces make it too high.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Share of left-out labels predicted right.
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson (1927) interval of `accuracy`.
    pub accuracy_low: f64,
    /// Upper end of it.
    pub accuracy_high: f64,
    /// Mean over the tested classes of the share predicted right.
    pub balanced_accuracy: f64,
    /// How many labels were left out once and predicted.
    pub tested: usize,
    /// Number of folds.
    pub folds: usize,
    /// The caller's class numbers, ascending.
    pub classes: Vec<usize>,
    /// `confusion[truth][predicted]`, in the order of `classes`.
    pub confusion: Vec<Vec<usize>>,
    /// Classes with one label only: they teach, but cannot be tested.
    pub untested_classes: Vec<usize>,
    /// Mean negative log-likelihood of the left-out labels before calibration.
    pub log_loss: f64,
    /// The temperature that minimises it (Guo et al. 2017), or `None` where there are too few
    /// labels to tell: fewer than 30, or fewer than 5 in some class.
    pub temperature: Option<f64>,
}

/// The Wilson score interval at 95 % of `right` successes in `n` trials.
pub(super) fn wilson(right: usize, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let (n, z) = (n as f64, 1.959_963_984_540_054_f64);
    let p = right as f64 / n;
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (
        ((centre - half) / scale).max(0.0),
        ((centre + half) / scale).min(1.0),
    )
}

/// Stratified k-fold cross-validation: up to five folds, fewer where the smallest class with at
/// least two labels has fewer; classes with one label only take part in training.
///
/// # Errors
/// As [`Classifier::fit`](super::Classifier::fit); [`DiscoveryError::NoSecondLabel`] where no class
/// has two labels; cancelled.
pub fn cross_validate(
    features: &Features<'_>,
    labels: &[Label],
    options: &FitOptions,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Validation, DiscoveryError> {
    options.check()?;
    let (classes, labels) = tidy(labels)?;
    let k = classes.len();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); k];
    for (i, l) in labels.iter().enumerate() {
        members[l.class].push(i);
    }
    let smallest = members.iter().map(Vec::len).filter(|&n| n > 1).min();
    let Some(smallest) = smallest else {
        return Err(DiscoveryError::NoSecondLabel);
    };
    let folds = smallest.min(5);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut fold_of: Vec<Option<usize>> = vec![None; labels.len()];
    let mut next = 0;
    for m in &mut members {
        m.shuffle(&mut rng);
        if m.len() > 1 {
            for &i in m.iter() {
                fold_of[i] = Some(next % folds);
                next += 1;
            }
        }
    }

    let rows: Vec<usize> = labels.iter().map(|l| l.row).collect();
    let x: Vec<f64> = (features.read_rows(&rows)?.values.iter())
        .map(|&v| f64::from(v))
        .collect();
    let dim = features.dim();
    progress.begin("estimating accuracy", Some(folds as u64));
    type Left = Vec<(usize, Vec<f64>)>;
    let results: Vec<Result<Left, DiscoveryError>> = (0..folds)
        .into_par_iter()
        .map(|fold| {
            if progress.cancelled() {
                return Err(DiscoveryError::Cancelled {
                    stage: "the estimate of the accuracy".into(),
                });
            }
            let (mut tx, mut ty) = (Vec::new(), Vec::new());
            for (i, l) in labels.iter().enumerate() {
                if fold_of[i] != Some(fold) {
                    tx.extend_from_slice(&x[i * dim..(i + 1) * dim]);
                    ty.push(l.class);
                }
            }
            // Every class keeps a label: classes have at least as many labels as folds, or one.
            let s = options.solve(dim, &tx, &ty, k)?;
            let left = (0..labels.len())
                .filter(|&i| fold_of[i] == Some(fold))
                .map(|i| {
                    let row = &x[i * dim..(i + 1) * dim];
                    let logits = (s.weights.chunks_exact(dim).zip(&s.intercepts))
                        .map(|(w, b)| b + w.iter().zip(row).map(|(w, x)| w * x).sum::<f64>())
                        .collect();
                    (labels[i].class, logits)
                })
                .collect();
            progress.advance(1);
            Ok(left)
        })
        .collect();
    let mut left: Left = Vec::new();
    for r in results {
        left.extend(r?);
    }

    let mut confusion = vec![vec![0usize; k]; k];
    let mut p = vec![0.0; k];
    for (truth, logits) in &left {
        probabilities(logits, 1.0, &mut p);
        let mut best = 0;
        for c in 1..k {
            if p[c] > p[best] {
                best = c;
            }
        }
        confusion[*truth][best] += 1;
    }
    let right: usize = (0..k).map(|c| confusion[c][c]).sum();
    let (accuracy_low, accuracy_high) = wilson(right, left.len());
    let tested_classes: Vec<usize> = (0..k).filter(|&c| members[c].len() > 1).collect();
    let balanced_accuracy = (tested_classes.iter())
        .map(|&c| confusion[c][c] as f64 / members[c].len() as f64)
        .sum::<f64>()
        / tested_classes.len() as f64;
    let enough =
        left.len() >= CALIBRATION_MIN && members.iter().all(|m| m.len() >= CALIBRATION_MIN_PER_CLASS);
    Ok(Validation {
        accuracy: right as f64 / left.len() as f64,
        accuracy_low,
        accuracy_high,
        balanced_accuracy,
        tested: left.len(),
        folds,
        untested_classes: (0..k)
            .filter(|&c| members[c].len() == 1)
            .map(|c| classes[c])
            .collect(),
        classes,
        confusion,
        log_loss: log_loss(&left, 1.0),
        temperature: enough.then(|| best_temperature(&left)),
    })
}

fn log_loss(left: &[(usize, Vec<f64>)], temperature: f64) -> f64 {
    let sum: f64 = left
        .iter()
        .map(|(truth, logits)| {
            let mut p = vec![0.0; logits.len().max(2)];
            probabilities(logits, temperature, &mut p);
            -p[*truth].max(1e-300).ln()
        })
        .sum();
    sum / left.len() as f64
}

/// Golden-section search of `ln T` in [−3, 3]: the loss is convex in `1/T`, so it has one valley.
fn best_temperature(left: &[(usize, Vec<f64>)]) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (-3.0f64, 3.0f64);
    for _ in 0..60 {
        let (c, d) = (b - ratio * (b - a), a + ratio * (b - a));
        if log_loss(left, c.exp()) < log_loss(left, d.exp()) {
            b = d;
        } else {
            a = c;
        }
    }
    ((a + b) / 2.0).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of statsmodels' `proportion_confint(.., method="wilson")`.
    #[test]
    fn wilson_interval_of_few_trials_is_wide() {
        let (low, high) = wilson(8, 10);
        assert!(
            (low - 0.490_162_5).abs() < 1e-6 && (high - 0.943_317_8).abs() < 1e-6,
            "{low} {high}"
        );
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        let (low, high) = wilson(5, 5);
        assert!(
            (low - 0.565_518).abs() < 1e-5 && (high - 1.0).abs() < 1e-12,
            "{low} {high}"
        );
    }
}
