//! Limits: which value becomes black and which white.

use super::zscale;
use serde::{Deserialize, Serialize};

/// How the values drawn black and white are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limits {
    /// Two percentiles of the finite values, in percent (0–100), linearly interpolated between
    /// ranks as numpy does.
    Percentile {
        /// Lower percentile, drawn black.
        low: f64,
        /// Upper percentile, drawn white.
        high: f64,
    },
    /// The smallest and the largest finite value.
    MinMax,
    /// IRAF's zscale with astropy's constants: a line fitted through the sorted sample.
    ZScale,
    /// Two values in the image's own unit.
    Fixed {
        /// Drawn black.
        low: f64,
        /// Drawn white.
        high: f64,
    },
}

impl Limits {
    /// The symmetric percentile interval that keeps `kept` percent of the values
    /// (`PercentileInterval(kept)`).
    pub fn keeping_percent(kept: f64) -> Self {
        let low = (100.0 - kept) * 0.5;
        Self::Percentile {
            low,
            high: 100.0 - low,
        }
    }

    /// The two values, black then white, for these pixels. NaN and infinities are left out;
    /// `None` when no finite value is left. [`Limits::Fixed`] needs no pixels.
    pub fn of(&self, values: &[f32]) -> Option<(f64, f64)> {
        match *self {
            Self::Fixed { low, high } => (low.is_finite() && high.is_finite()).then_some((low, high)),
            Self::MinMax => {
                let mut finite = values.iter().copied().filter(|v| v.is_finite());
                let first = finite.next()?;
                let (low, high) = finite.fold((first, first), |(low, high), v| (low.min(v), high.max(v)));
                Some((f64::from(low), f64::from(high)))
            }
            Self::Percentile { low, high } => {
                let mut finite: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
                Some((percentile(&mut finite, low)?, percentile(&mut finite, high)?))
            }
            Self::ZScale => zscale::zscale(values),
        }
    }

    /// The lower of the two values only, which for percentiles costs half.
    pub(super) fn low_of(&self, values: &[f32]) -> Option<f64> {
        match *self {
            Self::Percentile { low, .. } => percentile_of(values, low),
            _ => self.of(values).map(|(low, _)| low),
        }
    }

    /// The upper of the two values only, which for percentiles costs half.
    pub(super) fn high_of(&self, values: &[f32]) -> Option<f64> {
        match *self {
            Self::Percentile { high, .. } => percentile_of(values, high),
            _ => self.of(values).map(|(_, high)| high),
        }
    }
}

fn percentile_of(values: &[f32], percent: f64) -> Option<f64> {
    let mut finite: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    percentile(&mut finite, percent)
}

/// The `percent`-th percentile (0–100, clipped to that) of finite `values`, interpolated linearly
/// between ranks (numpy's default method). Reorders `values`; `None` when there are none.
pub fn percentile(values: &mut [f32], percent: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let percent = if percent.is_nan() { 50.0 } else { percent };
    let rank = percent.clamp(0.0, 100.0) / 100.0 * last as f64;
    let index = (rank.floor() as usize).min(last);
    let fraction = rank - index as f64;
    let (_, &mut at, above) = values.select_nth_unstable_by(index, f32::total_cmp);
    let at = f64::from(at);
    if fraction <= 0.0 {
        return Some(at);
    }
    match above.iter().copied().min_by(f32::total_cmp) {
        Some(next) => Some(at + (f64::from(next) - at) * fraction),
        None => Some(at),
    }
}

/// Where `value` lies between the limits: 0 at `low`, 1 at `high`, not clipped. Equal limits give
/// `value - low`, as astropy's intervals do, so that a constant image is drawn black.
#[inline]
pub fn normalised(value: f64, (low, high): (f64, f64)) -> f64 {
    let range = high - low;
    if range == 0.0 {
        value - low
    } else {
        (value - low) / range
    }
}
