//! How long one step of training takes: `cargo bench --profile dev --bench train`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints what it measured"
)]

use astrolabel::encoder::model::p4m::shape::P4mShape;
use astrolabel::train::passes::{Kept, backward, forward};
use std::time::Instant;

fn main() {
    let threads: usize = std::env::args()
        .filter_map(|a| a.parse().ok())
        .next()
        .unwrap_or(1);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .unwrap();
    for fields in [vec![4, 8, 16, 32], vec![6, 12, 24, 48]] {
        let shape = P4mShape {
            planes: 3,
            fields,
            depths: vec![1, 2, 3, 2],
            dim: 128,
        };
        let layout = shape.layout();
        let weights: Vec<f32> = (0..layout.weights)
            .map(|i| ((i * 7919 % 997) as f32 / 997.0 - 0.5) * 0.2)
            .collect();
        let images: Vec<f32> = (0..128 * 3 * 64 * 64)
            .map(|i| (i * 31 % 101) as f32 / 101.0)
            .collect();
        let (mut kept, mut gradient) = (Kept::default(), vec![0.0; layout.weights]);
        let mut times = Vec::new();
        for _ in 0..5 {
            let start = Instant::now();
            let pooled = forward(&layout, &weights, &images, [128, 64], &mut kept);
            let there = start.elapsed().as_secs_f64();
            backward(
                &layout,
                &weights,
                &images,
                [128, 64],
                &mut kept,
                &pooled,
                &mut gradient,
            );
            times.push((start.elapsed().as_secs_f64(), there));
        }
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        println!(
            "{} weights: {:.3} s a step of 128 images on {threads} threads, {:.3} of it forwards",
            layout.weights, times[2].0, times[2].1
        );
    }
}
