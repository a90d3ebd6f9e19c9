//! Reference frames and their transformation to and from the ICRS.
//!
//! Sources: FK5 and ICRS: USNO Circular 179 (frame bias), IAU 2006 precession (Capitaine et al.
//! 2003; Hilton et al. 2006) by Fukushima–Williams angles; FK4: Newcomb's precession, Murray 1989
//! (A&A 218, 325) and the Explanatory Supplement (1992) for the E-terms; Galactic: the J2000 pole
//! consistent with IAU 1958 (Reid & Brunthaler 2004, appendix); Supergalactic: de Vaucouleurs.

use super::{position_of, unit_vector};
pub use crate::io::frame::SkyFrame;

type Matrix = [[f64; 3]; 3];

/// A frame's transformation with its matrices worked out once.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameTransform {
    /// ICRS vector to frame vector; `None` where it is the identity.
    rotation: Option<Matrix>,
    /// E-terms of aberration to add in the frame.
    e_terms: Option<[f64; 3]>,
}

const ARCSEC: f64 = std::f64::consts::PI / 180.0 / 3600.0;

impl SkyFrame {
    /// Position in this frame to ICRS, degrees; `None` for [`SkyFrame::Other`]. For many positions
    /// make a [`FrameTransform`] once.
    pub fn icrs_from_frame(&self, lon_deg: f64, lat_deg: f64) -> Option<(f64, f64)> {
        Some(FrameTransform::new(*self)?.icrs_from_frame(lon_deg, lat_deg))
    }

    /// ICRS position to this frame, degrees; `None` for [`SkyFrame::Other`].
    pub fn frame_from_icrs(&self, ra_deg: f64, dec_deg: f64) -> Option<(f64, f64)> {
        Some(FrameTransform::new(*self)?.frame_from_icrs(ra_deg, dec_deg))
    }
}

impl FrameTransform {
    /// The transformation of a frame, or `None` for [`SkyFrame::Other`] and equinoxes that are not
    /// within ten thousand years.
    pub fn new(frame: SkyFrame) -> Option<Self> {
        let dated = |year: f64| (year - 2000.0).abs() < 1e4;
        let (rotation, e_terms) = match frame {
            SkyFrame::Icrs => (None, None),
            SkyFrame::Fk5 { equinox } if dated(equinox) => {
                (Some(times(&fk5_precession(equinox), &fk5_from_icrs())), None)
            }
            SkyFrame::Fk4NoE { equinox } if dated(equinox) => (Some(fk4_from_icrs(equinox)), None),
            SkyFrame::Fk4 { equinox } if dated(equinox) => {
                (Some(fk4_from_icrs(equinox)), Some(e_terms(equinox)))
            }
            SkyFrame::Galactic => (Some(galactic_from_icrs()), None),
            SkyFrame::Supergalactic => {
                let pole = euler(90.0, 90.0 - 6.32, 47.37);
                (Some(times(&pole, &galactic_from_icrs())), None)
            }
            SkyFrame::Ecliptic { equinox } if dated(equinox) => (Some(ecliptic_from_icrs(equinox)), None),
            _ => return None,
        };
        Some(Self { rotation, e_terms })
    }

    /// Position in the frame to ICRS, degrees.
    pub fn icrs_from_frame(&self, lon_deg: f64, lat_deg: f64) -> (f64, f64) {
        let Some(rotation) = &self.rotation else {
            return (lon_deg, lat_deg);
        };
        let mut v = unit_vector(lon_deg, lat_deg);
        if let Some(e) = &self.e_terms {
            let along = dot(e, &v);
            v = [0, 1, 2].map(|i| v[i] - e[i] + along * v[i]);
        }
        position_of([0, 1, 2].map(|i| rotation[0][i] * v[0] + rotation[1][i] * v[1] + rotation[2][i] * v[2]))
    }

    /// ICRS position to the frame, degrees.
    pub fn frame_from_icrs(&self, ra_deg: f64, dec_deg: f64) -> (f64, f64) {
        let Some(rotation) = &self.rotation else {
            return (ra_deg, dec_deg);
        };
        let u = unit_vector(ra_deg, dec_deg);
        let mut v = [0, 1, 2].map(|i| dot(&rotation[i], &u));
        if let Some(e) = &self.e_terms {
            // v is a unit vector but for FK4's rotation; the E-terms are defined on the unit sphere.
            let length = dot(&v, &v).sqrt();
            let mean = v.map(|c| c / length);
            v = mean;
            // A fixed point reached to rounding in four steps, the E-terms being 1e-6.
            for _ in 0..8 {
                let scale = 1.0 + dot(e, &v);
                v = [0, 1, 2].map(|i| (mean[i] + e[i]) / scale);
            }
        }
        position_of(v)
    }
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn times(a: &Matrix, b: &Matrix) -> Matrix {
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j]))
}

fn transposed(a: &Matrix) -> Matrix {
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| a[j][i]))
}

/// Rotation of the coordinate frame about axis 0, 1 or 2.
fn turn(axis: usize, radians: f64) -> Matrix {
    let (s, c) = radians.sin_cos();
    match axis {
        0 => [[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]],
        1 => [[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]],
        _ => [[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]],
    }
}

/// Frame rotations by degrees about z, then y, then z (rightmost first).
fn euler(last_z: f64, y: f64, first_z: f64) -> Matrix {
    let z = times(&turn(1, y.to_radians()), &turn(2, first_z.to_radians()));
    times(&turn(2, last_z.to_radians()), &z)
}

