//! Which object to label next: where the classifier is in doubt, and not twice the same doubt.

use super::classifier::Predictions;
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use crate::discovery::matrix::Matrix;
use crate::progress::Progress;
use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Objects a choice without labels is made from; more would cost time and change little.
const SAMPLE: usize = 5000;

/// How doubt is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Entropy of all classes' probabilities.
    Entropy,
    /// One minus the lead of the likeliest class over the second: the border between two
    /// classes, better with many classes.
    #[default]
    Margin,
}

/// How to choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuggestOptions {
    /// How many objects.
    pub count: usize,
    /// How doubt is measured.
    pub doubt: Doubt,
    /// Size of the pool of most doubtful objects that the choice is made from.
    pub pool: usize,
    /// For the choice without labels.
    pub seed: u64,
}

impl Default for SuggestOptions {
    fn default() -> Self {
        Self {
            count: 10,
            doubt: Doubt::default(),
            pool: 300,
            seed: 0,
        }
    }
}

/// An object worth labelling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Which object.
    pub row: usize,
    /// Doubt, 0 to 1; 0 where there is no classifier yet.
    pub doubt: f32,
    /// Distance to the nearest labelled or already suggested object, in the features' units;
    /// infinite for the very first.
    pub distance: f32,
    /// Why, for the user.
    pub reason: String,
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
    sum.sqrt()
}

/// The next objects to label: from the `pool` most doubtful unlabelled ones, greedily the one
/// with the largest product of doubt and distance to everything labelled or already chosen
/// (farthest-first traversal, Gonzalez 1985, weighted by doubt). `name` gives a class's name
/// for the reasons. Deterministic.
///
/// # Errors
/// If `predictions` are of another number of rows; cancelled.
pub fn next_to_label(
    features: &Features<'_>,
    predictions: &Predictions,
    labelled: &[usize],
    options: &SuggestOptions,
    name: &dyn Fn(usize) -> String,
    progress: &dyn Progress,
) -> Result<Vec<Suggestion>, DiscoveryError> {
    if predictions.rows() != features.rows() {
        return Err(DiscoveryError::Shape {
            what: "rows of the predictions",
            expected: features.rows(),
            found: predictions.rows(),
        });
    }
    progress.begin("choosing what to label", None);
    let mut known = labelled.to_vec();
    known.sort_unstable();
    let doubt = |i: usize| match options.doubt {
        Doubt::Entropy => predictions.entropy[i],
        Doubt::Margin => 1.0 - predictions.margin[i],
    };
    let mut pool: Vec<(f32, usize)> = (0..features.rows())
        .filter(|&i| !doubt(i).is_nan() && known.binary_search(&i).is_err())
        .map(|i| (doubt(i), i))
        .collect();
    let by_doubt = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    let size = options.pool.max(options.count);
    if pool.len() > size {
        pool.select_nth_unstable_by(size, by_doubt);
        pool.truncate(size);
    }
    pool.sort_unstable_by(by_doubt);

    let candidates = features.read_rows(&pool.iter().map(|p| p.1).collect::<Vec<_>>())?;
    let usable: Vec<usize> = known
        .iter()
        .copied()
        .filter(|&r| features.is_present(r))
        .collect();
    let centres = features.read_rows(&usable)?;
    let mut nearest: Vec<f32> = (0..pool.len())
        .into_par_iter()
        .map(|i| {
            (0..centres.rows())
                .map(|c| distance(candidates.row(i), centres.row(c)))
                .fold(f32::INFINITY, f32::min)
        })
        .collect();
    let mut chosen: Vec<Suggestion> = Vec::new();
    let mut taken = vec![false; pool.len()];
    while chosen.len() < options.count.min(pool.len()) {
        if progress.cancelled() {
            return Err(DiscoveryError::Cancelled {
                stage: "the choice of what to label".into(),
            });
        }
        let mut best: Option<(f32, usize)> = None;
        for i in (0..pool.len()).filter(|&i| !taken[i]) {
            // Without any centre all distances are infinite: then doubt alone decides.
            let worth = if nearest[i].is_finite() {
                pool[i].0 * nearest[i]
            } else {
                pool[i].0
            };
            if best.is_none_or(|(w, _)| worth > w) {
                best = Some((worth, i));
            }
        }
        let Some((_, i)) = best else { break };
        taken[i] = true;
        chosen.push(Suggestion {
            row: pool[i].1,
            doubt: pool[i].0,
            distance: nearest[i],
            reason: reason(predictions, pool[i].1, nearest[i], name),
        });
        for j in 0..pool.len() {
            nearest[j] = nearest[j].min(distance(candidates.row(i), candidates.row(j)));
        }
    }
    Ok(chosen)
}

