//! What an encoder is worth: one protocol for every encoder, on labelled objects.
//!
//! Vectors are z-scored per dimension over the evaluated set. Then: 5-NN by cosine in five stratified
//! folds; retrieval (P@10); few-shot balanced accuracy at 1 to 100 labels a class on a held half;
//! ranking of a class made rare, without and with examples; calibration and confusion of a
//! cross-validated regression; robustness against what doesn't matter; and how much the background
//! alone explains. The first four are number for number those of the protocol that published figures
//! were made by (`draws` says how), which `tests/core/evaluate` holds.

pub mod alter;
pub mod calibration;
pub mod confound;
pub mod draws;
pub mod few_shot;
pub mod fusion;
pub mod hand26;
pub mod neighbours;
pub mod ranking;
pub mod rare;
pub mod report;
pub mod robustness;
pub mod sample;

use crate::discovery::{DiscoveryError, Matrix};
use crate::progress::Progress;
use calibration::{Calibration, cross_probabilities, judged};
use confound::{Borders, Matched, matched};
use draws::FOLDS;
use few_shot::{Taught, few_shot};
use neighbours::{knn_accuracy, retrieval};
use ranking::Ranked;
use rare::rare_class;
use robustness::Kept;
use sample::{Hush, Sample};
use serde::Serialize;

/// What is asked of every encoder.
#[derive(Debug, Clone)]
pub struct Question<'q> {
    /// Class of each object, an index into the sorted names.
    pub class: &'q [usize],
    /// Number of classes.
    pub classes: usize,
    /// The class that is made rare and looked for.
    pub rare: Option<usize>,
    /// How often random halves and examples are drawn.
    pub seeds: usize,
    /// The objects' backgrounds, where they are known.
    pub borders: Option<&'q Borders>,
}

/// One encoder's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// What it is called.
    pub name: String,
    /// Numbers in a vector.
    pub dim: usize,
    /// Objects.
    pub objects: usize,
    /// 5-NN accuracy.
    pub knn5: f64,
    /// Precision of the ten nearest, mean over the classes.
    pub precision_10: f64,
    /// Learning curve.
    pub few_shot: Vec<Taught>,
    /// How the rare class is found, by method; empty where none was asked for.
    pub rare: Vec<Ranked>,
    /// Calibration and confusion.
    pub calibration: Option<Calibration>,
    /// What alterations do to the vectors; empty where it wasn't asked for or has no pixels.
    pub robustness: Vec<Kept>,
    /// Figures where every class has the same background noise.
    pub matched: Option<Matched>,
    /// What couldn't be said, and why.
    pub notes: Vec<String>,
}

/// Steps of [`figures`] that a bar shows.
pub fn steps(question: &Question<'_>) -> u64 {
    let rare = if question.rare.is_some() {
        question.seeds
    } else {
        0
    };
    (2 + question.seeds + rare + FOLDS + 1) as u64
}

/// Evaluates `vectors` (one row an object, all finite), with the z-scored sample for what follows.
/// `progress` goes on by [`steps`].
///
/// # Errors
/// Fewer than two classes or objects; cancelled.
pub fn figures(
    name: &str,
    vectors: &Matrix,
    question: &Question<'_>,
    progress: &dyn Progress,
) -> Result<(Figures, Sample), DiscoveryError> {
    let hush = Hush(progress);
    let sample = Sample::new(vectors, question.class.to_vec(), question.classes, &hush)?;
    let mut notes = Vec::new();
    let mut or_note = |what: &str, error: DiscoveryError| match error {
        DiscoveryError::Cancelled { .. } => Err(error),
        why => {
            notes.push(format!("{what}: {why}"));
            Ok(())
        }
    };
    let directions = sample.directions();
    let knn5 = knn_accuracy(&directions, &sample, &hush)?;
    progress.advance(1);
    let precision_10 = retrieval(&directions, &sample, &hush)?;
    progress.advance(1);
    let taught = few_shot(&sample, question.seeds, progress)?;
    let mut rare = Vec::new();
    if let Some(class) = question.rare {
        match rare_class(&sample, class, question.seeds, question.borders, progress) {
            Ok(found) => rare = found,
            Err(why) => or_note("anomalies", why)?,
        }
    }
    let calibration = match cross_probabilities(&sample, false, progress) {
        Ok(p) => Some(judged(&p, &sample.class, sample.classes)),
        Err(why) => {
            or_note("calibration", why)?;
            None
        }
    };
    let matched = match question.borders {
        Some(borders) => matched(&sample, borders, question.seeds, &hush)?,
        None => None,
    };
    progress.advance(1);
    let figures = Figures {
        name: name.to_owned(),
        dim: vectors.cols,
        objects: sample.rows(),
        knn5,
        precision_10,
        few_shot: taught,
        rare,
        calibration,
        robustness: Vec::new(),
        matched,
        notes,
    };
    Ok((figures, sample))
}
