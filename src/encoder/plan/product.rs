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

use super::tiles::{Cut, MOST_COLUMNS, MOST_ROWS, Sums};

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
    for_sums(kernels, left.into(), rows, matrix, after, |sums, tile, finish| {
        let place = &mut out[tile.row * ldo + tile.column..];
        kernels.finish(sums, tile.height, tile.columns, finish, place, ldo);
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
            for_sums(kernels, left.into(), rows, matrix, after, |sums, tile, finish| {
                let place = &mut out[tile.row * ldo + tile.column..];
                kernels.finish_halves(sums, tile.height, tile.columns, finish, place, ldo);
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

/// Where a tile lies in a product.
struct Place {
    row: usize,
    height: usize,
    column: usize,
    columns: usize,
}

/// The sums of all tiles of a product, and what becomes of them.
#[inline]
fn for_sums(
    kernels: &Kernels,
    left: Rows<'_>,
    rows: usize,
    matrix: &Matrix,
    after: After,
    mut each: impl FnMut(&mut Sums, &Place, &Finish<'_>),
) {
    let (panel, steps) = (kernels.panel, matrix.steps);
    let bytes = matrix.precision == Precision::Int8;
    let mut sums = Sums([0; MOST_ROWS * MOST_COLUMNS]);
    let tiles = kernels.tiles(matrix.precision);
    for (number, words) in matrix.panels.words().chunks_exact(panel * steps).enumerate() {
        let first = number * panel;
        if first >= matrix.outputs {
            break;
        }
        let columns = panel.min(matrix.outputs - first);
        let mut finish = Finish {
            bias: &matrix.bias[first..],
            bytes: None,
            activation: match (after, matrix.precision) {
                (After::Gelu, Precision::F32) => Activation::Gelu,
                (After::Gelu, _) => Activation::ShortGelu,
                (After::TanhGelu, _) => Activation::TanhGelu,
                (After::Relu6, _) => Activation::Relu6,
                (After::Store | After::Add, _) => Activation::None,
            },
            add: after == After::Add,
        };
        for_tiles(rows, tiles.cut, |row, height| {
            if bytes {
                finish.bytes = Some((&left.lines[row..], &matrix.unit[first..], &matrix.total[first..]));
            }
            let from = &left.words[row * left.lda..];
            tile(&tiles, [height, columns, steps], from, left.lda, words, &mut sums);
            let place = Place {
                row,
                height,
                column: first,
                columns,
            };
            each(&mut sums, &place, &finish);
        });
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
    [rows, columns, steps]: [usize; 3],
    left: &[u32],
    lda: usize,
    panel: &[u32],
    sums: &mut Sums,
) {
    let Cut {
        rows: most,
        unit,
        stripe,
    } = tiles.cut;
    assert!(rows >= 1 && rows <= most && most <= MOST_ROWS && tiles.panel <= MOST_COLUMNS);
    assert!(left.len() >= (rows.next_multiple_of(unit) - 1) * lda + steps);
    assert!(panel.len() >= steps * tiles.panel && steps.is_multiple_of(stripe));
    assert!(panel.as_ptr().addr().is_multiple_of(64));
    let to = sums.0.as_mut_ptr();
    // SAFETY: the bounds that `Tile` asks for were just checked, and tiles come from a table
    // whose instruction set the processor has, on the thread that made them ready.
    unsafe { (tiles.tile)(rows, columns, steps, left.as_ptr(), lda, panel.as_ptr(), to) }
}
