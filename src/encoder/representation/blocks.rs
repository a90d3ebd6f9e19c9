//! Blocks of numbers of different kinds in one vector, none of which drowns another.
//!
//! Every dimension is z-scored and every block divided by the square root of its width, so that each
//! brings a mean squared norm of 1, however many numbers it has. Answers, which z-score anew over all
//! objects, weigh the blocks in the same way. Means and spreads are measured once, on objects of the
//! project spread evenly over it before the first vector is kept, and stay in the run's manifest:
//! later objects, and images from elsewhere, are scaled by the same numbers.

use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Objects on which the scaling is measured, at most.
pub const SAMPLE: usize = 128;

/// Standard deviations from the mean beyond which a value says no more.
const LIMIT: f64 = 100.0;

/// Mean and spread of every dimension, as the manifest keeps them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockScaling {
    /// Widths of the blocks.
    pub widths: Vec<usize>,
    /// Mean of each dimension.
    pub mean: Vec<f64>,
    /// Standard deviation (the population's) of each dimension; 0 where it didn't vary.
    pub std: Vec<f64>,
    /// How many objects they were measured on.
    pub objects: usize,
}

impl BlockScaling {
    /// Measures vectors, row-major, of blocks as wide as `widths`.
    pub fn measure(widths: &[usize], vectors: &[f32]) -> Self {
        let dim: usize = widths.iter().sum();
        let rows = vectors.len() / dim.max(1);
        let (mut mean, mut std) = (Vec::with_capacity(dim), Vec::with_capacity(dim));
        for j in 0..dim {
            let column = || (0..rows).map(|i| f64::from(vectors[i * dim + j]));
            let m = column().sum::<f64>() / rows.max(1) as f64;
            let variance = column().map(|v| (v - m).powi(2)).sum::<f64>() / rows.max(1) as f64;
            mean.push(m);
            std.push(variance.sqrt());
        }
        Self {
            widths: widths.to_vec(),
            mean,
            std,
            objects: rows,
        }
    }

    /// Whether the numbers belong together and to blocks of these widths.
    pub fn fits(&self, widths: &[usize]) -> bool {
        let dim: usize = widths.iter().sum();
        let sound = |v: &[f64]| v.len() == dim && v.iter().all(|x| x.is_finite());
        self.widths == widths && sound(&self.mean) && sound(&self.std) && self.std.iter().all(|s| *s >= 0.0)
    }
}

/// The blocks of an encoder's vectors, and their scaling once that is known.
#[derive(Debug)]
pub struct Blocks {
    widths: Vec<usize>,
    scaling: OnceLock<BlockScaling>,
}

impl Blocks {
    /// Blocks of these widths whose scaling isn't known yet: vectors come as they are.
    pub fn new(widths: Vec<usize>) -> Self {
        Self {
            widths,
            scaling: OnceLock::new(),
        }
    }

    /// Widths of the blocks.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// Width of the vector.
    pub fn dim(&self) -> usize {
        self.widths.iter().sum()
    }

    /// Scales all vectors from now on by `scaling`.
    ///
    /// # Errors
    /// A sentence if it doesn't fit, or another is in use already.
    pub fn set(&self, scaling: BlockScaling) -> Result<(), String> {
        if !scaling.fits(&self.widths) {
            return Err("the scaling in the run's manifest doesn't fit its blocks".into());
        }
        if *self.scaling.get_or_init(|| scaling.clone()) == scaling {
            Ok(())
        } else {
            Err("this encoder scales by other numbers already: open it anew".into())
        }
    }

    /// Scales one vector in place; leaves it as it is where nothing is known yet.
    pub(super) fn scale(&self, vector: &mut [f32]) {
        let Some(scaling) = self.scaling.get() else { return };
        let mut at = 0;
        for &width in &self.widths {
            let norm = (width as f64).sqrt();
            for j in at..at + width {
                // What didn't vary among those measured may among others.
                let std = if scaling.std[j] > 0.0 { scaling.std[j] } else { 1.0 };
                let z = ((f64::from(vector[j]) - scaling.mean[j]) / std).clamp(-LIMIT, LIMIT);
                vector[j] = (z / norm) as f32;
            }
            at += width;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails should stop")]
    use super::*;

    #[test]
    fn every_block_brings_the_same_norm_and_later_ones_the_same_scaling() {
        let widths = [3, 1];
        // Units of very different size, and a dimension that doesn't vary.
        let vectors = [
            1e4, 0.01, 7.0, 5.0, //
            3e4, 0.03, 7.0, 9.0, //
            2e4, 0.05, 7.0, 1.0,
        ];
        let scaling = BlockScaling::measure(&widths, &vectors);
        assert_eq!((scaling.mean[3], scaling.objects), (5.0, 3));
        assert!((scaling.std[3] - (32.0f64 / 3.0).sqrt()).abs() < 1e-12);
        let blocks = Blocks::new(widths.to_vec());
        let mut raw = vectors;
        blocks.scale(&mut raw[..4]);
        assert_eq!(raw, vectors, "nothing is known yet");
        blocks.set(scaling.clone()).unwrap();
        let mut norms = [0.0; 2];
        for row in raw.chunks_exact_mut(4) {
            blocks.scale(row);
            norms[0] += row[..3].iter().map(|v| v * v).sum::<f32>() / 3.0;
            norms[1] += row[3] * row[3] / 3.0;
        }
        // Two of three dimensions vary in the first block.
        assert!(
            (norms[0] - 2.0 / 3.0).abs() < 1e-5 && (norms[1] - 1.0).abs() < 1e-5,
            "{norms:?}"
        );
        blocks.set(scaling).unwrap();
        let other = BlockScaling::measure(&widths, &vectors[..8]);
        assert!(blocks.set(other).is_err());
        let mut far = [f32::MAX, 0.0, 8.0, 5.0];
        blocks.scale(&mut far);
        assert!((far[0] - 100.0 / 3f32.sqrt()).abs() < 1e-3 && (far[2] - 1.0 / 3f32.sqrt()).abs() < 1e-6);
    }
}
