//! The left side of a product: rows of activations in the number format of the weights that they
//! meet, spaced so that the rows of a tile don't compete for the same places in the cache.

use super::buffer::{Buffer, as_floats_mut, as_halves_mut, as_words};
use super::isa::Precision;
use super::kernels::Kernels;
use std::ops::Range;

/// Rows ready to be multiplied.
#[derive(Default)]
pub(super) struct Operand {
    words: Buffer,
    /// Words from row to row.
    pub lda: usize,
    /// For bytes: `(step, least)` a row, see `rows::to_bytes`.
    pub lines: Vec<(f32, f32)>,
    /// One row in single precision, before it is converted.
    row: Vec<f32>,
}

/// Rows as a product reads them.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub words: &'a [u32],
    /// Words from row to row.
    pub lda: usize,
    /// As in [`Operand`].
    pub lines: &'a [(f32, f32)],
}

impl<'a> Rows<'a> {
    /// Rows in single precision where they lie, one every `lda` values.
    pub fn of(floats: &'a [f32], lda: usize) -> Self {
        Self {
            words: as_words(floats),
            lda,
            lines: &[],
        }
    }
}

impl<'a> From<&'a Operand> for Rows<'a> {
    fn from(operand: &'a Operand) -> Self {
        Self {
            words: operand.words.words(),
            lda: operand.lda,
            lines: &operand.lines,
        }
    }
}

/// Words from row to row: whole cache lines, an odd number of them.
pub(super) fn spacing(words: usize) -> usize {
    (words.div_ceil(16) | 1) * 16
}

impl Operand {
    /// `rows` rows of `len` values, row `i` written by `write(i, row)`.
    pub fn fill(
        &mut self,
        kernels: &Kernels,
        precision: Precision,
        rows: usize,
        len: usize,
        mut write: impl FnMut(usize, &mut [f32]),
    ) {
        self.reserve(kernels, precision, rows, len);
        if precision == Precision::F32 {
            for (i, row) in self
                .words
                .floats_mut()
                .chunks_exact_mut(self.lda)
                .take(rows)
                .enumerate()
            {
                write(i, &mut row[..len]);
            }
            return;
        }
        let mut row = std::mem::take(&mut self.row);
        row.resize(len, 0.0);
        for i in 0..rows {
            write(i, &mut row);
            self.convert(kernels, precision, i..i + 1, &row, [len, len]);
        }
        self.row = row;
    }

    /// `rows` rows out of `from`, one every `stride` values.
    pub fn copy(
        &mut self,
        kernels: &Kernels,
        precision: Precision,
        rows: usize,
        len: usize,
        from: &[f32],
        stride: usize,
    ) {
        if precision == Precision::F32 {
            return self.fill(kernels, precision, rows, len, |i, row| {
                row.copy_from_slice(&from[i * stride..i * stride + len]);
            });
        }
        self.reserve(kernels, precision, rows, len);
        self.convert(kernels, precision, 0..rows, from, [stride, len]);
    }

    /// Makes some rows brain floats or bytes: `len` values of `from` every `stride`.
    fn convert(
        &mut self,
        kernels: &Kernels,
        precision: Precision,
        rows: Range<usize>,
        from: &[f32],
        [stride, len]: [usize; 2],
    ) {
        let (lda, filling) = (self.lda, kernels.filling(precision, len));
        let words = &mut self.words.words_mut()[rows.start * lda..rows.end * lda];
        if !filling.is_empty() {
            // It is multiplied with zeros, but must be a number.
            for row in words.chunks_exact_mut(lda) {
                row[filling.clone()].fill(0);
            }
        }
        match precision {
            Precision::Int8 => kernels.to_bytes(from, [stride, len], words, lda, &mut self.lines[rows]),
            _ => {
                for (i, words) in words.chunks_exact_mut(lda).enumerate() {
                    let row = &from[i * stride..][..len];
                    kernels.to_bf16(row, &mut as_halves_mut(words)[..len]);
                }
            }
        }
    }

    /// `rows` rows out of `from`, one every `stride` values, in the format that `precision` multiplies: where they
    /// lie if that is single precision, else copied here.
    pub fn view<'a>(
        &'a mut self,
        kernels: &Kernels,
        precision: Precision,
        [rows, len]: [usize; 2],
        from: &'a [f32],
        stride: usize,
    ) -> Rows<'a> {
        if precision == Precision::F32 {
            return Rows::of(from, stride);
        }
        self.copy(kernels, precision, rows, len, from, stride);
        Rows::from(&*self)
    }

    /// Room for `rows` rows of `len` values.
    pub fn reserve(&mut self, kernels: &Kernels, precision: Precision, rows: usize, len: usize) {
        self.lda = spacing(kernels.steps(precision, len).max(1));
        self.words
            .grow(rows.next_multiple_of(kernels.cut(precision).unit) * self.lda);
        if precision == Precision::Int8 {
            self.lines.resize(rows.max(self.lines.len()), (0.0, 0.0));
        }
    }

    /// Room for `rows` rows of `len` brain floats, to be written by a product, and halves from row to row. What
    /// fills up the words is zero.
    pub fn halves(&mut self, kernels: &Kernels, rows: usize, len: usize) -> (&mut [u16], usize) {
        let precision = Precision::Bf16;
        self.reserve(kernels, precision, rows, len);
        let (filling, lda) = (kernels.filling(precision, len), self.lda);
        let words = self.words.words_mut();
        for row in words.chunks_exact_mut(lda).take(rows) {
            row[filling.clone()].fill(0);
        }
        (as_halves_mut(words), 2 * lda)
    }

    /// Rows in single precision, to be written by a product.
    pub fn floats_mut(&mut self) -> &mut [f32] {
        as_floats_mut(self.words.words_mut())
    }
}
