//! The innermost loops: a small tile of a product, kept whole in registers.
//!
//! All number formats look alike from outside: the inner dimension goes in steps of one 32-bit
//! word, which holds one float, two brain floats or four bytes. A tile takes `rows` rows of a
//! row-major left side, `lda` words from row to row, and one panel of packed weights,
//! `[steps][PANEL]` words, and writes sums to `[rows][PANEL]` words (floats, or 32-bit
//! integers where the format is bytes). What happens to the sums afterwards is not its business.

#[cfg(target_arch = "x86_64")]
pub(super) mod amx;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(super) mod neon;

use super::finish::Finish;

/// Most columns of a panel, in any instruction set.
pub(super) const MOST_COLUMNS: usize = 32;
/// Most rows of a tile, in any instruction set.
pub(super) const MOST_ROWS: usize = 32;
/// Room for the sums of one tile.
#[repr(C, align(64))]
pub(super) struct Sums(pub [u32; MOST_ROWS * MOST_COLUMNS]);
/// Before the first tile.
pub(super) const NO_SUMS: Sums = Sums([0; MOST_ROWS * MOST_COLUMNS]);

/// How a format's tiles are cut: the most rows, in what multiples, and in what multiples words are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Most rows.
    pub rows: usize,
    /// Tiles shorter than a multiple of this cost as much as one that is, and read as many rows.
    pub unit: usize,
    /// Words along the inner dimension come in multiples of this, filled up with zeros.
    pub stripe: usize,
}

/// Computes a tile: `(rows, columns, steps, left, lda, panel, sums)`. `columns` are those that are
/// wanted; the rest of `sums` may stay as it was.
///
/// # Safety
/// The processor has the instruction set; `rows` is 1 to the set's height, `columns` 1 to its
/// panel; `left` has `steps` words at each of `rows` rows; `panel` has `steps` times the panel's
/// width, and so has `sums` `rows` times.
pub(super) type Tile = unsafe fn(usize, usize, usize, *const u32, usize, *const u32, *mut u32);

/// Computes a tile and finishes it before its sums leave their registers: `([rows, columns, steps], left, lda,
/// panel, finish, (out, ldo))`.
///
/// # Safety
/// As for [`Tile`], but that nothing is written to `sums`; `finish` has an activation that is short, and what it says
/// of as many rows and of a whole panel's columns; `out` has room for `columns` values at each of `rows` rows, `ldo`
/// values from row to row.
pub(super) type Through =
    unsafe fn([usize; 3], *const u32, usize, *const u32, &Finish<'_>, (*mut f32, usize));
