//! How much the background alone explains. Classes that were collected differently often differ in
//! depth: a network that reads the noise looks as if it knew galaxies.

use super::calibration::{cross_probabilities, judged};
use super::draws::Draws;
use super::few_shot::{Taught, few_shot};
use super::neighbours::knn_accuracy;
use super::ranking::auc;
use super::sample::{Hush, Sample, Spread};
use crate::discovery::{DiscoveryError, Matrix, metrics};
use crate::encoder::morphometry::median;
use crate::progress::Progress;
use crate::sky::cutout::Cutout;
use serde::Serialize;

/// Ranges of equally many objects within which noise counts as the same.
const STRATA: usize = 10;
/// Fewer objects a class than these say nothing.
const LEAST: usize = 10;

/// What the border of a cutout shows, mean over its bands, in the cutout's own units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Border {
    /// Median of the outermost pixels: the background's level.
    pub level: f64,
    /// Standard deviation of the outermost pixels: noise, and whatever else reaches the border.
    pub noise: f64,
}

/// Measures the outermost ring of pixels; `None` where none of them has a value.
pub fn border_of(cutout: &Cutout) -> Option<Border> {
    let (w, h) = (cutout.width(), cutout.height());
    let mut ring = Vec::with_capacity(2 * (w + h));
    for y in 0..h {
        for x in 0..w {
            if x > 0 && y > 0 && x + 1 < w && y + 1 < h {
                continue;
            }
            let values = cutout.bands.iter().filter_map(|b| b.get(x, y));
            let (sum, count) = values
                .filter(|v| v.is_finite())
                .fold((0.0, 0), |(s, n), v| (s + f64::from(v), n + 1));
            if count > 0 {
                ring.push(sum / f64::from(count));
            }
        }
    }
    if ring.is_empty() {
        return None;
    }
    let noise = Spread::of(&ring).spread;
    let level = median(&mut ring);
    Some(Border { level, noise })
}

/// Background level and noise of every evaluated object.
#[derive(Debug, Clone)]
pub struct Borders {
    /// Level of the background.
    pub level: Vec<f64>,
    /// Its noise.
    pub noise: Vec<f64>,
    /// Which of ten ranges of noise, equally full, each object lies in.
    pub stratum: Vec<usize>,
}

impl Borders {
    /// Of measured borders.
    pub fn new(borders: &[Border]) -> Self {
        let noise: Vec<f64> = borders.iter().map(|b| b.noise).collect();
        let single: Vec<f32> = noise.iter().map(|&v| v as f32).collect();
        let n = noise.len().max(1) as f64;
        let stratum = metrics::ranks(&single)
            .into_iter()
            .map(|rank| (((rank - 0.5) / n * STRATA as f64) as usize).min(STRATA - 1))
            .collect();
        Self {
            level: borders.iter().map(|b| b.level).collect(),
            noise,
            stratum,
        }
    }
}

/// What the background alone says of the classes, without any encoder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alone {
    /// Balanced accuracy by chance.
    pub chance: f64,
    /// Cross-validated balanced accuracy of a regression on the noise and its square.
    pub noise: f64,
    /// The same on the background's level.
    pub level: f64,
    /// The same on both.
    pub both: f64,
    /// ROC AUC of the rare class by noise alone (as it is, or upside down where that is larger).
    pub noise_auc: Option<f64>,
    /// The same by the background's level.
    pub level_auc: Option<f64>,
}

