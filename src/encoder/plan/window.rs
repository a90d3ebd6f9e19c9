//! Depthwise convolutions of any window over images with a border of zeros whose channels lie side by side.

use crate::vectorised::vectorised;

/// Channels at a time.
pub(crate) const LANES: usize = 16;
/// Neighbouring outputs that are computed together.
const TOGETHER: usize = 8;

/// Sixteen channels.
#[inline(always)]
pub(crate) fn lanes(x: &[f32], at: usize) -> &[f32] {
    &x[at..at + LANES]
}

/// Sixteen channels, to write.
#[inline(always)]
pub(crate) fn lanes_mut(x: &mut [f32], at: usize) -> &mut [f32] {
    &mut x[at..at + LANES]
}

vectorised! {
    /// A depthwise convolution with a window of `K` by `K` in steps of `S`: `image` is `[rows, line,
    /// channels]` with its border of zeros, `weights` `[K * K, channels]`, `out` `[height, width,
    /// channels]`.
    window<const K, const S>(image: &[f32], line: usize, channels: usize, weights: &[f32], size: [usize; 2], out: &mut [f32]) {
        let [height, width] = size;
        for y in 0..height {
            for group in (0..channels).step_by(LANES) {
                let mut x = 0;
                while x < width {
                    // The last outputs of a line are computed with some that were there already.
                    let first = if width >= TOGETHER { x.min(width - TOGETHER) } else { x };
                    let count = TOGETHER.min(width - first);
                    let mut sums = [[0.0f32; LANES]; TOGETHER];
                    if count == TOGETHER {
                        for tap in 0..K * K {
                            let w = lanes(weights, tap * channels + group);
                            let start = ((y * S + tap / K) * line + first * S + tap % K) * channels + group;
                            for (j, sum) in sums.iter_mut().enumerate() {
                                let v = lanes(image, start + j * S * channels);
                                for l in 0..LANES {
                                    sum[l] = v[l].mul_add(w[l], sum[l]);
                                }
                            }
                        }
                    } else {
                        for tap in 0..K * K {
                            let w = lanes(weights, tap * channels + group);
                            let start = ((y * S + tap / K) * line + first * S + tap % K) * channels + group;
                            for (j, sum) in sums.iter_mut().enumerate().take(count) {
                                let v = lanes(image, start + j * S * channels);
                                for l in 0..LANES {
                                    sum[l] = v[l].mul_add(w[l], sum[l]);
                                }
                            }
                        }
                    }
                    for (j, sum) in sums.iter().enumerate().take(count) {
                        lanes_mut(out, (y * width + first + j) * channels + group).copy_from_slice(sum);
                    }
                    x = first + count;
                }
            }
        }
    }
}

/// A copy of an image `[size, size, channels]` with zeros around it, into `out`; gives the length of a line.
pub(crate) fn bordered(
    image: &[f32],
    size: usize,
    channels: usize,
    zeros: usize,
    out: &mut Vec<f32>,
) -> usize {
    let line = size + 2 * zeros;
    out.resize(line * line * channels, 0.0);
    let side = zeros * channels;
    for (y, to) in out.chunks_exact_mut(line * channels).enumerate() {
        let Some(row) = (y.checked_sub(zeros)).and_then(|y| image.chunks_exact(size * channels).nth(y))
        else {
            to.fill(0.0);
            continue;
        };
        to[..side].fill(0.0);
        to[side..side + row.len()].copy_from_slice(row);
        to[side + row.len()..].fill(0.0);
    }
    line
}