fn reason(p: &Predictions, row: usize, far: f32, name: &dyn Fn(usize) -> String) -> String {
    let mut order: Vec<usize> = (0..p.classes.len()).collect();
    let probability = p.row(row);
    order.sort_by(|&a, &b| probability[b].total_cmp(&probability[a]).then(a.cmp(&b)));
    let describe = |c: usize| format!("{} {:.0} %", name(p.classes[c]), 100.0 * probability[c]);
    let doubt = match order[..] {
        [a, b, ..] => format!("{} or {}?", describe(a), describe(b)),
        _ => "in doubt".to_string(),
    };
    if far.is_finite() {
        format!("{doubt} Unlike what is labelled so far.")
    } else {
        doubt
    }
}

/// Objects to label first, before there is any label: spread over the features so that each
/// stands for many. Greedy k-means++ (Arthur & Vassilvitskii 2007) on a seeded sample of 5000
/// rows: each next object is drawn by squared distance to those already chosen, the best of a
/// few draws is kept. Rows in `exclude` count as chosen already; where no other row is left,
/// nothing is.
///
/// # Errors
/// If no row has a vector; cancelled.
pub fn first_to_label(
    features: &Features<'_>,
    exclude: &[usize],
    options: &SuggestOptions,
    progress: &dyn Progress,
) -> Result<Vec<Suggestion>, DiscoveryError> {
    progress.begin("choosing what to label", Some(options.count as u64));
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    features.require("a choice of what to label", 1)?;
    let mut known = exclude.to_vec();
    known.sort_unstable();
    let mut rows: Vec<usize> = (0..features.rows())
        .filter(|r| features.is_present(*r) && known.binary_search(r).is_err())
        .collect();
    if rows.len() > SAMPLE {
        let drawn = sample(&mut rng, rows.len(), SAMPLE).into_iter();
        rows = drawn.map(|i| rows[i]).collect();
        rows.sort_unstable();
    }
    let mut read = vec![0.0; features.dim()];
    rows.retain(|&r| features.read_row(r, &mut read));
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let points = features.read_rows(&rows)?;
    let n = rows.len();
    let mut squared = vec![f32::INFINITY; n];
    let known: Vec<usize> = (exclude.iter().copied())
        .filter(|&r| features.is_present(r))
        .collect();
    let known = features.read_rows(&known)?;
    for c in 0..known.rows() {
        squared = closer(&points, known.row(c), &squared);
    }
    let draws = 2 + (options.count.max(1) as f64).ln() as usize;
    let mut chosen: Vec<(usize, f32)> = Vec::new();
    while chosen.len() < options.count.min(n) {
        if progress.cancelled() {
            return Err(DiscoveryError::Cancelled {
                stage: "the choice of what to label".into(),
            });
        }
        let total: f64 = squared.iter().map(|&d| f64::from(d)).sum();
        if total <= 0.0 {
            break;
        }
        let mut best: Option<(f64, usize, Vec<f32>)> = None;
        for _ in 0..draws {
            let pick = if total.is_finite() {
                let mut at = rng.random::<f64>() * total;
                let mut pick = n - 1;
                for (i, &d) in squared.iter().enumerate() {
                    at -= f64::from(d);
                    if at < 0.0 {
                        pick = i;
                        break;
                    }
                }
                pick
            } else {
                rng.random_range(0..n)
            };
            let after = closer(&points, points.row(pick), &squared);
            let sum: f64 = after.iter().map(|&d| f64::from(d)).sum();
            if best.as_ref().is_none_or(|(s, _, _)| sum < *s) {
                best = Some((sum, pick, after));
            }
        }
        let Some((_, pick, after)) = best else { break };
        if squared[pick] <= 0.0 {
            break;
        }
        chosen.push((pick, squared[pick].sqrt()));
        squared = after;
        progress.advance(1);
    }
    // What each stands for.
    let owner: Vec<usize> = (0..n)
        .into_par_iter()
        .map(|i| {
            let mut best = (f32::INFINITY, 0);
            for (c, &(pick, _)) in chosen.iter().enumerate() {
                let d = distance(points.row(i), points.row(pick));
                if d < best.0 {
                    best = (d, c);
                }
            }
            best.1
        })
        .collect();
    Ok(chosen
        .iter()
        .enumerate()
        .map(|(c, &(pick, far))| {
            let share = owner.iter().filter(|&&o| o == c).count() as f64 / n as f64;
            Suggestion {
                row: rows[pick],
                doubt: 0.0,
                distance: far,
                reason: format!(
                    "Typical: about {:.0} % of the objects look most like it.",
                    (100.0 * share).max(1.0)
                ),
            }
        })
        .collect())
}

fn closer(points: &Matrix, centre: &[f32], squared: &[f32]) -> Vec<f32> {
    (squared.par_iter().enumerate())
        .map(|(i, &d)| d.min(distance(points.row(i), centre).powi(2)))
        .collect()
}
