//! The most that this processor multiplies: one tile again and again, all of it in the nearest
//! cache. What a network reaches of it is the measure of a plan.

use super::buffer::Buffer;
use super::isa::{Isa, Precision};
use super::kernels::Kernels;
use super::product::tile;
use super::team::Team;
use super::tiles::{MOST_COLUMNS, MOST_ROWS, Sums};
use std::time::Instant;

/// Words along the inner dimension: the tile's left side and panel fill about half of 32 KB.
const STEPS: usize = 96;
/// Tiles of one measurement, some ten milliseconds' work.
const TILES: usize = 10_000;

/// 10⁹ operations a second (a multiplication and an addition are two) of all cores of `team`
/// together, the best of a few measurements; `None` where the processor hasn't the kernels.
pub fn peak_gflops(isa: Isa, precision: Precision, team: &Team) -> Option<f64> {
    let k = Kernels::of(isa).filter(|k| k.has(precision))?;
    let rows = k.cut(precision).rows;
    let tile_flops = 2 * rows * k.panel * STEPS * precision.values_in_word();
    let mut best = f64::INFINITY;
    for _ in 0..12 {
        let start = Instant::now();
        team.run(|_| {
            let left = Buffer::zeros(rows * STEPS);
            let panel = Buffer::zeros(k.panel * STEPS);
            let mut sums = Sums([0; MOST_ROWS * MOST_COLUMNS]);
            let tiles = k.tiles(precision);
            let shape = [rows, k.panel, STEPS];
            for _ in 0..TILES {
                tile(&tiles, shape, left.words(), STEPS, panel.words(), &mut sums);
                std::hint::black_box(&mut sums);
            }
        });
        best = best.min(start.elapsed().as_secs_f64());
    }
    Some((team.lanes() * TILES * tile_flops) as f64 / best / 1e9)
}
