//! A network's weights as the passes meet them: each kernel in its eight turns, each group
//! convolution as the matrix that it is; and gradients brought back to the weights they come from.

use crate::encoder::model::p4m::expand::{each_lift, each_tap, each_weight};
use crate::encoder::model::p4m::group::TURNS;
use crate::encoder::model::p4m::shape::{Entry, MixAt};

/// A depthwise window, `[side * side, channels]`.
#[derive(Default)]
pub(super) struct Window {
    pub channels: usize,
    pub values: Vec<f32>,
}

/// A product over channels, `[outputs, inputs]`, and its bias.
#[derive(Default)]
pub(super) struct Mix {
    pub outputs: usize,
    pub inputs: usize,
    pub values: Vec<f32>,
    pub bias: Vec<f32>,
}

/// Each field's value for its eight channels.
pub(super) fn eightfold(fields: &[f32]) -> Vec<f32> {
    fields.iter().flat_map(|&v| [v; TURNS]).collect()
}

/// The sum over each field's channels.
pub(super) fn onefold(channels: &[f32], fields: &mut [f32]) {
    for (field, channels) in fields.iter_mut().zip(channels.chunks_exact(TURNS)) {
        *field += channels.iter().sum::<f32>();
    }
}

impl Window {
    /// The window `entry`, `[fields, side, side]`.
    pub fn of(entry: &Entry, weights: &[f32]) -> Self {
        let (fields, side) = (entry.shape[0], entry.shape[1]);
        let (channels, from) = (fields * TURNS, entry.of(weights));
        let mut values = vec![0.0; side * side * channels];
        each_tap(fields, side, |tap, channel, place| {
            values[tap * channels + channel] = from[place];
        });
        Self { channels, values }
    }

    /// The same with its taps in the opposite order: what goes the other way.
    pub fn reversed(&self) -> Vec<f32> {
        let rows = self.values.chunks_exact(self.channels).rev();
        rows.flatten().copied().collect()
    }

    /// Adds the gradient of [`Self::of`]'s values to that of the weights.
    pub fn fold(entry: &Entry, gradient: &[f32], weights: &mut [f32]) {
        let (fields, side) = (entry.shape[0], entry.shape[1]);
        let (channels, to) = (fields * TURNS, entry.of_mut(weights));
        each_tap(fields, side, |tap, channel, place| {
            to[place] += gradient[tap * channels + channel];
        });
    }
}

impl Mix {
    /// The group convolution `at`.
    pub fn of(at: &MixAt, weights: &[f32]) -> Self {
        let (outputs, inputs) = (at.weight.shape[0], at.weight.shape[1]);
        let from = at.weight.of(weights);
        let mut values = vec![0.0; outputs * inputs * TURNS * TURNS];
        each_weight(outputs, inputs, |dense, place| values[dense] = from[place]);
        Self {
            outputs: outputs * TURNS,
            inputs: inputs * TURNS,
            values,
            bias: eightfold(at.bias.of(weights)),
        }
    }

    /// Adds the gradients of [`Self::of`]'s values to those of the weights.
    pub fn fold(at: &MixAt, gradient: &[f32], bias: &[f32], weights: &mut [f32]) {
        let (outputs, inputs) = (at.weight.shape[0], at.weight.shape[1]);
        let to = at.weight.of_mut(weights);
        each_weight(outputs, inputs, |dense, place| to[place] += gradient[dense]);
        onefold(bias, at.bias.of_mut(weights));
    }
}

/// The first convolution as a matrix `[channels, planes * 4 * 4]`.
pub(super) fn lift(entry: &Entry, weights: &[f32]) -> Vec<f32> {
    let from = entry.of(weights);
    let mut values = vec![0.0; from.len() * TURNS];
    each_lift(entry.shape[0], entry.shape[1], |dense, place| {
        values[dense] = from[place]
    });
    values
}

/// Adds the gradient of [`lift`]'s values to that of the weights.
pub(super) fn fold_lift(entry: &Entry, gradient: &[f32], weights: &mut [f32]) {
    let to = entry.of_mut(weights);
    each_lift(entry.shape[0], entry.shape[1], |dense, place| {
        to[place] += gradient[dense]
    });
}
