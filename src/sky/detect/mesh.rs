//! The background and noise of one mesh of pixels: a mode found by clipping.
//!
//! This is SExtractor's estimator (Bertin & Arnouts 1996, A&AS 117, 393, §3; the SExtractor
//! manual, "Modeling the background"): pixels within 2 σ of the mean give the range of a histogram
//! of ±5 σ; the histogram is clipped at 3 σ around its median until σ settles; where the mean and
//! the median then differ by less than 0.3 σ the field isn't crowded and the mode is
//! 2.5 × median − 1.5 × mean, elsewhere the median.
//!
//! Clipping works on running sums over the histogram, so a round costs a binary search rather
//! than a walk over some 4096 bins.

/// Half the width of the histogram, in σ.
const HISTOGRAM_HALF_WIDTH_SIGMA: f64 = 5.0;
/// A bin holds about this many pixels at the mode.
const PIXELS_AT_MODE: f64 = 4.0;
/// Most bins.
const MAX_BINS: usize = 4096;
/// A mesh with a smaller part of its pixels valid says nothing.
const MIN_VALID_FRACTION: f32 = 0.5;
/// Independent sums kept so that the processor can add several pixels at a time.
const LANES: usize = 8;

/// What one mesh says: (background, rms), or nothing where less than half of it is valid.
pub(super) type MeshValue = Option<(f32, f32)>;

/// Running sums over the histogram: entry `i` is the sum over the bins before `i`.
#[derive(Default)]
struct RunningSums {
    count: Vec<u64>,
    first: Vec<u64>,
    second: Vec<u64>,
}

/// Buffers used again from mesh to mesh.
#[derive(Default)]
pub(super) struct MeshWork {
    values: Vec<f32>,
    bins: Vec<u32>,
    sums: RunningSums,
}

impl MeshWork {
    /// Starts a mesh of at most `pixels` pixels.
    pub(super) fn clear(&mut self, pixels: usize) {
        self.values.clear();
        self.values.reserve(pixels);
    }

    /// Adds a row of the mesh: the finite pixels that `mask` (true is bad) doesn't exclude.
    pub(super) fn add_row(&mut self, row: &[f32], mask: Option<&[bool]>) {
        match mask {
            None if row.iter().all(|v| v.is_finite()) => self.values.extend_from_slice(row),
            None => self.values.extend(row.iter().filter(|v| v.is_finite())),
            Some(mask) => self.values.extend(
                row.iter()
                    .zip(mask)
                    .filter(|(v, bad)| v.is_finite() && !**bad)
                    .map(|(v, _)| *v),
            ),
        }
    }

    /// Background and rms of the pixels added, out of `area` pixels the mesh covers.
    pub(super) fn estimate(&mut self, area: usize) -> MeshValue {
        if self.values.is_empty() || (self.values.len() as f32) < area as f32 * MIN_VALID_FRACTION {
            return None;
        }
        let first = self.values[0];
        if self.values.iter().all(|v| *v == first) {
            // Rounding would give a constant a spread.
            return Some((first, 0.0));
        }
        let (_, mean, sigma) = moments_within(&self.values, f32::NEG_INFINITY, f32::INFINITY);
        let low = (mean - 2.0 * sigma) as f32;
        let high = (mean + 2.0 * sigma) as f32;
        let (count, mean, sigma) = moments_within(&self.values, low, high);
        if count == 0 {
            return None;
        }
        let (mean, sigma) = (mean as f32, sigma as f32);
        let bins_per_pixel =
            (2.0 / std::f64::consts::PI).sqrt() * HISTOGRAM_HALF_WIDTH_SIGMA / PIXELS_AT_MODE;
        let bins = ((bins_per_pixel * count as f64 + 1.0) as usize).min(MAX_BINS);
        if bins < 2 || !sigma.is_finite() || !mean.is_finite() {
            // One pixel: SEP returns twice its value here, by mistaking a value for a bin number.
            return mean.is_finite().then_some((mean, 0.0));
        }
        let scale = if sigma > 0.0 {
            (2.0 * HISTOGRAM_HALF_WIDTH_SIGMA * f64::from(sigma) / bins as f64) as f32
        } else {
            1.0
        };
        let zero = (f64::from(mean) - HISTOGRAM_HALF_WIDTH_SIGMA * f64::from(sigma)) as f32;
        if scale <= 0.0 {
            return Some((mean, sigma));
        }
        self.fill_histogram(zero, scale, bins);
        Some(clipped_mode(&self.bins, &self.sums, mean, zero, scale))
    }

