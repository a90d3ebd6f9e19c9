//! Tiles of 6 rows and 16 columns in 12 of the 16 registers of AVX2.

#![allow(
    unsafe_code,
    reason = "vector instructions and reads at computed places, promised in bounds by `Tile`"
)]

use std::arch::x86_64::*;

/// Columns of a panel.
pub const COLUMNS: usize = 16;
/// Rows of a tile.
pub const ROWS: usize = 6;

#[target_feature(enable = "avx2,fma")]
unsafe fn inner<const R: usize>(
    steps: usize,
    left: *const u32,
    lda: usize,
    panel: *const u32,
    sums: *mut u32,
) {
    // SAFETY: every place lies in the bounds that `Tile` asks for; prefetching may name any.
    unsafe {
        let mut sum = [[_mm256_setzero_ps(); 2]; R];
        let mut rows = [left; R];
        for i in 0..R {
            rows[i] = left.add(i.wrapping_mul(lda));
        }
        let mut at = panel.cast::<f32>();
        for s in 0..steps {
            let columns = [_mm256_load_ps(at), _mm256_load_ps(at.add(8))];
            _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(16 * COLUMNS).cast());
            for i in 0..R {
                let value = _mm256_broadcast_ss(&*rows[i].add(s).cast::<f32>());
                sum[i][0] = _mm256_fmadd_ps(value, columns[0], sum[i][0]);
                sum[i][1] = _mm256_fmadd_ps(value, columns[1], sum[i][1]);
            }
            at = at.add(COLUMNS);
        }
        for i in 0..R {
            _mm256_store_ps(sums.add(i * COLUMNS).cast(), sum[i][0]);
            _mm256_store_ps(sums.add(i * COLUMNS + 8).cast(), sum[i][1]);
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
