//! Where every pixel of the working grid lies: computed once for each grid side, shared by all
//! measurements.
//!
//! Coordinates have their origin at the grid's centre and their unit is **half the side**, so that
//! a radius of 1 touches the middle of each edge whatever the size of the cutout. All pixel sets
//! are unchanged by flips and quarter turns of the grid.

/// Number of annuli of the radial profile.
pub const PROFILE_BINS: usize = 8;

/// Coordinates and pixel sets of an `n` × `n` grid.
#[derive(Debug)]
pub struct Geometry {
    /// Side in pixels.
    pub n: usize,
    /// x of each pixel's centre, in half sides, −1 to 1.
    pub x: Vec<f64>,
    /// y of each pixel's centre, in half sides.
    pub y: Vec<f64>,
    /// Distance from the centre in half sides.
    pub r: Vec<f64>,
    /// cos θ and sin θ of the position angle, (0, 0) at the very centre.
    pub direction: Vec<(f64, f64)>,
    /// Annulus `floor(8 r)` of each pixel, [`PROFILE_BINS`] or more beyond the inscribed circle.
    pub annulus: Vec<usize>,
    /// Pixels of the frame, `max(1, n/16)` pixels wide, where the sky is measured.
    pub frame: Vec<usize>,
    /// Distinct distances from the centre, rising, with the pixels at each: pixels at one distance
    /// are never told apart, which makes growth curves independent of the orientation.
    pub rings: Vec<(f64, Vec<u32>)>,
}

impl Geometry {
    /// The geometry of an `n` × `n` grid, `n` ≥ 1.
    pub fn new(n: usize) -> Self {
        let half = n as f64 / 2.0;
        // Twice the offset from the centre is an integer: distances compare exactly.
        let doubled = |i: usize| 2 * i as i64 + 1 - n as i64;
        let (mut x, mut y, mut r) = (Vec::new(), Vec::new(), Vec::new());
        let (mut direction, mut annulus, mut frame) = (Vec::new(), Vec::new(), Vec::new());
        let mut by_distance = Vec::with_capacity(n * n);
        let width = (n / 16).max(1);
        for row in 0..n {
            for column in 0..n {
                let (dx, dy) = (doubled(column), doubled(row));
                let squared = dx * dx + dy * dy;
                let distance = (squared as f64).sqrt() / 2.0 / half;
                let length = (squared as f64).sqrt().max(1.0);
                let index = row * n + column;
                x.push(dx as f64 / 2.0 / half);
                y.push(dy as f64 / 2.0 / half);
                r.push(distance);
                direction.push((dx as f64 / length, dy as f64 / length));
                annulus.push((distance * PROFILE_BINS as f64) as usize);
                let to_edge = row.min(column).min(n - 1 - row).min(n - 1 - column);
                if to_edge < width {
                    frame.push(index);
                }
                by_distance.push((squared, distance, index as u32));
            }
        }
        by_distance.sort_unstable_by_key(|&(squared, _, index)| (squared, index));
        let mut rings: Vec<(f64, Vec<u32>)> = Vec::new();
        let mut last = None;
        for (squared, distance, index) in by_distance {
            if last != Some(squared) {
                rings.push((distance, Vec::new()));
                last = Some(squared);
            }
            if let Some((_, pixels)) = rings.last_mut() {
                pixels.push(index);
            }
        }
        Self {
            n,
            x,
            y,
            r,
            direction,
            annulus,
            frame,
            rings,
        }
    }

    /// Number of pixels.
    pub fn len(&self) -> usize {
        self.n * self.n
    }

    /// The pixel opposite to `index` through the centre.
    pub fn opposite(&self, index: usize) -> usize {
        self.len() - 1 - index
    }

    /// Where the pixel at `index` comes from when the grid is turned by a quarter.
    pub fn quarter_turn(&self, index: usize) -> usize {
        let (row, column) = (index / self.n, index % self.n);
        column * self.n + (self.n - 1 - row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_quarter_turns_are_none_and_two_are_the_opposite() {
        for n in [1, 4, 5] {
            let g = Geometry::new(n);
            for i in 0..g.len() {
                let two = g.quarter_turn(g.quarter_turn(i));
                assert_eq!(two, g.opposite(i));
                assert_eq!(g.quarter_turn(g.quarter_turn(two)), i);
            }
            assert_eq!(g.rings.iter().map(|r| r.1.len()).sum::<usize>(), n * n);
        }
    }
}
