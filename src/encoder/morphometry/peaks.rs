//! Bright spots: double nuclei, radio lobes and how far out the hot spots lie.

use super::geometry::Geometry;
use super::stamp::{MIN_NOISE, Stamp, median};

/// A pixel is a peak when nothing within this many pixels is brighter.
const REACH: usize = 2;
/// A peak stands this many σ of the blurred noise above the sky.
const THRESHOLD_SIGMA: f64 = 4.0;
/// Values closer than this (of amplitude 1) are equal: rounding must not break a tie.
const EQUAL: f64 = 1e-9;

/// Peaks of the blurred signal above 4 σ of it and a twentieth of the brightest. Its noise is
/// measured in the frame: blurring hardly lowers the correlated noise of a radio map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Peaks {
    /// Distance of the two brightest in half sides; 0 with fewer than two.
    pub separation: f64,
    /// Height of the second over the first; 0 with fewer than two.
    pub ratio: f64,
    /// Mean distance of the peaks from the centre, weighted by height: small for a core-bright
    /// source (FR I), large for an edge-bright one (FR II).
    pub hot_spot_radius: f64,
}

/// Measures `stamp`.
pub fn measure(stamp: &Stamp, geometry: &Geometry) -> Peaks {
    let image = &stamp.blurred;
    let brightest = image.iter().copied().fold(0.0, f64::max);
    let mut deviations: Vec<f64> = geometry.frame.iter().map(|&i| image[i].abs()).collect();
    let noise = (1.4826 * median(&mut deviations)).max(MIN_NOISE);
    let threshold = (THRESHOLD_SIGMA * noise).max(0.05 * brightest);
    let mut peaks = find(image, geometry, threshold);
    // Equally high: the more central first.
    peaks.sort_unstable_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then(a.1.hypot(a.2).total_cmp(&b.1.hypot(b.2)))
    });
    let (mut heights, mut moment) = (0.0, 0.0);
    for &(height, x, y) in &peaks {
        heights += height;
        moment += height * x.hypot(y);
    }
    let [first, second, ..] = peaks.as_slice() else {
        return Peaks {
            hot_spot_radius: if heights > 0.0 { moment / heights } else { 0.0 },
            ..Peaks::default()
        };
    };
    Peaks {
        separation: (first.1 - second.1).hypot(first.2 - second.2),
        ratio: second.0 / first.0,
        hot_spot_radius: moment / heights,
    }
}

/// Local maxima as (height, x, y). Touching ones of a plateau are one peak at their mean place.
fn find(image: &[f64], geometry: &Geometry, threshold: f64) -> Vec<(f64, f64, f64)> {
    let n = geometry.n;
    let mut is_peak = vec![false; image.len()];
    for (i, &v) in image.iter().enumerate() {
        if v > threshold {
            let (row, column) = (i / n, i % n);
            is_peak[i] = (row.saturating_sub(REACH)..(row + REACH + 1).min(n)).all(|y| {
                let columns = column.saturating_sub(REACH)..(column + REACH + 1).min(n);
                image[y * n..][columns].iter().all(|&w| w <= v + EQUAL)
            });
        }
    }
    let mut peaks = Vec::new();
    let mut plateau = Vec::new();
    for start in 0..image.len() {
        if !is_peak[start] {
            continue;
        }
        is_peak[start] = false;
        plateau.clear();
        plateau.push(start);
        let mut done = 0;
        while let Some(&i) = plateau.get(done) {
            done += 1;
            let (row, column) = (i / n, i % n);
            for y in row.saturating_sub(1)..(row + 2).min(n) {
                for x in column.saturating_sub(1)..(column + 2).min(n) {
                    if std::mem::take(&mut is_peak[y * n + x]) {
                        plateau.push(y * n + x);
                    }
                }
            }
        }
        let count = plateau.len() as f64;
        let mean = |v: &[f64]| plateau.iter().map(|&i| v[i]).sum::<f64>() / count;
        peaks.push((mean(image), mean(&geometry.x), mean(&geometry.y)));
    }
    peaks
}
