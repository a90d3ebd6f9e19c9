//! Light of a galaxy by radius: the Sérsic profile, and the ellipse in which a disc is seen.

use std::f64::consts::{PI, TAU};

/// A Sérsic profile of unit flux (Graham & Driver 2005).
#[derive(Debug, Clone, Copy)]
pub struct Sersic {
    n: f64,
    re: f64,
    b: f64,
    at_re: f64,
}

impl Sersic {
    /// Index `n` (0.3 to 10), half-light radius `re` along the major axis in any unit, axis ratio `q`:
    /// the integral over the ellipse's plane is 1.
    pub fn new(n: f64, re: f64, q: f64) -> Self {
        let b = b_of(n);
        let flux = TAU * n * re * re * q * (b - 2.0 * n * b.ln() + ln_gamma(2.0 * n)).exp();
        Self {
            n,
            re,
            b,
            at_re: 1.0 / flux,
        }
    }

    /// Surface brightness at the elliptical radius `r`, in flux a squared unit.
    pub fn at(&self, r: f64) -> f64 {
        let x = r / self.re;
        // Two frequent indices without a power.
        let power = match self.n {
            1.0 => x,
            4.0 => x.sqrt().sqrt(),
            n => x.powf(1.0 / n),
        };
        self.at_re * (-self.b * (power - 1.0)).exp()
    }
}

/// The b of a Sérsic profile, for which half of the light is within the half-light radius
/// (Ciotti & Bertin 1999, good to 5e-4 from n = 0.5).
fn b_of(n: f64) -> f64 {
    2.0 * n - 1.0 / 3.0 + 4.0 / (405.0 * n) + 46.0 / (25_515.0 * n * n) + 131.0 / (1_148_175.0 * n.powi(3))
        - 2_194_697.0 / (30_690_717_750.0 * n.powi(4))
}

/// Logarithm of the gamma function for x > 0 by Stirling's series after shifting up.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 8.0 {
        product *= x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    (x - 0.5) * x.ln() - x + 0.5 * TAU.ln() + (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse / 1260.0)) / x
        - product.ln()
}

/// An ellipse: where, how flat and which way. Turns positions on the sky into those of the disc
/// seen from above.
#[derive(Debug, Clone, Copy)]
pub struct Ellipse {
    /// Axis ratio.
    pub q: f64,
    cos: f64,
    sin: f64,
}

impl Ellipse {
    /// Axis ratio `q`; the major axis is at `angle` radians from x towards y.
    pub fn new(q: f64, angle: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self { q, cos, sin }
    }

    /// Along the major axis, and along the minor one stretched by 1/q.
    pub fn face_on(&self, x: f64, y: f64) -> (f64, f64) {
        let (along, across) = self.axes(x, y);
        (along, across / self.q)
    }

    /// Along and across the major axis.
    pub fn axes(&self, x: f64, y: f64) -> (f64, f64) {
        (x * self.cos + y * self.sin, y * self.cos - x * self.sin)
    }

    /// The place on the sky of a place on the disc.
    pub fn to_sky(self, u: f64, v: f64) -> (f64, f64) {
        let v = v * self.q;
        (u * self.cos - v * self.sin, u * self.sin + v * self.cos)
    }

    /// Elliptical radius, in units of the major axis.
    pub fn radius(&self, x: f64, y: f64) -> f64 {
        let (u, v) = self.face_on(x, y);
        u.hypot(v)
    }
}

/// Angle in degrees as an axis has it, 0 to 180.
pub fn axis_deg(angle: f64) -> f64 {
    angle.rem_euclid(PI).to_degrees()
}
