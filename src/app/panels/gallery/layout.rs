//! Where the tiles of the gallery stand: as many columns as fit, rows below each other, only those in
//! view laid out. Plain numbers, in points.

use std::ops::Range;

/// Room between tiles, points.
pub const GAP: f32 = 4.0;

/// A grid of square tiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Side of a tile, points.
    pub side: f32,
    /// Tiles in a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Room before the first column, points.
    pub margin: f32,
}

impl Layout {
    /// `count` tiles of `side` points in `width` points.
    pub fn new(count: usize, side: f32, width: f32) -> Self {
        let columns = (((width + GAP) / (side + GAP)).floor() as usize).max(1);
        let used = columns as f32 * (side + GAP) - GAP;
        Self {
            side,
            columns,
            rows: count.div_ceil(columns),
            margin: ((width - used) / 2.0).max(0.0),
        }
    }

    /// From one row to the next, points.
    pub fn pitch(&self) -> f64 {
        f64::from(self.side + GAP)
    }

    /// Height of all rows, points.
    pub fn height(&self) -> f64 {
        (self.rows as f64 * self.pitch() - f64::from(GAP)).max(0.0)
    }

    /// Rows of which something shows between `top` and `top + height` points.
    pub fn rows_in(&self, top: f64, height: f64) -> Range<usize> {
        let first = (top.max(0.0) / self.pitch()).floor() as usize;
        let end = ((top + height).max(0.0) / self.pitch()).ceil() as usize;
        first.min(self.rows)..end.min(self.rows)
    }

    /// Left and top of a place, points from the left and from the top of everything.
    pub fn corner(&self, place: usize) -> (f32, f64) {
        let (row, column) = (place / self.columns, place % self.columns);
        let left = self.margin + column as f32 * (self.side + GAP);
        (left, row as f64 * self.pitch())
    }

    /// The least scrolling from `top` that shows a place whole in `height` points; `None` if it shows.
    pub fn reveal(&self, place: usize, top: f64, height: f64) -> Option<f64> {
        let (_, y) = self.corner(place);
        let bottom = y + f64::from(self.side);
        if y < top {
            Some(y)
        } else if bottom > top + height {
            Some((bottom - height).max(0.0).min(y))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_in_view_are_laid_out() {
        let grid = Layout::new(100_000, 96.0, 640.0);
        assert_eq!((grid.columns, grid.rows), (6, 16_667));
        assert_eq!(grid.rows_in(0.0, 500.0), 0..5);
        assert_eq!(grid.rows_in(950.0, 500.0), 9..15);
        assert_eq!(grid.rows_in(grid.height() - 10.0, 500.0), 16_666..16_667);
        let (left, top) = grid.corner(7);
        assert!((left - grid.margin - 100.0).abs() < 1e-3 && (top - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_place_out_of_view_is_brought_in_with_least_scrolling() {
        let grid = Layout::new(1000, 96.0, 640.0);
        assert_eq!(grid.reveal(0, 0.0, 500.0), None);
        assert_eq!(grid.reveal(0, 300.0, 500.0), Some(0.0));
        assert_eq!(grid.reveal(36, 0.0, 500.0), Some(196.0));
        assert_eq!(
            grid.reveal(36, 0.0, 50.0),
            Some(600.0),
            "a tile larger than the view shows its top"
        );
    }

    #[test]
    fn a_narrow_pane_has_one_column() {
        let grid = Layout::new(3, 256.0, 100.0);
        assert_eq!((grid.columns, grid.rows, grid.margin), (1, 3, 0.0));
        assert_eq!(Layout::new(0, 96.0, 640.0).height(), 0.0);
    }
}
