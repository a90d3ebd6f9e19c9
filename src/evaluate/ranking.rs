//! How good a ranking is: area under the ROC curve, recall at the top, precision and recall against rank.

use super::confound::{Borders, matched_auc};
use super::sample::Spread;
use crate::discovery::metrics;
use serde::Serialize;

/// How well one method ranks the rare class first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranked {
    /// `isolation`, `knn`, `combined` (the mean of their ranks and the Mahalanobis distance's, as the program ranks by
    /// strangeness), `guided5`…
    pub method: String,
    /// Area under the ROC curve; 0.5 by chance.
    pub auc: Spread,
    /// Share of the rare class within the first 1 % (at most 0.2 at a prevalence of 5 %).
    pub recall_1: Spread,
    /// Share of it within the first 5 %.
    pub recall_5: Spread,
    /// ROC AUC among objects of equal background noise, where that was measured.
    pub auc_matched: Option<Spread>,
    /// Spearman's rank correlation of the score with the background's noise.
    pub noise_correlation: Option<Spread>,
    /// The same with the background's level.
    pub level_correlation: Option<Spread>,
    /// Precision and recall against rank, mean over the seeds.
    pub curve: Vec<RankPoint>,
}

/// Precision and recall of the first `rank` objects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankPoint {
    /// How many are looked at.
    pub rank: usize,
    /// Share of them that are of the class.
    pub precision: f64,
    /// Share of the class that is among them.
    pub recall: f64,
}

/// One method on one seed.
#[derive(Clone)]
pub(super) struct Once {
    figures: [f64; 3],
    /// AUC at equal noise, correlation with noise, with level.
    confound: [Option<f64>; 3],
    curve: Vec<RankPoint>,
}

/// One seed: the methods in order, `None` where one could not be tried.
pub(super) type Seed = Vec<(String, Option<Once>)>;

/// Ranks at which curves are drawn: all of the first, then ever fewer.
fn stops(rows: usize) -> Vec<usize> {
    let mut out = vec![1];
    while let Some(&last) = out.last() {
        let next = (last + 1).max((last as f64 * 1.15) as usize);
        if next >= rows {
            break;
        }
        out.push(next);
    }
    if rows > 1 {
        out.push(rows);
    }
    out
}

/// The objects by falling score, equal ones by number.
fn ranked(score: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|&a, &b| score[b].total_cmp(&score[a]).then(a.cmp(&b)));
    order
}

/// Precision and recall against rank of a score, highest first.
pub fn rank_curve(truth: &[bool], score: &[f64]) -> Vec<RankPoint> {
    curve_of(truth, &ranked(score))
}

fn curve_of(truth: &[bool], order: &[usize]) -> Vec<RankPoint> {
    let all = truth.iter().filter(|&&t| t).count().max(1) as f64;
    let mut found = vec![0usize];
    for &i in order {
        found.push(found[found.len() - 1] + usize::from(truth[i]));
    }
    (stops(order.len()).into_iter())
        .map(|rank| RankPoint {
            rank,
            precision: found[rank] as f64 / rank as f64,
            recall: found[rank] as f64 / all,
        })
        .collect()
}

/// Area under the ROC curve, ties counting half.
pub(super) fn auc(truth: &[bool], score: &[f64]) -> f64 {
    let single: Vec<f32> = score.iter().map(|&s| s as f32).collect();
    metrics::roc_auc(truth, &single)
}

/// Judges a score of the objects `rows` of the sample.
pub(super) fn once(truth: &[bool], score: &[f64], rows: &[usize], borders: Option<&Borders>) -> Once {
    let order = ranked(score);
    let all = truth.iter().filter(|&&t| t).count() as f64;
    let recall = |share: f64| {
        let top = ((truth.len() as f64 * share).round_ties_even() as usize).max(1);
        order.iter().take(top).filter(|&&i| truth[i]).count() as f64 / all
    };
    let correlation = |of: &[f64]| {
        let a: Vec<f32> = score.iter().map(|&s| s as f32).collect();
        let b: Vec<f32> = rows.iter().map(|&i| of[i] as f32).collect();
        Some(metrics::spearman(&a, &b)).filter(|r| r.is_finite())
    };
    let confound = borders.map_or([None; 3], |b| {
        let stratum: Vec<usize> = rows.iter().map(|&i| b.stratum[i]).collect();
        [
            matched_auc(truth, score, &stratum),
            correlation(&b.noise),
            correlation(&b.level),
        ]
    });
    Once {
        figures: [auc(truth, score), recall(0.01), recall(0.05)],
        confound,
        curve: curve_of(truth, &order),
    }
}

/// Mean of figures and curves; nothing of nothing.
pub(super) fn averaged(all: &[Once]) -> Option<Once> {
    let first = all.first()?;
    let n = all.len() as f64;
    let mean = |value: &dyn Fn(&Once) -> f64| all.iter().map(value).sum::<f64>() / n;
    let some = |f: usize| {
        let known: Vec<f64> = all.iter().filter_map(|o| o.confound[f]).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    Some(Once {
        figures: [0, 1, 2].map(|f| mean(&|o| o.figures[f])),
        confound: [0, 1, 2].map(some),
        curve: (first.curve.iter().enumerate())
            .map(|(p, point)| RankPoint {
                rank: point.rank,
                precision: mean(&|o| o.curve[p].precision),
                recall: mean(&|o| o.curve[p].recall),
            })
            .collect(),
    })
}

/// Means and spreads over the seeds.
pub(super) fn gathered(runs: &[Seed]) -> Vec<Ranked> {
    let methods = runs.first().map_or(0, Vec::len);
    (0..methods)
        .filter_map(|m| {
            let done: Vec<Once> = runs.iter().filter_map(|run| run[m].1.clone()).collect();
            let figure = |f: usize| Spread::of(&done.iter().map(|o| o.figures[f]).collect::<Vec<_>>());
            let confound = |f: usize| {
                let values: Vec<f64> = done.iter().filter_map(|o| o.confound[f]).collect();
                (!values.is_empty()).then(|| Spread::of(&values))
            };
            Some(Ranked {
                method: runs[0][m].0.clone(),
                auc: figure(0),
                recall_1: figure(1),
                recall_5: figure(2),
                auc_matched: confound(0),
                noise_correlation: confound(1),
                level_correlation: confound(2),
                curve: averaged(&done)?.curve,
            })
        })
        .collect()
}
