//! Zenithal projections: AZP, SZP, TAN, STG, SIN, ARC, ZPN, ZEA, AIR (Paper II, section 5.1).

use std::f64::consts::{FRAC_PI_2, PI};

use super::bisect;

/// A projection onto a plane touching the native pole.
#[derive(Debug, Clone, PartialEq)]
pub enum Zenithal {
    /// Zenithal perspective.
    Azp {
        /// Distance of the centre of projection behind the sphere's centre, sphere radii.
        mu: f64,
        /// sin, cos and tan of the plane's tilt gamma.
        tilt: [f64; 3],
    },
    /// Slant zenithal perspective: Cartesian position of the centre of projection; the plane is
    /// z = 1.
    Szp {
        /// (x, y, 1 - z) of the centre of projection, sphere radii.
        centre: [f64; 3],
    },
    /// Gnomonic.
    Tan,
    /// Stereographic.
    Stg,
    /// Slant orthographic.
    Sin {
        /// PV2_1.
        xi: f64,
        /// PV2_2.
        eta: f64,
    },
    /// Zenithal equidistant.
    Arc,
    /// Zenithal polynomial in the zenith distance (radians).
    Zpn {
        /// Coefficients, constant first.
        coefficients: Vec<f64>,
        /// Zenith distance of the first maximum of the radius: the map ends there.
        limit: f64,
    },
    /// Zenithal equal area.
    Zea,
    /// Airy; the factor of tan(xi).
    Air {
        /// ln(cos xi_b) / tan²(xi_b).
        factor: f64,
    },
}

impl Zenithal {
    pub(super) fn from_code(code: &str, pv: &dyn Fn(u32) -> Option<f64>) -> Result<Self, String> {
        let degrees = |m: u32, default: f64| pv(m).unwrap_or(default).to_radians();
        Ok(match code {
            "AZP" => {
                let mu = pv(1).unwrap_or(0.0);
                let (sin, cos) = degrees(2, 0.0).sin_cos();
                if mu == -1.0 || cos.abs() < 1e-12 {
                    return Err("AZP needs mu other than -1 and gamma other than 90 deg".into());
                }
                Self::Azp {
                    mu,
                    tilt: [sin, cos, sin / cos],
                }
            }
            "SZP" => {
                let mu = pv(1).unwrap_or(0.0);
                let (sin_phi, cos_phi) = degrees(2, 0.0).sin_cos();
                let (sin_theta, cos_theta) = degrees(3, 90.0).sin_cos();
                let z = mu * sin_theta + 1.0;
                if z == 0.0 {
                    return Err("SZP's centre of projection lies in the plane".into());
                }
                Self::Szp {
                    centre: [-mu * cos_theta * sin_phi, mu * cos_theta * cos_phi, z],
                }
            }
            "TAN" => Self::Tan,
            "STG" => Self::Stg,
            "SIN" => Self::Sin {
                xi: pv(1).unwrap_or(0.0),
                eta: pv(2).unwrap_or(0.0),
            },
            "ARC" => Self::Arc,
            "ZEA" => Self::Zea,
            "ZPN" => Self::polynomial(pv)?,
            _ => {
                let half = 0.5 * (FRAC_PI_2 - degrees(1, 90.0));
                if !(0.0..FRAC_PI_2).contains(&half) {
                    return Err("AIR needs -90 < theta_b <= 90 deg".into());
                }
                let factor = if half < 1e-4 {
                    -0.5
                } else {
                    ln_cos(half) / half.tan().powi(2)
                };
                Self::Air { factor }
            }
        })
    }

    fn polynomial(pv: &dyn Fn(u32) -> Option<f64>) -> Result<Self, String> {
        let mut coefficients: Vec<f64> = (0..30).map(|m| pv(m).unwrap_or(0.0)).collect();
        while coefficients.last() == Some(&0.0) {
            coefficients.pop();
        }
        if coefficients.len() < 2 {
            return Err("ZPN has no polynomial (PVi_1 and up)".into());
        }
        let slope = |w: f64| polynomial(&coefficients, w).1;
        if slope(0.0).is_nan() || slope(0.0) <= 0.0 {
            return Err("ZPN's polynomial does not increase at the pole".into());
        }
        let step = PI / 180.0;
        let limit = (1..=180)
            .map(|i| f64::from(i) * step)
            .find(|&w| slope(w) <= 0.0)
            .map_or(PI, |w| bisect(w - step, w, slope));
        Ok(Self::Zpn { coefficients, limit })
    }

