//! Colours: differences of bands relative to their sum, which need no photometric zero points.

use super::geometry::Geometry;
use super::stamp::Stamp;

/// Radius of the core in half sides.
const CORE_RADIUS: f64 = 0.19;

/// `(A − B)/(A + B)` of the light above the sky in the first, middle and last band, −1 to 1. For
/// bands of one flux unit this is a colour, `tanh(0.46 (m_B − m_A))`. 0 with one band.
#[derive(Debug, Clone, PartialEq)]
pub struct Colours {
    /// First against middle band in the core.
    pub core_first_middle: f64,
    /// Middle against last band in the core.
    pub core_middle_last: f64,
    /// First against last band over the whole cutout.
    pub first_last: f64,
}

/// Measures `stamp`.
pub fn measure(stamp: &Stamp, geometry: &Geometry) -> Colours {
    let last = stamp.bands.len().saturating_sub(1);
    let middle = stamp.bands.len() / 2;
    Colours {
        core_first_middle: difference(stamp, geometry, 0, middle.min(last), CORE_RADIUS),
        core_middle_last: difference(stamp, geometry, middle.min(last), last, CORE_RADIUS),
        first_last: difference(stamp, geometry, 0, last, f64::INFINITY),
    }
}

/// Normalised difference within `radius`, drawn to 0 where there is hardly any light.
fn difference(stamp: &Stamp, geometry: &Geometry, a: usize, b: usize, radius: f64) -> f64 {
    let (Some(a), Some(b)) = (stamp.bands.get(a), stamp.bands.get(b)) else {
        return 0.0;
    };
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let (mut sum_a, mut sum_b, mut count) = (0.0, 0.0, 0.0);
    for (i, &r) in geometry.r.iter().enumerate() {
        if r < radius {
            sum_a += a[i].max(0.0);
            sum_b += b[i].max(0.0);
            count += 1.0;
        }
    }
    let faintest = 1e-3 * stamp.amplitude * count;
    if sum_a + sum_b + faintest > 0.0 {
        (sum_a - sum_b) / (sum_a + sum_b + faintest)
    } else {
        0.0
    }
}
