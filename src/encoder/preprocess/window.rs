//! A square window of a plane at the network's size, where the window's edges may lie between
//! pixels: Pillow's `resize(size, filter, box)`, with or without antialias.

/// A filter by its shape and its reach in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// 1 − |t|.
    Triangle,
    /// Keys' cubic with a = −0.5.
    Cubic,
}

impl Shape {
    fn reach(self) -> f64 {
        match self {
            Self::Triangle => 1.0,
            Self::Cubic => 2.0,
        }
    }

    fn at(self, t: f64) -> f64 {
        let t = t.abs();
        match self {
            Self::Triangle => (1.0 - t).max(0.0),
            Self::Cubic if t < 1.0 => (1.5 * t - 2.5) * t * t + 1.0,
            Self::Cubic if t < 2.0 => ((2.5 - 0.5 * t) * t - 4.0) * t + 2.0,
            Self::Cubic => 0.0,
        }
    }
}

/// First pixel and weights of every new pixel along a line of `side` pixels, of which `extent` in
/// the middle become `new`. Weights end at the line's edges and add up to 1.
fn taps(side: usize, extent: f64, new: usize, shape: Shape, antialias: bool) -> Vec<(usize, Vec<f64>)> {
    let (start, step) = ((side as f64 - extent) / 2.0, extent / new as f64);
    let stretch = if antialias { step.max(1.0) } else { 1.0 };
    let reach = shape.reach() * stretch;
    (0..new)
        .map(|i| {
            let centre = start + (i as f64 + 0.5) * step;
            let first = (centre - reach + 0.5).floor().clamp(0.0, (side - 1) as f64) as usize;
            let end = ((centre + reach + 0.5).floor().max(0.0) as usize).clamp(first + 1, side);
            let weight = |j: usize| shape.at((j as f64 + 0.5 - centre) / stretch);
            let mut weights: Vec<f64> = (first..end).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            if sum != 0.0 {
                weights.iter_mut().for_each(|w| *w /= sum);
            }
            (first, weights)
        })
        .collect()
}

/// The middle `extent` x `extent` pixels of the square `plane` of `side`, as `new` x `new`.
pub(super) fn window(
    plane: &[f32],
    side: usize,
    extent: f64,
    new: usize,
    shape: Shape,
    antialias: bool,
) -> Vec<f32> {
    let taps = taps(side, extent, new, shape, antialias);
    // Along the rows, then along the columns.
    let mut wide = vec![0.0f64; side * new];
    for y in 0..side {
        for (x, (first, weights)) in taps.iter().enumerate() {
            let row = &plane[y * side + first..];
            let sum = weights.iter().zip(row).map(|(w, &v)| w * f64::from(v)).sum();
            wide[y * new + x] = sum;
        }
    }
    let mut out = Vec::with_capacity(new * new);
    let mut sums = vec![0.0f64; new];
    for (first, weights) in &taps {
        sums.fill(0.0);
        for (weight, row) in weights.iter().zip(wide[first * new..].chunks_exact(new)) {
            sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += weight * v);
        }
        out.extend(sums.iter().map(|&sum| sum as f32));
    }
    out
}
