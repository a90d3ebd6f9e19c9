//! The object's own pixels: the connected bright region at the cutout's centre.

use super::geometry::Geometry;
use super::gini_m20;
use super::moments::Moments;
use super::stamp::{Stamp, TINY};

/// The smoothed light of a segment's pixel passes this many σ.
const THRESHOLD_SIGMA: f64 = 1.5;
/// The segment holds the brightest pixel within this many half sides.
const CENTRAL_RADIUS: f64 = 0.35;
/// A smaller region is a noise peak: then everything above the threshold is measured.
const MIN_PIXELS: usize = 5;

/// Measurements of the central segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Ellipticity of its light, as [`Moments::ellipticity`]; 0 without a segment.
    pub ellipticity: f64,
    /// M20 of its light; of a uniform image, log10(0.2), without a segment.
    pub m20: f64,
    /// `log10(mean light / σ + 0.1)`: signal to noise of a pixel; −1 without a segment.
    pub log_snr: f64,
}

/// Measures `stamp`.
pub fn measure(stamp: &Stamp, geometry: &Geometry) -> Segment {
    let pixels = central_segment(stamp, geometry);
    if pixels.is_empty() {
        return Segment {
            ellipticity: 0.0,
            m20: 0.2f64.log10(),
            log_snr: -1.0,
        };
    }
    let moments = Moments::of(geometry, pixels.iter().map(|&i| (i, stamp.light[i])));
    let mut light: Vec<(f64, f64)> = pixels
        .iter()
        .map(|&i| {
            let u = geometry.x[i] - moments.centroid.0;
            let v = geometry.y[i] - moments.centroid.1;
            (stamp.light[i], u * u + v * v)
        })
        .collect();
    let mean = moments.weight / pixels.len() as f64;
    Segment {
        ellipticity: moments.ellipticity(),
        m20: gini_m20::m20(&mut light),
        log_snr: (mean / stamp.sigma + 0.1).log10(),
    }
}

/// Pixels of the region (4-connected) above the threshold that holds the brightest smoothed pixel
/// near the centre, or anywhere when the centre is dark. Empty when nothing passes.
fn central_segment(stamp: &Stamp, geometry: &Geometry) -> Vec<usize> {
    let n = geometry.n;
    let threshold = THRESHOLD_SIGMA * stamp.sigma;
    let bright = |i: usize| stamp.smooth[i] > threshold;
    let brightest = |limit: f64| {
        (0..geometry.len())
            .filter(|&i| geometry.r[i] < limit)
            .max_by(|&a, &b| stamp.smooth[a].total_cmp(&stamp.smooth[b]))
    };
    let Some(seed) = brightest(CENTRAL_RADIUS)
        .filter(|&i| bright(i))
        .or_else(|| brightest(f64::INFINITY).filter(|&i| bright(i)))
    else {
        return Vec::new();
    };
    let mut seen = vec![false; geometry.len()];
    seen[seed] = true;
    let mut region = vec![seed];
    let mut done = 0;
    while let Some(&i) = region.get(done) {
        done += 1;
        let (row, column) = (i / n, i % n);
        let neighbours = [
            (row > 0).then(|| i - n),
            (row + 1 < n).then(|| i + n),
            (column > 0).then(|| i - 1),
            (column + 1 < n).then(|| i + 1),
        ];
        for j in neighbours.into_iter().flatten() {
            if !seen[j] && bright(j) {
                seen[j] = true;
                region.push(j);
            }
        }
    }
    if region.len() < MIN_PIXELS {
        return (0..geometry.len()).filter(|&i| bright(i)).collect();
    }
    // In a fixed order sums don't depend on where the search began.
    region.sort_unstable();
    region
}

/// Share of the cutout brighter than 3 standard deviations of the frame.
pub fn bright_area(stamp: &Stamp) -> f64 {
    let threshold = 3.0 * stamp.frame_std;
    let count = stamp.light.iter().filter(|&&v| v > threshold).count();
    count as f64 / (stamp.light.len() as f64).max(TINY)
}
