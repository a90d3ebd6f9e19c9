//! Burn's layers as plans take them: packed matrices and plain vectors.

use super::layers::{Conv, Dense, Norm, values_of};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::matrix::Matrix;
use crate::encoder::plan::vit::Norm as PlanNorm;
use burn::tensor::Tensor;

/// A layer in single precision.
pub(super) fn matrix_of(kernels: &Kernels, dense: Dense) -> Result<Matrix, String> {
    let shape = dense.weight.dims();
    let (weight, bias) = dense_of(dense)?;
    Ok(Matrix::pack(kernels, Precision::F32, shape, &weight, &bias))
}

/// Weights `[inputs, outputs]`, row-major, and bias, zeros where there is none.
pub(super) fn dense_of(dense: Dense) -> Result<(Vec<f32>, Vec<f32>), String> {
    let outputs = dense.weight.dims()[1];
    Ok((values_of(dense.weight)?, bias_of(dense.bias, outputs)?))
}

/// Scale and shift of a norm, zeros where there is none.
pub(super) fn norm_of(norm: &Norm) -> Result<PlanNorm, String> {
    let weight = values_of(norm.weight.clone())?;
    let bias = bias_of(norm.bias.clone(), weight.len())?;
    Ok(PlanNorm { weight, bias })
}

/// `len` biases, zeros where there are none.
pub(super) fn bias_of(bias: Option<Tensor<1>>, len: usize) -> Result<Vec<f32>, String> {
    bias.map_or_else(|| Ok(vec![0.0; len]), values_of)
}

/// A convolution as the matrix that its windows' values meet: rows in the order channel, y, x, or y,
/// x, channel (`channels_last`).
pub(super) fn matrix_of_conv(kernels: &Kernels, conv: &Conv, channels_last: bool) -> Result<Matrix, String> {
    let [outputs, channels, height, width] = conv.weight.dims();
    let (taps, from) = (height * width, values_of(conv.weight.clone())?);
    let mut weight = vec![0.0; from.len()];
    for (output, values) in from.chunks_exact(channels * taps).enumerate() {
        for (i, value) in values.iter().enumerate() {
            let row = match channels_last {
                true => i % taps * channels + i / taps,
                false => i,
            };
            weight[row * outputs + output] = *value;
        }
    }
    let bias = bias_of(conv.bias.clone(), outputs)?;
    let shape = [channels * taps, outputs];
    Ok(Matrix::pack(kernels, Precision::F32, shape, &weight, &bias))
}
