//! Smoothing rows of an image with a kernel, and the matched filter where noise varies.
//!
//! The plain filter is Σ kᵢ fᵢ. Where noise varies from pixel to pixel the statistic with the
//! highest signal-to-noise for a source shaped like the kernel is Σ kᵢ fᵢ/σᵢ² / √(Σ kᵢ²/σᵢ²)
//! (SEP documentation, "Matched filter"). Outside the image, and where there is no data, pixels
//! count as zero with infinite noise.

use super::settings::Kernel;

/// Columns worked on at a time, so that the sums stay in the processor's nearest cache.
const TILE: usize = 2048;

/// Smooths row `y`: `row_of(y)` gives the image's rows, `taps` the kernel.
pub(super) fn smooth_row<'a>(
    y: usize,
    height: usize,
    kernel: &Kernel,
    row_of: impl Fn(usize) -> &'a [f32],
    out: &mut [f32],
) {
    accumulate(y, height, kernel, |tap| tap, row_of, out);
}

/// The numerator (from value/variance rows) or, with `squared` taps, the square of the denominator
/// (from 1/variance rows) of the matched filter.
pub(super) fn matched_row<'a>(
    y: usize,
    height: usize,
    kernel: &Kernel,
    squared: bool,
    row_of: impl Fn(usize) -> &'a [f32],
    out: &mut [f32],
) {
    let weigh = |tap: f32| if squared { tap * tap } else { tap };
    accumulate(y, height, kernel, weigh, row_of, out);
}

/// out\[x\] = Σ weigh(k) × row\[x + dx\], in the order of the taps.
fn accumulate<'a>(
    y: usize,
    height: usize,
    kernel: &Kernel,
    weigh: impl Fn(f32) -> f32,
    row_of: impl Fn(usize) -> &'a [f32],
    out: &mut [f32],
) {
    let width = out.len();
    out.fill(0.0);
    for tile in (0..width).step_by(TILE) {
        let tile_end = (tile + TILE).min(width);
        for ky in 0..kernel.height {
            let Some(source_y) = (y + ky).checked_sub(kernel.height / 2).filter(|s| *s < height) else {
                continue;
            };
            let row = row_of(source_y);
            for kx in 0..kernel.width {
                let tap = weigh(kernel.taps[ky * kernel.width + kx]);
                // out[x] takes row[x + kx - half]: keep that inside the row.
                let half = kernel.width / 2;
                let from = tile.max(half.saturating_sub(kx));
                let to = tile_end.min((width + half).saturating_sub(kx));
                if from >= to {
                    continue;
                }
                let source = &row[from + kx - half..to + kx - half];
                for (o, &s) in out[from..to].iter_mut().zip(source) {
                    *o += tap * s;
                }
            }
        }
    }
}

/// The plain filter at one pixel; the same sum as [`smooth_row`] gives.
pub(super) fn smooth_at(
    pixels: &[f32],
    width: usize,
    height: usize,
    kernel: &Kernel,
    x: usize,
    y: usize,
) -> f32 {
    let mut sum = 0.0;
    for ky in 0..kernel.height {
        let Some(sy) = (y + ky).checked_sub(kernel.height / 2).filter(|s| *s < height) else {
            continue;
        };
        for kx in 0..kernel.width {
            if let Some(sx) = (x + kx).checked_sub(kernel.width / 2).filter(|s| *s < width) {
                sum += kernel.taps[ky * kernel.width + kx] * pixels[sy * width + sx];
            }
        }
    }
    sum
}
