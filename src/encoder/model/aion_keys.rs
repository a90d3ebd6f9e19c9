//! Which tensors of a weights file make up AION-1's encoder:
//! `encoder_embeddings.tok_image.{token_emb.weight, pos_emb, mod_emb}`, `encoder.0.{norm1, attn.qkv,
//! attn.proj, norm2, mlp.fc1, mlp.fc2, mlp.fc3}`, `encoder_norm`, `decoder_proj_context`. Which of
//! them have biases, and whether layers are gated, is told by what is there.

use super::fit::check;
use super::key_names::wrapped;
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;
use serde::{Deserialize, Serialize};

/// More blocks than any published network.
const DEPTH_LIMIT: usize = 512;

/// The shape of AION-1's encoder, told from the shapes of its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AionConfig {
    /// Width of a token.
    pub width: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Number of attention heads, each 64 wide.
    pub heads: usize,
    /// Tokens of an image.
    pub tokens: usize,
    /// Codes of the image codec.
    pub codes: usize,
    /// Width inside the feed-forward layers.
    pub hidden: usize,
    /// Whether they are gated (SiLU) instead of GELU.
    pub gated: bool,
    /// Whether HSC's images are known beside Legacy survey's.
    pub hsc: bool,
}

/// The names of all tensors of a network, and the shape of the network.
#[derive(Debug, Clone)]
pub struct AionKeys {
    /// What stands before every name.
    pub prefix: String,
    /// The shape of the network.
    pub config: AionConfig,
}

/// The prefix, told by the image modality's embedding.
pub(super) fn find_aion(file: &WeightsFile) -> Option<String> {
    let anchor = "encoder_embeddings.tok_image.token_emb.weight";
    let found = (file.tensors().keys()).filter_map(|n| n.strip_suffix(anchor).filter(|p| wrapped(p)));
    found.min_by_key(|p| p.len()).map(str::to_string)
}

impl AionKeys {
    /// Finds the network in `file`: names, prefix and shape, all checked against each other.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] naming the missing, unexpected and misshapen tensors.
    pub fn find(file: &WeightsFile) -> Result<Self, EncoderError> {
        let Some(prefix) = find_aion(file) else {
            return Err(file.error("has no AION's 'encoder_embeddings.tok_image'".into()));
        };
        let at = |name: &str| format!("{prefix}{name}");
        let misses =
            |key: &str| file.error(format!("misses '{key}', from which the network's shape is told"));
        let table = at("encoder_embeddings.tok_image.token_emb.weight");
        let Some(&[codes, width]) = file.shape(&table) else {
            return Err(file.error(format!("'{table}' is not a table of codes")));
        };
        let places = at("encoder_embeddings.tok_image.pos_emb");
        let Some(&[1, tokens, _]) = file.shape(&places) else {
            return Err(misses(&places));
        };
        if width == 0 || width % 64 != 0 {
            return Err(file.error(format!(
                "tokens are {width} wide: only networks with heads of 64, so a multiple of 64, are known"
            )));
        }
        let fc1 = at("encoder.0.mlp.fc1.weight");
        let Some(&[hidden, _]) = file.shape(&fc1) else {
            return Err(misses(&fc1));
        };
        let has = |name: &str| file.shape(&at(name)).is_some();
        let depth = (0..DEPTH_LIMIT).take_while(|b| has(&format!("encoder.{b}.norm1.weight")));
        let config = AionConfig {
            width,
            depth: depth.count(),
            heads: width / 64,
            tokens,
            codes,
            hidden,
            gated: has("encoder.0.mlp.fc3.weight"),
            hsc: has("encoder_embeddings.tok_image_hsc.token_emb.weight"),
        };
        let network = format!("AION-1 ({} blocks, {width} wide)", config.depth);
        let keys = Self { prefix, config };
        check(file, &keys.expected(file), |k| keys.is_ignored(k), &network)?;
        Ok(keys)
    }

    /// A tensor of a modality's embedding.
    pub(super) fn embedding(&self, modality: &str, part: &str) -> String {
        self.named(&format!("encoder_embeddings.{modality}.{part}"))
    }

    /// A part of a block.
    pub(super) fn block(&self, block: usize, part: &str) -> String {
        self.named(&format!("encoder.{block}.{part}"))
    }

    /// A name behind the prefix.
    pub(super) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Every tensor there must be, with its shape; biases where there are any.
    fn expected(&self, file: &WeightsFile) -> Vec<(String, Vec<usize>)> {
        let c = &self.config;
        let w = c.width;
        let mut all = Vec::new();
        for (modality, there) in [("tok_image", true), ("tok_image_hsc", c.hsc)] {
            if there {
                all.push((self.embedding(modality, "token_emb.weight"), vec![c.codes, w]));
                all.push((self.embedding(modality, "pos_emb"), vec![1, c.tokens, w]));
                all.push((self.embedding(modality, "mod_emb"), vec![1, 1, w]));
            }
        }
        let mut add = |name: String, shape: &[usize]| {
            let bias = format!("{name}.bias");
            if file.shape(&bias).is_some() {
                all.push((bias, shape[..1].to_vec()));
            }
            all.push((format!("{name}.weight"), shape.to_vec()));
        };
        for b in 0..c.depth {
            add(self.block(b, "norm1"), &[w]);
            add(self.block(b, "attn.qkv"), &[3 * w, w]);
            add(self.block(b, "attn.proj"), &[w, w]);
            add(self.block(b, "norm2"), &[w]);
            add(self.block(b, "mlp.fc1"), &[c.hidden, w]);
            add(self.block(b, "mlp.fc2"), &[w, c.hidden]);
            if c.gated {
                add(self.block(b, "mlp.fc3"), &[c.hidden, w]);
            }
        }
        add(self.named("encoder_norm"), &[w]);
        add(self.named("decoder_proj_context"), &[w, w]);
        all
    }

    /// Tensors of other modalities, of the decoder and of the codec.
    fn is_ignored(&self, key: &str) -> bool {
        let own = key.strip_prefix(&self.prefix);
        !own.is_some_and(|name| ["encoder.", "encoder_norm."].iter().any(|o| name.starts_with(o)))
    }
}
