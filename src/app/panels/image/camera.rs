//! Which part of the image is on the screen. North of the file is up: y grows upwards.

use crate::display::pyramid::Grid;
use egui::{Pos2, Rect, Vec2, pos2};
use serde::{Deserialize, Serialize};

/// Largest zoom, points a pixel.
const CLOSEST: f64 = 128.0;

/// Where one looks, and how closely.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// The pixel in the middle, zero-based.
    pub centre: [f64; 2],
    /// Screen points a pixel.
    pub zoom: f64,
    /// Whether the whole image is kept in view as the pane changes.
    pub fits: bool,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            centre: [0.0; 2],
            zoom: 1.0,
            fits: true,
        }
    }
}

impl Camera {
    /// Shows the whole image.
    pub fn fit(&mut self, rect: Rect, grid: Grid) {
        let (w, h) = (grid.width.max(1) as f64, grid.height.max(1) as f64);
        self.centre = [(w - 1.0) / 2.0, (h - 1.0) / 2.0];
        self.zoom = (f64::from(rect.width()) / w)
            .min(f64::from(rect.height()) / h)
            .clamp(1e-4, CLOSEST);
        self.fits = true;
    }

    /// Where a pixel is on the screen.
    pub fn screen(&self, rect: Rect, x: f64, y: f64) -> Pos2 {
        let middle = rect.center();
        pos2(
            middle.x + ((x - self.centre[0]) * self.zoom) as f32,
            middle.y - ((y - self.centre[1]) * self.zoom) as f32,
        )
    }

    /// The pixel at a place on the screen.
    pub fn pixel(&self, rect: Rect, at: Pos2) -> [f64; 2] {
        let from_middle = at - rect.center();
        [
            self.centre[0] + f64::from(from_middle.x) / self.zoom,
            self.centre[1] - f64::from(from_middle.y) / self.zoom,
        ]
    }

    /// What is in view: left, bottom, right, top in pixels.
    pub fn view(&self, rect: Rect) -> [f64; 4] {
        let [left, bottom] = self.pixel(rect, rect.left_bottom());
        let [right, top] = self.pixel(rect, rect.right_top());
        [left, bottom, right, top]
    }

    /// Where a part of the image is on the screen.
    pub fn screen_rect(&self, rect: Rect, [left, bottom, right, top]: [f64; 4]) -> Rect {
        Rect::from_two_pos(self.screen(rect, left, bottom), self.screen(rect, right, top))
    }

    /// Zooms by a factor about a place on the screen, which stays where it is.
    pub fn zoom_about(&mut self, rect: Rect, at: Pos2, factor: f64, grid: Grid) {
        let before = self.pixel(rect, at);
        let farthest = 16.0 / grid.width.max(grid.height).max(16) as f64;
        self.zoom = (self.zoom * factor).clamp(farthest, CLOSEST);
        let after = self.pixel(rect, at);
        self.fits = false;
        self.go(
            [
                self.centre[0] + before[0] - after[0],
                self.centre[1] + before[1] - after[1],
            ],
            grid,
        );
    }

    /// Moves with the hand, in screen points.
    pub fn pan(&mut self, by: Vec2, grid: Grid) {
        self.fits = false;
        self.go(
            [
                self.centre[0] - f64::from(by.x) / self.zoom,
                self.centre[1] + f64::from(by.y) / self.zoom,
            ],
            grid,
        );
    }

    /// Puts a pixel in the middle; the middle never leaves the image.
    pub fn go(&mut self, [x, y]: [f64; 2], grid: Grid) {
        self.centre = [
            x.clamp(0.0, grid.width.max(1) as f64 - 1.0),
            y.clamp(0.0, grid.height.max(1) as f64 - 1.0),
        ];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pixel_under_the_cursor_stays_there() {
        let grid = Grid {
            width: 1000,
            height: 500,
        };
        let rect = Rect::from_min_size(pos2(10.0, 20.0), egui::vec2(400.0, 400.0));
        let mut camera = Camera::default();
        camera.fit(rect, grid);
        assert_eq!((camera.zoom, camera.centre), (0.4, [499.5, 249.5]));
        assert!(
            camera.screen(rect, 0.0, 499.0).y < camera.screen(rect, 0.0, 0.0).y,
            "y is up"
        );
        let at = pos2(150.0, 200.0);
        let before = camera.pixel(rect, at);
        camera.zoom_about(rect, at, 3.0, grid);
        let after = camera.pixel(rect, at);
        assert!((before[0] - after[0]).abs() < 1e-6 && (before[1] - after[1]).abs() < 1e-6);
        let [x, y] = camera.pixel(rect, camera.screen(rect, 321.0, 123.0));
        assert!((x - 321.0).abs() < 1e-3 && (y - 123.0).abs() < 1e-3);
        camera.pan(egui::vec2(1e9, 0.0), grid);
        assert_eq!(camera.centre[0], 0.0);
    }
}
