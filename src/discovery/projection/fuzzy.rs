//! The graph that UMAP lays out: how strongly each point belongs to its neighbours' surroundings
//! (McInnes, Healy & Melville 2018, section 3.1).

use crate::discovery::neighbours::Neighbours;
use rayon::prelude::*;

/// Bisection steps for a point's scale.
const STEPS: usize = 64;
/// The scale is at least this times the mean distance.
const LEAST_SCALE: f64 = 1e-3;

/// A symmetric weighted graph: the edges of vertex `i` are `start[i]..start[i + 1]`.
pub(super) struct Graph {
    pub(super) start: Vec<usize>,
    pub(super) end: Vec<u32>,
    pub(super) weight: Vec<f32>,
}

impl Graph {
    pub(super) fn vertices(&self) -> usize {
        self.start.len().saturating_sub(1)
    }
}

/// Distance to the nearest neighbour that isn't a duplicate, and the scale at which the
/// neighbours' memberships sum to `log2(neighbours + 1)` (the point itself counts as one of the
/// neighbours in the reference implementation, so there is one more).
fn local_scale(distances: &[f32], mean_of_all: f64) -> (f64, f64) {
    let finite = || distances.iter().map(|&d| f64::from(d)).filter(|d| d.is_finite());
    let nearest = finite().filter(|&d| d > 0.0).fold(f64::INFINITY, f64::min);
    let nearest = if nearest.is_finite() { nearest } else { 0.0 };
    let target = (finite().count() as f64 + 1.0).log2();
    let (mut low, mut high, mut scale) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..STEPS {
        let sum: f64 = finite().map(|d| (-(d - nearest).max(0.0) / scale).exp()).sum();
        if (sum - target).abs() < 1e-5 {
            break;
        }
        if sum > target {
            high = scale;
            scale = (low + high) / 2.0;
        } else {
            low = scale;
            scale = if high.is_finite() {
                (low + high) / 2.0
            } else {
                scale * 2.0
            };
        }
    }
    let mean = finite().sum::<f64>() / finite().count().max(1) as f64;
    let least = LEAST_SCALE * if nearest > 0.0 { mean } else { mean_of_all };
    (nearest, scale.max(least))
}

/// The fuzzy union of all points' neighbourhoods: `w = a + b − ab` of the two directions.
pub(super) fn fuzzy_graph(neighbours: &Neighbours, points: usize) -> Graph {
    let finite = || neighbours.distance.iter().filter(|d| d.is_finite());
    let mean = finite().map(|&d| f64::from(d)).sum::<f64>() / finite().count().max(1) as f64;
    let members: Vec<Vec<(u32, f32)>> = (0..points)
        .into_par_iter()
        .map(|i| {
            let (index, distance) = neighbours.row(i);
            let (nearest, scale) = local_scale(distance, mean);
            (index.iter().zip(distance))
                .filter(|(_, d)| d.is_finite())
                .map(|(&j, &d)| {
                    let beyond = (f64::from(d) - nearest).max(0.0);
                    let w = if beyond == 0.0 {
                        1.0
                    } else {
                        (-beyond / scale).exp()
                    };
                    (j, w as f32)
                })
                .collect()
        })
        .collect();
    // Both directions of every edge at both its ends: (other end, own weight, other's weight).
    let mut both: Vec<Vec<(u32, f32, f32)>> = vec![Vec::new(); points];
    for (i, own) in members.iter().enumerate() {
        for &(j, w) in own {
            both[i].push((j, w, 0.0));
            both[j as usize].push((i as u32, 0.0, w));
        }
    }
    let mut graph = Graph {
        start: vec![0],
        end: Vec::new(),
        weight: Vec::new(),
    };
    for edges in &mut both {
        edges.sort_unstable_by_key(|e| e.0);
        let mut k = 0;
        while k < edges.len() {
            let (j, mut a, mut b) = edges[k];
            k += 1;
            while k < edges.len() && edges[k].0 == j {
                a = a.max(edges[k].1);
                b = b.max(edges[k].2);
                k += 1;
            }
            graph.end.push(j);
            graph.weight.push(a + b - a * b);
        }
        graph.start.push(graph.end.len());
    }
    graph
}
