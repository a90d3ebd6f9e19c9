//! A [`Vit`] for this processor: its layers packed into a [`VitPlan`], burn's copies given up one
//! by one, so that memory holds the weights once.

use super::vit::{Block, Dense, Norm, Vit, VitError};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::matrix::Matrix;
use crate::encoder::plan::pool::Pool;
use crate::encoder::plan::team::Team;
use crate::encoder::plan::vit::{self as plan, Inside, VitBlock, VitPlan};
use burn::tensor::Tensor;
use std::sync::Mutex;

/// ε of every layer norm.
const NORM_EPSILON: f32 = super::vit::NORM_EPSILON as f32;

impl Vit {
    /// Packs the layers for `kernels`, in single precision; tokens come from the plan afterwards.
    ///
    /// # Errors
    /// A sentence if burn doesn't give its values; the network is of no use then.
    pub fn compile(&mut self, kernels: &'static Kernels) -> Result<(), String> {
        if self.plan.is_some() {
            return Ok(());
        }
        let patches = values(self.patch_weight.clone())?;
        let inputs = patches.len() / self.config.width;
        let shape = [inputs, self.config.width];
        let f32 = Precision::F32;
        let norm = norm_of(Norm {
            weight: self.norm.weight.clone(),
            bias: self.norm.bias.clone(),
        })?;
        let blocks = (std::mem::take(&mut self.blocks).into_iter())
            .map(|block| packed(kernels, block))
            .collect::<Result<_, _>>()?;
        self.plan = Some(VitPlan {
            kernels,
            precision: f32,
            heads: self.config.heads,
            patch_px: self.config.patch_px,
            channels: 3,
            epsilon: NORM_EPSILON,
            inside: match self.config.swiglu {
                true => Inside::Gated,
                false => Inside::Gelu,
            },
            causal: false,
            patches: Matrix::pack(kernels, f32, shape, &patches, &[]),
            blocks,
            norm,
            memory: Pool::default(),
        });
        Ok(())
    }

    /// A copy of a compiled network whose blocks compute in `precision`.
    pub fn converted(&self, precision: Precision) -> Option<Self> {
        let plan = self.plan.as_ref()?;
        Some(Self {
            config: self.config.clone(),
            key_names: self.key_names,
            device: self.device.clone(),
            patch_weight: self.patch_weight.clone(),
            patch_bias: self.patch_bias.clone(),
            leading: self.leading.clone(),
            positions: self.positions.clone(),
            blocks: Vec::new(),
            norm: Norm {
                weight: self.norm.weight.clone(),
                bias: self.norm.bias.clone(),
            },
            table: Mutex::new(None),
            plan: Some(plan.converted(precision)),
        })
    }

    /// The plan, once compiled.
    pub fn plan(&self) -> Option<&VitPlan> {
        self.plan.as_ref()
    }

    /// As [`tokens`](Self::tokens), on all cores of `team` if compiled, else in the caller's
    /// rayon pool.
    ///
    /// # Errors
    /// As [`tokens`](Self::tokens).
    pub fn tokens_on(
        &self,
        team: &Team,
        input: &[f32],
        [batch, height, width]: [usize; 3],
        block: Option<usize>,
    ) -> Result<Vec<f32>, VitError> {
        let Some(plan) = &self.plan else {
            return self.tokens(input, [batch, height, width], block);
        };
        let (blocks, grid) = self.check(input, [batch, height, width], block)?;
        let table = self.token_table(grid);
        let mut out = vec![0.0; batch * table.1.len()];
        plan.tokens(
            team,
            input,
            [batch, height, width],
            &table.1,
            (blocks, true),
            &mut out,
        );
        Ok(out)
    }

    /// How many blocks and which grid of patches a call means.
    pub(super) fn check(
        &self,
        input: &[f32],
        [batch, height, width]: [usize; 3],
        block: Option<usize>,
    ) -> Result<(usize, (usize, usize)), VitError> {
        let depth = self.config.depth;
        let blocks = match block {
            Some(block) if block >= depth => return Err(VitError::Block { block, depth }),
            Some(block) => block + 1,
            None => depth,
        };
        let grid = self.patch_grid(height, width)?;
        let expected = (batch.saturating_mul(3))
            .saturating_mul(height)
            .saturating_mul(width);
        if input.len() != expected {
            let found = input.len();
            return Err(VitError::Length { expected, found });
        }
        Ok((blocks, grid))
    }
}

fn packed(kernels: &Kernels, block: Block) -> Result<VitBlock, String> {
    let matrix = |dense: Dense| {
        let shape = dense.weight.dims();
        let (weight, bias) = (values(dense.weight)?, values(dense.bias)?);
        Ok::<_, String>(Matrix::pack(kernels, Precision::F32, shape, &weight, &bias))
    };
    Ok(VitBlock {
        norm1: norm_of(block.norm1)?,
        qkv: matrix(block.qkv)?,
        proj: matrix(block.proj)?,
        norm2: norm_of(block.norm2)?,
        fc1: matrix(block.fc1)?,
        fc2: matrix(block.fc2)?,
    })
}

fn norm_of(norm: Norm) -> Result<plan::Norm, String> {
    Ok(plan::Norm {
        weight: values(norm.weight)?,
        bias: values(norm.bias)?,
    })
}

fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    (tensor.into_data().try_into_vec::<f32>()).map_err(|e| format!("weights can't be packed: {e:?}"))
}
