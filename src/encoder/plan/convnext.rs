//! A ConvNeXt's plan: images whose channels lie side by side, so that everything but the depthwise
//! convolution goes pixel by pixel through packed layers.
//!
//! A core takes a few dozen pixels at a time through convolution, norm and both layers of a block.
//! Only the convolution sees neighbours: blocks write into a second image while they read the
//! first, and cores that share an image meet once a block.
//!
//! Source: Liu et al. 2022 (arXiv:2201.03545).

#![allow(
    unsafe_code,
    reason = "cores that share an image write disjoint pixels of one buffer"
)]

use super::buffer::{Buffer, Shared};
pub use super::convnext_layers::{ConvNextBlock, ConvNextStage, Window};
use super::depthwise::padded;
use super::images::{Images, Place, each_image, mean};
use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;
use super::operand::Operand;
use super::pool::Pool;
use super::team::Team;
use super::vit_layers::Norm;

/// A compiled ConvNeXt.
pub struct ConvNextPlan {
    /// For which instruction set.
    pub kernels: &'static Kernels,
    /// In which numbers the blocks' layers are.
    pub precision: Precision,
    /// Number of channels of an image.
    pub channels: usize,
    /// Side of the square of pixels that the stem makes one of.
    pub stem_px: usize,
    /// ε of every layer norm.
    pub epsilon: f32,
    /// `[channels * stem * stem, outputs]`, rows in the order channel, y, x; single precision.
    pub stem: Matrix,
    /// After the stem.
    pub stem_norm: Norm,
    /// The stages.
    pub stages: Vec<ConvNextStage>,
    /// After the mean over all pixels.
    pub norm: Norm,
    /// Cores' memory, kept between calls.
    pub memory: Pool<ConvNextMemory>,
}

/// One core's memory.
#[derive(Default)]
pub struct ConvNextMemory {
    /// Two images: the one that is read and the one that is written.
    pub(super) images: [Buffer; 2],
    pub(super) convolved: Buffer,
    pub(super) hidden: Buffer,
    pub(super) left: Operand,
    pub(super) inner: Operand,
}

impl Images for ConvNextMemory {
    fn images(&mut self) -> &mut [Buffer; 2] {
        &mut self.images
    }
}

impl std::fmt::Debug for ConvNextPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (isa, precision) = (self.kernels.isa.name(), self.precision.name());
        write!(
            f,
            "ConvNextPlan({isa}, {precision}, {} stages)",
            self.stages.len()
        )
    }
}

impl ConvNextPlan {
    /// A copy of a plan in single precision whose stages compute in `precision`.
    pub fn converted(&self, precision: Precision) -> Self {
        let k = self.kernels;
        Self {
            precision,
            stem: self.stem.converted(k, Precision::F32),
            stem_norm: self.stem_norm.copy(),
            stages: (self.stages.iter()).map(|s| s.converted(k, precision)).collect(),
            norm: self.norm.copy(),
            memory: Pool::default(),
            ..*self
        }
    }

    /// Width of a vector after the first `blocks` blocks.
    pub fn width(&self, blocks: usize) -> usize {
        let mut left = blocks;
        let mut width = self.stem.outputs;
        for stage in &self.stages {
            if left == 0 {
                break;
            }
            width = stage.shrink.as_ref().map_or(width, |(_, m)| m.outputs);
            left = left.saturating_sub(stage.blocks.len());
        }
        width
    }

    /// Mean over all pixels after the first `blocks` blocks (and the last norm, which belongs to
    /// the last stage) into `out`, `[batch, width]`, from `input`, `[batch, channels, height,
    /// width]`. Pixels beyond the last whole square of a stage are left out, as convolutions
    /// without padding do.
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
        let len = self.image_len(height, width);
        let out = (Shared::of(out), blocks);
        each_image(team, &self.memory, [batch, len], |image, place, memory| {
            self.image(input, image, [height, width], place, memory, out);
        });
    }

    /// Values of the largest image between stages.
    fn image_len(&self, height: usize, width: usize) -> usize {
        let (mut pixels, mut most) = ([height / self.stem_px, width / self.stem_px], 0);
        for (i, stage) in self.stages.iter().enumerate() {
            let channels = match &stage.shrink {
                Some((_, matrix)) => matrix.outputs,
                None => self.stem.outputs,
            };
            if i > 0 {
                pixels = pixels.map(|p| p / 2);
            }
            most = most.max(pixels[0] * pixels[1] * padded(channels));
        }
        most
    }

    /// Takes one image, or a core's part of it, from pixels to its vector.
    fn image(
        &self,
        input: &[f32],
        image: usize,
        [height, width]: [usize; 2],
        place: &Place<'_>,
        memory: &mut ConvNextMemory,
        (out, blocks): (Shared, usize),
    ) {
        let planes = self.channels * height * width;
        let planes = &input[image * planes..][..planes];
        let mut size = [height / self.stem_px, width / self.stem_px];
        // Which image is read next.
        let mut now = 0;
        self.stem(planes, [height, width], size, place, memory);
        place.barrier.meet();
        let mut channels = self.stem.outputs;
        let (mut left, mut to_the_end) = (blocks, false);
        for (number, stage) in self.stages.iter().enumerate() {
            if left == 0 {
                break;
            }
            to_the_end = number + 1 == self.stages.len();
            if let Some((norm, matrix)) = &stage.shrink {
                self.shrink(norm, matrix, size, now, place, memory);
                place.barrier.meet();
                size = size.map(|s| s / 2);
                channels = matrix.outputs;
                now = 1 - now;
            }
            for block in stage.blocks.iter().take(left) {
                self.block(block, size, now, place, memory);
                place.barrier.meet();
                now = 1 - now;
            }
            left = left.saturating_sub(stage.blocks.len());
        }
        if place.lane == 0 {
            let ld = padded(channels);
            let pixels = size[0] * size[1];
            // SAFETY: after the last meeting nobody writes until all have left this image.
            let x = unsafe { place.images[now].floats(0, pixels * ld) };
            let mut middle = vec![0.0f32; channels];
            mean(x, ld, &mut middle);
            // SAFETY: this image's vector is written here only.
            let to = unsafe { out.floats_mut(image * channels, channels) };
            if to_the_end {
                self.norm_row(&self.norm, &middle, to);
            } else {
                to.copy_from_slice(&middle);
            }
        }
    }

    pub(super) fn norm_row(&self, norm: &Norm, x: &[f32], out: &mut [f32]) {
        self.kernels.norm(x, &norm.weight, &norm.bias, self.epsilon, out);
    }

    /// Operations of the first `blocks` blocks on an image of `height` by `width` pixels.
    pub fn flops(&self, [height, width]: [usize; 2], blocks: usize) -> u64 {
        let mut left = blocks;
        let mut size = [height / self.stem_px, width / self.stem_px];
        let mut sum = self.stem.flops() * (size[0] * size[1]) as u64;
        for stage in &self.stages {
            if left == 0 {
                break;
            }
            if let Some((_, matrix)) = &stage.shrink {
                size = size.map(|s| s / 2);
                sum += matrix.flops() * (size[0] * size[1]) as u64;
            }
            sum += stage.pixel_flops(left) * (size[0] * size[1]) as u64;
            left = left.saturating_sub(stage.blocks.len());
        }
        sum
    }
}
