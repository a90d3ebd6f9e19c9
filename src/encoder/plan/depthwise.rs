//! Depthwise convolutions, padded with zeros, over images whose channels lie side
//! by side: seven neighbouring pixels' sums of one vector of channels stay in registers while the lines of
//! the image pass, and one vector of channels goes over all pixels before the next one does, so that lines
//! that several rows read are still in the nearest cache.

#![allow(
    unsafe_code,
    reason = "vector instructions and reads at computed places, held in bounds by the checks at the start"
)]

use super::vector::Vector;
use std::ops::Range;

/// Rows of pixels are padded to a multiple of so many channels.
pub(super) const GROUP: usize = 16;
/// Neighbouring pixels that are computed together.
const TOGETHER: usize = 7;
/// Windows that there are kernels for: side and stride in pixels.
pub(crate) const WINDOWS: [[usize; 2]; 5] = [[7, 1], [3, 1], [3, 2], [5, 1], [5, 2]];

/// A window that goes over images.
pub struct Window {
    /// `[side, side, channels]`, channels padded to a multiple of 16.
    pub weight: Vec<f32>,
    /// `[channels]`, padded alike.
    pub bias: Vec<f32>,
    /// Padded number of channels.
    pub channels: usize,
    /// Side in pixels.
    pub side: usize,
    /// Pixels from window to window.
    pub stride: usize,
    /// Whether what comes out is held between 0 and 6.
    pub relu6: bool,
}

impl Window {
    /// Packs `weight`, `[channels, side, side]`, and a bias a channel.
    pub fn pack([side, stride]: [usize; 2], relu6: bool, weight: &[f32], bias: &[f32]) -> Self {
        let (taps, channels) = (side * side, padded(bias.len()));
        assert_eq!(weight.len(), bias.len() * taps, "weights of another shape");
        let mut packed = Self {
            weight: vec![0.0; taps * channels],
            bias: bias.to_vec(),
            channels,
            side,
            stride,
            relu6,
        };
        packed.bias.resize(channels, 0.0);
        for (channel, from) in weight.chunks_exact(taps).enumerate() {
            for (tap, value) in from.iter().enumerate() {
                packed.weight[tap * channels + channel] = *value;
            }
        }
        packed
    }
}

/// Values from pixel to pixel.
pub(super) fn padded(channels: usize) -> usize {
    channels.next_multiple_of(GROUP)
}

/// An image, or some lines of one, and the window that goes over it.
pub(super) struct Depthwise<'a> {
    /// `[lines, width, channels]`.
    pub image: &'a [f32],
    /// Which line of the image its values begin with; all that the asked pixels see are there.
    pub first: usize,
    /// Height and width of the whole image in pixels.
    pub size: [usize; 2],
    /// Rows of zeros above it and to its left.
    pub before: [usize; 2],
    /// Pixels of a line of what comes out.
    pub columns: usize,
    /// What goes over it.
    pub window: &'a Window,
}

/// The convolution at `pixels` of what comes out (counted row by row), into `out`, `[pixels, channels]`.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn depthwise<V: Vector>(d: &Depthwise<'_>, pixels: Range<usize>, out: &mut [f32]) {
    // SAFETY: the caller's promise.
    unsafe {
        match [d.window.side, d.window.stride] {
            [7, 1] => passes::<V, 7, 1>(d, pixels, out),
            [3, 1] => passes::<V, 3, 1>(d, pixels, out),
            [3, 2] => passes::<V, 3, 2>(d, pixels, out),
            [5, 1] => passes::<V, 5, 1>(d, pixels, out),
            [5, 2] => passes::<V, 5, 2>(d, pixels, out),
            other => unreachable!("networks with windows of {other:?} are not compiled"),
        }
    }
}

