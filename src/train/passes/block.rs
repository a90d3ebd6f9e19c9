//! The parts of a network in training, forwards and backwards: depthwise windows, blocks' insides,
//! halvings. A batch is cut into groups of images; each group's sums are kept apart and added in
//! order, so that the result never depends on the number of cores.

use super::dense::{Mix, Window};
use super::kernels;
use super::norm::{Moments, Normed, add};
use super::product::{matrix, multiply};
use crate::encoder::plan::window::{bordered, window};
use rayon::prelude::*;

/// Groups that a batch is cut into: as many cores can be of use.
const GROUPS: usize = 8;
/// Values of a tile's inside: what stays in a core's second-level cache.
const TILE: usize = 49_152;

/// Images and how large a group of them is.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    /// Images of a group, the last may have fewer.
    pub group: usize,
}

impl Cut {
    pub fn of(batch: usize) -> Self {
        Self {
            group: batch.div_ceil(GROUPS).max(1),
        }
    }
}

/// Zeros around an image of a window of `side` in steps of `step`: those that halve or keep sizes.
fn border(side: usize, step: usize) -> usize {
    (side - step) / 2
}

/// Convolves every image of `x`, `[batch, size, size, channels]`, into `out`; gives each group's
/// moments.
pub(super) fn windows<const K: usize, const S: usize>(
    x: &[f32],
    size: usize,
    taps: &Window,
    cut: Cut,
    out: &mut [f32],
) -> Vec<Moments> {
    let channels = taps.channels;
    let (from, small) = (size * size * channels, size / S);
    let to = small * small * channels;
    let zeros = border(K, S);
    x.par_chunks(cut.group * from)
        .zip(out.par_chunks_mut(cut.group * to))
        .map(|(x, out)| {
            let mut with_border = Vec::new();
            for (x, out) in x.chunks_exact(from).zip(out.chunks_exact_mut(to)) {
                let line = bordered(x, size, channels, zeros, &mut with_border);
                window::<K, S>(&with_border, line, channels, &taps.values, [small; 2], out);
            }
            Moments::of(out, channels)
        })
        .collect()
}

/// The way back of [`windows`], whose outputs' gradient `d` is first brought back through the norm
/// that followed (`factors`, inputs `y`); writes the images' gradient, or adds to what is there
/// (`residual`), and gives that of the window's values.
#[allow(
    clippy::too_many_arguments,
    reason = "one call an image's way back, all of one batch"
)]
pub(super) fn windows_back<const K: usize, const S: usize>(
    x: &[f32],
    size: usize,
    taps: &Window,
    cut: Cut,
    (d, y, factors): (&mut [f32], &[f32], &[Vec<f32>; 3]),
    gradient: &mut [f32],
    residual: bool,
) -> Vec<f32> {
    let channels = taps.channels;
    let (from, small) = (size * size * channels, size / S);
    let to = small * small * channels;
    let zeros = border(K, S);
    let reversed = taps.reversed();
    let parts: Vec<Vec<f32>> = (x.par_chunks(cut.group * from))
        .zip(d.par_chunks_mut(cut.group * to))
        .zip(y.par_chunks(cut.group * to))
        .zip(gradient.par_chunks_mut(cut.group * from))
        .map(|(((x, d), y), gradient)| {
            let mut sums = vec![0.0; taps.values.len()];
            let (mut with_border, mut back) = (Vec::new(), vec![0.0; from]);
            let images = x.chunks_exact(from).zip(d.chunks_exact_mut(to));
            let images = images
                .zip(y.chunks_exact(to))
                .zip(gradient.chunks_exact_mut(from));
            for (((x, d), y), gradient) in images {
                kernels::norm_back(d, y, &factors[0], &factors[1], &factors[2]);
                let line = bordered(x, size, channels, zeros, &mut with_border);
                kernels::window_weights::<K, S>(&with_border, line, channels, d, [small; 2], &mut sums);
                if S == 1 {
                    let line = bordered(d, small, channels, K - 1 - zeros, &mut with_border);
                    window::<K, S>(&with_border, line, channels, &reversed, [size; 2], &mut back);
                } else {
                    with_border.fill(0.0);
                    kernels::window_image::<K, S>(
                        d,
                        line,
                        channels,
                        &taps.values,
                        [small; 2],
                        &mut with_border,
                    );
                    for (row, to) in back.chunks_exact_mut(size * channels).enumerate() {
                        let at = ((row + zeros) * line + zeros) * channels;
                        to.copy_from_slice(&with_border[at..at + size * channels]);
                    }
                }
                match residual {
                    true => add(gradient, &back),
                    false => gradient.copy_from_slice(&back),
                }
            }
            sums
        })
        .collect();
    summed(parts)
}

