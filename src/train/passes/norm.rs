//! Batch norms in training: statistics of the batch a field, and their way back.
//!
//! Source: Ioffe & Szegedy 2015 (arXiv:1502.03167).

use super::dense::{eightfold, onefold};
use super::kernels;
use crate::encoder::model::p4m::group::TURNS;
use crate::encoder::model::p4m::shape::{EPSILON, NormAt};

/// Sums over rows of channels, of one group of images or of all.
#[derive(Clone, Default)]
pub(super) struct Moments {
    pub sum: Vec<f32>,
    pub square: Vec<f32>,
}

impl Moments {
    pub fn of(x: &[f32], channels: usize) -> Self {
        let mut moments = Self {
            sum: vec![0.0; channels],
            square: vec![0.0; channels],
        };
        kernels::moments(x, &mut moments.sum, &mut moments.square);
        moments
    }

    /// Sums of `d` and `d x`.
    pub fn of_both(d: &[f32], x: &[f32], channels: usize) -> Self {
        let mut moments = Self {
            sum: vec![0.0; channels],
            square: vec![0.0; channels],
        };
        kernels::dots(d, x, &mut moments.sum, &mut moments.square);
        moments
    }

    pub fn add(&mut self, other: &Self) {
        if self.sum.is_empty() {
            *self = other.clone();
            return;
        }
        add(&mut self.sum, &other.sum);
        add(&mut self.square, &other.square);
    }
}

/// Adds values one by one.
pub(super) fn add(to: &mut [f32], from: &[f32]) {
    for (t, f) in to.iter_mut().zip(from) {
        *t += f;
    }
}

/// What a norm did with a batch.
#[derive(Clone, Default)]
pub(super) struct Normed {
    /// A field's mean.
    pub mean: Vec<f32>,
    /// A field's variance (divided by the count).
    pub variance: Vec<f32>,
    /// Factor a channel.
    pub scale: Vec<f32>,
    /// Summand a channel.
    pub shift: Vec<f32>,
    /// Values a field.
    pub count: f32,
}

impl Normed {
    /// The norm `at` over `rows` rows with these moments of their channels, field by field.
    pub fn new(at: &NormAt, weights: &[f32], moments: &[Moments], rows: usize) -> Self {
        let fields = at.width();
        let count = (rows * TURNS) as f64;
        let mut sums = vec![[0.0f64; 2]; fields];
        for part in moments {
            for (i, (s, q)) in part.sum.iter().zip(&part.square).enumerate() {
                sums[i / TURNS][0] += f64::from(*s);
                sums[i / TURNS][1] += f64::from(*q);
            }
        }
        let mean: Vec<f32> = sums.iter().map(|[s, _]| (s / count) as f32).collect();
        let variance: Vec<f32> = sums
            .iter()
            .map(|[s, q]| (q / count - (s / count).powi(2)).max(0.0) as f32)
            .collect();
        let (scale, shift) = at.affine(weights, &mean, &variance);
        Self {
            mean,
            variance,
            scale: eightfold(&scale),
            shift: eightfold(&shift),
            count: count as f32,
        }
    }

    /// From the sums of the outputs' gradient and of its product with the inputs: adds to the
    /// gradients of scale and shift, and gives the factors (a channel) of gradient, input and one
    /// whose sum is the inputs' gradient.
    pub fn back(&self, at: &NormAt, weights: &[f32], sums: &Moments, gradient: &mut [f32]) -> [Vec<f32>; 3] {
        let fields = at.width();
        let (mut sum, mut product) = (vec![0.0; fields], vec![0.0; fields]);
        onefold(&sums.sum, &mut sum);
        onefold(&sums.square, &mut product);
        let mut factors = [vec![0.0; fields], vec![0.0; fields], vec![0.0; fields]];
        for f in 0..fields {
            let inverse = 1.0 / (self.variance[f] + EPSILON).sqrt();
            // Σ d x̂, x̂ being the input with mean 0 and variance 1.
            let along = (product[f] - self.mean[f] * sum[f]) * inverse;
            at.scale.of_mut(gradient)[f] += along;
            at.shift.of_mut(gradient)[f] += sum[f];
            let a = at.scale.of(weights)[f] * inverse;
            let b = -a * inverse * along / self.count;
            factors[0][f] = a;
            factors[1][f] = b;
            factors[2][f] = -a * sum[f] / self.count - b * self.mean[f];
        }
        factors.map(|f| eightfold(&f))
    }
}
