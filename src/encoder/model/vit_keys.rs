//! Which tensors of a weights file make up a Vision Transformer, under the three names in use,
//! and what to say when they don't.
//!
//! - **timm**: `blocks.0.attn.qkv.weight`, registers `reg_token`, gated layers `mlp.fc1`;
//! - **original** (facebookresearch/dinov2): as timm, but registers `register_tokens`, gated
//!   layers `mlp.w12`, a `mask_token`, sometimes `blocks.CHUNK.0.…`;
//! - **transformers**: `encoder.layer.0.attention.attention.query.weight` and so on, with
//!   queries, keys and values apart.
//!
//! Wrappers' prefixes (`module.`, `backbone.`, `model.`, `encoder.`, `teacher.`, …) are taken off.

use super::fit::{check, pair};
use super::key_names::{TIMM_PATCH, TRANSFORMERS_PATCH, block_prefixes, find_prefix, resembles, some_of};
use super::vit::VitConfig;
use super::vit_shape::infer;
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;
use serde::{Deserialize, Serialize};

/// Who named the tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// huggingface/pytorch-image-models.
    Timm,
    /// facebookresearch/dinov2.
    Original,
    /// huggingface/transformers, `Dinov2Model` and `Dinov2WithRegistersModel`.
    Transformers,
}

/// More blocks than any published network; keeps a damaged name from asking for millions.
const DEPTH_LIMIT: usize = 512;
/// The names of one block's tensors, without `.weight` and `.bias` but for layer scale.
#[derive(Debug, Clone)]
pub(super) struct BlockKeys {
    pub norm1: String,
    /// One fused matrix, or queries, keys and values.
    pub qkv: Vec<String>,
    pub proj: String,
    pub scale1: Option<String>,
    pub norm2: String,
    pub fc1: String,
    pub fc2: String,
    pub scale2: Option<String>,
}

/// The names of all tensors of a network, and the shape of the network.
#[derive(Debug, Clone)]
pub struct VitKeys {
    /// Who named them.
    pub family: Family,
    /// What stands before every name.
    pub prefix: String,
    /// The shape of the network.
    pub config: VitConfig,
    pub(super) class: String,
    pub(super) positions: String,
    pub(super) registers: Option<String>,
    pub(super) patch: String,
    pub(super) norm: String,
    pub(super) blocks: Vec<BlockKeys>,
}

impl VitKeys {
    /// Finds the network in `file`: names, prefix and shape, all checked against each other.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] naming the missing, unexpected and misshapen tensors, and what
    /// kind of network the file looks like if it is another.
    pub fn find(file: &WeightsFile) -> Result<Self, EncoderError> {
        let names: Vec<&str> = file.tensors().keys().map(String::as_str).collect();
        let Some((mut family, prefix)) = find_prefix(&names) else {
            return Err(file.error(format!(
                "has neither '{TIMM_PATCH}.weight' nor '{TRANSFORMERS_PATCH}.weight': it looks \
                 like {}; its first tensors are {}",
                resembles(&names),
                some_of(names.iter().copied())
            )));
        };
        let has = |name: &str| file.shape(&format!("{prefix}{name}")).is_some();
        if family == Family::Timm && (has("mask_token") || has("register_tokens")) {
            family = Family::Original;
        }
        let key = |name: &str| format!("{prefix}{name}");
        let (class, positions, register, patch, norm, blocks_at) = match family {
            Family::Transformers => (
                "embeddings.cls_token",
                "embeddings.position_embeddings",
                "embeddings.register_tokens",
                TRANSFORMERS_PATCH,
                "layernorm",
                "encoder.layer.",
            ),
            Family::Timm => (
                "cls_token",
                "pos_embed",
                "reg_token",
                TIMM_PATCH,
                "norm",
                "blocks.",
            ),
            Family::Original => (
                "cls_token",
                "pos_embed",
                "register_tokens",
                TIMM_PATCH,
                "norm",
                "blocks.",
            ),
        };
        let found = block_prefixes(&names, &key(blocks_at));
        let depth = found.keys().next_back().map_or(0, |last| last + 1);
        if depth == 0 || depth > DEPTH_LIMIT {
            return Err(file.error(format!(
                "has no usable blocks '{}N.…' ({} found, at most {DEPTH_LIMIT} are read)",
                key(blocks_at),
                found.len()
            )));
        }
        let first = match found.get(&0) {
            Some(first) => first.clone(),
            None => return Err(file.error(format!("misses block 0 ('{}0.…')", key(blocks_at)))),
        };
        let layer_scale = match family {
            Family::Transformers => file.shape(&format!("{first}layer_scale1.lambda1")).is_some(),
            _ => file.shape(&format!("{first}ls1.gamma")).is_some(),
        };
        let gated = if file.shape(&format!("{first}mlp.w12.weight")).is_some() {
            Some(("mlp.w12", "mlp.w3"))
        } else if (file.shape(&format!("{first}mlp.weights_in.weight"))).is_some() {
            Some(("mlp.weights_in", "mlp.weights_out"))
        } else {
            None
        };
        let blocks: Vec<BlockKeys> = (0..depth)
            .map(|i| {
                let at = (found.get(&i).cloned()).unwrap_or_else(|| format!("{}{i}.", key(blocks_at)));
                BlockKeys::new(family, &at, layer_scale, gated.unwrap_or(("mlp.fc1", "mlp.fc2")))
            })
            .collect();
        let registers = file.shape(&key(register)).is_some().then(|| key(register));
        let config = infer(
            file,
            family,
            &key(patch),
            &key(positions),
            registers.as_deref(),
            &blocks,
            layer_scale,
        )?;
        let keys = Self {
            family,
            config,
            class: key(class),
            positions: key(positions),
            registers,
            patch: key(patch),
            norm: key(norm),
            blocks,
            prefix,
        };
        let c = &keys.config;
        let network = format!(
            "a Vision Transformer with {family:?} names (width {}, {} blocks, patch {} px)",
            c.width, c.depth, c.patch_px
        );
        check(file, &keys.expected(), |k| keys.is_ignored(k), &network)?;
        Ok(keys)
    }

