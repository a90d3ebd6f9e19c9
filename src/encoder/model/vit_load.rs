//! Weights into a [`Vit`]: transposed to `[in, out]`, queries, keys and values joined, layer
//! scale folded into the matrix and bias before it.

use super::vit::{Block, Dense, Norm, Vit};
use super::vit_keys::VitKeys;
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;
use burn::tensor::{Device, Tensor, TensorData};
use std::sync::Mutex;

impl Vit {
    /// Reads the network that `keys` found in `file`.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if a tensor can't be read or holds values that aren't finite.
    pub fn load(file: &mut WeightsFile, keys: &VitKeys) -> Result<Self, EncoderError> {
        let device = file.device().clone();
        let config = keys.config.clone();
        let width = config.width;
        let mut leading = file.read_f32(&keys.class)?;
        let mut positions = file.read_f32(&keys.positions)?;
        if config.class_has_position {
            let patches = positions.split_off(width);
            for (token, position) in leading.iter_mut().zip(&positions) {
                *token += position;
            }
            positions = patches;
        }
        if let Some(registers) = &keys.registers {
            leading.extend(file.read_f32(registers)?);
        }
        let pixels = 3 * config.patch_px * config.patch_px;
        let patch = file.read_f32(&format!("{}.weight", keys.patch))?;
        let patch_weight = matrix(transposed(&[patch], pixels), width, &device);
        let patch_bias = file.read_f32(&format!("{}.bias", keys.patch))?;
        let mut reader = Reader {
            file,
            device: &device,
        };
        let blocks = (keys.blocks.iter())
            .map(|b| {
                Ok(Block {
                    norm1: reader.norm(&b.norm1)?,
                    qkv: reader.dense(&b.qkv, width, None)?,
                    proj: reader.dense(std::slice::from_ref(&b.proj), width, b.scale1.as_deref())?,
                    norm2: reader.norm(&b.norm2)?,
                    fc1: reader.dense(std::slice::from_ref(&b.fc1), width, None)?,
                    fc2: reader.dense(std::slice::from_ref(&b.fc2), config.hidden, b.scale2.as_deref())?,
                })
            })
            .collect::<Result<Vec<_>, EncoderError>>()?;
        let norm = reader.norm(&keys.norm)?;
        Ok(Self {
            config,
            key_names: keys.family,
            patch_weight,
            patch_bias,
            leading,
            positions,
            blocks,
            norm,
            table: Mutex::new(None),
            plan: None,
            device,
        })
    }
}

/// Reads layers.
struct Reader<'a> {
    file: &'a mut WeightsFile,
    device: &'a Device,
}

impl Reader<'_> {
    fn norm(&mut self, name: &str) -> Result<Norm, EncoderError> {
        let weight = self.file.read_f32(&format!("{name}.weight"))?;
        let bias = self.file.read_f32(&format!("{name}.bias"))?;
        Ok(Norm {
            weight: vector(weight, self.device),
            bias: vector(bias, self.device),
        })
    }

    /// One layer out of matrices `[out, in]` stacked along `out`, scaled by `scale` if given.
    fn dense(&mut self, names: &[String], inputs: usize, scale: Option<&str>) -> Result<Dense, EncoderError> {
        let mut parts = Vec::with_capacity(names.len());
        let mut bias = Vec::new();
        for name in names {
            parts.push(self.file.read_f32(&format!("{name}.weight"))?);
            bias.extend(self.file.read_f32(&format!("{name}.bias"))?);
        }
        let mut weight = transposed(&parts, inputs);
        drop(parts);
        if let Some(scale) = scale {
            let scale = self.file.read_f32(scale)?;
            for row in weight.chunks_exact_mut(scale.len()) {
                row.iter_mut().zip(&scale).for_each(|(w, s)| *w *= s);
            }
            bias.iter_mut().zip(&scale).for_each(|(b, s)| *b *= s);
        }
        Ok(Dense {
            weight: matrix(weight, bias.len(), self.device),
            bias: vector(bias, self.device),
        })
    }
}

/// Matrices `[out, inputs]` stacked along `out`, as one `[inputs, sum of out]`.
fn transposed(parts: &[Vec<f32>], inputs: usize) -> Vec<f32> {
    let rows: Vec<&[f32]> = parts.iter().flat_map(|p| p.chunks_exact(inputs)).collect();
    let mut out = Vec::with_capacity(rows.len() * inputs);
    for i in 0..inputs {
        out.extend(rows.iter().map(|row| row[i]));
    }
    out
}

fn matrix(values: Vec<f32>, columns: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / columns;
    let data = TensorData::new(values, [rows, columns]);
    Tensor::from_data(data, device)
}

fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let len = values.len();
    Tensor::from_data(TensorData::new(values, [len]), device)
}
