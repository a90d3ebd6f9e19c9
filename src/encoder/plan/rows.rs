//! What happens to rows of floats between the products: norms, softmax, gates, and the conversion
//! to fewer bits. Every function is compiled once an instruction set (see `kernels`), which is
//! why they are always inlined and free of branches inside their loops.

#![allow(
    unsafe_code,
    reason = "brain floats and bytes are made by instructions that not every processor has"
)]

use super::buffer::as_bytes_mut;
use super::bytes::Bytes;
use super::halves::Halves;
use super::math::{bf16_bits, exp2, silu};

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
    let ((pieces, rest), (to, last)) = (x.as_chunks(), out[..x.len()].as_chunks_mut());
    for (to, piece) in to.iter_mut().zip(pieces) {
        // SAFETY: this is compiled for, and called on, processors that have the instructions of `H`.
        *to = unsafe { H::of(piece) };
    }
    for (to, v) in last.iter_mut().zip(rest) {
        *to = bf16_bits(*v);
    }
}

/// As many rows as `lines`, each `len` values of `from` every `stride`, as bytes into `words`, a row every `lda`.
#[inline(always)]
pub(super) fn to_bytes<B: Bytes>(
    from: &[f32],
    [stride, len]: [usize; 2],
    words: &mut [u32],
    lda: usize,
    lines: &mut [(f32, f32)],
) {
    // In one call: rows may be so short that a call takes as long as they do.
    for (i, (words, line)) in words.chunks_exact_mut(lda).zip(lines).enumerate() {
        *line = row_to_bytes::<B>(&from[i * stride..][..len], &mut as_bytes_mut(words)[..len]);
    }
}

/// Bytes q with `x ≈ least + q * step`; returns `(step, least)`.
#[inline(always)]
fn row_to_bytes<B: Bytes>(x: &[f32], out: &mut [u8]) -> (f32, f32) {
    // SAFETY: this is compiled for, and called on, processors that have the instructions of `B`.
    let (least, most) = unsafe { B::range(x) };
    let step = (most - least) / 255.0;
    let inverse = if step > 0.0 { 1.0 / step } else { 0.0 };
    // SAFETY: as above.
    unsafe { B::places(x, least, inverse, out) };
    (step, least)
}
