//! From fluxes to values from 0 to 1, quickly: a network that embeds a hundred cutouts a second
//! leaves a core less than a millisecond to prepare one.
//!
//! Percentiles are selected instead of sorted for, and the inverse hyperbolic sine is computed in
//! single precision, without branches, so that the compiler does several pixels at once.

use crate::vectorised::vectorised;

/// As many values at either end are found by what is surely not among them; where more are asked for,
/// selecting is quicker.
const FEW: usize = 512;
/// Values that are looked at together.
const TOGETHER: usize = 32;
/// Of at least as many interleaved parts of the values the smallest is known first.
const LEAST_PARTS: usize = 64;

/// Percentile of `values` (not empty, all finite), linearly interpolated (Hyndman & Fan 1996,
/// type 7; numpy's default).
pub(super) fn percentile(values: &[f32], percent: f64) -> f64 {
    let last = values.len() - 1;
    let at = percent / 100.0 * last as f64;
    let below = (at.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let (low, high) = if above < FEW {
        let ends = smallest(values, above + 1, 1.0);
        (ends[below], ends[above])
    } else if last - below < FEW {
        let ends = smallest(values, last - below + 1, -1.0);
        (-ends[last - below], -ends[last - above])
    } else {
        let mut values = values.to_vec();
        let (_, &mut low, above) = values.select_nth_unstable_by(below, f32::total_cmp);
        (low, above.iter().copied().min_by(f32::total_cmp).unwrap_or(low))
    };
    let (low, high) = (f64::from(low), f64::from(high));
    low + (high - low) * (at - below as f64)
}

/// The `count` (at most [`FEW`]) smallest of `values * sign`, in order, and perhaps some more.
///
/// As many parts as `count` have a value that is not above the `count`-th smallest of the parts'
/// smallest, so that whatever is above it is not asked for.
fn smallest(values: &[f32], count: usize, sign: f32) -> Vec<f32> {
    let mut parts = vec![f32::INFINITY; (2 * count).next_power_of_two().max(LEAST_PARTS)];
    smallest_of_parts(values, sign, &mut parts);
    let (_, &mut bound, _) = parts.select_nth_unstable_by(count - 1, f32::total_cmp);
    let mut found = Vec::with_capacity(2 * count);
    up_to(values, sign, bound, &mut found);
    found.sort_unstable_by(f32::total_cmp);
    found
}

vectorised! {
    /// The smallest of values as far apart as there are parts, by where they begin.
    smallest_of_parts(values: &[f32], sign: f32, parts: &mut [f32]) {
        for some in values.chunks(parts.len()) {
            for (part, v) in parts.iter_mut().zip(some) {
                let v = v * sign;
                *part = if v < *part { v } else { *part };
            }
        }
    }
}

vectorised! {
    /// Adds those of `values * sign` that are at most `bound` to `found`: few, so that most pass by many at a
    /// time.
    up_to(values: &[f32], sign: f32, bound: f32, found: &mut Vec<f32>) {
        for some in values.chunks(TOGETHER) {
            if some.iter().fold(false, |any, v| any | (v * sign <= bound)) {
                found.extend(some.iter().map(|v| v * sign).filter(|v| *v <= bound));
            }
        }
    }
}

vectorised! {
    /// Whether all values are finite.
    all_finite(values: &[f32]) -> bool {
        values.chunks(1024).all(|some| some.iter().fold(true, |all, v| all & v.is_finite()))
    }
}

vectorised! {
    /// `(value * full_scale - mean) / std`, in place.
    standardise(pixels: &mut [f32], full_scale: f32, mean: f32, std: f32) {
        for pixel in pixels {
            *pixel = (*pixel * full_scale - mean) / std;
        }
    }
}

vectorised! {
    /// `(value - low) / range`, clipped to 0–1; a band without any contrast is black, not noise.
    to_unit(pixels: &mut [f32], low: f64, range: f64) {
        if range > 0.0 {
            for pixel in pixels {
                *pixel = ((f64::from(*pixel) - low) / range).clamp(0.0, 1.0) as f32;
            }
        } else {
            pixels.fill(0.0);
        }
    }
}

/// `asinh(x / softening)` of values from 0 to 1, divided by `asinh(1 / softening)` unless `unscaled`.
pub(super) fn asinh_stretch(pixels: &mut [f32], softening: f64, unscaled: bool) {
    let scale = if unscaled {
        1.0
    } else {
        1.0 / (1.0 / softening).asinh()
    };
    // Beyond it squares leave single precision.
    if softening < 1e-15 {
        for pixel in pixels {
            *pixel = ((f64::from(*pixel) / softening).asinh() * scale) as f32;
        }
        return;
    }
    scaled_asinh(pixels, (1.0 / softening) as f32, scale as f32);
}

vectorised! {
    /// `asinh(x * steep) * scale`, in place.
    scaled_asinh(pixels: &mut [f32], steep: f32, scale: f32) {
        for pixel in pixels {
            *pixel = asinh(*pixel * steep) * scale;
        }
    }
}

/// asinh of a value of at least 0, to about 1e-7 absolutely below 1 and relatively above:
/// ln(y + sqrt(y² + 1)).
#[inline(always)]
fn asinh(y: f32) -> f32 {
    ln_from_one(y + (y * y + 1.0).sqrt())
}

/// Bits of the square root of one half.
const HALF_ROOT: u32 = 0x3f35_04f3;

/// Natural logarithm of a finite value of at least 1: t = 2^e (1 + m) with 1 + m from √½ to √2, and
/// the polynomial of Cephes' `logf` (Moshier 1989) for ln(1 + m).
#[inline(always)]
fn ln_from_one(t: f32) -> f32 {
    let bits = t.to_bits().wrapping_sub(HALF_ROOT);
    let e = (bits.cast_signed() >> 23) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(HALF_ROOT)) - 1.0;
    const CUBE_AND_UP: [f32; 9] = [
        7.037_683_6e-2,
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ];
    let mut p = CUBE_AND_UP[0];
    for c in &CUBE_AND_UP[1..] {
        p = p * m + c;
    }
    // ln 2 in two parts, so that e times the first is exact.
    m + (p * m * m * m - 2.121_944_4e-4 * e - 0.5 * m * m) + 0.693_359_4 * e
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_asinh_is_the_exact_one_to_single_precision() {
        for i in 0..200_000 {
            let y = (f64::from(i) * 1e-4).exp() - 1.0;
            let y = if i % 2 == 0 { y as f32 } else { i as f32 * 1e-5 };
            let exact = f64::from(y).asinh();
            let error = (f64::from(asinh(y)) - exact).abs();
            assert!(error <= 2e-7 * exact.max(1.0), "asinh({y}) is off by {error:e}");
        }
    }

    #[test]
    fn selected_percentiles_are_those_of_the_sorted_values() {
        let scattered: Vec<f32> = (0..997u32)
            .map(|i| (i * 7919 % 991) as f32 * 0.37 - 5.0)
            .collect();
        // Both ends long and short, values that fall and rise, and few of them.
        let falling: Vec<f32> = (0..500u32).map(|i| 100.0 - i as f32).collect();
        let rising: Vec<f32> = (0..500u32).map(|i| i as f32).collect();
        let few = vec![3.0f32, -1.0, 3.0];
        let the_same = vec![2.5f32; 700];
        // All that is small or large stands in one part.
        let spiked: Vec<f32> = (0..4096u32)
            .map(|i| if i % 256 == 7 { i as f32 - 2000.0 } else { 0.25 })
            .collect();
        for values in [scattered, falling, rising, few, the_same, spiked] {
            let mut sorted = values.clone();
            sorted.sort_by(f32::total_cmp);
            let last = sorted.len() - 1;
            for percent in [0.0, 0.5, 12.0, 33.3, 50.0, 88.0, 99.7, 100.0] {
                let at = percent / 100.0 * last as f64;
                let (below, above) = (at as usize, (at as usize + 1).min(last));
                let (a, b) = (f64::from(sorted[below]), f64::from(sorted[above]));
                let expected = a + (b - a) * (at - below as f64);
                assert_eq!(percentile(&values, percent), expected, "{percent} %");
            }
        }
        assert_eq!(percentile(&[3.5], 99.7), 3.5);
    }

    #[test]
    fn stretches_of_any_softening_run_from_0_to_1() {
        for softening in [1e-30, 1e-6, 0.1, 1.0, 50.0] {
            let mut values = [0.0, 0.5, 1.0];
            asinh_stretch(&mut values, softening, false);
            assert!(
                values[0].abs() < 1e-6 && (values[2] - 1.0).abs() < 1e-5,
                "{softening}: {values:?}"
            );
            let exact = (0.5 / softening).asinh() / (1.0 / softening).asinh();
            assert!(
                (f64::from(values[1]) - exact).abs() < 2e-5,
                "{softening}: {values:?}"
            );
        }
    }
}
