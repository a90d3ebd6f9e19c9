//! Dropping detections that are only bumps in a brighter neighbour's wings.
//!
//! Each object's wings are modelled as a Moffat profile with its moments and flux; an object whose
//! faintest pixels that make it a detection lie below a brighter neighbour's wings at its place is
//! dropped (SExtractor's `CLEAN`; Bertin & Arnouts 1996, A&AS 117, 393, §5). Which of a pair would
//! go is worked out for all near pairs at once; then they are applied in catalogue order, because
//! what is gone drops nothing.

use super::measure::Moments;
use rayon::prelude::*;
use std::collections::HashMap;
use std::f64::consts::PI;

/// Pairs are looked at up to this many times the sum of their semi-major axes.
const ZONE: f64 = 10.0;

/// What cleaning knows of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wings {
    pub(super) x: f64,
    pub(super) y: f64,
    a: f32,
    cxx: f64,
    cyy: f64,
    cxy: f64,
    smooth_flux: f32,
    /// Height and inverse area of the Moffat profile.
    amplitude: f64,
    alpha: f64,
    /// How far its `min_area_px`-th brightest pixel is above the threshold, image units.
    faintest_needed: f32,
}

impl Wings {
    /// The wings of an object of `npix` pixels above `threshold`.
    pub(super) fn new(m: &Moments, npix: usize, threshold: f32, faintest_needed: f32, slope: f64) -> Self {
        let unit_area = PI * m.a * m.b;
        let amplitude = f64::from(m.smooth_flux) / (2.0 * unit_area * m.area_correction);
        let alpha = ((amplitude / f64::from(threshold)).powf(1.0 / slope) - 1.0) * unit_area / npix as f64;
        Self {
            x: m.x,
            y: m.y,
            a: m.a as f32,
            cxx: m.cxx,
            cyy: m.cyy,
            cxy: m.cxy,
            smooth_flux: m.smooth_flux,
            amplitude,
            alpha,
            faintest_needed,
        }
    }

    /// Whether these wings explain `other`.
    fn explain(&self, other: &Self, slope: f64) -> bool {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        let distance = self.cxx * dx * dx + self.cyy * dy * dy + self.cxy * dx * dy;
        let base = 1.0 + self.alpha * distance;
        if base <= 1.0 || base.is_nan() {
            return false;
        }
        let height = if base < 1e10 {
            self.amplitude * base.powf(-slope)
        } else {
            0.0
        };
        height as f32 > other.faintest_needed
    }

    fn near(&self, other: &Self) -> bool {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        let reach = ZONE * f64::from(self.a + other.a);
        dx * dx + dy * dy <= reach * reach
    }
}

/// Which objects stay.
pub(super) fn survivors(objects: &[Wings], slope: f64) -> Vec<bool> {
    let grids = Grids::new(objects);
    // For each object the later ones it is in a relation with, and whether it is the one that stays.
    let relations: Vec<Vec<(u32, bool)>> = objects
        .par_iter()
        .enumerate()
        .map(|(i, object)| {
            let mut found = Vec::new();
            grids.for_each_near(object, |j| {
                if j as usize <= i {
                    return;
                }
                let other = &objects[j as usize];
                if !object.near(other) {
                    return;
                }
                if other.smooth_flux < object.smooth_flux {
                    if object.explain(other, slope) {
                        found.push((j, true));
                    }
                } else if other.explain(object, slope) {
                    found.push((j, false));
                }
            });
            found
        })
        .collect();
    let mut stays = vec![true; objects.len()];
    for (i, of) in relations.iter().enumerate() {
        if !stays[i] {
            continue;
        }
        let mut survives = true;
        for &(j, keeps) in of {
            if stays[j as usize] {
                if keeps {
                    stays[j as usize] = false;
                } else {
                    survives = false;
                }
            }
        }
        stays[i] = survives;
    }
    stays
}

