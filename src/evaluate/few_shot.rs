//! How much a handful of labels teaches: balanced accuracy against labels a class.

use super::draws::Draws;
use super::sample::{Sample, Spread};
use crate::discovery::DiscoveryError;
use crate::discovery::fewshot::{Classifier, FitOptions, Label};
use crate::discovery::metrics::balanced_accuracy;
use crate::progress::Progress;
use rayon::prelude::*;
use serde::Serialize;

/// Labels a class that are tried.
pub const SHOTS: [usize; 5] = [1, 5, 10, 25, 100];

/// One point of the learning curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Taught {
    /// Labels a class.
    pub shots: usize,
    /// Balanced accuracy on the objects that were held out.
    pub accuracy: Spread,
    /// How many seeds it is the mean of.
    pub seeds: usize,
}

/// The regression of the protocol: C = 0.1, every label counting the same unless `balanced`.
pub(super) fn fit_options(balanced: bool) -> FitOptions {
    FitOptions {
        balanced,
        tolerance: 1e-6,
        ..FitOptions::default()
    }
}

/// The class that a fitted regression gives each of some rows.
pub(super) fn predict(
    model: &Classifier,
    sample: &Sample,
    rows: &[usize],
) -> Result<Vec<usize>, DiscoveryError> {
    let logits = model.logits(&sample.features(), rows)?;
    let outputs = model.intercepts.len();
    let class = |l: &[f64]| match l {
        [one] => usize::from(*one > 0.0),
        many => likeliest(many),
    };
    Ok(logits
        .chunks_exact(outputs)
        .map(|l| model.classes[class(l)])
        .collect())
}

/// Index of the largest, the first of equals.
pub(super) fn likeliest(p: &[f64]) -> usize {
    (1..p.len()).fold(0, |best, c| if p[c] > p[best] { c } else { best })
}

/// Balanced accuracy on a held half after learning from some labels a class out of the other: each
/// class is dealt anew for each of `seeds` seeds. Points for which a class has too few objects are
/// left out. One step of `progress` a seed.
///
/// # Errors
/// Cancelled; [`DiscoveryError::OneClass`] if there is one class only.
pub fn few_shot(
    sample: &Sample,
    seeds: usize,
    progress: &dyn Progress,
) -> Result<Vec<Taught>, DiscoveryError> {
    let members = sample.members();
    let runs: Vec<Vec<Option<f64>>> = (0..seeds)
        .into_par_iter()
        .map(|seed| {
            let of_seed = SHOTS
                .iter()
                .map(|&shots| one(sample, &members, shots, seed as u32, progress))
                .collect();
            progress.advance(1);
            of_seed
        })
        .collect::<Result<_, DiscoveryError>>()?;
    let points = SHOTS.iter().enumerate().filter_map(|(s, &shots)| {
        let scores: Vec<f64> = runs.iter().filter_map(|run| run[s]).collect();
        (!scores.is_empty()).then(|| Taught {
            shots,
            accuracy: Spread::of(&scores),
            seeds: scores.len(),
        })
    });
    Ok(points.collect())
}

fn one(
    sample: &Sample,
    members: &[Vec<usize>],
    shots: usize,
    seed: u32,
    progress: &dyn Progress,
) -> Result<Option<f64>, DiscoveryError> {
    if progress.cancelled() {
        return Err(DiscoveryError::Cancelled {
            stage: "the learning curve".into(),
        });
    }
    let mut draws = Draws::new(seed);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (class, own) in members.iter().enumerate() {
        let dealt = draws.permuted(own);
        let (held, free) = dealt.split_at(dealt.len() / 2);
        if free.len() < shots {
            return Ok(None);
        }
        test.extend_from_slice(held);
        train.extend(free[..shots].iter().map(|&row| Label { row, class }));
    }
    let model = Classifier::fit(&sample.features(), &train, &fit_options(false))?;
    let predicted = predict(&model, sample, &test)?;
    let truth: Vec<usize> = test.iter().map(|&i| sample.class[i]).collect();
    Ok(Some(balanced_accuracy(&truth, &predicted)))
}
