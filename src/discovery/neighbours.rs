//! Exact nearest neighbours of many rows at once, in cache-sized blocks: what kNN
//! outlier scores and maps are made from.

use super::distances::{ABREAST, LANES, Packed};
use super::error::DiscoveryError;
use super::kernel::par_blocks;
use super::matrix::Matrix;
use crate::progress::Progress;

/// Queries that share their passes over the references.
const QUERY_TILE: usize = 256;
/// Groups of references that stay in cache while these queries pass.
const GROUP_TILE: usize = 32;
/// Candidates kept beyond `k` before distances are computed exactly: the fast formula
/// `|a|² + |b|² − 2ab` may swap neighbours that are almost equally far.
const SPARE: usize = 6;

/// `k` neighbours of each of some rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neighbours {
    /// How many a row.
    pub k: usize,
    /// Row numbers of the neighbours in the reference, `k` a query, nearest first;
    /// [`Neighbours::NONE`] where there are fewer.
    pub index: Vec<u32>,
    /// Euclidean distances, infinite where there is no neighbour.
    pub distance: Vec<f32>,
}

impl Neighbours {
    /// No neighbour.
    pub const NONE: u32 = u32::MAX;

    /// Neighbours and distances of query `i`.
    pub fn row(&self, i: usize) -> (&[u32], &[f32]) {
        let span = i * self.k..(i + 1) * self.k;
        (&self.index[span.clone()], &self.distance[span])
    }
}

/// Best candidates of one query, sorted by score then index.
struct Best {
    score: Vec<f32>,
    index: Vec<u32>,
    len: usize,
}

impl Best {
    fn new(capacity: usize) -> Self {
        Self {
            score: vec![f32::INFINITY; capacity],
            index: vec![Neighbours::NONE; capacity],
            len: 0,
        }
    }

    fn worst(&self) -> f32 {
        self.score[self.score.len() - 1]
    }

    fn insert(&mut self, score: f32, index: u32) {
        // References come in rising order, so that an equal score keeps the lower index.
        let at = self.score[..self.len].partition_point(|&s| s <= score);
        if at >= self.score.len() {
            return;
        }
        self.len = (self.len + 1).min(self.score.len());
        self.score[at..self.len].rotate_right(1);
        self.index[at..self.len].rotate_right(1);
        self.score[at] = score;
        self.index[at] = index;
    }
}

/// The `k` rows of `reference` nearest to each row of `queries` (Euclidean, exact, ties by row).
///
/// `own[i]` is the reference row that query `i` is itself and must not find. Rows that are not
/// finite are neither found nor do they find any.
///
/// # Errors
/// If widths differ; cancelled.
pub fn nearest(
    queries: &Matrix,
    reference: &Matrix,
    own: Option<&[u32]>,
    k: usize,
    progress: &dyn Progress,
) -> Result<Neighbours, DiscoveryError> {
    let dim = reference.cols;
    if queries.cols != dim {
        return Err(DiscoveryError::Shape {
            what: "width of the rows compared",
            expected: dim,
            found: queries.cols,
        });
    }
    if own.is_some_and(|o| o.len() != queries.rows()) {
        return Err(DiscoveryError::Shape {
            what: "rows to leave out of their own neighbourhoods",
            expected: queries.rows(),
            found: own.map_or(0, <[u32]>::len),
        });
    }
    let packed = Packed::new(reference);
    let keep = k + SPARE;
    let blocks = par_blocks(
        queries.rows(),
        QUERY_TILE,
        "finding neighbours",
        progress,
        |span| {
            let mut best: Vec<Best> = span.clone().map(|_| Best::new(keep)).collect();
            let mut found = Vec::new();
            for first in (0..packed.groups()).step_by(GROUP_TILE) {
                let tile = first..(first + GROUP_TILE).min(packed.groups());
                for start in span.clone().step_by(ABREAST) {
                    // A short last batch repeats its last query with a limit that nothing is below.
                    let rows: [usize; ABREAST] = std::array::from_fn(|l| (start + l).min(span.end - 1));
                    let limit = std::array::from_fn(|l| match best.get(start + l - span.start) {
                        Some(best) => best.worst(),
                        None => f32::NEG_INFINITY,
                    });
                    found.clear();
                    packed.below(rows.map(|i| queries.row(i)), tile.clone(), limit, &mut found);
                    for candidates in &found {
                        let query = start + candidates.query;
                        let own = own.map_or(Neighbours::NONE, |o| o[query]);
                        let best = &mut best[query - span.start];
                        for (lane, &score) in candidates.scores.iter().enumerate() {
                            let index = (candidates.group * LANES + lane) as u32;
                            // NaN compares false: such a reference is never found.
                            if score < best.worst() && index != own {
                                best.insert(score, index);
                            }
                        }
                    }
                }
            }
            let (mut index, mut distance) = (Vec::new(), Vec::new());
            for (within, best) in best.iter().enumerate() {
                let query = queries.row(span.start + within);
                let mut exact: Vec<(f32, u32)> = best.index[..best.len]
                    .iter()
                    .map(|&j| (distance_between(query, reference.row(j as usize)), j))
                    .filter(|(d, _)| d.is_finite())
                    .collect();
                exact.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                exact.resize(k, (f32::INFINITY, Neighbours::NONE));
                for (d, j) in exact {
                    index.push(j);
                    distance.push(d);
                }
            }
            (index, distance)
        },
    )?;
    let mut all = Neighbours {
        k,
        index: Vec::with_capacity(queries.rows() * k),
        distance: Vec::with_capacity(queries.rows() * k),
    };
    for (index, distance) in blocks {
        all.index.extend(index);
        all.distance.extend(distance);
    }
    Ok(all)
}

fn distance_between(a: &[f32], b: &[f32]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
    sum.sqrt()
}
