//! What colours points.

use std::sync::Arc;

/// R G B.
pub type Rgb = [u8; 3];

/// Values sampled at most to find percentiles: their error is then below a thousandth.
const SAMPLED: usize = 200_000;

/// What a point's colour says.
#[derive(Debug, Clone)]
pub enum Ink {
    /// How many there are.
    Density(Box<[Rgb; 256]>),
    /// A word: its number + 1 by object, 0 for none, and a colour by number; words beyond the colours
    /// are drawn as [`Tones::other`].
    Words(Arc<Vec<u32>>, Vec<Rgb>),
    /// A number by object, the values of the first and last colour, and the colours.
    Numbers(Arc<Vec<f64>>, (f64, f64), Box<[Rgb; 256]>),
    /// Nothing.
    Plain(Rgb),
}

/// Colours of what the ink says nothing about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tones {
    /// Without a word or number.
    pub none: Rgb,
    /// With a word that has no colour of its own.
    pub other: Rgb,
    /// Left out by the filter.
    pub faint: Rgb,
}

impl Ink {
    /// The colour of one object and whether the ink has something to say of it.
    pub fn of(&self, object: u32, tones: &Tones) -> (Rgb, bool) {
        match self {
            // One object is as dense as the least dense place; a mark is drawn a little above it.
            Self::Density(table) => (table[96], false),
            Self::Plain(rgb) => (*rgb, false),
            Self::Words(of, colours) => match of.get(object as usize).copied().unwrap_or(0) {
                0 => (tones.none, false),
                word => colours
                    .get(word as usize - 1)
                    .map_or((tones.other, false), |c| (*c, true)),
            },
            Self::Numbers(values, limits, table) => {
                match values.get(object as usize).copied().filter(|v| v.is_finite()) {
                    Some(value) => (table[step(value, *limits)], true),
                    None => (tones.none, false),
                }
            }
        }
    }
}

/// The place of a value among 256 colours.
pub fn step(value: f64, (low, high): (f64, f64)) -> usize {
    let unit = if high > low {
        (value - low) / (high - low)
    } else {
        0.5
    };
    (unit.clamp(0.0, 1.0) * 255.0).round() as usize
}

/// Two percentiles (0 to 100) of the finite values, of at most some 200 000 of them, evenly taken.
pub fn percentiles(values: &[f64], low: f64, high: f64) -> Option<(f64, f64)> {
    let stride = values.len().div_ceil(SAMPLED).max(1);
    let mut sample: Vec<f64> = values
        .iter()
        .step_by(stride)
        .copied()
        .filter(|v| v.is_finite())
        .collect();
    let last = sample.len().checked_sub(1)?;
    let mut at = |percent: f64| {
        let place = (percent / 100.0 * last as f64).round() as usize;
        *sample.select_nth_unstable_by(place.min(last), f64::total_cmp).1
    };
    Some((at(low), at(high)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_leave_out_what_is_no_number() {
        let mut values: Vec<f64> = (0..=100).map(f64::from).collect();
        values.push(f64::NAN);
        assert_eq!(percentiles(&values, 2.0, 98.0), Some((2.0, 98.0)));
        assert_eq!(percentiles(&[f64::NAN], 2.0, 98.0), None);
        assert_eq!(
            (
                step(5.0, (0.0, 10.0)),
                step(-1.0, (0.0, 10.0)),
                step(1.0, (1.0, 1.0))
            ),
            (128, 0, 128)
        );
    }
}
