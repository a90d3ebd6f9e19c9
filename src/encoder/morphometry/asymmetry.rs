//! How a cutout differs from itself turned round: half turns, quarter turns, and of its outline.

use super::geometry::Geometry;
use super::stamp::{Stamp, TINY};

/// Asymmetries about the cutout's centre; 0 is symmetric. The sky is subtracted and clipped at 0,
/// but its noise is not corrected for: a faint object has a larger asymmetry than a bright twin.
#[derive(Debug, Clone, PartialEq)]
pub struct Asymmetry {
    /// `Σ|I − I₁₈₀| / 2ΣI` within half of the half side (Conselice 2003).
    pub inner: f64,
    /// The same between 0.25 and 1 half sides, after the outer asymmetry of Wen et al. 2014.
    pub outer: f64,
    /// `Σ|I − I₉₀| / 2ΣI` over the whole cutout.
    pub quarter: f64,
    /// Half-turn asymmetry of the outline of everything above 1 σ after 3 × 3 smoothing, after the
    /// shape asymmetry of Pawlik et al. 2016.
    pub shape: f64,
}

/// Measures `stamp`.
pub fn measure(stamp: &Stamp, geometry: &Geometry) -> Asymmetry {
    let (mut inner, mut inner_light) = (0.0, 0.0);
    let (mut outer, mut outer_light) = (0.0, 0.0);
    let mut quarter = 0.0;
    let (mut outline, mut area) = (0.0, 0.0);
    for i in 0..geometry.len() {
        let light = stamp.light[i];
        let opposite = geometry.opposite(i);
        let difference = (light - stamp.light[opposite]).abs();
        let r = geometry.r[i];
        if r < 0.5 {
            inner += difference;
            inner_light += light;
        }
        if (0.25..1.0).contains(&r) {
            outer += difference;
            outer_light += light;
        }
        quarter += (light - stamp.light[geometry.quarter_turn(i)]).abs();
        let (here, there) = (
            stamp.smooth[i] > stamp.sigma,
            stamp.smooth[opposite] > stamp.sigma,
        );
        area += f64::from(u8::from(here));
        outline += f64::from(u8::from(here != there));
    }
    Asymmetry {
        inner: inner / (2.0 * inner_light + TINY),
        outer: outer / (2.0 * outer_light + TINY),
        quarter: quarter / (2.0 * stamp.total),
        shape: outline / (2.0 * area + TINY),
    }
}
