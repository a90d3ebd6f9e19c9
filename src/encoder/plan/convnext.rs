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
pub use super::convnext_layers::{ConvNextBlock, ConvNextStage};
use super::depthwise::{Depthwise, GROUP};
use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;
use super::operand::{Operand, spacing};
use super::product::{After, product};
use super::team::{Barrier, Team, part};
use super::vit_layers::{Norm, Pool};
use std::ops::Range;

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
    images: [Buffer; 2],
    convolved: Buffer,
    hidden: Buffer,
    left: Operand,
    inner: Operand,
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

/// Two images and which part of them is a core's own.
struct Place<'a> {
    images: [Shared; 2],
    lane: usize,
    barrier: &'a Barrier,
}

/// Values from pixel to pixel.
fn padded(channels: usize) -> usize {
    channels.next_multiple_of(GROUP)
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
        let lanes = team.lanes();
        let own = batch / lanes * lanes;
        let barrier = Barrier::new(lanes);
        let len = self.image_len(height, width);
        let mut common = self.memory.take();
        common.images.iter_mut().for_each(|i| i.grow(len));
        let shared = [0, 1].map(|i| common.images[i].shared());
        let out = (Shared::of(out), blocks);
        team.run(|lane| {
            let _lane = barrier.enter();
            let mut memory = self.memory.take();
            memory.images.iter_mut().for_each(|i| i.grow(len));
            let alone = Barrier::new(1);
            let images = [0, 1].map(|i| memory.images[i].shared());
            for image in part(own, lane, lanes) {
                let place = Place {
                    images,
                    lane: 0,
                    barrier: &alone,
                };
                self.image(input, image, [height, width], &place, &mut memory, out);
            }
            for image in own..batch {
                let place = Place {
                    images: shared,
                    lane,
                    barrier: &barrier,
                };
                self.image(input, image, [height, width], &place, &mut memory, out);
                barrier.meet();
            }
            self.memory.give(memory);
        });
        self.memory.give(common);
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
            let mut mean = vec![0.0f32; channels];
            for pixel in x.chunks_exact(ld) {
                mean.iter_mut().zip(pixel).for_each(|(m, v)| *m += v);
            }
            mean.iter_mut().for_each(|m| *m /= pixels as f32);
            // SAFETY: this image's vector is written here only.
            let to = unsafe { out.floats_mut(image * channels, channels) };
            if to_the_end {
                self.norm_row(&self.norm, &mean, to);
            } else {
                to.copy_from_slice(&mean);
            }
        }
    }

    /// This core's pixels.
    fn mine(&self, pixels: usize, place: &Place<'_>) -> Range<usize> {
        part(pixels, place.lane, place.barrier.lanes())
    }

    /// Pixels to the first stage's, with their norm.
    fn stem(
        &self,
        planes: &[f32],
        [height, width]: [usize; 2],
        size: [usize; 2],
        place: &Place<'_>,
        memory: &mut ConvNextMemory,
    ) {
        let (k, side, channels) = (self.kernels, self.stem_px, self.stem.outputs);
        let mine = self.mine(size[0] * size[1], place);
        let ld = padded(channels);
        for_chunks(mine, 128, |first, rows| {
            (memory.left).fill(k, self.stem.precision, rows, self.stem.inputs, |i, row| {
                let (y, x) = ((first + i) / size[1], (first + i) % size[1]);
                for (line, to) in row.chunks_exact_mut(side).enumerate() {
                    let (plane, line) = (line / side, line % side);
                    let from = plane * height * width + (y * side + line) * width + x * side;
                    to.copy_from_slice(&planes[from..from + side]);
                }
            });
            memory.hidden.grow(rows * ld);
            let made = memory.hidden.floats_mut();
            product(k, &memory.left, rows, &self.stem, After::Store, made, ld);
            // SAFETY: these pixels are this core's own until the next meeting.
            let to = unsafe { place.images[0].floats_mut(first * ld, rows * ld) };
            for (from, to) in made.chunks_exact(ld).zip(to.chunks_exact_mut(ld)) {
                self.norm_row(&self.stem_norm, &from[..channels], &mut to[..channels]);
                to[channels..].fill(0.0);
            }
        });
    }

    /// Norm, then 2×2 pixels to one, from image `now` to the other.
    fn shrink(
        &self,
        norm: &Norm,
        matrix: &Matrix,
        [height, width]: [usize; 2],
        now: usize,
        place: &Place<'_>,
        memory: &mut ConvNextMemory,
    ) {
        let k = self.kernels;
        let (channels, outputs) = (norm.weight.len(), matrix.outputs);
        let (ld, ldo) = (padded(channels), padded(outputs));
        // SAFETY: everything was written before the last meeting; nobody writes this image before the next.
        let from = unsafe { place.images[now].floats(0, height * width * ld) };
        let columns = width / 2;
        let mine = self.mine(height / 2 * columns, place);
        for_chunks(mine, 64, |first, rows| {
            (memory.left).fill(k, matrix.precision, rows, 4 * channels, |i, row| {
                let (y, x) = ((first + i) / columns, (first + i) % columns);
                for (corner, to) in row.chunks_exact_mut(channels).enumerate() {
                    let pixel = (2 * y + corner / 2) * width + 2 * x + corner % 2;
                    self.norm_row(norm, &from[pixel * ld..][..channels], to);
                }
            });
            // SAFETY: these pixels are this core's own until the next meeting.
            let to = unsafe { place.images[1 - now].floats_mut(first * ldo, rows * ldo) };
            product(k, &memory.left, rows, matrix, After::Store, to, ldo);
            for pixel in to.chunks_exact_mut(ldo) {
                pixel[outputs..].fill(0.0);
            }
        });
    }

    /// One block, from image `now` to the other.
    fn block(
        &self,
        block: &ConvNextBlock,
        size: [usize; 2],
        now: usize,
        place: &Place<'_>,
        memory: &mut ConvNextMemory,
    ) {
        let k = self.kernels;
        let (channels, inside) = (block.fc1.inputs, block.fc1.outputs);
        let ld = padded(channels);
        let pixels = size[0] * size[1];
        // SAFETY: everything was written before the last meeting; nobody writes this image before the next.
        let from = unsafe { place.images[now].floats(0, pixels * ld) };
        let window = Depthwise {
            image: from,
            size,
            channels: ld,
            weight: &block.depthwise,
            bias: &block.depthwise_bias,
        };
        let most = (120_000 / (channels + inside)).clamp(56, 224);
        for_chunks(self.mine(pixels, place), most, |first, rows| {
            memory.convolved.grow(rows * ld);
            let convolved = memory.convolved.floats_mut();
            k.depthwise(&window, first..first + rows, convolved);
            (memory.left).fill(k, block.fc1.precision, rows, channels, |i, row| {
                self.norm_row(&block.norm, &convolved[i * ld..][..channels], row);
            });
            // SAFETY: these pixels are this core's own until the next meeting.
            let to = unsafe { place.images[1 - now].floats_mut(first * ld, rows * ld) };
            to.copy_from_slice(&from[first * ld..(first + rows) * ld]);
            if block.fc2.precision == Precision::F32 {
                memory.inner.reserve(Precision::F32, rows, inside);
                let ldh = memory.inner.lda;
                product(
                    k,
                    &memory.left,
                    rows,
                    &block.fc1,
                    After::Gelu,
                    memory.inner.floats_mut(),
                    ldh,
                );
            } else {
                let ldh = spacing(inside);
                memory.hidden.grow(rows * ldh);
                let hidden = memory.hidden.floats_mut();
                product(k, &memory.left, rows, &block.fc1, After::Gelu, hidden, ldh);
                memory
                    .inner
                    .copy(k, block.fc2.precision, rows, inside, hidden, ldh);
            }
            product(k, &memory.inner, rows, &block.fc2, After::Add, to, ld);
        });
    }

    fn norm_row(&self, norm: &Norm, x: &[f32], out: &mut [f32]) {
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

/// Cuts `range` in equal parts of at most `most`: `each(first, count)`.
fn for_chunks(range: Range<usize>, most: usize, mut each: impl FnMut(usize, usize)) {
    let step = range.len().div_ceil(range.len().div_ceil(most).max(1)).max(1);
    let mut first = range.start;
    while first < range.end {
        let count = step.min(range.end - first);
        each(first, count);
        first += count;
    }
}
