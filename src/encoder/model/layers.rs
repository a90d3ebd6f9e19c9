//! The layers that several families share, with their loading: matrices lie as `[in, out]`,
//! convolutions as PyTorch keeps them.

use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;
use burn::tensor::module::{attention, conv2d, layer_norm, linear};
use burn::tensor::ops::{AttentionModuleOptions, ConvOptions};
use burn::tensor::{Device, Tensor, TensorData};

/// A matrix `[in, out]`, with a bias where the network has one.
#[derive(Debug, Clone)]
pub(in crate::encoder) struct Dense {
    pub weight: Tensor<2>,
    pub bias: Option<Tensor<1>>,
}

impl Dense {
    /// Applies it along the last axis.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        linear(x, self.weight.clone(), self.bias.clone())
    }
}

/// Scale and shift of a layer norm along the last axis.
#[derive(Debug, Clone)]
pub(in crate::encoder) struct Norm {
    pub weight: Tensor<1>,
    pub bias: Option<Tensor<1>>,
    /// What is added to the variance.
    pub epsilon: f64,
}

impl Norm {
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        layer_norm(x, self.weight.clone(), self.bias.clone(), self.epsilon)
    }
}

/// A convolution of `[batch, channels, height, width]`.
#[derive(Debug, Clone)]
pub(in crate::encoder) struct Conv {
    /// `[out, in / groups, height, width]`.
    pub weight: Tensor<4>,
    pub bias: Option<Tensor<1>>,
    pub stride: usize,
    /// Zeros on every side; `None` for as many as TensorFlow's `SAME` puts there, of which the
    /// odd one comes last.
    pub padding: Option<usize>,
    pub groups: usize,
}

impl Conv {
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let [_, _, rows, columns] = self.weight.dims();
        let (top, bottom) = self.zeros(height, rows);
        let (left, right) = self.zeros(width, columns);
        let uneven = (top, left) != (bottom, right);
        // The backend wants both sides alike.
        let (x, both) = match uneven {
            true => (x.pad((left, right, top, bottom), 0.0), [0, 0]),
            false => (x, [top, left]),
        };
        let options = ConvOptions::new([self.stride; 2], both, [1, 1], self.groups);
        conv2d(x, self.weight.clone(), self.bias.clone(), options)
    }

    /// Zeros before and after a line of `length` under a kernel of `kernel`.
    fn zeros(&self, length: usize, kernel: usize) -> (usize, usize) {
        if let Some(padding) = self.padding {
            return (padding, padding);
        }
        let places = length.div_ceil(self.stride).max(1);
        let all = ((places - 1) * self.stride + kernel).saturating_sub(length);
        (all / 2, all - all / 2)
    }
}

/// Mixes tokens by attention: `qkv` is `[batch, tokens, 3 * width]`, queries, keys and values side
/// by side, each cut in `heads`; with `causal`, a token sees those before it and itself.
pub(super) fn self_attention(qkv: Tensor<3>, heads: usize, causal: bool) -> Tensor<3> {
    let [batch, tokens, wide] = qkv.dims();
    let width = wide / 3;
    let qkv = (qkv.reshape([batch, tokens, 3 * heads, width / heads])).swap_dims(1, 2);
    let part = |i: usize| qkv.clone().narrow(1, i * heads, heads);
    let options = AttentionModuleOptions {
        is_causal: causal,
        ..Default::default()
    };
    let mixed = attention(part(0), part(1), part(2), None, None, options);
    mixed.swap_dims(1, 2).reshape([batch, tokens, width])
}

/// Reads layers out of a weights file whose shapes have been checked.
pub(super) struct Layers<'a> {
    pub file: &'a mut WeightsFile,
    pub device: Device,
}

impl<'a> Layers<'a> {
    pub fn new(file: &'a mut WeightsFile) -> Self {
        let device = file.device().clone();
        Self { file, device }
    }

    /// `NAME.bias`, if there is one.
    fn bias(&mut self, name: &str) -> Result<Option<Vec<f32>>, EncoderError> {
        let key = format!("{name}.bias");
        match self.file.shape(&key) {
            Some(_) => self.file.read_f32(&key).map(Some),
            None => Ok(None),
        }
    }

