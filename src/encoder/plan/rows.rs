//! What happens to rows of floats between the products: norms, softmax, gates, and the conversion
//! to fewer bits. Every function is compiled once an instruction set (see `kernels`), which is
//! why they are always inlined and free of branches inside their loops.

#![allow(
    unsafe_code,
    reason = "brain floats and bytes are made by instructions that not every processor has"
)]

use super::bytes::Bytes;
use super::halves::Halves;
use super::math::{ERF, ERF_SHORT, bf16_bits, exp2, gelu_block, relu6, silu, tanh_gelu};
use super::tiles::{MOST_COLUMNS, MOST_ROWS, Sums};

/// Sums that go on side by side, so that neither latency nor rounding adds up.
const LANES: usize = 32;

/// Folds a row with [`LANES`] running values.
#[inline(always)]
fn fold(x: &[f32], start: f32, one: impl Fn(f32, f32) -> f32, two: impl Fn(f32, f32) -> f32) -> f32 {
    let mut running = [start; LANES];
    let (pieces, rest) = x.as_chunks::<LANES>();
    for piece in pieces {
        for j in 0..LANES {
            running[j] = one(running[j], piece[j]);
        }
    }
    for (r, v) in running.iter_mut().zip(rest) {
        *r = one(*r, *v);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for j in 0..width {
            running[j] = two(running[j], running[j + width]);
        }
        width /= 2;
    }
    running[0]
}

/// Layer norm of one row: mean 0, variance 1 (over the row, ε added), then scale and shift.
#[inline(always)]
pub(super) fn norm(x: &[f32], scale: &[f32], shift: &[f32], epsilon: f32, out: &mut [f32]) {
    let len = x.len();
    let (scale, shift, out) = (&scale[..len], &shift[..len], &mut out[..len]);
    let mean = fold(x, 0.0, |a, v| a + v, |a, b| a + b) / len as f32;
    let spread = fold(x, 0.0, |a, v| (v - mean).mul_add(v - mean, a), |a, b| a + b) / len as f32;
    let inverse = 1.0 / (spread + epsilon).sqrt();
    for j in 0..len {
        out[j] = ((x[j] - mean) * inverse).mul_add(scale[j], shift[j]);
    }
}

/// `2^((x - max) * factor)` in place; returns the sum. Divided by it, the row is the softmax of
/// `x * factor * ln 2`.
#[inline(always)]
pub(super) fn softmax(x: &mut [f32], factor: f32) -> f32 {
    let largest = |a: f32, b: f32| if b > a { b } else { a };
    let most = fold(x, f32::NEG_INFINITY, largest, largest);
    for v in x.iter_mut() {
        *v = exp2((*v - most) * factor);
    }
    fold(x, 0.0, |a, v| a + v, |a, b| a + b)
}

/// `silu(a) * b` of a row `[a, b]`, into its first half (Shazeer 2020, arXiv:2002.05202).
#[inline(always)]
pub(super) fn gate(x: &mut [f32]) {
    let (a, b) = x.split_at_mut(x.len() / 2);
    for (a, b) in a.iter_mut().zip(b) {
        *a = silu(*a) * *b;
    }
}

/// Brain floats.
#[inline(always)]
pub(super) fn to_bf16<H: Halves>(x: &[f32], out: &mut [u16]) {
    halves::<H>(x, &mut out[..x.len()]);
}

/// Brain floats of all of `x` into `out`, which is as long.
#[inline(always)]
fn halves<H: Halves>(x: &[f32], out: &mut [u16]) {
    let ((pieces, rest), (to, last)) = (x.as_chunks(), out.as_chunks_mut());
    for (to, piece) in to.iter_mut().zip(pieces) {
        // SAFETY: this is compiled for, and called on, processors that have the instructions of `H`.
        *to = unsafe { H::of(piece) };
    }
    for (to, v) in last.iter_mut().zip(rest) {
        *to = bf16_bits(*v);
    }
}

/// Bytes q with `x ≈ least + q * step`; returns `(step, least)`.
#[inline(always)]
pub(super) fn to_bytes<B: Bytes>(x: &[f32], out: &mut [u8]) -> (f32, f32) {
    // SAFETY: this is compiled for, and called on, processors that have the instructions of `B`.
    let (least, most) = unsafe { B::range(x) };
    let step = (most - least) / 255.0;
    let inverse = if step > 0.0 { 1.0 / step } else { 0.0 };
    // SAFETY: as above.
    unsafe { B::places(x, least, inverse, out) };
    (step, least)
}

/// What a tile's sums of bytes are worth: `(step, least)` a row; and a column its step, and its step
/// times the sum of its bytes.
pub(super) type Worth<'a> = (&'a [(f32, f32)], &'a [f32], &'a [f32]);

/// What follows a layer, and how well it must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// Nothing.
    None,
    /// The exact GELU, to single precision.
    Gelu,
    /// The same, well enough for brain floats and bytes.
    ShortGelu,
    /// GELU's approximation by a tanh, which some networks were trained with.
    TanhGelu,
    /// Values held between 0 and 6.
    Relu6,
}

