//! The products and moments with the vector registers of x86 processors, 256 and 512 bits wide.

use super::{LANES, Weights, add_moments_here, f16};
use std::arch::x86_64::*;

/// [`add_moments_here`] with 512-bit registers.
///
/// # Safety
/// The processor must have the features.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn add_moments_512(row: &[f32], origin: &[f64], sum: &mut [f64], squares: &mut [f64]) {
    add_moments_here(row, origin, sum, squares);
}

/// [`add_moments_here`] with 256-bit registers.
///
/// # Safety
/// The processor must have the features.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn add_moments_256(row: &[f32], origin: &[f64], sum: &mut [f64], squares: &mut [f64]) {
    add_moments_here(row, origin, sum, squares);
}

/// One tile of `R` rows and `O` weights, and the loop over all tiles, for one register width.
macro_rules! kernel {
    ($times:ident, $tile:ident, $features:literal, $lanes:literal, $rows:literal,
     $zero:ident, $load:ident, $widen:ident, $fma:ident, $sum:path) => {
        /// Products of all rows with all weights.
        ///
        /// # Safety
        /// The processor must have the features.
        #[target_feature(enable = $features)]
        pub(super) unsafe fn $times(w: &Weights, rows: &[f16], out: &mut [f32]) {
            let count = rows.len() / w.dim;
            let mut first = 0;
            while first < w.count {
                let outputs = (w.count - first).min(4);
                let mut row = 0;
                while row < count {
                    let wide = if count - row >= $rows { $rows } else { 1 };
                    let at = (row, first);
                    // SAFETY: rows `row..row + wide` and weights `first..first + outputs`
                    // exist by the conditions of the two loops.
                    unsafe {
                        match (wide, outputs) {
                            ($rows, 4) => $tile::<$rows, 4>(w, rows, at, out),
                            ($rows, 3) => $tile::<$rows, 3>(w, rows, at, out),
                            ($rows, 2) => $tile::<$rows, 2>(w, rows, at, out),
                            ($rows, _) => $tile::<$rows, 1>(w, rows, at, out),
                            (_, 4) => $tile::<1, 4>(w, rows, at, out),
                            (_, 3) => $tile::<1, 3>(w, rows, at, out),
                            (_, 2) => $tile::<1, 2>(w, rows, at, out),
                            (_, _) => $tile::<1, 1>(w, rows, at, out),
                        }
                    }
                    row += wide;
                }
                first += outputs;
            }
        }

        /// Products of `R` rows from row `at.0` with `O` weights from weight `at.1`.
        ///
        /// # Safety
        /// The processor must have the features, and the rows and weights must exist.
        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn $tile<const R: usize, const O: usize>(
            w: &Weights,
            rows: &[f16],
            at: (usize, usize),
            out: &mut [f32],
        ) {
            let rows = &rows[at.0 * w.dim..(at.0 + R) * w.dim];
            let weights = &w.values[at.1 * w.padded..(at.1 + O) * w.padded];
            let (x, y) = (rows.as_ptr(), weights.as_ptr());
            let mut sums = [[$zero(); O]; R];
            let whole = w.dim / $lanes * $lanes;
            let mut j = 0;
            while j < whole {
                let mut column = [$zero(); O];
                for (o, c) in column.iter_mut().enumerate() {
                    // SAFETY: weight `o` of `O` has `padded ≥ j + lanes` values.
                    *c = unsafe { $load(y.add(o * w.padded + j)) };
                }
                for (r, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: row `r` of `R` has `dim ≥ j + lanes` values.
                    let v = unsafe { $widen(x.add(r * w.dim + j)) };
                    for (s, c) in sums.iter_mut().zip(&column) {
                        *s = $fma(v, *c, *s);
                    }
                }
                j += $lanes;
            }
            if whole < w.dim {
                for (r, sums) in sums.iter_mut().enumerate() {
                    let mut rest = [f16::ZERO; LANES];
                    let tail = &rows[r * w.dim + whole..(r + 1) * w.dim];
                    rest[..tail.len()].copy_from_slice(tail);
                    // SAFETY: `rest` has `LANES` values, at least a register's.
                    let v = unsafe { $widen(rest.as_ptr()) };
                    for (o, s) in sums.iter_mut().enumerate() {
                        // SAFETY: weights are padded to a multiple of `LANES`.
                        let c = unsafe { $load(y.add(o * w.padded + whole)) };
                        *s = $fma(v, c, *s);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (o, s) in sums.iter().enumerate() {
                    out[(at.0 + r) * w.count + at.1 + o] = $sum(*s);
                }
            }
        }
    };
}

/// Sixteen halves widened.
///
/// # Safety
/// `from` must point to sixteen halves.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn widen_512(from: *const f16) -> __m512 {
    // SAFETY: the caller's promise.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(from.cast()) })
}

/// Eight halves widened.
///
/// # Safety
/// `from` must point to eight halves.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn widen_256(from: *const f16) -> __m256 {
    // SAFETY: the caller's promise.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(from.cast()) })
}

/// The sum of eight lanes.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn sum_256(v: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}

kernel!(
    times_512,
    tile_512,
    "avx512f",
    16,
    4,
    _mm512_setzero_ps,
    _mm512_loadu_ps,
    widen_512,
    _mm512_fmadd_ps,
    _mm512_reduce_add_ps
);
kernel!(
    times_256,
    tile_256,
    "avx2,fma,f16c",
    8,
    2,
    _mm256_setzero_ps,
    _mm256_loadu_ps,
    widen_256,
    _mm256_fmadd_ps,
    sum_256
);
