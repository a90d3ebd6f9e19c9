//! Distortions of the intermediate world coordinates, between the linear step and a gnomonic
//! projection: TPV (and SCAMP's older TAN with PV), TNX and ZPX.
//!
//! Sources: <https://fits.gsfc.nasa.gov/registry/tpvwcs/tpv.html>; Shupe et al. 2012, Proc. SPIE
//! 8451; <https://fits.gsfc.nasa.gov/registry/tnx/tnx-doc.html>. Coordinates are in degrees.

use super::polynomial::{Jet, Polynomial2, newton};

/// Where in the PVi_m sequence the odd powers of r stand: m and the power.
const RADIAL: [(u32, usize); 4] = [(3, 1), (11, 3), (23, 5), (39, 7)];

/// A map of the tangent plane onto itself: polynomials plus odd powers of the radius.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaneDistortion {
    /// Undistorted xi of (xi, eta).
    xi: Polynomial2,
    /// Undistorted eta of (xi, eta).
    eta: Polynomial2,
    /// Coefficients of r, r³, r⁵, r⁷ for each axis; `None` when all vanish.
    radial: Option<[[f64; 4]; 2]>,
}

impl PlaneDistortion {
    /// TPV's map from `PVi_m` of the longitude and latitude axes. Only PVi_1 defaults to one.
    pub fn tpv(pv_lon: &dyn Fn(u32) -> Option<f64>, pv_lat: &dyn Fn(u32) -> Option<f64>) -> Self {
        let (mut xi, mut eta) = (Polynomial2::zero(7), Polynomial2::zero(7));
        let mut radial = [[0.0; 4]; 2];
        let mut m = 0;
        for degree in 0..=7_usize {
            for j in 0..=degree {
                let default = if m == 1 { 1.0 } else { 0.0 };
                xi.add(degree - j, j, pv_lon(m).unwrap_or(default));
                // The second axis names its own coordinate first.
                eta.add(j, degree - j, pv_lat(m).unwrap_or(default));
                m += 1;
            }
            if let Some(k) = RADIAL.iter().position(|(at, _)| *at == m) {
                radial[0][k] = pv_lon(m).unwrap_or(0.0);
                radial[1][k] = pv_lat(m).unwrap_or(0.0);
                m += 1;
            }
        }
        let radial = radial.iter().flatten().any(|&c| c != 0.0).then_some(radial);
        Self {
            xi: trimmed(xi),
            eta: trimmed(eta),
            radial,
        }
    }

    /// TNX's map: corrections added to the coordinates.
    pub fn correction(mut lon: Polynomial2, mut lat: Polynomial2) -> Self {
        if lon.order() == 0 {
            lon = with_order(&lon, 1);
        }
        if lat.order() == 0 {
            lat = with_order(&lat, 1);
        }
        lon.add(1, 0, 1.0);
        lat.add(0, 1, 1.0);
        Self {
            xi: lon,
            eta: lat,
            radial: None,
        }
    }

    #[inline]
    fn jets(&self, x: f64, y: f64) -> (Jet, Jet) {
        let (mut f, mut g) = (self.xi.jet(x, y), self.eta.jet(x, y));
        if let Some(radial) = &self.radial {
            let r = x.hypot(y);
            let r2 = r * r;
            for (jet, c) in [(&mut f, &radial[0]), (&mut g, &radial[1])] {
                let even = c[0] + r2 * (c[1] + r2 * (c[2] + r2 * c[3]));
                let slope = c[0] + r2 * (3.0 * c[1] + r2 * (5.0 * c[2] + r2 * 7.0 * c[3]));
                jet.0 += r * even;
                if r > 0.0 {
                    jet.1 += slope * x / r;
                    jet.2 += slope * y / r;
                }
            }
        }
        (f, g)
    }

    /// From linear coordinates (degrees) to those of the projection.
    #[inline]
    pub fn undistort(&self, x: f64, y: f64) -> (f64, f64) {
        let ((f, ..), (g, ..)) = self.jets(x, y);
        (f, g)
    }

    /// The inverse, to `tolerance` degrees; `None` where there is none.
    #[inline]
    pub fn distort(&self, x: f64, y: f64, tolerance: f64) -> Option<(f64, f64)> {
        newton((x, y), (x, y), tolerance, |a, b| self.jets(a, b))
    }
}

/// The same polynomial without vanishing highest powers: most TPV headers stop at degree 3.
fn trimmed(p: Polynomial2) -> Polynomial2 {
    let vanishes = |d: usize| (0..=d).all(|j| p.get(d - j, j) == 0.0);
    let order = (0..=p.order()).rev().find(|&d| !vanishes(d)).unwrap_or(0);
    with_order(&p, order)
}

fn with_order(p: &Polynomial2, order: usize) -> Polynomial2 {
    let mut q = Polynomial2::zero(order);
    for i in 0..=order {
        for j in 0..=order - i {
            q.add(i, j, p.get(i, j));
        }
    }
    q
}