    /// Every tensor there must be, with its shape.
    pub fn expected(&self) -> Vec<(String, Vec<usize>)> {
        let c = &self.config;
        let (w, patch) = (c.width, c.patch_px);
        let positions = c.position_grid * c.position_grid + usize::from(c.class_has_position);
        let mut all = vec![
            (self.class.clone(), vec![1, 1, w]),
            (self.positions.clone(), vec![1, positions, w]),
            (format!("{}.weight", self.patch), vec![w, 3, patch, patch]),
            (format!("{}.bias", self.patch), vec![w]),
        ];
        if let Some(registers) = &self.registers {
            all.push((registers.clone(), vec![1, c.registers, w]));
        }
        pair(&mut all, &self.norm, &[w]);
        let inner = if c.swiglu { 2 * c.hidden } else { c.hidden };
        for b in &self.blocks {
            pair(&mut all, &b.norm1, &[w]);
            pair(&mut all, &b.norm2, &[w]);
            for name in &b.qkv {
                pair(&mut all, name, &[3 / b.qkv.len() * w, w]);
            }
            pair(&mut all, &b.proj, &[w, w]);
            pair(&mut all, &b.fc1, &[inner, w]);
            pair(&mut all, &b.fc2, &[w, c.hidden]);
            for scale in [&b.scale1, &b.scale2].into_iter().flatten() {
                all.push((scale.clone(), vec![w]));
            }
        }
        all
    }

    /// Tensors that training needs and embedding doesn't.
    fn is_ignored(&self, key: &str) -> bool {
        let Some(name) = key.strip_prefix(&self.prefix) else {
            return true; // another part of a wrapped model
        };
        let heads = [
            "head.",
            "head_dist.",
            "classifier.",
            "dino_head.",
            "ibot_head.",
            "pooler.",
        ];
        matches!(name, "mask_token" | "embeddings.mask_token") || heads.iter().any(|h| name.starts_with(h))
    }
}

impl BlockKeys {
    fn new(family: Family, at: &str, layer_scale: bool, mlp: (&str, &str)) -> Self {
        let key = |name: &str| format!("{at}{name}");
        let (qkv, proj, scales) = match family {
            Family::Transformers => (
                ["query", "key", "value"]
                    .map(|p| key(&format!("attention.attention.{p}")))
                    .to_vec(),
                "attention.output.dense",
                ["layer_scale1.lambda1", "layer_scale2.lambda1"],
            ),
            _ => (vec![key("attn.qkv")], "attn.proj", ["ls1.gamma", "ls2.gamma"]),
        };
        Self {
            norm1: key("norm1"),
            qkv,
            proj: key(proj),
            scale1: layer_scale.then(|| key(scales[0])),
            norm2: key("norm2"),
            fc1: key(mlp.0),
            fc2: key(mlp.1),
            scale2: layer_scale.then(|| key(scales[1])),
        }
    }
}
