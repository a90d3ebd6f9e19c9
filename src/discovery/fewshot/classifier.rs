//! A classifier learned from the user's labels, and what it says of every object.

use super::logistic::{self, Problem};
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use crate::discovery::kernel::{BLOCK_ROWS, par_blocks};
use crate::progress::Progress;
use serde::{Deserialize, Serialize};

/// One object's class as the user gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Which object.
    pub row: usize,
    /// Which class, a number of the caller's.
    pub class: usize,
}

/// How to fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitOptions {
    /// Inverse strength of the regularisation, scikit-learn's `C`.
    pub c: f64,
    /// Whether every class counts the same however many labels it has.
    pub balanced: bool,
    /// Most steps of the optimiser.
    pub max_iterations: usize,
    /// Largest component of the gradient (per label) at which it stops.
    pub tolerance: f64,
}

impl Default for FitOptions {
    /// `C = 0.1`, which wins on few labels of z-scored embeddings; balanced.
    fn default() -> Self {
        Self {
            c: 0.1,
            balanced: true,
            max_iterations: 1000,
            tolerance: 1e-8,
        }
    }
}

/// The class of a row without a vector.
pub const NO_CLASS: u32 = u32::MAX;

/// A linear classifier over [`Features`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classifier {
    /// The caller's class numbers that have labels, ascending; outputs follow this order.
    pub classes: Vec<usize>,
    /// Width of the features.
    pub dim: usize,
    /// Over the features, row-major: one row for two classes (towards the second), else one a
    /// class.
    pub weights: Vec<f64>,
    /// One a row of `weights`.
    pub intercepts: Vec<f64>,
    /// Logits are divided by this before they become probabilities; 1 until calibrated by
    /// [`Validation::temperature`](super::Validation::temperature).
    pub temperature: f64,
    /// How many labels it was fitted on.
    pub labels: usize,
    /// How many steps the optimiser took.
    pub iterations: usize,
}

/// What a classifier says of every row.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// The caller's class numbers, in the order of a row's probabilities.
    pub classes: Vec<usize>,
    /// `rows × classes.len()`, row-major; NaN where a row has no vector.
    pub probabilities: Vec<f32>,
    /// Index into `classes` of the likeliest class (the first of equals); [`NO_CLASS`] where a
    /// row has no vector.
    pub best: Vec<u32>,
    /// Shannon entropy of the row's probabilities over its largest possible value, 0 to 1.
    pub entropy: Vec<f32>,
    /// Probability of the likeliest class minus that of the second, 0 to 1.
    pub margin: Vec<f32>,
}

impl Predictions {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.best.len()
    }

    /// Probabilities of row `i`.
    pub fn row(&self, i: usize) -> &[f32] {
        let k = self.classes.len();
        &self.probabilities[i * k..(i + 1) * k]
    }

    /// The caller's number of the likeliest class of row `i`.
    pub fn class(&self, i: usize) -> Option<usize> {
        self.classes.get(self.best[i] as usize).copied()
    }
}

/// Labels as indices into the classes that occur, checked for rows that carry two classes.
/// Repeated equal labels count once.
pub(super) fn tidy(labels: &[Label]) -> Result<(Vec<usize>, Vec<Label>), DiscoveryError> {
    let mut sorted = labels.to_vec();
    sorted.sort_unstable_by_key(|l| (l.row, l.class));
    sorted.dedup();
    if let Some(pair) = sorted.windows(2).find(|w| w[0].row == w[1].row) {
        return Err(DiscoveryError::TwoClasses { row: pair[0].row });
    }
    let mut classes: Vec<usize> = sorted.iter().map(|l| l.class).collect();
    classes.sort_unstable();
    classes.dedup();
    match classes.len() {
        0 => return Err(DiscoveryError::NoLabels),
        1 => {
            return Err(DiscoveryError::OneClass { labels: sorted.len() });
        }
        _ => {}
    }
    for l in &mut sorted {
        l.class = classes.partition_point(|&c| c < l.class);
    }
    Ok((classes, sorted))
}

impl FitOptions {
    pub(super) fn check(&self) -> Result<(), DiscoveryError> {
        if self.c.is_finite() && self.c > 0.0 {
            return Ok(());
        }
        Err(DiscoveryError::Setting {
            what: "C, the inverse strength of the regularisation,",
            value: self.c.to_string(),
            allowed: "above 0",
        })
    }

