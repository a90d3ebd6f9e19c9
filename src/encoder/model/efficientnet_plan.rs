//! An [`EfficientNet`] for this processor: its layers packed into a [`MobilePlan`], burn's copies
//! given up one by one, so that memory holds the weights once.

use super::efficientnet::{EfficientNet, MobileBlock as Block};
use super::layers::{Conv, values_of};
use super::packing::{bias_of, matrix_of_conv};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::mobile::{MobileBlock, MobilePlan, STEM, WINDOWS, Window};
use crate::encoder::plan::pool::Pool;
use std::sync::Arc;

impl EfficientNet {
    /// Packs the layers for `kernels`, in single precision; vectors come from the plan afterwards.
    /// `false` for a network whose windows plans don't know.
    ///
    /// # Errors
    /// A sentence if burn doesn't give its values; the network is of no use then.
    pub(super) fn pack(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        let window = |conv: &Conv| [conv.weight.dims()[2], conv.stride];
        let known = (self.blocks.iter()).all(|b| WINDOWS.contains(&window(&b.depthwise)));
        if self.plan.is_some() || !known || window(&self.stem) != STEM {
            return Ok(self.plan.is_some());
        }
        let blocks = (std::mem::take(&mut self.blocks).into_iter())
            .map(|block| packed(kernels, block))
            .collect::<Result<_, _>>()?;
        self.plan = Some(MobilePlan {
            kernels,
            precision: Precision::F32,
            channels: self.config.channels,
            stem: matrix_of_conv(kernels, &self.stem, false)?,
            blocks,
            head: matrix_of_conv(kernels, &self.head, false)?,
            memory: Pool::default(),
        });
        Ok(true)
    }

    /// A copy of a compiled network whose blocks and head compute in `precision`.
    pub(super) fn with_precision(&self, precision: Precision) -> Option<Self> {
        let plan = self.plan.as_ref()?;
        Some(Self {
            config: self.config.clone(),
            key_names: self.key_names,
            device: self.device.clone(),
            stem: self.stem.clone(),
            blocks: Vec::new(),
            head: self.head.clone(),
            plan: Some(plan.converted(precision)),
        })
    }
}

fn packed(kernels: &Kernels, block: Block) -> Result<MobileBlock, String> {
    let ([channels, _, side, _], stride) = (block.depthwise.weight.dims(), block.depthwise.stride);
    let weight = values_of(block.depthwise.weight)?;
    let bias = bias_of(block.depthwise.bias, channels)?;
    Ok(MobileBlock {
        expand: (block.expand.as_ref())
            .map(|conv| matrix_of_conv(kernels, conv, false))
            .transpose()?,
        window: Arc::new(Window::pack([side, stride], true, &weight, &bias)),
        project: matrix_of_conv(kernels, &block.project, false)?,
        residual: block.residual,
    })
}