/// The sum of equally long rows, in their order.
pub(super) fn summed(parts: Vec<Vec<f32>>) -> Vec<f32> {
    let mut parts = parts.into_iter();
    let mut first = parts.next().unwrap_or_default();
    for part in parts {
        add(&mut first, &part);
    }
    first
}

/// A block's layers.
#[derive(Default)]
pub(super) struct Inside {
    pub window: Window,
    pub up: Mix,
    pub down: Mix,
    /// A channel's.
    pub scale: Vec<f32>,
}

/// Gradients of a block's inside.
#[derive(Default)]
pub(super) struct InsideGradient {
    pub up: Vec<f32>,
    pub up_bias: Vec<f32>,
    pub down: Vec<f32>,
    pub down_bias: Vec<f32>,
    pub scale: Vec<f32>,
}

fn tile_rows(inside: usize) -> usize {
    (TILE / inside).max(8)
}

/// `x + scale (down(gelu(up(norm(y)))))` into `out`; what enters the GELU is kept in `kept`.
pub(super) fn inside(
    (x, y): (&[f32], &[f32]),
    norm: &Normed,
    layers: &Inside,
    rows_of_group: usize,
    kept: &mut [f32],
    out: &mut [f32],
) {
    let (channels, wide) = (layers.up.inputs, layers.up.outputs);
    let tile = tile_rows(wide);
    let group = rows_of_group * channels;
    x.par_chunks(group)
        .zip(y.par_chunks(group))
        .zip(kept.par_chunks_mut(rows_of_group * wide))
        .zip(out.par_chunks_mut(group))
        .for_each(|(((x, y), kept), out)| {
            let mut normed = vec![0.0; tile * channels];
            let mut hidden = vec![0.0; tile * wide];
            let mut made = vec![0.0; tile * channels];
            let tiles = x.chunks(tile * channels).zip(y.chunks(tile * channels));
            let tiles = tiles
                .zip(kept.chunks_mut(tile * wide))
                .zip(out.chunks_mut(tile * channels));
            for (((x, y), kept), out) in tiles {
                let rows = x.len() / channels;
                kernels::affine(y, &norm.scale, &norm.shift, &mut normed);
                let up = matrix(&layers.up.values, wide, channels).transpose();
                multiply(kept, matrix(&normed, rows, channels), up, false);
                kernels::add_bias(kept, &layers.up.bias);
                kernels::gelu(kept, &mut hidden);
                let down = matrix(&layers.down.values, channels, wide).transpose();
                multiply(&mut made, matrix(&hidden, rows, wide), down, false);
                kernels::residual(x, &made, &layers.down.bias, &layers.scale, out);
            }
        });
}

