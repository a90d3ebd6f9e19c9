//! How large a p4m network is, and where each of its weights lies in one row of numbers.

use serde::{Deserialize, Serialize};

/// Side of the first convolution's window, which goes in steps of [`STEP`].
pub const LIFT_PX: usize = 4;
/// Side of the depthwise windows inside a stage.
pub const WINDOW_PX: usize = 5;
/// Side of the depthwise window between stages.
pub const SHRINK_PX: usize = 4;
/// Step of the first convolution and between stages.
pub const STEP: usize = 2;
/// A block's inside is this many times as wide.
pub const EXPANSION: usize = 3;
/// Pooled numbers a field: mean and maximum over places, of each mean and maximum over turns.
pub const POOLED: usize = 4;
/// ε of every batch norm.
pub const EPSILON: f32 = 1e-5;

/// The size of a network; all else is the same in all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct P4mShape {
    /// Planes of an image.
    pub planes: usize,
    /// Fields (groups of eight channels) of each stage; the first a multiple of 2.
    pub fields: Vec<usize>,
    /// Blocks of each stage.
    pub depths: Vec<usize>,
    /// Width of the vector.
    pub dim: usize,
}

/// What kind of numbers a tensor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Windows that are turned, and weights of products: these decay.
    Weight,
    /// Scales of norms, which begin at 1.
    Scale,
    /// What is added, which begins at 0.
    Shift,
    /// Scales of blocks, which begin small.
    LayerScale,
}

/// One tensor: its place in the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As in a file of weights.
    pub name: String,
    /// Dimensions, slowest first.
    pub shape: Vec<usize>,
    /// First number.
    pub at: usize,
    /// What it holds.
    pub kind: Kind,
    /// Numbers that are summed for one output, which say how large weights begin.
    pub fan_in: usize,
}

impl Entry {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are none; never so in a network.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its values in the row `all`.
    pub fn of<'a>(&self, all: &'a [f32]) -> &'a [f32] {
        &all[self.at..self.at + self.len()]
    }

    /// Its values in the row `all`, to write.
    pub fn of_mut<'a>(&self, all: &'a mut [f32]) -> &'a mut [f32] {
        &mut all[self.at..self.at + self.len()]
    }
}

/// A batch norm: its two tensors, and where its means and then variances are in the row of
/// statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormAt {
    /// Factors.
    pub scale: Entry,
    /// Summands.
    pub shift: Entry,
    /// First mean; the variances follow the means.
    pub stats: usize,
}

/// A 1×1 group convolution: `[outputs, inputs, 8]` and `[outputs]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixAt {
    /// The weights.
    pub weight: Entry,
    /// The summands, a field.
    pub bias: Entry,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockAt {
    /// Depthwise, `[fields, 5, 5]`.
    pub window: Entry,
    /// After it.
    pub norm: NormAt,
    /// To the inside.
    pub up: MixAt,
    /// Back.
    pub down: MixAt,
    /// Factor of what is added, a field.
    pub scale: Entry,
}

/// A stage: what comes before it (nothing before the first) and its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageAt {
    /// Fields of its maps.
    pub fields: usize,
    /// Depthwise `[fields before, 4, 4]` in steps of 2, norm, and to this stage's fields.
    pub shrink: Option<(Entry, NormAt, MixAt)>,
    /// Its blocks.
    pub blocks: Vec<BlockAt>,
}

/// Where everything is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Of which network.
    pub shape: P4mShape,
    /// The first convolution, `[fields, planes, 4, 4]`.
    pub lift: Entry,
    /// After it.
    pub lift_norm: NormAt,
    /// The stages.
    pub stages: Vec<StageAt>,
    /// Before pooling.
    pub norm: NormAt,
    /// Norm of the pooled numbers.
    pub head_norm: NormAt,
    /// `[dim, pooled]`.
    pub head: Entry,
    /// `[dim]`.
    pub head_bias: Entry,
    /// All tensors in their order.
    pub entries: Vec<Entry>,
    /// All norms in their order, with their names.
    pub norms: Vec<(String, NormAt)>,
    /// Length of the row of weights.
    pub weights: usize,
    /// Length of the row of statistics.
    pub stats: usize,
}

#[derive(Default)]
struct Making {
    entries: Vec<Entry>,
    norms: Vec<(String, NormAt)>,
    weights: usize,
    stats: usize,
}

impl Making {
    fn entry(&mut self, name: String, shape: &[usize], kind: Kind, fan_in: usize) -> Entry {
        let entry = Entry {
            name,
            shape: shape.to_vec(),
            at: self.weights,
            kind,
            fan_in,
        };
        self.weights += entry.len();
        self.entries.push(entry.clone());
        entry
    }

    fn norm(&mut self, name: &str, width: usize) -> NormAt {
        let norm = NormAt {
            scale: self.entry(format!("{name}.weight"), &[width], Kind::Scale, 1),
            shift: self.entry(format!("{name}.bias"), &[width], Kind::Shift, 1),
            stats: self.stats,
        };
        self.stats += 2 * width;
        self.norms.push((name.into(), norm.clone()));
        norm
    }

