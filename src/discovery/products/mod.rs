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

#[cfg(target_arch = "x86_64")]
mod x86;

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
