//! Products of stored half-precision rows with a few single-precision weight vectors.
//!
//! A small matrix product for tall, thin shapes (a million rows against one to some hundred
//! weights): rows are widened in registers as they are loaded, four rows meet four weight vectors
//! at a time, and sums are kept in single precision over 8 or 16 lanes. The rows are read from
//! memory once for every block of weights, so that few weights cost what reading the rows costs.
#![expect(
    unsafe_code,
    reason = "vector instructions are chosen at run time; loads go through pointers"
)]

use half::f16;
use half::slice::HalfFloatSliceExt;

/// Weight vectors, each padded with zeros to a whole number of lanes.
pub(crate) struct Weights {
    dim: usize,
    padded: usize,
    count: usize,
    values: Vec<f32>,
}

/// Most lanes of a vector register.
const LANES: usize = 16;

impl Weights {
    /// `values` is `count × dim`, row-major.
    pub(crate) fn new(dim: usize, values: impl IntoIterator<Item = f32>) -> Self {
        let padded = dim.next_multiple_of(LANES);
        let mut kept = Vec::new();
        for (i, v) in values.into_iter().enumerate() {
            if i > 0 && i % dim == 0 {
                kept.resize(kept.len().next_multiple_of(padded), 0.0);
            }
            kept.push(v);
        }
        kept.resize(kept.len().next_multiple_of(padded.max(1)), 0.0);
        Self {
            dim,
            padded,
            count: kept.len() / padded.max(1),
            values: kept,
        }
    }

    /// `out[r * count + o] = Σ rows[r][j] · weights[o][j]`; `rows` is row-major of width `dim`.
    pub(crate) fn times(&self, rows: &[f16], out: &mut [f32]) {
        if self.dim == 0 {
            return;
        }
        let count = rows.len() / self.dim;
        assert!(out.len() >= count * self.count, "room for the products");
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: the feature was just detected; `x86` checks the lengths it reads.
                unsafe { x86::times_512(self, rows, out) };
                return;
            }
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c")
            {
                // SAFETY: as above.
                unsafe { x86::times_256(self, rows, out) };
                return;
            }
        }
        self.times_portable(rows, out);
    }

    /// As [`Weights::times`] without special instructions.
    fn times_portable(&self, rows: &[f16], out: &mut [f32]) {
        let mut wide = vec![0.0f32; self.padded];
        for (row, out) in rows
            .chunks_exact(self.dim)
            .zip(out.chunks_exact_mut(self.count.max(1)))
        {
            row.convert_to_f32_slice(&mut wide[..self.dim]);
            for (o, w) in out.iter_mut().zip(self.values.chunks_exact(self.padded)) {
                let mut sums = [0.0f32; LANES];
                for (x, w) in wide.chunks_exact(LANES).zip(w.chunks_exact(LANES)) {
                    for l in 0..LANES {
                        sums[l] += x[l] * w[l];
                    }
                }
                *o = sums.iter().sum();
            }
        }
    }
}

/// Adds `row − origin` to `sum` and its square to `squares`, in double precision.
pub(crate) fn add_moments(row: &[f32], origin: &[f64], sum: &mut [f64], squares: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the feature was just detected.
            unsafe { x86::add_moments_512(row, origin, sum, squares) };
            return;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the features were just detected.
            unsafe { x86::add_moments_256(row, origin, sum, squares) };
            return;
        }
    }
    add_moments_here(row, origin, sum, squares);
}

/// What [`add_moments`] compiles for each kind of processor.
#[inline(always)]
fn add_moments_here(row: &[f32], origin: &[f64], sum: &mut [f64], squares: &mut [f64]) {
    for (((x, o), sum), square) in row.iter().zip(origin).zip(sum).zip(squares) {
        let d = f64::from(*x) - o;
        *sum += d;
        *square += d * d;
    }
}

/// `Σ ((row[j] − mean[j]) · factor[j])²` in single precision over sixteen lanes.
pub(crate) fn standardized_square(row: &[f32], mean: &[f32], factor: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    for ((x, m), f) in (row.chunks(LANES).zip(mean.chunks(LANES))).zip(factor.chunks(LANES)) {
        for (((sum, x), m), f) in sums.iter_mut().zip(x).zip(m).zip(f) {
            let z = (x - m) * f;
            *sum += z * z;
        }
    }
    sums.iter().sum()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_widths_and_instructions_agree_with_plain_sums() {
        for dim in [1, 5, 8, 16, 23, 384] {
            for count in [1, 2, 3, 4, 5, 9] {
                for rows in [1, 3, 4, 11] {
                    let x: Vec<f16> = (0..rows * dim)
                        .map(|i| f16::from_f32((i * 37 % 101) as f32 / 17.0 - 3.0))
                        .collect();
                    let w: Vec<f32> = (0..count * dim)
                        .map(|i| (i * 53 % 97) as f32 / 13.0 - 3.7)
                        .collect();
                    let weights = Weights::new(dim, w.iter().copied());
                    let check = |out: &[f32], how: &str| {
                        for r in 0..rows {
                            for o in 0..count {
                                let wanted: f64 = (0..dim)
                                    .map(|j| f64::from(x[r * dim + j].to_f32()) * f64::from(w[o * dim + j]))
                                    .sum();
                                let found = f64::from(out[r * count + o]);
                                assert!(
                                    (found - wanted).abs() < 2e-6 * 10.0 * dim as f64,
                                    "{how}: {found} {wanted}"
                                );
                            }
                        }
                    };
                    let mut out = vec![f32::NAN; rows * count];
                    weights.times(&x, &mut out);
                    check(&out, "chosen");
                    weights.times_portable(&x, &mut out);
                    check(&out, "portable");
                    #[cfg(target_arch = "x86_64")]
                    if is_x86_feature_detected!("avx2")
                        && is_x86_feature_detected!("fma")
                        && is_x86_feature_detected!("f16c")
                    {
                        // SAFETY: the features were just detected.
                        unsafe { x86::times_256(&weights, &x, &mut out) };
                        check(&out, "256 bits");
                    }
                }
            }
        }
    }
}
