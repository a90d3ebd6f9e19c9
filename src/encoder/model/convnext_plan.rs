//! A [`ConvNext`] for this processor: its layers packed into a [`ConvNextPlan`], burn's copies
//! given up one by one, so that memory holds the weights once.

use super::convnext::{ConvBlock, ConvNext, Stage};
use super::layers::{Conv, values_of};
use super::packing::{bias_of, matrix_of, norm_of};
use crate::encoder::plan::convnext::{ConvNextBlock, ConvNextPlan, ConvNextStage};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::matrix::Matrix;
use crate::encoder::plan::vit::Pool;

/// Side of the depthwise windows that plans know, and the number of channels they take at a time.
const WINDOW: (usize, usize) = (7, 16);

impl ConvNext {
    /// Packs the layers for `kernels`, in single precision; vectors come from the plan afterwards.
    /// `false` for a network whose depthwise windows plans don't know.
    ///
    /// # Errors
    /// A sentence if burn doesn't give its values; the network is of no use then.
    pub(super) fn pack(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        if self.plan.is_some() || self.config.kernel_px != WINDOW.0 {
            return Ok(self.plan.is_some());
        }
        let stages = (std::mem::take(&mut self.stages).into_iter())
            .map(|stage| packed(kernels, stage))
            .collect::<Result<_, _>>()?;
        self.plan = Some(ConvNextPlan {
            kernels,
            precision: Precision::F32,
            channels: self.config.channels,
            stem_px: self.config.stem_px,
            epsilon: self.norm.epsilon as f32,
            stem: matrix_of_conv(kernels, &self.stem, false)?,
            stem_norm: norm_of(&self.stem_norm)?,
            stages,
            norm: norm_of(&self.norm)?,
            memory: Pool::default(),
        });
        Ok(true)
    }

    /// A copy of a compiled network whose stages compute in `precision`.
    pub(super) fn with_precision(&self, precision: Precision) -> Option<Self> {
        let plan = self.plan.as_ref()?;
        Some(Self {
            config: self.config.clone(),
            key_names: self.key_names,
            device: self.device.clone(),
            stem: self.stem.clone(),
            stem_norm: self.stem_norm.clone(),
            stages: Vec::new(),
            norm: self.norm.clone(),
            plan: Some(plan.converted(precision)),
        })
    }
}

fn packed(kernels: &Kernels, stage: Stage) -> Result<ConvNextStage, String> {
    let shrink = match &stage.halve {
        Some((norm, conv)) => Some((norm_of(norm)?, matrix_of_conv(kernels, conv, true)?)),
        None => None,
    };
    let blocks = (stage.blocks.into_iter())
        .map(|block| packed_block(kernels, block))
        .collect::<Result<_, _>>()?;
    Ok(ConvNextStage { shrink, blocks })
}

fn packed_block(kernels: &Kernels, block: ConvBlock) -> Result<ConvNextBlock, String> {
    let [channels, _, height, width] = block.depthwise.weight.dims();
    let padded = channels.next_multiple_of(WINDOW.1);
    let from = values_of(block.depthwise.weight.clone())?;
    let mut depthwise = vec![0.0; height * width * padded];
    for (channel, taps) in from.chunks_exact(height * width).enumerate() {
        for (tap, value) in taps.iter().enumerate() {
            depthwise[tap * padded + channel] = *value;
        }
    }
    let mut depthwise_bias = bias_of(block.depthwise.bias, channels)?;
    depthwise_bias.resize(padded, 0.0);
    Ok(ConvNextBlock {
        depthwise,
        depthwise_bias,
        norm: norm_of(&block.norm)?,
        fc1: matrix_of(kernels, block.fc1)?,
        fc2: matrix_of(kernels, block.fc2)?,
    })
}

/// A convolution whose windows don't overlap, as a matrix: rows in the order channel, y, x, or y,
/// x, channel (`channels_last`).
fn matrix_of_conv(kernels: &Kernels, conv: &Conv, channels_last: bool) -> Result<Matrix, String> {
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
