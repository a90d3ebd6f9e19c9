//! Chance for one stamp: a stream of its own, so that a stamp is the same whoever draws it and when.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};
use std::f64::consts::TAU;

/// The random numbers of one stamp.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream `number` of `seed`.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        Self(rng)
    }

    /// Uniform in [`low`, `high`); `low` where there is nothing between.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low).max(0.0) * self.0.random::<f64>()
    }

    /// Uniform in the logarithm; both bounds are above zero.
    pub fn log_between(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// A whole number in [`low`, `high`].
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        self.0.random_range(low..=high.max(low))
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.0.random::<f64>() < p
    }

    /// One of `choices`, by weight.
    pub fn pick<T: Copy>(&mut self, choices: &[(T, f64)]) -> T {
        let mut at = self.between(0.0, choices.iter().map(|c| c.1).sum());
        for &(choice, weight) in choices {
            if at < weight {
                return choice;
            }
            at -= weight;
        }
        choices[choices.len() - 1].0
    }

    /// An angle in radians, any.
    pub fn angle(&mut self) -> f64 {
        self.between(0.0, TAU)
    }

    /// -1 or 1.
    pub fn sign(&mut self) -> f64 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// A normal deviate of mean 0 and deviation 1.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// How many events there are where `mean` are expected.
    pub fn poisson(&mut self, mean: f64) -> usize {
        // Refused only for a mean that is no positive number: then nothing happens.
        Poisson::new(mean).map_or(0, |p| p.sample(&mut self.0) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_a_stream_of_its_own_that_repeats() {
        let first = |seed, number| Dice::new(seed, number).between(0.0, 1.0);
        assert_eq!(first(1, 7), first(1, 7));
        assert_ne!(first(1, 7), first(1, 8));
        assert_ne!(first(1, 7), first(2, 7));
    }

    #[test]
    fn picks_follow_their_weights() {
        let mut dice = Dice::new(5, 0);
        let n = (0..4000)
            .filter(|_| dice.pick(&[(true, 3.0), (false, 1.0)]))
            .count();
        assert!((2880..3120).contains(&n), "{n}");
    }
}
