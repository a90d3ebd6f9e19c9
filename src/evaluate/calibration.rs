//! Can the probabilities be believed, and which classes are taken for which? A regression on all labels
//! but a fifth says how sure it is of that fifth.

use super::draws::{FOLDS, stratified_folds};
use super::few_shot::{fit_options, likeliest};
use super::ranking::{RankPoint, rank_curve};
use super::sample::Sample;
use crate::discovery::DiscoveryError;
use crate::discovery::fewshot::{Classifier, FitOptions, Label};
use crate::progress::Progress;
use rayon::prelude::*;
use serde::Serialize;

/// Equally wide ranges of confidence.
const BINS: usize = 15;

/// What a range of confidence was worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    /// Objects whose likeliest class had a probability in this range.
    pub count: usize,
    /// Their mean probability.
    pub confidence: f64,
    /// Share of them that were right.
    pub accuracy: f64,
}

/// What the cross-validated regression said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Share that was right.
    pub accuracy: f64,
    /// Mean over the classes of the share that was right.
    pub balanced_accuracy: f64,
    /// Expected calibration error (Naeini et al. 2015; Guo et al. 2017): mean distance of confidence
    /// and accuracy over 15 ranges, weighed by objects.
    pub expected_error: f64,
    /// Mean negative log-likelihood in nats.
    pub log_loss: f64,
    /// `confusion[true class][predicted class]`, objects.
    pub confusion: Vec<Vec<usize>>,
    /// The ranges that hold objects, by rising confidence.
    pub bins: Vec<Bin>,
    /// Precision and recall against rank of each class, ranked by its probability.
    pub curves: Vec<Vec<RankPoint>>,
}

/// Probabilities of every object by a regression (C = 0.1) that did not see its fold, `rows × classes`.
/// One step of `progress` a fold.
///
/// # Errors
/// Cancelled; one class only; a class missing outside a fold.
pub fn cross_probabilities(
    sample: &Sample,
    balanced: bool,
    progress: &dyn Progress,
) -> Result<Vec<f64>, DiscoveryError> {
    let fold_of = stratified_folds(&sample.class, FOLDS, 0);
    let options = FitOptions {
        tolerance: 3e-5,
        ..fit_options(balanced)
    };
    let parts: Vec<(Vec<usize>, Vec<f64>, Vec<usize>)> = (0..FOLDS)
        .into_par_iter()
        .map(|fold| {
            if progress.cancelled() {
                return Err(DiscoveryError::Cancelled {
                    stage: "the calibration".into(),
                });
            }
            let (test, train): (Vec<usize>, Vec<usize>) =
                (0..sample.rows()).partition(|&i| fold_of[i] == fold);
            let labels: Vec<Label> = train
                .iter()
                .map(|&row| Label {
                    row,
                    class: sample.class[row],
                })
                .collect();
            let features = sample.features();
            let model = Classifier::fit(&features, &labels, &options)?;
            let logits = model.logits(&features, &test)?;
            progress.advance(1);
            Ok((test, logits, model.classes))
        })
        .collect::<Result<_, DiscoveryError>>()?;
    let mut all = vec![0.0; sample.rows() * sample.classes];
    for (test, logits, known) in parts {
        let outputs = if known.len() == 2 { 1 } else { known.len() };
        for (row, logits) in test.into_iter().zip(logits.chunks_exact(outputs)) {
            let out = &mut all[row * sample.classes..(row + 1) * sample.classes];
            for (class, p) in known.iter().zip(softmax(logits)) {
                out[*class] = p;
            }
        }
    }
    Ok(all)
}

/// Probabilities of a regression's outputs; a single one is the logit of the second of two classes.
fn softmax(logits: &[f64]) -> Vec<f64> {
    let full = match logits {
        [one] => vec![0.0, *one],
        many => many.to_vec(),
    };
    let largest = full.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = full.iter().map(|l| (l - largest).exp()).collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|p| p / sum).collect()
}

/// Judges probabilities (`rows × classes`) by the true classes.
pub fn judged(p: &[f64], class: &[usize], classes: usize) -> Calibration {
    let mut confusion = vec![vec![0usize; classes]; classes];
    let mut sums = vec![(0usize, 0.0f64, 0usize); BINS];
    let mut loss = 0.0;
    for (p, &truth) in p.chunks_exact(classes).zip(class) {
        let best = likeliest(p);
        confusion[truth][best] += 1;
        // The upper end of a range belongs to it.
        let bin = ((p[best] * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        sums[bin].0 += 1;
        sums[bin].1 += p[best];
        sums[bin].2 += usize::from(best == truth);
        loss -= p[truth].max(1e-300).ln();
    }
    let n = class.len().max(1) as f64;
    let bins: Vec<Bin> = sums
        .into_iter()
        .filter(|b| b.0 > 0)
        .map(|(count, confidence, right)| Bin {
            count,
            confidence: confidence / count as f64,
            accuracy: right as f64 / count as f64,
        })
        .collect();
    let right: usize = (0..classes).map(|c| confusion[c][c]).sum();
    let shares: Vec<f64> = (0..classes)
        .filter_map(|c| {
            let all: usize = confusion[c].iter().sum();
            (all > 0).then(|| confusion[c][c] as f64 / all as f64)
        })
        .collect();
    let curve = |c: usize| {
        let truth: Vec<bool> = class.iter().map(|&t| t == c).collect();
        let score: Vec<f64> = p.chunks_exact(classes).map(|p| p[c]).collect();
        rank_curve(&truth, &score)
    };
    Calibration {
        accuracy: right as f64 / n,
        balanced_accuracy: shares.iter().sum::<f64>() / shares.len().max(1) as f64,
        expected_error: bins
            .iter()
            .map(|b| b.count as f64 / n * (b.confidence - b.accuracy).abs())
            .sum(),
        log_loss: loss / n,
        confusion,
        bins,
        curves: (0..classes).map(curve).collect(),
    }
}
