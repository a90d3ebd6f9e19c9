//! A ConvNeXt (Liu et al. 2022, arXiv:2201.03545): four stages of depthwise 7x7 convolutions,
//! layer norms and two-layer perceptrons with exact GELU and layer scale.
//!
//! timm builds it in two ways that compute the same: perceptrons as 1x1 convolutions (pico, nano)
//! or as matrices (tiny and up). Here both are matrices along the last axis, and layer scale is
//! folded into the second. Layer norms have ε = 1e-6. The vector is the mean over all places of
//! the last feature map, then the last norm.

use super::layers::{Conv, Dense, Layers, Norm, check_lengths, values_of};
use crate::encoder::EncoderError;
use crate::encoder::model::convnext_keys::ConvNextKeys;
use crate::encoder::network::{Network, Pooling, check_block, mean_tokens};
use crate::encoder::plan::convnext::ConvNextPlan;
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::team::Team;
use crate::encoder::weights::WeightsFile;
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// ε of every layer norm.
const NORM_EPSILON: f64 = 1e-6;

/// The shape of a ConvNeXt, told from the shapes of its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConvNextConfig {
    /// Planes of an image.
    pub channels: usize,
    /// Side in pixels of a first patch, which is also its stride.
    pub stem_px: usize,
    /// Number of blocks of each stage.
    pub depths: Vec<usize>,
    /// Width of each stage.
    pub widths: Vec<usize>,
    /// Side of the depthwise convolutions.
    pub kernel_px: usize,
    /// Whether perceptrons are stored as 1x1 convolutions.
    pub conv_mlp: bool,
    /// Whether blocks have layer scale.
    pub layer_scale: bool,
}

/// One block; layer scale is already in `fc2`.
#[derive(Debug)]
pub(in crate::encoder) struct ConvBlock {
    /// Depthwise: `[width, 1, kernel, kernel]`.
    pub depthwise: Conv,
    pub norm: Norm,
    pub fc1: Dense,
    pub fc2: Dense,
}

/// One stage: halving before it (all but the first), then its blocks.
#[derive(Debug)]
pub(in crate::encoder) struct Stage {
    pub halve: Option<(Norm, Conv)>,
    pub blocks: Vec<ConvBlock>,
}

/// A ConvNeXt with its weights.
#[derive(Debug)]
pub struct ConvNext {
    pub(in crate::encoder) config: ConvNextConfig,
    pub(in crate::encoder) key_names: super::convnext_keys::Naming,
    pub(in crate::encoder) device: Device,
    pub(in crate::encoder) stem: Conv,
    pub(in crate::encoder) stem_norm: Norm,
    pub(in crate::encoder) stages: Vec<Stage>,
    pub(in crate::encoder) norm: Norm,
    /// The network for this processor; `stages` is empty then.
    pub(in crate::encoder) plan: Option<ConvNextPlan>,
}

impl ConvNext {
    /// Reads the network that `keys` found in `file`.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if a tensor can't be read or holds values that aren't finite.
    pub fn load(file: &mut WeightsFile, keys: &ConvNextKeys) -> Result<Self, EncoderError> {
        let config = keys.config.clone();
        let mut layers = Layers::new(file);
        let stem = layers.conv(&keys.stem(0), config.stem_px, 0, 1)?;
        let stem_norm = layers.norm(&keys.stem(1), NORM_EPSILON)?;
        let mut stages = Vec::with_capacity(config.depths.len());
        for (s, (&depth, &width)) in config.depths.iter().zip(&config.widths).enumerate() {
            let halve = match s {
                0 => None,
                _ => Some((
                    layers.norm(&keys.downsample(s, 0), NORM_EPSILON)?,
                    layers.conv(&keys.downsample(s, 1), 2, 0, 1)?,
                )),
            };
            let mut blocks = Vec::with_capacity(depth);
            for b in 0..depth {
                let names = keys.block(s, b);
                blocks.push(ConvBlock {
                    depthwise: layers.conv(&names.depthwise, 1, config.kernel_px / 2, width)?,
                    norm: layers.norm(&names.norm, NORM_EPSILON)?,
                    fc1: layers.dense(&names.fc1)?,
                    fc2: layers.scaled_dense(&names.fc2, names.gamma.as_deref())?,
                });
            }
            stages.push(Stage { halve, blocks });
        }
        let norm = layers.norm(&keys.norm(), NORM_EPSILON)?;
        let device = layers.device.clone();
        Ok(Self {
            config,
            key_names: keys.naming,
            device,
            stem,
            stem_norm,
            stages,
            norm,
            plan: None,
        })
    }

    /// The shape of the network.
    pub fn config(&self) -> &ConvNextConfig {
        &self.config
    }

    /// The stage of `block`, counted through all stages; the last for `None`.
    fn stage_of(&self, block: Option<usize>) -> usize {
        let mut end = 0;
        let ends = self.config.depths.iter().map(|d| {
            end += d;
            end
        });
        let last = self.config.depths.len() - 1;
        block.map_or(last, |b| ends.take_while(|&e| b >= e).count().min(last))
    }

