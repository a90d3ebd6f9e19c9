//! Which tensors of a weights file make up an AstroPT: version 2 names its modalities
//! (`transformer.wte.images.c_fc`, `transformer.wpe.images.wpe`), version 1 has only images
//! (`transformer.wte.c_fc`, `transformer.wpe`). `_orig_mod.` and other wrappers are taken off.

use super::astropt::AstroPtConfig;
use super::fit::check;
use super::key_names::wrapped;
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;

/// More blocks than any published network.
const DEPTH_LIMIT: usize = 512;

/// The names of all tensors of a network, and the shape of the network.
#[derive(Debug, Clone)]
pub struct AstroPtKeys {
    /// What stands before every name.
    pub prefix: String,
    /// The shape of the network.
    pub config: AstroPtConfig,
    embedding: String,
    pub(super) positions: String,
}

/// The prefix, told by the first block's attention.
pub(super) fn find_astropt(file: &WeightsFile) -> Option<String> {
    let anchor = "transformer.h.0.attn.c_attn.weight";
    let found = (file.tensors().keys()).filter_map(|n| n.strip_suffix(anchor).filter(|p| wrapped(p)));
    found.min_by_key(|p| p.len()).map(str::to_string)
}

impl AstroPtKeys {
    /// Finds the network in `file`: names, prefix and shape, all checked against each other.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] naming the missing, unexpected and misshapen tensors.
    pub fn find(file: &WeightsFile) -> Result<Self, EncoderError> {
        let Some(prefix) = find_astropt(file) else {
            return Err(file.error("has no AstroPT's 'transformer.h.0.attn.c_attn.weight'".into()));
        };
        let images = format!("{prefix}transformer.wte.images");
        let (embedding, positions) = match file.shape(&format!("{images}.c_fc.weight")) {
            Some(_) => (images, format!("{prefix}transformer.wpe.images.wpe")),
            None => (
                format!("{prefix}transformer.wte"),
                format!("{prefix}transformer.wpe"),
            ),
        };
        let two = |key: String| match file.shape(&key) {
            Some(&[a, b]) if a > 0 && b > 0 => Ok([a, b]),
            Some(found) => Err(file.error(format!("'{key}' is {found:?}: expected a matrix"))),
            None => Err(file.error(format!("misses '{key}', from which the network's shape is told"))),
        };
        let [context, width] = two(format!("{positions}.weight"))?;
        let [_, pixels] = two(format!("{embedding}.c_fc.weight"))?;
        if width % 64 != 0 {
            return Err(file.error(format!(
                "tokens are {width} wide: only networks with heads of 64, so a multiple of 64, are known"
            )));
        }
        let square = |n: usize| Some(n.isqrt()).filter(|r| *r > 0 && r * r == n);
        let (channels, patch_px) = match (square(pixels), pixels % 3) {
            (_, 0) if square(pixels / 3).is_some() => (3, (pixels / 3).isqrt()),
            (Some(px), _) => (1, px),
            _ => {
                return Err(file.error(format!(
                    "patches have {pixels} values: expected the square of a side, once or three times"
                )));
            }
        };
        let has = |b: &usize| {
            let key = format!("{prefix}transformer.h.{b}.attn.c_attn.weight");
            file.shape(&key).is_some()
        };
        let depth = (0..DEPTH_LIMIT).take_while(has).count();
        let two_layers = file.shape(&format!("{embedding}.c_proj.weight")).is_some();
        let keys = Self {
            config: AstroPtConfig {
                channels,
                patch_px,
                width,
                depth,
                heads: width / 64,
                context,
                two_layers,
            },
            prefix,
            embedding,
            positions,
        };
        let network = format!("an AstroPT ({depth} blocks, {width} wide, patches of {patch_px} px)");
        check(file, &keys.expected(file), |k| keys.is_ignored(k), &network)?;
        Ok(keys)
    }

    /// A layer that makes tokens of patches.
    pub(super) fn patches(&self, layer: &str) -> String {
        format!("{}.{layer}", self.embedding)
    }

    /// A part of a block.
    pub(super) fn block(&self, block: usize, part: &str) -> String {
        format!("{}transformer.h.{block}.{part}", self.prefix)
    }

    /// The last norm.
    pub(super) fn norm(&self) -> String {
        format!("{}transformer.ln_f", self.prefix)
    }

    /// Every tensor there must be, with its shape; biases where there are any.
    fn expected(&self, file: &WeightsFile) -> Vec<(String, Vec<usize>)> {
        let c = &self.config;
        let w = c.width;
        let mut all = vec![(format!("{}.weight", self.positions), vec![c.context, w])];
        let mut add = |name: String, shape: &[usize]| {
            let bias = format!("{name}.bias");
            if file.shape(&bias).is_some() {
                all.push((bias, shape[..1].to_vec()));
            }
            all.push((format!("{name}.weight"), shape.to_vec()));
        };
        let pixels = c.patch_px * c.patch_px * c.channels;
        if c.two_layers {
            add(self.patches("c_fc"), &[4 * w, pixels]);
            add(self.patches("c_proj"), &[w, 4 * w]);
        } else {
            add(self.patches("c_fc"), &[w, pixels]);
        }
        for b in 0..c.depth {
            add(self.block(b, "ln_1"), &[w]);
            add(self.block(b, "attn.c_attn"), &[3 * w, w]);
            add(self.block(b, "attn.c_proj"), &[w, w]);
            add(self.block(b, "ln_2"), &[w]);
            add(self.block(b, "mlp.c_fc"), &[4 * w, w]);
            add(self.block(b, "mlp.c_proj"), &[w, 4 * w]);
        }
        add(self.norm(), &[w]);
        all
    }

    /// Tensors that training and other modalities need and embedding doesn't.
    fn is_ignored(&self, key: &str) -> bool {
        let own = key.strip_prefix(&self.prefix);
        let own = own.and_then(|k| k.strip_prefix("transformer."));
        !own.is_some_and(|name| ["h.", "ln_f."].iter().any(|o| name.starts_with(o)))
    }
}
