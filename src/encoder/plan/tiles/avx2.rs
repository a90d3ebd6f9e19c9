//! Tiles of 6 rows and 16 columns in 12 of the 16 registers of AVX2.
//!
//! Bytes need the dot product of VNNI. Processors without AVX-512 have it in AVX-VNNI (Alder Lake, Zen 5);
//! those with AVX-512 have the same operation on 256 bits under another encoding, by which it is tested there.

#![allow(
    unsafe_code,
    reason = "vector instructions and reads at computed places, promised in bounds by `Tile`"
)]

use crate::encoder::plan::finish::Finish;
use crate::encoder::plan::registers::finish_registers;
use std::arch::x86_64::*;

/// Columns of a panel.
pub const COLUMNS: usize = 16;
/// Rows of a tile.
pub const ROWS: usize = 6;

#[inline]
#[target_feature(enable = "avx2,fma")]
fn step_f32(sum: __m256i, left: __m256i, panel: __m256i) -> __m256i {
    let (sum, left, panel) = (
        _mm256_castsi256_ps(sum),
        _mm256_castsi256_ps(left),
        _mm256_castsi256_ps(panel),
    );
    _mm256_castps_si256(_mm256_fmadd_ps(left, panel, sum))
}

#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn step_vnni(sum: __m256i, left: __m256i, panel: __m256i) -> __m256i {
    _mm256_dpbusd_avx_epi32(sum, left, panel)
}

#[inline]
#[target_feature(enable = "avx2,avx512vnni,avx512vl")]
fn step_vnni512(sum: __m256i, left: __m256i, panel: __m256i) -> __m256i {
    _mm256_dpbusd_epi32(sum, left, panel)
}

/// Whether bytes are multiplied under AVX2: by AVX-VNNI, and by the 256-bit part of AVX512-VNNI.
pub fn dot_of_bytes() -> [bool; 2] {
    [
        is_x86_feature_detected!("avxvnni"),
        is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512vl"),
    ]
}

/// The sums of `R` rows and two registers of columns.
macro_rules! sums {
    ($step:ident, $steps:ident, $left:ident, $lda:ident, $panel:ident) => {{
        let mut sum = [[_mm256_setzero_si256(); 2]; R];
        let mut rows = [$left; R];
        for i in 0..R {
            rows[i] = $left.add(i.wrapping_mul($lda));
        }
        let mut at = $panel;
        for s in 0..$steps {
            let columns = [_mm256_load_si256(at.cast()), _mm256_load_si256(at.add(8).cast())];
            _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(16 * COLUMNS).cast());
            for i in 0..R {
                let value = _mm256_castps_si256(_mm256_broadcast_ss(&*rows[i].add(s).cast::<f32>()));
                sum[i][0] = $step(sum[i][0], value, columns[0]);
                sum[i][1] = $step(sum[i][1], value, columns[1]);
            }
            at = at.add(COLUMNS);
        }
        sum
    }};
}

/// Calls what was compiled for as many rows.
macro_rules! heights {
    ($inner:ident, $rows:ident, $arguments:tt) => {
        match $rows {
            6 => heights!(@call $inner, 6, $arguments),
            5 => heights!(@call $inner, 5, $arguments),
            4 => heights!(@call $inner, 4, $arguments),
            3 => heights!(@call $inner, 3, $arguments),
            2 => heights!(@call $inner, 2, $arguments),
            _ => heights!(@call $inner, 1, $arguments),
        }
    };
    (@call $inner:ident, $r:literal, ($($argument:expr),*)) => {
        $inner::<$r>($($argument),*)
    };
}

macro_rules! tiles {
    ($name:ident, $through:ident, $inner:ident, $inner_through:ident, $step:ident, $features:literal) => {
        #[target_feature(enable = $features)]
        unsafe fn $inner<const R: usize>(
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
                    _mm256_store_si256(sums.add(i * COLUMNS).cast(), sum[i][0]);
                    _mm256_store_si256(sums.add(i * COLUMNS + 8).cast(), sum[i][1]);
                }
            }
        }

        /// A tile in this number format; see `Tile`.
        pub unsafe fn $name(
            rows: usize,
            _columns: usize,
            steps: usize,
            left: *const u32,
            lda: usize,
            panel: *const u32,
            sums: *mut u32,
        ) {
            // SAFETY: passed on as promised to `Tile`.
            unsafe { heights!($inner, rows, (steps, left, lda, panel, sums)) }
        }

        #[target_feature(enable = $features)]
        unsafe fn $inner_through<const R: usize>(
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
                let mut values = [[_mm256_setzero_ps(); 2]; R];
                for i in 0..R {
                    values[i] = [
                        _mm256_castsi256_ps(sum[i][0]),
                        _mm256_castsi256_ps(sum[i][1]),
                    ];
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
    "avx2,fma"
);
tiles!(
    tile_vnni,
    through_vnni,
    inner_vnni,
    inner_through_vnni,
    step_vnni,
    "avx2,fma,avxvnni"
);
tiles!(
    tile_vnni512,
    through_vnni512,
    inner_vnni512,
    inner_through_vnni512,
    step_vnni512,
    "avx2,fma,avx512vnni,avx512vl"
);

/// A tile of bytes; see `Tile`.
pub unsafe fn tile_int8(
    rows: usize,
    columns: usize,
    steps: usize,
    left: *const u32,
    lda: usize,
    panel: *const u32,
    sums: *mut u32,
) {
    // SAFETY: passed on as promised to `Tile`; only asked for where one of both is there.
    unsafe {
        match dot_of_bytes() {
            [true, _] => tile_vnni(rows, columns, steps, left, lda, panel, sums),
            _ => tile_vnni512(rows, columns, steps, left, lda, panel, sums),
        }
    }
}

/// A tile of bytes, finished; see `Through`.
pub unsafe fn through_int8(
    shape: [usize; 3],
    left: *const u32,
    lda: usize,
    panel: *const u32,
    finish: &Finish<'_>,
    to: (*mut f32, usize),
) {
    // SAFETY: passed on as promised to `Through`; only asked for where one of both is there.
    unsafe {
        match dot_of_bytes() {
            [true, _] => through_vnni(shape, left, lda, panel, finish, to),
            _ => through_vnni512(shape, left, lda, panel, finish, to),
        }
    }
}
