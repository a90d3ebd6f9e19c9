//! Matrix products: rows of activations times a packed layer, tile by tile.
//!
//! The order is panel by panel: a panel (some tens of kilobytes) is fetched once and meets all
//! rows, which are few enough to stay in the second-level cache. An output's sum always runs along
//! the inner dimension in the same order, whatever the tile and whoever's the lane, so that vectors
//! don't depend on the batch that an image comes in.

#![allow(
    unsafe_code,
    reason = "tiles are called with pointers, checked here to be in bounds"
)]

use super::buffer::Buffer;
use super::finish::{Activation, Finish};
use super::isa::Precision;
use super::kernels::{Kernels, Tiles};
use super::matrix::Matrix;
use super::operand::{Operand, Rows, spacing};

use super::tiles::{Cut, MOST_COLUMNS, MOST_ROWS, NO_SUMS, Sums, Through};

/// What follows a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// The result is stored.
    Store,
    /// Its GELU is stored.
    Gelu,
    /// Its GELU by a tanh is stored.
    TanhGelu,
    /// It is stored, held between 0 and 6.
    Relu6,
    /// It is added to what is there.
    Add,
}

/// `out = after(left * matrix + bias)` for the first `rows` rows; `out` has `ldo` values
/// from row to row.
pub(super) fn product<'a>(
    kernels: &Kernels,
    left: impl Into<Rows<'a>>,
    rows: usize,
    matrix: &Matrix,
    after: After,
    out: &mut [f32],
    ldo: usize,
) {
    let mut sums = None;
    for_panels(kernels, left.into(), rows, matrix, |tiles, panel| {
        let finish = panel.finish(after);
        match tiles.through {
            Some(through) if finish.activation.is_short() => panel.through(tiles, through, finish, out, ldo),
            _ => {
                let sums = sums.get_or_insert(NO_SUMS);
                panel.each(tiles, sums, finish, |sums, row, height, finish| {
                    let place = &mut out[row * ldo + panel.column..];
                    kernels.finish(sums, height, panel.columns, finish, place, ldo);
                });
            }
        }
    });
}

/// `out = after(left * matrix + bias)` as what a next layer in `precision` reads. `hidden` is memory on the
/// way there, where one is needed.
pub(super) fn product_operand<'a>(
    kernels: &Kernels,
    left: impl Into<Rows<'a>>,
    rows: usize,
    matrix: &Matrix,
    after: After,
    (out, precision): (&mut Operand, Precision),
    hidden: &mut Buffer,
) {
    let wide = matrix.outputs;
    match precision {
        Precision::F32 => {
            out.reserve(kernels, precision, rows, wide);
            let ldo = out.lda;
            product(kernels, left, rows, matrix, after, out.floats_mut(), ldo);
        }
        Precision::Bf16 => {
            let (out, ldo) = out.halves(kernels, rows, wide);
            let mut sums = NO_SUMS;
            for_panels(kernels, left.into(), rows, matrix, |tiles, panel| {
                let finish = panel.finish(after);
                panel.each(tiles, &mut sums, finish, |sums, row, height, finish| {
                    let place = &mut out[row * ldo + panel.column..];
                    kernels.finish_halves(sums, height, panel.columns, finish, place, ldo);
                });
            });
        }
        // A row's bytes are scaled by all of it.
        Precision::Int8 => {
            let ldo = spacing(wide);
            hidden.grow(rows * ldo);
            product(kernels, left, rows, matrix, after, hidden.floats_mut(), ldo);
            out.copy(kernels, precision, rows, wide, hidden.floats(), ldo);
        }
    }
}

/// The part of a product that is one panel's.
struct Panel<'a> {
    left: Rows<'a>,
    rows: usize,
    matrix: &'a Matrix,
    /// Its first column, and how many it has.
    column: usize,
    columns: usize,
    words: &'a [u32],
}

