//! Depthwise convolutions of 7×7 pixels, padded with zeros, over images whose channels lie side
//! by side: seven neighbouring pixels' sums of one vector of channels stay in registers while the lines of
//! the image pass, and one vector of channels goes over all pixels before the next one does, so that lines
//! that several rows read are still in the nearest cache.

#![allow(
    unsafe_code,
    reason = "vector instructions and reads at computed places, held in bounds by the checks at the start"
)]

use std::ops::Range;

/// Rows of pixels are padded to a multiple of so many channels.
pub(super) const GROUP: usize = 16;
/// Side of the window.
pub(super) const SIDE: usize = 7;

/// An image and the window that goes over it.
pub(super) struct Depthwise<'a> {
    /// `[height, width, channels]`, channels a multiple of [`GROUP`].
    pub image: &'a [f32],
    /// Height and width in pixels.
    pub size: [usize; 2],
    /// Padded number of channels.
    pub channels: usize,
    /// `[7, 7, channels]`.
    pub weight: &'a [f32],
    /// `[channels]`.
    pub bias: &'a [f32],
}

/// Channels that one register holds (of compilers' making, where that is several registers). Seven sums,
/// seven weights and a pixel's values are fifteen, which fit in the sixteen of AVX2.
pub(super) trait Vector: Copy {
    /// Number of channels; a divisor of [`GROUP`].
    const LANES: usize;
    /// # Safety
    /// There are so many values to read, and the processor has the vector's instructions.
    unsafe fn load(from: *const f32) -> Self;
    /// # Safety
    /// There is room for so many values, and the processor has the vector's instructions.
    unsafe fn store(self, to: *mut f32);
    /// `self + a * b`, rounded once.
    ///
    /// # Safety
    /// The processor has the vector's instructions.
    unsafe fn plus(self, a: Self, b: Self) -> Self;
}

/// What any processor has.
impl Vector for [f32; GROUP] {
    const LANES: usize = GROUP;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<Self>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<Self>().write_unaligned(self) }
    }

    #[inline(always)]
    unsafe fn plus(mut self, a: Self, b: Self) -> Self {
        for l in 0..GROUP {
            self[l] = a[l].mul_add(b[l], self[l]);
        }
        self
    }
}

/// The convolution at `pixels` (counted row by row), into `out`, `[pixels, channels]`.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn depthwise<V: Vector>(d: &Depthwise<'_>, pixels: Range<usize>, out: &mut [f32]) {
    const { assert!(GROUP.is_multiple_of(V::LANES)) };
    let ([height, width], channels) = (d.size, d.channels);
    assert!(channels.is_multiple_of(GROUP) && pixels.end <= height * width);
    assert!(d.image.len() >= height * width * channels && out.len() >= pixels.len() * channels);
    assert!(d.weight.len() >= SIDE * SIDE * channels && d.bias.len() >= channels);
    for group in (0..channels).step_by(V::LANES) {
        let mut pixel = pixels.start;
        while pixel < pixels.end {
            let (y, x) = (pixel / width, pixel % width);
            let count = (width - x).min(pixels.end - pixel).min(SIDE);
            // The window's lines, and the columns from 3 left of the first sum's pixel on, inside the image.
            let lines = 3usize.saturating_sub(y)..SIDE.min(height + 3 - y);
            let columns = 3usize.saturating_sub(x)..(width + 3 - x);
            // SAFETY: lines and columns are those inside the image, groups whole vectors inside the
            // channels, and the lengths were checked above.
            unsafe {
                let mut sums = [V::load(d.bias.as_ptr().add(group)); SIDE];
                for line in lines {
                    let from = d.weight.as_ptr().add(line * SIDE * channels + group);
                    let mut weights = sums;
                    for (column, w) in weights.iter_mut().enumerate() {
                        *w = V::load(from.add(column * channels));
                    }
                    let first = (y + line - 3) * width + x;
                    // May point before the image; only columns inside it are read.
                    let start = d.image.as_ptr().wrapping_add(first * channels + group);
                    // Spelt out, so that which pixel meets which weight is known when compiling.
                    macro_rules! pass {
                        ($($t:literal)*) => { $(
                            if columns.contains(&$t) {
                                let values = start.wrapping_add($t * channels).wrapping_sub(3 * channels);
                                pass_pixel::<V, $t>(values, &weights, &mut sums);
                            }
                        )* };
                    }
                    pass!(0 1 2 3 4 5 6 7 8 9 10 11 12);
                }
                let to = out.as_mut_ptr().add((pixel - pixels.start) * channels + group);
                for (j, sum) in sums.iter().take(count).enumerate() {
                    sum.store(to.add(j * channels));
                }
            }
            pixel += count;
        }
    }
}

