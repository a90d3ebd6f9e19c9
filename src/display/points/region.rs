//! What a hand draws around points: a box or a closed line.

use super::window::Window;

/// A part of the plane.
#[derive(Debug, Clone, PartialEq)]
pub enum Region {
    /// A rectangle.
    Box(Window),
    /// Inside a line that is closed from its last point to its first.
    Lasso(Vec<[f64; 2]>),
}

impl Region {
    /// The rectangle around it.
    pub fn bounds(&self) -> Window {
        match self {
            Self::Box(window) => *window,
            Self::Lasso(line) => {
                let mut w = Window {
                    x: [f64::INFINITY, f64::NEG_INFINITY],
                    y: [f64::INFINITY, f64::NEG_INFINITY],
                };
                for &[x, y] in line {
                    w.x = [w.x[0].min(x), w.x[1].max(x)];
                    w.y = [w.y[0].min(y), w.y[1].max(y)];
                }
                w
            }
        }
    }

    /// Whether a point is inside, by the even-odd rule.
    pub fn has(&self, at: [f64; 2]) -> bool {
        match self {
            Self::Box(window) => window.has(at),
            Self::Lasso(line) => {
                let mut inside = false;
                let mut last = line.len().saturating_sub(1);
                for (i, &[x, y]) in line.iter().enumerate() {
                    let [lx, ly] = line[last];
                    if (y > at[1]) != (ly > at[1]) && at[0] < (lx - x) * (at[1] - y) / (ly - y) + x {
                        inside = !inside;
                    }
                    last = i;
                }
                inside
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bent_line_leaves_its_bay_outside() {
        // A U.
        let u = Region::Lasso(vec![
            [0.0, 0.0],
            [3.0, 0.0],
            [3.0, 3.0],
            [2.0, 3.0],
            [2.0, 1.0],
            [1.0, 1.0],
            [1.0, 3.0],
            [0.0, 3.0],
        ]);
        assert!(u.has([0.5, 2.0]) && u.has([2.5, 2.0]) && u.has([1.5, 0.5]));
        assert!(!u.has([1.5, 2.0]) && !u.has([4.0, 1.0]));
        assert_eq!(u.bounds(), Window::from_corners([0.0, 0.0], [3.0, 3.0]));
        assert!(!Region::Lasso(Vec::new()).has([0.0, 0.0]));
    }
}
