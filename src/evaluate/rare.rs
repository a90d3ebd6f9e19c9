//! Is a rare class found? The class is made rare (5 % of the set), ranked by outlier scores that know
//! nothing of it, and by a regression that knows a few examples.

use super::confound::Borders;
use super::draws::Draws;
use super::few_shot::fit_options;
use super::ranking::{Once, Ranked, Seed, averaged, gathered, once};
use super::sample::{Hush, Sample};
use crate::discovery::anomaly::{
    ForestOptions, IsolationForest, KnnOptions, Mahalanobis, Shrinkage, knn_distance, mean_rank,
};
use crate::discovery::fewshot::{Classifier, Label};
use crate::discovery::projection::Pca;
use crate::discovery::{DiscoveryError, Features, Matrix, Vectors};
use crate::progress::Progress;
use rayon::prelude::*;

/// Share of the set that the rare class is brought to.
const PREVALENCE: f64 = 0.05;
/// Principal components that the outlier scores see.
const COMPONENTS: usize = 32;
/// Examples that guide.
const EXAMPLES: [usize; 3] = [1, 5, 10];
/// Others that are marked as ordinary beside them.
const ORDINARY: usize = 50;
/// Forests that are grown anew for each seed: their trees are all that is left to chance once the objects
/// are drawn, and one forest's figures move by more than a hundredth.
const FORESTS: u64 = 5;

/// The main components of z-scored rows.
fn main_components(z: &Matrix, progress: &dyn Progress) -> Result<Matrix, DiscoveryError> {
    let features = Features::raw(Vectors::from_f32(z.cols, &z.values));
    let most = z.cols.saturating_sub(1).min(z.rows().saturating_sub(1));
    Pca::fit(&features, COMPONENTS.min(most).max(1), progress)?.transform(&features, progress)
}

/// How an isolation forest ranks the rare class, and how the mean of its ranks and those of `others` does,
/// which is the program's own plain score; mean over [`FORESTS`].
fn isolated(
    places: &Matrix,
    others: [&[f32]; 2],
    truth: &[bool],
    (rows, borders): (&[usize], Option<&Borders>),
    seed: u32,
    progress: &dyn Progress,
) -> Result<[Option<Once>; 2], DiscoveryError> {
    let mut all = [Vec::new(), Vec::new()];
    for forest in 0..FORESTS {
        let options = ForestOptions {
            seed: u64::from(seed) * FORESTS + forest,
            ..ForestOptions::default()
        };
        let score = IsolationForest::fit(places, &options, progress)?.score(places, progress)?;
        let combined = mean_rank(&[&score, others[0], others[1]]);
        for (all, score) in all.iter_mut().zip([score, combined]) {
            all.push(once(truth, &widened(&score), rows, borders));
        }
    }
    Ok(all.map(|all| averaged(&all)))
}

fn widened(score: &[f32]) -> Vec<f64> {
    score.iter().copied().map(f64::from).collect()
}

/// Scores of the rows `at` of the z-scored rows by a balanced regression on `known` ones, `true` marking
/// those of the rare class.
fn guided(
    features: &Features<'_>,
    known: &[(usize, bool)],
    at: &[usize],
) -> Result<Vec<f64>, DiscoveryError> {
    let labels: Vec<Label> = known
        .iter()
        .map(|&(row, rare)| Label {
            row,
            class: usize::from(rare),
        })
        .collect();
    Classifier::fit(features, &labels, &fit_options(true))?.logits(features, at)
}

/// How well class `rare` is found, over `seeds` seeds, by method. One step of `progress` a seed. With
/// the objects' `borders`, also how much of it their noise explains.
///
/// # Errors
/// Cancelled; too few rows.
pub fn rare_class(
    sample: &Sample,
    rare: usize,
    seeds: usize,
    borders: Option<&Borders>,
    progress: &dyn Progress,
) -> Result<Vec<Ranked>, DiscoveryError> {
    let (odd, ordinary): (Vec<usize>, Vec<usize>) =
        (0..sample.rows()).partition(|&i| sample.class[i] == rare);
    let wanted = ordinary.len() as f64 * PREVALENCE / (1.0 - PREVALENCE);
    let count = odd.len().min(wanted.round_ties_even() as usize);
    if count == 0 {
        return Err(DiscoveryError::TooFewRows {
            what: "a ranking of a rare class",
            needed: 20,
            found: ordinary.len(),
        });
    }
    let runs: Vec<Seed> = (0..seeds)
        .into_par_iter()
        .map(|seed| {
            let of_seed = one_seed(
                sample,
                (&odd, &ordinary, count),
                seed as u32,
                borders,
                &Hush(progress),
            );
            progress.advance(1);
            of_seed
        })
        .collect::<Result<_, DiscoveryError>>()?;
    Ok(gathered(&runs))
}

fn one_seed(
    sample: &Sample,
    (odd, ordinary, count): (&[usize], &[usize], usize),
    seed: u32,
    borders: Option<&Borders>,
    progress: &dyn Progress,
) -> Result<Seed, DiscoveryError> {
    let mut draws = Draws::new(seed);
    let mut rows = ordinary.to_vec();
    rows.extend(draws.chosen(odd, count));
    let truth: Vec<bool> = (0..rows.len()).map(|i| i >= ordinary.len()).collect();
    let z = sample.z.select(&rows);
    let places = main_components(&z, progress)?;
    let features = Features::raw(Vectors::from_f32(z.cols, &z.values));
    let (knn, _) = knn_distance(&places, &KnnOptions::default(), progress)?;
    let distance = Mahalanobis::fit(&features, Shrinkage::default(), progress)?.score(&features, progress)?;
    let about = (rows.as_slice(), borders);
    let [isolation, combined] = isolated(&places, [&knn, &distance], &truth, about, seed, progress)?;
    let knn = once(&truth, &widened(&knn), &rows, borders);
    let mut out = vec![
        ("isolation".to_owned(), isolation),
        ("knn".to_owned(), Some(knn)),
        ("combined".to_owned(), combined),
    ];
    let (rare_rows, other_rows): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|&i| truth[i]);
    for examples in EXAMPLES {
        let name = format!("guided{examples}");
        if examples >= count || other_rows.len() < 100 {
            out.push((name, None));
            continue;
        }
        let mut known: Vec<(usize, bool)> = Vec::new();
        known.extend(draws.chosen(&rare_rows, examples).into_iter().map(|i| (i, true)));
        known.extend(
            draws
                .chosen(&other_rows, ORDINARY)
                .into_iter()
                .map(|i| (i, false)),
        );
        let mut is_known = vec![false; rows.len()];
        known.iter().for_each(|&(i, _)| is_known[i] = true);
        let rest: Vec<usize> = (0..rows.len()).filter(|&i| !is_known[i]).collect();
        let score = guided(&features, &known, &rest)?;
        let truth: Vec<bool> = rest.iter().map(|&i| truth[i]).collect();
        let at: Vec<usize> = rest.iter().map(|&i| rows[i]).collect();
        out.push((name, Some(once(&truth, &score, &at, borders))));
    }
    Ok(out)
}
