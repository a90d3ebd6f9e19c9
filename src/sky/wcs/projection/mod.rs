//! Map projections: native spherical coordinates to and from the projection plane.
//!
//! Source: Calabretta & Greisen 2002, A&A 395, 1077 ("Paper II"); HPX and XPH: Calabretta & Roukema
//! 2007, MNRAS 381, 865. Both coordinates of both spaces are in radians here: native longitude phi
//! in [-pi, pi], native latitude theta in [-pi/2, pi/2], plane x and y in units of the generating
//! sphere's radius.

mod conic;
mod cube;
mod cylindrical;
mod healpix;
mod zenithal;

use std::f64::consts::{FRAC_PI_2, PI};

pub use conic::Conic;
pub use cube::CubeKind;
pub use cylindrical::Cylindrical;
pub use healpix::Healpix;
pub use zenithal::Zenithal;

/// Slack when native coordinates are checked against the sphere, radians.
const ON_SPHERE: f64 = 2e-12;

/// A projection with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Projection {
    /// Zenithal (azimuthal): AZP, SZP, TAN, STG, SIN, ARC, ZPN, ZEA, AIR.
    Zenithal(Zenithal),
    /// Cylindrical and pseudo-cylindrical: CYP, CEA, CAR, MER, SFL, PAR, MOL, AIT.
    Cylindrical(Cylindrical),
    /// Conics, and the polyconics that behave like them: COP, COE, COD, COO, BON, PCO.
    Conic(Conic),
    /// Quadrilateralised cubes: TSC, CSC, QSC.
    Cube(CubeKind),
    /// HPX and XPH.
    Healpix(Healpix),
}

impl Projection {
    /// The projection of a three-letter code with `PVi_m` of the latitude axis by `m` (degrees
    /// where the paper says so). Errors say what is missing or impossible; an unknown code is
    /// `Ok(None)`.
    pub fn from_code(code: &str, pv: &dyn Fn(u32) -> Option<f64>) -> Result<Option<Self>, String> {
        let found = match code {
            "AZP" | "SZP" | "TAN" | "STG" | "SIN" | "ARC" | "ZPN" | "ZEA" | "AIR" => {
                Self::Zenithal(Zenithal::from_code(code, pv)?)
            }
            "CYP" | "CEA" | "CAR" | "MER" | "SFL" | "PAR" | "MOL" | "AIT" => {
                Self::Cylindrical(Cylindrical::from_code(code, pv)?)
            }
            "COP" | "COE" | "COD" | "COO" | "BON" | "PCO" => Self::conic(code, pv)?,
            "TSC" => Self::Cube(CubeKind::Tangential),
            "CSC" => Self::Cube(CubeKind::Cobe),
            "QSC" => Self::Cube(CubeKind::EqualArea),
            "HPX" => Self::Healpix(Healpix::grid(pv(1).unwrap_or(4.0), pv(2).unwrap_or(3.0))?),
            "XPH" => Self::Healpix(Healpix::Polar),
            _ => return Ok(None),
        };
        Ok(Some(found))
    }

    fn conic(code: &str, pv: &dyn Fn(u32) -> Option<f64>) -> Result<Self, String> {
        match Conic::from_code(code, pv)? {
            Some(conic) => Ok(Self::Conic(conic)),
            // Bonne's projection about the equator is Sanson-Flamsteed's.
            None => Ok(Self::Cylindrical(Cylindrical::Sfl)),
        }
    }

    /// Native latitude theta0 of the reference point, radians (native longitude is always 0).
    pub fn reference_latitude(&self) -> f64 {
        match self {
            Self::Zenithal(_) | Self::Healpix(Healpix::Polar) => FRAC_PI_2,
            Self::Conic(conic) => conic.reference_latitude(),
            _ => 0.0,
        }
    }

    /// Projects native (phi, theta); `None` where the projection has no such point.
    #[inline]
    pub fn plane_from_native(&self, phi: f64, theta: f64) -> Option<(f64, f64)> {
        let (x, y) = match self {
            Self::Zenithal(p) => p.plane_from_native(phi, theta)?,
            Self::Cylindrical(p) => p.plane_from_native(phi, theta)?,
            Self::Conic(p) => p.plane_from_native(phi, theta)?,
            Self::Cube(p) => p.plane_from_native(phi, theta),
            Self::Healpix(p) => p.plane_from_native(phi, theta),
        };
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }

    /// Deprojects plane (x, y) to native (phi, theta); `None` off the map.
    #[inline]
    pub fn native_from_plane(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (phi, theta) = match self {
            Self::Zenithal(p) => p.native_from_plane(x, y)?,
            Self::Cylindrical(p) => p.native_from_plane(x, y)?,
            Self::Conic(p) => p.native_from_plane(x, y)?,
            Self::Cube(p) => p.native_from_plane(x, y)?,
            Self::Healpix(p) => p.native_from_plane(x, y)?,
        };
        // NaN fails both comparisons.
        (phi.abs() <= PI + ON_SPHERE && theta.abs() <= FRAC_PI_2 + ON_SPHERE)
            .then(|| (phi.clamp(-PI, PI), theta.clamp(-FRAC_PI_2, FRAC_PI_2)))
    }
}

/// asin of a number that rounding may have pushed past one; `None` when it is truly out of range.
fn asin_lenient(v: f64) -> Option<f64> {
    (v.abs() <= 1.0 + 1e-12).then(|| v.clamp(-1.0, 1.0).asin())
}

/// A root of a function that changes sign between `low` and `high`: bisection until the interval
/// no longer shrinks. Slow and certain; used by projections without closed inverse.
fn bisect(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let rising = f(high) > 0.0;
    for _ in 0..100 {
        let mid = 0.5 * (low + high);
        if mid <= low.min(high) || mid >= low.max(high) {
            break;
        }
        if (f(mid) > 0.0) == rising {
            high = mid;
        } else {
            low = mid;
        }
    }
    0.5 * (low + high)
}