impl<'a> Panel<'a> {
    /// How tiles from the first row on end.
    fn finish(&self, after: After) -> Finish<'a> {
        let matrix = self.matrix;
        Finish {
            bias: &matrix.bias[self.column..],
            bytes: (matrix.precision == Precision::Int8).then(|| {
                let (unit, total) = (&matrix.unit[self.column..], &matrix.total[self.column..]);
                (self.left.lines, unit, total)
            }),
            activation: match (after, matrix.precision) {
                (After::Gelu, Precision::F32) => Activation::Gelu,
                (After::Gelu, _) => Activation::ShortGelu,
                (After::TanhGelu, _) => Activation::TanhGelu,
                (After::Relu6, _) => Activation::Relu6,
                (After::Store | After::Add, _) => Activation::None,
            },
            add: after == After::Add,
        }
    }

    /// The sums of all its tiles: `each(sums, first row, rows, how they end)`.
    #[inline]
    fn each(
        &self,
        tiles: &Tiles,
        sums: &mut Sums,
        finish: Finish<'_>,
        mut each: impl FnMut(&mut Sums, usize, usize, &Finish<'_>),
    ) {
        let (lda, steps) = (self.left.lda, self.matrix.steps);
        for_tiles(self.rows, tiles.cut, |row, height| {
            let (shape, from) = ([height, self.columns, steps], &self.left.words[row * lda..]);
            tile(tiles, shape, from, lda, self.words, sums);
            each(sums, row, height, &finish.starting_at(row));
        });
    }

    /// All its tiles into `out`, where all columns of the product lie, by `through`, which is one of `tiles`; what
    /// follows [is short](Activation::is_short).
    fn through(&self, tiles: &Tiles, through: Through, finish: Finish<'_>, out: &mut [f32], ldo: usize) {
        let (rows, lda, [columns, steps]) = (self.rows, self.left.lda, [self.columns, self.matrix.steps]);
        if rows == 0 {
            return;
        }
        // Once for all tiles: where sums are short, it would take as long as they do.
        check(tiles, [rows, steps], self.left.words, lda, self.words);
        finish.check(rows, tiles.panel);
        let last = (rows - 1) * ldo + self.column + columns;
        assert!(tiles.cut.rows <= MOST_ROWS && columns <= tiles.panel && columns <= ldo && out.len() >= last);
        let (left, panel, to) = (self.left.words.as_ptr(), self.words.as_ptr(), out.as_mut_ptr());
        for_tiles(rows, tiles.cut, |row, height| {
            let (shape, finish) = ([height, columns, steps], finish.starting_at(row));
            // SAFETY: the bounds that `Through` asks for were just checked, and tiles come from a table
            // whose instruction set the processor has, on the thread that made them ready.
            unsafe {
                let to = to.add(row * ldo + self.column);
                through(shape, left.add(row * lda), lda, panel, &finish, (to, ldo));
            }
        });
    }
}

