//! Which tensors of a weights file make up a ConvNeXt, under the two names in use.
//!
//! - **timm**: `stem.0`, `stages.1.downsample.0`, `stages.1.blocks.0.{conv_dw, norm, mlp.fc1,
//!   mlp.fc2, gamma}`, `head.norm`;
//! - **original** (facebookresearch/ConvNeXt): `downsample_layers.0.0`, `downsample_layers.1.0`,
//!   `stages.1.0.{dwconv, norm, pwconv1, pwconv2, gamma}`, `norm`.
//!
//! Wrappers' prefixes (Zoobot's `encoder.`, `model.`, `module.`, …) are taken off.

use super::convnext::ConvNextConfig;
use super::fit::{check, pair};
use super::key_names::wrapped;
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;
use serde::{Deserialize, Serialize};

/// More stages and blocks a stage than any published network has.
const STAGES_LIMIT: usize = 8;
const DEPTH_LIMIT: usize = 512;

/// Who named the tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// huggingface/pytorch-image-models, which Zoobot uses.
    Timm,
    /// facebookresearch/ConvNeXt.
    Original,
}

/// The names of one block's tensors, without `.weight` and `.bias` but for layer scale.
pub(super) struct ConvBlockKeys {
    pub depthwise: String,
    pub norm: String,
    pub fc1: String,
    pub fc2: String,
    pub gamma: Option<String>,
}

/// The names of all tensors of a network, and the shape of the network.
#[derive(Debug, Clone)]
pub struct ConvNextKeys {
    /// Who named them.
    pub naming: Naming,
    /// What stands before every name.
    pub prefix: String,
    /// The shape of the network.
    pub config: ConvNextConfig,
}

/// Naming and prefix, told by the first depthwise convolution; the shortest prefix is preferred.
pub(super) fn find_convnext(file: &WeightsFile) -> Option<(Naming, String)> {
    let anchors = [
        ("stages.0.blocks.0.conv_dw.weight", Naming::Timm),
        ("stages.0.0.dwconv.weight", Naming::Original),
    ];
    let found = file.tensors().keys().flat_map(|name| {
        let of = anchors.iter();
        of.filter_map(move |(anchor, naming)| Some((*naming, name.strip_suffix(anchor)?)))
    });
    let known = found.filter(|(_, prefix)| wrapped(prefix) || *prefix == "visual.trunk.");
    let shortest = known.min_by_key(|(_, prefix)| prefix.len());
    shortest.map(|(naming, prefix)| (naming, prefix.to_string()))
}

impl ConvNextKeys {
    /// Finds the network in `file`: names, prefix and shape, all checked against each other.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] naming the missing, unexpected and misshapen tensors.
    pub fn find(file: &WeightsFile) -> Result<Self, EncoderError> {
        let Some((naming, prefix)) = find_convnext(file) else {
            return Err(file.error("has no ConvNeXt's 'stages.0.blocks.0.conv_dw.weight'".into()));
        };
        let mut keys = Self {
            naming,
            prefix,
            config: ConvNextConfig {
                channels: 0,
                stem_px: 0,
                depths: Vec::new(),
                widths: Vec::new(),
                kernel_px: 0,
                conv_mlp: false,
                layer_scale: false,
            },
        };
        let four = |key: &str| match file.shape(key) {
            Some(&[a, b, c, d]) if a > 0 && b > 0 && c > 0 && c == d && c < 64 => Ok([a, b, c]),
            Some(found) => Err(file.error(format!(
                "'{key}' is {found:?}: expected a convolution [out, in, side, side]"
            ))),
            None => Err(file.error(format!("misses '{key}', from which the network's shape is told"))),
        };
        let [_, channels, stem_px] = four(&format!("{}.weight", keys.stem(0)))?;
        let first = keys.block(0, 0);
        let [_, _, kernel_px] = four(&format!("{}.weight", first.depthwise))?;
        if kernel_px % 2 == 0 {
            let name = first.depthwise;
            return Err(file.error(format!(
                "'{name}.weight' is {kernel_px} px wide: expected an odd width"
            )));
        }
        let (mut depths, mut widths) = (Vec::new(), Vec::new());
        for stage in 0..STAGES_LIMIT {
            let there = |b: &usize| {
                file.shape(&format!("{}.weight", keys.block(stage, *b).depthwise))
                    .is_some()
            };
            let depth = (0..DEPTH_LIMIT).take_while(there).count();
            if depth == 0 {
                break;
            }
            widths.push(four(&format!("{}.weight", keys.block(stage, 0).depthwise))?[0]);
            depths.push(depth);
        }
        let fc1 = file.shape(&format!("{}.weight", first.fc1)).unwrap_or_default();
        keys.config = ConvNextConfig {
            channels,
            stem_px,
            depths,
            widths,
            kernel_px,
            conv_mlp: fc1.len() == 4,
            layer_scale: (first.gamma.as_ref()).is_some_and(|g| file.shape(g).is_some()),
        };
        let c = &keys.config;
        let network = format!(
            "a ConvNeXt with {naming:?} names (stages of {:?} blocks, {:?} wide, {channels} planes, \
             perceptrons as {})",
            c.depths,
            c.widths,
            if c.conv_mlp { "convolutions" } else { "matrices" },
        );
        check(file, &keys.expected(), |k| keys.is_ignored(k), &network)?;
        Ok(keys)
    }

