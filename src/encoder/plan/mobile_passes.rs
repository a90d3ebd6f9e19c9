//! What a core does with its lines of an image in a network of inverted residuals: first convolution,
//! block, head.

#![allow(
    unsafe_code,
    reason = "cores that share an image write disjoint pixels of one buffer"
)]

use super::depthwise::{Depthwise, padded};
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
        const SIDE: usize = STEM[0];
        let (k, stride, ld) = (self.kernels, STEM[1], padded(self.stem.outputs));
        let ((rows, above), (columns, before)) = (same(height, SIDE, stride), same(width, SIDE, stride));
        let mine = place.mine(rows * columns);
        for_chunks(mine, PIXELS, |first, count| {
            let inputs = self.stem.inputs;
            memory.lines.grow(count * inputs);
            let rows = &mut memory.lines.floats_mut()[..count * inputs];
            let mut pixel = first;
            while pixel < first + count {
                let (y, x) = (pixel / columns, pixel % columns);
                let some = (columns - x).min(first + count - pixel);
                let part = &mut rows[(pixel - first) * inputs..][..some * inputs];
                for line in 0..self.channels * SIDE {
                    let (plane, seen) = (line / SIDE, y * stride + line % SIDE);
                    let from = match seen.checked_sub(above).filter(|seen| *seen < height) {
                        Some(seen) => &planes[(plane * height + seen) * width..][..width],
                        None => &[],
                    };
                    beside::<SIDE>(from, [x * stride, before, stride], part, [inputs, line]);
                }
                pixel += some;
            }
            let left = (memory.left).view(k, self.stem.precision, [count, inputs], rows, inputs);
            // SAFETY: these pixels are this core's own until the next meeting.
            let to = unsafe { place.images[0].floats_mut(first * ld, count * ld) };
            product(k, left, count, &self.stem, After::Relu6, to, ld);
        });
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

/// Values `S` at a time of a line with `before` zeros before it (and as many as are needed after it): from number
/// `start` on and every `stride`, to place `at` (in units of `S`) of each of the rows of `inputs` values.
fn beside<const S: usize>(
    line: &[f32],
    [start, before, stride]: [usize; 3],
    rows: &mut [f32],
    [inputs, at]: [usize; 2],
) {
    // Rows whose values all lie in the line.
    let first = before.saturating_sub(start).div_ceil(stride);
    let last = (line.len() + before + 1)
        .saturating_sub(S + start)
        .div_ceil(stride);
    let last = last.min(rows.len() / inputs);
    let mut inside = 0..0;
    if first < last {
        inside = first..last;
        let values = line[start + first * stride - before..].windows(S).step_by(stride);
        let rows = rows[inside.start * inputs..inside.end * inputs].chunks_exact_mut(inputs);
        for (row, values) in rows.zip(values) {
            // A length that is known: no call for three numbers.
            if let (Some(to), Some(values)) = (row.as_chunks_mut::<S>().0.get_mut(at), values.first_chunk()) {
                *to = *values;
            }
        }
    }
    for (i, row) in rows.chunks_exact_mut(inputs).enumerate() {
        if inside.contains(&i) {
            continue;
        }
        for (t, to) in row[at * S..(at + 1) * S].iter_mut().enumerate() {
            let number = (start + i * stride + t).wrapping_sub(before);
            *to = line.get(number).copied().unwrap_or(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beside_each_other_are_those_of_the_line_and_zeros() {
        for length in [0, 1, 2, 3, 5, 8, 9] {
            let line: Vec<f32> = (1..=length).map(|v| v as f32).collect();
            for (start, before, stride) in [(0, 0, 2), (0, 1, 2), (4, 1, 2), (0, 2, 1), (6, 0, 3)] {
                for count in 1..6 {
                    let mut rows = vec![-1.0; count * 7];
                    beside::<3>(&line, [start, before, stride], &mut rows, [7, 1]);
                    for (i, row) in rows.chunks_exact(7).enumerate() {
                        let want = |t: usize| {
                            let number = (start + i * stride + t).checked_sub(before);
                            number.and_then(|n| line.get(n).copied()).unwrap_or(0.0)
                        };
                        let all = [-1.0, -1.0, -1.0, want(0), want(1), want(2), -1.0];
                        assert_eq!(row, all, "{length} {start} {before} {stride}: row {i} of {count}");
                    }
                }
            }
        }
    }
}
