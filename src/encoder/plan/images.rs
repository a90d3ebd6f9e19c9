//! Networks that go over whole images, from one into another and back: which core takes which image, and
//! images that cores share.

use super::buffer::{Buffer, Shared};
use super::pool::Pool;
use super::team::{Barrier, Deal, Team, part};
use std::ops::Range;

/// A core's memory with two images: the one that is read and the one that is written.
pub(super) trait Images: Default + Send {
    /// Both.
    fn images(&mut self) -> &mut [Buffer; 2];
}

/// Two images and which part of them is a core's own.
pub(super) struct Place<'a> {
    pub images: [Shared; 2],
    pub lane: usize,
    pub barrier: &'a Barrier,
}

impl Place<'_> {
    /// This core's part of `len` pixels or lines.
    pub fn mine(&self, len: usize) -> Range<usize> {
        part(len, self.lane, self.barrier.lanes())
    }
}

/// Does `work(image, place, memory)` for `batch` images of at most `len` values: as many as there are cores for
/// at a time, each by one core; those that are left over by all of them together.
pub(super) fn each_image<M: Images>(
    team: &Team,
    kept: &Pool<M>,
    [batch, len]: [usize; 2],
    work: impl Fn(usize, &Place<'_>, &mut M) + Sync,
) {
    let lanes = team.lanes();
    let own = batch / lanes * lanes;
    let barrier = Barrier::new(lanes);
    let pair = |memory: &mut M| {
        let images = memory.images();
        images.iter_mut().for_each(|i| i.grow(len));
        [0, 1].map(|i| images[i].shared())
    };
    let mut common = kept.take();
    let shared = pair(&mut common);
    let alone_on = Deal::new(own);
    team.run(|lane| {
        let _lane = barrier.enter();
        let mut memory = kept.take();
        let alone = Barrier::new(1);
        let mine = Place {
            images: pair(&mut memory),
            lane: 0,
            barrier: &alone,
        };
        while let Some(image) = alone_on.take() {
            work(image, &mine, &mut memory);
        }
        let ours = Place {
            images: shared,
            lane,
            barrier: &barrier,
        };
        for image in own..batch {
            work(image, &ours, &mut memory);
            barrier.meet();
        }
        kept.give(memory);
    });
    kept.give(common);
}

/// The mean over pixels, `ld` values from pixel to pixel.
pub(super) fn mean(pixels: &[f32], ld: usize, to: &mut [f32]) {
    let count = (pixels.len() / ld) as f32;
    to.fill(0.0);
    for pixel in pixels.chunks_exact(ld) {
        to.iter_mut().zip(pixel).for_each(|(m, v)| *m += v);
    }
    to.iter_mut().for_each(|m| *m /= count);
}

/// Cuts `range` in equal parts of at most `most`: `each(first, count)`.
pub(super) fn for_chunks(range: Range<usize>, most: usize, mut each: impl FnMut(usize, usize)) {
    let step = range.len().div_ceil(range.len().div_ceil(most).max(1)).max(1);
    let mut first = range.start;
    while first < range.end {
        let count = step.min(range.end - first);
        each(first, count);
        first += count;
    }
}
