//! The rotation between native and celestial spherical coordinates.
//!
//! Source: Calabretta & Greisen 2002 (Paper II), section 2. All angles in radians.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Latitudes this near a pole are the pole.
const AT_POLE: f64 = 1e-12;

/// Where the native pole lies on the sky.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NativePole {
    /// Celestial longitude of the native pole (alpha_p).
    lon: f64,
    /// Native longitude of the celestial pole (phi_p, LONPOLE).
    phi: f64,
    /// sin and cos of the celestial latitude of the native pole (delta_p).
    sin: f64,
    cos: f64,
    /// +1 or -1 when the poles coincide or oppose: longitudes then only shift.
    aligned: f64,
}

/// The point whose celestial and native coordinates are both known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fiducial {
    /// Celestial (lon, lat): CRVAL.
    pub sky: (f64, f64),
    /// Native (phi0, theta0).
    pub native: (f64, f64),
}

impl NativePole {
    /// Finds the pole from the fiducial point, LONPOLE (`phi_pole`) and LATPOLE, which chooses
    /// between two solutions (Paper II, equations 8–10). `None` if no pole satisfies them.
    pub fn new(at: Fiducial, phi_pole: f64, lat_pole: f64) -> Option<Self> {
        let ((lon0, lat0), (phi0, theta0)) = (at.sky, at.native);
        if !(lat0.abs() <= FRAC_PI_2 + AT_POLE && lon0.is_finite() && phi_pole.is_finite()) {
            return None;
        }
        if theta0 == FRAC_PI_2 {
            return Some(Self::at(lon0, lat0, phi_pole));
        }
        let (sin0, cos0) = theta0.sin_cos();
        let (sin_dphi, cos_dphi) = (phi_pole - phi0).sin_cos();
        let (sin_lat, cos_lat) = lat0.sin_cos();
        let z = (1.0 - (cos0 * sin_dphi).powi(2)).max(0.0).sqrt();
        let lat = if z < 1e-10 {
            if sin_lat.abs() > 1e-10 {
                return None;
            }
            lat_pole
        } else {
            let slz = sin_lat / z;
            if slz.abs() > 1.0 + 1e-12 {
                return None;
            }
            let u = sin0.atan2(cos0 * cos_dphi);
            let v = slz.clamp(-1.0, 1.0).acos();
            let wrap = |a: f64| {
                if a > PI {
                    a - TAU
                } else if a < -PI {
                    a + TAU
                } else {
                    a
                }
            };
            let (first, second) = (wrap(u + v), wrap(u - v));
            let (near, far) = if (lat_pole - first).abs() < (lat_pole - second).abs() {
                (first, second)
            } else {
                (second, first)
            };
            if near.abs() <= FRAC_PI_2 + 1e-10 {
                near
            } else {
                far
            }
        };
        if lat.is_nan() || lat.abs() > FRAC_PI_2 + 1e-10 {
            return None;
        }
        let lat = lat.clamp(-FRAC_PI_2, FRAC_PI_2);
        let (sin_p, cos_p) = lat.sin_cos();
        let z = cos_p * cos_lat;
        let lon = if z.abs() < 1e-10 {
            if cos_lat.abs() < 1e-10 {
                lon0
            } else if lat > 0.0 {
                lon0 + phi_pole - phi0 - PI
            } else {
                lon0 - phi_pole + phi0
            }
        } else {
            let x = (sin0 - sin_p * sin_lat) / z;
            let y = sin_dphi * cos0 / cos_lat;
            if x == 0.0 && y == 0.0 {
                return None;
            }
            lon0 - y.atan2(x)
        };
        Some(Self::at(lon, lat, phi_pole))
    }

    fn at(lon: f64, lat: f64, phi: f64) -> Self {
        let (sin, cos) = lat.sin_cos();
        let aligned = if (lat.abs() - FRAC_PI_2).abs() < AT_POLE {
            lat.signum()
        } else {
            0.0
        };
        Self {
            lon,
            phi,
            sin,
            cos,
            aligned,
        }
    }

    /// Native (phi, theta) to celestial (lon in [0, 2 pi), lat).
    #[inline]
    pub fn sky_from_native(&self, phi: f64, theta: f64) -> (f64, f64) {
        let dphi = phi - self.phi;
        let (lon, lat) = if self.aligned > 0.0 {
            (self.lon + dphi + PI, theta)
        } else if self.aligned < 0.0 {
            (self.lon - dphi, -theta)
        } else {
            let (dlon, lat) = self.rotate(dphi, theta);
            (self.lon + dlon, lat)
        };
        (positive(lon), lat)
    }

    /// Celestial (lon, lat) to native (phi in [-pi, pi], theta).
    #[inline]
    pub fn native_from_sky(&self, lon: f64, lat: f64) -> (f64, f64) {
        let dlon = lon - self.lon;
        let (phi, theta) = if self.aligned > 0.0 {
            (self.phi + dlon - PI, lat)
        } else if self.aligned < 0.0 {
            (self.phi - dlon, -lat)
        } else {
            let (dphi, theta) = self.rotate(dlon, lat);
            (self.phi + dphi, theta)
        };
        (symmetric(phi), theta)
    }

    /// The rotation is its own inverse once longitudes are counted from the poles' meridian.
    #[inline]
    fn rotate(&self, longitude: f64, latitude: f64) -> (f64, f64) {
        let (sin_lon, cos_lon) = longitude.sin_cos();
        let (z, r) = latitude.sin_cos();
        let (x, y) = (r * cos_lon, r * sin_lon);
        let to_x = z * self.cos - x * self.sin;
        let to_z = z * self.sin + x * self.cos;
        let longitude = if y == 0.0 && to_x == 0.0 {
            0.0
        } else {
            (-y).atan2(to_x)
        };
        (longitude, to_z.atan2(y.hypot(to_x)))
    }
}

/// An angle moved to [0, 2 pi).
#[inline]
fn positive(a: f64) -> f64 {
    if (0.0..TAU).contains(&a) {
        return a;
    }
    let a = a.rem_euclid(TAU);
    // A tiny negative angle comes out as the full turn.
    if a >= TAU { 0.0 } else { a }
}

/// An angle moved to [-pi, pi]; both ends stay as they are.
#[inline]
fn symmetric(a: f64) -> f64 {
    if a.abs() <= PI {
        return a;
    }
    // Rounding just beyond the seam stays on its side of the map.
    if a.abs() <= PI + 1e-13 {
        return a.clamp(-PI, PI);
    }
    a - TAU * (a / TAU).round()
}
