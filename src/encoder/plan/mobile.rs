//! The plan of a network of inverted residuals (MobileNets, EfficientNet-Lite): images whose channels lie
//! side by side, layers pixel by pixel, and a depthwise convolution between them.
//!
//! A block's wide image is six times its input's and never exists: a core makes some lines of it,
//! goes over them with the window, narrows what comes out, and keeps the lines that the next ones see too.
//! Blocks write into a second image while they read the first, and cores that share an image meet
//! once a block.
//!
//! Source: Sandler et al. 2018 (arXiv:1801.04381); Tan & Le 2019 (arXiv:1905.11946).

#![allow(
    unsafe_code,
    reason = "cores that share an image write disjoint pixels of one buffer"
)]

use super::buffer::{Buffer, Shared};
pub(crate) use super::depthwise::WINDOWS;
pub use super::depthwise::Window;
use super::depthwise::padded;
use super::images::{Images, Place, each_image, mean};
use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;
use super::operand::Operand;
use super::pool::Pool;
use super::team::Team;
use std::sync::Arc;

/// Side and stride of the first convolution.
pub(crate) const STEM: [usize; 2] = [3, 2];

/// One block: widen, depthwise, narrow.
pub struct MobileBlock {
    /// To the inside, held between 0 and 6; blocks without one go over their input.
    pub expand: Option<Matrix>,
    /// What goes over the inside.
    pub window: Arc<Window>,
    /// To the width after the block.
    pub project: Matrix,
    /// Whether the input is added.
    pub residual: bool,
}

/// A compiled network of inverted residuals.
pub struct MobilePlan {
    /// For which instruction set.
    pub kernels: &'static Kernels,
    /// In which numbers the blocks' layers and the head are; see [`MobilePlan::narrow`].
    pub precision: Precision,
    /// Number of channels of an image.
    pub channels: usize,
    /// `[channels * 3 * 3, outputs]`, rows in the order channel, y, x; stride 2, single precision.
    pub stem: Matrix,
    /// The blocks.
    pub blocks: Vec<MobileBlock>,
    /// After the last block, held between 0 and 6.
    pub head: Matrix,
    /// Cores' memory, kept between calls.
    pub memory: Pool<MobileMemory>,
}

/// One core's memory.
#[derive(Default)]
pub struct MobileMemory {
    /// Two images: the one that is read and the one that is written.
    pub(super) images: [Buffer; 2],
    /// Some lines of a block's wide image.
    pub(super) lines: Buffer,
    pub(super) convolved: Buffer,
    pub(super) left: Operand,
}

/// Pixels of a line of `len` after a step of `stride`, as TensorFlow's `SAME` has them, and the zeros before
/// the first that a window of `side` sees.
pub(super) fn same(len: usize, side: usize, stride: usize) -> (usize, usize) {
    let places = len.div_ceil(stride);
    (
        places,
        ((places.max(1) - 1) * stride + side).saturating_sub(len) / 2,
    )
}

impl Images for MobileMemory {
    fn images(&mut self) -> &mut [Buffer; 2] {
        &mut self.images
    }
}

impl std::fmt::Debug for MobilePlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (isa, precision) = (self.kernels.isa.name(), self.precision.name());
        write!(f, "MobilePlan({isa}, {precision}, {} blocks)", self.blocks.len())
    }
}

impl MobilePlan {
    /// In which numbers a plan in `precision` has the narrow layers that everything goes through, nothing being
    /// added to what was there.
    ///
    /// Bytes cost most of what they cost in all there: those seven layers of EfficientNet-Lite0 are more exact,
    /// which brings the median cosine to single precision from 0.998 to 0.9993 on real cutouts.
    pub fn narrow(&self, precision: Precision) -> Precision {
        match precision {
            Precision::Int8 => self.kernels.isa.more_exact(precision),
            _ => precision,
        }
    }

    /// A copy of a plan in single precision whose blocks compute in `precision`, but for the [narrow](Self::narrow) ones.
    pub fn converted(&self, precision: Precision) -> Self {
        let k = self.kernels;
        let after = |b: &MobileBlock| match b.residual {
            true => precision,
            false => self.narrow(precision),
        };
        let block = |b: &MobileBlock| MobileBlock {
            expand: b.expand.as_ref().map(|m| m.converted(k, precision)),
            window: b.window.clone(),
            project: b.project.converted(k, after(b)),
            residual: b.residual,
        };
        Self {
            precision,
            stem: self.stem.converted(k, Precision::F32),
            blocks: self.blocks.iter().map(block).collect(),
            head: self.head.converted(k, precision),
            memory: Pool::default(),
            ..*self
        }
    }

