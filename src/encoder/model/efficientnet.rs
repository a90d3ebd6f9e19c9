//! An EfficientNet-Lite (Tan & Le 2019, arXiv:1905.11946; Lite: no squeeze-and-excite, ReLU6):
//! inverted residual blocks, TensorFlow's `SAME` padding, batch norms with ε = 1e-3.
//!
//! Batch norms are folded into the convolutions before them. The vector is the mean over all
//! places of the head's feature map; after an earlier block, of that block's.

use super::efficientnet_keys::EfficientNetKeys;
use super::layers::{Conv, Layers, check_lengths, values_of};
use crate::encoder::EncoderError;
use crate::encoder::network::{Network, Pooling, check_block};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::mobile::MobilePlan;
use crate::encoder::plan::team::Team;
use crate::encoder::weights::WeightsFile;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// ε of every batch norm.
const NORM_EPSILON: f64 = 1e-3;
/// Strides of the seven stages; they aren't in the weights.
const STAGE_STRIDES: [usize; 7] = [1, 2, 2, 2, 1, 2, 1];

/// The shape of an EfficientNet-Lite, told from the shapes of its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EfficientNetConfig {
    /// Planes of an image.
    pub channels: usize,
    /// Width of the first convolution.
    pub stem: usize,
    /// The blocks, first to last.
    pub blocks: Vec<BlockShape>,
    /// Width of the last convolution and of the vector.
    pub head: usize,
}

/// The shape of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockShape {
    /// Stage, 0 to 6.
    pub stage: usize,
    /// Width before, inside and after.
    pub widths: [usize; 3],
    /// Side of the depthwise convolution.
    pub kernel_px: usize,
    /// Stride of the depthwise convolution.
    pub stride: usize,
    /// Whether a 1x1 convolution widens first.
    pub expands: bool,
}

/// The stride of the first block of `stage`.
pub(super) fn stage_stride(stage: usize) -> usize {
    STAGE_STRIDES.get(stage).copied().unwrap_or(1)
}

/// One block: widen, depthwise, narrow; batch norms are in the convolutions.
#[derive(Debug)]
pub(super) struct MobileBlock {
    pub expand: Option<Conv>,
    pub depthwise: Conv,
    pub project: Conv,
    pub residual: bool,
}

/// An EfficientNet-Lite with its weights.
#[derive(Debug)]
pub struct EfficientNet {
    pub(super) config: EfficientNetConfig,
    pub(super) key_names: super::efficientnet_keys::Naming,
    pub(super) device: Device,
    pub(super) stem: Conv,
    /// Empty once compiled.
    pub(super) blocks: Vec<MobileBlock>,
    pub(super) head: Conv,
    pub(super) plan: Option<MobilePlan>,
}

impl EfficientNet {
    /// Reads the network that `keys` found in `file`, on the CPU.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if a tensor can't be read or holds values that aren't finite.
    pub fn load(file: &mut WeightsFile, keys: &EfficientNetKeys) -> Result<Self, EncoderError> {
        let config = keys.config.clone();
        let mut layers = Layers::new(file);
        let mut conv = |[name, norm]: &[String; 2], stride, groups| {
            let mut conv = folded(&mut layers, name, norm)?;
            (conv.stride, conv.groups) = (stride, groups);
            Ok::<_, EncoderError>(conv)
        };
        let stem = conv(&keys.stem(), 2, 1)?;
        let mut blocks = Vec::with_capacity(config.blocks.len());
        for (shape, names) in config.blocks.iter().zip(keys.blocks()) {
            blocks.push(MobileBlock {
                expand: (names.expand.as_ref()).map(|e| conv(e, 1, 1)).transpose()?,
                depthwise: conv(&names.depthwise, shape.stride, shape.widths[1])?,
                project: conv(&names.project, 1, 1)?,
                residual: shape.stride == 1 && shape.widths[0] == shape.widths[2],
            });
        }
        let head = conv(&keys.head(), 1, 1)?;
        let device = layers.device.clone();
        Ok(Self {
            config,
            key_names: keys.naming,
            device,
            stem,
            blocks,
            head,
            plan: None,
        })
    }

    /// The shape of the network.
    pub fn config(&self) -> &EfficientNetConfig {
        &self.config
    }

    /// Whether the head follows `block`.
    fn is_last(&self, block: Option<usize>) -> bool {
        block.is_none_or(|b| b + 1 >= self.config.blocks.len())
    }
}