/// By how much about the `min_area`-th brightest of an object's `count` pixels exceeds its
/// threshold, from the `excess` of each in reading order; 0 for objects with fewer pixels.
///
/// "About", because this follows SExtractor's and SEP's running selection to the letter: the pixel
/// after the first `min_area` is passed over, and their heap is put back in order along one path
/// that skips a level (SEP scans an object's pixels in a slightly different order, which leaves a few
/// faint sources in a hundred judged otherwise). A true selection drops up to a tenth more or other faint sources than they
/// do; catalogues that can be compared with theirs were judged worth more.
pub(super) fn faintest_needed(excess: impl Iterator<Item = f32>, count: usize, min_area: usize) -> f32 {
    if count < min_area || min_area == 0 {
        return 0.0;
    }
    let mut excess = excess;
    let mut kept: Vec<f32> = excess.by_ref().take(min_area).collect();
    if excess.next().is_some() {
        kept.sort_unstable_by(f32::total_cmp);
    }
    for value in excess {
        if value <= kept[0] {
            continue;
        }
        kept[0] = value;
        let mut parent = 0;
        while let Some(left) = Some(2 * parent + 1).filter(|l| *l < min_area) {
            let right = left + 1;
            let child = if right < min_area && kept[left] > kept[right] {
                right
            } else {
                left
            };
            if kept[parent] <= kept[child] {
                break;
            }
            kept.swap(parent, child);
            parent = child + 1;
        }
    }
    kept.first().copied().unwrap_or(0.0)
}

/// Objects by place, one grid for each size class, so that one large galaxy doesn't make every
/// search wide.
struct Grids(Vec<Grid>);

struct Grid {
    cell: f64,
    largest_a: f64,
    cells: HashMap<(i64, i64), Vec<u32>>,
}

impl Grids {
    fn new(objects: &[Wings]) -> Self {
        let mut by_class: HashMap<i32, Vec<u32>> = HashMap::new();
        for (i, o) in objects.iter().enumerate() {
            if o.x.is_finite() && o.y.is_finite() && o.a.is_finite() {
                let class = f64::from(o.a).max(0.5).log2().floor() as i32;
                by_class.entry(class).or_default().push(i as u32);
            }
        }
        Self(
            by_class
                .into_iter()
                .map(|(class, members)| {
                    let largest_a = f64::from(class + 1).exp2();
                    let mut grid = Grid {
                        cell: ZONE * largest_a,
                        largest_a,
                        cells: HashMap::new(),
                    };
                    for i in members {
                        let o = &objects[i as usize];
                        grid.cells.entry(grid.cell_of(o.x, o.y)).or_default().push(i);
                    }
                    grid
                })
                .collect(),
        )
    }

    /// Calls `visit` with every object that may be near, and some that aren't.
    fn for_each_near(&self, object: &Wings, mut visit: impl FnMut(u32)) {
        if !(object.x.is_finite() && object.y.is_finite() && object.a.is_finite()) {
            return;
        }
        for grid in &self.0 {
            let reach = ZONE * (f64::from(object.a) + grid.largest_a);
            let (x0, y0) = grid.cell_of(object.x - reach, object.y - reach);
            let (x1, y1) = grid.cell_of(object.x + reach, object.y + reach);
            let cells = (x1 - x0 + 1).saturating_mul(y1 - y0 + 1);
            if cells > grid.cells.len() as i64 {
                grid.cells.values().flatten().for_each(|&i| visit(i));
                continue;
            }
            for y in y0..=y1 {
                for x in x0..=x1 {
                    if let Some(members) = grid.cells.get(&(x, y)) {
                        members.iter().for_each(|&i| visit(i));
                    }
                }
            }
        }
    }
}

impl Grid {
    fn cell_of(&self, x: f64, y: f64) -> (i64, i64) {
        ((x / self.cell).floor() as i64, (y / self.cell).floor() as i64)
    }
}
