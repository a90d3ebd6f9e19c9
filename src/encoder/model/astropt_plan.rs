//! An [`AstroPt`] for this processor: its layers packed into a [`GptPlan`], burn's copies given up
//! one by one, so that memory holds the weights once.

use super::astropt::{AstroPt, GptBlock};
use super::layers::values_of;
use super::packing::{matrix_of, norm_of};
use crate::encoder::plan::gpt::GptPlan;
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::matrix::Matrix;
use crate::encoder::plan::pool::Pool;
use crate::encoder::plan::vit::{Inside, VitBlock, VitPlan};

impl AstroPt {
    /// Packs the layers for `kernels`, in single precision; tokens go through the plan afterwards.
    ///
    /// # Errors
    /// A sentence if burn doesn't give its values; the network is of no use then.
    pub(super) fn pack(&mut self, kernels: &'static Kernels) -> Result<(), String> {
        if self.plan.is_some() {
            return Ok(());
        }
        let (width, f32) = (self.config.width, Precision::F32);
        let blocks = (std::mem::take(&mut self.blocks).into_iter())
            .map(|block| packed(kernels, block))
            .collect::<Result<_, _>>()?;
        self.plan = Some(GptPlan {
            embed: matrix_of(kernels, self.embed.clone())?,
            second: (self.embed_out.clone())
                .map(|dense| matrix_of(kernels, dense))
                .transpose()?,
            positions: values_of(self.positions.clone())?,
            blocks: VitPlan {
                kernels,
                precision: f32,
                heads: self.config.heads,
                patch_px: 1,
                channels: self.config.channels,
                epsilon: self.norm.epsilon as f32,
                inside: Inside::TanhGelu,
                causal: true,
                // Only its width is asked for.
                patches: Matrix::pack(kernels, f32, [1, width], &vec![0.0; width], &[]),
                blocks,
                norm: norm_of(&self.norm)?,
                memory: Pool::default(),
            },
            memory: Pool::default(),
        });
        Ok(())
    }

    /// A copy of a compiled network whose blocks compute in `precision`.
    pub(super) fn with_precision(&self, precision: Precision) -> Option<Self> {
        let plan = self.plan.as_ref()?;
        Some(Self {
            config: self.config.clone(),
            device: self.device.clone(),
            embed: self.embed.clone(),
            embed_out: self.embed_out.clone(),
            positions: self.positions.clone(),
            blocks: Vec::new(),
            norm: self.norm.clone(),
            plan: Some(plan.converted(precision)),
        })
    }
}

fn packed(kernels: &Kernels, block: GptBlock) -> Result<VitBlock, String> {
    Ok(VitBlock {
        norm1: norm_of(&block.norm1)?,
        qkv: matrix_of(kernels, block.qkv)?,
        proj: matrix_of(kernels, block.proj)?,
        norm2: norm_of(&block.norm2)?,
        fc1: matrix_of(kernels, block.fc)?,
        fc2: matrix_of(kernels, block.out)?,
    })
}