    /// Width of a vector after the first `blocks` blocks; after all of them, of the head's.
    pub fn width(&self, blocks: usize) -> usize {
        match blocks {
            0 => self.stem.outputs,
            b if b >= self.blocks.len() => self.head.outputs,
            b => self.blocks[b - 1].project.outputs,
        }
    }

    /// Mean over all pixels after the first `blocks` blocks (and the head, after the last of them) into
    /// `out`, `[batch, width]`, from `input`, `[batch, channels, height, width]`.
    pub fn pooled(
        &self,
        team: &Team,
        input: &[f32],
        [batch, height, width]: [usize; 3],
        blocks: usize,
        out: &mut [f32],
    ) {
        assert_eq!(
            input.len(),
            batch * self.channels * height * width,
            "an input of another shape"
        );
        assert_eq!(
            out.len(),
            batch * self.width(blocks),
            "an output of another shape"
        );
        let len = self.image_len([height, width]);
        let out = (Shared::of(out), blocks);
        each_image(team, &self.memory, [batch, len], |image, place, memory| {
            self.image(input, image, [height, width], place, memory, out);
        });
    }

    /// Each image between blocks: height and width, and channels, after the first convolution and after every block.
    fn sizes(&self, size: [usize; 2]) -> impl Iterator<Item = ([usize; 2], usize)> {
        let mut size = size.map(|len| same(len, STEM[0], STEM[1]).0);
        let after = self.blocks.iter().map(move |block| {
            size = size.map(|len| same(len, block.window.side, block.window.stride).0);
            (size, block.project.outputs)
        });
        std::iter::once((size, self.stem.outputs)).chain(after)
    }

    /// Values of the largest image between blocks.
    fn image_len(&self, size: [usize; 2]) -> usize {
        let values = |(size, channels): ([usize; 2], usize)| size[0] * size[1] * padded(channels);
        let last = self.sizes(size).last().unwrap_or_default();
        let most = self.sizes(size).map(values).max().unwrap_or(0);
        most.max(values((last.0, self.head.outputs)))
    }

    /// Takes one image, or a core's part of it, from pixels to its vector.
    fn image(
        &self,
        input: &[f32],
        image: usize,
        size: [usize; 2],
        place: &Place<'_>,
        memory: &mut MobileMemory,
        (out, blocks): (Shared, usize),
    ) {
        let planes = self.channels * size[0] * size[1];
        self.first(&input[image * planes..][..planes], size, place, memory);
        place.barrier.meet();
        let mut size = size.map(|len| same(len, STEM[0], STEM[1]).0);
        // Which image is read next.
        let (mut now, mut channels) = (0, self.stem.outputs);
        for block in self.blocks.iter().take(blocks) {
            size = self.block(block, size, channels, now, place, memory);
            place.barrier.meet();
            (now, channels) = (1 - now, block.project.outputs);
        }
        if blocks >= self.blocks.len() {
            self.last(size, channels, now, place, memory);
            place.barrier.meet();
            (now, channels) = (1 - now, self.head.outputs);
        }
        if place.lane == 0 {
            let (ld, pixels) = (padded(channels), size[0] * size[1]);
            // SAFETY: after the last meeting nobody writes until all have left this image.
            let x = unsafe { place.images[now].floats(0, pixels * ld) };
            // SAFETY: this image's vector is written here only.
            let to = unsafe { out.floats_mut(image * channels, channels) };
            mean(x, ld, to);
        }
    }

    /// Operations of the first `blocks` blocks on an image of `height` by `width` pixels.
    pub fn flops(&self, size: [usize; 2], blocks: usize) -> u64 {
        let images: Vec<_> = (self.sizes(size))
            .map(|(size, _)| (size[0] * size[1]) as u64)
            .collect();
        let mut sum = self.stem.flops() * images[0];
        for (block, pixels) in self.blocks.iter().take(blocks).zip(images.windows(2)) {
            let window = 2 * (block.window.side.pow(2) * block.project.inputs) as u64;
            sum += block.expand.as_ref().map_or(0, Matrix::flops) * pixels[0];
            sum += (window + block.project.flops()) * pixels[1];
        }
        match blocks >= self.blocks.len() {
            true => sum + self.head.flops() * images[self.blocks.len()],
            false => sum,
        }
    }
}