/// The way back of [`inside`]: from `d`, the output's gradient, that of the normed `y` into `back`; gives
/// the weights' gradients and the sums that the norm's way back needs.
pub(super) fn inside_back(
    (d, y, kept): (&[f32], &[f32], &[f32]),
    norm: &Normed,
    layers: &Inside,
    rows_of_group: usize,
    back: &mut [f32],
) -> (InsideGradient, Moments) {
    let (channels, wide) = (layers.up.inputs, layers.up.outputs);
    let tile = tile_rows(wide);
    let group = rows_of_group * channels;
    let parts: Vec<(InsideGradient, Moments)> = (d.par_chunks(group))
        .zip(y.par_chunks(group))
        .zip(kept.par_chunks(rows_of_group * wide))
        .zip(back.par_chunks_mut(group))
        .map(|(((d, y), kept), back)| {
            // Of the unscaled way down: Σ d ⊗ hidden and Σ d.
            let mut outer = vec![0.0; channels * wide];
            let mut sum = vec![0.0; channels];
            let mut g = InsideGradient {
                up: vec![0.0; wide * channels],
                up_bias: vec![0.0; wide],
                ..Default::default()
            };
            let mut normed = vec![0.0; tile * channels];
            let mut hidden = vec![0.0; tile * wide];
            let mut inner = vec![0.0; tile * wide];
            let mut scaled = vec![0.0; tile * channels];
            let mut moments = Moments::default();
            let tiles = d.chunks(tile * channels).zip(y.chunks(tile * channels));
            let tiles = tiles
                .zip(kept.chunks(tile * wide))
                .zip(back.chunks_mut(tile * channels));
            for (((d, y), kept), back) in tiles {
                let rows = d.len() / channels;
                let long = rows * wide;
                kernels::scaled(d, &layers.scale, &mut scaled);
                let down = matrix(&layers.down.values, channels, wide);
                multiply(&mut inner, matrix(&scaled, rows, channels), down, false);
                kernels::gelu_back(kept, &mut hidden[..long], &mut inner[..long]);
                let hidden = matrix(&hidden, rows, wide);
                multiply(&mut outer, matrix(d, rows, channels).transpose(), hidden, true);
                kernels::columns(d, &mut sum);
                kernels::columns(&inner[..long], &mut g.up_bias);
                kernels::affine(y, &norm.scale, &norm.shift, &mut normed);
                let normed = matrix(&normed, rows, channels);
                multiply(&mut g.up, matrix(&inner, rows, wide).transpose(), normed, true);
                let up = matrix(&layers.up.values, wide, channels);
                multiply(back, matrix(&inner, rows, wide), up, false);
                moments.add(&Moments::of_both(back, y, channels));
            }
            g.scale = (outer
                .chunks_exact(wide)
                .zip(layers.down.values.chunks_exact(wide)))
            .zip(sum.iter().zip(&layers.down.bias))
            .map(|((o, w), (s, b))| o.iter().zip(w).map(|(o, w)| o * w).sum::<f32>() + s * b)
            .collect();
            for (row, s) in outer.chunks_exact_mut(wide).zip(&layers.scale) {
                row.iter_mut().for_each(|v| *v *= s);
            }
            g.down_bias = sum.iter().zip(&layers.scale).map(|(v, s)| v * s).collect();
            g.down = outer;
            (g, moments)
        })
        .collect();
    let mut all = (InsideGradient::default(), Moments::default());
    for (g, moments) in parts {
        all.1.add(&moments);
        if all.0.up.is_empty() {
            all.0 = g;
            continue;
        }
        add(&mut all.0.up, &g.up);
        add(&mut all.0.up_bias, &g.up_bias);
        add(&mut all.0.down, &g.down);
        add(&mut all.0.down_bias, &g.down_bias);
        add(&mut all.0.scale, &g.scale);
    }
    all
}

/// `mix(norm(y))` into `out`.
pub(super) fn mixed(y: &[f32], norm: &Normed, mix: &Mix, rows_of_group: usize, out: &mut [f32]) {
    let (inputs, outputs) = (mix.inputs, mix.outputs);
    y.par_chunks(rows_of_group * inputs)
        .zip(out.par_chunks_mut(rows_of_group * outputs))
        .for_each(|(y, out)| {
            let mut normed = vec![0.0; y.len()];
            kernels::affine(y, &norm.scale, &norm.shift, &mut normed);
            let rows = y.len() / inputs;
            let weights = matrix(&mix.values, outputs, inputs).transpose();
            multiply(out, matrix(&normed, rows, inputs), weights, false);
            kernels::add_bias(out, &mix.bias);
        });
}

/// The way back of [`mixed`]: the gradient of the normed `y` into `back`; gives those of weights and
/// bias, and the norm's sums.
pub(super) fn mixed_back(
    (d, y): (&[f32], &[f32]),
    norm: &Normed,
    mix: &Mix,
    rows_of_group: usize,
    back: &mut [f32],
) -> (Vec<f32>, Vec<f32>, Moments) {
    let (inputs, outputs) = (mix.inputs, mix.outputs);
    let parts: Vec<(Vec<f32>, Vec<f32>, Moments)> = (d.par_chunks(rows_of_group * outputs))
        .zip(y.par_chunks(rows_of_group * inputs))
        .zip(back.par_chunks_mut(rows_of_group * inputs))
        .map(|((d, y), back)| {
            let rows = y.len() / inputs;
            let mut normed = vec![0.0; y.len()];
            kernels::affine(y, &norm.scale, &norm.shift, &mut normed);
            let (mut weights, mut bias) = (vec![0.0; outputs * inputs], vec![0.0; outputs]);
            let turned = matrix(d, rows, outputs).transpose();
            multiply(&mut weights, turned, matrix(&normed, rows, inputs), false);
            kernels::columns(d, &mut bias);
            multiply(
                back,
                matrix(d, rows, outputs),
                matrix(&mix.values, outputs, inputs),
                false,
            );
            let moments = Moments::of_both(back, y, inputs);
            (weights, bias, moments)
        })
        .collect();
    let mut moments = Moments::default();
    let (mut weights, mut bias) = (Vec::new(), Vec::new());
    for (w, b, m) in parts {
        moments.add(&m);
        weights.push(w);
        bias.push(b);
    }
    (summed(weights), summed(bias), moments)
}