    /// The feature map after `block`, `[batch, height, width, width of the stage]`.
    fn features(&self, x: Tensor<4>, block: Option<usize>) -> Tensor<4> {
        let mut left = block.map_or(usize::MAX, |b| b + 1);
        let mut x = self.stem_norm.forward(channels_last(self.stem.forward(x)));
        for stage in &self.stages {
            if left == 0 {
                break;
            }
            if let Some((norm, conv)) = &stage.halve {
                x = channels_last(conv.forward(channels_first(norm.forward(x))));
            }
            for block in stage.blocks.iter().take(left) {
                let y = channels_last(block.depthwise.forward(channels_first(x.clone())));
                let y = gelu(block.fc1.forward(block.norm.forward(y)));
                x = x + block.fc2.forward(y);
            }
            left = left.saturating_sub(stage.blocks.len());
        }
        x
    }
}

/// `[batch, channels, height, width]` to `[batch, height, width, channels]`.
fn channels_last(x: Tensor<4>) -> Tensor<4> {
    x.permute([0, 2, 3, 1])
}

/// `[batch, height, width, channels]` to `[batch, channels, height, width]`.
fn channels_first(x: Tensor<4>) -> Tensor<4> {
    x.permute([0, 3, 1, 2])
}

impl Network for ConvNext {
    fn family(&self) -> &'static str {
        "convnext"
    }

    fn short_name(&self) -> String {
        let c = &self.config;
        let size = match (c.depths.as_slice(), c.widths.first()) {
            ([2, 2, 6, 2], Some(64)) => "pico",
            ([2, 2, 8, 2], Some(80)) => "nano",
            ([3, 3, 9, 3], Some(96)) => "tiny",
            ([3, 3, 27, 3], Some(96)) => "small",
            ([3, 3, 27, 3], Some(128)) => "base",
            ([3, 3, 27, 3], Some(192)) => "large",
            (depths, first) => {
                let blocks: usize = depths.iter().sum();
                return format!("convnext_{}w{blocks}", first.unwrap_or(&0));
            }
        };
        match c.channels {
            1 => format!("convnext_{size}_grey"),
            _ => format!("convnext_{size}"),
        }
    }

    fn settings(&self) -> serde_json::Value {
        serde_json::json!({
            "architecture": "convnext",
            "key_names": self.key_names,
            "config": self.config,
        })
    }

    fn channels(&self) -> usize {
        self.config.channels
    }

    fn native_side(&self) -> usize {
        224
    }

    fn check_side(&self, px: usize) -> Result<(), String> {
        let least = self.config.stem_px << (self.config.depths.len() - 1);
        if px >= least {
            return Ok(());
        }
        Err(format!(
            "must be at least {least} px, which become one place of the last stage"
        ))
    }

    fn blocks(&self) -> usize {
        self.config.depths.iter().sum()
    }

    fn usual_pooling(&self) -> Pooling {
        Pooling::MeanPatches
    }

    fn dim(&self, block: Option<usize>, pooling: Pooling) -> Result<usize, String> {
        check_block(block, self.blocks())?;
        if pooling != Pooling::MeanPatches {
            return Err("a ConvNeXt has no class token: use the mean of the patches as pooling".into());
        }
        Ok(self.config.widths[self.stage_of(block)])
    }

    fn image_bytes(&self, height: usize, width: usize) -> usize {
        let c = &self.config;
        // The first stage is the largest: its map, four times as wide between, and copies of both.
        let places = (height / c.stem_px.max(1)).saturating_mul(width / c.stem_px.max(1));
        let first = c.widths.first().copied().unwrap_or(1);
        places.saturating_mul(first).saturating_mul(4 * 14)
    }

    fn is_one_by_one(&self) -> bool {
        self.plan.is_some()
    }

    fn compile(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        self.pack(kernels)
    }

    fn converted(&self, precision: Precision) -> Option<Box<dyn Network>> {
        (self.with_precision(precision)).map(|network| Box::new(network) as Box<dyn Network>)
    }

    fn flops(&self, side_px: usize, block: Option<usize>) -> Option<u64> {
        let blocks = block.map_or(self.blocks(), |b| b + 1);
        Some(self.plan.as_ref()?.flops([side_px; 2], blocks))
    }

    fn embed_on(
        &self,
        team: &Team,
        input: &[f32],
        shape: [usize; 3],
        block: Option<usize>,
        pooling: Pooling,
        out: &mut [f32],
    ) -> Result<(), String> {
        let dim = self.dim(block, pooling)?;
        check_lengths(input, shape, self.config.channels, out, dim)?;
        let [batch, height, width] = shape;
        self.check_side(height.min(width))?;
        if batch == 0 {
            return Ok(());
        }
        if let Some(plan) = &self.plan {
            let blocks = block.map_or(self.blocks(), |b| b + 1);
            plan.pooled(team, input, shape, blocks, out);
            return Ok(());
        }
        let data = TensorData::new(input.to_vec(), [batch, self.config.channels, height, width]);
        let map = values_of(self.features(Tensor::from_data(data, &self.device), block))?;
        let places = map.len() / batch;
        for (map, vector) in map.chunks_exact(places).zip(out.chunks_exact_mut(dim)) {
            mean_tokens(map, vector);
        }
        // The last norm belongs to the last stage; it is as wide as no other.
        if self.stage_of(block) + 1 == self.config.depths.len() {
            let data = TensorData::new(out.to_vec(), [batch, dim]);
            let normed = self.norm.forward(Tensor::<2>::from_data(data, &self.device));
            out.copy_from_slice(&values_of(normed)?);
        }
        Ok(())
    }
}
