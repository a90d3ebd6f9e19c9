//! Which tensors of a weights file make up an EfficientNet-Lite, under the two names in use.
//!
//! - **timm** (`tf_efficientnet_lite*`): `conv_stem`, `bn1`, `blocks.1.0.{conv_pw, bn1, conv_dw,
//!   bn2, conv_pwl, bn3}` by stage and block, `conv_head`, `bn2`;
//! - **original** (`efficientnet_lite_pytorch`): `_conv_stem`, `_bn0`, `_blocks.1.{_expand_conv,
//!   _bn0, _depthwise_conv, _bn1, _project_conv, _bn2}` through all stages, `_conv_head`, `_bn1`.
//!
//! Stages under the original's names are told by their widths, which differ from one another.

use super::efficientnet::{BlockShape, EfficientNetConfig, stage_stride};
use super::fit::check;
use super::key_names::wrapped;
use crate::encoder::EncoderError;
use crate::encoder::weights::WeightsFile;
use serde::{Deserialize, Serialize};

/// More blocks than any published network.
const DEPTH_LIMIT: usize = 128;

/// Who named the tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// huggingface/pytorch-image-models.
    Timm,
    /// Python package `efficientnet_lite_pytorch`.
    Original,
}

/// Convolution and batch norm of each step of a block.
#[derive(Debug, Clone)]
pub(super) struct MobileKeys {
    pub expand: Option<[String; 2]>,
    pub depthwise: [String; 2],
    pub project: [String; 2],
}

/// The names of all tensors of a network, and the shape of the network.
#[derive(Debug, Clone)]
pub struct EfficientNetKeys {
    /// Who named them.
    pub naming: Naming,
    /// What stands before every name.
    pub prefix: String,
    /// The shape of the network.
    pub config: EfficientNetConfig,
    blocks: Vec<MobileKeys>,
}

/// Naming and prefix, told by the first and the last convolution.
pub(super) fn find_efficientnet(file: &WeightsFile) -> Option<(Naming, String)> {
    let anchors = [
        ("_conv_stem.weight", "_conv_head.weight", Naming::Original),
        ("conv_stem.weight", "conv_head.weight", Naming::Timm),
    ];
    let found = file.tensors().keys().flat_map(|name| {
        anchors.iter().filter_map(move |(first, last, naming)| {
            let prefix = name.strip_suffix(first).filter(|p| wrapped(p))?;
            let both = file.shape(&format!("{prefix}{last}")).is_some();
            both.then(|| (*naming, prefix.to_string()))
        })
    });
    found.min_by_key(|(_, prefix)| prefix.len())
}

impl EfficientNetKeys {
    /// Finds the network in `file`: names, prefix and shape, all checked against each other.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] naming the missing, unexpected and misshapen tensors.
    pub fn find(file: &WeightsFile) -> Result<Self, EncoderError> {
        let Some((naming, prefix)) = find_efficientnet(file) else {
            return Err(file.error("has no EfficientNet's 'conv_stem' and 'conv_head'".into()));
        };
        let mut keys = Self {
            naming,
            prefix,
            config: EfficientNetConfig {
                channels: 0,
                stem: 0,
                blocks: Vec::new(),
                head: 0,
            },
            blocks: Vec::new(),
        };
        let four = |[name, _]: &[String; 2]| match file.shape(&format!("{name}.weight")) {
            Some(&[a, b, c, d]) if a > 0 && b > 0 && c == d && (1..64).contains(&c) => Ok([a, b, c]),
            Some(found) => Err(file.error(format!(
                "'{name}.weight' is {found:?}: expected a convolution [out, in, side, side]"
            ))),
            None => Err(file.error(format!(
                "misses '{name}.weight', from which the network's shape is told"
            ))),
        };
        let [stem, channels, _] = four(&keys.stem())?;
        let [head, _, _] = four(&keys.head())?;
        let (mut before, mut stage) = (stem, 0);
        for (number, (place, names)) in keys.find_blocks(file).into_iter().enumerate() {
            let [inside, _, kernel_px] = four(&names.depthwise)?;
            let [after, _, _] = four(&names.project)?;
            let first = match place {
                Some((s, b)) => {
                    stage = s;
                    b == 0
                }
                None if number == 0 => true,
                None => {
                    let new = before != after;
                    stage += usize::from(new);
                    new
                }
            };
            keys.config.blocks.push(BlockShape {
                stage,
                widths: [before, inside, after],
                kernel_px,
                stride: if first { stage_stride(stage) } else { 1 },
                expands: names.expand.is_some(),
            });
            keys.blocks.push(names);
            before = after;
        }
        (keys.config.channels, keys.config.stem, keys.config.head) = (channels, stem, head);
        if keys.blocks.is_empty() {
            return Err(file.error("has no EfficientNet's blocks".into()));
        }
        let network = format!(
            "an EfficientNet-Lite with {naming:?} names ({} blocks, {stem} to {head} wide)",
            keys.blocks.len()
        );
        check(file, &keys.expected(), |k| keys.is_ignored(k), &network)?;
        Ok(keys)
    }

