//! The most that this processor multiplies: one tile again and again, all of it in the nearest
//! cache. What a network reaches of it is the measure of a plan.

use super::buffer::Buffer;
use super::isa::{Isa, Precision};
use super::kernels::Kernels;
use super::product::tile;
use super::team::Team;
use super::tiles::NO_SUMS;
use std::time::Instant;

/// Words along the inner dimension: the tile's left side and panel fill about half of 32 KB.
const STEPS: usize = 96;
/// Tiles of one measurement, some ten milliseconds' work.
const TILES: usize = 10_000;

/// What is measured.
pub struct Peak {
    kernels: &'static Kernels,
    precision: Precision,
}

impl Peak {
    /// Of these instructions and numbers; `None` where the processor hasn't the kernels.
    pub fn of(isa: Isa, precision: Precision) -> Option<Self> {
        let kernels = Kernels::of(isa).filter(|k| k.has(precision))?;
        Some(Self { kernels, precision })
    }

    /// One measurement: 10⁹ operations a second (a multiplication and an addition are two) of all cores of `team`
    /// together.
    pub fn gflops(&self, team: &Team) -> f64 {
        let (k, precision) = (self.kernels, self.precision);
        let rows = k.cut(precision).rows;
        let tile_flops = 2 * rows * k.panel * STEPS * precision.values_in_word();
        let start = Instant::now();
        team.run(|_| {
            let left = Buffer::zeros(rows * STEPS);
            let panel = Buffer::zeros(k.panel * STEPS);
            let mut sums = NO_SUMS;
            let tiles = k.tiles(precision);
            let shape = [rows, k.panel, STEPS];
            for _ in 0..TILES {
                tile(&tiles, shape, left.words(), STEPS, panel.words(), &mut sums);
                std::hint::black_box(&mut sums);
            }
        });
        (team.lanes() * TILES * tile_flops) as f64 / start.elapsed().as_secs_f64() / 1e9
    }
}
