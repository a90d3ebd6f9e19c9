//! A pretrained Vision Transformer as an [`Encoder`]: cutouts to pooled tokens.
//!
//! Speed on a few cores comes from giving every core its own images (one network call a core, in
//! a rayon pool of one thread) rather than splitting every matrix product between the cores:
//! products of 257 tokens are too small for that. Memory is bounded by [`GROUP_IMAGES`] and
//! [`GROUP_TOKENS`] a thread, whatever the number and size of the images.

use super::model::position::PositionResize;
use super::model::vit::Vit;
use super::model::vit_keys::{Family, VitKeys};
use super::preprocess::Preprocessing;
use super::weights::{WeightsFile, sha256_of_file, weights_error};
use super::{Encoder, EncoderError, EncoderSpec};
use crate::sky::cutout::Cutout;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Most images of one network call.
pub const GROUP_IMAGES: usize = 8;
/// Most tokens of one network call (but never less than one image): eight images of 224 px in
/// patches of 14, one of 518 px, whose matrices are large enough by themselves.
pub const GROUP_TOKENS: usize = 8 * 261;

/// Which tokens become the vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The class token; as wide as the network.
    #[default]
    Cls,
    /// The mean of the patch tokens, registers left out; as wide as the network.
    MeanPatches,
    /// Class token, then the mean of the patch tokens; twice as wide.
    ClsAndMean,
}

/// How a network is used; everything here changes the vectors but `threads`.
#[derive(Debug, Clone, PartialEq)]
pub struct VitSettings {
    /// Short name for the manifest; `None` makes one out of the shape: `vit_s14`.
    pub name: Option<String>,
    /// Last block that is computed, 0-based; `None` for all. The final norm always follows.
    pub block: Option<usize>,
    /// Which tokens become the vector.
    pub pooling: Pooling,
    /// The contract between cutouts and the network, the image's size among it.
    pub preprocessing: Preprocessing,
    /// How positions are resized; `None` for what the weights' own family does.
    pub position_resize: Option<PositionResize>,
    /// Images computed at once; 0 for one a core.
    pub threads: usize,
}

impl Default for VitSettings {
    fn default() -> Self {
        Self {
            name: None,
            block: None,
            pooling: Pooling::Cls,
            preprocessing: Preprocessing::default(),
            position_resize: None,
            threads: 0,
        }
    }
}

/// A network with its preprocessing and pooling.
pub struct VitEncoder {
    vit: Vit,
    family: Family,
    block: Option<usize>,
    pooling: Pooling,
    preprocessing: Preprocessing,
    spec: EncoderSpec,
    pools: Vec<ThreadPool>,
}

