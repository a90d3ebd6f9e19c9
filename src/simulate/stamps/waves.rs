//! Patchiness of discs: a sum of waves in the angle and the logarithm of the radius, which winds as
//! arms do. It is periodic by its making and costs a few cosines.

use super::dice::Dice;
use std::f64::consts::TAU;

/// A random pattern of mean 0 and deviation about 1.
pub struct Waves(Vec<[f64; 4]>);

impl Waves {
    /// `count` waves with `few` to `many` crests around, trailing by `pitch_deg` in the sense `wind`;
    /// a pitch of 90 doesn't wind.
    pub fn draw(count: u32, (few, many): (u32, u32), pitch_deg: f64, wind: f64, dice: &mut Dice) -> Self {
        let amplitude = (2.0 / f64::from(count)).sqrt();
        Self(
            (0..count)
                .map(|_| {
                    let m = f64::from(dice.whole(few, many));
                    let pitch = (pitch_deg * dice.between(0.6, 1.5)).clamp(6.0, 90.0).to_radians();
                    let across = dice.between(-4.0, 4.0);
                    [
                        m,
                        -wind * m / pitch.tan() + across,
                        TAU * dice.between(0.0, 1.0),
                        amplitude,
                    ]
                })
                .collect(),
        )
    }

    /// The pattern at the angle `phi` and the logarithm of the radius.
    pub fn at(&self, phi: f64, ln_r: f64) -> f64 {
        (self.0.iter())
            .map(|[m, k, phase, amplitude]| amplitude * (m * phi + k * ln_r + phase).cos())
            .sum()
    }
}
