//! A Vision Transformer as DINOv2 lays it out: pre-norm blocks, layer scale, exact GELU (or
//! SwiGLU), optional register tokens.
//!
//! Sources: Dosovitskiy et al. 2021 (arXiv:2010.11929), Oquab et al. 2023 (DINOv2,
//! arXiv:2304.07193), Darcet et al. 2023 (registers, arXiv:2309.16588). Layer norms have
//! ε = 1e-6. What can be done once is done when loading (see `vit_load`): layer scale is folded
//! into the projection before it, matrices lie as `[in, out]`, and everything that is added to a
//! token before the first block is one table.

use super::position::{PositionResize, resize_positions};
use super::vit_keys::Family;
use crate::encoder::plan::team::Team;
use crate::encoder::plan::vit::VitPlan;
use burn::tensor::activation::{gelu, silu};
use burn::tensor::module::{attention, layer_norm, linear};
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// ε of every layer norm.
pub(super) const NORM_EPSILON: f64 = 1e-6;

/// The shape of a Vision Transformer; everything but `position_resize` follows from the shapes of
/// its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VitConfig {
    /// Width of a token.
    pub width: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Number of attention heads, each 64 wide.
    pub heads: usize,
    /// Side of a patch in pixels.
    pub patch_px: usize,
    /// Side of the square grid of learned positions.
    pub position_grid: usize,
    /// Number of register tokens, which stand between the class token and the patches.
    pub registers: usize,
    /// Whether the class token has a learned position (false in timm's register models).
    pub class_has_position: bool,
    /// Width inside the feed-forward layers.
    pub hidden: usize,
    /// Whether the feed-forward layers are gated (SwiGLU, the giant model) instead of GELU.
    pub swiglu: bool,
    /// Whether blocks have layer scale.
    pub layer_scale: bool,
    /// How positions are resized for images of another size.
    pub position_resize: PositionResize,
}

/// Why tokens can't be computed: always a wrong call or setting, never a wrong pixel.
#[derive(Debug, thiserror::Error)]
pub enum VitError {
    /// Sides aren't multiples of the patch.
    #[error("an image of {width}x{height} px can't be cut in patches of {patch_px} px: use a multiple")]
    Size {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Side of a patch.
        patch_px: usize,
    },
    /// The input has another length than its shape says.
    #[error("the input has {found} values where the shape asks for {expected}")]
    Length {
        /// Values the shape asks for.
        expected: usize,
        /// Values there are.
        found: usize,
    },
    /// There is no such block.
    #[error("there is no block {block}: this network has blocks 0 to {}", depth - 1)]
    Block {
        /// What was asked for.
        block: usize,
        /// Number of blocks.
        depth: usize,
    },
    /// The computation failed.
    #[error("the network failed: {0}")]
    Compute(String),
}

/// A matrix `[in, out]` with a bias.
#[derive(Debug)]
pub(super) struct Dense {
    pub weight: Tensor<2>,
    pub bias: Tensor<1>,
}

impl Dense {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        linear(x, self.weight.clone(), Some(self.bias.clone()))
    }
}

/// Scale and shift of a layer norm.
#[derive(Debug)]
pub(super) struct Norm {
    pub weight: Tensor<1>,
    pub bias: Tensor<1>,
}

impl Norm {
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let (weight, bias) = (self.weight.clone(), self.bias.clone());
        layer_norm(x, weight, Some(bias), NORM_EPSILON)
    }
}

/// One block; layer scale is already in `proj` and `fc2`.
#[derive(Debug)]
pub(super) struct Block {
    pub norm1: Norm,
    /// Queries, keys and values side by side, `[width, 3 * width]`.
    pub qkv: Dense,
    pub proj: Dense,
    pub norm2: Norm,
    pub fc1: Dense,
    pub fc2: Dense,
}

/// What is added to the tokens of an image of so many patches (rows, columns), `[tokens, width]`.
pub(super) type TokenTable = ((usize, usize), Vec<f32>);

/// A Vision Transformer with its weights.
#[derive(Debug)]
pub struct Vit {
    pub(super) config: VitConfig,
    /// Who named the weights' tensors.
    pub(super) key_names: Family,
    pub(super) device: Device,
    /// `[3 * patch * patch, width]`, rows in the order channel, y, x.
    pub(super) patch_weight: Tensor<2>,
    pub(super) patch_bias: Vec<f32>,
    /// Class token with its position, if it has one; then the registers.
    pub(super) leading: Vec<f32>,
    /// `[grid * grid, width]`.
    pub(super) positions: Vec<f32>,
    pub(super) blocks: Vec<Block>,
    pub(super) norm: Norm,
    /// The table of the last image size, since sizes rarely change.
    pub(super) table: Mutex<Option<Arc<TokenTable>>>,
    /// The blocks for this processor; `blocks` is empty then.
    pub(super) plan: Option<VitPlan>,
}

impl Vit {
    /// The shape of the network.
    pub fn config(&self) -> &VitConfig {
        &self.config
    }

    /// Tokens before the patches: class token and registers.
    pub fn leading_tokens(&self) -> usize {
        1 + self.config.registers
    }

    /// Number of tokens of an image: class token, registers, then patches row by row.
    ///
    /// # Errors
    /// [`VitError::Size`] if a side is not a positive multiple of the patch.
    pub fn token_count(&self, height: usize, width: usize) -> Result<usize, VitError> {
        let (rows, columns) = self.patch_grid(height, width)?;
        Ok(self.leading_tokens() + rows * columns)
    }

