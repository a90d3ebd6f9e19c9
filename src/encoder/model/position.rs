//! Position embeddings for an image of another size than the one a Vision Transformer was trained
//! on: the grid of learned vectors is resized like an image, bicubically.
//!
//! The published loaders differ, and the difference shows in the vectors (about 1 % of the token
//! norm for a 37 → 16 grid), so that [`PositionResize`] is part of what a run's manifest says:
//! - facebook's repository without registers: cubic with a = −0.75 (Keys 1981, as PyTorch's
//!   `interpolate`), not antialiased, scale (new + 0.1)/old;
//! - facebook's with registers: antialiased (a = −0.5, window widened by the shrink factor, as
//!   Pillow), scale new/old;
//! - timm: always antialiased, scale new/old;
//! - transformers: a = −0.75 without antialias (`Dinov2`), antialiased (`Dinov2WithRegisters`),
//!   scale new/old.

use serde::{Deserialize, Serialize};

/// How a grid of position embeddings is resized.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PositionResize {
    /// Whether the cubic is widened when shrinking (then a = −0.5, else a = −0.75).
    pub antialias: bool,
    /// What is added to the new size before dividing by the old one for the scale (0.1 in
    /// facebook's first code, else 0). Only without antialias.
    pub offset: f64,
}

/// The weights with which the values of one line make one new value.
struct Taps {
    first: usize,
    weights: Vec<f64>,
}

/// Resizes `grid` of `[old.0 * old.1, width]` (rows, columns) to `[new.0 * new.1, width]`.
/// Sizes must be at least 1; equal sizes copy.
pub fn resize_positions(
    grid: &[f32],
    width: usize,
    old: (usize, usize),
    new: (usize, usize),
    how: PositionResize,
) -> Vec<f32> {
    if old == new {
        return grid.to_vec();
    }
    let columns = line_taps(old.1, new.1, how);
    let rows = line_taps(old.0, new.0, how);
    // Columns first, then rows, in f64: the sums are short, and the result is kept as f32.
    let mut wide = vec![0.0f64; old.0 * new.1 * width];
    for y in 0..old.0 {
        for (x, taps) in columns.iter().enumerate() {
            let to = &mut wide[(y * new.1 + x) * width..][..width];
            for (k, &w) in taps.weights.iter().enumerate() {
                let from = &grid[(y * old.1 + taps.first + k) * width..][..width];
                for (t, &f) in to.iter_mut().zip(from) {
                    *t += w * f64::from(f);
                }
            }
        }
    }
    let mut out = Vec::with_capacity(new.0 * new.1 * width);
    let mut sum = vec![0.0f64; new.1 * width];
    for taps in &rows {
        sum.fill(0.0);
        for (k, &w) in taps.weights.iter().enumerate() {
            let from = &wide[(taps.first + k) * new.1 * width..][..new.1 * width];
            for (t, &f) in sum.iter_mut().zip(from) {
                *t += w * f;
            }
        }
        out.extend(sum.iter().map(|&v| v as f32));
    }
    out
}

/// For each of `new` places along a line, the weights of the `old` places.
fn line_taps(old: usize, new: usize, how: PositionResize) -> Vec<Taps> {
    (0..new)
        .map(|i| {
            if how.antialias {
                antialiased(old, new, i)
            } else {
                plain(old, new, i, how.offset)
            }
        })
        .collect()
}

/// Four neighbours; those outside repeat the edge (PyTorch `upsample_bicubic2d`).
fn plain(old: usize, new: usize, i: usize, offset: f64) -> Taps {
    let step = old as f64 / (new as f64 + offset);
    let at = (i as f64 + 0.5) * step - 0.5;
    let floor = at.floor();
    let last = old as i64 - 1;
    let clamped = |k: i64| (floor as i64 + k).clamp(0, last) as usize;
    let first = clamped(-1);
    let mut weights = vec![0.0; clamped(2) - first + 1];
    for k in -1..=2 {
        weights[clamped(k) - first] += cubic(at - floor - k as f64, -0.75);
    }
    Taps { first, weights }
}

/// All places below the cubic widened by the shrink factor, normalised to 1; the window ends at
/// the edges (PyTorch `_upsample_bicubic2d_aa`, which follows Pillow).
fn antialiased(old: usize, new: usize, i: usize) -> Taps {
    let step = old as f64 / new as f64;
    let stretch = step.max(1.0);
    let (centre, reach) = ((i as f64 + 0.5) * step, 2.0 * stretch);
    let first = (centre - reach + 0.5).max(0.0) as usize;
    let end = ((centre + reach + 0.5) as usize).min(old);
    let mut weights: Vec<f64> = (first..end)
        .map(|j| cubic((j as f64 + 0.5 - centre) / stretch, -0.5))
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    Taps { first, weights }
}

/// Keys' cubic convolution kernel (IEEE Trans. ASSP 29, 1153, 1981) with parameter `a`.
fn cubic(t: f64, a: f64) -> f64 {
    let t = t.abs();
    if t < 1.0 {
        ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0
    } else if t < 2.0 {
        (((t - 5.0) * t + 8.0) * t - 4.0) * a
    } else {
        0.0
    }
}
