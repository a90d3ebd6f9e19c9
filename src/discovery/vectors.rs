//! The vectors that answers are made from: a borrowed view of rows that may be memory-mapped.

use half::f16;
use std::ops::Range;

/// Consecutive rows of one stored segment.
#[derive(Debug, Clone, Copy)]
pub enum Chunk<'a> {
    /// Half precision: network embeddings.
    F16(&'a [f16]),
    /// Single precision: morphometry, whose fluxes do not fit in half precision.
    F32(&'a [f32]),
}

/// `rows` vectors of width `dim`, row-major in chunks; row `i` belongs to object `i`.
///
/// Rows may be missing (not embedded yet): `present` says so, and no answer may read them.
#[derive(Debug, Clone)]
pub struct Vectors<'a> {
    dim: usize,
    rows: usize,
    rows_per_chunk: usize,
    chunks: Vec<Chunk<'a>>,
    present: Option<&'a [bool]>,
}

impl<'a> Vectors<'a> {
    /// A view of `chunks`, each of `rows_per_chunk` rows but the last, which may be shorter or
    /// longer than needed for `rows`. `present[i]` is false where row `i` is missing; `None`
    /// means that all are there.
    ///
    /// # Panics
    /// If the chunks hold fewer than `rows` rows or `present` is of another length.
    pub fn new(
        dim: usize,
        rows: usize,
        rows_per_chunk: usize,
        chunks: Vec<Chunk<'a>>,
        present: Option<&'a [bool]>,
    ) -> Self {
        assert!(present.is_none_or(|p| p.len() == rows), "one flag a row");
        assert!(
            dim > 0 && (rows == 0 || chunks.len() == rows.div_ceil(rows_per_chunk)),
            "chunks cover the rows"
        );
        Self {
            dim,
            rows,
            rows_per_chunk,
            chunks,
            present,
        }
    }

    /// A view of one slice of `f32` with all rows present.
    pub fn from_f32(dim: usize, values: &'a [f32]) -> Self {
        let rows = values.len() / dim;
        Self::new(
            dim,
            rows,
            rows.max(1),
            if rows == 0 {
                vec![]
            } else {
                vec![Chunk::F32(values)]
            },
            None,
        )
    }

    /// Width of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of rows, missing ones included.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether row `i` has a vector.
    pub fn is_present(&self, i: usize) -> bool {
        self.present.is_none_or(|p| p[i])
    }

    /// The rows that have a vector.
    pub fn present_rows(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows).filter(|&i| self.is_present(i))
    }

    /// Row `i` as stored.
    pub fn row(&self, i: usize) -> Chunk<'a> {
        let (chunk, within) = (i / self.rows_per_chunk, i % self.rows_per_chunk);
        let span = within * self.dim..(within + 1) * self.dim;
        match self.chunks[chunk] {
            Chunk::F16(v) => Chunk::F16(&v[span]),
            Chunk::F32(v) => Chunk::F32(&v[span]),
        }
    }

    /// Copies row `i` into `out` as `f32`; `out` has `dim` values.
    pub fn read_row(&self, i: usize, out: &mut [f32]) {
        match self.row(i) {
            Chunk::F16(v) => {
                use half::slice::HalfFloatSliceExt;
                v.convert_to_f32_slice(out);
            }
            Chunk::F32(v) => out.copy_from_slice(v),
        }
    }

    /// The rows of `span` that are present, in pieces that lie together: first row and values.
    pub(crate) fn pieces(&self, span: Range<usize>) -> impl Iterator<Item = (usize, Chunk<'a>)> + '_ {
        let mut at = span.start;
        std::iter::from_fn(move || {
            while at < span.end && !self.is_present(at) {
                at += 1;
            }
            if at >= span.end {
                return None;
            }
            let (first, chunk) = (at, at / self.rows_per_chunk);
            let end = span.end.min((chunk + 1) * self.rows_per_chunk);
            while at < end && self.is_present(at) {
                at += 1;
            }
            let within = first - chunk * self.rows_per_chunk;
            let values = within * self.dim..(within + at - first) * self.dim;
            Some((
                first,
                match self.chunks[chunk] {
                    Chunk::F16(v) => Chunk::F16(&v[values]),
                    Chunk::F32(v) => Chunk::F32(&v[values]),
                },
            ))
        })
    }

    /// The chunks with the row each starts at and the number of its rows that count.
    pub fn chunks(&self) -> impl Iterator<Item = (usize, usize, Chunk<'a>)> + '_ {
        self.chunks.iter().enumerate().map(|(c, &chunk)| {
            let start = c * self.rows_per_chunk;
            let count = self.rows_per_chunk.min(self.rows - start);
            let span = 0..count * self.dim;
            let chunk = match chunk {
                Chunk::F16(v) => Chunk::F16(&v[span]),
                Chunk::F32(v) => Chunk::F32(&v[span]),
            };
            (start, count, chunk)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_across_chunks() {
        let a: Vec<f16> = (0..6).map(|v| f16::from_f32(v as f32)).collect();
        let b = vec![6.0f32, 7.0];
        let present = [true, false, true, true];
        let v = Vectors::new(2, 4, 3, vec![Chunk::F16(&a), Chunk::F32(&b)], Some(&present));
        let mut out = [0.0; 2];
        v.read_row(2, &mut out);
        assert_eq!(out, [4.0, 5.0]);
        v.read_row(3, &mut out);
        assert_eq!(out, [6.0, 7.0]);
        assert_eq!(v.present_rows().collect::<Vec<_>>(), [0, 2, 3]);
        let pieces: Vec<usize> = v.pieces(0..4).map(|(first, _)| first).collect();
        assert_eq!(pieces, [0, 2, 3]);
        assert_eq!(
            v.chunks().map(|(s, n, _)| (s, n)).collect::<Vec<_>>(),
            [(0, 3), (3, 1)]
        );
    }
}
