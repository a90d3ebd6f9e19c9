//! The part of a plane that is looked at.

use serde::{Deserialize, Serialize};

/// A rectangle in the units of two columns; `x` to the right, `y` upwards.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Left and right edge.
    pub x: [f64; 2],
    /// Lower and upper edge.
    pub y: [f64; 2],
}

impl Window {
    /// The rectangle with these two opposite corners.
    pub fn from_corners(a: [f64; 2], b: [f64; 2]) -> Self {
        Self {
            x: [a[0].min(b[0]), a[0].max(b[0])],
            y: [a[1].min(b[1]), a[1].max(b[1])],
        }
    }

    /// Whether a point is in it.
    pub fn has(&self, [x, y]: [f64; 2]) -> bool {
        x >= self.x[0] && x <= self.x[1] && y >= self.y[0] && y <= self.y[1]
    }

    /// Width.
    pub fn width(&self) -> f64 {
        self.x[1] - self.x[0]
    }

    /// Height.
    pub fn height(&self) -> f64 {
        self.y[1] - self.y[0]
    }

    /// Whether something can be drawn in it: finite, and wider and higher than rounding.
    pub fn is_sound(&self) -> bool {
        let sound = |[low, high]: [f64; 2]| {
            low.is_finite() && high.is_finite() && high - low > 1e-12 * low.abs().max(high.abs()).max(1e-280)
        };
        sound(self.x) && sound(self.y)
    }

    /// A little larger on each side, by this part of the size; a line or a point becomes a rectangle.
    pub fn with_margin(&self, part: f64) -> Self {
        let wider = |[low, high]: [f64; 2]| {
            let size = high - low;
            let by = if size > 0.0 {
                size * part
            } else {
                (low.abs() * 0.05).max(0.5)
            };
            [low - by, high + by]
        };
        Self {
            x: wider(self.x),
            y: wider(self.y),
        }
    }

    /// Moved by parts of its size.
    pub fn moved(&self, right: f64, up: f64) -> Self {
        let (dx, dy) = (right * self.width(), up * self.height());
        Self {
            x: self.x.map(|v| v + dx),
            y: self.y.map(|v| v + dy),
        }
    }

    /// Enlarged `by` about a point that stays where it is: more than 1 goes closer.
    pub fn zoomed(&self, by: f64, [x, y]: [f64; 2]) -> Self {
        Self {
            x: self.x.map(|v| x + (v - x) / by),
            y: self.y.map(|v| y + (v - y) / by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_place_under_the_cursor() {
        let w = Window::from_corners([2.0, 0.0], [0.0, 4.0]);
        let z = w.zoomed(2.0, [0.5, 1.0]);
        assert_eq!((z.width(), z.height()), (1.0, 2.0));
        let part = |w: &Window| (0.5 - w.x[0]) / w.width();
        assert!((part(&w) - part(&z)).abs() < 1e-12);
        assert!(w.is_sound() && !Window::from_corners([1.0, 1.0], [1.0, 2.0]).is_sound());
        assert!(
            Window::from_corners([1.0, 1.0], [1.0, 1.0])
                .with_margin(0.1)
                .is_sound(),
            "one object can be looked at too"
        );
    }
}
