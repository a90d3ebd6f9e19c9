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

use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;
use super::operand::Operand;
use super::rows::Finish;
use super::tiles::{MOST_COLUMNS, MOST_ROWS, Sums};

/// What follows a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// The result is stored.
    Store,
    /// Its GELU is stored.
    Gelu,
    /// It is added to what is there.
    Add,
}

/// `out = after(left * matrix + bias)` for the operand's first `rows` rows; `out` has `ldo` values
/// from row to row.
pub(super) fn product(
    kernels: &Kernels,
    left: &Operand,
    rows: usize,
    matrix: &Matrix,
    after: After,
    out: &mut [f32],
    ldo: usize,
) {
    let (panel, steps) = (kernels.panel, matrix.steps);
    let bytes = matrix.precision == Precision::Int8;
    let mut sums = Sums([0; MOST_ROWS * MOST_COLUMNS]);
    for (number, words) in matrix.panels.words().chunks_exact(panel * steps).enumerate() {
        let first = number * panel;
        if first >= matrix.outputs {
            break;
        }
        let columns = panel.min(matrix.outputs - first);
        let mut finish = Finish {
            bias: &matrix.bias[first..],
            bytes: None,
            gelu: after == After::Gelu,
            add: after == After::Add,
        };
        for_tiles(rows, kernels.tile_rows, |row, height| {
            if bytes {
                finish.bytes = Some((&left.lines[row..], &matrix.unit[first..], &matrix.total[first..]));
            }
            let place = &mut out[row * ldo + first..];
            let from = &left.words()[row * left.lda..];
            let shape = [height, columns, steps];
            tile(kernels, matrix.precision, shape, from, left.lda, words, &mut sums);
            kernels.finish(&sums, height, columns, &finish, place, ldo);
        });
    }
}

/// Cuts `rows` in tiles of at most `most`, as equal as can be: `each(first row, rows)`.
#[inline]
pub(super) fn for_tiles(rows: usize, most: usize, mut each: impl FnMut(usize, usize)) {
    let tiles = rows.div_ceil(most).max(1);
    let (height, longer) = (rows / tiles, rows % tiles);
    let mut row = 0;
    for tile in 0..tiles {
        let height = height + usize::from(tile < longer);
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
    kernels: &Kernels,
    precision: Precision,
    [rows, columns, steps]: [usize; 3],
    left: &[u32],
    lda: usize,
    panel: &[u32],
    sums: &mut Sums,
) {
    assert!(rows >= 1 && rows <= kernels.tile_rows && rows <= MOST_ROWS && kernels.panel <= MOST_COLUMNS);
    assert!(left.len() >= (rows - 1) * lda + steps && panel.len() >= steps * kernels.panel);
    assert!(panel.as_ptr().addr().is_multiple_of(64));
    let to = sums.0.as_mut_ptr();
    // SAFETY: the bounds that `Tile` asks for were just checked, and kernels come from a table
    // whose instruction set the processor has.
    unsafe { (kernels.tile(precision))(rows, columns, steps, left.as_ptr(), lda, panel.as_ptr(), to) }
}
