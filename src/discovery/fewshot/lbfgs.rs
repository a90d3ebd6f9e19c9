//! Limited-memory BFGS (Nocedal 1980; Liu & Nocedal 1989) for smooth convex functions.

use std::collections::VecDeque;

/// Pairs of steps and gradient changes that are remembered.
const MEMORY: usize = 10;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Minimises `f` from `start`. `f` writes the gradient and returns the value. Stops when the
/// largest component of the gradient is below `tolerance`, when no step improves, or after
/// `max_iterations`. Returns the point and the number of iterations.
pub(super) fn minimize(
    start: Vec<f64>,
    max_iterations: usize,
    tolerance: f64,
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> (Vec<f64>, usize) {
    let n = start.len();
    let mut x = start;
    let mut gradient = vec![0.0; n];
    let mut value = f(&x, &mut gradient);
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new();
    let (mut trial, mut trial_gradient) = (vec![0.0; n], vec![0.0; n]);
    for iteration in 0..max_iterations {
        if gradient.iter().all(|g| g.abs() <= tolerance) {
            return (x, iteration);
        }
        // Two-loop recursion.
        let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut alphas = Vec::with_capacity(memory.len());
        for (s, y, rho) in memory.iter().rev() {
            let alpha = rho * dot(s, &direction);
            direction.iter_mut().zip(y).for_each(|(d, y)| *d -= alpha * y);
            alphas.push(alpha);
        }
        let first = match memory.back() {
            Some((s, y, _)) => dot(s, y) / dot(y, y),
            None => 1.0 / dot(&gradient, &gradient).sqrt(),
        };
        direction.iter_mut().for_each(|d| *d *= first);
        for ((s, y, rho), alpha) in memory.iter().zip(alphas.iter().rev()) {
            let beta = rho * dot(y, &direction);
            direction
                .iter_mut()
                .zip(s)
                .for_each(|(d, s)| *d += (alpha - beta) * s);
        }
        let mut slope = dot(&gradient, &direction);
        if slope >= 0.0 || !slope.is_finite() {
            // The memory went stale: fall back to steepest descent.
            memory.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = -dot(&gradient, &gradient);
        }
        // Bracketing for the weak Wolfe conditions, which keep the memory positive definite.
        let (mut low, mut high, mut step) = (0.0, f64::INFINITY, 1.0);
        let mut new = value;
        for _ in 0..40 {
            for ((t, x), d) in trial.iter_mut().zip(&x).zip(&direction) {
                *t = x + step * d;
            }
            new = f(&trial, &mut trial_gradient);
            // A value that is not finite is too far, too.
            if new.is_nan() || new > value + 1e-4 * step * slope {
                high = step;
            } else if dot(&trial_gradient, &direction) < 0.9 * slope {
                low = step;
            } else {
                break;
            }
            step = if high.is_finite() {
                (low + high) / 2.0
            } else {
                2.0 * low
            };
        }
        if new.is_nan() || new >= value {
            // Rounding: no further descent is possible.
            return (x, iteration);
        }
        let s: Vec<f64> = trial.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = (trial_gradient.iter().zip(&gradient))
            .map(|(a, b)| a - b)
            .collect();
        let curvature = dot(&s, &y);
        if curvature > 1e-14 * dot(&y, &y) && curvature > 0.0 {
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back((s, y, 1.0 / curvature));
        }
        value = new;
        std::mem::swap(&mut x, &mut trial);
        std::mem::swap(&mut gradient, &mut trial_gradient);
    }
    (x, max_iterations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_an_ill_scaled_bowl() {
        let scales = [1.0, 30.0, 1000.0, 0.02];
        let (x, _) = minimize(vec![5.0; 4], 500, 1e-9, |x, g| {
            let mut v = 0.0;
            for j in 0..4 {
                let d = x[j] - j as f64;
                g[j] = scales[j] * d + d.powi(3);
                v += 0.5 * scales[j] * d * d + 0.25 * d.powi(4);
            }
            v
        });
        for (j, v) in x.iter().enumerate() {
            assert!((v - j as f64).abs() < 1e-6, "{x:?}");
        }
    }
}
