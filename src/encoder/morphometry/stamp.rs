//! The working image: a cutout brought to a grid of at most 64 × 64, gaps filled, sky subtracted.
//!
//! All shape numbers are measured here, so that a cutout of 300 px and its 64 px twin agree.

use super::geometry::Geometry;
use super::smooth::{binomial5, box3};
use crate::io::raster::Plane;
use crate::sky::cutout::Cutout;

/// Largest side of the working grid; larger cutouts are area-averaged down to it.
pub const MAX_SIDE: usize = 64;

/// Keeps divisions by an image without light finite; images are scaled to amplitude 1 before.
pub const TINY: f64 = 1e-12;

/// Least noise, relative to the amplitude: what a picture of 8 bits can't show.
pub const MIN_NOISE: f64 = 1e-3;

/// Side of the working grid of a cutout: its shorter side, at most [`MAX_SIDE`], at least 1.
pub fn working_side(cutout: &Cutout) -> usize {
    cutout.width().min(cutout.height()).clamp(1, MAX_SIDE)
}

/// A cutout ready for measuring; every image is `n * n` values, row-major.
#[derive(Debug)]
pub struct Stamp {
    /// Bands in their own units (pictures: 0–1), without gaps, without their sky.
    pub bands: Vec<Vec<f64>>,
    /// Mean of the bands minus the sky, divided by [`amplitude`](Self::amplitude): −1 to 1.
    pub signal: Vec<f64>,
    /// [`signal`](Self::signal) with negative values set to 0.
    pub light: Vec<f64>,
    /// `light` averaged over 3 × 3 px.
    pub smooth: Vec<f64>,
    /// `signal` under a Gaussian of σ = 1 px.
    pub blurred: Vec<f64>,
    /// Sum of `light`, never 0.
    pub total: f64,
    /// Largest deviation from the sky in the units of the bands; 1 for a constant image.
    pub amplitude: f64,
    /// Noise of `signal`: 1.4826 × the median absolute deviation in the frame, at least
    /// [`MIN_NOISE`].
    pub sigma: f64,
    /// Standard deviation of `signal` in the frame, sources there included, at least 0.001.
    pub frame_std: f64,
    /// Whether the cutout is a picture whose levels have a fixed scale.
    pub is_picture: bool,
}

impl Stamp {
    /// Brings `cutout` to the grid of `geometry`, whose side is [`working_side`].
    ///
    /// A cutout that is not square is cropped to its central square. A missing pixel takes the
    /// value of the pixel opposite to it through the centre, or of the sky where that is missing
    /// too. Bands without any pixel are left out.
    pub fn new(cutout: &Cutout, geometry: &Geometry) -> Self {
        let n = geometry.n;
        let scale = if cutout.is_picture { 1.0 / 255.0 } else { 1.0 };
        let mut bands: Vec<Vec<f64>> = Vec::with_capacity(cutout.bands.len());
        let mut mean = vec![0.0; n * n];
        let mut present = 0.0;
        for plane in &cutout.bands {
            let mut pixels = area_average(plane, n, scale);
            let Some(sky) = fill_gaps(&mut pixels, geometry) else {
                bands.push(Vec::new());
                continue;
            };
            for (sum, &v) in mean.iter_mut().zip(&pixels) {
                *sum += v;
            }
            present += 1.0;
            pixels.iter_mut().for_each(|v| *v -= sky);
            bands.push(pixels);
        }
        if present > 1.0 {
            mean.iter_mut().for_each(|v| *v /= present);
        }
        let mut frame: Vec<f64> = geometry.frame.iter().map(|&i| mean[i]).collect();
        let sky = median(&mut frame);
        mean.iter_mut().for_each(|v| *v -= sky);
        let largest = mean.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let amplitude = if largest > 0.0 { largest } else { 1.0 };
        let mut signal = mean;
        signal.iter_mut().for_each(|v| *v /= amplitude);
        let light: Vec<f64> = signal.iter().map(|v| v.max(0.0)).collect();

        let frame: Vec<f64> = geometry.frame.iter().map(|&i| signal[i]).collect();
        let mut deviations: Vec<f64> = frame.iter().map(|v| v.abs()).collect();
        let count = frame.len() as f64;
        let frame_mean = frame.iter().sum::<f64>() / count;
        let variance = frame.iter().map(|v| (v - frame_mean).powi(2)).sum::<f64>() / count;
        Self {
            bands,
            smooth: box3(&light, n),
            blurred: binomial5(&signal, n),
            total: light.iter().sum::<f64>() + TINY,
            sigma: (1.4826 * median(&mut deviations)).max(MIN_NOISE),
            frame_std: variance.sqrt().max(MIN_NOISE),
            amplitude,
            signal,
            light,
            is_picture: cutout.is_picture,
        }
    }

