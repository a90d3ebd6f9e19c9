//! A p4m network's training passes on the processor: forwards over a batch, keeping what the way
//! back needs, and backwards to the gradient of every weight.
//!
//! burn's automatic differentiation is the oracle (`tests/core/train`) and runs on other devices; here
//! channels lie side by side, each depthwise window and each tile of a block goes through all
//! its steps while it is warm, and sums are added in an order that doesn't depend on the number of
//! cores. Gradients of the losses on the pooled numbers come from burn.

mod block;
mod dense;
mod kernels;
mod lift;
mod norm;
mod pool;
mod product;

use crate::encoder::model::p4m::group::TURNS;
use crate::encoder::model::p4m::shape::{BlockAt, Layout, MixAt, NormAt, SHRINK_PX, STEP, WINDOW_PX};
use block::{Cut, Inside};
use dense::{Mix, Window, eightfold, onefold};
use norm::Normed;

/// What one pass forwards leaves for the way back. Kept between batches, so that memory is asked for
/// once.
#[derive(Default)]
pub struct Kept {
    lift: Vec<f32>,
    lift_norm: Normed,
    stages: Vec<KeptStage>,
    norm: Normed,
    pool: pool::Places,
    /// Room for gradients that go from layer to layer.
    room: [Vec<f32>; 2],
}

#[derive(Default)]
struct KeptStage {
    /// Halved images before their norm.
    shrunk: Vec<f32>,
    shrunk_norm: Normed,
    /// What enters each block, and what leaves the last.
    images: Vec<Vec<f32>>,
    blocks: Vec<KeptBlock>,
}

#[derive(Default)]
struct KeptBlock {
    /// Its weights, spread out once for both ways.
    layers: Inside,
    convolved: Vec<f32>,
    norm: Normed,
    inner: Vec<f32>,
}

/// What leaves the last block.
fn last_image(stages: &[KeptStage]) -> &[f32] {
    let last = stages.last().and_then(|s| s.images.last());
    last.map_or(&[], |image| image)
}

/// Room for `len` values; what is in it doesn't count.
fn room(of: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if of.len() != len {
        of.clear();
        of.resize(len, 0.0);
    }
    of
}

fn layers(at: &BlockAt, weights: &[f32]) -> Inside {
    Inside {
        window: Window::of(&at.window, weights),
        up: Mix::of(&at.up, weights),
        down: Mix::of(&at.down, weights),
        scale: eightfold(at.scale.of(weights)),
    }
}

/// Pooled numbers, `[batch, pooled]`, of `images`, `[batch, planes, side, side]`, row-major and already
/// under the circular window; norms use the batch's own statistics.
///
/// # Panics
/// If `images` is not `batch` images of `side` px, or a side doesn't halve down to the last stage.
pub fn forward(
    layout: &Layout,
    weights: &[f32],
    images: &[f32],
    [batch, side]: [usize; 2],
    kept: &mut Kept,
) -> Vec<f32> {
    assert!(
        batch > 0 && side.is_multiple_of(layout.shape.side_multiple()),
        "a side that doesn't halve"
    );
    assert_eq!(
        images.len(),
        batch * layout.shape.planes * side * side,
        "other images"
    );
    let cut = Cut::of(batch);
    let mut size = side / STEP;
    let first = layout.shape.fields[0] * TURNS;
    let lifted = room(&mut kept.lift, batch * size * size * first);
    let moments = lift::forward(layout, weights, images, side, cut, lifted);
    kept.lift_norm = Normed::new(&layout.lift_norm, weights, &moments, batch * size * size);
    kept.stages.resize_with(layout.stages.len(), Default::default);
    for (s, stage) in layout.stages.iter().enumerate() {
        let (before, now) = kept.stages.split_at_mut(s);
        let now = &mut now[0];
        now.images.resize_with(stage.blocks.len() + 1, Vec::new);
        now.blocks.resize_with(stage.blocks.len(), Default::default);
        let channels = stage.fields * TURNS;
        if let Some((window, norm, mix)) = &stage.shrink {
            let from = last_image(before);
            let window = Window::of(window, weights);
            let small = size / STEP;
            let shrunk = room(&mut now.shrunk, batch * small * small * window.channels);
            let moments = block::windows::<SHRINK_PX, STEP>(from, size, &window, cut, shrunk);
            size = small;
            now.shrunk_norm = Normed::new(norm, weights, &moments, batch * size * size);
            let mix = Mix::of(mix, weights);
            let image = room(&mut now.images[0], batch * size * size * channels);
            block::mixed(
                &now.shrunk,
                &now.shrunk_norm,
                &mix,
                cut.group * size * size,
                image,
            );
        } else {
            let image = room(&mut now.images[0], batch * size * size * channels);
            let norm = &kept.lift_norm;
            lift::normed(&kept.lift, norm, cut.group * size * size * channels, image);
        }
        for (b, at) in stage.blocks.iter().enumerate() {
            let (images, next) = now.images.split_at_mut(b + 1);
            let block = &mut now.blocks[b];
            block.layers = layers(at, weights);
            let inside = &block.layers;
            let len = batch * size * size * channels;
            let convolved = room(&mut block.convolved, len);
            let moments = block::windows::<WINDOW_PX, 1>(&images[b], size, &inside.window, cut, convolved);
            block.norm = Normed::new(&at.norm, weights, &moments, batch * size * size);
            let inner = room(&mut block.inner, len / channels * inside.up.outputs);
            block::inside(
                (&images[b], &block.convolved),
                &block.norm,
                inside,
                cut.group * size * size,
                inner,
                room(&mut next[0], len),
            );
        }
    }
    let last = last_image(&kept.stages);
    let channels = layout.norm.width() * TURNS;
    let moments = lift::moments(last, cut.group * size * size * channels, channels);
    kept.norm = Normed::new(&layout.norm, weights, &moments, batch * size * size);
    pool::forward(last, &kept.norm, size * size, &mut kept.pool)
}

