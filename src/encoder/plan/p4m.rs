//! A p4m network's plan: the ordinary convolutional network that it is, norms folded into what they stand
//! beside, channels side by side. Images are small enough to stay in a core's cache from pixels to
//! vector, so that every core has its own.

#![allow(
    unsafe_code,
    reason = "cores write the vectors of their own images into one row"
)]

use super::buffer::{Buffer, Shared};
use super::depthwise::{Depthwise, Window};
use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;
use super::operand::Operand;
use super::pool::Pool;
use super::product::{After, product, product_operand};
use super::team::{Deal, Team};
use super::tiles::Cut;
use super::window::{bordered, window};
use crate::encoder::model::p4m::expand::{each_lift, each_tap, each_weight, seen};
use crate::encoder::model::p4m::group::TURNS;
use crate::encoder::model::p4m::shape::{Entry, LIFT_PX, Layout, MixAt, NormAt, SHRINK_PX, STEP, WINDOW_PX};
use crate::encoder::model::p4m::turn::Turn;
use crate::vectorised::vectorised;

/// Rows of a tile's insides times their width: what stays in the cache.
const TILE: usize = 49_152;

struct Block {
    window: Window,
    up: Matrix,
    down: Matrix,
}

struct Stage {
    shrink: Option<(Window, Matrix)>,
    blocks: Vec<Block>,
    channels: usize,
}

/// A compiled p4m network.
pub struct P4mPlan {
    /// For which instruction set.
    pub kernels: &'static Kernels,
    precision: Precision,
    planes: usize,
    lift: Matrix,
    stages: Vec<Stage>,
    /// The last norm.
    scale: Vec<f32>,
    shift: Vec<f32>,
    head: Matrix,
    memory: Pool<Memory>,
}

/// One core's memory.
#[derive(Default)]
struct Memory {
    images: [Vec<f32>; 2],
    bordered: Vec<f32>,
    turned: Vec<f32>,
    vector: Vec<f32>,
    hidden: Buffer,
    left: Operand,
    inner: Operand,
}

impl std::fmt::Debug for P4mPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (isa, precision) = (self.kernels.isa.name(), self.precision.name());
        write!(f, "P4mPlan({isa}, {precision}, {} stages)", self.stages.len())
    }
}

/// Folds weights.
struct Folding<'a> {
    kernels: &'a Kernels,
    weights: &'a [f32],
    stats: &'a [f32],
    precision: Precision,
}

impl Folding<'_> {
    /// Factor and summand of a norm, a value a channel.
    fn affine(&self, at: &NormAt, each: usize) -> (Vec<f32>, Vec<f32>) {
        let (mean, variance) = at.stats(self.stats);
        let (scale, shift) = at.affine(self.weights, mean, variance);
        let repeat = |v: Vec<f32>| v.into_iter().flat_map(|v| std::iter::repeat_n(v, each)).collect();
        (repeat(scale), repeat(shift))
    }

    /// A window that goes in steps of `stride`, and the norm after it.
    fn window(&self, entry: &Entry, norm: &NormAt, stride: usize) -> Window {
        let (fields, side) = (entry.shape[0], entry.shape[1]);
        let (channels, from) = (fields * TURNS, entry.of(self.weights));
        let (scale, bias) = self.affine(norm, TURNS);
        let mut weight = vec![0.0; side * side * channels];
        each_tap(fields, side, |tap, channel, place| {
            weight[tap * channels + channel] = from[place] * scale[channel];
        });
        Window {
            weight,
            bias,
            channels,
            side,
            stride,
            relu6: false,
        }
    }

    /// A group convolution whose outputs are multiplied by `scale`, a value a field.
    fn mix(&self, at: &MixAt, scale: Option<&[f32]>) -> Matrix {
        let (outputs, inputs) = (at.weight.shape[0], at.weight.shape[1]);
        let wide = outputs * TURNS;
        let from = at.weight.of(self.weights);
        let factor = |field: usize| scale.map_or(1.0, |s| s[field]);
        let mut values = vec![0.0; wide * inputs * TURNS];
        each_weight(outputs, inputs, |dense, place| {
            let (output, input) = (dense / (inputs * TURNS), dense % (inputs * TURNS));
            values[input * wide + output] = from[place] * factor(output / TURNS);
        });
        let bias: Vec<f32> = (0..wide)
            .map(|o| at.bias.of(self.weights)[o / TURNS] * factor(o / TURNS))
            .collect();
        Matrix::pack(
            self.kernels,
            self.precision,
            [inputs * TURNS, wide],
            &values,
            &bias,
        )
    }
}

