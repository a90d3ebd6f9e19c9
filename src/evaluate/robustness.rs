//! Does a vector stay what it was when the picture changes in ways that don't matter? Altered cutouts of
//! some objects are embedded again and held against the vectors of the unaltered ones.

use super::alter::Alteration;
use super::neighbours::{VOTERS, vote};
use super::sample::{Hush, Sample, unit_rows};
use crate::discovery::neighbours::{Neighbours, nearest};
use crate::discovery::{DiscoveryError, Matrix};
use crate::encoder::computation;
use crate::progress::Progress;
use crate::sky::cutout::Cutout;
use rayon::prelude::*;
use serde::Serialize;

/// Cutouts that are altered and embedded together.
const BATCH: usize = 16;

/// What one alteration does to the vectors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kept {
    /// What was done.
    pub alteration: String,
    /// Objects it was done to.
    pub objects: usize,
    /// Mean cosine of the z-scored vectors before and after.
    pub cosine: f64,
    /// The cosine that nine of ten objects keep at least.
    pub cosine_low: f64,
    /// Mean cosine of the vectors as the encoder gives them.
    pub cosine_raw: f64,
    /// 5-NN accuracy of these objects among all others, before.
    pub accuracy_before: f64,
    /// The same after: only they are altered, the others are as they were.
    pub accuracy_after: f64,
}

/// Turns cutouts into vectors, row-major; an error is a sentence.
pub type Embedding<'a> = dyn Fn(&[Cutout]) -> Result<Vec<f32>, String> + Sync + 'a;

/// Why the robustness isn't known.
#[derive(Debug, thiserror::Error)]
pub enum RobustnessError {
    /// The encoder failed.
    #[error("{0}")]
    Encoder(String),
    /// The neighbours could not be found, or cancelled.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
}

/// The cosine; two vectors of nothing are alike.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    if a.iter().chain(b).all(|v| *v == 0.0) {
        1.0
    } else {
        computation::cosine(a, b)
    }
}

/// Alters `cutouts`, those of the rows `rows` of the sample, embeds them and compares. One step of
/// `progress` an alteration.
///
/// # Errors
/// If the encoder fails; cancelled.
pub fn robustness(
    sample: &Sample,
    rows: &[usize],
    cutouts: &[Cutout],
    embed: &Embedding<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Kept>, RobustnessError> {
    let directions = sample.directions();
    // The unaltered ones are embedded again too: what is compared differs by the alteration alone.
    let plain = embedded(cutouts, None, sample.z.cols, embed, progress)?;
    let a = sample.scored(&plain);
    let before = accuracy(&a, sample, rows, &directions, progress)?;
    progress.advance(1);
    let mut all = Vec::new();
    for alteration in Alteration::ALL {
        let altered = embedded(cutouts, Some(alteration), sample.z.cols, embed, progress)?;
        let b = sample.scored(&altered);
        let mut cosines: Vec<f64> = (0..rows.len()).map(|i| cosine(a.row(i), b.row(i))).collect();
        let raw = (0..rows.len()).map(|i| cosine(plain.row(i), altered.row(i)));
        let n = rows.len().max(1) as f64;
        let (mean, raw) = (cosines.iter().sum::<f64>() / n, raw.sum::<f64>() / n);
        cosines.sort_by(f64::total_cmp);
        all.push(Kept {
            alteration: alteration.name(),
            objects: rows.len(),
            cosine: mean,
            cosine_low: cosines.get(rows.len() / 10).copied().unwrap_or(f64::NAN),
            cosine_raw: raw,
            accuracy_before: before,
            accuracy_after: accuracy(&b, sample, rows, &directions, progress)?,
        });
        progress.advance(1);
    }
    Ok(all)
}

/// The vectors of the cutouts, altered or not.
fn embedded(
    cutouts: &[Cutout],
    alteration: Option<Alteration>,
    dim: usize,
    embed: &Embedding<'_>,
    progress: &dyn Progress,
) -> Result<Matrix, RobustnessError> {
    let mut values = Vec::with_capacity(cutouts.len() * dim);
    for (batch, some) in cutouts.chunks(BATCH).enumerate() {
        if progress.cancelled() {
            return Err(DiscoveryError::Cancelled {
                stage: "the robustness".into(),
            }
            .into());
        }
        let made = match alteration {
            None => embed(some),
            Some(a) => {
                let seed = |i: usize| (batch * BATCH + i) as u64;
                let changed: Vec<Cutout> = (some.par_iter().enumerate())
                    .map(|(i, c)| a.of(c, seed(i)))
                    .collect();
                embed(&changed)
            }
        }
        .map_err(RobustnessError::Encoder)?;
        if made.len() != some.len() * dim {
            return Err(RobustnessError::Encoder(format!(
                "the encoder gives {} numbers for {} cutouts where the run has {dim} each: embed again",
                made.len(),
                some.len()
            )));
        }
        values.extend(made);
    }
    Ok(Matrix { cols: dim, values })
}

/// Share of the rows whose class their nearest others have.
fn accuracy(
    z: &Matrix,
    sample: &Sample,
    rows: &[usize],
    directions: &Matrix,
    progress: &dyn Progress,
) -> Result<f64, DiscoveryError> {
    let own: Vec<u32> = rows.iter().map(|&r| r as u32).collect();
    let k = VOTERS.min(sample.rows().saturating_sub(1)).max(1);
    let found: Neighbours = nearest(&unit_rows(z), directions, Some(&own), k, &Hush(progress))?;
    let right = (rows.iter().enumerate())
        .filter(|&(q, &i)| vote(found.row(q).0, |j| sample.class[j], sample.classes) == sample.class[i]);
    Ok(right.count() as f64 / rows.len().max(1) as f64)
}
