//! AstroCLIP's image encoder (Parker et al. 2024, arXiv:2310.03024): AstroDINO's Vision
//! Transformer, one learned query that attends to its tokens, and a perceptron.
//!
//! Facts of the published code: the transformer runs on the patches alone, without class token
//! and without positions; then multi-head attention of the query over the normalised tokens (4
//! heads), a layer norm (ε = 1e-5), and two layers with exact GELU, not added to their input.
//!
//! The transformer is compiled for the processor (`plan`); the head, a fiftieth of the work, stays
//! in burn and in single precision.

use super::fit::{check, pair};
use super::layers::{Dense, Layers, Norm, check_lengths, values_of};
use super::vit::Vit;
use super::vit_keys::VitKeys;
use crate::encoder::EncoderError;
use crate::encoder::network::{Network, Pooling, check_block};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::team::Team;
use crate::encoder::weights::WeightsFile;
use burn::tensor::activation::gelu;
use burn::tensor::module::{attention, linear};
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Tensor, TensorData};

/// ε of the head's layer norm (PyTorch's default, unlike the transformer's).
const NORM_EPSILON: f64 = 1e-5;
/// Heads of the query; they aren't in the weights.
const HEADS: usize = 4;

/// AstroCLIP's image encoder with its weights.
#[derive(Debug)]
pub struct AstroClip {
    vit: Vit,
    /// The query after its projection, `[1, heads, 1, width / heads]`.
    query: Tensor<4>,
    key: Dense,
    value: Dense,
    out: Dense,
    norm: Norm,
    fc1: Dense,
    fc2: Dense,
}

/// The prefix before `backbone.` and `cross_attention.`, if the head is there.
pub(super) fn find_astroclip(file: &WeightsFile) -> Option<String> {
    let anchor = "cross_attention.multihead_attn.in_proj_weight";
    let beside = |p: &&str| (file.shape(&format!("{p}backbone.patch_embed.proj.weight"))).is_some();
    let found = file.tensors().keys().filter_map(|n| n.strip_suffix(anchor));
    found.filter(beside).min_by_key(|p| p.len()).map(str::to_string)
}

impl AstroClip {
    /// Reads the image encoder whose names begin with `prefix`.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if tensors are missing, of a wrong shape, or can't be read.
    pub fn load(file: &mut WeightsFile, prefix: &str) -> Result<Self, EncoderError> {
        let keys = VitKeys::find(file)?;
        let w = keys.config.width;
        let at = |name: &str| format!("{prefix}{name}");
        let hidden = file
            .shape(&at("mlp.encoder.weight"))
            .and_then(|s| s.first().copied());
        let hidden = hidden.unwrap_or(4 * w);
        let joined = at("cross_attention.multihead_attn.in_proj");
        let mut expected = vec![
            (at("cross_attention.query"), vec![1, 1, w]),
            (format!("{joined}_weight"), vec![3 * w, w]),
            (format!("{joined}_bias"), vec![3 * w]),
        ];
        pair(
            &mut expected,
            &at("cross_attention.multihead_attn.out_proj"),
            &[w, w],
        );
        pair(&mut expected, &at("cross_attention.layernorm"), &[w]);
        pair(&mut expected, &at("mlp.encoder"), &[hidden, w]);
        pair(&mut expected, &at("mlp.decoder"), &[w, hidden]);
        check(file, &expected, |_| true, "AstroCLIP's image encoder")?;
        let vit = Vit::load(file, &keys)?;
        let mut layers = Layers::new(file);
        let weight = layers.file.read_f32(&format!("{joined}_weight"))?;
        let bias = layers.file.read_f32(&format!("{joined}_bias"))?;
        let part = |i: usize| {
            let bias = bias[i * w..(i + 1) * w].to_vec();
            layers.dense_of(&weight[i * w * w..(i + 1) * w * w], Some(bias), w, None)
        };
        let (first, key, value) = (part(0), part(1), part(2));
        let query = layers.file.read_f32(&at("cross_attention.query"))?;
        let query = Tensor::<2>::from_data(TensorData::new(query, [1, w]), &layers.device);
        Ok(Self {
            vit,
            query: first.forward(query).reshape([1, HEADS, 1, w / HEADS]),
            key,
            value,
            out: layers.dense(&at("cross_attention.multihead_attn.out_proj"))?,
            norm: layers.norm(&at("cross_attention.layernorm"), NORM_EPSILON)?,
            fc1: layers.dense(&at("mlp.encoder"))?,
            fc2: layers.dense(&at("mlp.decoder"))?,
        })
    }

