//! The inner loop of neighbour searches: which of many references may be near to a few queries.
//!
//! References lie in groups of sixteen, dimension by dimension, so that one register holds one
//! dimension of a whole group; eight queries meet a group at a time and nothing but the scores
//! that may matter leaves the registers.
#![expect(
    unsafe_code,
    reason = "vector instructions are chosen at run time; loads go through pointers"
)]

use super::matrix::Matrix;
use std::ops::Range;

/// References in a group.
pub(crate) const LANES: usize = 16;
/// Queries that meet a group together.
pub(crate) const ABREAST: usize = 8;

/// References in groups.
pub(crate) struct Packed {
    dim: usize,
    /// `groups × dim × LANES`.
    values: Vec<f32>,
    /// Squared lengths; infinite where a last group has no reference.
    norms: Vec<[f32; LANES]>,
}

/// Scores `|r|² − 2·q·r` of a group for a query, of which at least one is below its limit.
pub(crate) struct Candidates {
    pub(crate) query: usize,
    pub(crate) group: usize,
    pub(crate) scores: [f32; LANES],
}

impl Packed {
    pub(crate) fn new(reference: &Matrix) -> Self {
        let (dim, rows) = (reference.cols, reference.rows());
        let groups = rows.div_ceil(LANES);
        let mut values = vec![0.0; groups * dim * LANES];
        let mut norms = vec![[f32::INFINITY; LANES]; groups];
        for r in 0..rows {
            let (group, lane) = (r / LANES, r % LANES);
            let row = reference.row(r);
            for (j, v) in row.iter().enumerate() {
                values[(group * dim + j) * LANES + lane] = *v;
            }
            norms[group][lane] = row.iter().map(|v| v * v).sum();
        }
        Self { dim, values, norms }
    }

    /// Number of groups.
    pub(crate) fn groups(&self) -> usize {
        self.norms.len()
    }

    /// Appends to `found` the groups of `tile` that hold a score below a query's `limit`.
    pub(crate) fn below(
        &self,
        queries: [&[f32]; ABREAST],
        tile: Range<usize>,
        limit: [f32; ABREAST],
        found: &mut Vec<Candidates>,
    ) {
        assert!(
            queries.iter().all(|q| q.len() == self.dim),
            "queries of the references' width"
        );
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: the feature was just detected, and the queries' width checked.
                unsafe { self.below_512(queries, tile, limit, found) };
                return;
            }
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the feature was just detected.
                unsafe { self.below_256(queries, tile, limit, found) };
                return;
            }
        }
        self.below_here(queries, tile, limit, found);
    }

    /// # Safety
    /// The processor must have the feature, and the queries `dim` values.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    unsafe fn below_512(
        &self,
        queries: [&[f32]; ABREAST],
        tile: Range<usize>,
        limit: [f32; ABREAST],
        found: &mut Vec<Candidates>,
    ) {
        use std::arch::x86_64::*;
        for group in tile {
            let values = &self.values[group * self.dim * LANES..(group + 1) * self.dim * LANES];
            let mut sums = [_mm512_setzero_ps(); ABREAST];
            for j in 0..self.dim {
                // SAFETY: the group has `dim` times `LANES` values.
                let v = unsafe { _mm512_loadu_ps(values.as_ptr().add(j * LANES)) };
                for (s, q) in sums.iter_mut().zip(&queries) {
                    // SAFETY: queries have `dim` values.
                    let x = _mm512_set1_ps(unsafe { *q.get_unchecked(j) });
                    *s = _mm512_fmadd_ps(x, v, *s);
                }
            }
            // SAFETY: an array of `LANES` values.
            let norms = unsafe { _mm512_loadu_ps(self.norms[group].as_ptr()) };
            for (query, s) in sums.iter().enumerate() {
                let s = _mm512_fmadd_ps(*s, _mm512_set1_ps(-2.0), norms);
                // NaN compares false: such a reference is never found.
                if _mm512_cmp_ps_mask::<_CMP_LT_OQ>(s, _mm512_set1_ps(limit[query])) != 0 {
                    let mut scores = [0.0; LANES];
                    // SAFETY: an array of `LANES` values.
                    unsafe { _mm512_storeu_ps(scores.as_mut_ptr(), s) };
                    found.push(Candidates { query, group, scores });
                }
            }
        }
    }

    /// [`Packed::below_here`] with 256-bit registers.
    ///
    /// # Safety
    /// The processor must have the feature.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    unsafe fn below_256(
        &self,
        queries: [&[f32]; ABREAST],
        tile: Range<usize>,
        limit: [f32; ABREAST],
        found: &mut Vec<Candidates>,
    ) {
        self.below_here(queries, tile, limit, found);
    }

    #[inline(always)]
    fn below_here(
        &self,
        queries: [&[f32]; ABREAST],
        tile: Range<usize>,
        limit: [f32; ABREAST],
        found: &mut Vec<Candidates>,
    ) {
        for group in tile {
            let values = &self.values[group * self.dim * LANES..(group + 1) * self.dim * LANES];
            for (query, q) in queries.iter().enumerate() {
                let mut scores = [0.0f32; LANES];
                for (x, v) in q.iter().zip(values.chunks_exact(LANES)) {
                    for (s, v) in scores.iter_mut().zip(v) {
                        *s += x * v;
                    }
                }
                let mut any = false;
                for (s, n) in scores.iter_mut().zip(&self.norms[group]) {
                    *s = n - 2.0 * *s;
                    any |= *s < limit[query];
                }
                if any {
                    found.push(Candidates { query, group, scores });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_instructions_find_the_same() {
        let (dim, rows) = (5, 37);
        let reference = Matrix {
            cols: dim,
            values: (0..rows * dim).map(|i| (i * 37 % 101) as f32 / 7.0).collect(),
        };
        let queries: Vec<Vec<f32>> = (0..ABREAST)
            .map(|q| (0..dim).map(|j| (q * 13 + j * 29) as f32 / 11.0).collect())
            .collect();
        let q: [&[f32]; ABREAST] = std::array::from_fn(|l| queries[l].as_slice());
        let packed = Packed::new(&reference);
        let (mut chosen, mut plain) = (Vec::new(), Vec::new());
        packed.below(q, 0..packed.groups(), [f32::INFINITY; ABREAST], &mut chosen);
        packed.below_here(q, 0..packed.groups(), [f32::INFINITY; ABREAST], &mut plain);
        let sorted = |mut found: Vec<Candidates>| {
            found.sort_by_key(|c| (c.group, c.query));
            found
        };
        let (chosen, plain) = (sorted(chosen), sorted(plain));
        assert_eq!(chosen.len(), 3 * ABREAST);
        for (a, b) in chosen.iter().zip(&plain) {
            for (x, y) in a.scores.iter().zip(&b.scores) {
                assert!(x == y || (x - y).abs() < 1e-2, "{x} {y}");
            }
        }
        assert!(
            chosen
                .last()
                .is_some_and(|c| c.scores[rows % LANES..].iter().all(|s| s.is_infinite()))
        );
    }
}
