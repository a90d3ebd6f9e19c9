//! Splitting blended objects: the branches of a tree of thresholds.
//!
//! An object is cut at thresholds spaced evenly in logarithm between its own threshold and its
//! peak. At each, the pixels above it fall into connected branches; where two or more branches of a
//! stem each hold more than a given part of the whole flux, they are objects of their own
//! (Bertin & Arnouts 1996, A&AS 117, 393, §4). The pixels around the branches then go to one of
//! them at random, with the odds that each one's profile gives ([`super::gather`]).
//!
//! The tree is built from the peaks down in one pass, joining pixels as the threshold sinks, which
//! takes time in proportion to the object's pixels instead of one search per threshold.

use super::segment::{Member, find};
use super::settings::DetectSettings;

/// Fewest pixels of a branch.
const MIN_BRANCH_PX: u32 = 3;
const NONE: u32 = u32::MAX;

/// What became of an object.
pub(super) enum Split {
    /// It is one object.
    Whole,
    /// It has more branches at one threshold than allowed and stays whole.
    Overflow,
    /// It has these cores.
    Cores(Vec<Core>),
}

/// The pixels of a branch above the threshold at which it parts.
pub(super) struct Core {
    pub(super) threshold: f32,
    /// Numbers of its pixels in the object's list.
    pub(super) members: Vec<u32>,
}

/// A connected set of pixels above one threshold.
struct Branch {
    level: u32,
    /// One of its pixels.
    pixel: u32,
    count: u32,
    flux: f32,
    /// Its last pixel in reading order.
    last: u32,
    stem: u32,
}

/// Numbers of an object's pixels by place, over its bounding box with a border of one.
struct Grid {
    left: u32,
    bottom: u32,
    width: usize,
    numbers: Vec<u32>,
}

impl Grid {
    fn new(members: &[Member]) -> Self {
        let (mut left, mut right, mut bottom, mut top) = (u32::MAX, 0, u32::MAX, 0);
        for m in members {
            left = left.min(m.x);
            right = right.max(m.x);
            bottom = bottom.min(m.y);
            top = top.max(m.y);
        }
        let width = (right - left) as usize + 3;
        let mut grid = Self {
            left,
            bottom,
            width,
            numbers: vec![NONE; width * ((top - bottom) as usize + 3)],
        };
        for (i, m) in members.iter().enumerate() {
            let at = grid.at(m);
            grid.numbers[at] = i as u32;
        }
        grid
    }

    fn at(&self, m: &Member) -> usize {
        ((m.y - self.bottom) as usize + 1) * self.width + (m.x - self.left) as usize + 1
    }

    /// The numbers of the eight neighbours, [`NONE`] where there is none.
    fn neighbours(&self, m: &Member) -> [u32; 8] {
        let (at, w) = (self.at(m), self.width);
        [
            at - w - 1,
            at - w,
            at - w + 1,
            at - 1,
            at + 1,
            at + w - 1,
            at + w,
            at + w + 1,
        ]
        .map(|i| self.numbers[i])
    }
}

/// Splits an object with the given threshold, smoothed peak and smoothed flux; `members` are in
/// reading order.
pub(super) fn split(
    members: &[Member],
    threshold: f32,
    peak: f32,
    flux: f32,
    settings: &DetectSettings,
) -> Split {
    let levels = settings.deblend_levels;
    let fits = threshold > 0.0 && peak > threshold && peak.is_finite() && flux.is_finite();
    if levels < 2 || !fits || settings.deblend_contrast >= 1.0 {
        return Split::Whole;
    }
    let thresholds: Vec<f32> = (0..levels)
        .map(|k| {
            let low = f64::from(threshold);
            (low * (f64::from(peak) / low).powf(k as f64 / levels as f64)) as f32
        })
        .collect();
    // How many of the thresholds above the first a pixel passes.
    let level_of = |m: &Member| thresholds[1..].partition_point(|t| m.smooth > *t) as u32;
    let pixel_levels: Vec<u32> = members.iter().map(level_of).collect();
    let smallest = MIN_BRANCH_PX.min(settings.min_area_px.min(u32::MAX as usize) as u32);
    if pixel_levels.iter().filter(|l| **l > 0).count() < 2 * smallest as usize {
        return Split::Whole;
    }
    let grid = Grid::new(members);
    let Some((mut branches, forked)) = grow(
        members,
        &pixel_levels,
        &grid,
        levels,
        smallest,
        settings.deblend_max_branches,
    ) else {
        return Split::Overflow;
    };
    if !forked {
        return Split::Whole;
    }
    branches.push(Branch {
        level: 0,
        pixel: 0,
        count: members.len() as u32,
        flux,
        last: 0,
        stem: NONE,
    });
    let least = f64::from(flux) * settings.deblend_contrast;
    let cores = prune(&mut branches, &thresholds, least);
    if cores.is_empty() {
        return Split::Whole;
    }
    let mut seen = vec![false; members.len()];
    Split::Cores(
        cores
            .into_iter()
            .map(|b| {
                let branch = &branches[b as usize];
                Core {
                    threshold: thresholds[branch.level as usize],
                    members: flood(members, &pixel_levels, &grid, branch, &mut seen),
                }
            })
            .collect(),
    )
}