    /// The transformer's normalised tokens of the patches alone.
    fn tokens(&self, team: &Team, input: &[f32], shape: [usize; 3]) -> Result<Tensor<3>, String> {
        let vit = &self.vit;
        let [batch, height, width] = shape;
        let grid = vit.patch_grid(height, width).map_err(|e| e.to_string())?;
        let count = grid.0 * grid.1;
        if let Some(plan) = vit.plan() {
            // Without positions every patch gets the same: the embedding's bias.
            let table = vit.patch_bias.repeat(count);
            let mut out = vec![0.0; batch * table.len()];
            plan.tokens(team, input, shape, &table, (plan.blocks.len(), true), &mut out);
            let data = TensorData::new(out, [batch, count, vit.config.width]);
            return Ok(Tensor::from_data(data, &vit.device));
        }
        let patches = vit.patches(input, shape, grid);
        let patches = patches.narrow(1, vit.leading_tokens(), count);
        let bias = TensorData::new(vit.patch_bias.clone(), [vit.patch_bias.len()]);
        let bias = Tensor::from_data(bias, &vit.device);
        let mut x = linear(patches, vit.patch_weight.clone(), Some(bias));
        for block in &vit.blocks {
            x = block.forward(x, vit.config.heads, vit.config.swiglu);
        }
        Ok(vit.norm.forward(x))
    }
}

impl Network for AstroClip {
    fn family(&self) -> &'static str {
        "astroclip"
    }

    fn short_name(&self) -> String {
        format!("astroclip_{}", self.vit.short_name())
    }

    fn settings(&self) -> serde_json::Value {
        let mut settings = self.vit.settings();
        settings["architecture"] = "astroclip".into();
        settings
    }

    fn channels(&self) -> usize {
        3
    }

    fn native_side(&self) -> usize {
        self.vit.native_side()
    }

    fn check_side(&self, px: usize) -> Result<(), String> {
        self.vit.check_side(px)
    }

    fn blocks(&self) -> usize {
        self.vit.blocks()
    }

    fn usual_pooling(&self) -> Pooling {
        Pooling::MeanPatches
    }

    fn dim(&self, block: Option<usize>, pooling: Pooling) -> Result<usize, String> {
        check_block(block, self.blocks())?;
        if block.is_some_and(|b| b + 1 < self.blocks()) {
            return Err("AstroCLIP's head was trained on the last block: leave the block out".into());
        }
        match pooling {
            Pooling::MeanPatches => Ok(self.vit.config.width),
            _ => Err("AstroCLIP pools the patches by its own head: use mean as pooling".into()),
        }
    }

    fn image_bytes(&self, height: usize, width: usize) -> usize {
        self.vit.image_bytes(height, width)
    }

    fn group_images(&self, height: usize, width: usize) -> usize {
        self.vit.group_images(height, width)
    }

    fn compile(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        self.vit.compile(kernels).map(|()| true)
    }

    fn converted(&self, precision: Precision) -> Option<Box<dyn Network>> {
        Some(Box::new(Self {
            vit: self.vit.converted(precision)?,
            query: self.query.clone(),
            key: self.key.clone(),
            value: self.value.clone(),
            out: self.out.clone(),
            norm: self.norm.clone(),
            fc1: self.fc1.clone(),
            fc2: self.fc2.clone(),
        }))
    }

    fn flops(&self, side_px: usize, _block: Option<usize>) -> Option<u64> {
        let (rows, columns) = self.vit.patch_grid(side_px, side_px).ok()?;
        let plan = self.vit.plan()?;
        Some(plan.flops(rows * columns, plan.blocks.len()))
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
        check_lengths(input, shape, 3, out, dim)?;
        let batch = shape[0];
        if batch == 0 {
            return Ok(());
        }
        let x = self.tokens(team, input, shape)?;
        let tokens = x.dims()[1];
        let heads = |x: Tensor<3>| (x.reshape([batch, tokens, HEADS, dim / HEADS])).swap_dims(1, 2);
        let (key, value) = (self.key.forward(x.clone()), self.value.forward(x));
        let query = self.query.clone().repeat_dim(0, batch);
        let options = AttentionModuleOptions::default();
        let mixed = attention(query, heads(key), heads(value), None, None, options);
        let x = self.out.forward(mixed.reshape([batch, dim]));
        let x = self.fc1.forward(self.norm.forward(x));
        out.copy_from_slice(&values_of(self.fc2.forward(gelu(x)))?);
        Ok(())
    }
}
