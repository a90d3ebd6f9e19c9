//! Depthwise convolutions of 7×7 pixels, padded with zeros, over images whose channels lie side
//! by side: seven neighbouring pixels' sums of sixteen channels stay in registers while a line of
//! the image passes.

/// Channels at a time; rows of pixels are padded to a multiple of it.
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

/// The convolution at `pixels` (counted row by row), into `out`, `[pixels, channels]`.
#[inline(always)]
pub(super) fn depthwise(d: &Depthwise<'_>, pixels: std::ops::Range<usize>, out: &mut [f32]) {
    let [height, width] = d.size;
    let channels = d.channels;
    let mut pixel = pixels.start;
    let mut done = 0;
    while pixel < pixels.end {
        let (y, x) = (pixel / width, pixel % width);
        let count = (width - x).min(pixels.end - pixel).min(SIDE);
        let lines = 3usize.saturating_sub(y)..SIDE.min(height + 3 - y);
        for group in (0..channels).step_by(GROUP) {
            let mut sums = [[0.0f32; GROUP]; SIDE];
            for sum in &mut sums {
                sum.copy_from_slice(&d.bias[group..group + GROUP]);
            }
            for line in lines.clone() {
                let start = (y + line - 3) * width * channels + group;
                let mut weights = [[0.0f32; GROUP]; SIDE];
                for (column, w) in weights.iter_mut().enumerate() {
                    let at = (line * SIDE + column) * channels + group;
                    w.copy_from_slice(&d.weight[at..at + GROUP]);
                }
                // Spelt out, so that which pixel meets which weight is known when compiling.
                macro_rules! pass {
                    ($($t:literal)*) => { $( pass_pixel::<$t>(d.image, start, channels, x, width, &weights, &mut sums); )* };
                }
                pass!(0 1 2 3 4 5 6 7 8 9 10 11 12);
            }
            for (j, sum) in sums.iter().take(count).enumerate() {
                let at = (done + j) * channels + group;
                out[at..at + GROUP].copy_from_slice(sum);
            }
        }
        pixel += count;
        done += count;
    }
}

/// Adds the pixel `T - 3` to the right of `x` to all sums that it reaches.
#[inline(always)]
fn pass_pixel<const T: usize>(
    image: &[f32],
    start: usize,
    channels: usize,
    x: usize,
    width: usize,
    weights: &[[f32; GROUP]; SIDE],
    sums: &mut [[f32; GROUP]; SIDE],
) {
    let column = x + T;
    if column < 3 || column - 3 >= width {
        return;
    }
    let at = start + (column - 3) * channels;
    let values = &image[at..at + GROUP];
    for j in 0..SIDE {
        if T >= j && T - j < SIDE {
            for l in 0..GROUP {
                sums[j][l] = values[l].mul_add(weights[T - j][l], sums[j][l]);
            }
        }
    }
}
