//! A network, told apart from how it is used: planes of pixels in, one pooled vector an image out.
//!
//! What brings a cutout to planes is [`Preprocessing`](super::preprocess::Preprocessing); what
//! brings many images to the cores is [`NetworkEncoder`](super::network_encoder::NetworkEncoder).
//! Families implement [`Network`] beside their architecture in [`model`](super::model), and
//! [`open_network`](super::model::open::open_network) finds out which one a file holds.

use super::plan::isa::{Isa, Precision};
use super::plan::kernels::Kernels;
use super::plan::team::Team;
use super::preprocess::Preprocessing;
use serde::{Deserialize, Serialize};

/// What of the network's last feature map becomes the vector.
///
/// Networks without a class token know [`MeanPatches`](Self::MeanPatches) only, whatever their
/// own code calls it (global average pooling, mean over tokens, a pooling head).
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

impl Pooling {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Cls, Self::MeanPatches, Self::ClsAndMean];

    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Cls => "class token",
            Self::MeanPatches => "mean of the patches",
            Self::ClsAndMean => "class token and mean",
        }
    }
}

/// A pretrained network with its weights. Implementations are shared between threads, compute in
/// the caller's rayon pool, and give an image the same vector whatever stands beside it.
///
/// Errors are sentences about a call that doesn't fit the network; pixels never cause one.
pub trait Network: Send + Sync {
    /// The family: `vit`, `convnext`.
    fn family(&self) -> &'static str;

    /// Short name made out of the shape: `vit_s14`.
    fn short_name(&self) -> String;

    /// What the manifest says of the network, an object that begins with `architecture`:
    /// everything of it that changes the vectors and isn't in the weights' bytes.
    fn settings(&self) -> serde_json::Value;

    /// Number of planes of an image.
    fn channels(&self) -> usize;

    /// Side in pixels of the images it was trained on, as far as the weights tell; the usual
    /// 224 px where they don't.
    fn native_side(&self) -> usize;

    /// What is done with cutouts where nothing is known of a network but its weights: ImageNet's
    /// contract at the usual 224 px, or at what it was trained at where those can't be computed.
    fn usual_contract(&self) -> Preprocessing {
        let usual = Preprocessing::default();
        let image_px = match self.check_side(usual.image_px) {
            Ok(()) => usual.image_px,
            Err(_) => self.native_side(),
        };
        Preprocessing { image_px, ..usual }
    }

    /// Whether square images of `px` a side can be computed.
    ///
    /// # Errors
    /// A sentence about which sides can.
    fn check_side(&self, px: usize) -> Result<(), String>;

    /// The formats that a processor with `isa` may compute it in, single precision first and the fastest last.
    fn precisions(&self, isa: Isa) -> Vec<Precision> {
        isa.precisions()
    }

    /// Number of blocks after which one may stop.
    fn blocks(&self) -> usize;

    /// The pooling of the family's own code.
    fn usual_pooling(&self) -> Pooling;

    /// The block of the family's own code; `None` for the last.
    fn usual_block(&self) -> Option<usize> {
        None
    }

    /// Width of a vector after `block` (0-based; `None` for the last) under `pooling`.
    ///
    /// # Errors
    /// A sentence if there is no such block or pooling.
    fn dim(&self, block: Option<usize>, pooling: Pooling) -> Result<usize, String>;

    /// Most images of `height` by `width` px that one call should get: more don't make it
    /// faster and take memory.
    fn group_images(&self, _height: usize, _width: usize) -> usize {
        8
    }

    /// Whether a core computes images one after the other anyway, so that a call with several gains nothing.
    fn is_one_by_one(&self) -> bool {
        false
    }

    /// About how many bytes one image of `height` by `width` px takes while it is computed, beside
    /// the weights: rather too many than too few.
    fn image_bytes(&self, height: usize, width: usize) -> usize {
        // Convolutions: some copies of the first, largest feature map.
        self.channels()
            .saturating_mul(height)
            .saturating_mul(width)
            .saturating_mul(4 * 40)
    }

    /// Computes one vector an image into `out`, `[batch, dim]`, from `input`,
    /// `[batch, channels, height, width]`, both row-major; on all cores of `team` if the network is
    /// compiled.
    ///
    /// # Errors
    /// A sentence if lengths, sizes, block or pooling don't fit, or the computation failed.
    fn embed_on(
        &self,
        team: &Team,
        input: &[f32],
        shape: [usize; 3],
        block: Option<usize>,
        pooling: Pooling,
        out: &mut [f32],
    ) -> Result<(), String>;

    /// As [`embed_on`](Self::embed_on), on the caller's core.
    ///
    /// # Errors
    /// As [`embed_on`](Self::embed_on).
    fn embed(
        &self,
        input: &[f32],
        shape: [usize; 3],
        block: Option<usize>,
        pooling: Pooling,
        out: &mut [f32],
    ) -> Result<(), String> {
        self.embed_on(&Team::one(), input, shape, block, pooling, out)
    }

    /// Packs the weights for this processor in single precision, and gives up their other copy;
    /// all that is embedded afterwards goes through the plan. `false` where the family has none.
    ///
    /// # Errors
    /// A sentence if the weights can't be packed.
    fn compile(&mut self, _kernels: &'static Kernels) -> Result<bool, String> {
        Ok(false)
    }

    /// A copy of a compiled network that computes in `precision`; `None` if it isn't compiled.
    fn converted(&self, _precision: Precision) -> Option<Box<dyn Network>> {
        None
    }

    /// Operations (a multiplication and an addition are two) on a square image of `side_px`, as
    /// far as they are counted: those of a compiled network's products.
    fn flops(&self, _side_px: usize, _block: Option<usize>) -> Option<u64> {
        None
    }
}

/// Bytes that an image of `tokens` tokens takes in a transformer: tokens, queries, keys, values, the
/// layer between, and the weights of attention where they aren't computed head by head.
pub(super) fn transformer_bytes(tokens: usize, width: usize, hidden: usize, heads: usize) -> usize {
    let each = tokens.saturating_mul(width.saturating_mul(7).saturating_add(hidden));
    let attention = tokens.saturating_mul(tokens).saturating_mul(2 * heads);
    each.saturating_add(attention).saturating_mul(4)
}

/// An error about block `block` where `blocks` there are.
///
/// # Errors
/// If it isn't one of them.
pub(super) fn check_block(block: Option<usize>, blocks: usize) -> Result<(), String> {
    match block {
        Some(block) if block >= blocks => Err(format!(
            "there is no block {block}: the network has blocks 0 to {}",
            blocks.saturating_sub(1)
        )),
        _ => Ok(()),
    }
}

/// The mean of `[n, width]` tokens, `width` being the length of `out`.
pub(super) fn mean_tokens(tokens: &[f32], out: &mut [f32]) {
    let width = out.len();
    let count = (tokens.len() / width.max(1)).max(1) as f64;
    let mut sums = vec![0.0f64; width];
    for token in tokens.chunks_exact(width.max(1)) {
        for (s, &v) in sums.iter_mut().zip(token) {
            *s += f64::from(v);
        }
    }
    for (o, s) in out.iter_mut().zip(sums) {
        *o = (s / count) as f32;
    }
}
