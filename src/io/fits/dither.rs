//! Turns the integers of quantized tiles back into floating-point pixels.
//!
//! Source: FITS Standard 4.0, sections 10.2 and appendix I; R. L. White et al., "Tiled image
//! convention, subtractive dithering"; the random sequence is that of S. K. Park and K. W. Miller,
//! CACM 31 (1988) 1192. The writer added a random fraction before rounding; subtracting the same
//! one removes the bias that plain rounding leaves in faint backgrounds.

use crate::vectorised::vectorised;
use std::sync::OnceLock;

/// Length of the random sequence.
const RANDOMS: usize = 10_000;
/// The quantized value that stands for an exact zero in SUBTRACTIVE_DITHER_2.
const EXACT_ZERO: i32 = -2_147_483_646;

/// How the integers were rounded (ZQUANTIZ).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dither {
    /// Plain rounding.
    None,
    /// SUBTRACTIVE_DITHER_1.
    One,
    /// SUBTRACTIVE_DITHER_2: exact zeros stay exact.
    Two,
}

fn randoms() -> &'static [f32] {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut seed = 1_u64;
        (0..RANDOMS)
            .map(|_| {
                seed = seed * 16_807 % 2_147_483_647;
                (seed as f64 / 2_147_483_647.0) as f32
            })
            .collect()
    })
}

/// How one tile was quantized.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantized {
    pub scale: f64,
    pub zero: f64,
    /// The integer that means NaN.
    pub blank: Option<i64>,
    pub dither: Dither,
    /// Where in the random sequence the tile starts: tile number from 0, plus ZDITHER0 - 1.
    pub seed: u64,
}

impl Quantized {
    /// The pixels behind `integers`.
    pub fn restore(&self, integers: &[i32]) -> Vec<f32> {
        let is_blank = |q: i32| self.blank == Some(i64::from(q));
        if self.dither == Dither::None {
            return integers
                .iter()
                .map(|&q| {
                    if is_blank(q) {
                        f32::NAN
                    } else {
                        (f64::from(q) * self.scale + self.zero) as f32
                    }
                })
                .collect();
        }
        let table = randoms();
        let start_of = |seed: usize| (table[seed] * 500.0) as usize;
        let mut seed = (self.seed % RANDOMS as u64) as usize;
        let mut next = start_of(seed);
        // What no pixel can be says nothing.
        let blank = self.blank.and_then(|blank| i32::try_from(blank).ok());
        let blank = (blank.is_some(), blank.unwrap_or(0));
        let exact_zeros = self.dither == Dither::Two;
        let mut out = vec![0.0; integers.len()];
        let (mut from, mut to) = (integers, out.as_mut_slice());
        // As far as the table goes, then from another place in it.
        while !from.is_empty() {
            let here = from.len().min(RANDOMS - next);
            let ((now, later), (made, rest)) = (from.split_at(here), to.split_at_mut(here));
            restore_dithered(
                now,
                &table[next..next + here],
                (self.scale, self.zero),
                blank,
                exact_zeros,
                made,
            );
            (from, to) = (later, rest);
            seed = (seed + 1) % RANDOMS;
            next = start_of(seed);
        }
        out
    }
}

vectorised! {
    /// `(integer - random + 0.5) * scale + zero`, NaN where an integer is `blank` (if there is such a one).
    restore_dithered(
        integers: &[i32],
        randoms: &[f32],
        scaling: (f64, f64),
        blank: (bool, i32),
        exact_zeros: bool,
        out: &mut [f32],
    ) {
        let ((scale, zero), (some_blank, blank)) = (scaling, blank);
        for ((&q, &random), out) in integers.iter().zip(randoms).zip(out) {
            let value = ((f64::from(q) - f64::from(random) + 0.5) * scale + zero) as f32;
            let value = if exact_zeros & (q == EXACT_ZERO) { 0.0 } else { value };
            *out = if some_blank & (q == blank) { f32::NAN } else { value };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_sequence_is_the_standards() {
        // Appendix I: the 10 000th seed is 1043618065.
        let last = randoms()[RANDOMS - 1];
        assert_eq!(last, (1_043_618_065.0 / 2_147_483_647.0) as f32);
    }

    #[test]
    fn blanks_and_exact_zeros() {
        let q = Quantized {
            scale: 0.5,
            zero: 10.0,
            blank: Some(-2_147_483_647),
            dither: Dither::Two,
            seed: 3,
        };
        let out = q.restore(&[-2_147_483_647, EXACT_ZERO, 4]);
        assert!(out[0].is_nan());
        assert_eq!(out[1], 0.0);
        assert!((out[2] - 12.0).abs() <= 0.25);
    }
}
