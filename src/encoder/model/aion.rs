//! AION-1 (Parker et al. 2025, arXiv:2510.17960) on images: the codec's whole numbers as tokens,
//! a transformer encoder with gated layers, and the mean over the tokens.
//!
//! Facts of the published code (Python package `polymathic-aion`): a token is its embedding plus
//! two-dimensional sine-cosine position and modality embedding; layer norms have ε = 1e-6; what
//! `encode()` gives is the projected, normalised token plus its position and modality embedding
//! once more. All tokens are kept: the published default of 256 would drop the lower rows.
//! Legacy survey's bands and HSC's are two modalities with their own embeddings.
//!
//! The codec is a file of its own: in the same file under `codec.`, or beside it as
//! `NAME.codec.safetensors` or `codecs/image/model.safetensors`.

use super::aion_block::AionBlock;
use super::aion_codec::{Codec, load_codec};
use super::aion_keys::{AionConfig, AionKeys};
use super::layers::{Dense, Layers, Norm, check_lengths, values_of};
use crate::encoder::EncoderError;
use crate::encoder::network::{Network, Pooling, check_block, mean_tokens, transformer_bytes};
use crate::encoder::plan::isa::Precision;
use crate::encoder::plan::kernels::Kernels;
use crate::encoder::plan::team::Team;
use crate::encoder::plan::vit::VitPlan;
use crate::encoder::weights::WeightsFile;
use burn::tensor::{Device, Tensor, TensorData};

/// ε of every layer norm.
const NORM_EPSILON: f64 = 1e-6;
/// Planes of HSC; those after it are Legacy survey's.
const HSC_BANDS: usize = 5;
/// Side of the images that the positions are for.
const SIDE_PX: usize = 96;
/// Pixels of a token's side.
const TOKEN_PX: usize = 4;

/// What a survey's images are looked up in.
#[derive(Debug, Clone)]
pub(super) struct Modality {
    /// `[codes, width]`.
    tokens: Vec<f32>,
    /// Position plus modality, `[tokens, width]`.
    places: Tensor<2>,
}

/// AION-1 with its image codec.
#[derive(Debug)]
pub struct Aion {
    pub(super) config: AionConfig,
    pub(super) codec: Codec,
    pub(super) codec_sha256: Option<String>,
    pub(super) device: Device,
    pub(super) legacy: Modality,
    pub(super) hsc: Option<Modality>,
    pub(super) blocks: Vec<AionBlock>,
    pub(super) norm: Norm,
    pub(super) context: Dense,
    /// The blocks for this processor; `blocks` is empty then.
    pub(super) plan: Option<VitPlan>,
}

impl Aion {
    /// Reads the network that `keys` found in `file`, and its codec.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if the codec can't be found (saying where it is looked for), or a
    /// tensor is missing, can't be read or holds values that aren't finite.
    pub fn load(file: &mut WeightsFile, keys: &AionKeys) -> Result<Self, EncoderError> {
        let (codec, codec_sha256) = load_codec(file)?;
        let config = keys.config.clone();
        if codec.vocabulary() != config.codes {
            return Err(file.error(format!(
                "has {} codes, but its image codec makes {}: the two don't belong together",
                config.codes,
                codec.vocabulary()
            )));
        }
        let mut layers = Layers::new(file);
        let mut modality = |name: &str| {
            let tokens = layers.file.read_f32(&keys.embedding(name, "token_emb.weight"))?;
            let places = layers.file.read_f32(&keys.embedding(name, "pos_emb"))?;
            let kind = layers.file.read_f32(&keys.embedding(name, "mod_emb"))?;
            let mut places = places;
            for place in places.chunks_exact_mut(config.width) {
                place.iter_mut().zip(&kind).for_each(|(p, k)| *p += k);
            }
            let data = TensorData::new(places, [config.tokens, config.width]);
            Ok::<_, EncoderError>(Modality {
                tokens,
                places: Tensor::from_data(data, &layers.device),
            })
        };
        let legacy = modality("tok_image")?;
        let hsc = config.hsc.then(|| modality("tok_image_hsc")).transpose()?;
        let mut blocks = Vec::with_capacity(config.depth);
        for b in 0..config.depth {
            blocks.push(AionBlock {
                norm1: layers.norm(&keys.block(b, "norm1"), NORM_EPSILON)?,
                qkv: layers.dense(&keys.block(b, "attn.qkv"))?,
                proj: layers.dense(&keys.block(b, "attn.proj"))?,
                norm2: layers.norm(&keys.block(b, "norm2"), NORM_EPSILON)?,
                fc1: layers.dense(&keys.block(b, "mlp.fc1"))?,
                fc2: layers.dense(&keys.block(b, "mlp.fc2"))?,
                fc3: (config.gated)
                    .then(|| layers.dense(&keys.block(b, "mlp.fc3")))
                    .transpose()?,
            });
        }
        let norm = layers.norm(&keys.named("encoder_norm"), NORM_EPSILON)?;
        let context = layers.dense(&keys.named("decoder_proj_context"))?;
        let device = layers.device.clone();
        Ok(Self {
            config,
            codec,
            codec_sha256,
            device,
            legacy,
            hsc,
            blocks,
            norm,
            context,
            plan: None,
        })
    }