impl P4mPlan {
    /// Packs a network's weights with its statistics for `kernels`; blocks compute in `precision`.
    pub fn new(
        kernels: &'static Kernels,
        layout: &Layout,
        weights: &[f32],
        stats: &[f32],
        precision: Precision,
    ) -> Self {
        let f = Folding {
            kernels,
            weights,
            stats,
            precision,
        };
        let lift = &layout.lift;
        let (planes, channels) = (lift.shape[1], lift.shape[0] * TURNS);
        let (scale, bias) = f.affine(&layout.lift_norm, TURNS);
        let taps = planes * LIFT_PX * LIFT_PX;
        let mut values = vec![0.0; channels * taps];
        each_lift(lift.shape[0], planes, |dense, place| {
            let (channel, tap) = (dense / taps, dense % taps);
            values[tap * channels + channel] = lift.of(weights)[place] * scale[channel];
        });
        let lift = Matrix::pack(kernels, Precision::F32, [taps, channels], &values, &bias);
        let stages = (layout.stages.iter())
            .map(|stage| Stage {
                shrink: (stage.shrink.as_ref())
                    .map(|(entry, norm, mix)| (f.window(entry, norm, STEP), f.mix(mix, None))),
                blocks: (stage.blocks.iter())
                    .map(|at| Block {
                        window: f.window(&at.window, &at.norm, 1),
                        up: f.mix(&at.up, None),
                        down: f.mix(&at.down, Some(at.scale.of(weights))),
                    })
                    .collect(),
                channels: stage.fields * TURNS,
            })
            .collect();
        let (scale, shift) = f.affine(&layout.norm, TURNS);
        // The norm of the pooled numbers goes into the matrix after it.
        let (factor, summand) = f.affine(&layout.head_norm, 1);
        let (dim, pooled) = (layout.shape.dim, factor.len());
        let from = layout.head.of(weights);
        let mut values = vec![0.0; pooled * dim];
        let mut bias = layout.head_bias.of(weights).to_vec();
        for (o, row) in from.chunks_exact(pooled).enumerate() {
            for (i, w) in row.iter().enumerate() {
                values[i * dim + o] = w * factor[i];
                bias[o] += w * summand[i];
            }
        }
        let head = Matrix::pack(kernels, Precision::F32, [pooled, dim], &values, &bias);
        Self {
            kernels,
            precision,
            planes,
            lift,
            stages,
            scale,
            shift,
            head,
            memory: Pool::default(),
        }
    }

    /// Vectors, `[batch, dim]`, of `images`, `[batch, planes, side, side]`: each the mean over `turns`.
    pub fn embed(
        &self,
        team: &Team,
        images: &[f32],
        [batch, side]: [usize; 2],
        turns: &[Turn],
        out: &mut [f32],
    ) {
        let (long, dim) = (self.planes * side * side, self.head.outputs);
        assert_eq!(
            (images.len(), out.len()),
            (batch * long, batch * dim),
            "an input of another shape"
        );
        let out = Shared::of(out);
        let all = Deal::new(batch);
        team.run(|_| {
            let mut memory = self.memory.take();
            while let Some(image) = all.take() {
                // SAFETY: an image's vector is written by the lane that has the image alone.
                let to = unsafe { out.floats_mut(image * dim, dim) };
                let planes = &images[image * long..(image + 1) * long];
                to.fill(0.0);
                for turn in turns {
                    self.image(planes, side, turn, &mut memory);
                    for (sum, v) in to.iter_mut().zip(&memory.vector) {
                        *sum += v / turns.len() as f32;
                    }
                }
            }
            self.memory.give(memory);
        });
    }

    /// The vector of one turn of an image, into the memory.
    fn image(&self, planes: &[f32], side: usize, turn: &Turn, m: &mut Memory) {
        let mut size = side / STEP;
        let mut turned = std::mem::take(&mut m.turned);
        turned.resize(planes.len(), 0.0);
        turn.apply(planes, &mut m.bordered, &mut turned);
        self.lifted(&turned, side, m);
        m.turned = turned;
        for stage in &self.stages {
            if let Some((over, mix)) = &stage.shrink {
                self.shrink(over, mix, &mut size, m);
            }
            for block in &stage.blocks {
                self.block(block, size, stage.channels, m);
            }
        }
        let mut vector = std::mem::take(&mut m.vector);
        vector.resize(self.head.outputs, 0.0);
        self.pooled(size * size, m, &mut vector);
        m.vector = vector;
    }

    /// Planes to fields, into the first image.
    fn lifted(&self, planes: &[f32], side: usize, m: &mut Memory) {
        let (k, small, channels) = (self.kernels, side / STEP, self.lift.outputs);
        m.images[0].resize(small * small * channels, 0.0);
        for y in 0..small {
            (m.left).fill(k, Precision::F32, small, self.lift.inputs, |x, row| {
                seen(planes, side, y, x, row);
            });
            let to = &mut m.images[0][y * small * channels..(y + 1) * small * channels];
            product(k, &m.left, small, &self.lift, After::Store, to, channels);
        }
    }