/// The same for windows of `K` by `K` pixels, `S` pixels apart.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn passes<V: Vector, const K: usize, const S: usize>(
    d: &Depthwise<'_>,
    pixels: Range<usize>,
    out: &mut [f32],
) {
    // Seven sums, seven weights and a pixel's values are fifteen registers, which fit in the sixteen of AVX2.
    const { assert!(GROUP.is_multiple_of(V::LANES) && (TOGETHER - 1) * S + K <= 17) };
    let ([height, width], [above, before]) = (d.size, d.before);
    let (w, channels) = (d.window, d.window.channels);
    if pixels.is_empty() {
        return;
    }
    // Lines that the first and the last of the pixels see.
    let seen = |pixel: usize| {
        let top = pixel / d.columns * S;
        top.saturating_sub(above)..(top + K).saturating_sub(above).min(height)
    };
    let (least, most) = (seen(pixels.start).start, seen(pixels.end - 1).end);
    assert!(channels.is_multiple_of(GROUP) && d.first <= least && above < K && before < K);
    assert!((d.columns - 1) * S < width + before && (pixels.end - 1) / d.columns * S < height + above);
    assert!(d.image.len() >= (most - d.first) * width * channels && out.len() >= pixels.len() * channels);
    assert!(w.weight.len() >= K * K * channels && w.bias.len() >= channels);
    for group in (0..channels).step_by(V::LANES) {
        let mut pixel = pixels.start;
        while pixel < pixels.end {
            let (y, x) = (pixel / d.columns, pixel % d.columns);
            let count = (d.columns - x).min(pixels.end - pixel).min(TOGETHER);
            // The window's lines, and the columns from the first sum's leftmost on, inside the image.
            let (top, left) = (y * S, x * S);
            let lines = above.saturating_sub(top)..K.min(height + above - top);
            let columns = before.saturating_sub(left)..(width + before - left);
            // SAFETY: lines and columns are those inside the image, groups whole vectors inside the
            // channels, and the lengths were checked above.
            unsafe {
                let mut sums = [V::load(w.bias.as_ptr().add(group)); TOGETHER];
                for line in lines {
                    let from = w.weight.as_ptr().add(line * K * channels + group);
                    let mut weights = [sums[0]; K];
                    for (column, w) in weights.iter_mut().enumerate() {
                        *w = V::load(from.add(column * channels));
                    }
                    let first = (top + line - above - d.first) * width + left;
                    // May point before the image; only columns inside it are read.
                    let start = d.image.as_ptr().wrapping_add(first * channels + group);
                    let start = start.wrapping_sub(before * channels);
                    // Spelt out, so that which pixel meets which weight is known when compiling.
                    macro_rules! pass {
                        ($($t:literal)*) => { $(
                            if $t < (TOGETHER - 1) * S + K && columns.contains(&$t) {
                                let values = start.wrapping_add($t * channels);
                                pass_pixel::<V, K, S, $t>(values, &weights, &mut sums);
                            }
                        )* };
                    }
                    pass!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
                }
                let to = out.as_mut_ptr().add((pixel - pixels.start) * channels + group);
                for (j, sum) in sums.iter().take(count).enumerate() {
                    let sum = match w.relu6 {
                        true => sum.held(0.0, 6.0),
                        false => *sum,
                    };
                    sum.store(to.add(j * channels));
                }
            }
            pixel += count;
        }
    }
}

/// Adds the pixel `T` columns to the right of the first sum's leftmost to all sums that it reaches.
///
/// # Safety
/// `values` are the channels of a pixel of the image, and the processor has the instructions of `V`.
#[inline(always)]
unsafe fn pass_pixel<V: Vector, const K: usize, const S: usize, const T: usize>(
    values: *const f32,
    weights: &[V; K],
    sums: &mut [V; TOGETHER],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let values = V::load(values);
        for j in 0..TOGETHER {
            if T >= j * S && T - j * S < K {
                sums[j] = sums[j].plus(values, weights[T - j * S]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::plan::isa::Isa;
    use crate::encoder::plan::kernels::Kernels;

    /// The definition, in double precision, at a pixel of what comes out.
    fn plain(d: &Depthwise<'_>, [y, x]: [usize; 2], channel: usize) -> f64 {
        let ([height, width], w) = (d.size, d.window);
        let mut sum = f64::from(w.bias[channel]);
        for line in 0..w.side {
            for column in 0..w.side {
                let v = (y * w.stride + line).wrapping_sub(d.before[0]);
                let u = (x * w.stride + column).wrapping_sub(d.before[1]);
                if v < height && u < width {
                    let weight = w.weight[(line * w.side + column) * w.channels + channel];
                    sum += f64::from(weight) * f64::from(d.image[(v * width + u) * w.channels + channel]);
                }
            }
        }
        if w.relu6 { sum.clamp(0.0, 6.0) } else { sum }
    }

    #[test]
    fn is_the_definition_on_images_of_any_size_and_parts_of_them() {
        let mut seed = 7u32;
        let mut random = |len: usize| -> Vec<f32> {
            let next = |_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
            };
            (0..len).map(next).collect()
        };
        for ([side, stride], size) in WINDOWS
            .into_iter()
            .flat_map(|w| [[1, 1], [2, 3], [7, 7], [5, 14], [9, 20], [16, 4]].map(|size| (w, size)))
        {
            // TensorFlow's `SAME` with a stride, as many zeros on all sides without.
            let zeros = |len: usize| ((len.div_ceil(stride) - 1) * stride + side).saturating_sub(len) / 2;
            let [height, width]: [usize; 2] = size;
            let (rows, columns) = (height.div_ceil(stride), width.div_ceil(stride));
            let image = random(height * width * 48);
            let mut window = Window::pack([side, stride], false, &random(45 * side * side), &random(45));
            let all = rows * columns;
            for pixels in [0..all, all / 3..all, all / 4..(3 * all).div_ceil(4)] {
                window.relu6 = pixels.start > 0;
                let d = Depthwise {
                    image: &image,
                    first: 0,
                    size,
                    before: [zeros(height), zeros(width)],
                    columns,
                    window: &window,
                };
                // Lines before the first that is seen may be absent.
                let top = (pixels.start / columns * stride).saturating_sub(d.before[0]);
                let cut = Depthwise {
                    image: &image[top.min(height) * width * 48..],
                    first: top.min(height),
                    ..d
                };
                for kernels in Isa::available().into_iter().filter_map(Kernels::of) {
                    let mut out = vec![f32::NAN; pixels.len() * 48];
                    kernels.depthwise(&cut, pixels.clone(), &mut out);
                    for (i, got) in out.iter().enumerate() {
                        let pixel = pixels.start + i / 48;
                        let want = plain(&d, [pixel / columns, pixel % columns], i % 48);
                        assert!(
                            (f64::from(*got) - want).abs() < 1e-5,
                            "{:?} {side}/{stride} {height}x{width} {i}: {got}, not {want}",
                            kernels.isa
                        );
                    }
                }
            }
        }
    }
}
