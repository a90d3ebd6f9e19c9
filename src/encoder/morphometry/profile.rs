//! How the light falls off: radial profile, radii of the growth curve, concentration, rings.

use super::geometry::{Geometry, PROFILE_BINS};
use super::stamp::{Stamp, TINY};

/// Measurements along the radius from the cutout's centre.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Square root of the mean light in eight annuli of 1/8 half side, relative to the brightest
    /// annulus: 0 to 1. The root keeps faint outskirts from being rare extremes.
    pub profile: [f64; PROFILE_BINS],
    /// Radii in half sides that hold 20, 50 and 80 % of the cutout's light.
    pub radii: [f64; 3],
    /// `5 log10(r80 / r20)`, one pixel's half width added to both (Bershady et al. 2000).
    pub concentration: f64,
    /// Largest rise of the profile (relative to its maximum) going outwards: 0 for light that only
    /// falls, towards 1 for a ring.
    pub ring: f64,
}

/// Measures `stamp`.
pub fn measure(stamp: &Stamp, geometry: &Geometry) -> Profile {
    let mut sums = [0.0; PROFILE_BINS];
    let mut counts = [0.0; PROFILE_BINS];
    for (&bin, &light) in geometry.annulus.iter().zip(&stamp.light) {
        if bin < PROFILE_BINS {
            sums[bin] += light;
            counts[bin] += 1.0;
        }
    }
    let mut profile = [0.0; PROFILE_BINS];
    for bin in 0..PROFILE_BINS {
        if counts[bin] > 0.0 {
            profile[bin] = sums[bin] / counts[bin];
        } else if bin > 0 {
            // Grids below 16 px have annuli without pixels.
            profile[bin] = profile[bin - 1];
        }
    }
    let brightest = profile.iter().copied().fold(0.0, f64::max) + TINY;
    profile.iter_mut().for_each(|v| *v /= brightest);
    let mut lowest = profile[0];
    let mut rise = 0.0f64;
    for &v in &profile[1..] {
        rise = rise.max(v - lowest);
        lowest = lowest.min(v);
    }
    let radii = growth_radii(stamp, geometry, [0.2, 0.5, 0.8]);
    let half_pixel = 1.0 / geometry.n as f64;
    Profile {
        profile: profile.map(f64::sqrt),
        radii,
        concentration: 5.0 * ((radii[2] + half_pixel) / (radii[0] + half_pixel)).log10(),
        ring: rise,
    }
}

/// Radii that hold the given shares of the light, linear between the distinct pixel distances.
///
/// Half of the light at a distance counts as within it: a pixel reaches as far in as out.
fn growth_radii<const K: usize>(stamp: &Stamp, geometry: &Geometry, shares: [f64; K]) -> [f64; K] {
    // Without any light no share is ever reached: radii as of the cutout's edge.
    let mut found = [1.0; K];
    let mut next = 0;
    let (mut radius_before, mut share_before) = (0.0, 0.0);
    let mut within = 0.0;
    for (radius, pixels) in &geometry.rings {
        let ring: f64 = pixels.iter().map(|&i| stamp.light[i as usize]).sum();
        let share = (within + ring / 2.0) / stamp.total;
        while next < K && share >= shares[next] {
            let step = (shares[next] - share_before) / (share - share_before).max(TINY);
            found[next] = radius_before + (radius - radius_before) * step;
            next += 1;
        }
        if next == K {
            break;
        }
        within += ring;
        (radius_before, share_before) = (*radius, share);
    }
    found
}