    #[inline]
    pub(super) fn plane_from_native(&self, phi: f64, theta: f64) -> Option<(f64, f64)> {
        let (sin_phi, cos_phi) = phi.sin_cos();
        let (sin_theta, cos_theta) = theta.sin_cos();
        // 1 - sin(theta) without cancellation at the pole.
        let depth = || 2.0 * (0.5 * (FRAC_PI_2 - theta)).sin().powi(2);
        let radius = match self {
            Self::Tan => {
                if sin_theta <= 0.0 {
                    return None;
                }
                cos_theta / sin_theta
            }
            Self::Sin { xi, eta } => {
                if theta < -(xi * sin_phi - eta * cos_phi).atan() {
                    return None;
                }
                return Some((
                    cos_theta * sin_phi + xi * depth(),
                    -cos_theta * cos_phi + eta * depth(),
                ));
            }
            Self::Arc => FRAC_PI_2 - theta,
            Self::Stg => {
                if sin_theta <= -1.0 {
                    return None;
                }
                2.0 * (0.5 * (FRAC_PI_2 - theta)).tan()
            }
            Self::Zea => 2.0 * (0.5 * (FRAC_PI_2 - theta)).sin(),
            Self::Zpn { coefficients, limit } => {
                let w = FRAC_PI_2 - theta;
                if w > *limit {
                    return None;
                }
                polynomial(coefficients, w).0
            }
            Self::Air { factor } => {
                let xi = 0.5 * (FRAC_PI_2 - theta);
                if xi >= FRAC_PI_2 {
                    return None;
                }
                airy(xi, *factor)
            }
            Self::Azp { mu, tilt } => {
                let s = mu + sin_theta + cos_theta * cos_phi * tilt[2];
                // Behind the centre of projection, or hidden by a nearer part of the sphere.
                if s * (mu + 1.0) <= 0.0 || (mu.abs() > 1.0 && theta < (-1.0 / mu).asin()) {
                    return None;
                }
                let r = (mu + 1.0) * cos_theta / s;
                return Some((r * sin_phi, -r * cos_phi / tilt[1]));
            }
            Self::Szp { centre: [cx, cy, cz] } => {
                let w = depth();
                let s = cz - w;
                let (px, py) = (cos_theta * sin_phi, -cos_theta * cos_phi);
                // Seen from outside the sphere, the half that faces the centre of projection is
                // hidden. (wcslib hides a strip more, from which its own inverse still comes.)
                let outside = cx * cx + cy * cy + (1.0 - cz) * (1.0 - cz) > 1.0;
                let towards_centre = px * cx + py * cy + sin_theta * (1.0 - cz) - 1.0;
                if s * cz <= 0.0 || (outside && towards_centre * cz > 0.0) {
                    return None;
                }
                return Some(((cz * px - cx * w) / s, (cz * py - cy * w) / s));
            }
        };
        Some((radius * sin_phi, -radius * cos_phi))
    }

