//! Polynomials in two variables with their derivatives, and Newton's method for a distortion that
//! adds such polynomials to a plane: what SIP, TPV and TNX have in common.

/// A polynomial sum of c(i, j) x^i y^j over i + j <= order.
#[derive(Debug, Clone, PartialEq)]
pub struct Polynomial2 {
    order: usize,
    /// c(0,0), c(0,1) … c(0,order), c(1,0) … c(order,0).
    coefficients: Vec<f64>,
}

/// Value and derivatives by x and y.
pub type Jet = (f64, f64, f64);

impl Default for Polynomial2 {
    /// Zero, of order 0.
    fn default() -> Self {
        Self::zero(0)
    }
}

impl Polynomial2 {
    /// The zero polynomial of an order.
    pub fn zero(order: usize) -> Self {
        Self {
            order,
            coefficients: vec![0.0; (order + 1) * (order + 2) / 2],
        }
    }

    /// The highest power.
    pub fn order(&self) -> usize {
        self.order
    }

    fn index(&self, i: usize, j: usize) -> Option<usize> {
        // Row i holds order + 1 - i terms.
        (i + j <= self.order).then(|| i * (2 * self.order + 3 - i) / 2 + j)
    }

    /// Coefficient of x^i y^j.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        self.index(i, j)
            .and_then(|k| self.coefficients.get(k))
            .copied()
            .unwrap_or(0.0)
    }

    /// Adds to the coefficient of x^i y^j; beyond the order nothing happens.
    pub fn add(&mut self, i: usize, j: usize, value: f64) {
        if let Some(c) = self.index(i, j).and_then(|k| self.coefficients.get_mut(k)) {
            *c += value;
        }
    }

    /// Value and both derivatives, nested Horner.
    #[inline]
    pub fn jet(&self, x: f64, y: f64) -> Jet {
        let (mut value, mut by_x, mut by_y) = (0.0, 0.0, 0.0);
        let mut end = self.coefficients.len();
        for length in 1..=self.order + 1 {
            let row = &self.coefficients[end - length..end];
            end -= length;
            let (mut p, mut dp) = (0.0, 0.0);
            for c in row.iter().rev() {
                dp = dp * y + p;
                p = p * y + c;
            }
            by_x = by_x * x + value;
            value = value * x + p;
            by_y = by_y * x + dp;
        }
        (value, by_x, by_y)
    }

    /// The value alone.
    #[inline]
    pub fn value(&self, x: f64, y: f64) -> f64 {
        let mut value = 0.0;
        let mut end = self.coefficients.len();
        for length in 1..=self.order + 1 {
            let row = &self.coefficients[end - length..end];
            end -= length;
            value = value * x + row.iter().rev().fold(0.0, |p, c| p * y + c);
        }
        value
    }
}

/// Solves map(x, y) = target by Newton's method from `start`. `map` gives the jets of both
/// components. Converged when a step is below `tolerance` (absolute, plus a few roundings of the
/// coordinates); `None` after 40 steps or where the map folds.
#[inline]
pub fn newton(
    start: (f64, f64),
    target: (f64, f64),
    tolerance: f64,
    map: impl Fn(f64, f64) -> (Jet, Jet),
) -> Option<(f64, f64)> {
    let (mut x, mut y) = start;
    for _ in 0..40 {
        let ((f, fx, fy), (g, gx, gy)) = map(x, y);
        let (df, dg) = (f - target.0, g - target.1);
        let det = fx * gy - fy * gx;
        let (dx, dy) = ((df * gy - dg * fy) / det, (dg * fx - df * gx) / det);
        x -= dx;
        y -= dy;
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        if dx.abs().max(dy.abs()) <= tolerance + 1e-15 * x.abs().max(y.abs()) {
            return Some((x, y));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_sum_written_out() {
        let mut p = Polynomial2::zero(3);
        let mut expected = (0.0, 0.0, 0.0);
        let (x, y) = (1.3_f64, -0.7_f64);
        for i in 0..=3_usize {
            for j in 0..=3 - i {
                let c = (i * 4 + j) as f64 - 2.5;
                p.add(i, j, c);
                assert_eq!(p.get(i, j), c);
                let (xi, yj) = (x.powi(i as i32), y.powi(j as i32));
                expected.0 += c * xi * yj;
                expected.1 += c * i as f64 * x.powi(i as i32 - 1) * yj;
                expected.2 += c * j as f64 * xi * y.powi(j as i32 - 1);
            }
        }
        let jet = p.jet(x, y);
        for (a, b) in [(jet.0, expected.0), (jet.1, expected.1), (jet.2, expected.2)] {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
        assert_eq!(p.value(x, y), jet.0);
        assert_eq!(Polynomial2::default().jet(x, y), (0.0, 0.0, 0.0));
    }
}
