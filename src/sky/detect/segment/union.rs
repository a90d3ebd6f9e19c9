//! Union–find over runs: which of them hang together.

use super::Run;

/// Joins runs that touch, also by a corner. Gives the components of at least `min_area` pixels as
/// lists of runs: where each list starts, and the lists; ordered by their last run.
pub(super) fn connect(runs: &[Run], min_area: usize) -> (Vec<usize>, Vec<u32>) {
    let mut parent: Vec<u32> = (0..runs.len() as u32).collect();
    let mut above = 0;
    for (i, run) in runs.iter().enumerate() {
        while above < i && runs[above].y + 1 < run.y {
            above += 1;
        }
        // Runs of the row above that end before this one starts can't meet later ones either.
        while above < i && runs[above].y + 1 == run.y && runs[above].x1 < run.x0 {
            above += 1;
        }
        let mut j = above;
        while j < i && runs[j].y + 1 == run.y && runs[j].x0 <= run.x1 {
            join(&mut parent, i as u32, j as u32);
            j += 1;
        }
    }
    let mut area = vec![0_u64; runs.len()];
    let mut last = vec![0_u32; runs.len()];
    let mut count = vec![0_u32; runs.len()];
    for (i, run) in runs.iter().enumerate() {
        let root = find(&mut parent, i as u32) as usize;
        area[root] += u64::from(run.x1 - run.x0);
        last[root] = i as u32;
        count[root] += 1;
    }
    let mut roots: Vec<u32> = (0..runs.len())
        .filter(|&r| parent[r] == r as u32 && area[r] >= min_area as u64)
        .map(|r| r as u32)
        .collect();
    roots.sort_unstable_by_key(|&r| last[r as usize]);
    let mut starts = Vec::with_capacity(roots.len() + 1);
    let mut total = 0_usize;
    // From here on `area` is where the root's next run goes.
    area.fill(u64::MAX);
    for &root in &roots {
        starts.push(total);
        area[root as usize] = total as u64;
        total += count[root as usize] as usize;
    }
    starts.push(total);
    let mut members = vec![0_u32; total];
    for i in 0..runs.len() as u32 {
        let next = &mut area[parent[i as usize] as usize];
        if *next != u64::MAX {
            members[*next as usize] = i;
            *next += 1;
        }
    }
    (starts, members)
}

/// The root of `i`, with the way to it shortened.
pub(in crate::sky::detect) fn find(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        let up = parent[parent[i as usize] as usize];
        parent[i as usize] = up;
        i = up;
    }
    i
}

/// Joins two sets; the smaller number becomes the root.
fn join(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parent, a), find(parent, b));
    parent[a.max(b) as usize] = a.min(b);
}
