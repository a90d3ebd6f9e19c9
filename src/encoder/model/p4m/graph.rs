//! The network in burn's operations: on any device, and differentiable by burn. What is compiled for the
//! processor, for training and for embedding, is held against it.

use super::expand::{each_lift, each_tap, each_weight};
use super::group::TURNS;
use super::shape::{Entry, LIFT_PX, Layout, MixAt, NormAt, SHRINK_PX, STEP, WINDOW_PX};
use burn::tensor::activation::gelu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Int, Tensor, TensorData};

/// A network's weights in one row, as [`Layout`] places them.
pub struct Graph<'a> {
    /// Where each weight is.
    pub layout: &'a Layout,
    /// The row.
    pub weights: Tensor<1>,
    /// Means and variances that norms use, as [`Layout`] places them; without, the batch's own, as in training.
    pub statistics: Option<Tensor<1>>,
}

/// 1 inside the circle that a square image of `side` px holds, fading to 0 over three pixels at its
/// edge, so that what a rotation brings into the corners counts for nothing.
pub fn circle(side: usize) -> Vec<f32> {
    let middle = (side as f32 - 1.0) / 2.0;
    (0..side * side)
        .map(|i| {
            let r = ((i / side) as f32 - middle).hypot((i % side) as f32 - middle);
            ((side as f32 / 2.0 + 1.0 - r) / 3.0).clamp(0.0, 1.0)
        })
        .collect()
}

impl Graph<'_> {
    fn part(&self, entry: &Entry) -> Tensor<1> {
        self.weights.clone().narrow(0, entry.at, entry.len())
    }

    /// Values of `entry` at these places.
    fn spread(&self, entry: &Entry, places: Vec<i64>) -> Tensor<1> {
        let len = places.len();
        let places = Tensor::<1, Int>::from_data(TensorData::new(places, [len]), &self.weights.device());
        self.part(entry).select(0, places)
    }

    /// A value a field for each of its channels, `[1, channels, 1, 1]`.
    fn eightfold(&self, fields: Tensor<1>) -> Tensor<4> {
        let n = fields.dims()[0];
        fields
            .reshape([n, 1])
            .repeat_dim(1, TURNS)
            .reshape([1, n * TURNS, 1, 1])
    }

    fn window(&self, x: Tensor<4>, entry: &Entry, step: usize) -> Tensor<4> {
        let (fields, side) = (entry.shape[0], entry.shape[1]);
        let channels = fields * TURNS;
        let mut places = vec![0; channels * side * side];
        each_tap(fields, side, |tap, channel, place| {
            places[channel * side * side + tap] = place as i64
        });
        let kernel = self.spread(entry, places).reshape([channels, 1, side, side]);
        let zeros = (side - step) / 2;
        conv2d(
            x,
            kernel,
            None,
            ConvOptions::new([step; 2], [zeros; 2], [1, 1], channels),
        )
    }

    fn mix(&self, x: Tensor<4>, at: &MixAt) -> Tensor<4> {
        let (outputs, inputs) = (at.weight.shape[0], at.weight.shape[1]);
        let mut places = vec![0; outputs * inputs * TURNS * TURNS];
        each_weight(outputs, inputs, |dense, place| places[dense] = place as i64);
        let kernel = self
            .spread(&at.weight, places)
            .reshape([outputs * TURNS, inputs * TURNS, 1, 1]);
        let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
        conv2d(x, kernel, None, options) + self.eightfold(self.part(&at.bias))
    }

    /// A norm over `[batch, fields, values]`.
    fn norm(&self, x: Tensor<3>, at: &NormAt) -> Tensor<3> {
        let width = at.width();
        let (mean, variance) = match &self.statistics {
            None => {
                let mean = x.clone().mean_dim(0).mean_dim(2);
                let away = x.clone() - mean.clone();
                (mean, (away.clone() * away).mean_dim(0).mean_dim(2))
            }
            Some(row) => {
                let part = |i: usize| {
                    row.clone()
                        .narrow(0, at.stats + i * width, width)
                        .reshape([1, width, 1])
                };
                (part(0), part(1))
            }
        };
        let scale = self.part(&at.scale).reshape([1, width, 1]);
        let shift = self.part(&at.shift).reshape([1, width, 1]);
        (x - mean) / (variance + super::shape::EPSILON).sqrt() * scale + shift
    }

    fn norm_map(&self, x: Tensor<4>, at: &NormAt) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let fields = x.reshape([batch, channels / TURNS, TURNS * height * width]);
        self.norm(fields, at).reshape([batch, channels, height, width])
    }

    /// Pooled numbers, `[batch, pooled]`, of images `[batch, planes, side, side]` under their circle.
    pub fn pooled(&self, images: Tensor<4>) -> Tensor<2> {
        let (layout, lift) = (self.layout, &self.layout.lift);
        let (fields, planes) = (lift.shape[0], lift.shape[1]);
        let mut places = vec![0; lift.len() * TURNS];
        each_lift(fields, planes, |dense, place| places[dense] = place as i64);
        let kernel = self
            .spread(lift, places)
            .reshape([fields * TURNS, planes, LIFT_PX, LIFT_PX]);
        let zeros = (LIFT_PX - STEP) / 2;
        let x = conv2d(
            images,
            kernel,
            None,
            ConvOptions::new([STEP; 2], [zeros; 2], [1, 1], 1),
        );
        let mut x = self.norm_map(x, &layout.lift_norm);
        for stage in &layout.stages {
            if let Some((window, norm, mix)) = &stage.shrink {
                debug_assert_eq!(window.shape[1], SHRINK_PX);
                let y = self.window(x, window, STEP);
                x = self.mix(self.norm_map(y, norm), mix);
            }
            for block in &stage.blocks {
                debug_assert_eq!(block.window.shape[1], WINDOW_PX);
                let y = self.norm_map(self.window(x.clone(), &block.window, 1), &block.norm);
                let y = self.mix(gelu(self.mix(y, &block.up)), &block.down);
                x = x + y * self.eightfold(self.part(&block.scale));
            }
        }
        let x = self.norm_map(x, &layout.norm);
        let [batch, channels, height, width] = x.dims();
        let x = x.reshape([batch, channels / TURNS, TURNS, height * width]);
        let fields = [batch, channels / TURNS];
        let both = [x.clone().mean_dim(3), x.max_dim(3)].map(|y| {
            let largest: Tensor<2> = y.clone().max_dim(2).reshape(fields);
            [y.mean_dim(2).reshape(fields), largest]
        });
        Tensor::cat(both.into_iter().flatten().collect(), 1)
    }

    /// The pooled numbers' norm.
    pub fn normed(&self, pooled: Tensor<2>) -> Tensor<2> {
        let [batch, width] = pooled.dims();
        let normed = self.norm(pooled.reshape([batch, width, 1]), &self.layout.head_norm);
        normed.reshape([batch, width])
    }

    /// Vectors, `[batch, dim]`, of normed numbers.
    pub fn vectors(&self, normed: Tensor<2>) -> Tensor<2> {
        let layout = self.layout;
        let matrix: Tensor<2> = self
            .part(&layout.head)
            .reshape([layout.shape.dim, layout.shape.pooled()]);
        let bias: Tensor<2> = self.part(&layout.head_bias).reshape([1, layout.shape.dim]);
        normed.matmul(matrix.transpose()) + bias
    }
}
