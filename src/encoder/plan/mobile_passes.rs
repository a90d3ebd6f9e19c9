//! What a core does with its lines of an image in a network of inverted residuals: first convolution,
//! block, head.

#![allow(
    unsafe_code,
    reason = "cores that share an image write disjoint pixels of one buffer"
)]

use super::depthwise::{Depthwise, padded};
use super::direct::Direct;
use super::images::{Place, for_chunks};
use super::mobile::{MobileBlock, MobileMemory, MobilePlan, STEM, same};
use super::product::{After, product};
use std::ops::Range;

/// Values of a block's wide image that a core holds at a time: with what is made of them they stay in the
/// second-level cache.
const WIDE: usize = 96 * 1024;
/// Pixels at a time where there is no window.
const PIXELS: usize = 128;

impl MobilePlan {
    /// The first convolution, into the first image.
    pub(super) fn first(
        &self,
        planes: &[f32],
        [height, width]: [usize; 2],
        place: &Place<'_>,
        memory: &mut MobileMemory,
    ) {
        let ([side, stride], ld) = (STEM, padded(self.stem.outputs));
        let ((rows, above), (columns, before)) = (same(height, side, stride), same(width, side, stride));
        let mine = place.mine(rows * columns);
        // The lines that a row of windows sees, one after the other, with the zeros beside them.
        let line = ((columns - 1) * stride + side).max(before + width);
        memory.lines.grow(self.channels * side * line);
        let mut pixel = mine.start;
        while pixel < mine.end {
            let (y, x) = (pixel / columns, pixel % columns);
            let some = (columns - x).min(mine.end - pixel);
            let lines = &mut memory.lines.floats_mut()[..self.channels * side * line];
            for (number, to) in lines.chunks_exact_mut(line).enumerate() {
                let (plane, seen) = (number / side, y * stride + number % side);
                to.fill(0.0);
                if let Some(seen) = seen.checked_sub(above).filter(|seen| *seen < height) {
                    let from = &planes[(plane * height + seen) * width..][..width];
                    to[before..before + width].copy_from_slice(from);
                }
            }
            let over = Direct {
                lines,
                line,
                matrix: &self.stem,
                side,
                stride,
            };
            // SAFETY: these pixels are this core's own until the next meeting.
            let to = unsafe { place.images[0].floats_mut(pixel * ld, some * ld) };
            self.kernels.direct(&over, [x, some], to, ld);
            pixel += some;
        }
    }

    /// One block on an image of `size`, from image `now` to the other; gives the size of what comes out.
    pub(super) fn block(
        &self,
        block: &MobileBlock,
        size: [usize; 2],
        channels: usize,
        now: usize,
        place: &Place<'_>,
        memory: &mut MobileMemory,
    ) -> [usize; 2] {
        let (k, window) = (self.kernels, block.window.as_ref());
        let (side, stride, wide) = (window.side, window.stride, window.channels);
        let [height, width] = size;
        let ((rows, above), (columns, before)) = (same(height, side, stride), same(width, side, stride));
        let (ld, outputs) = (padded(channels), block.project.outputs);
        let ldo = padded(outputs);
        // SAFETY: everything was written before the last meeting; nobody writes this image before the next.
        let from = unsafe { place.images[now].floats(0, height * width * ld) };
        // The lines of the input that some lines of the output see.
        let seen = |lines: Range<usize>| {
            let top = (lines.start * stride).saturating_sub(above);
            top..((lines.end - 1) * stride + side - above).min(height)
        };
        let most = (WIDE / (wide * width * stride)).max(1);
        // Lines of the wide image that are there.
        let mut there = 0..0;
        for_chunks(place.mine(rows), most, |line, lines| {
            let (first, count) = (line * columns, lines * columns);
            let see = seen(line..line + lines);
            memory.convolved.grow(count * wide);
            let convolved = memory.convolved.floats_mut();
            let (image, top) = match &block.expand {
                None => (from, 0),
                Some(expand) => {
                    let len = width * wide;
                    memory.lines.grow(see.len() * len);
                    let buffer = memory.lines.floats_mut();
                    // What the lines before saw too.
                    let kept = see.start.max(there.start)..there.end.max(see.start);
                    if !kept.is_empty() {
                        let at = (kept.start - there.start) * len;
                        buffer.copy_within(at..at + kept.len() * len, 0);
                    }
                    for_chunks(kept.end * width..see.end * width, PIXELS, |pixel, pixels| {
                        let rows = &from[pixel * ld..(pixel + pixels) * ld];
                        let shape = [pixels, channels];
                        let left = memory.left.view(k, expand.precision, shape, rows, ld);
                        let to = &mut buffer[(pixel - see.start * width) * wide..][..pixels * wide];
                        product(k, left, pixels, expand, After::Relu6, to, wide);
                    });
                    there = see.clone();
                    (&*buffer, see.start)
                }
            };
            let over = Depthwise {
                image,
                first: top,
                size,
                before: [above, before],
                columns,
                window,
            };
            k.depthwise(&over, first..first + count, convolved);
            let shape = [count, block.project.inputs];
            let left = (memory.left).view(k, block.project.precision, shape, convolved, wide);
            // SAFETY: these pixels are this core's own until the next meeting.
            let to = unsafe { place.images[1 - now].floats_mut(first * ldo, count * ldo) };
            let after = match block.residual {
                true => After::Add,
                false => After::Store,
            };
            if block.residual {
                to.copy_from_slice(&from[first * ld..(first + count) * ld]);
            }
            product(k, left, count, &block.project, after, to, ldo);
        });
        [rows, columns]
    }

    /// The head, from image `now` to the other.
    pub(super) fn last(
        &self,
        size: [usize; 2],
        channels: usize,
        now: usize,
        place: &Place<'_>,
        memory: &mut MobileMemory,
    ) {
        let (k, pixels) = (self.kernels, size[0] * size[1]);
        let (ld, ldo) = (padded(channels), padded(self.head.outputs));
        // SAFETY: everything was written before the last meeting; nobody writes this image before the next.
        let from = unsafe { place.images[now].floats(0, pixels * ld) };
        for_chunks(place.mine(pixels), PIXELS, |first, count| {
            let rows = &from[first * ld..(first + count) * ld];
            let left = (memory.left).view(k, self.head.precision, [count, channels], rows, ld);
            // SAFETY: these pixels are this core's own until the next meeting.
            let to = unsafe { place.images[1 - now].floats_mut(first * ldo, count * ldo) };
            product(k, left, count, &self.head, After::Relu6, to, ldo);
        });
    }
}
