//! Conics COP, COE, COD, COO and polyconics BON, PCO (Paper II, sections 5.4 and 5.5).

use std::f64::consts::{FRAC_PI_2, PI};

use super::bisect;

/// Which cone, with the constants its radius needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ConicKind {
    /// Perspective: cos(eta), cot(theta_a).
    Cop(f64, f64),
    /// Equal area: gamma, 1 + sin(theta_1) sin(theta_2).
    Coe(f64, f64),
    /// Equidistant: radius at theta = 0.
    Cod(f64),
    /// Orthomorphic: psi.
    Coo(f64),
    /// Bonne.
    Bon,
    /// Polyconic.
    Pco,
}

/// A conic or polyconic projection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conic {
    kind: ConicKind,
    /// theta_a (BON: theta_1), radians.
    theta_a: f64,
    /// Constant of the cone C.
    c: f64,
    /// Y0: radius of the reference parallel.
    y0: f64,
}

impl Conic {
    /// `None`: the projection degenerates to SFL.
    pub(super) fn from_code(code: &str, pv: &dyn Fn(u32) -> Option<f64>) -> Result<Option<Self>, String> {
        if code == "PCO" {
            return Ok(Some(Self {
                kind: ConicKind::Pco,
                theta_a: 0.0,
                c: 1.0,
                y0: 0.0,
            }));
        }
        let theta_a = pv(1).ok_or_else(|| format!("{code} needs PVi_1"))?.to_radians();
        if code == "BON" {
            if theta_a == 0.0 {
                return Ok(None);
            }
            let y0 = theta_a.cos() / theta_a.sin() + theta_a;
            return Ok(Some(Self {
                kind: ConicKind::Bon,
                theta_a,
                c: 1.0,
                y0,
            }));
        }
        let eta = pv(2).unwrap_or(0.0).to_radians();
        let (t1, t2) = (theta_a - eta, theta_a + eta);
        let impossible = || {
            format!(
                "{code} has no cone for theta_a = {}, eta = {} deg",
                theta_a.to_degrees(),
                eta.to_degrees()
            )
        };
        let cot = theta_a.cos() / theta_a.sin();
        let (kind, c) = match code {
            "COP" => (ConicKind::Cop(eta.cos(), cot), theta_a.sin()),
            "COE" => {
                let gamma = t1.sin() + t2.sin();
                (ConicKind::Coe(gamma, 1.0 + t1.sin() * t2.sin()), 0.5 * gamma)
            }
            "COD" => {
                let (sinc, eta_cot) = if eta == 0.0 {
                    (1.0, 1.0)
                } else {
                    (eta.sin() / eta, eta * eta.cos() / eta.sin())
                };
                (ConicKind::Cod(theta_a + eta_cot * cot), theta_a.sin() * sinc)
            }
            _ => {
                let colat = |t: f64| (0.5 * (FRAC_PI_2 - t)).tan();
                let c = if eta == 0.0 {
                    theta_a.sin()
                } else {
                    (t2.cos() / t1.cos()).ln() / (colat(t2) / colat(t1)).ln()
                };
                (ConicKind::Coo(t1.cos() / (c * colat(t1).powf(c))), c)
            }
        };
        let mut conic = Self {
            kind,
            theta_a,
            c,
            y0: 0.0,
        };
        conic.y0 = conic.radius(theta_a).ok_or_else(impossible)?;
        if !conic.y0.is_finite() || !c.is_finite() || c == 0.0 || theta_a == 0.0 {
            return Err(impossible());
        }
        Ok(Some(conic))
    }

    pub(super) fn reference_latitude(&self) -> f64 {
        match self.kind {
            ConicKind::Bon | ConicKind::Pco => 0.0,
            _ => self.theta_a,
        }
    }

    /// Signed distance of a parallel from the apex.
    #[inline]
    fn radius(&self, theta: f64) -> Option<f64> {
        Some(match self.kind {
            ConicKind::Cop(cos_eta, cot) => {
                let t = theta - self.theta_a;
                if t.cos() <= 1e-15 {
                    return None;
                }
                let r = cos_eta * (cot - t.tan());
                // Beyond the apex the cone's other nappe begins.
                if r * self.theta_a < 0.0 {
                    return None;
                }
                r
            }
            ConicKind::Coe(gamma, k) => 2.0 / gamma * (k - gamma * theta.sin()).max(0.0).sqrt(),
            ConicKind::Cod(r0) => r0 - theta,
            ConicKind::Coo(psi) => {
                let t = (0.5 * (FRAC_PI_2 - theta)).tan();
                if theta <= -FRAC_PI_2 {
                    if self.c < 0.0 { 0.0 } else { return None }
                } else {
                    psi * t.powf(self.c)
                }
            }
            ConicKind::Bon => self.y0 - theta,
            ConicKind::Pco => 0.0,
        })
    }

    #[inline]
    pub(super) fn plane_from_native(&self, phi: f64, theta: f64) -> Option<(f64, f64)> {
        if self.kind == ConicKind::Pco {
            if theta == 0.0 {
                return Some((phi, 0.0));
            }
            let (sin, cos) = theta.sin_cos();
            let a = phi * sin;
            let versine = 2.0 * (0.5 * a).sin().powi(2);
            return Some((cos / sin * a.sin(), theta + cos / sin * versine));
        }
        let r = self.radius(theta)?;
        let a = if self.kind == ConicKind::Bon {
            if r == 0.0 { 0.0 } else { phi * theta.cos() / r }
        } else {
            self.c * phi
        };
        Some((r * a.sin(), self.y0 - r * a.cos()))
    }

    #[inline]
    pub(super) fn native_from_plane(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        if self.kind == ConicKind::Pco {
            return polyconic(x, y);
        }
        let dy = self.y0 - y;
        let r = x.hypot(dy).copysign(self.theta_a);
        let a = if r == 0.0 { 0.0 } else { (x / r).atan2(dy / r) };
        let theta = match self.kind {
            ConicKind::Cop(cos_eta, cot) => self.theta_a + (cot - r / cos_eta).atan(),
            ConicKind::Coe(gamma, k) => super::asin_lenient((k - (0.5 * gamma * r).powi(2)) / gamma)?,
            ConicKind::Cod(r0) => r0 - r,
            ConicKind::Coo(psi) => {
                if r == 0.0 {
                    FRAC_PI_2.copysign(self.c)
                } else {
                    FRAC_PI_2 - 2.0 * (r / psi).powf(1.0 / self.c).atan()
                }
            }
            ConicKind::Bon => self.y0 - r,
            ConicKind::Pco => return None,
        };
        let phi = if self.kind == ConicKind::Bon {
            let cos = theta.cos();
            if cos.abs() < 1e-13 { 0.0 } else { a * r / cos }
        } else {
            a / self.c
        };
        Some((phi, theta))
    }
}

/// Inverse polyconic: the parallel through (x, y) by bisection, then the longitude along it.
fn polyconic(x: f64, y: f64) -> Option<(f64, f64)> {
    let w = y.abs();
    if w < 1e-13 {
        return Some((x, 0.0));
    }
    if w.is_nan() || w > PI * 1.5 {
        return None;
    }
    let square = x * x;
    let f = |t: f64| (square + (w - t).powi(2)) * t.sin() - 2.0 * (w - t) * t.cos();
    let theta = if square == 0.0 && w <= FRAC_PI_2 {
        w
    } else {
        bisect(0.0, w.min(FRAC_PI_2), f)
    };
    let (sin, cos) = theta.sin_cos();
    let phi = (x * sin).atan2(cos - (w - theta) * sin) / sin;
    Some((phi, theta.copysign(y)))
}
