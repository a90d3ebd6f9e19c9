//! AdamW on a row of weights (Loshchilov & Hutter 2019, arXiv:1711.05101), and the rate at which it
//! learns.

use rayon::prelude::*;

/// Decay of the means of gradients and of their squares.
const BETAS: [f32; 2] = [0.9, 0.999];
/// Added to the root of the squares' mean.
const EPSILON: f32 = 1e-8;

/// What is remembered of a row's gradients.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdamW {
    /// Means of gradients.
    pub first: Vec<f32>,
    /// Means of their squares.
    pub second: Vec<f32>,
}

impl AdamW {
    /// Nothing yet, for `len` weights.
    pub fn new(len: usize) -> Self {
        Self {
            first: vec![0.0; len],
            second: vec![0.0; len],
        }
    }

    /// One step, the `step`-th (from 1). `decays` says of each weight whether it shrinks by `decay` times
    /// the rate.
    pub fn step(
        &mut self,
        weights: &mut [f32],
        gradient: &[f32],
        decays: &[bool],
        (rate, decay): (f32, f32),
        step: u64,
    ) {
        let corrections = BETAS.map(|b| 1.0 - f64::from(b).powf(step as f64));
        let [first, second] = [corrections[0] as f32, corrections[1] as f32];
        let size = 1 << 15;
        (weights.par_chunks_mut(size))
            .zip(gradient.par_chunks(size))
            .zip(decays.par_chunks(size))
            .zip(self.first.par_chunks_mut(size))
            .zip(self.second.par_chunks_mut(size))
            .for_each(|((((w, g), d), m), v)| {
                for ((((w, &g), &d), m), v) in w.iter_mut().zip(g).zip(d).zip(m).zip(v) {
                    if d {
                        *w -= rate * decay * *w;
                    }
                    *m += (1.0 - BETAS[0]) * (g - *m);
                    *v += (1.0 - BETAS[1]) * (g * g - *v);
                    *w -= rate * (*m / first) / ((*v / second).sqrt() + EPSILON);
                }
            });
    }
}

/// The rate at `step` of `steps`: up in a straight line over `warm_up` steps, then down half a cosine.
pub fn rate(most: f32, step: u64, steps: u64, warm_up: u64) -> f32 {
    let up = ((step + 1) as f32 / warm_up.max(1) as f32).min(1.0);
    let along = (step as f32 / steps.max(1) as f32).min(1.0);
    most * up * 0.5 * (1.0 + (std::f32::consts::PI * along).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_are_those_of_torch() {
        // torch.optim.AdamW([w], lr=0.1, weight_decay=0.5) with w = [1, -2] and these gradients.
        let (mut w, mut adam) = (vec![1.0, -2.0], AdamW::new(2));
        for (step, g) in [[0.5, -1.0], [0.25, 3.0], [-4.0, 0.0]].iter().enumerate() {
            adam.step(&mut w, g, &[true, true], (0.1, 0.5), step as u64 + 1);
        }
        let want = TORCH;
        for (got, want) in w.iter().zip(want) {
            assert!((got - want).abs() < 1e-5, "{w:?}");
        }
    }

    const TORCH: [f32; 2] = [0.731_870_9, -1.709_648_8];

    #[test]
    fn the_rate_rises_and_falls() {
        assert!(rate(1.0, 0, 1000, 40) < 0.03);
        assert!(rate(1.0, 40, 1000, 40) > 0.99);
        assert!((rate(1.0, 500, 1000, 40) - 0.5).abs() < 1e-3);
        assert!(rate(1.0, 999, 1000, 40) < 1e-4);
    }
}
