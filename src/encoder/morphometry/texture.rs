//! Fine structure: clumpiness, grain against the noise, and straight edges or trails.

use super::geometry::Geometry;
use super::smooth::box3;
use super::stamp::{Stamp, TINY};

/// Fine structure of a cutout.
#[derive(Debug, Clone, PartialEq)]
pub struct Texture {
    /// `Σ|I − I₃ₓ₃| / ΣI`, after the clumpiness S of Conselice 2003 (without its sky term).
    pub clumpiness: f64,
    /// `log10(mean |fine structure| / σ + 0.01)` within half of the half side, fine structure
    /// being the signal minus its 3 × 3 mean.
    pub grain_inner: f64,
    /// The same in the frame: tells white noise from smooth background.
    pub grain_frame: f64,
    /// Coherence `(λ₁ − λ₂)/(λ₁ + λ₂)` of the summed structure tensor of the smoothed light: 0
    /// when edges run every way, 1 when all run one way, as of a trail (Bigün & Granlund 1987).
    pub lineness: f64,
}

/// Measures `stamp`.
pub fn measure(stamp: &Stamp, geometry: &Geometry) -> Texture {
    let n = geometry.n;
    let rough: f64 = stamp
        .light
        .iter()
        .zip(&stamp.smooth)
        .map(|(a, b)| (a - b).abs())
        .sum();
    let mean = box3(&stamp.signal, n);
    let fine = |i: usize| (stamp.signal[i] - mean[i]).abs();
    let grain = |sum: f64, count: f64| (sum / count.max(1.0) / stamp.sigma + 0.01).log10();
    let (mut inner, mut inner_count) = (0.0, 0.0);
    for (i, &r) in geometry.r.iter().enumerate() {
        if r < 0.5 {
            inner += fine(i);
            inner_count += 1.0;
        }
    }
    let frame: f64 = geometry.frame.iter().map(|&i| fine(i)).sum();
    Texture {
        clumpiness: rough / stamp.total,
        grain_inner: grain(inner, inner_count),
        grain_frame: grain(frame, geometry.frame.len() as f64),
        lineness: lineness(&stamp.smooth, n),
    }
}

/// Coherence of the structure tensor from central differences (one-sided at the edges).
fn lineness(image: &[f64], n: usize) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for y in 0..n {
        let (above, below) = (y.saturating_sub(1), (y + 1).min(n - 1));
        for x in 0..n {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(n - 1));
            let gx = (image[y * n + right] - image[y * n + left]) / (right - left) as f64;
            let gy = (image[below * n + x] - image[above * n + x]) / (below - above) as f64;
            xx += gx * gx;
            yy += gy * gy;
            xy += gx * gy;
        }
    }
    ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt() / (xx + yy + TINY)
}
