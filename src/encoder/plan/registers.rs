//! What sums become register by register, whether they were in memory or never left their tile's registers.

#![allow(
    unsafe_code,
    reason = "vector instructions, and reads and writes at places that callers have checked"
)]

use super::finish::{Activation, Finish};
use super::vector::Vector;

/// A register of the sums in `row`, from `column` on, as real values with their bias.
///
/// # Safety
/// The processor has the instructions of `V`; row and columns have what `f` says of them.
#[inline(always)]
pub(super) unsafe fn worth<V: Vector>(sums: V, row: usize, column: usize, f: &Finish<'_>) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let bias = V::load(f.bias.as_ptr().add(column));
        match f.bytes {
            None => sums.sum(bias),
            Some((lines, units, totals)) => {
                let (step, least) = *lines.get_unchecked(row);
                let shifted = bias.plus(V::all(least), V::load(totals.as_ptr().add(column)));
                let sums = sums.numbers().times(V::all(step));
                shifted.plus(sums, V::load(units.as_ptr().add(column)))
            }
        }
    }
}

/// Finishes a tile whose sums, `R` rows of `W` registers, were never in memory.
///
/// # Safety
/// The processor has the instructions of `V`; `f` has what it says of `R` rows and `W` registers of columns, and an
/// activation that [is short](Activation::is_short); `out` has room for `columns` values, at most
/// `W` registers, at each of `R` rows, `ldo` values from row to row.
#[inline(always)]
pub(super) unsafe fn finish_registers<V: Vector, const R: usize, const W: usize>(
    sums: &[[V; W]; R],
    columns: usize,
    f: &Finish<'_>,
    out: *mut f32,
    ldo: usize,
) {
    let (relu6, whole) = (f.activation == Activation::Relu6, W * V::LANES);
    // SAFETY: the caller's promise.
    unsafe {
        // Those of whole tiles are spelt out, so that no register asks again what all of them do.
        match (relu6, f.add) {
            (true, false) if columns == whole => end_all(sums, whole, f, (true, false), out, ldo),
            (false, true) if columns == whole => end_all(sums, whole, f, (false, true), out, ldo),
            (false, false) if columns == whole => end_all(sums, whole, f, (false, false), out, ldo),
            how => end_all(sums, columns, f, how, out, ldo),
        }
    }
}

/// [`end`] for all registers of a tile.
///
/// # Safety
/// As [`finish_registers`].
#[inline(always)]
unsafe fn end_all<V: Vector, const R: usize, const W: usize>(
    sums: &[[V; W]; R],
    columns: usize,
    f: &Finish<'_>,
    how: (bool, bool),
    out: *mut f32,
    ldo: usize,
) {
    // Spelt out: a register has no number that is known only when it runs.
    macro_rules! rows {
        ($($row:literal)*) => { $( if $row < R {
            // May lie behind the last row's end, where nothing is left of it.
            let to = out.wrapping_add($row * ldo);
            // SAFETY: the caller's promise.
            unsafe {
                end(sums[$row][0], [$row, 0], f, how, to, V::LANES.min(columns));
                if W > 1 {
                    let count = V::LANES.min(columns.saturating_sub(V::LANES));
                    end(sums[$row][1], [$row, V::LANES], f, how, to.wrapping_add(V::LANES), count);
                }
            }
        } )* };
    }
    const { assert!(R <= 14 && W <= 2) };
    rows!(0 1 2 3 4 5 6 7 8 9 10 11 12 13);
}

/// A register of sums at a row and column of its tile, its first `count` values on to `to`: held between 0 and 6
/// if `relu6`, and added to what is there if `add`.
///
/// # Safety
/// As [`worth`]; `to` has room.
#[inline(always)]
pub(super) unsafe fn end<V: Vector>(
    sums: V,
    [row, column]: [usize; 2],
    f: &Finish<'_>,
    (relu6, add): (bool, bool),
    to: *mut f32,
    count: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut values = worth(sums, row, column, f);
        if relu6 {
            values = values.held(0.0, 6.0);
        }
        if count == V::LANES {
            if add {
                values = V::load(to).sum(values);
            }
            values.store(to);
        } else {
            if add {
                values = V::load_some(to, count).sum(values);
            }
            values.store_some(to, count);
        }
    }
}
