//! AstroPT (Smith et al. 2024, arXiv:2405.14930): a GPT over the patches of a galaxy's picture,
//! in a spiral from the centre.
//!
//! Facts of the published code (Python package `astropt`): every patch is standardised by its own
//! mean and (unbiased) deviation + 1e-8, its values in the order y, x, channel; layer norms have
//! ε = 1e-5, GELU is the tanh approximation, attention is causal, positions are learned by place
//! in the spiral. The vector is the mean over tokens after the middle block, without the last
//! norm; the last norm follows only when all blocks are computed.

use super::astropt_keys::AstroPtKeys;
use super::layers::{Dense, Layers, Norm, check_lengths, self_attention, values_of};
use crate::encoder::EncoderError;
use crate::encoder::network::{Network, Pooling, check_block, mean_tokens, transformer_bytes};
use crate::encoder::plan::gpt::GptPlan;
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::team::Team;
use crate::encoder::weights::WeightsFile;
use burn::tensor::activation::gelu_approximate;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// ε of every layer norm.
const NORM_EPSILON: f64 = 1e-5;

/// The shape of an AstroPT, told from the shapes of its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AstroPtConfig {
    /// Planes of an image.
    pub channels: usize,
    /// Side of a patch in pixels.
    pub patch_px: usize,
    /// Width of a token.
    pub width: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Number of attention heads, each 64 wide.
    pub heads: usize,
    /// Most tokens of an image.
    pub context: usize,
    /// Whether patches become tokens by two layers (`aim`) instead of one (`affine`).
    pub two_layers: bool,
}

/// One block in burn: the oracle of the compiled one, and what runs where there are no kernels.
#[derive(Debug)]
pub(super) struct GptBlock {
    pub norm1: Norm,
    pub qkv: Dense,
    pub proj: Dense,
    pub norm2: Norm,
    pub fc: Dense,
    pub out: Dense,
}

/// An AstroPT with its weights.
#[derive(Debug)]
pub struct AstroPt {
    pub(super) config: AstroPtConfig,
    pub(super) device: Device,
    pub(super) embed: Dense,
    pub(super) embed_out: Option<Dense>,
    /// `[context, width]`.
    pub(super) positions: Tensor<2>,
    /// Empty once compiled.
    pub(super) blocks: Vec<GptBlock>,
    pub(super) norm: Norm,
    pub(super) plan: Option<GptPlan>,
}

impl AstroPt {
    /// Reads the network that `keys` found in `file`, on the CPU.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if a tensor can't be read or holds values that aren't finite.
    pub fn load(file: &mut WeightsFile, keys: &AstroPtKeys) -> Result<Self, EncoderError> {
        let config = keys.config.clone();
        let mut layers = Layers::new(file);
        let embed = layers.dense(&keys.patches("c_fc"))?;
        let embed_out = match config.two_layers {
            true => Some(layers.dense(&keys.patches("c_proj"))?),
            false => None,
        };
        let positions = layers.file.read_f32(&format!("{}.weight", keys.positions))?;
        let data = TensorData::new(positions, [config.context, config.width]);
        let positions = Tensor::from_data(data, &layers.device);
        let mut blocks = Vec::with_capacity(config.depth);
        for b in 0..config.depth {
            blocks.push(GptBlock {
                norm1: layers.norm(&keys.block(b, "ln_1"), NORM_EPSILON)?,
                qkv: layers.dense(&keys.block(b, "attn.c_attn"))?,
                proj: layers.dense(&keys.block(b, "attn.c_proj"))?,
                norm2: layers.norm(&keys.block(b, "ln_2"), NORM_EPSILON)?,
                fc: layers.dense(&keys.block(b, "mlp.c_fc"))?,
                out: layers.dense(&keys.block(b, "mlp.c_proj"))?,
            });
        }
        let norm = layers.norm(&keys.norm(), NORM_EPSILON)?;
        let device = layers.device.clone();
        Ok(Self {
            config,
            device,
            embed,
            embed_out,
            positions,
            blocks,
            norm,
            plan: None,
        })
    }

    /// The standardised patches of images in spiral order, `[batch, tokens, patch² * channels]`.
    fn patches(&self, input: &[f32], batch: usize, side: usize) -> Tensor<3> {
        let (px, channels) = (self.config.patch_px, self.config.channels);
        let grid = side / px;
        let len = px * px * channels;
        let order = spiral(grid);
        let mut values = vec![0.0f32; batch * grid * grid * len];
        let images = input.chunks_exact(channels * side * side);
        for (image, tokens) in images.zip(values.chunks_exact_mut(grid * grid * len)) {
            for (&place, token) in order.iter().zip(tokens.chunks_exact_mut(len)) {
                self.patch(image, side, place, token);
            }
        }
        let data = TensorData::new(values, [batch, grid * grid, len]);
        Tensor::from_data(data, &self.device)
    }

    /// The standardised patch at `place` of an image's grid.
    fn patch(&self, image: &[f32], side: usize, place: usize, values: &mut [f32]) {
        let (px, channels) = (self.config.patch_px, self.config.channels);
        let grid = side / px;
        let corner = (place / grid) * px * side + (place % grid) * px;
        for (i, value) in values.iter_mut().enumerate() {
            let (pixel, channel) = (i / channels, i % channels);
            *value = image[channel * side * side + corner + pixel / px * side + pixel % px];
        }
        standardise(values);
    }

