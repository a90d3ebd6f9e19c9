//! What a core does with its pixels of a ConvNeXt's image: stem, halving, block.

#![allow(
    unsafe_code,
    reason = "cores that share an image write disjoint pixels of one buffer"
)]

use super::convnext::{ConvNextMemory, ConvNextPlan};
use super::convnext_layers::ConvNextBlock;
use super::depthwise::{Depthwise, padded};
use super::images::{Place, for_chunks};
use super::matrix::Matrix;
use super::product::{After, product, product_operand};
use super::vit_layers::Norm;

impl ConvNextPlan {
    /// Pixels to the first stage's, with their norm.
    pub(super) fn stem(
        &self,
        planes: &[f32],
        [height, width]: [usize; 2],
        size: [usize; 2],
        place: &Place<'_>,
        memory: &mut ConvNextMemory,
    ) {
        let (k, side, channels) = (self.kernels, self.stem_px, self.stem.outputs);
        let mine = place.mine(size[0] * size[1]);
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
    pub(super) fn shrink(
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
        let mine = place.mine(height / 2 * columns);
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
    pub(super) fn block(
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
            first: 0,
            size,
            before: [block.depthwise.side / 2; 2],
            columns: size[1],
            window: &block.depthwise,
        };
        let most = (120_000 / (channels + inside)).clamp(56, 224);
        for_chunks(place.mine(pixels), most, |first, rows| {
            memory.convolved.grow(rows * ld);
            let convolved = memory.convolved.floats_mut();
            k.depthwise(&window, first..first + rows, convolved);
            (memory.left).fill(k, block.fc1.precision, rows, channels, |i, row| {
                self.norm_row(&block.norm, &convolved[i * ld..][..channels], row);
            });
            // SAFETY: these pixels are this core's own until the next meeting.
            let to = unsafe { place.images[1 - now].floats_mut(first * ld, rows * ld) };
            to.copy_from_slice(&from[first * ld..(first + rows) * ld]);
            let inner = (&mut memory.inner, block.fc2.precision);
            let hidden = &mut memory.hidden;
            product_operand(k, &memory.left, rows, &block.fc1, After::Gelu, inner, hidden);
            product(k, &memory.inner, rows, &block.fc2, After::Add, to, ld);
        });
    }
}
