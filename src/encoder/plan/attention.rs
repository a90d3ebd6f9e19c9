//! Attention head by head: keys and values are packed as they are made, and a few queries at a
//! time meet all keys, become weights and meet all values, without leaving the nearest caches.
//! The matrix of all queries and keys never exists.
//!
//! Source: Vaswani et al. 2017 (arXiv:1706.03762). Softmax is in single precision always; the two
//! products are in single precision or in brain floats.

#![allow(
    unsafe_code,
    reason = "the cores that share an image write interleaved places of one buffer of keys and values"
)]

use super::buffer::{Buffer, Shared, as_halves_mut};
use super::finish::{Activation, Finish};
use super::isa::Precision;
use super::kernels::Kernels;
use super::math::bf16_bits;
use super::operand::spacing;
use super::product::{for_tiles, tile};
use super::tiles::{MOST_COLUMNS, MOST_ROWS, NO_SUMS};
use std::ops::Range;

/// The shape of one image's attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heads {
    /// Number of heads.
    pub count: usize,
    /// Width of a head.
    pub width: usize,
    /// Number of tokens of an image.
    pub tokens: usize,
    /// In what the products are computed: single precision or brain floats.
    pub precision: Precision,
    /// Whether a token sees only itself and those before it.
    pub causal: bool,
    /// Columns of a panel.
    panel: usize,
    /// Words along a head's width and along the tokens, what fills them up counted.
    steps: [usize; 2],
}

/// Keys and values of one image, packed: for each head panels of neighbouring tokens' keys, and
/// panels of neighbouring columns of the values.
#[derive(Default)]
pub(super) struct KeysValues {
    keys: Buffer,
    values: Buffer,
}

/// The same, to be written by several cores.
#[derive(Clone, Copy)]
pub(super) struct SharedKeysValues {
    keys: Shared,
    values: Shared,
}

/// One core's memory for [`attend`].
#[derive(Default)]
pub(super) struct Weights {
    scores: Buffer,
    queries: Buffer,
    halves: Buffer,
}

impl Heads {
    /// `precision` of the layers around; bytes are too coarse for scores, so that brain floats
    /// stand in where the processor has them.
    pub fn new(
        kernels: &Kernels,
        precision: Precision,
        [count, width, tokens]: [usize; 3],
        causal: bool,
    ) -> Self {
        let precision = match precision {
            Precision::Int8 if kernels.has(Precision::Bf16) => Precision::Bf16,
            Precision::Int8 => Precision::F32,
            other => other,
        };
        Self {
            count,
            width,
            tokens,
            precision,
            causal,
            panel: kernels.panel,
            steps: [width, tokens].map(|len| kernels.steps(precision, len)),
        }
    }

    /// Words of a panel of keys, panels of keys, words of a panel of values, panels of values.
    fn sizes(&self) -> [usize; 4] {
        [
            self.steps[0] * self.panel,
            self.tokens.div_ceil(self.panel),
            self.steps[1] * self.panel,
            self.width.div_ceil(self.panel),
        ]
    }
}

impl KeysValues {
    /// Room for one image. What fills up panels is zero or left from a call of the same shape.
    pub fn share(&mut self, heads: &Heads) -> SharedKeysValues {
        let [key, keys, value, values] = heads.sizes();
        self.keys.grow(heads.count * key * keys);
        self.values.grow(heads.count * value * values);
        SharedKeysValues {
            keys: self.keys.shared(),
            values: self.values.shared(),
        }
    }
}

/// Packs the keys and values of some tokens: `rows` holds queries, keys and values side by side,
/// `ld` values from token to token, the first being token `first` of the image.
///
/// # Safety
/// `to` is alive and was made for `heads`; no other core reads it or writes these tokens meanwhile.
pub(super) unsafe fn deal(
    heads: &Heads,
    to: SharedKeysValues,
    rows: &[f32],
    ld: usize,
    tokens: Range<usize>,
) {
    let (panel, width, all) = (heads.panel, heads.width, heads.count * heads.width);
    let [key, keys, value, values] = heads.sizes();
    for head in 0..heads.count {
        // A head's tokens one after the other: the lines of its panel stay at hand.
        for (row, t) in rows.chunks(ld).zip(tokens.clone()) {
            let from_keys = &row[all + head * width..][..width];
            let from_values = &row[2 * all + head * width..][..width];
            let key_at = head * key * keys + t / panel * key + t % panel;
            let value_at = head * value * values;
            // SAFETY: the caller's promise; the places are this token's own (halves of words for brain
            // floats, of values with another token's, and halves are written by themselves).
            unsafe {
                if heads.precision == Precision::F32 {
                    for (p, v) in from_keys.iter().enumerate() {
                        to.keys.set(key_at + p * panel, v.to_bits());
                    }
                    for (number, part) in from_values.chunks(panel).enumerate() {
                        let place = to
                            .values
                            .floats_mut(value_at + number * value + t * panel, part.len());
                        place.copy_from_slice(part);
                    }
                } else {
                    for (p, v) in from_keys.iter().enumerate() {
                        to.keys
                            .set_half((key_at + p / 2 * panel) * 2 + p % 2, bf16_bits(*v));
                    }
                    for (number, part) in from_values.chunks(panel).enumerate() {
                        let start = (value_at + number * value + t / 2 * panel) * 2 + t % 2;
                        for (lane, v) in part.iter().enumerate() {
                            to.values.set_half(start + 2 * lane, bf16_bits(*v));
                        }
                    }
                }
            }
        }
    }
}

