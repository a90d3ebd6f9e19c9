//! Separable filters: for each output pixel of an axis, which input pixels it is made of and how
//! much of each.

use super::Filter;
use crate::io::raster::Plane;

/// For every output pixel of one axis, the input pixels it is made of.
pub(super) struct Taps {
    /// First input pixel of each output pixel.
    firsts: Vec<usize>,
    /// Where each output pixel's weights start in `weights`; one more than there are pixels.
    starts: Vec<usize>,
    weights: Vec<f32>,
}

impl Taps {
    /// Taps that spread `from` input pixels over `to` output pixels.
    pub fn new(from: usize, to: usize, filter: Filter) -> Self {
        let scale = from as f64 / to as f64;
        let mut taps = Self {
            firsts: Vec::with_capacity(to),
            starts: vec![0],
            weights: Vec::new(),
        };
        for i in 0..to {
            let (first, weights) = match filter {
                Filter::Nearest => {
                    let at = ((i as f64 + 0.5) * scale) as usize;
                    (at.min(from - 1), vec![1.0])
                }
                Filter::Area => area(i, scale, from),
                Filter::Bilinear => kernel(i, scale, from, 1.0, |x| 1.0 - x),
                Filter::Bicubic => kernel(i, scale, from, 2.0, cubic),
            };
            let total: f64 = weights.iter().sum();
            taps.firsts.push(first);
            taps.weights.extend(weights.iter().map(|w| (w / total) as f32));
            taps.starts.push(taps.weights.len());
        }
        taps
    }

    /// Taps for output pixels whose centres lie `pitch` input pixels apart, the first at `first`
    /// (input pixel centres are at integers), which need not lie inside.
    ///
    /// With `average`, each output pixel is the mean over its exact extent, otherwise a linear
    /// interpolation at its centre. What lies outside the `from` input pixels is left out, so the
    /// weights add up to the part that lies inside: see [`Taps::coverages`].
    pub fn spaced(first: f64, pitch: f64, average: bool, from: usize, to: usize) -> Self {
        let mut taps = Self {
            firsts: Vec::with_capacity(to),
            starts: vec![0],
            weights: Vec::new(),
        };
        let total = from as f64;
        for i in 0..to {
            let centre = first + i as f64 * pitch;
            // Extents of output and input pixels, the input's first edge at 0; interpolation is
            // the same overlap with an output pixel of width 1.
            let width = if average { pitch } else { 1.0 };
            let (start, end) = (centre + 0.5 - width / 2.0, centre + 0.5 + width / 2.0);
            let (inside_start, inside_end) = (start.max(0.0), end.min(total));
            if inside_start < inside_end {
                let (low, high) = (inside_start as usize, inside_end.ceil() as usize);
                taps.firsts.push(low);
                taps.weights.extend((low..high.max(low + 1)).map(|x| {
                    let overlap = inside_end.min(x as f64 + 1.0) - inside_start.max(x as f64);
                    (overlap / width) as f32
                }));
            } else {
                taps.firsts.push(0);
            }
            taps.starts.push(taps.weights.len());
        }
        taps
    }

    /// How much of each output pixel lies on input pixels, 0–1.
    pub fn coverages(&self) -> Vec<f32> {
        (0..self.firsts.len())
            .map(|i| self.of(i).1.iter().sum())
            .collect()
    }

    fn of(&self, i: usize) -> (usize, &[f32]) {
        (self.firsts[i], &self.weights[self.starts[i]..self.starts[i + 1]])
    }
}

/// Overlap of the output pixel's interval with each input pixel.
fn area(i: usize, scale: f64, from: usize) -> (usize, Vec<f64>) {
    let (start, end) = (i as f64 * scale, (i as f64 + 1.0) * scale);
    let first = (start as usize).min(from - 1);
    let last = ((end - 1e-9).max(start) as usize).min(from - 1);
    let weights = (first..=last)
        .map(|x| (end.min(x as f64 + 1.0) - start.max(x as f64)).max(1e-12))
        .collect();
    (first, weights)
}

/// A kernel of half-width `support`, widened by `scale` when shrinking; `shape` takes |x| within
/// the support.
fn kernel(i: usize, scale: f64, from: usize, support: f64, shape: impl Fn(f64) -> f64) -> (usize, Vec<f64>) {
    let widened = scale.max(1.0);
    let reach = support * widened;
    let centre = (i as f64 + 0.5) * scale;
    let first = ((centre - reach + 0.5).max(0.0) as usize).min(from - 1);
    let end = ((centre + reach + 0.5) as usize).clamp(first + 1, from);
    let weights = (first..end)
        .map(|x| {
            let distance = ((x as f64 + 0.5 - centre) / widened).abs();
            if distance < support { shape(distance) } else { 0.0 }
        })
        .collect();
    (first, weights)
}

/// Keys' cubic with a = −0.5.
fn cubic(x: f64) -> f64 {
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    }
}

/// Both axes, across first. Every value is summed in the order of its taps.
pub(super) fn filtered(plane: &Plane, across: &Taps, down: &Taps) -> Plane {
    let (width, height) = (across.firsts.len(), down.firsts.len());
    let mut narrow = Plane::filled(width, plane.height, 0.0);
    for y in 0..plane.height {
        let row = plane.row(y);
        for (i, out) in narrow.row_mut(y).iter_mut().enumerate() {
            let (first, weights) = across.of(i);
            let values = &row[first..];
            // Enlarging, a cubic has four or five taps: without a loop they are several times as fast.
            *out = match (weights, values) {
                ([weight], [v, ..]) => v * weight,
                ([a, b], [v, w, ..]) => v * a + w * b,
                ([a, b, c, d], [v, w, x, y, ..]) => v * a + w * b + x * c + y * d,
                ([a, b, c, d, e], [v, w, x, y, z, ..]) => v * a + w * b + x * c + y * d + z * e,
                _ => values.iter().zip(weights).map(|(v, w)| v * w).sum(),
            };
        }
    }
    let mut out = Plane::filled(width, height, 0.0);
    for j in 0..height {
        let (first, weights) = down.of(j);
        let target = out.row_mut(j);
        if weights == [1.0] {
            target.copy_from_slice(narrow.row(first));
            continue;
        }
        // Four rows at a time: the target is read and written less often.
        let mut k = 0;
        while k + 4 <= weights.len() {
            let [a, b, c, d] = [0, 1, 2, 3].map(|n| weights[k + n]);
            let [p, q, r, s] = [0, 1, 2, 3].map(|n| narrow.row(first + k + n));
            for ((((t, p), q), r), s) in target.iter_mut().zip(p).zip(q).zip(r).zip(s) {
                *t = *t + p * a + q * b + r * c + s * d;
            }
            k += 4;
        }
        for (n, &weight) in weights.iter().enumerate().skip(k) {
            for (t, v) in target.iter_mut().zip(narrow.row(first + n)) {
                *t += v * weight;
            }
        }
    }
    out
}