    /// Half the size, from the first image back into it.
    fn shrink(&self, over: &Window, mix: &Matrix, size: &mut usize, m: &mut Memory) {
        let channels = over.channels;
        let line = bordered(
            &m.images[0],
            *size,
            channels,
            (SHRINK_PX - STEP) / 2,
            &mut m.bordered,
        );
        *size /= STEP;
        let rows = *size * *size;
        m.images[1].resize(rows * channels, 0.0);
        window::<SHRINK_PX, STEP>(
            &m.bordered,
            line,
            channels,
            &over.weight,
            [*size; 2],
            &mut m.images[1],
        );
        m.images[0].resize(rows * mix.outputs, 0.0);
        self.tiles(rows, channels, |first, rows| {
            let from = &m.images[1][first * channels..(first + rows) * channels];
            add_and_fill(&mut m.left, self.kernels, mix.precision, from, &over.bias);
            let to = &mut m.images[0][first * mix.outputs..(first + rows) * mix.outputs];
            product(self.kernels, &m.left, rows, mix, After::Store, to, mix.outputs);
        });
    }

    fn block(&self, block: &Block, size: usize, channels: usize, m: &mut Memory) {
        let (k, wide) = (self.kernels, block.up.outputs);
        let rows = size * size;
        let [image, convolved] = &mut m.images;
        convolved.resize(rows * channels, 0.0);
        let over = Depthwise {
            image,
            first: 0,
            size: [size; 2],
            before: [WINDOW_PX / 2; 2],
            columns: size,
            window: &block.window,
        };
        k.depthwise(&over, 0..rows, convolved);
        self.tiles(rows, wide, |first, rows| {
            let range = first * channels..(first + rows) * channels;
            let (from, precision) = (&m.images[1][range.clone()], block.up.precision);
            let left = (m.left).view(k, precision, [rows, channels], from, channels);
            let inner = (&mut m.inner, block.down.precision);
            product_operand(k, left, rows, &block.up, After::Gelu, inner, &mut m.hidden);
            let to = &mut m.images[0][range];
            product(k, &m.inner, rows, &block.down, After::Add, to, channels);
        });
    }

    /// Mean and maximum over places and turns, and the head.
    fn pooled(&self, places: usize, m: &mut Memory, out: &mut [f32]) {
        let channels = self.scale.len();
        let fields = channels / TURNS;
        let (mut mean, mut most) = (vec![0.0f32; channels], vec![f32::NEG_INFINITY; channels]);
        for row in m.images[0].chunks_exact(channels).take(places) {
            gather(row, &self.scale, &self.shift, &mut mean, &mut most);
        }
        m.left
            .fill(self.kernels, Precision::F32, 1, 4 * fields, |_, row| {
                for f in 0..fields {
                    for (i, values) in [&mean, &most].into_iter().enumerate() {
                        let part = if i == 0 { places as f32 } else { 1.0 };
                        let turns = &values[f * TURNS..(f + 1) * TURNS];
                        row[2 * i * fields + f] = turns.iter().sum::<f32>() / (TURNS as f32 * part);
                        row[(2 * i + 1) * fields + f] =
                            turns.iter().fold(f32::NEG_INFINITY, |m, v| m.max(*v)) / part;
                    }
                }
            });
        product(
            self.kernels,
            &m.left,
            1,
            &self.head,
            After::Store,
            out,
            self.head.outputs,
        );
    }

    /// Cuts rows in equal parts whose insides stay in the cache.
    fn tiles(&self, rows: usize, wide: usize, each: impl FnMut(usize, usize)) {
        let cut = self.kernels.cut(self.precision);
        let most = (TILE / wide).next_multiple_of(cut.unit).max(cut.rows);
        super::product::for_tiles(rows, Cut { rows: most, ..cut }, each);
    }

    /// Operations (a multiplication and an addition are two) on an image of `side` px.
    pub fn flops(&self, side: usize) -> u64 {
        let mut size = (side / STEP) as u64;
        let mut sum = self.lift.flops() * size * size;
        for stage in &self.stages {
            if let Some((over, mix)) = &stage.shrink {
                size /= STEP as u64;
                sum += (2 * over.weight.len() as u64 + mix.flops()) * size * size;
            }
            let each = |b: &Block| 2 * b.window.weight.len() as u64 + b.up.flops() + b.down.flops();
            sum += stage.blocks.iter().map(each).sum::<u64>() * size * size;
        }
        sum + self.head.flops()
    }
}

/// Rows plus a bias as an operand.
fn add_and_fill(left: &mut Operand, k: &Kernels, precision: Precision, from: &[f32], bias: &[f32]) {
    let wide = bias.len();
    left.fill(k, precision, from.len() / wide, wide, |i, row| {
        for ((to, v), b) in row.iter_mut().zip(&from[i * wide..(i + 1) * wide]).zip(bias) {
            *to = v + b;
        }
    });
}

vectorised! {
    /// Takes a place's values, scaled and shifted, into their sums and into the largest of them.
    gather(row: &[f32], scale: &[f32], shift: &[f32], sums: &mut [f32], most: &mut [f32]) {
        let scaling = scale.iter().zip(shift);
        for (((v, (scale, shift)), sum), most) in row.iter().zip(scaling).zip(sums).zip(most) {
            let v = v.mul_add(*scale, *shift);
            *sum += v;
            *most = most.max(v);
        }
    }
}
