//! Bicubic interpolation between the centres of a grid of meshes.
//!
//! Both directions use SExtractor's recursion for the second derivatives. It isn't quite the
//! natural spline: the back-substitution divides each step by six once more, which damps the
//! derivatives by some tenths. It is kept because every catalogue made with SExtractor or SEP has
//! it, and because their maps can then be matched to rounding. Along y a pixel's coordinate is its
//! lower edge, along x its centre, also as there.

/// Values at mesh centres and a way to any pixel between them.
#[derive(Debug, Clone)]
pub(super) struct MeshSpline {
    nodes: Vec<f32>,
    /// A sixth of the second derivative along y at each node, in mesh units.
    curvature_y: Vec<f32>,
    columns: usize,
    rows: usize,
    side: usize,
    /// Weights of (left node, right node, left curvature, right curvature) for a pixel at each
    /// offset from the pixel on or right of a node.
    weights: Vec<[f32; 4]>,
}

impl MeshSpline {
    /// `nodes` are row-major, `columns * rows`; meshes are `side` pixels square.
    pub(super) fn new(nodes: Vec<f32>, columns: usize, rows: usize, side: usize) -> Self {
        let mut curvature_y = vec![0.0; nodes.len()];
        let mut column = vec![0.0; rows];
        let mut curvature = vec![0.0; rows];
        let mut work = vec![0.0; rows];
        for x in 0..columns {
            for y in 0..rows {
                column[y] = nodes[y * columns + x];
            }
            sixth_of_second_derivative(&column, &mut curvature, &mut work);
            for y in 0..rows {
                curvature_y[y * columns + x] = curvature[y];
            }
        }
        let weights = (0..side)
            .map(|i| weights_at((i as f64 + 0.5 * f64::from(u8::from(side.is_multiple_of(2)))) / side as f64))
            .collect();
        Self {
            nodes,
            curvature_y,
            columns,
            rows,
            side,
            weights,
        }
    }

    /// The values at the nodes.
    pub(super) fn nodes(&self) -> &[f32] {
        &self.nodes
    }

    /// Interpolates pixel row `y` into `out`.
    pub(super) fn row(&self, y: usize, out: &mut [f32]) {
        if self.columns == 0 || self.rows == 0 {
            out.fill(0.0);
            return;
        }
        if self.nodes.iter().all(|n| *n == self.nodes[0]) {
            // Rounding would ripple a constant.
            out.fill(self.nodes[0]);
            return;
        }
        let mut nodes = vec![0.0_f32; self.columns];
        let mut curvature = vec![0.0_f32; self.columns];
        if self.rows > 1 {
            let at = y as f64 / self.side as f64 - 0.5;
            let below = (at.max(0.0) as usize).min(self.rows - 2);
            let [low, high, low_curve, high_curve] = weights_at(at - below as f64);
            let base = below * self.columns;
            for x in 0..self.columns {
                let (i, j) = (base + x, base + self.columns + x);
                nodes[x] = low * self.nodes[i]
                    + high * self.nodes[j]
                    + low_curve * self.curvature_y[i]
                    + high_curve * self.curvature_y[j];
            }
            let mut work = vec![0.0; self.columns];
            sixth_of_second_derivative(&nodes, &mut curvature, &mut work);
        } else {
            // A single row of meshes is joined by straight lines.
            nodes.copy_from_slice(&self.nodes[..self.columns]);
        }
        if self.columns == 1 {
            out.fill(nodes[0]);
            return;
        }
        self.along_x(&nodes, &curvature, out);
    }

    fn along_x(&self, nodes: &[f32], curvature: &[f32], out: &mut [f32]) {
        let first_node = self.side / 2;
        let width = out.len();
        for left in 0..self.columns - 1 {
            let (n0, n1, c0, c1) = (nodes[left], nodes[left + 1], curvature[left], curvature[left + 1]);
            let start = (first_node + left * self.side).min(width);
            let end = (start + self.side).min(width);
            for (value, w) in out[start..end].iter_mut().zip(&self.weights) {
                *value = w[0] * n0 + w[1] * n1 + w[2] * c0 + w[3] * c1;
            }
        }
        // Outside the first and last node the nearest pair's curve is continued.
        let last = self.columns - 2;
        let end_of_nodes = (first_node + (last + 1) * self.side).min(width);
        let head = 0..first_node.min(width);
        for x in head.chain(end_of_nodes..width) {
            let left = if x < first_node { 0 } else { last };
            let at = (x as f64 + 0.5) / self.side as f64 - 0.5 - left as f64;
            let w = weights_at(at);
            out[x] = w[0] * nodes[left]
                + w[1] * nodes[left + 1]
                + w[2] * curvature[left]
                + w[3] * curvature[left + 1];
        }
    }
}

/// Weights of (low node, high node, low curvature, high curvature) at `t` of the way from the low
/// node to the high one; outside 0..1 the curve continues.
fn weights_at(t: f64) -> [f32; 4] {
    let s = 1.0 - t;
    [s as f32, t as f32, (s * s * s - s) as f32, (t * t * t - t) as f32]
}

/// SExtractor's tridiagonal recursion with zero curvature at both ends (see the module's notes).
fn sixth_of_second_derivative(values: &[f32], curvature: &mut [f32], work: &mut [f32]) {
    curvature.fill(0.0);
    work.fill(0.0);
    let n = values.len();
    if n < 3 {
        return;
    }
    for i in 1..n - 1 {
        let pivot = -1.0 / (curvature[i - 1] + 4.0);
        let bend = values[i + 1] + values[i - 1] - 2.0 * values[i];
        curvature[i] = pivot;
        work[i] = pivot * (work[i - 1] - 6.0 * bend);
    }
    for i in (1..n - 1).rev() {
        curvature[i] = (curvature[i] * curvature[i + 1] + work[i]) / 6.0;
    }
}