    /// Logarithm of a level in the units of the bands: `log10(level + 1e-4)` for a picture, whose
    /// white is 1; `log10(level)` for fluxes, held within 1e±30.
    pub fn log_level(&self, level: f64) -> f64 {
        if self.is_picture {
            (level + 1e-4).log10()
        } else {
            level.clamp(1e-30, 1e30).log10()
        }
    }
}

/// The central square of `plane`, times `scale`, averaged by area onto `n` × `n`; NaN where no
/// finite pixel contributes.
fn area_average(plane: &Plane, n: usize, scale: f64) -> Vec<f64> {
    let side = plane.width.min(plane.height);
    let mut out = vec![f64::NAN; n * n];
    if side == 0 {
        return out;
    }
    let (x0, y0) = ((plane.width - side) / 2, (plane.height - side) / 2);
    if side == n {
        for y in 0..n {
            let row = &plane.row(y0 + y)[x0..x0 + n];
            for (o, &v) in out[y * n..(y + 1) * n].iter_mut().zip(row) {
                *o = if v.is_finite() {
                    f64::from(v) * scale
                } else {
                    f64::NAN
                };
            }
        }
        return out;
    }
    let bins = overlaps(side, n);
    // Rows first, which the compiler can do several columns at once, then columns.
    let mut sums = vec![0.0f64; side];
    let mut areas = vec![0.0f64; side];
    for (y, (first_row, row_weights)) in bins.iter().enumerate() {
        sums.fill(0.0);
        areas.fill(0.0);
        for (k, &weight) in row_weights.iter().enumerate() {
            let row = &plane.row(y0 + first_row + k)[x0..x0 + side];
            for ((sum, area), &v) in sums.iter_mut().zip(&mut areas).zip(row) {
                let (v, weight) = if v.is_finite() {
                    (f64::from(v), weight)
                } else {
                    (0.0, 0.0)
                };
                *sum += weight * v;
                *area += weight;
            }
        }
        for (x, (first_column, column_weights)) in bins.iter().enumerate() {
            let columns = *first_column..first_column + column_weights.len();
            let (mut sum, mut area) = (0.0, 0.0);
            for ((s, a), w) in sums[columns.clone()]
                .iter()
                .zip(&areas[columns])
                .zip(column_weights)
            {
                sum += w * s;
                area += w * a;
            }
            if area > 0.0 {
                out[y * n + x] = sum / area * scale;
            }
        }
    }
    out
}

/// For each of `n` equal bins over `side` pixels: the first pixel it overlaps, and the share of
/// the bin that each pixel from there on covers.
fn overlaps(side: usize, n: usize) -> Vec<(usize, Vec<f64>)> {
    // In units of 1/n of a pixel everything is an integer, so that the weights are mirrored exactly.
    (0..n)
        .map(|bin| {
            let (start, end) = (bin * side, (bin + 1) * side);
            let weights = (start / n..end.div_ceil(n))
                .map(|pixel| {
                    let covered = end.min((pixel + 1) * n) - start.max(pixel * n);
                    covered as f64 / side as f64
                })
                .collect();
            (start / n, weights)
        })
        .collect()
}

/// Replaces NaN; returns the sky of the band, or `None` where it has no pixel at all.
fn fill_gaps(pixels: &mut [f64], geometry: &Geometry) -> Option<f64> {
    let on_frame = || geometry.frame.iter().map(|&i| pixels[i]);
    let mut valid: Vec<f64> = on_frame().filter(|v| !v.is_nan()).collect();
    if valid.len() * 4 < geometry.frame.len() {
        // The frame is mostly gone: the median of what there is.
        valid = pixels.iter().copied().filter(|v| !v.is_nan()).collect();
    }
    if valid.is_empty() {
        return None;
    }
    let sky = median(&mut valid);
    if pixels.iter().any(|v| v.is_nan()) {
        let original = pixels.to_vec();
        for (index, v) in pixels.iter_mut().enumerate() {
            if v.is_nan() {
                let other = original[geometry.opposite(index)];
                *v = if other.is_nan() { sky } else { other };
            }
        }
    }
    Some(sky)
}

/// Median, the mean of the two middle values where their number is even; 0 of nothing.
pub fn median(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n == 0 {
        return 0.0;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    lower + (upper - lower) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averaging_keeps_the_mean_and_skips_gaps() {
        let mut plane = Plane::from_pixels(3, 3, (0..9).map(|v| v as f32).collect());
        let half = area_average(&plane, 2, 1.0);
        assert!((half.iter().sum::<f64>() / 4.0 - 4.0).abs() < 1e-12);
        // Bin (0,0) covers 1, 1/2, 1/2 and 1/4 of pixels 0, 1, 3 and 4.
        assert!((half[0] - (0.0 + 0.5 + 1.5 + 1.0) / 2.25).abs() < 1e-12);
        plane.pixels[0] = f32::NAN;
        let half = area_average(&plane, 2, 1.0);
        assert!((half[0] - 3.0 / 1.25).abs() < 1e-12);
    }

    #[test]
    fn medians_of_even_and_odd_counts() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&mut []), 0.0);
    }
}
