//! Cylindrical and pseudo-cylindrical projections: CYP, CEA, CAR, MER, SFL, PAR, MOL, AIT
//! (Paper II, sections 5.2 and 5.3).

use std::f64::consts::{FRAC_PI_2, PI, SQRT_2};

use super::asin_lenient;

/// A projection whose reference point lies on the native equator.
#[derive(Debug, Clone, PartialEq)]
pub enum Cylindrical {
    /// Cylindrical perspective.
    Cyp {
        /// Distance of the centre of projection from the axis, sphere radii.
        mu: f64,
        /// Radius of the cylinder, sphere radii.
        lambda: f64,
    },
    /// Cylindrical equal area.
    Cea {
        /// Square of the cosine of the conformal latitude.
        lambda: f64,
    },
    /// Plate carrée.
    Car,
    /// Mercator.
    Mer,
    /// Sanson-Flamsteed (the old code GLS).
    Sfl,
    /// Parabolic.
    Par,
    /// Mollweide.
    Mol,
    /// Hammer-Aitoff.
    Ait,
}

impl Cylindrical {
    pub(super) fn from_code(code: &str, pv: &dyn Fn(u32) -> Option<f64>) -> Result<Self, String> {
        Ok(match code {
            "CYP" => {
                let (mu, lambda) = (pv(1).unwrap_or(1.0), pv(2).unwrap_or(1.0));
                if mu + lambda == 0.0 || lambda == 0.0 {
                    return Err("CYP needs lambda and mu + lambda other than 0".into());
                }
                Self::Cyp { mu, lambda }
            }
            "CEA" => {
                let lambda = pv(1).unwrap_or(1.0);
                if !(lambda > 0.0 && lambda <= 1.0) {
                    return Err("CEA needs 0 < lambda <= 1".into());
                }
                Self::Cea { lambda }
            }
            "CAR" => Self::Car,
            "MER" => Self::Mer,
            "SFL" => Self::Sfl,
            "PAR" => Self::Par,
            "MOL" => Self::Mol,
            _ => Self::Ait,
        })
    }

    #[inline]
    pub(super) fn plane_from_native(&self, phi: f64, theta: f64) -> Option<(f64, f64)> {
        Some(match self {
            Self::Car => (phi, theta),
            Self::Cyp { mu, lambda } => {
                let s = mu + theta.cos();
                if s == 0.0 {
                    return None;
                }
                (lambda * phi, (mu + lambda) * theta.sin() / s)
            }
            Self::Cea { lambda } => (phi, theta.sin() / lambda),
            Self::Mer => {
                if theta.abs() >= FRAC_PI_2 {
                    return None;
                }
                (phi, theta.tan().asinh())
            }
            Self::Sfl => (phi * theta.cos(), theta),
            Self::Par => {
                let s = (theta / 3.0).sin();
                (phi * (1.0 - 4.0 * s * s), PI * s)
            }
            Self::Mol => {
                let depth = 2.0 * (0.5 * (FRAC_PI_2 - theta.abs())).sin().powi(2);
                let e = mollweide_angle(PI * depth);
                (
                    2.0 * SQRT_2 / PI * phi * e.sin(),
                    (SQRT_2 * e.cos()).copysign(theta),
                )
            }
            Self::Ait => {
                let (sin_half, cos_half) = (0.5 * phi).sin_cos();
                let (sin, cos) = theta.sin_cos();
                let gamma = (2.0 / (1.0 + cos * cos_half)).sqrt();
                (2.0 * gamma * cos * sin_half, gamma * sin)
            }
        })
    }

    #[inline]
    pub(super) fn native_from_plane(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        // Where parallels shrink to a point only that point is on the map.
        let scaled = |x: f64, by: f64| {
            if by.abs() > 1e-13 {
                Some(x / by)
            } else {
                (x.abs() < 1e-12).then_some(0.0)
            }
        };
        Some(match self {
            Self::Car => (x, y),
            Self::Cyp { mu, lambda } => {
                let eta = y / (mu + lambda);
                (x / lambda, eta.atan() + asin_lenient(eta * mu / eta.hypot(1.0))?)
            }
            Self::Cea { lambda } => (x, asin_lenient(y * lambda)?),
            Self::Mer => (x, y.sinh().atan()),
            Self::Sfl => (scaled(x, y.cos())?, y),
            Self::Par => {
                let s = y / PI;
                let theta = 3.0 * asin_lenient(s)?;
                (scaled(x, 1.0 - 4.0 * s * s)?, theta)
            }
            Self::Mol => {
                let c = y.abs() / SQRT_2;
                if c > 1.0 + 1e-12 {
                    return None;
                }
                let e = c.min(1.0).acos();
                let theta = FRAC_PI_2 - 2.0 * asin_lenient((angle_minus_sine(2.0 * e) / (2.0 * PI)).sqrt())?;
                (scaled(x * PI / (2.0 * SQRT_2), e.sin())?, theta.copysign(y))
            }
            Self::Ait => {
                let z2 = 1.0 - (0.25 * x).powi(2) - (0.5 * y).powi(2);
                if z2 < 0.5 - 1e-12 {
                    return None;
                }
                let z = z2.max(0.5).sqrt();
                let phi = 2.0 * (0.5 * z * x).atan2(2.0 * z * z - 1.0);
                (phi, asin_lenient(y * z)?)
            }
        })
    }
}

/// t - sin t without cancellation.
fn angle_minus_sine(t: f64) -> f64 {
    if t.abs() > 0.2 {
        return t - t.sin();
    }
    let t2 = t * t;
    t * t2 / 6.0 * (1.0 - t2 / 20.0 * (1.0 - t2 / 42.0 * (1.0 - t2 / 72.0 * (1.0 - t2 / 110.0))))
}

/// Mollweide's auxiliary angle counted from the pole: e in 2e - sin 2e = c, 0 <= c <= pi.
/// Newton from the cube-root start, from which it is monotone.
fn mollweide_angle(c: f64) -> f64 {
    if c <= 0.0 {
        return 0.0;
    }
    let mut e = (0.75 * c).cbrt().min(FRAC_PI_2);
    for _ in 0..30 {
        let slope = 4.0 * e.sin().powi(2);
        let step = (angle_minus_sine(2.0 * e) - c) / slope;
        e -= step;
        if step.abs() <= 1e-16 * e {
            break;
        }
    }
    e
}
