//! Isolation forest (Liu, Ting & Zhou 2008): what random cuts separate quickly is strange.

use crate::discovery::error::DiscoveryError;
use crate::discovery::kernel::par_blocks;
use crate::discovery::matrix::Matrix;
use crate::progress::Progress;
use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Rows pushed through all trees together, so that both stay in cache.
const TILE_ROWS: usize = 256;
/// Marks a leaf in [`Node::column`].
const LEAF: u32 = u32::MAX;

/// How the forest is grown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForestOptions {
    /// Number of trees.
    pub trees: usize,
    /// Rows each tree sees.
    pub sample: usize,
    /// Of the random cuts.
    pub seed: u64,
}

impl Default for ForestOptions {
    /// 200 trees of 256 rows.
    fn default() -> Self {
        Self {
            trees: 200,
            sample: 256,
            seed: 0,
        }
    }
}

/// A cut, or a leaf with the path length that ends there.
#[derive(Debug, Clone, Copy)]
struct Node {
    column: u32,
    /// Where to cut; at a leaf, the path length.
    value: f32,
    /// The left child; the right one follows it.
    left: u32,
}

/// A grown forest.
pub struct IsolationForest {
    trees: Vec<Vec<Node>>,
    cols: usize,
    normal: f64,
}

/// Mean path length of an unsuccessful search in a binary tree of `n` rows (their equation 1).
pub(crate) fn average_path(n: usize) -> f64 {
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = n as f64;
            2.0 * ((n - 1.0).ln() + 0.577_215_664_901_532_9) - 2.0 * (n - 1.0) / n
        }
    }
}

impl IsolationForest {
    /// Grows a forest on the finite rows of `points`. The same seed gives the same forest.
    ///
    /// # Errors
    /// If fewer than two rows are finite; cancelled.
    pub fn fit(
        points: &Matrix,
        options: &ForestOptions,
        progress: &dyn Progress,
    ) -> Result<Self, DiscoveryError> {
        let rows = points.finite_rows();
        if rows.len() < 2 {
            return Err(DiscoveryError::TooFewRows {
                what: "an isolation forest",
                needed: 2,
                found: rows.len(),
            });
        }
        if options.trees == 0 || options.sample < 2 {
            return Err(DiscoveryError::Setting {
                what: "number of trees or rows of an isolation forest",
                value: format!("{} trees of {} rows", options.trees, options.sample),
                allowed: "at least one tree of two rows",
            });
        }
        let size = options.sample.min(rows.len());
        let depth = (size.max(2) as f64).log2().ceil() as usize;
        let trees = par_blocks(options.trees, 1, "growing trees", progress, |span| {
            let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
            rng.set_stream(span.start as u64);
            let mut own: Vec<usize> = sample(&mut rng, rows.len(), size)
                .into_iter()
                .map(|i| rows[i])
                .collect();
            let mut nodes = vec![Node {
                column: LEAF,
                value: 0.0,
                left: 0,
            }];
            grow(points, &mut own, 0, 0, depth, &mut nodes, &mut rng);
            nodes
        })?;
        Ok(Self {
            trees,
            cols: points.cols,
            normal: average_path(size),
        })
    }

    /// Anomaly score of every row, 0 to 1, higher is stranger: `2^(−E[h]/c)`, the negative of
    /// scikit-learn's `score_samples`. NaN where a row is not finite.
    ///
    /// # Errors
    /// If `points` are of another width; cancelled.
    pub fn score(&self, points: &Matrix, progress: &dyn Progress) -> Result<Vec<f32>, DiscoveryError> {
        if points.cols != self.cols {
            return Err(DiscoveryError::Shape {
                what: "width of the rows for this forest",
                expected: self.cols,
                found: points.cols,
            });
        }
        let trees: Vec<Walk> = self.trees.iter().map(|tree| Walk::of(tree)).collect();
        let scale = -1.0 / (self.normal * self.trees.len() as f64);
        let blocks = par_blocks(
            points.rows(),
            TILE_ROWS,
            "scoring with the forest",
            progress,
            |span| {
                let mut paths = vec![0.0f64; span.len()];
                let rows = &points.values[span.start * points.cols..span.end * points.cols];
                for tree in &trees {
                    tree.add_paths(rows, points.cols, &mut paths);
                }
                (paths.iter().zip(span))
                    .map(|(path, i)| {
                        if points.is_finite_row(i) {
                            (path * scale).exp2() as f32
                        } else {
                            f32::NAN
                        }
                    })
                    .collect::<Vec<f32>>()
            },
        )?;
        Ok(blocks.concat())
    }
}

