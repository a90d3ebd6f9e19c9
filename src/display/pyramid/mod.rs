//! A mosaic of any size seen at any zoom: squares of values at halved resolutions, read from the file
//! where and when they are looked at.
//!
//! [`Scene`] is what is shown (one band, or three as colours, on one pixel grid), [`Reader`] reads and
//! halves, [`ValueCache`] keeps what was read lately, [`Ink`] colours. All of it is meant for background
//! threads; nothing here knows of a window.

mod cache;
mod ink;
mod reduce;
mod scene;
mod source;
mod warp;

pub use cache::{TileKey, ValueCache};
pub use ink::Ink;
pub use reduce::halve;
pub use scene::{Channels, Scene};
pub use source::{BandFile, BandPath, Reader};

/// Side of a tile in texels.
pub const TILE: usize = 256;
/// Most halvings: a tile then covers 65 536 pixels a side.
pub const DEEPEST: u8 = 8;

/// A tile of a pyramid. A texel of level `l` is the mean of 2^l × 2^l pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Number of halvings.
    pub level: u8,
    /// Column, from the left.
    pub x: u32,
    /// Row, from the bottom as in the file.
    pub y: u32,
}

/// A pixel grid: its size in pixels. Zero-based pixel centres are whole numbers, so that the image
/// reaches from -0.5 to size - 0.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// NAXIS1.
    pub width: usize,
    /// NAXIS2.
    pub height: usize,
}

impl Grid {
    /// Size of a level in texels.
    pub fn size_at(self, level: u8) -> (usize, usize) {
        let n = 1usize << level;
        (self.width.div_ceil(n), self.height.div_ceil(n))
    }

    /// The first level that fits one tile, or [`DEEPEST`].
    pub fn top_level(self) -> u8 {
        (0..DEEPEST)
            .find(|&l| {
                let (w, h) = self.size_at(l);
                w <= TILE && h <= TILE
            })
            .unwrap_or(DEEPEST)
    }

    /// The level whose texels come closest to one screen pixel at `zoom` screen pixels a pixel.
    pub fn level_for(self, zoom: f64) -> u8 {
        let level = (1.0 / zoom.max(1e-9)).log2().round();
        (level.max(0.0) as u8).min(self.top_level())
    }

    /// Width and height of a tile in texels; less than [`TILE`] at the upper and right edge, 0 outside.
    pub fn tile_size(self, place: Place) -> (usize, usize) {
        let (w, h) = self.size_at(place.level);
        let side = |whole: usize, n: u32| whole.saturating_sub(n as usize * TILE).min(TILE);
        (side(w, place.x), side(h, place.y))
    }

    /// The pixel coordinates of a tile's edges: left, bottom, right, top. At the upper and right edge
    /// of the image a texel can reach beyond it.
    pub fn extent(self, place: Place) -> [f64; 4] {
        let scale = (1u64 << place.level) as f64;
        let (w, h) = self.tile_size(place);
        let (x0, y0) = (place.x as usize * TILE, place.y as usize * TILE);
        [x0, y0, x0 + w, y0 + h].map(|v| v as f64 * scale - 0.5)
    }

    /// The tiles of a level that meet a view (left, bottom, right, top in pixels), those next to its
    /// middle first.
    pub fn places(self, level: u8, view: [f64; 4]) -> Vec<Place> {
        let side = (TILE as f64) * (1u64 << level) as f64;
        let (w, h) = self.size_at(level);
        let range = |from: f64, to: f64, texels: usize| {
            let last = texels.div_ceil(TILE).saturating_sub(1) as f64;
            let first = ((from + 0.5) / side).floor();
            let end = ((to + 0.5) / side).floor();
            if end < 0.0 || first > last || from.is_nan() || to.is_nan() {
                return 0..0;
            }
            first.max(0.0) as u32..end.min(last) as u32 + 1
        };
        let (xs, ys) = (range(view[0], view[2], w), range(view[1], view[3], h));
        let mut places: Vec<Place> = ys
            .flat_map(|y| xs.clone().map(move |x| Place { level, x, y }))
            .collect();
        let middle = [(view[0] + view[2]) / 2.0, (view[1] + view[3]) / 2.0];
        places.sort_by(|a, b| {
            let distance = |p: &Place| {
                let dx = (f64::from(p.x) + 0.5) * side - middle[0];
                let dy = (f64::from(p.y) + 0.5) * side - middle[1];
                dx * dx + dy * dy
            };
            distance(a).total_cmp(&distance(b))
        });
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_fit_the_zoom_and_tiles_the_view() {
        let grid = Grid {
            width: 10_000,
            height: 1_000,
        };
        assert_eq!(grid.top_level(), 6);
        assert_eq!(
            (grid.level_for(4.0), grid.level_for(1.0), grid.level_for(0.25)),
            (0, 0, 2)
        );
        assert_eq!(grid.level_for(1e-6), 6);
        let corner = Place {
            level: 0,
            x: 39,
            y: 3,
        };
        assert_eq!(grid.tile_size(corner), (16, 232));
        assert_eq!(grid.extent(corner), [9983.5, 767.5, 9999.5, 999.5]);
        let seen = grid.places(0, [1000.0, 500.0, 1600.0, 520.0]);
        assert_eq!(seen[0], Place { level: 0, x: 5, y: 1 });
        assert_eq!(seen.len(), 4 * 2);
        assert!(grid.places(0, [20_000.0, 0.0, 30_000.0, 10.0]).is_empty());
    }
}
