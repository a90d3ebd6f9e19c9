//! Tiles of 14 rows and 32 columns in 28 of the 32 registers of AVX-512; two more hold the
//! panel's words and one the left side's. Tiles of 16 columns serve the last panel.

#![allow(
    unsafe_code,
    reason = "vector instructions and reads at computed places, promised in bounds by `Tile`"
)]

use crate::encoder::plan::finish::Finish;
use crate::encoder::plan::registers::finish_registers;
use std::arch::x86_64::*;

/// Columns of a panel.
pub const COLUMNS: usize = 32;
/// Rows of a tile.
pub const ROWS: usize = 14;

#[inline]
#[target_feature(enable = "avx512f")]
fn step_f32(sum: __m512i, left: __m512i, panel: __m512i) -> __m512i {
    let (sum, left, panel) = (
        _mm512_castsi512_ps(sum),
        _mm512_castsi512_ps(left),
        _mm512_castsi512_ps(panel),
    );
    _mm512_castps_si512(_mm512_fmadd_ps(left, panel, sum))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
fn step_bf16(sum: __m512i, left: __m512i, panel: __m512i) -> __m512i {
    // SAFETY: both are 512 bits of which every pattern is valid.
    let (left, panel) = unsafe {
        (
            std::mem::transmute::<__m512i, __m512bh>(left),
            std::mem::transmute::<__m512i, __m512bh>(panel),
        )
    };
    _mm512_castps_si512(_mm512_dpbf16_ps(_mm512_castsi512_ps(sum), left, panel))
}

#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn step_int8(sum: __m512i, left: __m512i, panel: __m512i) -> __m512i {
    _mm512_dpbusd_epi32(sum, left, panel)
}

/// The sums of `R` rows and `V` registers of columns.
macro_rules! sums {
    ($step:ident, $steps:ident, $left:ident, $lda:ident, $panel:ident) => {{
        let mut sum = [[_mm512_setzero_si512(); V]; R];
        let mut rows = [$left; R];
        for i in 0..R {
            rows[i] = $left.add(i.wrapping_mul($lda));
        }
        let mut at = $panel;
        for s in 0..$steps {
            let mut columns = [_mm512_setzero_si512(); V];
            for v in 0..V {
                columns[v] = _mm512_load_si512(at.add(16 * v).cast());
                _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(16 * v + 16 * COLUMNS).cast());
            }
            for i in 0..R {
                let value = _mm512_set1_epi32(rows[i].add(s).read() as i32);
                for v in 0..V {
                    sum[i][v] = $step(sum[i][v], value, columns[v]);
                }
            }
            at = at.add(COLUMNS);
        }
        sum
    }};
}

/// Calls what was compiled for as many rows and registers of columns.
macro_rules! heights {
    ($inner:ident, $rows:ident, $columns:ident, $arguments:tt) => {
        heights!($inner, $rows, $columns, $arguments, 13 12 11 10 9 8 7 6 5 4 3 2 1)
    };
    ($inner:ident, $rows:ident, $columns:ident, $arguments:tt, $($r:literal)*) => {
        match ($rows, $columns > 16) {
            $(
                ($r, true) => heights!(@call $inner, $r, 2, $arguments),
                ($r, false) => heights!(@call $inner, $r, 1, $arguments),
            )*
            (_, true) => heights!(@call $inner, ROWS, 2, $arguments),
            (_, false) => heights!(@call $inner, ROWS, 1, $arguments),
        }
    };
    (@call $inner:ident, $r:tt, $v:literal, ($($argument:expr),*)) => {
        $inner::<$r, $v>($($argument),*)
    };
}

macro_rules! tiles {
    ($name:ident, $through:ident, $inner:ident, $inner_through:ident, $step:ident, $features:literal) => {
        #[target_feature(enable = $features)]
        unsafe fn $inner<const R: usize, const V: usize>(
            steps: usize,
            left: *const u32,
            lda: usize,
            panel: *const u32,
            sums: *mut u32,
        ) {
            // SAFETY: every place lies in the bounds that `Tile` asks for; prefetching may name any.
            unsafe {
                let sum = sums!($step, steps, left, lda, panel);
                for i in 0..R {
                    for v in 0..V {
                        _mm512_store_si512(sums.add(i * COLUMNS + 16 * v).cast(), sum[i][v]);
                    }
                }
            }
        }

        /// A tile in this number format; see `Tile`.
        pub unsafe fn $name(
            rows: usize,
            columns: usize,
            steps: usize,
            left: *const u32,
            lda: usize,
            panel: *const u32,
            sums: *mut u32,
        ) {
            // SAFETY: passed on as promised to `Tile`.
            unsafe { heights!($inner, rows, columns, (steps, left, lda, panel, sums)) }
        }

        #[target_feature(enable = $features)]
        unsafe fn $inner_through<const R: usize, const V: usize>(
            columns: usize,
            steps: usize,
            left: *const u32,
            lda: usize,
            panel: *const u32,
            finish: &Finish<'_>,
            (out, ldo): (*mut f32, usize),
        ) {
            // SAFETY: every place lies in the bounds that `Through` asks for; prefetching may name any.
            unsafe {
                let sum = sums!($step, steps, left, lda, panel);
                let mut values = [[_mm512_setzero_ps(); V]; R];
                for i in 0..R {
                    for v in 0..V {
                        values[i][v] = _mm512_castsi512_ps(sum[i][v]);
                    }
                }
                finish_registers(&values, columns, finish, out, ldo);
            }
        }

        /// A tile in this number format, finished; see `Through`.
        pub unsafe fn $through(
            [rows, columns, steps]: [usize; 3],
            left: *const u32,
            lda: usize,
            panel: *const u32,
            finish: &Finish<'_>,
            to: (*mut f32, usize),
        ) {
            // SAFETY: passed on as promised to `Through`.
            unsafe {
                heights!(
                    $inner_through,
                    rows,
                    columns,
                    (columns, steps, left, lda, panel, finish, to)
                )
            }
        }
    };
}

tiles!(
    tile_f32,
    through_f32,
    inner_f32,
    inner_through_f32,
    step_f32,
    "avx512f"
);
tiles!(
    tile_bf16,
    through_bf16,
    inner_bf16,
    inner_through_bf16,
    step_bf16,
    "avx512f,avx512bf16"
);
tiles!(
    tile_int8,
    through_int8,
    inner_int8,
    inner_through_int8,
    step_int8,
    "avx512f,avx512vnni"
);
