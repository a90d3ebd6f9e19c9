//! HPX and XPH: the HEALPix projection and its polar ("butterfly") form
//! (Calabretta & Roukema 2007; Calabretta & Lowe 2013, PASA 30, e050).

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::asin_lenient;

/// A HEALPix projection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Healpix {
    /// HPX with H facets around the equator and K rows.
    Grid {
        /// H.
        h: f64,
        /// K.
        k: f64,
        /// Whether K is odd.
        odd: bool,
    },
    /// XPH.
    Polar,
}

impl Healpix {
    pub(super) fn grid(h: f64, k: f64) -> Result<Self, String> {
        if !(h > 0.0 && k > 0.0 && h < 1e6 && k < 1e6) {
            return Err("HPX needs H > 0 and K > 0".into());
        }
        Ok(Self::Grid {
            h,
            k,
            odd: k.round() % 2.0 != 0.0,
        })
    }

    /// Longitude of the centre of the polar facet that holds `x`.
    fn facet_centre(x: f64, h: f64, omega: f64) -> f64 {
        -PI + (2.0 * ((x + PI) * h / (2.0 * PI) + 0.5 * (1.0 - omega)).floor() + omega) * PI / h
    }

    pub(super) fn plane_from_native(&self, phi: f64, theta: f64) -> (f64, f64) {
        let (h, k, odd) = match *self {
            Self::Polar => return butterfly(phi, theta),
            Self::Grid { h, k, odd } => (h, k, odd),
        };
        let sin = theta.sin();
        if sin.abs() <= (k - 1.0) / k {
            return (phi, FRAC_PI_2 * k / h * sin);
        }
        let omega = if odd || theta > 0.0 { 1.0 } else { 0.0 };
        let sigma = (k * depth(theta)).sqrt();
        let centre = Self::facet_centre(phi, h, omega);
        let y = PI / h * (0.5 * (k + 1.0) - sigma);
        (centre + (phi - centre) * sigma, y.copysign(theta))
    }

    pub(super) fn native_from_plane(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (h, k, odd) = match *self {
            Self::Polar => return unbutterfly(x, y),
            Self::Grid { h, k, odd } => (h, k, odd),
        };
        let limit = FRAC_PI_2 * (k - 1.0) / h;
        if y.abs() <= limit {
            return Some((x, asin_lenient(y * h / (FRAC_PI_2 * k))?));
        }
        if y.abs() > FRAC_PI_2 * (k + 1.0) / h + 1e-12 {
            return None;
        }
        let omega = if odd || y > 0.0 { 1.0 } else { 0.0 };
        let sigma = (0.5 * (k + 1.0) - y.abs() * h / PI).max(0.0);
        let centre = Self::facet_centre(x, h, omega);
        let offset = x - centre;
        if offset.abs() > sigma * PI / h + 1e-12 {
            return None;
        }
        let phi = if sigma == 0.0 {
            centre
        } else {
            centre + offset / sigma
        };
        Some((phi, theta_of(sigma * sigma / k, y)?))
    }
}

/// 1 - |sin theta| without cancellation at the poles.
fn depth(theta: f64) -> f64 {
    2.0 * (0.5 * (FRAC_PI_2 - theta.abs())).sin().powi(2)
}

/// Latitude whose `depth` is given, with the sign of `side`.
fn theta_of(depth: f64, side: f64) -> Option<f64> {
    Some((FRAC_PI_2 - 2.0 * asin_lenient((0.5 * depth).sqrt())?).copysign(side))
}

fn butterfly(phi: f64, theta: f64) -> (f64, f64) {
    let quadrant = ((phi + PI) / FRAC_PI_2).floor().clamp(0.0, 3.0);
    let psi = phi + PI - quadrant * FRAC_PI_2;
    let sin = theta.sin();
    // (xi, eta) within a facet, from its own vertex at the pole.
    let (xi, eta) = if sin.abs() <= 2.0 / 3.0 {
        (psi - FRAC_PI_4, 0.75 * FRAC_PI_2 * sin - FRAC_PI_2)
    } else {
        let sigma = (3.0 * depth(theta)).sqrt();
        (
            (psi - FRAC_PI_4) * sigma,
            (FRAC_PI_4 * (2.0 - sigma)).copysign(theta) - FRAC_PI_2,
        )
    };
    let (a, b) = (
        xi * std::f64::consts::FRAC_1_SQRT_2,
        eta * std::f64::consts::FRAC_1_SQRT_2,
    );
    match quadrant as i32 {
        0 => (b - a, -a - b),
        1 => (a + b, b - a),
        2 => (a - b, a + b),
        _ => (-a - b, a - b),
    }
}

fn unbutterfly(x: f64, y: f64) -> Option<(f64, f64)> {
    let s = std::f64::consts::FRAC_1_SQRT_2;
    let (xi, eta, centre) = if x <= 0.0 && y > 0.0 {
        (-(x + y) * s, (x - y) * s, -0.75 * PI)
    } else if x < 0.0 && y <= 0.0 {
        ((x - y) * s, (x + y) * s, -FRAC_PI_4)
    } else if x >= 0.0 && y < 0.0 {
        ((x + y) * s, (y - x) * s, FRAC_PI_4)
    } else {
        ((y - x) * s, -(x + y) * s, 0.75 * PI)
    };
    let eta = eta + FRAC_PI_2;
    if eta.abs() <= FRAC_PI_4 {
        if xi.abs() > FRAC_PI_4 + 1e-12 {
            return None;
        }
        return Some((centre + xi, asin_lenient(eta / (0.75 * FRAC_PI_2))?));
    }
    let sigma = 2.0 - eta.abs() / FRAC_PI_4;
    if sigma < -1e-12 || xi.abs() > FRAC_PI_4 * sigma + 1e-12 {
        return None;
    }
    let phi = if sigma <= 0.0 { centre } else { centre + xi / sigma };
    Some((phi, theta_of(sigma * sigma / 3.0, eta)?))
}
