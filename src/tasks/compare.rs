//! Compare: two runs side by side. Do they agree on what looks alike, and which of them teaches the
//! labels so far better?

use super::classify::labels_of;
use super::vectors::Opened;
use crate::discovery::Features;
use crate::discovery::fewshot::{FitOptions, Label, cross_validate};
use crate::discovery::search::{Query, similar_in};
use crate::progress::{Progress, Silent};
use crate::project::runs::Manifest;
use crate::project::{Project, ProjectError};
use serde::Serialize;

/// Objects whose neighbours are looked up, at most; fewer where each takes long.
const QUERIES: usize = 500;
/// Rows that are met for all queries together, at most: about half a minute of looking.
const MEETINGS: usize = 100_000_000;
/// Ways in which the labels are dealt to folds.
const DEALS: u64 = 10;

/// How neighbours agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Neighbours an object.
    pub k: usize,
    /// Mean share of an object's `k` nearest in one run that are among its `k` nearest in the other.
    pub overlap: f64,
    /// Lower end of the 95 % interval of that mean.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// What two runs that know nothing of each other would share.
    pub chance: f64,
    /// Objects whose neighbours were looked up.
    pub queries: usize,
}

/// How well a run's vectors tell the labels so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accuracy {
    /// Mean over the deals of the cross-validated share predicted right.
    pub mean: f64,
    /// Standard deviation over the deals.
    pub spread: f64,
    /// Mean of the balanced accuracy.
    pub balanced: f64,
}

/// Few-shot accuracy of both runs on the same labels, dealt to the same folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Taught {
    /// Labels on objects that both runs have.
    pub labels: usize,
    /// How often they were dealt to folds anew.
    pub deals: u64,
    /// Of the first run and of the second.
    pub accuracy: [Accuracy; 2],
    /// Mean of second minus first, deal by deal.
    pub difference: f64,
    /// Standard deviation of that difference over the deals.
    pub difference_spread: f64,
}

/// Two runs side by side.
#[derive(Debug, Clone)]
pub struct Compared {
    /// What made them.
    pub runs: [Manifest; 2],
    /// Objects that have a vector in both.
    pub objects: usize,
    /// Whether they agree on what looks alike.
    pub agreement: Agreement,
    /// Which teaches better; `None` where there are too few labels.
    pub taught: Option<Taught>,
    /// Why there is no accuracy.
    pub note: Option<String>,
}

impl Compared {
    /// Whether neighbours agree, in a sentence.
    pub fn sentence(&self) -> String {
        let n = &self.agreement;
        format!(
            "of the {} nearest of an object {:.0} % are the same in both (95 %: {:.0}–{:.0} %; by chance {:.1} %), on {} of {} objects",
            n.k,
            100.0 * n.overlap,
            100.0 * n.low,
            100.0 * n.high,
            100.0 * n.chance,
            n.queries,
            self.objects
        )
    }
}

/// Compares the runs (or the newest runs of the encoders) called `names` by `k` neighbours.
///
/// # Errors
/// If a run isn't there, both are the same, or fewer than three objects have a vector in both.
pub fn compare(
    project: &Project,
    names: [&str; 2],
    k: usize,
    progress: &dyn Progress,
) -> Result<Compared, ProjectError> {
    let opened = [one(project, names[0])?, one(project, names[1])?];
    let manifests = [&opened[0], &opened[1]].map(|o| o.runs[0].manifest.clone());
    if manifests[0].run == manifests[1].run {
        return Err(ProjectError::Ask(format!(
            "'{}' and '{}' are the same run, {}: `astrolabel info PROJECT` lists all",
            names[0], names[1], manifests[0].run
        )));
    }
    let features = [opened[0].features(progress)?, opened[1].features(progress)?];
    let (shared, alone): (Vec<usize>, Vec<usize>) = (0..features[0].rows())
        .filter(|&i| features.iter().any(|f| f.is_present(i)))
        .partition(|&i| features.iter().all(|f| f.is_present(i)));
    if shared.len() < 3 {
        return Err(ProjectError::Ask(format!(
            "only {} objects have a vector in both runs: `astrolabel embed` makes the missing ones",
            shared.len()
        )));
    }
    let agreement = agreement(&features, &shared, &alone, k, progress).map_err(|e| opened[0].error(e))?;
    let (_, mut labels, _) = labels_of(project, &features[0])?;
    labels.retain(|l| features[1].is_present(l.row));
    let (taught, note) = match taught(&features, &labels, progress) {
        Ok(taught) => (Some(taught), None),
        Err(crate::discovery::DiscoveryError::Cancelled { .. }) => return Err(ProjectError::Cancelled),
        Err(why) => (None, Some(why.to_string())),
    };
    Ok(Compared {
        runs: manifests,
        objects: shared.len(),
        agreement,
        taught,
        note,
    })
}

