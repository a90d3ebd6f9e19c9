//! The error function and powers of two as polynomials, written so that compilers make vectors of
//! them: no branches, no calls, no tables.
//!
//! The coefficients are fits of this project (weighted least squares, iterated towards equal
//! ripple). Measured in single precision: GELU within 1e-6 of the exact one everywhere, powers
//! within 2e-7 of their value; the shorter GELU for layers of fewer bits, see [`ERF_SHORT`].

/// erf(x / √2) / x as a polynomial.
pub(crate) struct Erf<const T: usize> {
    /// Beyond this, erf(x / √2) is what it is here.
    pub end: f32,
    /// In powers of `2 x² / end² - 1`, the highest first.
    pub terms: [f32; T],
}

/// To single precision: at its end, erf(x / √2) is 1 to 7e-8.
pub(crate) const ERF: Erf<14> = Erf {
    end: 5.4,
    terms: [
        -0.001_386_498_9,
        0.004_037_48,
        -0.004_261_982,
        0.004_753_055,
        -0.011_405_814,
        0.020_692_993,
        -0.028_954_573,
        0.038_915_616,
        -0.051_243_246,
        0.064_279_19,
        -0.078_439_12,
        0.096_997_194,
        -0.130_655_38,
        0.261_856_23,
    ],
};

/// For GELU that is rounded to brain floats or bytes: 4e-5 off (of the value, above 1), and 1.7e-4 below -4, where a
/// brain float of 1 is 4e-3 off.
pub(crate) const ERF_SHORT: Erf<8> = Erf {
    end: 4.0,
    terms: [
        -0.005_458_014,
        0.016_422_568,
        -0.026_519_98,
        0.043_243_413,
        -0.072_990_75,
        0.112_101_62,
        -0.168_714_94,
        0.351_895_5,
    ],
};

/// 2^f in powers of f, the highest first, for |f| up to a half.
const EXP2: [f32; 6] = [
    0.001_327_646_3,
    0.009_675_541,
    0.055_507_135,
    0.240_221_2,
    0.693_146_94,
    1.000_000_1,
];

/// Added to a number below 2^22, its last bits are the nearest integer.
const ROUND: f32 = 12_582_912.0;

/// One instruction, unlike `max`, which asks which of the two is a number.
#[inline(always)]
pub(super) fn at_least(x: f32, least: f32) -> f32 {
    if x < least { least } else { x }
}

/// One instruction, as above.
#[inline(always)]
pub(super) fn at_most(x: f32, most: f32) -> f32 {
    if x > most { most } else { x }
}

/// erf(x / √2), to 1e-7.
#[inline(always)]
pub(crate) fn erf_root<const N: usize>(x: &[f32; N]) -> [f32; N] {
    let mut sum = [ERF.terms[0]; N];
    let inside: [f32; N] = std::array::from_fn(|j| x[j].clamp(-ERF.end, ERF.end));
    let s: [f32; N] =
        std::array::from_fn(|j| (inside[j] * inside[j]).mul_add(2.0 / (ERF.end * ERF.end), -1.0));
    for c in &ERF.terms[1..] {
        for j in 0..N {
            sum[j] = sum[j].mul_add(s[j], *c);
        }
    }
    std::array::from_fn(|j| inside[j] * sum[j])
}

/// 2^x; 0 below -126, and at most 2^127.
#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    let x = x.clamp(-126.0, 127.0);
    let rounded = x + ROUND;
    let f = x - (rounded - ROUND);
    let mut sum = EXP2[0];
    for c in &EXP2[1..] {
        sum = sum.mul_add(f, *c);
    }
    // The integer is added to the exponent: its low bits go where the exponent begins.
    f32::from_bits(sum.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// `x / (1 + e^-x)` (SiLU).
#[inline(always)]
pub(super) fn silu(x: f32) -> f32 {
    x / (1.0 + exp2(-x * std::f32::consts::LOG2_E))
}

/// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2` (Hendrycks & Gimpel 2016, arXiv:1606.08415).
#[inline(always)]
pub(super) fn tanh_gelu(x: f32) -> f32 {
    // (1 + tanh u) / 2 = 1 / (1 + e^-2u).
    const TWICE: f32 = 2.0 * 0.797_884_6 * std::f32::consts::LOG2_E;
    x / (1.0 + exp2(-TWICE * (0.044_715 * x * x).mul_add(x, x)))
}

/// The nearest brain float's bits, ties to even; for finite values.
#[inline(always)]
pub(super) fn bf16_bits(x: f32) -> u16 {
    let bits = x.to_bits();
    (bits.wrapping_add(0x7fff).wrapping_add((bits >> 16) & 1) >> 16) as u16
}

/// The nearest integer's lowest byte, for values between 0 and 255.
#[inline(always)]
pub(super) fn round_to_byte(x: f32) -> u8 {
    (x + ROUND).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_and_silu() {
        for i in -1200..1200 {
            let x = i as f32 * 0.1;
            let want = f64::from(x).exp2();
            let off = (f64::from(exp2(x)) / want - 1.0).abs();
            assert!(off < 3e-7, "2^{x} is off by {off:e}");
            let want = f64::from(x) / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(silu(x)) - want).abs() <= 3e-7 * want.abs().max(1.0));
            let x64 = f64::from(x);
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x64 + 0.044_715 * x64.powi(3));
            let want = x64 * (1.0 + u.tanh()) / 2.0;
            assert!(
                (f64::from(tanh_gelu(x)) - want).abs() <= 5e-7 * want.abs().max(1.0),
                "{x}"
            );
        }
        assert!(exp2(f32::NEG_INFINITY) < 1.2e-38);
    }

    #[test]
    fn rounding_to_few_bits() {
        for x in [1.0f32, -1.5, 3.3, 1e-20, -7e20, 0.0] {
            assert_eq!(bf16_bits(x), half::bf16::from_f32(x).to_bits(), "{x}");
        }
        assert_eq!(
            (round_to_byte(0.4), round_to_byte(254.6), round_to_byte(128.0)),
            (0, 255, 128)
        );
    }
}