    fn fill_histogram(&mut self, zero: f32, scale: f32, bins: usize) {
        self.bins.clear();
        self.bins.resize(bins, 0);
        let offset = (0.499_999 - f64::from(zero / scale)) as f32;
        let mut bin = [0.0_f32; 64];
        let top = bins as f32;
        for chunk in self.values.chunks(64) {
            for (b, v) in bin.iter_mut().zip(chunk) {
                *b = v / scale + offset;
            }
            for &b in &bin[..chunk.len()] {
                // Truncation puts what lies less than one bin below the first into the first.
                if b > -1.0 && b < top {
                    self.bins[b as usize] += 1;
                }
            }
        }
        let RunningSums { count, first, second } = &mut self.sums;
        for sums in [&mut *count, &mut *first, &mut *second] {
            sums.clear();
            sums.reserve(bins + 1);
            sums.push(0);
        }
        let (mut c, mut f, mut s) = (0_u64, 0_u64, 0_u64);
        for (i, &n) in self.bins.iter().enumerate() {
            let (i, n) = (i as u64, u64::from(n));
            c += n;
            f += n * i;
            s += n * i * i;
            count.push(c);
            first.push(f);
            second.push(s);
        }
    }
}

/// Number, mean and standard deviation of the values in [`low`, `high`].
fn moments_within(values: &[f32], low: f32, high: f32) -> (usize, f64, f64) {
    let mut count = [0_u32; LANES];
    let mut sum = [0.0_f64; LANES];
    let mut squares = [0.0_f64; LANES];
    for chunk in values.chunks(LANES) {
        for (lane, &v) in chunk.iter().enumerate() {
            let keep = v >= low && v <= high;
            let kept = if keep { f64::from(v) } else { 0.0 };
            count[lane] += u32::from(keep);
            sum[lane] += kept;
            squares[lane] += kept * kept;
        }
    }
    let n: usize = count.iter().map(|&c| c as usize).sum();
    if n == 0 {
        return (0, 0.0, 0.0);
    }
    let mean = sum.iter().sum::<f64>() / n as f64;
    let variance = squares.iter().sum::<f64>() / n as f64 - mean * mean;
    (n, mean, variance.max(0.0).sqrt())
}

/// Clips the histogram at 3 σ around its median until σ changes by less than 10⁻⁴, then gives
/// (mode, σ) in pixel values; bin `i` stands for `zero + i * scale`.
fn clipped_mode(bins: &[u32], sums: &RunningSums, start: f32, zero: f32, scale: f32) -> (f32, f32) {
    let last = bins.len() - 1;
    let (mut low, mut high) = (0_usize, last);
    let (mut mean, mut median) = (f64::from(start), f64::from(start));
    let (mut sigma, mut previous) = (10.0 * last as f64, 1.0);
    for _ in 0..100 {
        if sigma < 0.1 || (sigma / previous - 1.0_f64).abs() <= 1e-4 {
            break;
        }
        previous = sigma;
        let within = |of: &[u64]| of[high + 1] - of[low];
        let total = within(&sums.count);
        median = split_point(bins, &sums.count, low, high);
        mean = within(&sums.first) as f64;
        let mut variance = within(&sums.second) as f64;
        if total > 0 {
            mean /= total as f64;
            variance = variance / total as f64 - mean * mean;
        }
        sigma = variance.max(0.0).sqrt();
        let (below, above) = (median - 3.0 * sigma, median + 3.0 * sigma);
        low = if below > 0.0 {
            ((below + 0.5) as usize).min(last)
        } else {
            0
        };
        high = if above < last as f64 {
            (above + 0.5).max(0.0) as usize
        } else {
            last
        };
        high = high.max(low);
    }
    let (zero, scale) = (f64::from(zero), f64::from(scale));
    let at = if sigma <= 0.0 {
        mean
    } else if ((mean - median) / sigma).abs() < 0.3 {
        2.5 * median - 1.5 * mean
    } else {
        median
    };
    ((zero + at * scale) as f32, (sigma * scale) as f32)
}

/// The median of bins `low..=high` as a fractional bin number.
///
/// The bins are split at the first place where those below hold no less than those above without
/// the bin at the split; the remaining imbalance is shared out linearly over the fuller of the two
/// bins at the split.
fn split_point(bins: &[u32], count: &[u64], low: usize, high: usize) -> f64 {
    let (start, end) = (count[low], count[high + 1]);
    let (mut a, mut b) = (low, high);
    while a < b {
        let s = a + (b - a) / 2;
        if count[s] - start >= end - count[s + 1] {
            b = s;
        } else {
            a = s + 1;
        }
    }
    let split = a;
    if split == 0 {
        return 0.0;
    }
    let below = (count[split] - start) as f64;
    let above = (end - count[split]) as f64;
    let fuller = bins[split].max(bins[split - 1]).max(1);
    (split - 1) as f64 + 0.5 + (above - below) / (2.0 * f64::from(fuller))
}