fn one(project: &Project, name: &str) -> Result<Opened, ProjectError> {
    let opened = Opened::of(project, Some(name))?;
    if opened.runs.len() == 1 {
        return Ok(opened);
    }
    Err(ProjectError::Ask(format!(
        "'{name}' stands for {} runs: name two single ones; `astrolabel info PROJECT` lists them",
        opened.runs.len()
    )))
}

fn agreement(
    features: &[Features<'_>; 2],
    shared: &[usize],
    alone: &[usize],
    k: usize,
    progress: &dyn Progress,
) -> Result<Agreement, crate::discovery::DiscoveryError> {
    let k = k.clamp(1, shared.len() - 2);
    let count = shared.len().min(QUERIES).min((MEETINGS / shared.len()).max(20));
    progress.begin("comparing neighbours", Some(count as u64));
    let mut shares = Vec::with_capacity(count);
    for q in 0..count {
        if progress.cancelled() {
            return Err(crate::discovery::DiscoveryError::Cancelled {
                stage: "comparing neighbours".into(),
            });
        }
        let row = [shared[q * shared.len() / count]];
        let query = Query::Rows {
            liked: &row,
            disliked: &[],
        };
        let mut found = Vec::new();
        for f in features {
            let hits = similar_in(f, &query, k, alone, None, &Silent)?;
            found.push(hits.iter().map(|h| h.row).collect::<Vec<_>>());
        }
        let common = found[0].iter().filter(|r| found[1].contains(r)).count();
        shares.push(common as f64 / k as f64);
        progress.advance(1);
    }
    let (overlap, spread) = mean_and_spread(&shares);
    let half = 1.96 * spread / (count as f64).sqrt();
    Ok(Agreement {
        k,
        overlap,
        low: (overlap - half).max(0.0),
        high: (overlap + half).min(1.0),
        chance: k as f64 / (shared.len() - 1) as f64,
        queries: count,
    })
}

fn taught(
    features: &[Features<'_>; 2],
    labels: &[Label],
    progress: &dyn Progress,
) -> Result<Taught, crate::discovery::DiscoveryError> {
    let mut plain: [Vec<f64>; 2] = Default::default();
    let mut balanced: [Vec<f64>; 2] = Default::default();
    for seed in 0..DEALS {
        for (i, f) in features.iter().enumerate() {
            let v = cross_validate(f, labels, &FitOptions::default(), seed, progress)?;
            plain[i].push(v.accuracy);
            balanced[i].push(v.balanced_accuracy);
        }
    }
    let of = |i: usize| {
        let (mean, spread) = mean_and_spread(&plain[i]);
        Accuracy {
            mean,
            spread,
            balanced: mean_and_spread(&balanced[i]).0,
        }
    };
    let differences: Vec<f64> = plain[0].iter().zip(&plain[1]).map(|(a, b)| b - a).collect();
    let (difference, difference_spread) = mean_and_spread(&differences);
    Ok(Taught {
        labels: labels.len(),
        deals: DEALS,
        accuracy: [of(0), of(1)],
        difference,
        difference_spread,
    })
}

/// Mean, and the sample's standard deviation (0 of a single value).
fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}