/// All panels of a product.
#[inline]
fn for_panels(
    kernels: &Kernels,
    left: Rows<'_>,
    rows: usize,
    matrix: &Matrix,
    mut each: impl FnMut(&Tiles, &Panel<'_>),
) {
    let tiles = kernels.tiles(matrix.precision);
    let all = matrix.panels.words().chunks_exact(kernels.panel * matrix.steps);
    for (column, words) in (0..matrix.outputs).step_by(kernels.panel).zip(all) {
        let columns = kernels.panel.min(matrix.outputs - column);
        let panel = Panel {
            left,
            rows,
            matrix,
            column,
            columns,
            words,
        };
        each(&tiles, &panel);
    }
}

/// Cuts `rows` in tiles of at most `cut.rows`, as equal as whole units can be: `each(first row,
/// rows)`.
#[inline]
pub(super) fn for_tiles(rows: usize, cut: Cut, mut each: impl FnMut(usize, usize)) {
    let units = rows.div_ceil(cut.unit);
    let tiles = units.div_ceil(cut.rows / cut.unit).max(1);
    let (height, longer) = (units / tiles, units % tiles);
    let mut row = 0;
    for tile in 0..tiles {
        let height = ((height + usize::from(tile < longer)) * cut.unit).min(rows - row);
        if height > 0 {
            each(row, height);
        }
        row += height;
    }
}

/// One tile: the sums of `rows` rows of `left` with `columns` columns of `panel` over `steps`
/// words. `panel` begins on a cache line, as all panels in a `Buffer` do.
#[inline]
pub(super) fn tile(
    tiles: &Tiles,
    shape: [usize; 3],
    left: &[u32],
    lda: usize,
    panel: &[u32],
    sums: &mut Sums,
) {
    let [rows, columns, steps] = shape;
    assert!(rows <= tiles.cut.rows && tiles.cut.rows <= MOST_ROWS);
    check(tiles, [rows, steps], left, lda, panel);
    let to = sums.0.as_mut_ptr();
    // SAFETY: the bounds that `Tile` asks for were just checked, and tiles come from a table
    // whose instruction set the processor has, on the thread that made them ready.
    unsafe { (tiles.tile)(rows, columns, steps, left.as_ptr(), lda, panel.as_ptr(), to) }
}

/// Whether all is there that tiles of as many rows read.
#[inline]
fn check(tiles: &Tiles, [rows, steps]: [usize; 2], left: &[u32], lda: usize, panel: &[u32]) {
    let Cut { unit, stripe, .. } = tiles.cut;
    assert!(rows >= 1 && tiles.panel <= MOST_COLUMNS);
    assert!(left.len() >= (rows.next_multiple_of(unit) - 1) * lda + steps);
    assert!(panel.len() >= steps * tiles.panel && steps.is_multiple_of(stripe));
    assert!(panel.as_ptr().addr().is_multiple_of(64));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::plan::isa::Isa;

    /// Products of every shape of tile, against their definition, and the same to the bit whether or not sums are
    /// in memory before they are finished.
    #[test]
    fn products_are_the_definition_and_touch_nothing_else() {
        let value = |i: usize| ((i * 7919 + 13) % 251) as f32 / 100.0 - 1.2;
        for kernels in Isa::available().into_iter().filter_map(Kernels::of) {
            let by_memory = kernels.by_memory();
            for precision in kernels.isa.precisions() {
                for (rows, inputs, outputs) in (1..=30).flat_map(|rows| {
                    [
                        (rows, 1 + rows * 5 % 23, 1 + rows * 11 % 70),
                        (rows, 16, 32),
                        (rows, 24, 16),
                    ]
                }) {
                    let (lda, ldo) = (inputs + 3, outputs + rows % 4);
                    let from: Vec<f32> = (0..rows * lda).map(value).collect();
                    let weight: Vec<f32> = (0..inputs * outputs).map(|i| value(i * 3 + 5)).collect();
                    let bias: Vec<f32> = (0..outputs).map(|j| value(j + 77)).collect();
                    let matrix = Matrix::pack(kernels, precision, [inputs, outputs], &weight, &bias);
                    let mut operand = Operand::default();
                    operand.copy(kernels, precision, rows, inputs, &from, lda);
                    for after in [After::Store, After::Relu6, After::Add] {
                        let mut out = vec![0.25f32; rows * ldo];
                        let mut same = out.clone();
                        product(kernels, &operand, rows, &matrix, after, &mut out, ldo);
                        product(&by_memory, &operand, rows, &matrix, after, &mut same, ldo);
                        assert_eq!(
                            out,
                            same,
                            "{} {precision:?} {rows} {outputs} {after:?}",
                            kernels.isa.name()
                        );
                        for (place, got) in out.iter().enumerate() {
                            let (i, j) = (place / ldo, place % ldo);
                            let mut want = 0.25;
                            if j < outputs {
                                let sum: f64 = (0..inputs)
                                    .map(|p| {
                                        f64::from(from[i * lda + p]) * f64::from(weight[p * outputs + j])
                                    })
                                    .sum();
                                want = match after {
                                    After::Relu6 => (sum + f64::from(bias[j])).clamp(0.0, 6.0),
                                    After::Add => 0.25 + sum + f64::from(bias[j]),
                                    _ => sum + f64::from(bias[j]),
                                };
                            }
                            // What rounding each factor costs, which adds up as chance does.
                            let most =
                                [1e-5, 0.01, 0.02][precision as usize] * (inputs as f64).sqrt().max(2.0);
                            let off = (f64::from(*got) - want).abs();
                            assert!(
                                off < most,
                                "{precision:?}: {rows}x{inputs}x{outputs} {after:?}: {got}, not {want}"
                            );
                        }
                    }
                }
            }
        }
    }
}
