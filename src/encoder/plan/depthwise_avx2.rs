//! The depthwise convolution of [`depthwise`](super::depthwise) spelt out for AVX2: seven sums and
//! seven weights of eight channels and a pixel's values are fifteen of its sixteen registers, which
//! compilers don't find by themselves. Sums run in the same order as there.

#![allow(
    unsafe_code,
    reason = "vector instructions and reads at computed places, held in bounds by the checks at the start"
)]

use super::depthwise::{Depthwise, SIDE};
use std::arch::x86_64::*;
use std::ops::Range;

/// Channels of one vector.
const LANES: usize = 8;

/// The convolution at `pixels` (counted row by row), into `out`, `[pixels, channels]`.
#[target_feature(enable = "avx2,fma")]
pub(super) fn depthwise(d: &Depthwise<'_>, pixels: Range<usize>, out: &mut [f32]) {
    let ([height, width], channels) = (d.size, d.channels);
    assert!(channels.is_multiple_of(LANES) && pixels.end <= height * width);
    assert!(d.image.len() >= height * width * channels && out.len() >= pixels.len() * channels);
    assert!(d.weight.len() >= SIDE * SIDE * channels && d.bias.len() >= channels);
    let mut pixel = pixels.start;
    while pixel < pixels.end {
        let (y, x) = (pixel / width, pixel % width);
        let count = (width - x).min(pixels.end - pixel).min(SIDE);
        let lines = 3usize.saturating_sub(y)..SIDE.min(height + 3 - y);
        let to = &mut out[(pixel - pixels.start) * channels..][..count * channels];
        for group in (0..channels).step_by(LANES) {
            // SAFETY: lines and columns are those inside the image, groups whole vectors inside the
            // channels, and the lengths were checked above.
            unsafe {
                let mut sums = [_mm256_loadu_ps(d.bias.as_ptr().add(group)); SIDE];
                for line in lines.clone() {
                    let start = d.image.as_ptr().add((y + line - 3) * width * channels + group);
                    let mut weights = [_mm256_setzero_ps(); SIDE];
                    for (column, w) in weights.iter_mut().enumerate() {
                        *w =
                            _mm256_loadu_ps(d.weight.as_ptr().add((line * SIDE + column) * channels + group));
                    }
                    macro_rules! pass {
                        ($($t:literal)*) => { $(
                            if x + $t >= 3 && x + $t - 3 < width {
                                pass_pixel::<$t>(start.add((x + $t - 3) * channels), &weights, &mut sums);
                            }
                        )* };
                    }
                    pass!(0 1 2 3 4 5 6 7 8 9 10 11 12);
                }
                for (j, sum) in sums.iter().take(count).enumerate() {
                    _mm256_storeu_ps(to.as_mut_ptr().add(j * channels + group), *sum);
                }
            }
        }
        pixel += count;
    }
}

/// Adds the pixel `T - 3` to the right of the first sum's to all sums that it reaches.
///
/// # Safety
/// `values` are the channels of a pixel of the image.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn pass_pixel<const T: usize>(
    values: *const f32,
    weights: &[__m256; SIDE],
    sums: &mut [__m256; SIDE],
) {
    // SAFETY: the caller's promise.
    let values = unsafe { _mm256_loadu_ps(values) };
    for j in 0..SIDE {
        if T >= j && T - j < SIDE {
            sums[j] = _mm256_fmadd_ps(values, weights[T - j], sums[j]);
        }
    }
}
