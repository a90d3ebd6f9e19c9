//! Stretches: the curve between black (0) and white (1).
//!
//! Each maps 0–1 onto 0–1, clipping outside, with the formulae and default constants of
//! `astropy.visualization` so that a picture here looks like the same recipe in a notebook.

use serde::{Deserialize, Serialize};

/// A monotonic curve from [0, 1] to [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stretch {
    /// y = x.
    Linear,
    /// y = √x.
    Sqrt,
    /// y = x².
    Squared,
    /// y = ln(a·x + 1) / ln(a + 1), a > 0; astropy's and DS9's usual a is 1000.
    Log {
        /// Larger is more logarithmic.
        a: f64,
    },
    /// y = asinh(x/a) / asinh(1/a), a > 0: linear below a, logarithmic above; astropy's a is 0.1.
    Asinh {
        /// Where the curve turns from linear to logarithmic, as a fraction of the range.
        a: f64,
    },
    /// y = sinh(x/a) / sinh(1/a), a > 0; astropy's a is 1/3.
    Sinh {
        /// Larger is more linear.
        a: f64,
    },
    /// y = x^gamma, gamma > 0.
    Power {
        /// The exponent: below 1 brightens faint parts.
        gamma: f64,
    },
}

impl Stretch {
    /// The logarithmic stretch with astropy's constant, a = 1000.
    pub const LOG: Self = Self::Log { a: 1000.0 };
    /// The asinh stretch with astropy's constant, a = 0.1.
    pub const ASINH: Self = Self::Asinh { a: 0.1 };
    /// The sinh stretch with astropy's constant, a = 1/3.
    pub const SINH: Self = Self::Sinh { a: 1.0 / 3.0 };

    /// The curve prepared for many values: constants worked out once.
    ///
    /// A parameter outside its range (not positive, not finite) falls back to astropy's default,
    /// so that a recipe edited by hand still draws something.
    pub fn curve(self) -> Curve {
        let positive = |value: f64, default: f64| {
            if value > 0.0 && value.is_finite() {
                value
            } else {
                default
            }
        };
        match self {
            Self::Linear => Curve(Kind::Linear),
            Self::Sqrt => Curve(Kind::Sqrt),
            Self::Squared => Curve(Kind::Power(2.0)),
            Self::Log { a } => {
                let a = positive(a, 1000.0);
                Curve(Kind::Log {
                    a,
                    norm: a.ln_1p().recip(),
                })
            }
            Self::Asinh { a } => {
                let inverse = positive(a, 0.1).recip();
                Curve(Kind::Asinh {
                    inverse,
                    norm: inverse.asinh().recip(),
                })
            }
            Self::Sinh { a } => {
                // Below 1/700, sinh(1/a) overflows and every value but 1 is 0 anyway.
                let inverse = positive(a, 1.0 / 3.0).recip().min(700.0);
                Curve(Kind::Sinh {
                    inverse,
                    norm: inverse.sinh().recip(),
                })
            }
            Self::Power { gamma } => Curve(Kind::Power(positive(gamma, 1.0))),
        }
    }

    /// The stretched value of `x`, clipped to [0, 1] first; NaN stays NaN. For many values take
    /// the [`Stretch::curve`] once.
    pub fn apply(self, x: f64) -> f64 {
        self.curve().at(x)
    }
}

/// A [`Stretch`] with its constants worked out.
#[derive(Debug, Clone, Copy)]
pub struct Curve(Kind);

#[derive(Debug, Clone, Copy)]
enum Kind {
    Linear,
    Sqrt,
    Log { a: f64, norm: f64 },
    Asinh { inverse: f64, norm: f64 },
    Sinh { inverse: f64, norm: f64 },
    Power(f64),
}

impl Curve {
    /// The stretched value of `x`, clipped to [0, 1] first; NaN stays NaN.
    #[inline]
    pub fn at(&self, x: f64) -> f64 {
        let x = x.clamp(0.0, 1.0);
        match self.0 {
            Kind::Linear => x,
            Kind::Sqrt => x.sqrt(),
            Kind::Log { a, norm } => (a * x).ln_1p() * norm,
            Kind::Asinh { inverse, norm } => {
                // x is not negative, so the short form loses nothing that f32 pixels can show
                // and is several times faster than the library's.
                let t = x * inverse;
                if t < 1e-4 {
                    t * norm
                } else {
                    (t + (t * t + 1.0).sqrt()).ln() * norm
                }
            }
            Kind::Sinh { inverse, norm } => (x * inverse).sinh() * norm,
            Kind::Power(gamma) => x.powf(gamma),
        }
    }
}

/// Contrast and bias, as DS9's right mouse button: y = (x − bias)·contrast + 0.5, clipped to
/// [0, 1]; NaN stays NaN. Contrast 1 and bias 0.5 change nothing.
#[inline]
pub fn contrast_bias(x: f64, contrast: f64, bias: f64) -> f64 {
    ((x - bias) * contrast + 0.5).clamp(0.0, 1.0)
}

/// Histogram equalisation of the values themselves: each finite value becomes its rank, so that
/// every gray level is used equally often (`astropy.visualization.HistEqStretch` applied to its
/// own data). Equal values share the mean of their ranks' span, as linear interpolation gives
/// one answer for them; NaN stays NaN.
pub fn histogram_equalised(values: &[f32]) -> Vec<f32> {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let last = sorted.len().saturating_sub(1).max(1) as f64;
    values
        .iter()
        .map(|&value| {
            if value.is_nan() {
                return f32::NAN;
            }
            let below = sorted.partition_point(|&s| s < value);
            let not_above = sorted.partition_point(|&s| s <= value);
            let mean_rank = (below + not_above.max(below + 1) - 1) as f64 / 2.0;
            (mean_rank / last).clamp(0.0, 1.0) as f32
        })
        .collect()
}
