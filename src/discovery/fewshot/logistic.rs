//! L2-regularised logistic regression, the model behind few-shot classes and guided ranking.
//!
//! The objective is scikit-learn's: `½‖W‖² + C · Σᵢ sᵢ · loss(xᵢ, yᵢ)`, the intercept free; two
//! classes share one weight vector (sigmoid), more have one each (softmax). With fewer labels
//! than dimensions the optimum lies in the span of the labelled rows (representer theorem), so
//! the problem is first rotated into that span, which changes neither loss nor penalty, and a
//! refit with 50 labels of 384 numbers takes milliseconds.

use super::lbfgs;
use crate::discovery::error::DiscoveryError;
use crate::discovery::kernel::product;
use faer::{Mat, Side};

/// A solved regression: one output for two classes (the logit of the second), else one a class.
#[derive(Debug, Clone)]
pub(crate) struct Solution {
    /// `outputs × dim`, row-major.
    pub(crate) weights: Vec<f64>,
    /// One an output.
    pub(crate) intercepts: Vec<f64>,
    /// Steps of the optimiser.
    pub(crate) iterations: usize,
}

/// What to fit: `x` is `n × dim`, `y[i] < classes`, `sample_weight[i] > 0`.
pub(crate) struct Problem<'p> {
    pub(crate) dim: usize,
    pub(crate) x: &'p [f64],
    pub(crate) y: &'p [usize],
    pub(crate) sample_weight: &'p [f64],
    pub(crate) classes: usize,
    pub(crate) c: f64,
    pub(crate) max_iterations: usize,
    pub(crate) tolerance: f64,
}

/// Weights that let every class count the same: `n / (classes · count of the class)`.
pub(crate) fn balanced_weights(y: &[usize], classes: usize) -> Vec<f64> {
    let mut count = vec![0.0; classes];
    for &c in y {
        count[c] += 1.0;
    }
    y.iter()
        .map(|&c| y.len() as f64 / (classes as f64 * count[c]))
        .collect()
}

/// Solves the problem.
///
/// # Errors
/// If the span of the rows can't be decomposed (values that are enormous or not finite).
pub(crate) fn solve(p: &Problem<'_>) -> Result<Solution, DiscoveryError> {
    let n = p.y.len();
    if n >= p.dim {
        return Ok(descend(p, p.dim, p.x));
    }
    // X = U √S Qᵀ from the Gram matrix X Xᵀ = U S Uᵀ; rows in the basis Q are U √S.
    let gram = Mat::from_fn(n, n, |i, j| {
        (row(p.x, p.dim, i).iter().zip(row(p.x, p.dim, j)))
            .map(|(a, b)| a * b)
            .sum::<f64>()
    });
    let failed = || DiscoveryError::Decomposition {
        what: "the fit of the classes",
    };
    let eigen = gram.self_adjoint_eigen(Side::Lower).map_err(|_| failed())?;
    let (u, s) = (eigen.U(), eigen.S().column_vector());
    let largest = (0..n).fold(0.0f64, |m, j| m.max(s[j]));
    if !largest.is_finite() {
        return Err(failed());
    }
    let kept: Vec<usize> = (0..n).filter(|&j| s[j] > largest * 1e-13).collect();
    let rank = kept.len();
    let mut reduced = vec![0.0; n * rank];
    for i in 0..n {
        for (t, &j) in kept.iter().enumerate() {
            reduced[i * rank + t] = u[(i, j)] * s[j].sqrt();
        }
    }
    let inner = descend(p, rank, &reduced);
    // Back: w = Σ_t v_t q_t with q_t = Xᵀ u_t / √s_t, gathered as w = Xᵀ a.
    let outputs = inner.intercepts.len();
    let mut weights = vec![0.0; outputs * p.dim];
    for o in 0..outputs {
        for i in 0..n {
            let a: f64 = (kept.iter().enumerate())
                .map(|(t, &j)| inner.weights[o * rank + t] * u[(i, j)] / s[j].sqrt())
                .sum();
            let target = &mut weights[o * p.dim..(o + 1) * p.dim];
            for (w, x) in target.iter_mut().zip(row(p.x, p.dim, i)) {
                *w += a * x;
            }
        }
    }
    Ok(Solution { weights, ..inner })
}

fn row(x: &[f64], dim: usize, i: usize) -> &[f64] {
    &x[i * dim..(i + 1) * dim]
}

