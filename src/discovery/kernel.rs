//! The inner loop of every answer: few weight vectors against many stored rows.
//!
//! Half-precision rows are multiplied as they lie in memory (numkong: a million rows of 384 in
//! some 20 ms on two cores, a quarter of what converting them first takes). The weights would
//! lose accuracy as halves, so each is split into a high and a low half whose products are
//! added: 22 bits of mantissa, as good as single precision.
#![expect(
    unsafe_code,
    reason = "half's and numkong's f16 are the same bits under two names; the view costs nothing"
)]

use super::error::DiscoveryError;
use super::vectors::Chunk;
use crate::progress::Progress;
use half::f16;
use numkong::Dot;
use rayon::prelude::*;
use std::ops::Range;

/// Rows that one task handles between two looks at the cancel flag.
pub(crate) const BLOCK_ROWS: usize = 2048;

/// Low halves are stored times this, so that they stay clear of subnormals.
const LOW_SCALE: f32 = 2048.0;

/// numkong's name for the same 16 bits.
fn as_numkong(values: &[f16]) -> &[numkong::f16] {
    // SAFETY: both types are `repr(transparent)` over `u16` with the IEEE binary16 layout, every
    // bit pattern is valid for both, and the view has the same length and lifetime.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len()) }
}

/// Sum of squares of a row; NaN or infinite if the row has such values.
pub(crate) fn squared_norm(row: Chunk<'_>) -> f32 {
    match row {
        Chunk::F16(v) => numkong::f16::dot(as_numkong(v), as_numkong(v)).unwrap_or(f32::NAN),
        Chunk::F32(v) => f32::dot(v, v).map_or(f32::NAN, |d| d as f32),
    }
}

/// An affine map of rows of one block of vectors: `out[o] += Σ weight[o][j]·(row[j] − mean[j])`.
pub(crate) struct Linear {
    dim: usize,
    outputs: usize,
    mean: Vec<f64>,
    exact: Vec<f64>,
    high: Vec<numkong::f16>,
    low: Vec<numkong::f16>,
    scale: Vec<f32>,
    bias: Vec<f64>,
}

impl Linear {
    /// `weights` is `outputs × mean.len()`, row-major.
    pub(crate) fn new(weights: Vec<f64>, mean: Vec<f64>) -> Self {
        let dim = mean.len();
        let outputs = weights.len() / dim.max(1);
        let (mut high, mut low) = (Vec::new(), Vec::new());
        let (mut scale, mut bias) = (Vec::new(), Vec::new());
        for w in weights.chunks_exact(dim) {
            let largest = w.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            let largest = if largest > 0.0 { largest } else { 1.0 };
            for v in w {
                let v = (v / largest) as f32;
                let h = f16::from_f32(v);
                let l = f16::from_f32((v - h.to_f32()) * LOW_SCALE);
                high.push(numkong::f16(h.to_bits()));
                low.push(numkong::f16(l.to_bits()));
            }
            scale.push(largest as f32);
            bias.push(-w.iter().zip(&mean).map(|(w, m)| w * m).sum::<f64>());
        }
        Self {
            dim,
            outputs,
            mean,
            exact: weights,
            high,
            low,
            scale,
            bias,
        }
    }

    /// Adds the map of `row` to `out` (`outputs` values).
    pub(crate) fn add(&self, row: Chunk<'_>, out: &mut [f64]) {
        match row {
            Chunk::F16(v) => {
                let v = as_numkong(v);
                for o in 0..self.outputs {
                    let span = o * self.dim..(o + 1) * self.dim;
                    let high = numkong::f16::dot(v, &self.high[span.clone()]);
                    let low = numkong::f16::dot(v, &self.low[span]);
                    let sum = high.unwrap_or(f32::NAN) + low.unwrap_or(f32::NAN) / LOW_SCALE;
                    out[o] += f64::from(sum * self.scale[o]) + self.bias[o];
                }
            }
            // Single precision is there because values are large: centre before multiplying.
            Chunk::F32(v) => {
                for o in 0..self.outputs {
                    let w = &self.exact[o * self.dim..(o + 1) * self.dim];
                    let terms = v.iter().zip(&self.mean).zip(w);
                    out[o] += terms.map(|((x, m), w)| (f64::from(*x) - m) * w).sum::<f64>();
                }
            }
        }
    }
}

/// Runs `work` over `0..rows` in blocks on all cores; results in the order of the rows.
///
/// # Errors
/// [`DiscoveryError::Cancelled`] if the listener asks to stop.
pub(crate) fn par_blocks<T: Send>(
    rows: usize,
    block_rows: usize,
    stage: &str,
    progress: &dyn Progress,
    work: impl Fn(Range<usize>) -> T + Sync + Send,
) -> Result<Vec<T>, DiscoveryError> {
    progress.begin(stage, Some(rows as u64));
    let block_rows = block_rows.max(1);
    let results: Vec<Option<T>> = (0..rows.div_ceil(block_rows))
        .into_par_iter()
        .map(|b| {
            if progress.cancelled() {
                return None;
            }
            let span = b * block_rows..((b + 1) * block_rows).min(rows);
            let steps = span.len() as u64;
            let result = work(span);
            progress.advance(steps);
            Some(result)
        })
        .collect();
    results
        .into_iter()
        .collect::<Option<Vec<T>>>()
        .ok_or_else(|| DiscoveryError::Cancelled {
            stage: stage.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_weights_are_as_good_as_single_precision() {
        let dim = 384;
        let row: Vec<f16> = (0..dim)
            .map(|i| f16::from_f32(((i * 37 % 101) as f32 - 50.0) / 17.0))
            .collect();
        let weights: Vec<f64> = (0..dim).map(|i| ((i * 53 % 97) as f64 - 48.3) * 1e-5).collect();
        let mean: Vec<f64> = (0..dim).map(|i| (i % 7) as f64 / 7.0).collect();
        let wanted: f64 = (0..dim)
            .map(|i| weights[i] * (f64::from(row[i].to_f32()) - mean[i]))
            .sum();
        let mut out = [0.0];
        Linear::new(weights, mean).add(Chunk::F16(&row), &mut out);
        assert!(
            (out[0] - wanted).abs() < 1e-6 * wanted.abs().max(0.01),
            "{} {wanted}",
            out[0]
        );
    }

    #[test]
    fn blocks_come_in_order() {
        let spans = par_blocks(10, 3, "test", &crate::progress::Silent, |s| s);
        assert_eq!(spans.ok(), Some(vec![0..3, 3..6, 6..9, 9..10]));
    }
}
