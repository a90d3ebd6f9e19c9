//! Tiles of 6 rows and 16 columns in 24 of the 32 registers of NEON. Compiled and checked for
//! ARM; not measured there.

#![allow(
    unsafe_code,
    reason = "vector instructions and reads at computed places, promised in bounds by `Tile`"
)]

use std::arch::aarch64::*;

/// Columns of a panel.
pub const COLUMNS: usize = 16;
/// Rows of a tile.
pub const ROWS: usize = 6;

#[target_feature(enable = "neon")]
unsafe fn inner<const R: usize>(
    steps: usize,
    left: *const u32,
    lda: usize,
    panel: *const u32,
    sums: *mut u32,
) {
    // SAFETY: every place lies in the bounds that `Tile` asks for.
    unsafe {
        let mut sum = [[vdupq_n_f32(0.0); 4]; R];
        let mut rows = [left.cast::<f32>(); R];
        for i in 0..R {
            rows[i] = left.add(i.wrapping_mul(lda)).cast();
        }
        let mut at = panel.cast::<f32>();
        for s in 0..steps {
            let mut columns = [vdupq_n_f32(0.0); 4];
            for v in 0..4 {
                columns[v] = vld1q_f32(at.add(4 * v));
            }
            for i in 0..R {
                let value = rows[i].add(s).read();
                for v in 0..4 {
                    sum[i][v] = vfmaq_n_f32(sum[i][v], columns[v], value);
                }
            }
            at = at.add(COLUMNS);
        }
        for i in 0..R {
            for v in 0..4 {
                vst1q_f32(sums.add(i * COLUMNS + 4 * v).cast(), sum[i][v]);
            }
        }
    }
}

/// A tile in single precision; see `Tile`.
pub unsafe fn tile_f32(
    rows: usize,
    _columns: usize,
    steps: usize,
    left: *const u32,
    lda: usize,
    panel: *const u32,
    sums: *mut u32,
) {
    // SAFETY: passed on as promised to `Tile`.
    unsafe {
        match rows {
            6 => inner::<6>(steps, left, lda, panel, sums),
            5 => inner::<5>(steps, left, lda, panel, sums),
            4 => inner::<4>(steps, left, lda, panel, sums),
            3 => inner::<3>(steps, left, lda, panel, sums),
            2 => inner::<2>(steps, left, lda, panel, sums),
            _ => inner::<1>(steps, left, lda, panel, sums),
        }
    }
}