/// Lowers the threshold from the peak, joining pixels into branches; gives all branches at all
/// levels but the root, and whether there was ever more than one at a level. `None` when a level
/// has `most` or more.
fn grow(
    members: &[Member],
    pixel_levels: &[u32],
    grid: &Grid,
    levels: usize,
    smallest: u32,
    most: usize,
) -> Option<(Vec<Branch>, bool)> {
    let mut starts = vec![0_usize; levels + 1];
    for &l in pixel_levels {
        starts[l as usize + 1] += 1;
    }
    for l in 0..levels {
        starts[l + 1] += starts[l];
    }
    let mut next = starts.clone();
    let mut by_level = vec![0_u32; members.len()];
    for (i, &l) in pixel_levels.iter().enumerate() {
        by_level[next[l as usize]] = i as u32;
        next[l as usize] += 1;
    }
    let mut parent = vec![NONE; members.len()];
    let mut count = vec![1_u32; members.len()];
    let mut flux: Vec<f64> = members.iter().map(|m| f64::from(m.smooth)).collect();
    let mut last: Vec<u32> = (0..members.len() as u32).collect();
    let mut branch_of = vec![NONE; members.len()];
    let mut alive: Vec<u32> = Vec::new();
    let mut branches: Vec<Branch> = Vec::new();
    let (mut forked, mut above) = (false, 0..0);
    for level in (1..levels).rev() {
        for &p in &by_level[starts[level]..starts[level + 1]] {
            parent[p as usize] = p;
            alive.push(p);
            let mut root = p;
            for n in grid.neighbours(&members[p as usize]) {
                if n == NONE || parent[n as usize] == NONE {
                    continue;
                }
                let other = find(&mut parent, n);
                if other == root {
                    continue;
                }
                let (keep, gone) = if count[other as usize] > count[root as usize] {
                    (other as usize, root as usize)
                } else {
                    (root as usize, other as usize)
                };
                parent[gone] = keep as u32;
                count[keep] += count[gone];
                flux[keep] += flux[gone];
                last[keep] = last[keep].max(last[gone]);
                root = keep as u32;
            }
        }
        alive.retain(|&r| parent[r as usize] == r);
        let first = branches.len();
        for &r in &alive {
            let r = r as usize;
            if count[r] >= smallest {
                branch_of[r] = branches.len() as u32;
                branches.push(Branch {
                    level: level as u32,
                    pixel: r as u32,
                    count: count[r],
                    flux: flux[r] as f32,
                    last: last[r],
                    stem: NONE,
                });
            }
        }
        let here = first..branches.len();
        if here.len() >= most {
            return None;
        }
        forked |= here.len() > 1;
        for b in above {
            let branch: &mut Branch = &mut branches[b];
            branch.stem = branch_of[find(&mut parent, branch.pixel) as usize];
        }
        above = here;
    }
    // What is left hangs on the root, which is added after these.
    let root = branches.len() as u32;
    for b in above {
        branches[b].stem = root;
    }
    Some((branches, forked))
}

/// Which branches part: from the top, wherever a stem has two or more with enough flux above their
/// threshold and a branch hasn't parted already. The root is the last of `branches`.
fn prune(branches: &mut [Branch], thresholds: &[f32], least: f64) -> Vec<u32> {
    let root = branches.len() - 1;
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); branches.len()];
    for (i, b) in branches[..root].iter().enumerate() {
        if let Some(of) = children.get_mut(b.stem as usize) {
            of.push(i as u32);
        }
    }
    for of in &mut children {
        of.sort_unstable_by_key(|&c| branches[c as usize].last);
    }
    let mut by_level: Vec<Vec<u32>> = vec![vec![root as u32]];
    for level in 0..thresholds.len() - 1 {
        let next = by_level[level]
            .iter()
            .flat_map(|&b| children[b as usize].iter().copied())
            .collect();
        by_level.push(next);
    }
    let counts = |c: u32| {
        let b = &branches[c as usize];
        let excess = b.flux - thresholds[b.level as usize] * b.count as f32;
        f64::from(excess) > least
    };
    let mut whole = vec![true; branches.len()];
    let mut cores = Vec::new();
    for level in (0..thresholds.len() - 1).rev() {
        for &b in &by_level[level] {
            let of = &children[b as usize];
            if of.iter().any(|&c| !whole[c as usize]) {
                whole[b as usize] = false;
            }
            if of.iter().filter(|&&c| counts(c)).count() > 1 {
                cores.extend(of.iter().filter(|&&c| whole[c as usize] && counts(c)));
                whole[b as usize] = false;
            }
        }
    }
    if whole[root] { Vec::new() } else { cores }
}

/// The pixels of `branch`, in reading order.
fn flood(
    members: &[Member],
    pixel_levels: &[u32],
    grid: &Grid,
    branch: &Branch,
    seen: &mut [bool],
) -> Vec<u32> {
    let mut found = vec![branch.pixel];
    seen[branch.pixel as usize] = true;
    let mut i = 0;
    while i < found.len() {
        for n in grid.neighbours(&members[found[i] as usize]) {
            if n != NONE && !seen[n as usize] && pixel_levels[n as usize] >= branch.level {
                seen[n as usize] = true;
                found.push(n);
            }
        }
        i += 1;
    }
    found.sort_unstable();
    found
}