    /// Tokens of images, `[batch, tokens, width]`, on all cores of `team` if compiled.
    fn tokens(
        &self,
        team: &Team,
        input: &[f32],
        [batch, side]: [usize; 2],
        block: Option<usize>,
    ) -> Result<Vec<f32>, String> {
        let blocks = block.map_or(self.config.depth, |b| b + 1);
        let grid = side / self.config.patch_px;
        let tokens = grid * grid;
        if let Some(plan) = &self.plan {
            let (order, pixels) = (spiral(grid), self.config.channels * side * side);
            let patch = |image: usize, token: usize, values: &mut [f32]| {
                self.patch(
                    &input[image * pixels..(image + 1) * pixels],
                    side,
                    order[token],
                    values,
                );
            };
            let mut out = vec![0.0; batch * tokens * self.config.width];
            plan.tokens(team, batch, patch, (blocks, block.is_none()), &mut out);
            return Ok(out);
        }
        let mut x = self.embed.forward(self.patches(input, batch, side));
        if let Some(second) = &self.embed_out {
            x = second.forward(gelu_approximate(x));
        }
        x = x + self.positions.clone().narrow(0, 0, tokens).unsqueeze::<3>();
        for each in self.blocks.iter().take(blocks) {
            x = each.forward(x, self.config.heads);
        }
        if block.is_none() {
            x = self.norm.forward(x);
        }
        values_of(x)
    }
}

/// Subtracts the mean and divides by the unbiased deviation + 1e-8.
fn standardise(values: &mut [f32]) {
    let count = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
    let squares = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt() + 1e-8;
    (values.iter_mut()).for_each(|v| *v = ((f64::from(*v) - mean) / deviation) as f32);
}

/// The places of a square grid, row by row from 0, in the order of a spiral that ends in the top
/// left corner when walked inwards out: the walk right, down, left, up from that corner, reversed.
pub fn spiral(grid: usize) -> Vec<usize> {
    let mut walk = Vec::with_capacity(grid * grid);
    let (mut low, mut high) = (0, grid);
    while low < high {
        let last = high - 1;
        walk.extend((low..high).map(|x| low * grid + x));
        walk.extend((low + 1..high).map(|y| y * grid + last));
        if last > low {
            walk.extend((low..last).rev().map(|x| last * grid + x));
            walk.extend((low + 1..last).rev().map(|y| y * grid + low));
        }
        (low, high) = (low + 1, last);
    }
    walk.reverse();
    walk
}

impl GptBlock {
    fn forward(&self, x: Tensor<3>, heads: usize) -> Tensor<3> {
        let qkv = self.qkv.forward(self.norm1.forward(x.clone()));
        let x = x + self.proj.forward(self_attention(qkv, heads, true));
        let h = gelu_approximate(self.fc.forward(self.norm2.forward(x.clone())));
        x + self.out.forward(h)
    }
}

impl Network for AstroPt {
    fn family(&self) -> &'static str {
        "astropt"
    }

    fn short_name(&self) -> String {
        format!("astropt_{}w{}", self.config.width, self.config.depth)
    }

    fn settings(&self) -> serde_json::Value {
        serde_json::json!({ "architecture": "astropt", "config": self.config })
    }

    fn channels(&self) -> usize {
        self.config.channels
    }

    fn native_side(&self) -> usize {
        256
    }

    fn check_side(&self, px: usize) -> Result<(), String> {
        let (patch, context) = (self.config.patch_px, self.config.context);
        let grid = px / patch;
        if grid > 0 && px.is_multiple_of(patch) && grid * grid <= context {
            return Ok(());
        }
        Err(format!(
            "must be a multiple of the network's patch of {patch} px, with at most {context} patches"
        ))
    }

    fn blocks(&self) -> usize {
        self.config.depth
    }

    fn usual_pooling(&self) -> Pooling {
        Pooling::MeanPatches
    }

    fn usual_block(&self) -> Option<usize> {
        Some(self.config.depth / 2)
    }

    fn dim(&self, block: Option<usize>, pooling: Pooling) -> Result<usize, String> {
        check_block(block, self.blocks())?;
        match pooling {
            Pooling::MeanPatches => Ok(self.config.width),
            _ => Err("an AstroPT has no class token: use the mean of the patches as pooling".into()),
        }
    }

    fn image_bytes(&self, _height: usize, _width: usize) -> usize {
        let c = &self.config;
        transformer_bytes(c.context, c.width, 4 * c.width, c.heads)
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
        if height != width {
            return Err("a spiral needs a square image".into());
        }
        self.check_side(height)?;
        if batch == 0 {
            return Ok(());
        }
        let values = self.tokens(team, input, [batch, height], block)?;
        let tokens = values.len() / (batch * dim);
        for (tokens, vector) in values.chunks_exact(tokens * dim).zip(out.chunks_exact_mut(dim)) {
            mean_tokens(tokens, vector);
        }
        Ok(())
    }

    fn compile(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        self.pack(kernels)?;
        Ok(true)
    }

    fn converted(&self, precision: Precision) -> Option<Box<dyn Network>> {
        Some(Box::new(self.with_precision(precision)?))
    }

    fn flops(&self, side_px: usize, block: Option<usize>) -> Option<u64> {
        let blocks = block.map_or(self.config.depth, |b| b + 1);
        let grid = side_px / self.config.patch_px;
        Some(self.plan.as_ref()?.flops(grid * grid, blocks))
    }
}