/// Asks the background alone.
///
/// # Errors
/// Cancelled; one class only.
pub fn alone(
    borders: &Borders,
    class: &[usize],
    classes: usize,
    rare: Option<usize>,
    progress: &dyn Progress,
) -> Result<Alone, DiscoveryError> {
    let accuracy = |columns: &[&[f64]]| -> Result<f64, DiscoveryError> {
        let mut values = Vec::new();
        let scaled: Vec<Vec<f64>> = columns.iter().map(|c| z_scores(c)).collect();
        for i in 0..class.len() {
            for c in &scaled {
                values.extend([c[i] as f32, (c[i] * c[i]) as f32]);
            }
        }
        let m = Matrix {
            cols: 2 * columns.len(),
            values,
        };
        let sample = Sample::new(&m, class.to_vec(), classes, progress)?;
        let p = cross_probabilities(&sample, true, &Hush(progress))?;
        Ok(judged(&p, class, classes).balanced_accuracy)
    };
    let one_sided = |score: &[f64]| {
        rare.map(|rare| {
            let truth: Vec<bool> = class.iter().map(|&c| c == rare).collect();
            let area = auc(&truth, score);
            area.max(1.0 - area)
        })
    };
    Ok(Alone {
        chance: 1.0 / classes.max(1) as f64,
        noise: accuracy(&[&borders.noise])?,
        level: accuracy(&[&borders.level])?,
        both: accuracy(&[&borders.noise, &borders.level])?,
        noise_auc: one_sided(&borders.noise),
        level_auc: one_sided(&borders.level),
    })
}

fn z_scores(values: &[f64]) -> Vec<f64> {
    let s = Spread::of(values);
    let scale = if s.spread > 0.0 { 1.0 / s.spread } else { 0.0 };
    values.iter().map(|v| (v - s.mean) * scale).collect()
}

/// ROC AUC over the pairs whose noise is alike: what a score still tells when noise can't help it.
/// `None` where no range of noise holds both kinds.
pub(super) fn matched_auc(truth: &[bool], score: &[f64], stratum: &[usize]) -> Option<f64> {
    let (mut sum, mut pairs) = (0.0, 0.0);
    for s in 0..STRATA {
        let here: Vec<usize> = (0..truth.len()).filter(|&i| stratum[i] == s).collect();
        let own: Vec<bool> = here.iter().map(|&i| truth[i]).collect();
        let rare = own.iter().filter(|&&t| t).count();
        let weight = (rare * (own.len() - rare)) as f64;
        if weight > 0.0 {
            let scores: Vec<f64> = here.iter().map(|&i| score[i]).collect();
            sum += weight * auc(&own, &scores);
            pairs += weight;
        }
    }
    (pairs > 0.0).then(|| sum / pairs)
}

/// Figures on a part of the objects in which every class has the same noise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matched {
    /// Objects that are left, equally many of each class.
    pub objects: usize,
    /// 5-NN accuracy on them.
    pub knn5: f64,
    /// Learning curve on them.
    pub few_shot: Vec<Taught>,
}

/// Objects such that in each range of noise every class has equally many; drawn by seed 0.
pub(super) fn matched_rows(borders: &Borders, class: &[usize], classes: usize) -> Vec<usize> {
    let mut draws = Draws::new(0);
    let mut rows = Vec::new();
    for s in 0..STRATA {
        let mut members = vec![Vec::new(); classes];
        for (i, &c) in class.iter().enumerate() {
            if borders.stratum[i] == s {
                members[c].push(i);
            }
        }
        let least = members.iter().map(Vec::len).min().unwrap_or(0);
        for m in &members {
            rows.extend(draws.chosen(m, least));
        }
    }
    rows.sort_unstable();
    rows
}

/// The figures where noise can't help; `None` where too few objects are left.
///
/// # Errors
/// Cancelled.
pub fn matched(
    sample: &Sample,
    borders: &Borders,
    seeds: usize,
    progress: &dyn Progress,
) -> Result<Option<Matched>, DiscoveryError> {
    let rows = matched_rows(borders, &sample.class, sample.classes);
    if rows.len() < LEAST * sample.classes {
        return Ok(None);
    }
    let class = rows.iter().map(|&i| sample.class[i]).collect();
    let part = Sample::new(&sample.z.select(&rows), class, sample.classes, progress)?;
    Ok(Some(Matched {
        objects: rows.len(),
        knn5: knn_accuracy(&part.directions(), &part, progress)?,
        few_shot: few_shot(&part, seeds, &Hush(progress))?,
    }))
}