/// The convolution `name` with the batch norm `norm` after it (in inference it is a scale and a
/// shift a channel).
fn folded(layers: &mut Layers<'_>, name: &str, norm: &str) -> Result<Conv, EncoderError> {
    let mut read = |part: &str| layers.file.read_f32(&format!("{norm}.{part}"));
    let (gain, shift) = (read("weight")?, read("bias")?);
    let (mean, variance) = (read("running_mean")?, read("running_var")?);
    let mut conv = layers.conv(name, 1, 0, 1)?;
    let scales: Vec<f64> = (gain.iter().zip(&variance))
        .map(|(&g, &v)| f64::from(g) / (f64::from(v) + NORM_EPSILON).sqrt())
        .collect();
    if scales.iter().any(|s| !s.is_finite()) {
        return Err(layers
            .file
            .error(format!("'{norm}.running_var' has negative values")));
    }
    let biases = (scales.iter().zip(&shift).zip(&mean))
        .map(|((s, &b), &m)| (f64::from(b) - s * f64::from(m)) as f32)
        .collect();
    let shape = conv.weight.dims();
    let mut weight = layers.file.read_f32(&format!("{name}.weight"))?;
    let each = weight.len() / scales.len().max(1);
    for (values, s) in weight.chunks_exact_mut(each.max(1)).zip(&scales) {
        values.iter_mut().for_each(|w| *w = (f64::from(*w) * s) as f32);
    }
    conv.weight = Tensor::from_data(TensorData::new(weight, shape), &layers.device);
    conv.bias = Some(layers.vector(biases));
    conv.padding = None;
    Ok(conv)
}

/// ReLU6.
fn relu6(x: Tensor<4>) -> Tensor<4> {
    x.clamp(0.0, 6.0)
}

impl MobileBlock {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let wide = match &self.expand {
            Some(expand) => relu6(expand.forward(x.clone())),
            None => x.clone(),
        };
        let y = self.project.forward(relu6(self.depthwise.forward(wide)));
        if self.residual { x + y } else { y }
    }
}

impl Network for EfficientNet {
    fn family(&self) -> &'static str {
        "efficientnet_lite"
    }

    fn short_name(&self) -> String {
        let c = &self.config;
        match (c.stem, c.blocks.len(), c.head) {
            (32, 16, 1280) => "efficientnet_lite0".into(),
            (stem, blocks, _) => format!("efficientnet_lite_{stem}w{blocks}"),
        }
    }

    fn settings(&self) -> serde_json::Value {
        let mut settings = serde_json::json!({
            "architecture": "efficientnet_lite",
            "key_names": self.key_names,
            "config": self.config,
        });
        // Runs in bytes alone, from before, are others.
        if let Some(plan) = &self.plan
            && plan.narrow(plan.precision) != plan.precision
        {
            settings["narrow_layers"] = serde_json::json!(plan.narrow(plan.precision));
        }
        settings
    }

    fn channels(&self) -> usize {
        self.config.channels
    }

    fn native_side(&self) -> usize {
        224
    }

    fn check_side(&self, px: usize) -> Result<(), String> {
        match px {
            32.. => Ok(()),
            _ => Err("must be at least 32 px, which become one place of the last stage".into()),
        }
    }

    fn blocks(&self) -> usize {
        self.config.blocks.len()
    }

    fn usual_pooling(&self) -> Pooling {
        Pooling::MeanPatches
    }

    fn dim(&self, block: Option<usize>, pooling: Pooling) -> Result<usize, String> {
        check_block(block, self.blocks())?;
        if pooling != Pooling::MeanPatches {
            return Err("an EfficientNet has no class token: use the mean of the patches as pooling".into());
        }
        match block {
            Some(b) if !self.is_last(block) => Ok(self.config.blocks[b].widths[2]),
            _ => Ok(self.config.head),
        }
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
        let blocks = block.map_or(usize::MAX, |b| b + 1);
        if let Some(plan) = &self.plan {
            plan.pooled(team, input, shape, blocks, out);
            return Ok(());
        }
        let data = TensorData::new(input.to_vec(), [batch, self.config.channels, height, width]);
        let mut x = relu6(self.stem.forward(Tensor::from_data(data, &self.device)));
        for each in self.blocks.iter().take(blocks) {
            x = each.forward(x);
        }
        if self.is_last(block) {
            x = relu6(self.head.forward(x));
        }
        let map = values_of(x)?;
        let places = map.len() / (batch * dim);
        for (plane, value) in map.chunks_exact(places.max(1)).zip(out) {
            let sum: f64 = plane.iter().map(|&v| f64::from(v)).sum();
            *value = (sum / plane.len() as f64) as f32;
        }
        Ok(())
    }

    fn is_one_by_one(&self) -> bool {
        self.plan.is_some()
    }

    fn compile(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        self.pack(kernels)
    }

    fn converted(&self, precision: Precision) -> Option<Box<dyn Network>> {
        Some(Box::new(self.with_precision(precision)?))
    }

    fn flops(&self, side_px: usize, block: Option<usize>) -> Option<u64> {
        let blocks = block.map_or(usize::MAX, |b| b + 1);
        Some(self.plan.as_ref()?.flops([side_px; 2], blocks))
    }
}
