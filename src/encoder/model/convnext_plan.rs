//! A [`ConvNext`] for this processor: its layers packed into a [`ConvNextPlan`], burn's copies
//! given up one by one, so that memory holds the weights once.

use super::convnext::{ConvBlock, ConvNext, Stage};
use super::layers::values_of;
use super::packing::{bias_of, matrix_of, matrix_of_conv, norm_of};
use crate::encoder::plan::convnext::{ConvNextBlock, ConvNextPlan, ConvNextStage, Window};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::pool::Pool;
use std::sync::Arc;

/// Side of the depthwise windows that plans know, and their stride.
const WINDOW: [usize; 2] = [7, 1];

impl ConvNext {
    /// Packs the layers for `kernels`, in single precision; vectors come from the plan afterwards.
    /// `false` for a network whose depthwise windows plans don't know.
    ///
    /// # Errors
    /// A sentence if burn doesn't give its values; the network is of no use then.
    pub(super) fn pack(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        if self.plan.is_some() || self.config.kernel_px != WINDOW[0] {
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
    let channels = block.depthwise.weight.dims()[0];
    let weight = values_of(block.depthwise.weight)?;
    let bias = bias_of(block.depthwise.bias, channels)?;
    Ok(ConvNextBlock {
        depthwise: Arc::new(Window::pack(WINDOW, false, &weight, &bias)),
        norm: norm_of(&block.norm)?,
        fc1: matrix_of(kernels, block.fc1)?,
        fc2: matrix_of(kernels, block.fc2)?,
    })
}
