//! From the last feature map to numbers that no rotation changes: mean and maximum over places, and
//! of each mean and maximum over the eight turns.

use super::kernels;
use super::norm::{Moments, Normed};
use crate::encoder::model::p4m::group::TURNS;
use rayon::prelude::*;

/// Where the maxima were.
#[derive(Default)]
pub(super) struct Places {
    fields: usize,
    /// `[batch, channels]`: the place of each channel's maximum.
    place: Vec<u32>,
    /// `[batch, fields]`: the turn of the largest mean and of the largest maximum.
    turn: Vec<[u8; 2]>,
}

/// `[batch, 4 * fields]`: means of means, maxima of means, means of maxima, maxima of maxima; of the
/// normed `x`, `[batch, places, channels]`.
pub(super) fn forward(x: &[f32], norm: &Normed, places: usize, kept: &mut Places) -> Vec<f32> {
    let channels = norm.scale.len();
    let fields = channels / TURNS;
    let batch = x.len() / (places * channels);
    kept.fields = fields;
    kept.place.resize(batch * channels, 0);
    kept.turn.resize(batch * fields, [0; 2]);
    let mut out = vec![0.0; batch * 4 * fields];
    (x.par_chunks(places * channels))
        .zip(out.par_chunks_mut(4 * fields))
        .zip(kept.place.par_chunks_mut(channels))
        .zip(kept.turn.par_chunks_mut(fields))
        .for_each(|(((x, out), place), turn)| {
            let mut normed = vec![0.0; x.len()];
            kernels::affine(x, &norm.scale, &norm.shift, &mut normed);
            let mut mean = vec![0.0f32; channels];
            let mut most = vec![f32::NEG_INFINITY; channels];
            for (p, row) in normed.chunks_exact(channels).enumerate() {
                for (c, &v) in row.iter().enumerate() {
                    mean[c] += v;
                    if v > most[c] {
                        most[c] = v;
                        place[c] = p as u32;
                    }
                }
            }
            mean.iter_mut().for_each(|m| *m /= places as f32);
            for f in 0..fields {
                for (i, values) in [&mean, &most].into_iter().enumerate() {
                    let values = &values[f * TURNS..(f + 1) * TURNS];
                    let best = (0..TURNS).fold(0, |b, g| if values[g] > values[b] { g } else { b });
                    turn[f][i] = best as u8;
                    out[2 * i * fields + f] = values.iter().sum::<f32>() / TURNS as f32;
                    out[(2 * i + 1) * fields + f] = values[best];
                }
            }
        });
    out
}

/// The gradient of the normed map into `d`, from that of [`forward`]'s numbers; gives the norm's
/// sums (`x` are its inputs).
pub(super) fn backward(x: &[f32], pooled: &[f32], kept: &Places, places: usize, d: &mut [f32]) -> Moments {
    let fields = kept.fields;
    let channels = fields * TURNS;
    let parts: Vec<Moments> = (d.par_chunks_mut(places * channels))
        .zip(x.par_chunks(places * channels))
        .zip(pooled.par_chunks(4 * fields))
        .zip(kept.place.par_chunks(channels))
        .zip(kept.turn.par_chunks(fields))
        .map(|((((d, x), pooled), place), turn)| {
            let part = |i: usize, c: usize| {
                let (f, g) = (c / TURNS, c % TURNS);
                let best = if usize::from(turn[f][i]) == g {
                    pooled[(2 * i + 1) * fields + f]
                } else {
                    0.0
                };
                pooled[2 * i * fields + f] / TURNS as f32 + best
            };
            let mean: Vec<f32> = (0..channels).map(|c| part(0, c) / places as f32).collect();
            for row in d.chunks_exact_mut(channels) {
                row.copy_from_slice(&mean);
            }
            for (c, &p) in place.iter().enumerate() {
                d[p as usize * channels + c] += part(1, c);
            }
            Moments::of_both(d, x, channels)
        })
        .collect();
    let mut sums = Moments::default();
    parts.iter().for_each(|p| sums.add(p));
    sums
}