    #[inline]
    pub(super) fn native_from_plane(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let r = x.hypot(y);
        let zenith_distance = match self {
            Self::Tan => return Some((polar_angle(x, y), 1.0_f64.atan2(r))),
            Self::Sin { xi, eta } => return slant(x, y, *xi, *eta),
            Self::Szp { centre: [cx, cy, cz] } => {
                return slant(x, y, (x - cx) / cz, (y - cy) / cz);
            }
            Self::Arc => r,
            Self::Stg => 2.0 * (0.5 * r).atan(),
            Self::Zea => 2.0 * super::asin_lenient(0.5 * r)?,
            Self::Zpn { coefficients, limit } => zpn_inverse(coefficients, *limit, r)?,
            Self::Air { factor } => {
                if r == 0.0 {
                    0.0
                } else {
                    let top = FRAC_PI_2 * (1.0 - 1e-12);
                    if airy(top, *factor) < r {
                        return None;
                    }
                    2.0 * bisect(0.0, top, |xi| airy(xi, *factor) - r)
                }
            }
            Self::Azp {
                mu,
                tilt: [sin, cos, _],
            } => {
                let yc = y * cos;
                let r = x.hypot(yc);
                let phi = polar_angle(x, yc);
                if r == 0.0 {
                    return Some((0.0, FRAC_PI_2));
                }
                let rho = r / ((mu + 1.0) + y * sin);
                let omega = super::asin_lenient(rho * mu / rho.hypot(1.0))?;
                let psi = 1.0_f64.atan2(rho);
                let fold = |a: f64| if a > FRAC_PI_2 + 1e-13 { a - 2.0 * PI } else { a };
                let theta = fold(psi - omega).max(fold(psi + omega + PI));
                return Some((phi, theta));
            }
        };
        Some((polar_angle(x, y), FRAC_PI_2 - zenith_distance))
    }
}

/// Native longitude of a point of a zenithal plane; 0 at the pole.
#[inline]
fn polar_angle(x: f64, y: f64) -> f64 {
    if x == 0.0 && y == 0.0 { 0.0 } else { x.atan2(-y) }
}

/// Intersects the sphere with the line through plane point (x, y) whose direction is (xi, eta, 1):
/// orthographic and perspective projections differ only in that direction. Solved for
/// 1 - sin(theta), which keeps full precision at the pole; the nearer intersection is taken.
#[inline]
fn slant(x: f64, y: f64, xi: f64, eta: f64) -> Option<(f64, f64)> {
    let a = 1.0 + xi * xi + eta * eta;
    let b = 1.0 + xi * x + eta * y;
    let c = x * x + y * y;
    let discriminant = b * b - a * c;
    if discriminant < -1e-12 {
        return None;
    }
    let root = discriminant.max(0.0).sqrt();
    let depth = if b >= 0.0 { c / (b + root) } else { (b - root) / a };
    if !(-1e-12..=2.0 + 1e-12).contains(&depth) {
        return None;
    }
    let (px, py) = (x - xi * depth, y - eta * depth);
    Some((polar_angle(px, py), (1.0 - depth).atan2(px.hypot(py))))
}

/// Value and derivative, Horner.
#[inline]
fn polynomial(coefficients: &[f64], w: f64) -> (f64, f64) {
    let (mut value, mut slope) = (0.0, 0.0);
    for c in coefficients.iter().rev() {
        slope = slope * w + value;
        value = value * w + c;
    }
    (value, slope)
}

fn zpn_inverse(coefficients: &[f64], limit: f64, r: f64) -> Option<f64> {
    let (low, high) = (polynomial(coefficients, 0.0).0, polynomial(coefficients, limit).0);
    if r < low - 1e-13 || r > high + 1e-13 {
        return None;
    }
    // Newton from the linear guess, kept inside the bracket by bisection steps.
    let (mut a, mut b) = (0.0, limit);
    let mut w = ((r - low) / (high - low) * limit).clamp(0.0, limit);
    for _ in 0..100 {
        let (value, slope) = polynomial(coefficients, w);
        if value > r {
            b = w;
        } else {
            a = w;
        }
        let step = w - (value - r) / slope;
        let next = if step > a && step < b { step } else { 0.5 * (a + b) };
        if (next - w).abs() <= 1e-16 * limit {
            return Some(next);
        }
        w = next;
    }
    Some(w)
}

/// ln(cos x) without cancellation for small x.
fn ln_cos(x: f64) -> f64 {
    let s = (0.5 * x).sin();
    (-2.0 * s * s).ln_1p()
}

fn airy(xi: f64, factor: f64) -> f64 {
    if xi <= 0.0 {
        return 0.0;
    }
    let tan = xi.tan();
    -2.0 * (ln_cos(xi) / tan + factor * tan)
}
