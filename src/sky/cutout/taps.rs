//! Separable filters: for each output pixel of an axis, which input pixels it is made of and how
//! much of each.

use super::Filter;
use crate::io::raster::Plane;
use crate::vectorised::vectorised;

/// Values of a row that are summed together.
const LANES: usize = 16;

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
        let mut weights = Vec::new();
        for i in 0..to {
            weights.clear();
            let first = match filter {
                Filter::Nearest => {
                    weights.push(1.0);
                    (((i as f64 + 0.5) * scale) as usize).min(from - 1)
                }
                Filter::Area => area(i, scale, from, &mut weights),
                Filter::Bilinear => kernel(i, scale, from, 1.0, |x| 1.0 - x, &mut weights),
                Filter::Bicubic => kernel(i, scale, from, 2.0, cubic, &mut weights),
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

/// Overlap of the output pixel's interval with each input pixel, from the one that is given on.
fn area(i: usize, scale: f64, from: usize, weights: &mut Vec<f64>) -> usize {
    let (start, end) = (i as f64 * scale, (i as f64 + 1.0) * scale);
    let first = (start as usize).min(from - 1);
    let last = ((end - 1e-9).max(start) as usize).min(from - 1);
    let overlap = |x: usize| (end.min(x as f64 + 1.0) - start.max(x as f64)).max(1e-12);
    weights.extend((first..=last).map(overlap));
    first
}

/// A kernel of half-width `support`, widened by `scale` when shrinking, from the input pixel that is given
/// on; `shape` takes |x| within the support.
fn kernel(
    i: usize,
    scale: f64,
    from: usize,
    support: f64,
    shape: impl Fn(f64) -> f64,
    weights: &mut Vec<f64>,
) -> usize {
    let widened = scale.max(1.0);
    let reach = support * widened;
    let centre = (i as f64 + 0.5) * scale;
    let first = ((centre - reach + 0.5).max(0.0) as usize).min(from - 1);
    let end = ((centre + reach + 0.5) as usize).clamp(first + 1, from);
    weights.extend((first..end).map(|x| {
        let distance = ((x as f64 + 0.5 - centre) / widened).abs();
        if distance < support { shape(distance) } else { 0.0 }
    }));
    first
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
    let mut out = Plane::filled(width, height, 0.0);
    let narrow = &mut Vec::new();
    filter_into(&plane.pixels, plane.width, across, down, narrow, &mut out.pixels);
    out
}

/// As [`filtered`], of rows of `width` values; `narrow` is for what is between the axes.
pub(super) fn filter_into(
    pixels: &[f32],
    width: usize,
    across: &Taps,
    down: &Taps,
    narrow: &mut Vec<f32>,
    out: &mut [f32],
) {
    let new = across.firsts.len();
    narrow.resize(pixels.len() / width * new, 0.0);
    mix_columns(pixels, width, across, narrow);
    mix_rows(narrow, new, down, out);
}

vectorised! {
    /// Rows of `width` values made of as many as there are taps for: some rows stand side by side
    /// meanwhile, so that what is the same for all of them is done at once.
    mix_columns(from: &[f32], width: usize, taps: &Taps, out: &mut [f32]) {
        let new = taps.firsts.len();
        let mut beside = vec![[0.0f32; LANES]; width];
        for (rows, out) in from.chunks(LANES * width).zip(out.chunks_mut(LANES * new)) {
            for (r, row) in rows.chunks_exact(width).enumerate() {
                beside.iter_mut().zip(row).for_each(|(values, v)| values[r] = *v);
            }
            for i in 0..new {
                let (first, weights) = taps.of(i);
                let mut sums = [0.0f32; LANES];
                for (values, weight) in beside[first..].iter().zip(weights) {
                    for l in 0..LANES {
                        sums[l] += values[l] * weight;
                    }
                }
                out[i..].iter_mut().step_by(new).zip(sums).for_each(|(out, sum)| *out = sum);
            }
        }
    }
}

vectorised! {
    /// Rows of `width` values, each new one the sum of those that its taps say.
    mix_rows(from: &[f32], width: usize, taps: &Taps, out: &mut [f32]) {
        for (j, out) in out.chunks_exact_mut(width).enumerate() {
            let (first, weights) = taps.of(j);
            let rows = &from[first * width..][..weights.len() * width];
            let (whole, rest) = out.as_chunks_mut::<LANES>();
            let start_of_rest = whole.len() * LANES;
            for (group, out) in whole.iter_mut().enumerate() {
                let mut sums = [0.0f32; LANES];
                for (row, weight) in rows.chunks_exact(width).zip(weights) {
                    let values = &row[group * LANES..][..LANES];
                    for l in 0..LANES {
                        sums[l] += values[l] * weight;
                    }
                }
                *out = sums;
            }
            for (i, out) in rest.iter_mut().enumerate() {
                let column = rows.chunks_exact(width).map(|row| row[start_of_rest + i]);
                *out = column.zip(weights).fold(0.0, |sum, (v, w)| sum + v * w);
            }
        }
    }
}
