//! Exact nearest neighbours of many rows at once, in blocks of matrix products: what kNN
//! outlier scores and maps are made from.

use super::error::DiscoveryError;
use super::kernel::par_blocks;
use super::matrix::Matrix;
use crate::progress::Progress;
use faer::{Accum, MatMut, MatRef, Par};

/// Queries and references multiplied at once: both tiles and their products stay in cache.
const QUERY_TILE: usize = 128;
const REFERENCE_TILE: usize = 512;
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
    let norms: Vec<f32> = (0..reference.rows())
        .map(|j| reference.row(j).iter().map(|v| v * v).sum::<f32>())
        .collect();
    let keep = k + SPARE;
    let blocks = par_blocks(
        queries.rows(),
        QUERY_TILE,
        "finding neighbours",
        progress,
        |span| {
            let mut best: Vec<Best> = span.clone().map(|_| Best::new(keep)).collect();
            let mut products = vec![0.0f32; QUERY_TILE * REFERENCE_TILE];
            let q = &queries.values[span.start * dim..span.end * dim];
            let q = MatRef::from_row_major_slice(q, span.len(), dim);
            for start in (0..reference.rows()).step_by(REFERENCE_TILE) {
                let count = REFERENCE_TILE.min(reference.rows() - start);
                let r = &reference.values[start * dim..(start + count) * dim];
                let r = MatRef::from_row_major_slice(r, count, dim);
                let products = &mut products[..span.len() * count];
                let out = MatMut::from_row_major_slice_mut(products, span.len(), count);
                faer::linalg::matmul::matmul(out, Accum::Replace, q, r.transpose(), -2.0, Par::Seq);
                let norms = &norms[start..start + count];
                for (within, best) in best.iter_mut().enumerate() {
                    let own = own.map_or(Neighbours::NONE, |o| o[span.start + within]);
                    let row = &products[within * count..(within + 1) * count];
                    scan(row, norms, start, own, best);
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

/// Offers the references of one tile; most fail the test on sixteen at a time.
fn scan(products: &[f32], norms: &[f32], start: usize, own: u32, best: &mut Best) {
    const LANES: usize = 16;
    for (c, (p, n)) in products.chunks(LANES).zip(norms.chunks(LANES)).enumerate() {
        let mut scores = [f32::INFINITY; LANES];
        for l in 0..p.len() {
            scores[l] = p[l] + n[l];
        }
        let worst = best.worst();
        // NaN compares false: such a reference is never found.
        if !scores.iter().fold(false, |any, &s| any | (s < worst)) {
            continue;
        }
        for (l, &score) in scores.iter().enumerate().take(p.len()) {
            let index = (start + c * LANES + l) as u32;
            if score < best.worst() && index != own {
                best.insert(score, index);
            }
        }
    }
}

fn distance_between(a: &[f32], b: &[f32]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
    sum.sqrt()
}
