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

use super::position::PositionResize;
use super::vit::VitConfig;
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

/// Prefixes that training wrappers put before the names.
const WRAPPERS: [&str; 7] = [
    "module", "backbone", "model", "encoder", "teacher", "student", "dinov2",
];
/// More blocks than any published network; keeps a damaged name from asking for millions.
const DEPTH_LIMIT: usize = 512;
const TIMM_PATCH: &str = "patch_embed.proj";
const TRANSFORMERS_PATCH: &str = "embeddings.patch_embeddings.projection";

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
        keys.check(file)?;
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
        let pair = |all: &mut Vec<(String, Vec<usize>)>, name: &str, shape: &[usize]| {
            all.push((format!("{name}.weight"), shape.to_vec()));
            all.push((format!("{name}.bias"), shape[..1].to_vec()));
        };
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

    /// Compares what is expected with what is there.
    fn check(&self, file: &WeightsFile) -> Result<(), EncoderError> {
        let expected = self.expected();
        let mut complaints = Vec::new();
        let missing = expected.iter().filter(|(k, _)| file.shape(k).is_none());
        let missing: Vec<&str> = missing.map(|(k, _)| k.as_str()).collect();
        if !missing.is_empty() {
            complaints.push(format!("missing: {}", some_of(missing.into_iter())));
        }
        let wanted: BTreeSet<&str> = expected.iter().map(|(k, _)| k.as_str()).collect();
        let unexpected: Vec<&str> = (file.tensors().keys().map(String::as_str))
            .filter(|k| !wanted.contains(k) && !self.is_ignored(k))
            .collect();
        if !unexpected.is_empty() {
            complaints.push(format!("unexpected: {}", some_of(unexpected.into_iter())));
        }
        let wrong: Vec<String> = (expected.iter())
            .filter_map(|(k, want)| {
                let found = file.shape(k)?;
                (found != want).then(|| format!("{k} is {found:?}, expected {want:?}"))
            })
            .collect();
        if !wrong.is_empty() {
            let wrong = some_of(wrong.iter().map(String::as_str));
            complaints.push(format!("wrong shape: {wrong}"));
        }
        if complaints.is_empty() {
            return Ok(());
        }
        let c = &self.config;
        Err(file.error(format!(
            "doesn't fit a Vision Transformer with {:?} names (width {}, {} blocks, patch {} px), \
             the closest that is known: {}",
            self.family,
            c.width,
            c.depth,
            c.patch_px,
            complaints.join("; ")
        )))
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

/// The network's shape from its tensors' shapes; only what the shapes contradict among themselves
/// is left to [`VitKeys::check`].
fn infer(
    file: &WeightsFile,
    family: Family,
    patch: &str,
    positions: &str,
    registers: Option<&str>,
    blocks: &[BlockKeys],
    layer_scale: bool,
) -> Result<VitConfig, EncoderError> {
    let shape_of = |key: &str| {
        (file.shape(key))
            .ok_or_else(|| file.error(format!("misses '{key}', from which the network's shape is told")))
    };
    let wrong = |key: &str, shape: &[usize], want: &str| file.error(format!("'{key}' is {shape:?}: {want}"));
    let patch_key = format!("{patch}.weight");
    let (width, patch_px) = match *shape_of(&patch_key)? {
        [w, 3, p, q] if p == q && p > 0 && w > 0 => (w, p),
        ref s => {
            return Err(wrong(
                &patch_key,
                s,
                "expected [width, 3, patch, patch], an image of three channels and square patches",
            ));
        }
    };
    if width % 64 != 0 {
        return Err(file.error(format!(
            "tokens are {width} wide: only networks with heads of 64, so a multiple of 64, are known"
        )));
    }
    let count = match *shape_of(positions)? {
        [1, n, w] if w == width && n > 0 => n,
        ref s => {
            let want = format!("expected [1, grid * grid + 1, {width}]");
            return Err(wrong(positions, s, &want));
        }
    };
    let (position_grid, class_has_position) = match (count.isqrt(), (count - 1).isqrt()) {
        (g, _) if g * g == count => (g, false),
        (_, g) if g * g == count - 1 => (g, true),
        _ => {
            let want = "only square grids of positions, with or without one for the class token, are known";
            return Err(wrong(positions, shape_of(positions)?, want));
        }
    };
    let registers = match registers {
        None => 0,
        Some(key) => match *shape_of(key)? {
            [1, n, w] if w == width && n > 0 && n < 1024 => n,
            ref s => return Err(wrong(key, s, &format!("expected [1, registers, {width}]"))),
        },
    };
    let (fc1, fc2) = match blocks.first() {
        Some(b) => (format!("{}.weight", b.fc1), format!("{}.weight", b.fc2)),
        None => return Err(file.error("has no blocks".into())),
    };
    let (inner, hidden) = match (shape_of(&fc1)?, shape_of(&fc2)?) {
        (&[inner, _], &[_, hidden]) if hidden > 0 => (inner, hidden),
        (a, b) => {
            return Err(file.error(format!(
                "'{fc1}' is {a:?} and '{fc2}' is {b:?}: expected two dimensions each"
            )));
        }
    };
    Ok(VitConfig {
        width,
        depth: blocks.len(),
        heads: width / 64,
        patch_px,
        position_grid,
        registers,
        class_has_position,
        hidden,
        swiglu: Some(inner) == hidden.checked_mul(2),
        layer_scale,
        position_resize: published_resize(family, registers > 0),
    })
}

/// How a family's own code resizes positions (see [`super::position`]).
pub fn published_resize(family: Family, has_registers: bool) -> PositionResize {
    let antialias = has_registers || family == Family::Timm;
    let offset = if family == Family::Original && !has_registers {
        0.1
    } else {
        0.0
    };
    PositionResize { antialias, offset }
}

/// Family and prefix, told by the patch embedding's name; a teacher is preferred to a student,
/// then the shortest prefix.
fn find_prefix(names: &[&str]) -> Option<(Family, String)> {
    let anchors = [
        (TIMM_PATCH, Family::Timm),
        (TRANSFORMERS_PATCH, Family::Transformers),
    ];
    let wrapped = |p: &str| {
        p.is_empty() || (p.strip_suffix('.')).is_some_and(|p| p.split('.').all(|s| WRAPPERS.contains(&s)))
    };
    let mut candidates: Vec<(bool, usize, Family, &str)> = Vec::new();
    for (anchor, family) in anchors {
        for name in names {
            let base = name.strip_suffix(".weight").unwrap_or("");
            if let Some(prefix) = base.strip_suffix(anchor).filter(|p| wrapped(p)) {
                candidates.push((!prefix.contains("teacher"), prefix.len(), family, prefix));
            }
        }
    }
    (candidates.into_iter().min_by_key(|c| (c.0, c.1))).map(|c| (c.2, c.3.to_string()))
}

/// The start of every block's names by its number: `blocks.7.`, or `blocks.1.7.` where training
/// cut the blocks in chunks (the second number is the block's).
fn block_prefixes(names: &[&str], at: &str) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    for name in names {
        let Some(rest) = name.strip_prefix(at) else {
            continue;
        };
        let mut segments = rest.split('.');
        let (Some(a), Some(b)) = (segments.next(), segments.next()) else {
            continue;
        };
        match (a.parse::<usize>(), b.parse::<usize>()) {
            (Ok(_), Ok(index)) => {
                found.insert(index, format!("{at}{a}.{b}."));
            }
            (Ok(index), Err(_)) => {
                found.entry(index).or_insert_with(|| format!("{at}{a}."));
            }
            _ => {}
        }
    }
    found
}

