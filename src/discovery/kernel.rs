//! The inner loop of every answer: few weight vectors against many stored rows.
//!
//! Half-precision rows are multiplied as they lie in memory ([`products`](super::products)), some
//! dozens of rows at a time, so that a million rows of 384 against a few weights cost little more
//! than reading them. Weights and sums are single precision; offsets are added in double.
#![expect(
    unsafe_code,
    reason = "half's and numkong's f16 are the same bits under two names; the view costs nothing"
)]

use super::error::DiscoveryError;
use super::products::Weights;
use super::vectors::{Chunk, Vectors};
use crate::progress::Progress;
use half::f16;
use numkong::Dot;
use rayon::prelude::*;
use std::ops::Range;

/// Rows that one task handles between two looks at the cancel flag.
pub(crate) const BLOCK_ROWS: usize = 2048;

/// Rows multiplied at once: they and their products stay in cache while the weights pass over them.
pub(crate) const STEP_ROWS: usize = 64;

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
    outputs: usize,
    mean: Vec<f64>,
    exact: Vec<f64>,
    weights: Weights,
    scale: Vec<f64>,
    bias: Vec<f64>,
}

impl Linear {
    /// `weights` is `outputs × mean.len()`, row-major.
    pub(crate) fn new(weights: Vec<f64>, mean: Vec<f64>) -> Self {
        let dim = mean.len().max(1);
        let (mut scale, mut bias) = (Vec::new(), Vec::new());
        for w in weights.chunks_exact(dim) {
            let largest = w.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            scale.push(if largest > 0.0 { largest } else { 1.0 });
            bias.push(-w.iter().zip(&mean).map(|(w, m)| w * m).sum::<f64>());
        }
        // Scaled to at most 1, so that no weight leaves the range of single precision.
        let single =
            (weights.chunks_exact(dim).zip(&scale)).flat_map(|(w, s)| w.iter().map(move |v| (v / s) as f32));
        Self {
            outputs: scale.len(),
            weights: Weights::new(dim, single),
            mean,
            exact: weights,
            scale,
            bias,
        }
    }

    /// Adds the map of rows `span` to `out` (`span.len() × outputs`, row-major). Rows that are
    /// missing are left as they are. `scratch` is kept by the caller between calls.
    pub(crate) fn add(
        &self,
        vectors: &Vectors<'_>,
        span: Range<usize>,
        scratch: &mut Vec<f32>,
        out: &mut [f64],
    ) {
        let (dim, outputs) = (self.mean.len(), self.outputs);
        if outputs == 0 {
            return;
        }
        for (first, piece) in vectors.pieces(span.clone()) {
            let out = &mut out[(first - span.start) * outputs..];
            match piece {
                Chunk::F16(rows) => {
                    let count = rows.len() / dim;
                    scratch.resize(count * outputs, 0.0);
                    self.weights.times(rows, scratch);
                    for (out, sums) in out.chunks_exact_mut(outputs).zip(scratch.chunks_exact(outputs)) {
                        for o in 0..outputs {
                            out[o] += f64::from(sums[o]) * self.scale[o] + self.bias[o];
                        }
                    }
                }
                // Single precision is there because values are large: centre before multiplying.
                Chunk::F32(rows) => {
                    let mut centred = vec![0.0f64; dim];
                    for (row, out) in rows.chunks_exact(dim).zip(out.chunks_exact_mut(outputs)) {
                        for ((c, x), m) in centred.iter_mut().zip(row).zip(&self.mean) {
                            *c = f64::from(*x) - m;
                        }
                        for (o, w) in out.iter_mut().zip(self.exact.chunks_exact(dim)) {
                            *o += product(&centred, w);
                        }
                    }
                }
            }
        }
    }
}

/// The inner product, in eight sums side by side: a single one would wait for each of its additions.
pub(crate) fn product(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let ((a, rest), (b, last)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0f64; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let tail: f64 = rest.iter().zip(last).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + tail
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
    fn half_precision_rows_are_mapped_in_single_precision() {
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
        let vectors = Vectors::new(dim, 1, 1, vec![Chunk::F16(&row)], None);
        Linear::new(weights, mean).add(&vectors, 0..1, &mut Vec::new(), &mut out);
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
