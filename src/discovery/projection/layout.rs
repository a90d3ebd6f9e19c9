//! The optimiser of UMAP: edges pull, random points push.
//!
//! Written here because the crates at hand draw unseeded random numbers and let threads race, so
//! that the same data gives another map every time. Here every vertex moves in its own turn
//! through its edges against the other vertices' places at the start of the epoch, with random
//! numbers made of (seed, epoch, vertex): the same map on any number of threads.

use super::fuzzy::Graph;
use crate::discovery::error::DiscoveryError;
use crate::progress::Progress;
use rayon::prelude::*;

/// Random points that push for every pull.
const NEGATIVES: usize = 5;
/// No single move is longer than this times the learning rate.
const CLIP: f32 = 4.0;

/// Shape of the map's similarity `1 / (1 + a·d^2b)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Curve {
    pub(super) a: f64,
    pub(super) b: f64,
}

impl Curve {
    /// Least squares to 1 up to `min_dist`, then a fall by `exp(−(d − min_dist)/spread)`
    /// (Levenberg–Marquardt on 300 points up to three spreads, as the reference has it).
    pub(super) fn fit(min_dist: f64, spread: f64) -> Self {
        let points: Vec<(f64, f64)> = (0..300)
            .map(|i| {
                let x = 3.0 * spread * f64::from(i) / 299.0;
                let y = if x < min_dist {
                    1.0
                } else {
                    (-(x - min_dist) / spread).exp()
                };
                (x, y)
            })
            .collect();
        let cost = |a: f64, b: f64| -> f64 {
            (points.iter())
                .map(|&(x, y)| (1.0 / (1.0 + a * x.powf(2.0 * b)) - y).powi(2))
                .sum()
        };
        let (mut a, mut b, mut damping) = (1.0f64, 1.0f64, 1e-3);
        let mut best = cost(a, b);
        for _ in 0..200 {
            let (mut aa, mut ab, mut bb, mut ga, mut gb) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for &(x, y) in &points[1..] {
                let power = x.powf(2.0 * b);
                let f = 1.0 / (1.0 + a * power);
                let da = -f * f * power;
                let db = -f * f * a * power * 2.0 * x.ln();
                aa += da * da;
                ab += da * db;
                bb += db * db;
                ga += da * (f - y);
                gb += db * (f - y);
            }
            let (ma, mb) = (aa * (1.0 + damping), bb * (1.0 + damping));
            let determinant = ma * mb - ab * ab;
            let step_a = -(mb * ga - ab * gb) / determinant;
            let step_b = -(ma * gb - ab * ga) / determinant;
            let new = cost(a + step_a, b + step_b);
            if new < best && a + step_a > 0.0 && b + step_b > 0.0 {
                a += step_a;
                b += step_b;
                damping *= 0.3;
                if best - new < 1e-15 {
                    break;
                }
                best = new;
            } else {
                damping *= 10.0;
                if damping > 1e12 {
                    break;
                }
            }
        }
        Self { a, b }
    }
}

/// A small counter-based random generator (splitmix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn new(seed: u64, epoch: usize, vertex: usize) -> Self {
        let mut r = Self(seed ^ (epoch as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93));
        r.0 = r.next() ^ (vertex as u64).wrapping_mul(0xA076_1D64_78BD_642F);
        r
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

/// Moves `places` (one a vertex) for `epochs` epochs.
///
/// # Errors
/// Cancelled.
pub(super) fn optimise(
    graph: &Graph,
    places: &mut Vec<[f32; 2]>,
    curve: Curve,
    epochs: usize,
    seed: u64,
    progress: &dyn Progress,
) -> Result<(), DiscoveryError> {
    progress.begin("laying out the map", Some(epochs as u64));
    let n = graph.vertices();
    let largest = graph.weight.iter().copied().fold(0.0f32, f32::max);
    let least = largest / epochs as f32;
    let (a, b) = (curve.a as f32, curve.b as f32);
    let mut next = places.clone();
    for epoch in 0..epochs {
        if progress.cancelled() {
            return Err(DiscoveryError::Cancelled {
                stage: "the layout of the map".into(),
            });
        }
        let rate = 1.0 - epoch as f32 / epochs as f32;
        let old: &[[f32; 2]] = places;
        next.par_iter_mut()
            .enumerate()
            .with_min_len(256)
            .for_each(|(i, place)| {
                let mut p = old[i];
                let mut random = Random::new(seed, epoch, i);
                for e in graph.start[i]..graph.start[i + 1] {
                    let weight = graph.weight[e];
                    // An edge acts every largest/weight epochs: when its count of turns goes up.
                    let turns = |t: usize| (t as f32 * (weight / largest)) as usize;
                    if weight < least || turns(epoch + 1) == turns(epoch) {
                        continue;
                    }
                    let other = old[graph.end[e] as usize];
                    // Once as the edge's head and once as its tail.
                    for _ in 0..2 {
                        let d = [p[0] - other[0], p[1] - other[1]];
                        let square = d[0] * d[0] + d[1] * d[1];
                        if square > 0.0 {
                            let power = square.powf(b);
                            let pull = -2.0 * a * b * power / square / (a * power + 1.0);
                            step(&mut p, d, pull, rate);
                        }
                    }
                    for _ in 0..NEGATIVES {
                        let j = random.below(n);
                        if j == i {
                            continue;
                        }
                        let other = old[j];
                        let d = [p[0] - other[0], p[1] - other[1]];
                        let square = d[0] * d[0] + d[1] * d[1];
                        if square > 0.0 {
                            let power = square.powf(b);
                            let push = 2.0 * b / ((0.001 + square) * (a * power + 1.0));
                            step(&mut p, d, push, rate);
                        }
                    }
                }
                *place = p;
            });
        std::mem::swap(places, &mut next);
        progress.advance(1);
    }
    Ok(())
}

fn step(p: &mut [f32; 2], d: [f32; 2], force: f32, rate: f32) {
    for c in 0..2 {
        p[c] += (force * d[c]).clamp(-CLIP, CLIP) * rate;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// umap-learn's `find_ab_params(1.0, 0.1)`.
    #[test]
    fn curve_is_the_reference_one() {
        let c = Curve::fit(0.1, 1.0);
        assert!(
            (c.a - 1.576_943_5).abs() < 1e-4 && (c.b - 0.895_060_9).abs() < 1e-4,
            "{c:?}"
        );
    }
}