/// What kind of network these names are typical of.
fn resembles(names: &[&str]) -> &'static str {
    let any = |part: &str| names.iter().any(|n| n.contains(part));
    if names.is_empty() {
        "an empty file"
    } else if any("conv_dw.") || any("dwconv.") {
        "a ConvNeXt"
    } else if any("storage_tokens") || any("rope") {
        "a DINOv3 (rotary positions), which is not known yet"
    } else if any("layernorm_before") {
        "a transformers ViT (not DINOv2), whose names are not known yet"
    } else if any("self_attn.q_proj") || any("in_proj_weight") {
        "a CLIP or SigLIP, which is not known yet"
    } else if any("attention.attention.query") {
        "a transformers DINOv2 without its embeddings"
    } else if any("attn.qkv") {
        "a timm or original ViT without its patch embedding, or under an unknown prefix"
    } else if any("running_mean") {
        "a convolutional network"
    } else {
        "nothing that is known"
    }
}

/// The first six of `items`, and how many more there are.
fn some_of<'a>(items: impl ExactSizeIterator<Item = &'a str> + Clone) -> String {
    const SHOWN: usize = 6;
    let count = items.len();
    let shown: Vec<String> = items.take(SHOWN).map(|i| i.chars().take(160).collect()).collect();
    let more = count.saturating_sub(SHOWN);
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}