    fn mix(&mut self, name: &str, inputs: usize, outputs: usize) -> MixAt {
        MixAt {
            weight: self.entry(
                format!("{name}.weight"),
                &[outputs, inputs, 8],
                Kind::Weight,
                8 * inputs,
            ),
            bias: self.entry(format!("{name}.bias"), &[outputs], Kind::Shift, 1),
        }
    }

    fn block(&mut self, name: &str, fields: usize) -> BlockAt {
        BlockAt {
            window: self.entry(
                format!("{name}.window.weight"),
                &[fields, WINDOW_PX, WINDOW_PX],
                Kind::Weight,
                WINDOW_PX * WINDOW_PX,
            ),
            norm: self.norm(&format!("{name}.norm"), fields),
            up: self.mix(&format!("{name}.up"), fields, EXPANSION * fields),
            down: self.mix(&format!("{name}.down"), EXPANSION * fields, fields),
            scale: self.entry(format!("{name}.scale"), &[fields], Kind::LayerScale, 1),
        }
    }
}

impl P4mShape {
    /// Sentence about what makes no network; `Ok` for the rest.
    ///
    /// # Errors
    /// If there are no planes, stages or fields, or more than anybody has memory for.
    pub fn check(&self) -> Result<(), String> {
        if self.planes == 0 || self.dim == 0 || self.fields.is_empty() {
            return Err("a p4m network has planes, stages and a width".into());
        }
        if self.fields.len() != self.depths.len() {
            return Err("fields and depths must name the same number of stages".into());
        }
        if self.fields.iter().any(|&f| f == 0 || f % 2 != 0 || f > 1024) || self.fields.len() > 8 {
            return Err(
                "a stage has an even number of fields, at most 1024, and there are at most 8 stages".into(),
            );
        }
        if self.dim > 65_536 || self.planes > 64 || self.depths.iter().any(|&d| d > 256) {
            return Err("the network is larger than any that could be trained".into());
        }
        Ok(())
    }

    /// Sides of images are multiples of this: as many pixels become one place of the last stage.
    pub fn side_multiple(&self) -> usize {
        STEP << (self.fields.len() - 1)
    }

    /// Pooled numbers an image.
    pub fn pooled(&self) -> usize {
        POOLED * self.fields.last().copied().unwrap_or(0)
    }

    /// Where each weight lies.
    pub fn layout(&self) -> Layout {
        let mut m = Making::default();
        let first = self.fields.first().copied().unwrap_or(0);
        let lift = m.entry(
            "lift.weight".into(),
            &[first, self.planes, LIFT_PX, LIFT_PX],
            Kind::Weight,
            self.planes * LIFT_PX * LIFT_PX,
        );
        let lift_norm = m.norm("lift.norm", first);
        let mut before = first;
        let mut stages = Vec::new();
        for (s, (&fields, &depth)) in self.fields.iter().zip(&self.depths).enumerate() {
            let shrink = (s > 0).then(|| {
                let name = format!("stages.{s}.shrink");
                let shape = [before, SHRINK_PX, SHRINK_PX];
                let window = m.entry(
                    format!("{name}.window.weight"),
                    &shape,
                    Kind::Weight,
                    SHRINK_PX * SHRINK_PX,
                );
                let norm = m.norm(&format!("{name}.norm"), before);
                (window, norm, m.mix(&format!("{name}.mix"), before, fields))
            });
            let blocks = (0..depth)
                .map(|b| m.block(&format!("stages.{s}.blocks.{b}"), fields))
                .collect();
            stages.push(StageAt {
                fields,
                shrink,
                blocks,
            });
            before = fields;
        }
        let norm = m.norm("norm", before);
        let pooled = POOLED * before;
        let head_norm = m.norm("head.norm", pooled);
        let head = m.entry("head.weight".into(), &[self.dim, pooled], Kind::Weight, pooled);
        let head_bias = m.entry("head.bias".into(), &[self.dim], Kind::Shift, 1);
        Layout {
            shape: self.clone(),
            lift,
            lift_norm,
            stages,
            norm,
            head_norm,
            head,
            head_bias,
            entries: m.entries,
            norms: m.norms,
            weights: m.weights,
            stats: m.stats,
        }
    }
}

impl NormAt {
    /// Width of what is normed.
    pub fn width(&self) -> usize {
        self.scale.len()
    }

    /// Means and variances in the row `stats`.
    pub fn stats<'a>(&self, stats: &'a [f32]) -> (&'a [f32], &'a [f32]) {
        stats[self.stats..self.stats + 2 * self.width()].split_at(self.width())
    }

    /// Factor and summand that the norm is with these means and variances.
    pub fn affine(&self, weights: &[f32], mean: &[f32], variance: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let scale: Vec<f32> = (self.scale.of(weights).iter().zip(variance))
            .map(|(s, v)| s / (v + EPSILON).sqrt())
            .collect();
        let shift = (self.shift.of(weights).iter().zip(mean).zip(&scale))
            .map(|((b, m), s)| b - m * s)
            .collect();
        (scale, shift)
    }
}