/// What a tile's sums become: for bytes first real values, then with their bias through the
/// activation, stored or added.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    /// One value a column of the panel.
    pub bias: &'a [f32],
    /// What bytes are worth, if the sums are of bytes.
    pub bytes: Option<Worth<'a>>,
    /// What follows.
    pub activation: Activation,
    /// Whether the result is added to what is there.
    pub add: bool,
}

/// Finishes `rows` rows and `columns` columns of a tile of panels `N` wide into `out`, row-major
/// with `ldo` values from row to row.
#[inline(always)]
pub(super) fn finish<const N: usize>(
    sums: &Sums,
    rows: usize,
    columns: usize,
    f: &Finish<'_>,
    out: &mut [f32],
    ldo: usize,
) {
    match f.activation {
        Activation::None | Activation::Relu6 => quickly::<N>(sums, rows, columns, f, out, ldo),
        _ => finished::<N>(sums, rows, f, |i, values| {
            place(values, columns, f.add, &mut out[i.wrapping_mul(ldo)..]);
        }),
    }
}

/// The same where what follows takes a few instructions only: row by row, so that everything stays in registers.
/// (Loops, not closures: those are compiled for any processor where they aren't inlined.)
#[inline(always)]
fn quickly<const N: usize>(
    sums: &Sums,
    rows: usize,
    columns: usize,
    f: &Finish<'_>,
    out: &mut [f32],
    ldo: usize,
) {
    const { assert!(N <= MOST_COLUMNS) };
    for i in 0..rows.min(MOST_ROWS) {
        let mut values = [0.0f32; N];
        worth(&sums.0[i * N..(i + 1) * N], i, f, &mut values);
        if f.activation == Activation::Relu6 {
            for v in &mut values {
                *v = relu6(*v);
            }
        }
        place(&values, columns, f.add, &mut out[i.wrapping_mul(ldo)..]);
    }
}

/// The same into brain floats, which the next product reads; nothing is added.
#[inline(always)]
pub(super) fn finish_halves<const N: usize, H: Halves>(
    sums: &Sums,
    rows: usize,
    columns: usize,
    f: &Finish<'_>,
    out: &mut [u16],
    ldo: usize,
) {
    finished::<N>(sums, rows, f, |i, values| {
        let to = &mut out[i.wrapping_mul(ldo)..];
        if columns == N {
            halves::<H>(values, &mut to[..N]);
        } else {
            halves::<H>(&values[..columns], &mut to[..columns]);
        }
    });
}

/// What the sums of each row become: `each(row, values)`.
#[inline(always)]
fn finished<const N: usize>(
    sums: &Sums,
    rows: usize,
    f: &Finish<'_>,
    mut each: impl FnMut(usize, &[f32; N]),
) {
    const { assert!(N <= MOST_COLUMNS) };
    let rows = rows.min(MOST_ROWS);
    // Two rows at a time: GELU is a long chain of sums, of which several must be under way.
    for first in (0..rows).step_by(2) {
        let height = (rows - first).min(2);
        let mut values = [[0.0f32; N]; 2];
        for (i, values) in values.iter_mut().enumerate().take(height) {
            worth(
                &sums.0[(first + i) * N..(first + i + 1) * N],
                first + i,
                f,
                values,
            );
        }
        match f.activation {
            Activation::None => {}
            Activation::Gelu => gelu_block(&mut values, &ERF),
            Activation::ShortGelu => gelu_block(&mut values, &ERF_SHORT),
            Activation::TanhGelu => {
                for row in &mut values {
                    for v in row {
                        *v = tanh_gelu(*v);
                    }
                }
            }
            Activation::Relu6 => {
                for row in &mut values {
                    for v in row {
                        *v = relu6(*v);
                    }
                }
            }
        }
        for (i, values) in values.iter().enumerate().take(height) {
            each(first + i, values);
        }
    }
}

/// The sums of row `i` as real values with their bias.
#[inline(always)]
fn worth<const N: usize>(words: &[u32], i: usize, f: &Finish<'_>, values: &mut [f32; N]) {
    let (words, bias) = (&words[..N], &f.bias[..N]);
    match f.bytes {
        None => {
            for j in 0..N {
                values[j] = f32::from_bits(words[j]) + bias[j];
            }
        }
        Some((lines, steps, shifts)) => {
            let ((step, least), steps, shifts) = (lines[i], &steps[..N], &shifts[..N]);
            for j in 0..N {
                let shifted = least.mul_add(shifts[j], bias[j]);
                values[j] = (words[j] as i32 as f32 * step).mul_add(steps[j], shifted);
            }
        }
    }
}

/// Stores the first `columns` values, or adds them to what is there.
#[inline(always)]
fn place<const N: usize>(values: &[f32; N], columns: usize, add: bool, to: &mut [f32]) {
    if columns == N {
        let to = &mut to[..N];
        if add {
            for j in 0..N {
                to[j] += values[j];
            }
        } else {
            to.copy_from_slice(values);
        }
    } else {
        for (t, v) in to[..columns].iter_mut().zip(values) {
            *t = if add { *t + *v } else { *v };
        }
    }
}