/// A tree made ready for walking: a leaf leads to itself, so that every row takes the same number
/// of steps and several rows can be on their way at once instead of waiting for each other.
struct Walk {
    nodes: Vec<Node>,
    paths: Vec<f32>,
    depth: usize,
}

/// Rows that walk together.
const ABREAST: usize = 8;

impl Walk {
    fn of(tree: &[Node]) -> Self {
        let mut nodes = tree.to_vec();
        let mut depths = vec![0; tree.len()];
        for (i, node) in nodes.iter_mut().enumerate() {
            if node.column == LEAF {
                // Nothing is above infinity: the row stays.
                *node = Node {
                    column: 0,
                    value: f32::INFINITY,
                    left: i as u32,
                };
            } else {
                // Children stand behind their parent.
                let left = node.left as usize;
                depths[left] = depths[i] + 1;
                depths[left + 1] = depths[i] + 1;
            }
        }
        Self {
            nodes,
            paths: tree.iter().map(|node| node.value).collect(),
            depth: depths.into_iter().max().unwrap_or(0),
        }
    }

    /// Adds each row's path length; `rows` is row-major of width `cols`.
    fn add_paths(&self, rows: &[f32], cols: usize, paths: &mut [f64]) {
        for (rows, paths) in rows.chunks(ABREAST * cols).zip(paths.chunks_mut(ABREAST)) {
            let mut at = [0u32; ABREAST];
            for _ in 0..self.depth {
                for (at, row) in at.iter_mut().zip(rows.chunks_exact(cols)) {
                    let node = self.nodes[*at as usize];
                    *at = node.left + u32::from(row[node.column as usize] > node.value);
                }
            }
            for (path, at) in paths.iter_mut().zip(at) {
                *path += f64::from(self.paths[at as usize]);
            }
        }
    }
}

fn grow(
    points: &Matrix,
    rows: &mut [usize],
    at: usize,
    depth: usize,
    max_depth: usize,
    nodes: &mut Vec<Node>,
    rng: &mut ChaCha8Rng,
) {
    let value = |r: usize, c: usize| points.values[r * points.cols + c];
    let leaf = Node {
        column: LEAF,
        value: (depth as f64 + average_path(rows.len())) as f32,
        left: 0,
    };
    nodes[at] = leaf;
    if depth >= max_depth || rows.len() < 2 {
        return;
    }
    // A column that varies here, each with the same chance: draw without replacement.
    let mut columns: Vec<usize> = (0..points.cols).collect();
    while !columns.is_empty() {
        let column = columns.swap_remove(rng.random_range(0..columns.len()));
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for &r in rows.iter() {
            low = low.min(value(r, column));
            high = high.max(value(r, column));
        }
        if high <= low {
            continue;
        }
        let (from, to) = (f64::from(low), f64::from(high));
        let mut cut = (from + rng.random::<f64>() * (to - from)) as f32;
        if cut >= high {
            cut = low;
        }
        let mut middle = 0;
        for i in 0..rows.len() {
            if value(rows[i], column) <= cut {
                rows.swap(i, middle);
                middle += 1;
            }
        }
        let left = nodes.len();
        nodes.extend([leaf, leaf]);
        nodes[at] = Node {
            column: column as u32,
            value: cut,
            left: left as u32,
        };
        let (low_rows, high_rows) = rows.split_at_mut(middle);
        grow(points, low_rows, left, depth + 1, max_depth, nodes, rng);
        grow(points, high_rows, left + 1, depth + 1, max_depth, nodes, rng);
        return;
    }
}