/// The primal problem over rows of width `dim`.
fn descend(p: &Problem<'_>, dim: usize, x: &[f64]) -> Solution {
    let outputs = if p.classes == 2 { 1 } else { p.classes };
    // Dividing by C·Σs changes nothing but makes the tolerance independent of the label count.
    let total: f64 = p.sample_weight.iter().sum();
    let penalty = 1.0 / (p.c * total);
    let width = dim + 1;
    let mut logits = vec![0.0; outputs];
    let (point, iterations) = lbfgs::minimize(
        vec![0.0; outputs * width],
        p.max_iterations,
        p.tolerance,
        |point, gradient| {
            gradient.fill(0.0);
            let mut value = 0.0;
            for (i, &class) in p.y.iter().enumerate() {
                let xi = row(x, dim, i);
                for o in 0..outputs {
                    let w = &point[o * width..(o + 1) * width];
                    logits[o] = w[dim] + product(&w[..dim], xi);
                }
                let weight = p.sample_weight[i] / total;
                value += weight * loss_and_slope(&mut logits, class);
                for o in 0..outputs {
                    let slope = weight * logits[o];
                    let g = &mut gradient[o * width..(o + 1) * width];
                    g[dim] += slope;
                    for (g, x) in g.iter_mut().zip(xi) {
                        *g += slope * x;
                    }
                }
            }
            for o in 0..outputs {
                for j in o * width..o * width + dim {
                    value += 0.5 * penalty * point[j] * point[j];
                    gradient[j] += penalty * point[j];
                }
            }
            value
        },
    );
    let mut weights = Vec::with_capacity(outputs * dim);
    let mut intercepts = Vec::with_capacity(outputs);
    for w in point.chunks_exact(width) {
        weights.extend_from_slice(&w[..dim]);
        intercepts.push(w[dim]);
    }
    Solution {
        weights,
        intercepts,
        iterations,
    }
}

/// The negative log-likelihood of `class`; replaces the logits by the loss' derivative.
fn loss_and_slope(logits: &mut [f64], class: usize) -> f64 {
    if let [logit] = logits {
        let sign = if class == 1 { 1.0 } else { -1.0 };
        let margin = sign * *logit;
        let loss = if margin > 0.0 {
            (-margin).exp().ln_1p()
        } else {
            -margin + margin.exp().ln_1p()
        };
        *logit = sigmoid(*logit) - f64::from(u8::from(class == 1));
        return loss;
    }
    let own = logits[class];
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|l| (l - largest).exp()).sum();
    let log_sum = largest + sum.ln();
    for l in logits.iter_mut() {
        *l = (*l - log_sum).exp();
    }
    logits[class] -= 1.0;
    log_sum - own
}

/// `1 / (1 + e^-x)` without overflow.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// Probabilities from the solution's outputs (one for two classes), divided by `temperature`, and
/// their Shannon entropy in nats, which falls off on the way with one logarithm instead of many.
pub(crate) fn probabilities(logits: &[f64], temperature: f64, out: &mut [f64]) -> f64 {
    if let [logit] = logits {
        let logit = logit / temperature;
        let p = sigmoid(logit);
        out[0] = 1.0 - p;
        out[1] = p;
        let apart = logit.abs();
        // Beyond this the second term is lost in rounding, or infinity times zero.
        let second = if apart < 700.0 {
            apart * sigmoid(-apart)
        } else {
            0.0
        };
        return (-apart).exp().ln_1p() + second;
    }
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut moment) = (0.0, 0.0);
    for (o, l) in out.iter_mut().zip(logits) {
        let below = (l - largest) / temperature;
        *o = below.exp();
        sum += *o;
        if *o > 0.0 {
            moment += *o * below;
        }
    }
    out.iter_mut().for_each(|o| *o /= sum);
    sum.ln() - moment / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entropy_is_that_of_the_probabilities() {
        for logits in [
            vec![0.3],
            vec![-40.0],
            vec![900.0],
            vec![1.0, -2.0, 0.5],
            vec![0.0, 0.0, 0.0, -800.0],
        ] {
            let mut p = vec![0.0; logits.len().max(2)];
            let entropy = probabilities(&logits, 1.3, &mut p);
            let wanted: f64 = p.iter().filter(|v| **v > 0.0).map(|v| -v * v.ln()).sum();
            assert!((entropy - wanted).abs() < 1e-12, "{logits:?}: {entropy} {wanted}");
        }
    }
}
