//! The first convolution, from planes to fields, and the norms that stand alone.

use super::block::Cut;
use super::dense;
use super::kernels;
use super::norm::{Moments, Normed};
use super::product::{matrix, multiply};
use super::{Kept, block};
use crate::encoder::model::p4m::expand::seen;
use crate::encoder::model::p4m::group::TURNS;
use crate::encoder::model::p4m::shape::{LIFT_PX, Layout, STEP};
use rayon::prelude::*;

/// The windows of one image as rows, `[places, planes * 4 * 4]`, zeros beyond the border.
fn rows_of(image: &[f32], planes: usize, side: usize, rows: &mut Vec<f32>) {
    let small = side / STEP;
    let long = planes * LIFT_PX * LIFT_PX;
    rows.resize(small * small * long, 0.0);
    for (place, row) in rows.chunks_exact_mut(long).enumerate() {
        seen(image, side, place / small, place % small, row);
    }
}

/// Fields of every image into `out`; gives each group's moments.
pub(super) fn forward(
    layout: &Layout,
    weights: &[f32],
    images: &[f32],
    side: usize,
    cut: Cut,
    out: &mut [f32],
) -> Vec<Moments> {
    let planes = layout.shape.planes;
    let dense = dense::lift(&layout.lift, weights);
    let channels = layout.lift.shape[0] * TURNS;
    let small = side / STEP;
    let (from, to) = (planes * side * side, small * small * channels);
    let long = planes * LIFT_PX * LIFT_PX;
    (images.par_chunks(cut.group * from))
        .zip(out.par_chunks_mut(cut.group * to))
        .map(|(images, out)| {
            let mut rows = Vec::new();
            for (image, out) in images.chunks_exact(from).zip(out.chunks_exact_mut(to)) {
                rows_of(image, planes, side, &mut rows);
                let weights = matrix(&dense, channels, long).transpose();
                multiply(out, matrix(&rows, small * small, long), weights, false);
            }
            Moments::of(out, channels)
        })
        .collect()
}

/// The norm of `x` into `out`.
pub(super) fn normed(x: &[f32], norm: &Normed, group: usize, out: &mut [f32]) {
    (x.par_chunks(group))
        .zip(out.par_chunks_mut(group))
        .for_each(|(x, out)| kernels::affine(x, &norm.scale, &norm.shift, out));
}

/// Each group's moments.
pub(super) fn moments(x: &[f32], group: usize, channels: usize) -> Vec<Moments> {
    (x.par_chunks(group)).map(|x| Moments::of(x, channels)).collect()
}

/// A norm's way back over all of `d`, whose inputs were `x`.
pub(super) fn norm_back(d: &mut [f32], x: &[f32], factors: &[Vec<f32>; 3]) {
    let group = factors[0].len() * 4096;
    (d.par_chunks_mut(group))
        .zip(x.par_chunks(group))
        .for_each(|(d, x)| kernels::norm_back(d, x, &factors[0], &factors[1], &factors[2]));
}

/// The way back of the first norm and convolution.
#[allow(
    clippy::too_many_arguments,
    reason = "the end of a pass, with all that it knows"
)]
pub(super) fn backward(
    layout: &Layout,
    weights: &[f32],
    images: &[f32],
    side: usize,
    cut: Cut,
    kept: &Kept,
    d: &mut [f32],
    gradient: &mut [f32],
) {
    let planes = layout.shape.planes;
    let channels = layout.lift.shape[0] * TURNS;
    let small = side / STEP;
    let (from, to) = (planes * side * side, small * small * channels);
    let long = planes * LIFT_PX * LIFT_PX;
    let parts: Vec<Moments> = (d.par_chunks(cut.group * to))
        .zip(kept.lift.par_chunks(cut.group * to))
        .map(|(d, x)| Moments::of_both(d, x, channels))
        .collect();
    let mut sums = Moments::default();
    parts.iter().for_each(|p| sums.add(p));
    let factors = kept.lift_norm.back(&layout.lift_norm, weights, &sums, gradient);
    norm_back(d, &kept.lift, &factors);
    let parts: Vec<Vec<f32>> = (images.par_chunks(cut.group * from))
        .zip(d.par_chunks(cut.group * to))
        .map(|(images, d)| {
            let (mut rows, mut sum) = (Vec::new(), vec![0.0; channels * long]);
            for (image, d) in images.chunks_exact(from).zip(d.chunks_exact(to)) {
                rows_of(image, planes, side, &mut rows);
                let turned = matrix(d, small * small, channels).transpose();
                multiply(&mut sum, turned, matrix(&rows, small * small, long), true);
            }
            sum
        })
        .collect();
    dense::fold_lift(&layout.lift, &block::summed(parts), gradient);
}