impl VitEncoder {
    /// Loads the weights at `path` and checks them against `settings`.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if the file can't be read, doesn't fit, or the settings ask for
    /// a block or image size the network doesn't have.
    pub fn load(path: &Path, settings: VitSettings) -> Result<Self, EncoderError> {
        let fail = |cause: String| weights_error(path, cause);
        settings
            .preprocessing
            .check()
            .map_err(|e| fail(format!("preprocessing: {e}")))?;
        let mut file = WeightsFile::open(path)?;
        let mut keys = VitKeys::find(&file)?;
        if let Some(how) = settings.position_resize {
            keys.config.position_resize = how;
        }
        let config = &keys.config;
        let side = settings.preprocessing.image_px;
        if !side.is_multiple_of(config.patch_px) {
            return Err(fail(format!(
                "image_px is {side}, but must be a multiple of the network's patch of {} px",
                config.patch_px
            )));
        }
        if let Some(block) = settings.block.filter(|b| *b >= config.depth) {
            return Err(fail(format!(
                "there is no block {block}: the network has blocks 0 to {}",
                config.depth - 1
            )));
        }
        let vit = Vit::load(&mut file, &keys)?;
        let config = vit.config();
        let dim = match settings.pooling {
            Pooling::Cls | Pooling::MeanPatches => config.width,
            Pooling::ClsAndMean => 2 * config.width,
        };
        let spec = EncoderSpec {
            name: (settings.name).unwrap_or_else(|| shape_name(config.width, config.patch_px)),
            dim,
            feature_names: Vec::new(),
            weights_path: Some(path.display().to_string()),
            weights_sha256: Some(sha256_of_file(path)?),
            settings: serde_json::json!({
                "architecture": "vit",
                "key_names": keys.family,
                "config": config,
                "block": settings.block,
                "pooling": settings.pooling,
                "preprocessing": settings.preprocessing,
            }),
            keep_f32: false,
        };
        let threads = match settings.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let pools = (0..threads)
            .map(|i| {
                (ThreadPoolBuilder::new().num_threads(1))
                    .thread_name(move |_| format!("vit-{i}"))
                    .build()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| EncoderError::Run {
                name: spec.name.clone(),
                cause: format!("threads can't be started: {e}"),
            })?;
        Ok(Self {
            vit,
            family: keys.family,
            block: settings.block,
            pooling: settings.pooling,
            preprocessing: settings.preprocessing,
            spec,
            pools,
        })
    }

    /// The network.
    pub fn network(&self) -> &Vit {
        &self.vit
    }

    /// Who named the weights' tensors.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Preprocesses, computes and pools one group into `out`.
    fn encode_group(&self, cutouts: &[Cutout], out: &mut [f32]) -> Result<(), String> {
        let side = self.preprocessing.image_px;
        let mut input = vec![0.0f32; cutouts.len() * 3 * side * side];
        for (cutout, image) in cutouts.iter().zip(input.chunks_exact_mut(3 * side * side)) {
            self.preprocessing.apply(cutout, image)?;
        }
        let tokens = self
            .vit
            .tokens(&input, [cutouts.len(), side, side], self.block)
            .map_err(|e| e.to_string())?;
        let (width, leading) = (self.vit.config().width, self.vit.leading_tokens());
        let image_tokens = tokens.len() / cutouts.len().max(1);
        for (tokens, vector) in tokens
            .chunks_exact(image_tokens)
            .zip(out.chunks_exact_mut(self.spec.dim))
        {
            let class = &tokens[..width];
            match self.pooling {
                Pooling::Cls => vector.copy_from_slice(class),
                Pooling::MeanPatches => mean_tokens(&tokens[leading * width..], vector),
                Pooling::ClsAndMean => {
                    let (first, second) = vector.split_at_mut(width);
                    first.copy_from_slice(class);
                    mean_tokens(&tokens[leading * width..], second);
                }
            }
        }
        if out.iter().any(|v| !v.is_finite()) {
            return Err("the network gave a value that is not finite: are the weights right?".into());
        }
        Ok(())
    }

    fn failed(&self, cause: String) -> EncoderError {
        EncoderError::Run {
            name: self.spec.name.clone(),
            cause,
        }
    }
}

impl Encoder for VitEncoder {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn encode(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
        let dim = self.spec.dim;
        let mut out = vec![0.0f32; cutouts.len() * dim];
        if cutouts.is_empty() {
            return Ok(out);
        }
        // Equal shares, so that no core waits for another's last image.
        let share = (cutouts.len()).div_ceil(self.pools.len()).clamp(1, GROUP_IMAGES);
        let groups: Vec<(&[Cutout], &mut [f32])> =
            cutouts.chunks(share).zip(out.chunks_mut(share * dim)).collect();
        // Group g goes to pool g modulo their number: each pool works through its own.
        let mut lanes: Vec<Vec<_>> = self.pools.iter().map(|_| Vec::new()).collect();
        let count = lanes.len();
        for (g, group) in groups.into_iter().enumerate() {
            lanes[g % count].push(group);
        }
        let results: Vec<Result<(), String>> = std::thread::scope(|scope| {
            let running: Vec<_> = lanes
                .into_iter()
                .zip(&self.pools)
                .filter(|(lane, _)| !lane.is_empty())
                .map(|(lane, pool)| {
                    scope.spawn(move || {
                        pool.install(|| {
                            for (cutouts, out) in lane {
                                self.encode_group(cutouts, out)?;
                            }
                            Ok(())
                        })
                    })
                })
                .collect();
            (running.into_iter())
                .map(|r| r.join().unwrap_or_else(|p| Err(panic_message(p.as_ref()))))
                .collect()
        });
        for result in results {
            result.map_err(|cause| self.failed(cause))?;
        }
        Ok(out)
    }
}

/// The mean of `[n, width]` tokens.
fn mean_tokens(tokens: &[f32], out: &mut [f32]) {
    let width = out.len();
    let count = (tokens.len() / width).max(1) as f64;
    let mut sums = vec![0.0f64; width];
    for token in tokens.chunks_exact(width) {
        for (s, &v) in sums.iter_mut().zip(token) {
            *s += f64::from(v);
        }
    }
    for (o, s) in out.iter_mut().zip(sums) {
        *o = (s / count) as f32;
    }
}

/// `vit_s14`, `vit_b14`, … after the published widths.
fn shape_name(width: usize, patch_px: usize) -> String {
    let size = match width {
        192 => "t",
        384 => "s",
        768 => "b",
        1024 => "l",
        1536 => "g",
        other => return format!("vit_{other}w{patch_px}"),
    };
    format!("vit_{size}{patch_px}")
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let said = (panic.downcast_ref::<&str>().copied())
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "stopped by a fault in the program: {}",
        said.unwrap_or("no message")
    )
}
