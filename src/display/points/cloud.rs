//! Points in the cells of a grid, so that those near a place or in a rectangle are found without asking all.

use super::region::Region;
use super::window::Window;
use std::sync::atomic::{AtomicU64, Ordering};

/// Cells that a point has for itself, on average.
const POINTS_PER_CELL: usize = 8;
/// Most cells along a side.
const MOST_ACROSS: usize = 1024;
/// Most points that one look for the nearest compares: what a frame can afford.
const MOST_COMPARED: usize = 20_000;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Objects at their places in a plane; those without a finite place are left out.
pub struct Cloud {
    /// Different for every cloud; what is made from one remembers it.
    pub id: u64,
    /// All there is.
    bounds: Window,
    /// What the grid covers; the few points beyond it are in its outermost cells.
    grid: Window,
    across: usize,
    /// Where each cell begins in `at` and `object`.
    starts: Vec<u32>,
    at: Vec<[f64; 2]>,
    object: Vec<u32>,
    /// Where each object is in `at`, `u32::MAX` if nowhere.
    place: Vec<u32>,
}

impl Cloud {
    /// Sorts objects into a grid by two columns. `None` if no object has a finite place.
    pub fn new(xs: &[f64], ys: &[f64]) -> Option<Self> {
        let finite: Vec<u32> = (0..xs.len().min(ys.len()) as u32)
            .filter(|&i| xs[i as usize].is_finite() && ys[i as usize].is_finite())
            .collect();
        if finite.is_empty() {
            return None;
        }
        let range = |v: &[f64]| {
            finite
                .iter()
                .fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], &i| {
                    [l.min(v[i as usize]), h.max(v[i as usize])]
                })
        };
        let bounds = Window {
            x: range(xs),
            y: range(ys),
        };
        // Some wild values must not leave all others in one cell.
        let most = |v: &[f64], all: [f64; 2]| {
            super::ink::percentiles(v, 0.5, 99.5).map_or(all, |(l, h)| if h > l { [l, h] } else { all })
        };
        let grid = Window {
            x: most(xs, bounds.x),
            y: most(ys, bounds.y),
        }
        .with_margin(0.05);
        let across = ((finite.len() / POINTS_PER_CELL) as f64)
            .sqrt()
            .ceil()
            .clamp(1.0, MOST_ACROSS as f64) as usize;
        let mut made = Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            bounds,
            grid,
            across,
            starts: vec![0; across * across + 1],
            at: vec![[0.0; 2]; finite.len()],
            object: vec![0; finite.len()],
            place: vec![u32::MAX; xs.len().min(ys.len())],
        };
        let cells: Vec<u32> = finite
            .iter()
            .map(|&i| {
                let (cx, cy) = made.cell([xs[i as usize], ys[i as usize]]);
                (cy * across + cx) as u32
            })
            .collect();
        for &cell in &cells {
            made.starts[cell as usize + 1] += 1;
        }
        for i in 0..across * across {
            made.starts[i + 1] += made.starts[i];
        }
        let mut next = made.starts.clone();
        for (&i, &cell) in finite.iter().zip(&cells) {
            let slot = &mut next[cell as usize];
            made.at[*slot as usize] = [xs[i as usize], ys[i as usize]];
            made.object[*slot as usize] = i;
            made.place[i as usize] = *slot;
            *slot += 1;
        }
        Some(made)
    }

    /// These objects alone.
    pub fn only(&self, objects: &[u32]) -> Self {
        let (mut xs, mut ys) = (vec![f64::NAN; self.place.len()], vec![f64::NAN; self.place.len()]);
        for &object in objects {
            if let Some([x, y]) = self.place_of(object) {
                (xs[object as usize], ys[object as usize]) = (x, y);
            }
        }
        Self::new(&xs, &ys).unwrap_or_else(|| Self::nothing(self.bounds))
    }

    fn nothing(bounds: Window) -> Self {
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            bounds,
            grid: bounds.with_margin(0.05),
            across: 1,
            starts: vec![0; 2],
            at: Vec::new(),
            object: Vec::new(),
            place: Vec::new(),
        }
    }

    /// Number of objects with a place.
    pub fn count(&self) -> usize {
        self.object.len()
    }

    /// Where an object is.
    pub fn place_of(&self, object: u32) -> Option<[f64; 2]> {
        self.at.get(*self.place.get(object as usize)? as usize).copied()
    }

    /// What to look at first: everything, or nearly everything where some values are wild.
    pub fn fit(&self) -> Window {
        let side = |all: [f64; 2], most: [f64; 2]| {
            if all[1] - all[0] > 8.0 * (most[1] - most[0]) {
                most
            } else {
                all
            }
        };
        Window {
            x: side(self.bounds.x, self.grid.x),
            y: side(self.bounds.y, self.grid.y),
        }
        .with_margin(0.04)
    }

    /// Calls `f` with every object in a rectangle and its place.
    pub fn visit(&self, window: &Window, mut f: impl FnMut(u32, [f64; 2])) {
        self.visit_while(window, |object, at| {
            f(object, at);
            true
        });
    }

    fn visit_while(&self, window: &Window, mut f: impl FnMut(u32, [f64; 2]) -> bool) {
        let (x0, y0) = self.cell([window.x[0], window.y[0]]);
        let (x1, y1) = self.cell([window.x[1], window.y[1]]);
        for cy in y0..=y1 {
            let row = cy * self.across;
            // Cells of a row stand side by side.
            let range = self.starts[row + x0] as usize..self.starts[row + x1 + 1] as usize;
            for i in range {
                if window.has(self.at[i]) && !f(self.object[i], self.at[i]) {
                    return;
                }
            }
        }
    }

    /// The object nearest to a place of those that `accept` takes, no farther than `reach` along each
    /// axis, which also says how the axes compare.
    pub fn nearest(&self, at: [f64; 2], reach: [f64; 2], accept: impl Fn(u32) -> bool) -> Option<u32> {
        let window = Window {
            x: [at[0] - reach[0], at[0] + reach[0]],
            y: [at[1] - reach[1], at[1] + reach[1]],
        };
        let mut best: Option<(f64, u32)> = None;
        let mut compared = 0;
        self.visit_while(&window, |object, [x, y]| {
            let (dx, dy) = ((x - at[0]) / reach[0], (y - at[1]) / reach[1]);
            let d = dx * dx + dy * dy;
            if d <= 1.0 && best.is_none_or(|(b, _)| d < b) && accept(object) {
                best = Some((d, object));
            }
            compared += 1;
            compared < MOST_COMPARED
        });
        best.map(|(_, object)| object)
    }

    /// The objects in a region, ascending.
    pub fn inside(&self, region: &Region, accept: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut found = Vec::new();
        self.visit(&region.bounds(), |object, at| {
            if region.has(at) && accept(object) {
                found.push(object);
            }
        });
        found.sort_unstable();
        found
    }

    fn cell(&self, [x, y]: [f64; 2]) -> (usize, usize) {
        let place = |v: f64, [low, high]: [f64; 2]| {
            let part = (v - low) / (high - low) * self.across as f64;
            // `as` makes negative and not-a-number 0.
            (part as usize).min(self.across - 1)
        };
        (place(x, self.grid.x), place(y, self.grid.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in 0–1 that are the same in every run.
    fn scattered(n: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                (state >> 11) as f64 / (1u64 << 53) as f64
            })
            .collect()
    }

    #[test]
    fn the_grid_finds_what_asking_all_finds() {
        let (mut xs, mut ys) = (scattered(5000, 1), scattered(5000, 2));
        (xs[7], ys[9]) = (f64::NAN, f64::INFINITY);
        (xs[11], ys[11]) = (1e6, -1e6);
        let cloud = Cloud::new(&xs, &ys).expect("points");
        assert_eq!(cloud.count(), 4998);
        let window = Window::from_corners([0.2, 0.3], [0.35, 0.5]);
        let found = cloud.inside(&Region::Box(window), |_| true);
        let asked: Vec<u32> = (0..5000u32)
            .filter(|&i| window.has([xs[i as usize], ys[i as usize]]))
            .collect();
        assert_eq!(found, asked);
        let at = [0.61, 0.44];
        let distance = |i: u32| (xs[i as usize] - at[0]).hypot(ys[i as usize] - at[1]);
        let all = (0..5000u32).filter(|&i| cloud.place_of(i).is_some() && i % 2 == 0);
        let nearest = all.min_by(|&a, &b| distance(a).total_cmp(&distance(b)));
        assert_eq!(cloud.nearest(at, [0.2, 0.2], |i| i % 2 == 0), nearest);
        let everything = Window::from_corners([-2e6, -2e6], [2e6, 2e6]);
        assert_eq!(
            cloud.inside(&Region::Box(everything), |_| true).len(),
            4998,
            "wild points too"
        );
        assert!(cloud.fit().width() < 2.0, "one wild point doesn't hide the rest");
        assert!(Cloud::new(&[f64::NAN], &[1.0]).is_none());
    }

    #[test]
    fn equal_points_have_a_place() {
        let cloud = Cloud::new(&[3.0; 100], &[1.0; 100]).expect("points");
        assert!(cloud.fit().is_sound());
        assert_eq!(cloud.nearest([3.0, 1.0], [0.1, 0.1], |i| i == 42), Some(42));
    }
}