/// Bias-precession matrix of IAU 2006 from the ICRS to a Julian year, and the mean obliquity.
fn bias_precession(julian_year: f64) -> (Matrix, f64) {
    let t = (julian_year - 2000.0) / 100.0;
    let sum = |c: [f64; 6]| c.iter().rev().fold(0.0, |s, c| s * t + c) * ARCSEC;
    let gamma = sum([
        -0.052928,
        10.556378,
        0.4932044,
        -0.00031238,
        -0.000002788,
        0.0000000260,
    ]);
    let phi = sum([
        84381.412819,
        -46.811016,
        0.0511268,
        0.00053289,
        -0.000000440,
        -0.0000000176,
    ]);
    let psi = sum([
        -0.041775,
        5038.481484,
        1.5584175,
        -0.00018522,
        -0.000026452,
        -0.0000000148,
    ]);
    let obliquity = sum([
        84381.406,
        -46.836769,
        -0.0001831,
        0.00200340,
        -0.000000576,
        -0.0000000434,
    ]);
    let m = times(&turn(0, phi), &turn(2, gamma));
    let m = times(&turn(2, -psi), &m);
    (times(&turn(0, -obliquity), &m), obliquity)
}

/// FK5 J2000 to FK5 of another equinox.
fn fk5_precession(julian_year: f64) -> Matrix {
    if julian_year == 2000.0 {
        return turn(0, 0.0);
    }
    times(
        &bias_precession(julian_year).0,
        &transposed(&bias_precession(2000.0).0),
    )
}

/// ICRS to FK5 J2000.
fn fk5_from_icrs() -> Matrix {
    let mas = ARCSEC / 1000.0;
    let m = times(&turn(1, 9.1 * mas), &turn(2, -22.9 * mas));
    times(&turn(0, 19.9 * mas), &m)
}

fn ecliptic_from_icrs(julian_year: f64) -> Matrix {
    let (precession, obliquity) = bias_precession(julian_year);
    times(&turn(0, obliquity), &precession)
}

fn galactic_from_icrs() -> Matrix {
    let pole = euler(
        180.0 - 122.9319185680026,
        90.0 - 27.12825118085622,
        192.8594812065348,
    );
    times(&pole, &fk5_from_icrs())
}

/// Julian date of a Besselian year.
fn date_of_besselian(year: f64) -> f64 {
    2415020.31352 + (year - 1900.0) * 365.242198781
}

/// ICRS to FK4 without E-terms: by way of FK5 J2000 and FK4 B1950. FK4 rotates slowly with respect
/// to FK5, so the epoch of observation matters; it is taken to be the equinox.
fn fk4_from_icrs(besselian_year: f64) -> Matrix {
    const M: Matrix = [
        [0.9999256794956877, -0.0111814832204662, -0.0048590038153592],
        [0.0111814832391717, 0.9999374848933135, -0.0000271625947142],
        [0.0048590037723143, -0.0000271702937440, 0.9999881946023742],
    ];
    const RATE: Matrix = [
        [-0.0026455262e-6, -1.1539918689e-6, 2.1111346190e-6],
        [1.1540628161e-6, -0.0129042997e-6, 0.0236021478e-6],
        [-2.1112979048e-6, -0.0056024448e-6, 0.0102587734e-6],
    ];
    let julian_year = 2000.0 + (date_of_besselian(besselian_year) - 2451545.0) / 365.25;
    let centuries = (julian_year - 1950.0) / 100.0;
    let b = [0, 1, 2].map(|i| [0, 1, 2].map(|j| M[i][j] + RATE[i][j] * centuries));
    let b1950 = times(&transposed(&b), &fk5_from_icrs());
    if besselian_year == 1950.0 {
        return b1950;
    }
    times(&newcomb_precession(1950.0, besselian_year), &b1950)
}

/// Newcomb's precession between Besselian years.
fn newcomb_precession(from: f64, to: f64) -> Matrix {
    let t = (from - 1850.0) / 1000.0;
    let dt = (to - from) / 1000.0;
    let first = 23035.545 + (139.720 + 0.060 * t) * t;
    let zeta = ((17.995 * dt + 30.240 - 0.27 * t) * dt + first) * dt * ARCSEC;
    let z = ((18.325 * dt + 109.480 + 0.39 * t) * dt + first) * dt * ARCSEC;
    let theta = ((-41.8 * dt - 42.65 - 0.37 * t) * dt + 20051.12 + (-85.29 - 0.37 * t) * t) * dt * ARCSEC;
    times(&turn(2, -z), &times(&turn(1, theta), &turn(2, -zeta)))
}

/// E-terms of aberration of an equinox.
fn e_terms(besselian_year: f64) -> [f64; 3] {
    let date = date_of_besselian(besselian_year);
    let t = (date - date_of_besselian(1950.0)) / 36525.0;
    let eccentricity = 0.01673011 + (-0.00004193 - 0.000000126 * t) * t;
    let k = 0.0056932_f64.to_radians() * eccentricity;
    let perigee = (1015489.951 + (6190.67 + (1.65 + 0.012 * t) * t) * t) * ARCSEC;
    let c = (date - 2451545.0) / 36525.0;
    let obliquity = (84381.448 + (-46.8150 + (-0.00059 + 0.001813 * c) * c) * c) * ARCSEC;
    let minus_cos = -k * perigee.cos();
    [
        k * perigee.sin(),
        minus_cos * obliquity.cos(),
        minus_cos * obliquity.sin(),
    ]
}
