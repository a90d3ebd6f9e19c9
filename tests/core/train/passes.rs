//! The compiled passes against burn's graph and its automatic differentiation.

use astrolabel::encoder::model::p4m::graph::{Graph, circle};
use astrolabel::encoder::model::p4m::shape::P4mShape;
use astrolabel::train::passes::{Kept, backward, forward};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};

fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().unwrap()
}

/// Largest difference, as a part of the largest value.
fn off(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let off = a.iter().zip(b).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
    off / largest.max(1e-6)
}

#[test]
fn numbers_and_gradients_are_those_of_burn() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    for (planes, fields, depths, side, batch) in [
        (3, vec![2, 4, 6], vec![1, 2, 1], 24, 3),
        (1, vec![4, 2], vec![0, 1], 32, 11),
    ] {
        let shape = P4mShape {
            planes,
            fields,
            depths,
            dim: 5,
        };
        shape.check().unwrap();
        let layout = shape.layout();
        let weights: Vec<f32> = (0..layout.weights).map(|_| rng.random_range(-0.6..0.6)).collect();
        let circle = circle(side);
        let images: Vec<f32> = (0..batch * planes * side * side)
            .map(|i| rng.random_range(-1.0f32..3.0) * circle[i % (side * side)])
            .collect();
        let toward: Vec<f32> = (0..batch * shape.pooled())
            .map(|_| rng.random_range(-1.0..1.0))
            .collect();

        let device = Device::flex().autodiff();
        let graph = Graph {
            layout: &layout,
            weights: Tensor::<1>::from_data(TensorData::new(weights.clone(), [weights.len()]), &device)
                .require_grad(),
            statistics: None,
        };
        let input = TensorData::new(images.clone(), [batch, planes, side, side]);
        let pooled = graph.pooled(Tensor::from_data(input, &device));
        let along = Tensor::<2>::from_data(TensorData::new(toward.clone(), [batch, shape.pooled()]), &device);
        let gradients = (pooled.clone() * along).sum().backward();
        let want = values(graph.weights.grad(&gradients).unwrap());

        let mut kept = Kept::default();
        // Twice, so that what the first batch left behind would show.
        for _ in 0..2 {
            let mut gradient = vec![7.0; layout.weights];
            let got = forward(&layout, &weights, &images, [batch, side], &mut kept);
            assert!(off(&got, &values(pooled.clone())) < 2e-5);
            backward(
                &layout,
                &weights,
                &images,
                [batch, side],
                &mut kept,
                &toward,
                &mut gradient,
            );
            // A shift before a norm has no effect, and a gradient of rounding alone.
            let largest = want.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            for entry in &layout.entries {
                let (got, want) = (entry.of(&gradient), entry.of(&want));
                let own = want.iter().fold(0.0f32, |m, v| m.max(v.abs()));
                for (g, w) in got.iter().zip(want) {
                    let most = 1e-3 * own + 1e-5 * largest;
                    assert!((g - w).abs() < most, "{}: {g}, not {w}", entry.name);
                }
            }
        }
    }
}