/// Adds the pixel `T - 3` to the right of the first sum's to all sums that it reaches.
///
/// # Safety
/// `values` are the channels of a pixel of the image, and the processor has the instructions of `V`.
#[inline(always)]
unsafe fn pass_pixel<V: Vector, const T: usize>(
    values: *const f32,
    weights: &[V; SIDE],
    sums: &mut [V; SIDE],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let values = V::load(values);
        for j in 0..SIDE {
            if T >= j && T - j < SIDE {
                sums[j] = sums[j].plus(values, weights[T - j]);
            }
        }
    }
}

/// Vectors of the instruction sets of x86.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    macro_rules! vector {
        ($vector:ident, $lanes:literal, $load:ident, $store:ident, $plus:ident) => {
            impl Vector for $vector {
                const LANES: usize = $lanes;

                #[inline(always)]
                unsafe fn load(from: *const f32) -> Self {
                    // SAFETY: the caller's promise.
                    unsafe { $load(from) }
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut f32) {
                    // SAFETY: the caller's promise.
                    unsafe { $store(to, self) }
                }

                #[inline(always)]
                unsafe fn plus(self, a: Self, b: Self) -> Self {
                    // SAFETY: the caller's promise.
                    unsafe { $plus(a, b, self) }
                }
            }
        };
    }

    vector!(__m256, 8, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps);
    vector!(__m512, 16, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::plan::isa::Isa;
    use crate::encoder::plan::kernels::Kernels;

    /// The definition, in double precision.
    fn plain(d: &Depthwise<'_>, pixel: usize, channel: usize) -> f64 {
        let [height, width] = d.size;
        let (y, x) = (pixel / width, pixel % width);
        let mut sum = f64::from(d.bias[channel]);
        for line in 0..SIDE {
            for column in 0..SIDE {
                let (v, u) = ((y + line).wrapping_sub(3), (x + column).wrapping_sub(3));
                if v < height && u < width {
                    let weight = d.weight[(line * SIDE + column) * d.channels + channel];
                    sum += f64::from(weight) * f64::from(d.image[(v * width + u) * d.channels + channel]);
                }
            }
        }
        sum
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
        for (height, width) in [(1, 1), (2, 3), (7, 7), (5, 14), (9, 20), (16, 4)] {
            let channels = 48;
            let image = random(height * width * channels);
            let (weight, bias) = (random(SIDE * SIDE * channels), random(channels));
            let d = Depthwise {
                image: &image,
                size: [height, width],
                channels,
                weight: &weight,
                bias: &bias,
            };
            let all = height * width;
            for pixels in [0..all, all / 3..all, all / 4..(3 * all).div_ceil(4)] {
                for kernels in Isa::available().into_iter().filter_map(Kernels::of) {
                    let mut out = vec![f32::NAN; pixels.len() * channels];
                    kernels.depthwise(&d, pixels.clone(), &mut out);
                    for (i, got) in out.iter().enumerate() {
                        let want = plain(&d, pixels.start + i / channels, i % channels);
                        assert!(
                            (f64::from(*got) - want).abs() < 1e-5,
                            "{:?} {height}x{width} {i}: {got}, not {want}",
                            kernels.isa
                        );
                    }
                }
            }
        }
    }
}
