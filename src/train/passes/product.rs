//! Matrix products of any layout, on the calling core, by faer's.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// Rows one after another, `columns` values each.
pub(super) fn matrix(values: &[f32], rows: usize, columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(&values[..rows * columns], rows, columns)
}

/// `out = a b`, or `out += a b`; `out` has its rows one after another.
pub(super) fn multiply(out: &mut [f32], a: MatRef<'_, f32>, b: MatRef<'_, f32>, add: bool) {
    let (rows, columns) = (a.nrows(), b.ncols());
    let out = MatMut::from_row_major_slice_mut(&mut out[..rows * columns], rows, columns);
    let accumulate = if add { Accum::Add } else { Accum::Replace };
    matmul(out, accumulate, a, b, 1.0, Par::Seq);
}