    pub fn norm(&mut self, name: &str, epsilon: f64) -> Result<Norm, EncoderError> {
        let weight = self.file.read_f32(&format!("{name}.weight"))?;
        let bias = self.bias(name)?;
        Ok(Norm {
            weight: self.vector(weight),
            bias: bias.map(|b| self.vector(b)),
            epsilon,
        })
    }

    /// The layer `name`, stored as `[out, in]` or as a 1x1 convolution.
    pub fn dense(&mut self, name: &str) -> Result<Dense, EncoderError> {
        self.scaled_dense(name, None)
    }

    /// As [`dense`](Self::dense), with what it gives multiplied by the vector `scale`.
    pub fn scaled_dense(&mut self, name: &str, scale: Option<&str>) -> Result<Dense, EncoderError> {
        let weight = self.file.read_f32(&format!("{name}.weight"))?;
        let mut bias = self.bias(name)?;
        let scale = scale.map(|s| self.file.read_f32(s)).transpose()?;
        if let (Some(bias), Some(scale)) = (&mut bias, &scale) {
            bias.iter_mut().zip(scale).for_each(|(b, s)| *b *= s);
        }
        let outputs = self.outputs(name);
        Ok(self.dense_of(&weight, bias, outputs, scale.as_deref()))
    }

    /// A layer out of `[outputs, inputs]` values.
    pub fn dense_of(
        &self,
        weight: &[f32],
        bias: Option<Vec<f32>>,
        outputs: usize,
        scale: Option<&[f32]>,
    ) -> Dense {
        let inputs = weight.len() / outputs.max(1);
        let mut turned = Vec::with_capacity(weight.len());
        for i in 0..inputs {
            turned.extend((0..outputs).map(|o| {
                let value = weight[o * inputs + i];
                scale.map_or(value, |s| value * s[o])
            }));
        }
        Dense {
            weight: Tensor::from_data(TensorData::new(turned, [inputs, outputs]), &self.device),
            bias: bias.map(|b| self.vector(b)),
        }
    }

    /// The convolution `name`.
    pub fn conv(
        &mut self,
        name: &str,
        stride: usize,
        padding: usize,
        groups: usize,
    ) -> Result<Conv, EncoderError> {
        let weight = self.file.read_f32(&format!("{name}.weight"))?;
        let bias = self.bias(name)?;
        let shape = self.file.shape(&format!("{name}.weight")).unwrap_or_default();
        let Ok(shape) = <[usize; 4]>::try_from(shape) else {
            return Err(self.file.error(format!("'{name}.weight' is not a convolution")));
        };
        Ok(Conv {
            weight: Tensor::from_data(TensorData::new(weight, shape), &self.device),
            bias: bias.map(|b| self.vector(b)),
            stride,
            padding: Some(padding),
            groups,
        })
    }

    /// First dimension of `NAME.weight`.
    fn outputs(&self, name: &str) -> usize {
        let shape = self.file.shape(&format!("{name}.weight"));
        shape.and_then(|s| s.first().copied()).unwrap_or(1)
    }

    pub fn vector(&self, values: Vec<f32>) -> Tensor<1> {
        let len = values.len();
        Tensor::from_data(TensorData::new(values, [len]), &self.device)
    }
}

/// A tensor's values, row-major.
pub(super) fn values_of<const D: usize>(x: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = (x.try_into_data()).map_err(|e| format!("the network failed: {e}"))?;
    (data.try_into_vec::<f32>()).map_err(|e| format!("the network failed: {e:?}"))
}

/// Whether `input` holds `batch` images of so many planes and `out` a vector each.
pub(super) fn check_lengths(
    input: &[f32],
    [batch, height, width]: [usize; 3],
    channels: usize,
    out: &[f32],
    dim: usize,
) -> Result<(), String> {
    let expected = [channels, height, width]
        .iter()
        .fold(batch, |n, &d| n.saturating_mul(d));
    if input.len() != expected {
        let found = input.len();
        return Err(format!(
            "the input has {found} values where the shape asks for {expected}"
        ));
    }
    if out.len() != batch.saturating_mul(dim) {
        let found = out.len();
        return Err(format!(
            "room for {found} values, where {batch} vectors of {dim} are made"
        ));
    }
    Ok(())
}
