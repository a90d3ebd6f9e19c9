//! Training: passes against burn's differentiation, the network against its definition, the loop.

mod augment;
mod looping;
mod network;
mod passes;

use astrolabel::encoder::model::p4m::shape::P4mShape;
use rand::{Rng, SeedableRng};

/// A network of this shape with weights, and statistics as a training leaves them.
fn drawn(shape: &P4mShape, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let layout = shape.layout();
    let weights = (0..layout.weights).map(|_| rng.random_range(-0.5..0.5)).collect();
    let mut stats = vec![0.0; layout.stats];
    for (_, at) in &layout.norms {
        for f in 0..at.width() {
            stats[at.stats + f] = rng.random_range(-0.3..0.3);
            stats[at.stats + at.width() + f] = rng.random_range(0.2..2.0);
        }
    }
    (weights, stats)
}