    /// The codes of images `[batch, bands, 96, 96]`, 576 each.
    ///
    /// # Errors
    /// As [`Network::embed`].
    pub fn codes(&self, input: &[f32], shape: [usize; 3]) -> Result<Vec<usize>, String> {
        self.codec.codes(input, shape)
    }

    /// The tokens of one image.
    fn embed_survey(
        &self,
        team: &Team,
        input: &[f32],
        shape: [usize; 3],
        modality: &Modality,
        blocks: usize,
    ) -> Result<Vec<f32>, String> {
        let width = self.config.width;
        let codes = self.codec.codes(input, shape)?;
        let mut tokens = Vec::with_capacity(codes.len() * width);
        for code in codes {
            let row = modality.tokens.get(code * width..(code + 1) * width);
            tokens.extend_from_slice(row.ok_or("a code is beyond the embedding's")?);
        }
        let places = modality.places.clone().unsqueeze::<3>();
        let count = [shape[0], self.config.tokens, width];
        let tensor = |tokens| Tensor::<3>::from_data(TensorData::new(tokens, count), &self.device);
        let x = tensor(tokens) + places.clone();
        let x = match &self.plan {
            Some(plan) => {
                let x = values_of(x)?;
                let mut out = vec![0.0; x.len()];
                plan.tokens(team, &[], [1, 0, 0], &x, (blocks, true), &mut out);
                tensor(out)
            }
            None => {
                let blocks = self.blocks.iter().take(blocks);
                let x = blocks.fold(x, |x, block| block.forward(x, self.config.heads));
                self.norm.forward(x)
            }
        };
        values_of(self.context.forward(x) + places)
    }
}

impl Network for Aion {
    fn family(&self) -> &'static str {
        "aion"
    }

    fn short_name(&self) -> String {
        let c = &self.config;
        match (c.width, c.depth) {
            (768, 12) => "aion_base".into(),
            (1024, 24) => "aion_large".into(),
            (2048, 24) => "aion_xlarge".into(),
            (width, depth) => format!("aion_{width}w{depth}"),
        }
    }

    fn settings(&self) -> serde_json::Value {
        serde_json::json!({
            "architecture": "aion",
            "config": self.config,
            "codec_sha256": self.codec_sha256,
        })
    }

    fn channels(&self) -> usize {
        self.codec.bands
    }

    fn native_side(&self) -> usize {
        SIDE_PX
    }

    fn check_side(&self, px: usize) -> Result<(), String> {
        if px.is_multiple_of(TOKEN_PX) && (px / TOKEN_PX).pow(2) == self.config.tokens {
            return Ok(());
        }
        let side = TOKEN_PX * self.config.tokens.isqrt();
        Err(format!("must be {side} px, for which the network has positions"))
    }

    fn blocks(&self) -> usize {
        self.config.depth
    }

    fn usual_pooling(&self) -> Pooling {
        Pooling::MeanPatches
    }

    fn dim(&self, block: Option<usize>, pooling: Pooling) -> Result<usize, String> {
        check_block(block, self.blocks())?;
        match pooling {
            Pooling::MeanPatches => Ok(self.config.width),
            _ => Err("AION has no class token: use the mean of the patches as pooling".into()),
        }
    }

    fn image_bytes(&self, height: usize, width: usize) -> usize {
        let c = &self.config;
        // The codec's maps at full size, then the tokens, whose inner layer is gated.
        let codec = height.saturating_mul(width).saturating_mul(4 * 1024);
        codec.saturating_add(transformer_bytes(c.tokens, c.width, 8 * c.width, c.heads))
    }

    fn group_images(&self, _height: usize, _width: usize) -> usize {
        4
    }

    fn compile(&mut self, kernels: &'static Kernels) -> Result<bool, String> {
        self.pack(kernels).map(|()| true)
    }

    fn converted(&self, precision: Precision) -> Option<Box<dyn Network>> {
        (self.with_precision(precision)).map(|network| Box::new(network) as Box<dyn Network>)
    }

    fn flops(&self, _side_px: usize, block: Option<usize>) -> Option<u64> {
        let blocks = block.map_or(self.blocks(), |b| b + 1);
        Some(self.plan.as_ref()?.flops(self.config.tokens, blocks))
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
        check_lengths(input, shape, self.channels(), out, dim)?;
        let [batch, height, width] = shape;
        if height != width {
            return Err("AION takes square images".into());
        }
        self.check_side(height)?;
        if batch == 0 {
            return Ok(());
        }
        let blocks = block.map_or(usize::MAX, |b| b + 1);
        let image = self.channels() * height * width;
        let legacy_from = HSC_BANDS.min(self.channels()) * height * width;
        for (input, vector) in input.chunks_exact(image).zip(out.chunks_exact_mut(dim)) {
            // A survey is told by its planes: an image has bands of one only.
            let of_hsc = input[legacy_from..].iter().all(|v| v.is_nan());
            let modality = match (of_hsc, &self.hsc) {
                (false, _) => &self.legacy,
                (true, Some(hsc)) => hsc,
                (true, None) => return Err("these weights know no HSC images".into()),
            };
            let tokens = self.embed_survey(team, input, [1, height, width], modality, blocks)?;
            mean_tokens(&tokens, vector);
        }
        Ok(())
    }
}
