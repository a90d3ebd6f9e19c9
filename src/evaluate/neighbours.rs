//! Do nearest neighbours share a class? 5-NN accuracy over folds, and precision of retrieval.

use super::draws::{FOLDS, stratified_folds};
use super::sample::Sample;
use crate::discovery::neighbours::{Neighbours, nearest};
use crate::discovery::{DiscoveryError, Matrix};
use crate::progress::Progress;

/// Neighbours that vote.
pub(super) const VOTERS: usize = 5;
/// Neighbours that are retrieved.
const RETRIEVED: usize = 10;

/// The class that most of `neighbours` have, the lowest number of equals.
pub(super) fn vote(neighbours: &[u32], class: impl Fn(usize) -> usize, classes: usize) -> usize {
    let mut votes = vec![0usize; classes];
    for &j in neighbours.iter().filter(|&&j| j != Neighbours::NONE) {
        votes[class(j as usize)] += 1;
    }
    let mut best = 0;
    for c in 1..classes {
        if votes[c] > votes[best] {
            best = c;
        }
    }
    best
}

/// Mean over five stratified folds of the share of objects whose class is the commonest among their
/// five nearest (cosine of z-scores) in the other folds.
///
/// # Errors
/// Cancelled.
pub fn knn_accuracy(
    directions: &Matrix,
    sample: &Sample,
    progress: &dyn Progress,
) -> Result<f64, DiscoveryError> {
    let fold_of = stratified_folds(&sample.class, FOLDS, 0);
    let mut sum = 0.0;
    for fold in 0..FOLDS {
        let (test, train): (Vec<usize>, Vec<usize>) = (0..sample.rows()).partition(|&i| fold_of[i] == fold);
        let found = nearest(
            &directions.select(&test),
            &directions.select(&train),
            None,
            VOTERS.min(train.len()),
            progress,
        )?;
        let right = test.iter().enumerate().filter(|&(q, &i)| {
            let class = |j: usize| sample.class[train[j]];
            vote(found.row(q).0, class, sample.classes) == sample.class[i]
        });
        sum += right.count() as f64 / test.len().max(1) as f64;
    }
    Ok(sum / FOLDS as f64)
}

/// Share of an object's ten nearest others (cosine of z-scores) that have its class: mean over the
/// objects of each class, then over the classes.
///
/// # Errors
/// Cancelled.
pub fn retrieval(
    directions: &Matrix,
    sample: &Sample,
    progress: &dyn Progress,
) -> Result<f64, DiscoveryError> {
    let own: Vec<u32> = (0..sample.rows() as u32).collect();
    let k = RETRIEVED.min(sample.rows().saturating_sub(1)).max(1);
    let found = nearest(directions, directions, Some(&own), k, progress)?;
    let mut hits = vec![0.0; sample.classes];
    let mut count = vec![0.0; sample.classes];
    for (i, &c) in sample.class.iter().enumerate() {
        let same = found
            .row(i)
            .0
            .iter()
            .filter(|&&j| j != Neighbours::NONE && sample.class[j as usize] == c);
        hits[c] += same.count() as f64 / k as f64;
        count[c] += 1.0;
    }
    let present = (0..sample.classes).filter(|&c| count[c] > 0.0);
    let shares: Vec<f64> = present.map(|c| hits[c] / count[c]).collect();
    Ok(shares.iter().sum::<f64>() / shares.len() as f64)
}