/// Attention of the queries in `rows` (`ld` values from row to row, the first `heads` columns of
/// which are the queries of `queries`) to the tokens that they see, in place: mixed values replace queries.
///
/// # Safety
/// `from` is alive, was made for `heads`, holds all tokens, and nobody writes it meanwhile.
pub(super) unsafe fn attend(
    kernels: &Kernels,
    heads: &Heads,
    from: SharedKeysValues,
    rows: &mut [f32],
    ld: usize,
    queries: Range<usize>,
    memory: &mut Weights,
) {
    let (panel, width) = (heads.panel, heads.width);
    let [key, keys, value, values] = heads.sizes();
    // SAFETY: the caller's promise.
    let (all_keys, all_values) = unsafe {
        (
            from.keys.words(0, heads.count * key * keys),
            from.values.words(0, heads.count * value * values),
        )
    };
    let factor = std::f32::consts::LOG2_E / (width as f32).sqrt();
    let lds = spacing(keys * panel);
    let ldh = spacing(heads.steps[0].max(heads.steps[1]));
    memory.scores.grow(MOST_ROWS * lds);
    memory.queries.grow(MOST_ROWS * ldh);
    memory.halves.grow(MOST_ROWS * ldh);
    let zeros = [0.0f32; MOST_COLUMNS];
    let plain = Finish {
        bias: &zeros,
        bytes: None,
        activation: Activation::None,
        add: false,
    };
    let mut sums = NO_SUMS;
    let tiles = kernels.tiles(heads.precision);
    for head in 0..heads.count {
        let keys = &all_keys[head * key * keys..(head + 1) * key * keys];
        let values = &all_values[head * value * values..(head + 1) * value * values];
        for_tiles(queries.len(), tiles.cut, |row, height| {
            let at = row * ld + head * width;
            // How many tokens the tile's first query sees, and how many its last.
            let (seen, tokens) = match heads.causal {
                true => (queries.start + row + 1, queries.start + row + height),
                false => (heads.tokens, heads.tokens),
            };
            let steps = kernels.steps(heads.precision, tokens);
            let brain = heads.precision == Precision::Bf16;
            if brain {
                let to = as_halves_mut(memory.queries.words_mut());
                for i in 0..height {
                    let to = &mut to[2 * i * ldh..][..2 * heads.steps[0]];
                    to[width..].fill(0);
                    kernels.to_bf16(&rows[at + i * ld..][..width], &mut to[..width]);
                }
            }
            let (left, ldq) = match brain {
                true => (memory.queries.words(), ldh),
                false => (super::buffer::as_words(&rows[at..]), ld),
            };
            let scores = memory.scores.floats_mut();
            for (number, words) in keys.chunks_exact(key).take(tokens.div_ceil(panel)).enumerate() {
                let columns = panel.min(tokens - number * panel);
                let shape = [height, columns, heads.steps[0]];
                tile(&tiles, shape, left, ldq, words, &mut sums);
                let to = &mut scores[number * panel..];
                kernels.finish(&mut sums, height, columns, &plain, to, lds);
            }
            let mut parts = [0.0f32; MOST_ROWS];
            for i in 0..height {
                let row = &mut scores[i * lds..][..tokens];
                let (row_seen, unseen) = row.split_at_mut((seen + i).min(tokens));
                parts[i] = 1.0 / kernels.softmax(row_seen, factor);
                unseen.fill(0.0);
                if brain {
                    let to = &mut as_halves_mut(memory.halves.words_mut())[2 * i * ldh..];
                    to[tokens..2 * steps].fill(0);
                    kernels.to_bf16(row, &mut to[..tokens]);
                }
            }
            let (weights, ldw) = match brain {
                true => (memory.halves.words(), ldh),
                false => (memory.scores.words(), lds),
            };
            for (number, words) in values.chunks_exact(value).enumerate() {
                let columns = panel.min(width - number * panel);
                let shape = [height, columns, steps];
                tile(&tiles, shape, weights, ldw, words, &mut sums);
                let to = &mut rows[at + number * panel..];
                kernels.finish(&mut sums, height, columns, &plain, to, ld);
            }
            for i in 0..height {
                rows[at + i * ld..][..width]
                    .iter_mut()
                    .for_each(|v| *v *= parts[i]);
            }
        });
    }
}
