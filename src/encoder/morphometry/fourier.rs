//! Azimuthal Fourier amplitudes: lopsidedness (m = 1), bars and two-armed spirals (m = 2).

use super::geometry::Geometry;
use super::stamp::{Stamp, TINY};

/// `|Σ I e^{imθ}| / ΣI` in annuli about the cutout's centre (m = 1: Zaritsky & Rix 1997; m = 2:
/// Elmegreen & Elmegreen 1985), 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Fourier {
    /// m = 1 from 0.25 to 0.6 half sides.
    pub lopsided: f64,
    /// m = 1 from 0.5 to 1 half sides.
    pub lopsided_outer: f64,
    /// m = 2 from 0.05 to 0.3 half sides.
    pub bar: f64,
    /// m = 2 from 0.25 to 0.6 half sides.
    pub two_armed: f64,
}

/// Sums of one annulus: light, and light times (cos, sin) of θ or 2θ.
#[derive(Default)]
struct Annulus {
    light: f64,
    cos: f64,
    sin: f64,
}

impl Annulus {
    fn add(&mut self, light: f64, (cos, sin): (f64, f64)) {
        self.light += light;
        self.cos += light * cos;
        self.sin += light * sin;
    }

    fn amplitude(&self) -> f64 {
        self.cos.hypot(self.sin) / (self.light + TINY)
    }
}

/// Measures `stamp`.
pub fn measure(stamp: &Stamp, geometry: &Geometry) -> Fourier {
    let [mut lopsided, mut outer, mut bar, mut arms]: [Annulus; 4] = Default::default();
    for (i, &light) in stamp.light.iter().enumerate() {
        let r = geometry.r[i];
        let (cos, sin) = geometry.direction[i];
        let double = (cos * cos - sin * sin, 2.0 * cos * sin);
        if (0.25..0.6).contains(&r) {
            lopsided.add(light, (cos, sin));
            arms.add(light, double);
        }
        if (0.5..1.0).contains(&r) {
            outer.add(light, (cos, sin));
        }
        if (0.05..0.3).contains(&r) {
            bar.add(light, double);
        }
    }
    Fourier {
        lopsided: lopsided.amplitude(),
        lopsided_outer: outer.amplitude(),
        bar: bar.amplitude(),
        two_armed: arms.amplitude(),
    }
}