    /// Solves for rows already read.
    pub(super) fn solve(
        &self,
        dim: usize,
        x: &[f64],
        y: &[usize],
        classes: usize,
    ) -> Result<logistic::Solution, DiscoveryError> {
        let sample_weight = if self.balanced {
            logistic::balanced_weights(y, classes)
        } else {
            vec![1.0; y.len()]
        };
        logistic::solve(&Problem {
            dim,
            x,
            y,
            sample_weight: &sample_weight,
            classes,
            c: self.c,
            max_iterations: self.max_iterations,
            tolerance: self.tolerance,
        })
    }
}

impl Classifier {
    /// Fits `labels` of rows of `features`.
    ///
    /// # Errors
    /// If there are no labels, only one class, a row with two classes, or a row without vector.
    pub fn fit(
        features: &Features<'_>,
        labels: &[Label],
        options: &FitOptions,
    ) -> Result<Self, DiscoveryError> {
        options.check()?;
        let (classes, labels) = tidy(labels)?;
        let rows: Vec<usize> = labels.iter().map(|l| l.row).collect();
        let y: Vec<usize> = labels.iter().map(|l| l.class).collect();
        let x: Vec<f64> = (features.read_rows(&rows)?.values.iter())
            .map(|&v| f64::from(v))
            .collect();
        let solution = options.solve(features.dim(), &x, &y, classes.len())?;
        Ok(Self {
            classes,
            dim: features.dim(),
            weights: solution.weights,
            intercepts: solution.intercepts,
            temperature: 1.0,
            labels: y.len(),
            iterations: solution.iterations,
        })
    }

    /// Class probabilities, doubt and likeliest class of every row.
    ///
    /// # Errors
    /// If `features` are of another width than those it was fitted on; cancelled.
    pub fn predict(
        &self,
        features: &Features<'_>,
        progress: &dyn Progress,
    ) -> Result<Predictions, DiscoveryError> {
        if features.dim() != self.dim {
            return Err(DiscoveryError::Shape {
                what: "width of the features for this classifier",
                expected: self.dim,
                found: features.dim(),
            });
        }
        let k = self.classes.len();
        let folded = features.fold(&self.weights);
        let blocks = par_blocks(features.rows(), BLOCK_ROWS, "classifying", progress, |span| {
            let n = span.len();
            let mut out = Predictions {
                classes: Vec::new(),
                probabilities: Vec::with_capacity(n * k),
                best: Vec::with_capacity(n),
                entropy: Vec::with_capacity(n),
                margin: Vec::with_capacity(n),
            };
            let mut p = vec![0.0; k];
            folded.each(span, &self.intercepts, |logits| match logits {
                Some(logits) => {
                    let entropy = logistic::probabilities(logits, self.temperature, &mut p);
                    out.push(&p, entropy);
                }
                None => {
                    out.probabilities.extend(std::iter::repeat_n(f32::NAN, k));
                    out.best.push(NO_CLASS);
                    out.entropy.push(f32::NAN);
                    out.margin.push(f32::NAN);
                }
            });
            out
        })?;
        let mut all = Predictions {
            classes: self.classes.clone(),
            probabilities: Vec::with_capacity(features.rows() * k),
            best: Vec::with_capacity(features.rows()),
            entropy: Vec::with_capacity(features.rows()),
            margin: Vec::with_capacity(features.rows()),
        };
        for b in blocks {
            all.probabilities.extend(b.probabilities);
            all.best.extend(b.best);
            all.entropy.extend(b.entropy);
            all.margin.extend(b.margin);
        }
        Ok(all)
    }

    /// The logits alone (one for two classes, else one a class), for a few rows.
    ///
    /// # Errors
    /// If a row has no vector.
    pub fn logits(&self, features: &Features<'_>, rows: &[usize]) -> Result<Vec<f64>, DiscoveryError> {
        let x = features.read_rows(rows)?;
        let mut out = Vec::with_capacity(rows.len() * self.intercepts.len());
        for r in 0..rows.len() {
            for (w, b) in self.weights.chunks_exact(self.dim).zip(&self.intercepts) {
                let sum: f64 = (w.iter().zip(x.row(r))).map(|(w, x)| w * f64::from(*x)).sum();
                out.push(b + sum);
            }
        }
        Ok(out)
    }
}

impl Predictions {
    fn push(&mut self, p: &[f64], entropy: f64) {
        let (mut best, mut second) = (0, f64::NEG_INFINITY);
        for (c, &v) in p.iter().enumerate() {
            self.probabilities.push(v as f32);
            if c > 0 && v > p[best] {
                second = p[best];
                best = c;
            } else if c > 0 {
                second = second.max(v);
            }
        }
        self.best.push(best as u32);
        self.entropy.push((entropy / (p.len() as f64).ln()) as f32);
        self.margin.push((p[best] - second) as f32);
    }
}
