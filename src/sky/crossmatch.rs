//! Matching catalogues by position: for every row of one list the nearest of another within a
//! radius, on the sphere or in the plane of an image.
//!
//! A k-d tree over unit vectors (Bentley 1975) knows neither poles nor the seam at 0h, and any
//! radius costs the same. Rows that aren't finite match nothing.

use rayon::prelude::*;

use super::coords::{separation_arcsec, unit_vector};

/// Below this many points a branch is searched one by one.
const LEAF: usize = 8;
/// Above this many points both halves are built in parallel.
const PARALLEL: usize = 1 << 15;

/// For every position of `a` the nearest of `b` within `radius_arcsec` (inclusive), as its index
/// and the separation in arcseconds. Positions are (lon, lat) in degrees, any longitude; rows that
/// are not finite or lie beyond a pole match nothing. Of equally near ones the first is taken;
/// several rows of `a` may get the same row of `b`.
pub fn match_nearest(a: &[(f64, f64)], b: &[(f64, f64)], radius_arcsec: f64) -> Vec<Option<(usize, f64)>> {
    let vector = |&(lon, lat): &(f64, f64)| {
        if lon.is_finite() && lat.abs() <= 90.0 {
            unit_vector(lon, lat)
        } else {
            [f64::NAN; 3]
        }
    };
    if radius_arcsec.is_nan() || radius_arcsec < 0.0 {
        return vec![None; a.len()];
    }
    let half = (radius_arcsec / 3600.0).to_radians() * 0.5;
    // A little too wide: the exact separation decides below.
    let chord = if half < 1.5 {
        2.0 * half.sin() * (1.0 + 1e-9) + 1e-15
    } else {
        f64::INFINITY
    };
    let tree = Tree::new(b.par_iter().map(vector).collect());
    a.par_iter()
        .with_min_len(256)
        .map(|at| {
            let found = tree.nearest(&vector(at), chord * chord)?;
            let apart = separation_arcsec(*at, b[found]);
            (apart <= radius_arcsec).then_some((found, apart))
        })
        .collect()
}

/// For every place of `a` the nearest of `b` within `radius_px` (inclusive), as its index and the
/// distance in pixels. Places are (x, y); rows that are not finite match nothing. Of equally near
/// ones the first is taken.
pub fn match_pixels(a: &[(f64, f64)], b: &[(f64, f64)], radius_px: f64) -> Vec<Option<(usize, f64)>> {
    if radius_px.is_nan() || radius_px < 0.0 {
        return vec![None; a.len()];
    }
    let tree = Tree::new(b.iter().map(|p| [p.0, p.1]).collect());
    // A little too wide: the exact distance decides below.
    let reach = radius_px * (1.0 + 1e-12);
    a.par_iter()
        .with_min_len(256)
        .map(|at| {
            let found = tree.nearest(&[at.0, at.1], reach * reach)?;
            let apart = (at.0 - b[found].0).hypot(at.1 - b[found].1);
            (apart <= radius_px).then_some((found, apart))
        })
        .collect()
}

/// A balanced k-d tree laid out in place: the middle of every range is its splitting point.
struct Tree<const D: usize> {
    points: Vec<[f64; D]>,
    /// The list's index of every point.
    rows: Vec<usize>,
    /// The coordinate a range is split by, at its middle.
    axes: Vec<u8>,
}

impl<const D: usize> Tree<D> {
    fn new(list: Vec<[f64; D]>) -> Self {
        let mut entries: Vec<([f64; D], usize)> = list
            .into_iter()
            .enumerate()
            .filter(|(_, p)| p.iter().all(|c| c.is_finite()))
            .map(|(i, p)| (p, i))
            .collect();
        let mut axes = vec![0; entries.len()];
        arrange(&mut entries, &mut axes);
        let (points, rows) = entries.into_iter().unzip();
        Self { points, rows, axes }
    }

    /// The row nearest to `at` with a squared distance of at most `limit`.
    fn nearest(&self, at: &[f64; D], limit: f64) -> Option<usize> {
        if at.iter().any(|c| !c.is_finite()) {
            return None;
        }
        let mut best = (limit, usize::MAX);
        self.search(0, self.points.len(), at, &mut best);
        (best.1 != usize::MAX).then_some(best.1)
    }

    fn search(&self, low: usize, high: usize, at: &[f64; D], best: &mut (f64, usize)) {
        if high - low <= LEAF {
            for i in low..high {
                self.consider(i, at, best);
            }
            return;
        }
        let middle = low + (high - low) / 2;
        let axis = usize::from(self.axes[middle]);
        let offset = at[axis] - self.points[middle][axis];
        let (near, far) = if offset < 0.0 {
            ((low, middle), (middle + 1, high))
        } else {
            ((middle + 1, high), (low, middle))
        };
        self.search(near.0, near.1, at, best);
        self.consider(middle, at, best);
        if offset * offset <= best.0 {
            self.search(far.0, far.1, at, best);
        }
    }

    #[inline]
    fn consider(&self, i: usize, at: &[f64; D], best: &mut (f64, usize)) {
        let squared: f64 = self.points[i]
            .iter()
            .zip(at)
            .map(|(p, q)| (p - q) * (p - q))
            .sum();
        if squared < best.0 || (squared == best.0 && self.rows[i] < best.1) {
            *best = (squared, self.rows[i]);
        }
    }
}

/// Sorts a range into tree order: split by its widest coordinate at the median, then each half.
fn arrange<const D: usize>(entries: &mut [([f64; D], usize)], axes: &mut [u8]) {
    if entries.len() <= LEAF {
        return;
    }
    let mut low = entries[0].0;
    let mut high = low;
    for (p, _) in entries.iter() {
        for d in 0..D {
            low[d] = low[d].min(p[d]);
            high[d] = high[d].max(p[d]);
        }
    }
    let mut axis = 0;
    for d in 1..D {
        if high[d] - low[d] > high[axis] - low[axis] {
            axis = d;
        }
    }
    let middle = entries.len() / 2;
    entries.select_nth_unstable_by(middle, |a, b| a.0[axis].total_cmp(&b.0[axis]));
    axes[middle] = axis as u8;
    let (first, rest) = entries.split_at_mut(middle);
    let (first_axes, rest_axes) = axes.split_at_mut(middle);
    let (second, second_axes) = (&mut rest[1..], &mut rest_axes[1..]);
    if first.len() > PARALLEL {
        rayon::join(|| arrange(first, first_axes), || arrange(second, second_axes));
    } else {
        arrange(first, first_axes);
        arrange(second, second_axes);
    }
}
