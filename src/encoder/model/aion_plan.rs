//! An [`Aion`]'s transformer for this processor: its blocks packed into a [`VitPlan`], burn's copies
//! given up one by one. Its tokens come from the codec instead of patches, so that they are all
//! leading ones. The codec stays in burn and in single precision: a code off by one is another code.

use super::aion::Aion;
use super::aion_block::AionBlock;
use super::packing::{dense_of, matrix_of, norm_of};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::matrix::Matrix;
use crate::encoder::plan::pool::Pool;
use crate::encoder::plan::vit::{Inside, VitBlock, VitPlan};

impl Aion {
    /// Packs the blocks for `kernels`, in single precision; tokens go through the plan afterwards.
    ///
    /// # Errors
    /// A sentence if burn doesn't give its values; the network is of no use then.
    pub(super) fn pack(&mut self, kernels: &'static Kernels) -> Result<(), String> {
        if self.plan.is_some() {
            return Ok(());
        }
        let width = self.config.width;
        let blocks = (std::mem::take(&mut self.blocks).into_iter())
            .map(|block| packed(kernels, block))
            .collect::<Result<_, _>>()?;
        self.plan = Some(VitPlan {
            kernels,
            precision: Precision::F32,
            heads: self.config.heads,
            patch_px: 1,
            channels: self.codec.bands,
            epsilon: self.norm.epsilon as f32,
            inside: match self.config.gated {
                true => Inside::Gated,
                false => Inside::Gelu,
            },
            causal: false,
            // Only its width is asked for.
            patches: Matrix::pack(kernels, Precision::F32, [1, width], &vec![0.0; width], &[]),
            blocks,
            norm: norm_of(&self.norm)?,
            memory: Pool::default(),
        });
        Ok(())
    }

    /// A copy of a compiled network whose blocks compute in `precision`.
    pub(super) fn with_precision(&self, precision: Precision) -> Option<Self> {
        let plan = self.plan.as_ref()?;
        Some(Self {
            config: self.config.clone(),
            codec: self.codec.clone(),
            codec_sha256: self.codec_sha256.clone(),
            device: self.device.clone(),
            legacy: self.legacy.clone(),
            hsc: self.hsc.clone(),
            blocks: Vec::new(),
            norm: self.norm.clone(),
            context: self.context.clone(),
            plan: Some(plan.converted(precision)),
        })
    }
}

fn packed(kernels: &Kernels, block: AionBlock) -> Result<VitBlock, String> {
    let fc1 = match block.fc3 {
        None => matrix_of(kernels, block.fc1)?,
        Some(fc3) => {
            // What is gated, then what it is multiplied by, side by side.
            let [inputs, inside] = block.fc1.weight.dims();
            let ((a, mut bias), (b, second)) = (dense_of(block.fc1)?, dense_of(fc3)?);
            bias.extend(second);
            let rows = a.chunks_exact(inside).zip(b.chunks_exact(inside));
            let weight: Vec<f32> = rows.flat_map(|(a, b)| a.iter().chain(b).copied()).collect();
            Matrix::pack(kernels, Precision::F32, [inputs, 2 * inside], &weight, &bias)
        }
    };
    Ok(VitBlock {
        norm1: norm_of(&block.norm1)?,
        qkv: matrix_of(kernels, block.qkv)?,
        proj: matrix_of(kernels, block.proj)?,
        norm2: norm_of(&block.norm2)?,
        fc1,
        fc2: matrix_of(kernels, block.fc2)?,
    })
}
