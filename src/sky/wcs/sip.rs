//! Simple Imaging Polynomial: distortion in pixels, before the linear step.
//!
//! Source: Shupe et al. 2005, ADASS XIV, 491. The inverse iterates the forward polynomial; the
//! header's own AP/BP are approximations (often to a tenth of a pixel) and only serve as a second
//! starting point.

use super::polynomial::{Polynomial2, newton};

/// Largest order read; the convention goes to 9.
pub const MAX_ORDER: i64 = 20;

/// SIP coefficients. Coordinates u, v are pixels from CRPIX.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sip {
    /// A_i_j: added to u.
    pub a: Polynomial2,
    /// B_i_j: added to v.
    pub b: Polynomial2,
    /// AP_i_j and BP_i_j where given.
    pub inverse: Option<(Polynomial2, Polynomial2)>,
}

impl Sip {
    /// From the detector's (u, v) to undistorted ones.
    #[inline]
    pub fn undistort(&self, u: f64, v: f64) -> (f64, f64) {
        (u + self.a.value(u, v), v + self.b.value(u, v))
    }

    /// From undistorted coordinates to the detector's, to 1e-10 pixel; `None` where the polynomial
    /// cannot be inverted.
    #[inline]
    pub fn distort(&self, u: f64, v: f64) -> Option<(f64, f64)> {
        let map = |x: f64, y: f64| {
            let (f, fx, fy) = self.a.jet(x, y);
            let (g, gx, gy) = self.b.jet(x, y);
            ((x + f, 1.0 + fx, fy), (y + g, gx, 1.0 + gy))
        };
        newton((u, v), (u, v), 1e-10, map).or_else(|| {
            let (ap, bp) = self.inverse.as_ref()?;
            let start = (u + ap.value(u, v), v + bp.value(u, v));
            newton(start, (u, v), 1e-10, map)
        })
    }
}
