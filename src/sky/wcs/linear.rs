//! The linear step: pixel offsets to intermediate world coordinates.
//!
//! Source: Greisen & Calabretta 2002 (Paper I).

/// A 2×2 matrix with its inverse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearMap {
    /// Rows longitude and latitude, degrees per pixel.
    matrix: [[f64; 2]; 2],
    inverse: [[f64; 2]; 2],
}

impl LinearMap {
    /// `None` when the matrix isn't finite or has no usable inverse.
    pub fn new(matrix: [[f64; 2]; 2]) -> Option<Self> {
        let [[a, b], [c, d]] = matrix;
        let det = a * d - b * c;
        let size = (a * d).abs() + (b * c).abs();
        // Below this the rows are parallel but for rounding.
        if !(det.abs() > 1e-12 * size && det.abs() >= f64::MIN_POSITIVE && size.is_finite()) {
            return None;
        }
        let inverse = [[d / det, -b / det], [-c / det, a / det]];
        inverse
            .iter()
            .flatten()
            .all(|v| v.is_finite())
            .then_some(Self { matrix, inverse })
    }

    /// The matrix: degrees per pixel.
    pub fn matrix(&self) -> [[f64; 2]; 2] {
        self.matrix
    }

    /// Square degrees per pixel, with the sign of its parity.
    pub fn determinant(&self) -> f64 {
        let [[a, b], [c, d]] = self.matrix;
        a * d - b * c
    }

    /// Pixels to degrees.
    #[inline]
    pub fn apply(&self, u: f64, v: f64) -> (f64, f64) {
        let m = &self.matrix;
        (m[0][0] * u + m[0][1] * v, m[1][0] * u + m[1][1] * v)
    }

    /// Degrees to pixels.
    #[inline]
    pub fn invert(&self, xi: f64, eta: f64) -> (f64, f64) {
        let m = &self.inverse;
        (m[0][0] * xi + m[0][1] * eta, m[1][0] * xi + m[1][1] * eta)
    }
}