    /// The stem's convolution (0) or norm (1).
    pub(super) fn stem(&self, part: usize) -> String {
        match self.naming {
            Naming::Timm => format!("{}stem.{part}", self.prefix),
            Naming::Original => format!("{}downsample_layers.0.{part}", self.prefix),
        }
    }

    /// The norm (0) or convolution (1) before `stage`.
    pub(super) fn downsample(&self, stage: usize, part: usize) -> String {
        match self.naming {
            Naming::Timm => format!("{}stages.{stage}.downsample.{part}", self.prefix),
            Naming::Original => format!("{}downsample_layers.{stage}.{part}", self.prefix),
        }
    }

    /// The last norm.
    pub(super) fn norm(&self) -> String {
        match self.naming {
            Naming::Timm => format!("{}head.norm", self.prefix),
            Naming::Original => format!("{}norm", self.prefix),
        }
    }

    /// One block's names.
    pub(super) fn block(&self, stage: usize, block: usize) -> ConvBlockKeys {
        let (at, [depthwise, fc1, fc2]) = match self.naming {
            Naming::Timm => (
                format!("{}stages.{stage}.blocks.{block}.", self.prefix),
                ["conv_dw", "mlp.fc1", "mlp.fc2"],
            ),
            Naming::Original => (
                format!("{}stages.{stage}.{block}.", self.prefix),
                ["dwconv", "pwconv1", "pwconv2"],
            ),
        };
        // While the shape is being told, layer scale may be there.
        let gamma = self.config.layer_scale || self.config.depths.is_empty();
        ConvBlockKeys {
            depthwise: format!("{at}{depthwise}"),
            norm: format!("{at}norm"),
            fc1: format!("{at}{fc1}"),
            fc2: format!("{at}{fc2}"),
            gamma: gamma.then(|| format!("{at}gamma")),
        }
    }

    /// Every tensor there must be, with its shape.
    pub fn expected(&self) -> Vec<(String, Vec<usize>)> {
        let c = &self.config;
        let mut all = Vec::new();
        let first = c.widths.first().copied().unwrap_or(0);
        pair(
            &mut all,
            &self.stem(0),
            &[first, c.channels, c.stem_px, c.stem_px],
        );
        pair(&mut all, &self.stem(1), &[first]);
        for (s, (&depth, &w)) in c.depths.iter().zip(&c.widths).enumerate() {
            if s > 0 {
                let before = c.widths[s - 1];
                pair(&mut all, &self.downsample(s, 0), &[before]);
                pair(&mut all, &self.downsample(s, 1), &[w, before, 2, 2]);
            }
            let side: &[usize] = if c.conv_mlp { &[1, 1] } else { &[] };
            for b in 0..depth {
                let names = self.block(s, b);
                pair(&mut all, &names.depthwise, &[w, 1, c.kernel_px, c.kernel_px]);
                pair(&mut all, &names.norm, &[w]);
                pair(&mut all, &names.fc1, &[&[4 * w, w], side].concat());
                pair(&mut all, &names.fc2, &[&[w, 4 * w], side].concat());
                all.extend(names.gamma.map(|g| (g, vec![w])));
            }
        }
        pair(&mut all, &self.norm(), &[c.widths.last().copied().unwrap_or(0)]);
        all
    }

    /// Tensors that training needs and embedding doesn't.
    fn is_ignored(&self, key: &str) -> bool {
        match key.strip_prefix(&self.prefix) {
            // Another part of a wrapped model, such as Zoobot's trained head.
            None => true,
            Some(name) => {
                let own = ["stem.", "stages.", "downsample_layers.", "norm.", "head.norm."];
                !own.iter().any(|o| name.starts_with(o))
            }
        }
    }
}