    /// The blocks there are, with stage and place where the names tell them.
    fn find_blocks(&self, file: &WeightsFile) -> Vec<(Option<(usize, usize)>, MobileKeys)> {
        let has = |name: &String| file.shape(&format!("{name}.weight")).is_some();
        let names = |at: &str, [conv, norm]: [&str; 2]| [format!("{at}{conv}"), format!("{at}{norm}")];
        let mut found = Vec::new();
        match self.naming {
            Naming::Original => {
                for i in 0..DEPTH_LIMIT {
                    let at = format!("{}_blocks.{i}.", self.prefix);
                    let expand = names(&at, ["_expand_conv", "_bn0"]);
                    let keys = MobileKeys {
                        expand: has(&expand[0]).then_some(expand),
                        depthwise: names(&at, ["_depthwise_conv", "_bn1"]),
                        project: names(&at, ["_project_conv", "_bn2"]),
                    };
                    if !has(&keys.depthwise[0]) {
                        break;
                    }
                    found.push((None, keys));
                }
            }
            Naming::Timm => {
                for (s, b) in (0..7).flat_map(|s| (0..DEPTH_LIMIT).map(move |b| (s, b))) {
                    let at = format!("{}blocks.{s}.{b}.", self.prefix);
                    // Without widening, the names of what follows move up by one.
                    let expands = has(&format!("{at}conv_pwl"));
                    let keys = match expands {
                        true => MobileKeys {
                            expand: Some(names(&at, ["conv_pw", "bn1"])),
                            depthwise: names(&at, ["conv_dw", "bn2"]),
                            project: names(&at, ["conv_pwl", "bn3"]),
                        },
                        false => MobileKeys {
                            expand: None,
                            depthwise: names(&at, ["conv_dw", "bn1"]),
                            project: names(&at, ["conv_pw", "bn2"]),
                        },
                    };
                    if has(&keys.depthwise[0]) {
                        found.push((Some((s, b)), keys));
                    }
                }
            }
        }
        found
    }

    /// First convolution and its norm.
    pub(super) fn stem(&self) -> [String; 2] {
        self.named(["conv_stem", "bn1"], ["_conv_stem", "_bn0"])
    }

    /// Last convolution and its norm.
    pub(super) fn head(&self) -> [String; 2] {
        self.named(["conv_head", "bn2"], ["_conv_head", "_bn1"])
    }

    fn named(&self, timm: [&str; 2], original: [&str; 2]) -> [String; 2] {
        let names = match self.naming {
            Naming::Timm => timm,
            Naming::Original => original,
        };
        names.map(|n| format!("{}{n}", self.prefix))
    }

    /// The names of every block.
    pub(super) fn blocks(&self) -> &[MobileKeys] {
        &self.blocks
    }

    /// Every tensor there must be, with its shape.
    pub fn expected(&self) -> Vec<(String, Vec<usize>)> {
        let c = &self.config;
        let mut all = Vec::new();
        let mut add = |[name, norm]: &[String; 2], shape: [usize; 4]| {
            all.push((format!("{name}.weight"), shape.to_vec()));
            for part in ["weight", "bias", "running_mean", "running_var"] {
                all.push((format!("{norm}.{part}"), vec![shape[0]]));
            }
        };
        add(&self.stem(), [c.stem, c.channels, 3, 3]);
        for (shape, names) in c.blocks.iter().zip(&self.blocks) {
            let [before, inside, after] = shape.widths;
            if let Some(expand) = &names.expand {
                add(expand, [inside, before, 1, 1]);
            }
            add(&names.depthwise, [inside, 1, shape.kernel_px, shape.kernel_px]);
            add(&names.project, [after, inside, 1, 1]);
        }
        let last = c.blocks.last().map_or(0, |b| b.widths[2]);
        add(&self.head(), [c.head, last, 1, 1]);
        all
    }

    /// Tensors that training needs and embedding doesn't.
    fn is_ignored(&self, key: &str) -> bool {
        let Some(name) = key.strip_prefix(&self.prefix) else {
            return true; // another part of a wrapped model
        };
        let heads = ["classifier.", "_fc.", "fc."];
        name.ends_with(".num_batches_tracked") || heads.iter().any(|h| name.starts_with(h))
    }
}