    /// Normalised tokens of `batch` images, `[batch, tokens, width]` row-major: after block
    /// `block` (0-based; `None` for the last) and the final layer norm.
    ///
    /// `input` is `[batch, 3, height, width]` row-major, already standardised. Runs in the
    /// caller's rayon pool. Needs about `batch * tokens * (7 * width + hidden) * 4` bytes.
    ///
    /// # Errors
    /// [`VitError`] if shapes, sizes or the block don't fit.
    pub fn tokens(
        &self,
        input: &[f32],
        [batch, height, width]: [usize; 3],
        block: Option<usize>,
    ) -> Result<Vec<f32>, VitError> {
        let (blocks, grid) = self.check(input, [batch, height, width], block)?;
        if batch == 0 {
            return Ok(Vec::new());
        }
        if self.plan.is_some() {
            return self.tokens_on(&Team::one(), input, [batch, height, width], block);
        }
        let table = self.token_table(grid);
        let shape = [1, table.1.len() / self.config.width, self.config.width];
        let table = Tensor::from_data(TensorData::new(table.1.clone(), shape), &self.device);
        let patches = self.patches(input, [batch, height, width], grid);
        let mut x = linear(patches, self.patch_weight.clone(), None) + table;
        for block in &self.blocks[..blocks] {
            x = block.forward(x, self.config.heads, self.config.swiglu);
        }
        let failed = |e: burn::tensor::ExecutionError| VitError::Compute(e.to_string());
        let tokens = (self.norm.forward(x)).try_into_data().map_err(failed)?;
        tokens
            .try_into_vec::<f32>()
            .map_err(|e| VitError::Compute(format!("{e:?}")))
    }

    /// Rows and columns of patches.
    pub(super) fn patch_grid(&self, height: usize, width: usize) -> Result<(usize, usize), VitError> {
        let patch_px = self.config.patch_px;
        let fits = |side: usize| side > 0 && side.is_multiple_of(patch_px);
        if fits(height) && fits(width) {
            return Ok((height / patch_px, width / patch_px));
        }
        Err(VitError::Size {
            width,
            height,
            patch_px,
        })
    }

    /// The pixels of every patch, `[batch, tokens, 3 * patch * patch]`. Leading tokens get zeros:
    /// their value is in the table, so that nothing need be concatenated.
    pub(super) fn patches(
        &self,
        input: &[f32],
        [batch, height, width]: [usize; 3],
        (rows, columns): (usize, usize),
    ) -> Tensor<3> {
        let side = self.config.patch_px;
        let len = 3 * side * side;
        let tokens = self.leading_tokens() + rows * columns;
        let mut pixels = vec![0.0f32; batch * tokens * len];
        for (image, to) in input
            .chunks_exact(3 * height * width)
            .zip(pixels.chunks_exact_mut(tokens * len))
        {
            let to = &mut to[self.leading_tokens() * len..];
            for (p, patch) in to.chunks_exact_mut(len).enumerate() {
                let corner = (p / columns) * side * width + (p % columns) * side;
                for (line, row) in patch.chunks_exact_mut(side).enumerate() {
                    let (channel, y) = (line / side, line % side);
                    let at = channel * height * width + corner + y * width;
                    row.copy_from_slice(&image[at..at + side]);
                }
            }
        }
        Tensor::from_data(TensorData::new(pixels, [batch, tokens, len]), &self.device)
    }

    /// Class token, registers, and positions with the patch embedding's bias, made once a size.
    pub(super) fn token_table(&self, grid: (usize, usize)) -> Arc<TokenTable> {
        let mut kept = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = kept.as_ref().filter(|t| t.0 == grid) {
            return Arc::clone(table);
        }
        let (width, old) = (self.config.width, self.config.position_grid);
        let how = self.config.position_resize;
        let mut values = self.leading.clone();
        let resized = resize_positions(&self.positions, width, (old, old), grid, how);
        for position in resized.chunks_exact(width) {
            values.extend(position.iter().zip(&self.patch_bias).map(|(p, b)| p + b));
        }
        let table = Arc::new((grid, values));
        *kept = Some(Arc::clone(&table));
        table
    }
}

impl Block {
    pub(super) fn forward(&self, x: Tensor<3>, heads: usize, swiglu: bool) -> Tensor<3> {
        let x = x.clone() + self.attend(self.norm1.forward(x), heads);
        let h = self.fc1.forward(self.norm2.forward(x.clone()));
        let h = if swiglu {
            // The first half is gated: silu(a) * b (Shazeer 2020, arXiv:2002.05202).
            let mut halves = h.chunk(2, 2).into_iter();
            match (halves.next(), halves.next()) {
                (Some(a), Some(b)) => silu(a) * b,
                _ => return x,
            }
        } else {
            gelu(h)
        };
        x + self.fc2.forward(h)
    }

    fn attend(&self, x: Tensor<3>, heads: usize) -> Tensor<3> {
        let [batch, tokens, width] = x.dims();
        let qkv = (self.qkv.forward(x))
            .reshape([batch, tokens, 3 * heads, width / heads])
            .swap_dims(1, 2);
        let part = |i: usize| qkv.clone().narrow(1, i * heads, heads);
        let options = AttentionModuleOptions::default();
        let mixed = attention(part(0), part(1), part(2), None, None, options);
        self.proj
            .forward(mixed.swap_dims(1, 2).reshape([batch, tokens, width]))
    }
}
