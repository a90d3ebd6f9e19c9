//! A strip of rows smoothed and thresholded: plainly, or by the matched filter where the noise varies.

use super::Run;
use crate::io::raster::Plane;
use crate::sky::detect::convolve::{matched_row, smooth_at, smooth_row};
use crate::sky::detect::noise::NoiseRows;
use crate::sky::detect::settings::Kernel;

/// What a strip of rows has above the threshold.
#[derive(Default)]
pub(super) struct Strip {
    pub(super) runs: Vec<Run>,
    /// Smoothed values, run after run.
    pub(super) smooth: Vec<f32>,
    /// rms, run after run; empty where it is the same everywhere.
    pub(super) rms: Vec<f32>,
}

impl Strip {
    /// Adds the runs of a row where `above` is positive.
    fn add_runs(&mut self, y: usize, above: &[f32]) {
        let mut x = 0;
        while let Some(skip) = above[x..].iter().position(|a| *a > 0.0) {
            let x0 = x + skip;
            let length = above[x0..].iter().position(|a| *a <= 0.0 || a.is_nan());
            let x1 = length.map_or(above.len(), |l| x0 + l);
            let first = self.runs.last().map_or(0, |r| r.first + (r.x1 - r.x0));
            self.runs.push(Run {
                y: y as u32,
                x0: x0 as u32,
                x1: x1 as u32,
                first,
            });
            x = x1;
        }
    }

    /// Adds the noise of the pixels found.
    pub(super) fn add_rms(&mut self, original: &Plane, noise: &NoiseRows<'_>) {
        let mut row = vec![0.0; original.width];
        let mut current = None;
        for run in &self.runs {
            let y = run.y as usize;
            if current != Some(y) {
                noise.row(y, &mut row);
                current = Some(y);
            }
            let pixels = original.row(y);
            self.rms.extend(
                (run.x0 as usize..run.x1 as usize).map(|x| if pixels[x].is_finite() { row[x] } else { 0.0 }),
            );
        }
    }
}

/// Thresholds smoothed (or, without a kernel, plain) values; `threshold_row` gives the thresholds.
pub(super) fn plain_strip(
    image: &Plane,
    kernel: Option<&Kernel>,
    rows: std::ops::Range<usize>,
    threshold_row: impl Fn(usize, &mut [f32]),
) -> Strip {
    let mut strip = Strip::default();
    let mut smooth = vec![0.0_f32; image.width];
    let mut above = vec![0.0_f32; image.width];
    for y in rows {
        match kernel {
            Some(kernel) => smooth_row(y, image.height, kernel, |r| image.row(r), &mut smooth),
            None => smooth.copy_from_slice(image.row(y)),
        }
        threshold_row(y, &mut above);
        for (a, &s) in above.iter_mut().zip(&smooth) {
            *a = if s > *a { 1.0 } else { 0.0 };
        }
        let before = strip.runs.len();
        strip.add_runs(y, &above);
        for run in &strip.runs[before..] {
            strip
                .smooth
                .extend_from_slice(&smooth[run.x0 as usize..run.x1 as usize]);
        }
    }
    strip
}

/// Thresholds the matched filter. The smoothed values, which are what is measured, are computed
/// for the pixels found only.
pub(super) fn matched_strip(
    image: &Plane,
    original: &Plane,
    noise: &NoiseRows<'_>,
    kernel: &Kernel,
    rows: std::ops::Range<usize>,
    threshold_sigma: f32,
) -> Strip {
    let width = image.width;
    let first = rows.start.saturating_sub(kernel.height / 2);
    let last = (rows.end + kernel.height).min(image.height);
    // 1/variance and value/variance of the strip's rows and of those the kernel reaches.
    let mut inverse = vec![0.0_f32; width * (last - first)];
    let mut weighted = vec![0.0_f32; width * (last - first)];
    for y in first..last {
        let span = (y - first) * width..(y - first + 1) * width;
        let inverse = &mut inverse[span.clone()];
        noise.row(y, inverse);
        for (v, p) in inverse.iter_mut().zip(original.row(y)) {
            *v = if *v > 0.0 && p.is_finite() {
                1.0 / (*v * *v)
            } else {
                0.0
            };
        }
        for ((w, &v), &f) in weighted[span].iter_mut().zip(&*inverse).zip(image.row(y)) {
            *w = v * f;
        }
    }
    let mut strip = Strip::default();
    let mut numerator = vec![0.0_f32; width];
    let mut denominator = vec![0.0_f32; width];
    for y in rows {
        let row = |of: &'_ [f32], r: usize| -> std::ops::Range<usize> {
            debug_assert!(!of.is_empty());
            (r - first) * width..(r - first + 1) * width
        };
        matched_row(
            y,
            image.height,
            kernel,
            false,
            |r| &weighted[row(&weighted, r)],
            &mut numerator,
        );
        matched_row(
            y,
            image.height,
            kernel,
            true,
            |r| &inverse[row(&inverse, r)],
            &mut denominator,
        );
        for (n, &d) in numerator.iter_mut().zip(&denominator) {
            *n -= threshold_sigma * d.sqrt();
        }
        let before = strip.runs.len();
        strip.add_runs(y, &numerator);
        for run in &strip.runs[before..] {
            for x in run.x0 as usize..run.x1 as usize {
                let v = inverse[(y - first) * width + x];
                strip.rms.push(if v > 0.0 { 1.0 / v.sqrt() } else { 0.0 });
                strip
                    .smooth
                    .push(smooth_at(&image.pixels, width, image.height, kernel, x, y));
            }
        }
    }
    strip
}
