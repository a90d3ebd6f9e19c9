//! A small dense result: projected rows, coordinates on a map.

/// `rows × cols` single-precision values, row-major. A row of an object without a vector is NaN.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Width of a row.
    pub cols: usize,
    /// All values, row after row.
    pub values: Vec<f32>,
}

impl Matrix {
    /// A matrix of `rows` rows of NaN.
    pub fn missing(rows: usize, cols: usize) -> Self {
        Self {
            cols,
            values: vec![f32::NAN; rows * cols],
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.cols).unwrap_or(0)
    }

    /// Row `i`, `cols` values.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.cols..(i + 1) * self.cols]
    }

    /// Whether all values of row `i` are finite.
    pub fn is_finite_row(&self, i: usize) -> bool {
        self.row(i).iter().all(|v| v.is_finite())
    }

    /// The rows whose values are all finite.
    pub fn finite_rows(&self) -> Vec<usize> {
        (0..self.rows()).filter(|&i| self.is_finite_row(i)).collect()
    }

    /// The given rows, in the given order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.cols);
        for &r in rows {
            values.extend_from_slice(self.row(r));
        }
        Self {
            cols: self.cols,
            values,
        }
    }
}