/// The gradient of every weight (but the head's) into `gradient`, from that of [`forward`]'s pooled
/// numbers.
pub fn backward(
    layout: &Layout,
    weights: &[f32],
    images: &[f32],
    [batch, side]: [usize; 2],
    kept: &mut Kept,
    pooled: &[f32],
    gradient: &mut [f32],
) {
    gradient.fill(0.0);
    let cut = Cut::of(batch);
    let mut size = (side / STEP) >> (layout.stages.len() - 1);
    let [mut d, mut other] = std::mem::take(&mut kept.room);
    {
        let last = last_image(&kept.stages);
        room(&mut d, last.len());
        let sums = pool::backward(last, pooled, &kept.pool, size * size, &mut d);
        let factors = kept.norm.back(&layout.norm, weights, &sums, gradient);
        lift::norm_back(&mut d, last, &factors);
    }
    for (s, stage) in layout.stages.iter().enumerate().rev() {
        let (before, now) = kept.stages.split_at_mut(s);
        let now = &mut now[0];
        let rows = cut.group * size * size;
        for (b, at) in stage.blocks.iter().enumerate().rev() {
            let block = &now.blocks[b];
            let inside = &block.layers;
            let back = room(&mut other, d.len());
            let (g, sums) = block::inside_back(
                (&d, &block.convolved, &block.inner),
                &block.norm,
                inside,
                rows,
                back,
            );
            Mix::fold(&at.up, &g.up, &g.up_bias, gradient);
            Mix::fold(&at.down, &g.down, &g.down_bias, gradient);
            onefold(&g.scale, at.scale.of_mut(gradient));
            let factors = block.norm.back(&at.norm, weights, &sums, gradient);
            let window = block::windows_back::<WINDOW_PX, 1>(
                &now.images[b],
                size,
                &inside.window,
                cut,
                (back, &block.convolved, &factors),
                &mut d,
                true,
            );
            Window::fold(&at.window, &window, gradient);
        }
        if let Some(shrink) = &stage.shrink {
            let (window, norm, mix): &(_, NormAt, MixAt) = shrink;
            let from = last_image(before);
            let dense = Mix::of(mix, weights);
            let back = room(&mut other, now.shrunk.len());
            let (w, bias, sums) = block::mixed_back((&d, &now.shrunk), &now.shrunk_norm, &dense, rows, back);
            Mix::fold(mix, &w, &bias, gradient);
            let factors = now.shrunk_norm.back(norm, weights, &sums, gradient);
            let dense = Window::of(window, weights);
            size *= STEP;
            let into = room(&mut d, from.len());
            let g = block::windows_back::<SHRINK_PX, STEP>(
                from,
                size,
                &dense,
                cut,
                (back, &now.shrunk, &factors),
                into,
                false,
            );
            Window::fold(window, &g, gradient);
        }
    }
    lift::backward(layout, weights, images, side, cut, kept, &mut d, gradient);
    kept.room = [d, other];
}

/// Moves the row of statistics towards those of the last batch by `share` (1 sets them); variances are
/// those of the population (divided by one less).
pub fn note_statistics(layout: &Layout, kept: &Kept, share: f32, stats: &mut [f32]) {
    let mut note = |at: &NormAt, normed: &Normed| {
        let unbiased = normed.count / (normed.count - 1.0).max(1.0);
        let width = at.width();
        let (mean, variance) = stats[at.stats..at.stats + 2 * width].split_at_mut(width);
        for f in 0..width {
            mean[f] += share * (normed.mean[f] - mean[f]);
            variance[f] += share * (normed.variance[f] * unbiased - variance[f]);
        }
    };
    note(&layout.lift_norm, &kept.lift_norm);
    for (at, stage) in layout.stages.iter().zip(&kept.stages) {
        if let Some((_, norm, _)) = &at.shrink {
            note(norm, &stage.shrunk_norm);
        }
        for (at, block) in at.blocks.iter().zip(&stage.blocks) {
            note(&at.norm, &block.norm);
        }
    }
    note(&layout.norm, &kept.norm);
}
