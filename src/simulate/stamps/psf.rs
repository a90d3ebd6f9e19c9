//! Point spread functions: Moffat and Gaussian of the ground, a mirror's rings and spikes of space.

use super::blur::Gaussian;
use super::dice::Dice;
use std::f64::consts::{PI, TAU};

/// Which shape a point has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// The seeing, with wings that fall by the power -2β.
    Moffat(f64),
    /// Without wings.
    Gaussian,
    /// A round mirror without an atmosphere.
    Airy,
}

/// A point spread function.
#[derive(Debug, Clone)]
pub struct Psf {
    /// Full width at half maximum in pixels.
    pub fwhm_px: f64,
    /// Its shape.
    pub shape: Shape,
    /// Axis ratio and angle of imperfect guiding.
    squeeze: (f64, f64),
    /// Spikes of bright stars: how many lines cross, the angle of the first, share of the light.
    spikes: (u32, f64, f64),
}

impl Psf {
    /// Draws one of this width; `space` is without an atmosphere.
    pub fn draw(fwhm_px: f64, space: bool, dice: &mut Dice) -> Self {
        let shape = if space {
            dice.pick(&[(Shape::Airy, 0.7), (Shape::Gaussian, 0.3)])
        } else if dice.chance(0.8) {
            Shape::Moffat(dice.between(2.2, 5.0))
        } else {
            Shape::Gaussian
        };
        // Two lines for a camera held by four vanes, three for one held by three or six.
        let lines = dice.pick(&[(2, 0.6), (3, 0.4)]);
        let strength = dice.log_between(0.004, 0.05);
        let has = dice.chance(if space { 0.9 } else { 0.5 });
        Self {
            fwhm_px,
            shape,
            squeeze: (1.0 - 0.12 * dice.between(0.0, 1.0).powi(2), dice.angle()),
            spikes: (lines, dice.angle(), if has { strength } else { 0.0 }),
        }
    }

    /// The same without spikes, as a sum of round Gaussians.
    pub fn gaussians(&self) -> Vec<Gaussian> {
        let core = self.fwhm_px / 2.3548;
        match self.shape {
            Shape::Gaussian => vec![(1.0, core as f32)],
            // Core and the mean of the rings.
            Shape::Airy => vec![(0.86, 0.96 * core as f32), (0.14, 3.2 * core as f32)],
            Shape::Moffat(beta) => moffat_sum(self.fwhm_px, beta),
        }
    }

    /// Flux a squared pixel at (`x`, `y`) from a point of unit flux, spikes included, as a function.
    pub fn light(&self) -> impl Fn(f64, f64) -> f64 + use<> {
        let table = Radial::new(self.fwhm_px, self.shape);
        let ((q, angle), (lines, first, share)) = (self.squeeze, self.spikes);
        let (s, c) = angle.sin_cos();
        let (width, length) = (0.35 * self.fwhm_px, 7.0 * self.fwhm_px);
        // Each line's integral: exponential along both ways, Gaussian across.
        let peak = share / (f64::from(lines) * 2.0 * length * width * TAU.sqrt());
        move |x, y| {
            let (u, v) = (x * c + y * s, (y * c - x * s) / q);
            let mut light = (1.0 - share) * table.at(u.hypot(v)) / q;
            if share > 0.0 {
                for line in 0..lines {
                    let (s, c) = (first + PI * f64::from(line) / f64::from(lines)).sin_cos();
                    let (along, across) = (x * c + y * s, y * c - x * s);
                    light += peak * (-along.abs() / length - 0.5 * (across / width).powi(2)).exp();
                }
            }
            light
        }
    }
}

/// A Moffat function as Gaussians: it is an average of Gaussians of variance α²/2t with t from a
/// gamma distribution of shape β - 1, here at places even in the logarithm of t.
fn moffat_sum(fwhm_px: f64, beta: f64) -> Vec<Gaussian> {
    let alpha = fwhm_px / (2.0 * (2f64.powf(1.0 / beta) - 1.0).sqrt());
    let at: Vec<f64> = (0..6).map(|i| 0.12 * (beta - 1.0) * 2.1f64.powi(i)).collect();
    let weight = |t: f64| t.powf(beta - 1.0) * (-t).exp();
    let total: f64 = at.iter().map(|&t| weight(t)).sum();
    at.iter()
        .map(|&t| ((weight(t) / total) as f32, (alpha / (2.0 * t).sqrt()) as f32))
        .filter(|g| g.0 > 1e-3)
        .collect()
}

/// A round function of unit integral by radius, looked up.
struct Radial {
    step: f64,
    values: Vec<f64>,
}

impl Radial {
    fn new(fwhm_px: f64, shape: Shape) -> Self {
        let half = fwhm_px / 2.0;
        let at = |r: f64| match shape {
            Shape::Gaussian => (-(2f64.ln()) * (r / half).powi(2)).exp(),
            Shape::Moffat(beta) => (1.0 + (2f64.powf(1.0 / beta) - 1.0) * (r / half).powi(2)).powf(-beta),
            // The first half maximum of [2 J1(u)/u]² is at u = 1.6163.
            Shape::Airy => {
                let u = 1.6163 * r / half;
                if u < 1e-6 {
                    1.0
                } else {
                    (2.0 * bessel_j1(u) / u).powi(2)
                }
            }
        };
        let step = fwhm_px / 12.0;
        let mut values: Vec<f64> = (0..360).map(|i| at(step * f64::from(i))).collect();
        let integral: f64 = (values.iter().enumerate())
            .map(|(i, v)| v * TAU * i as f64 * step * step)
            .sum();
        values.iter_mut().for_each(|v| *v /= integral);
        Self { step, values }
    }

    fn at(&self, r: f64) -> f64 {
        let x = r / self.step;
        let i = x as usize;
        match self.values.get(i..i + 2) {
            Some(pair) => pair[0] + (pair[1] - pair[0]) * (x - i as f64),
            None => 0.0,
        }
    }
}

/// Bessel's J1 by its integral over half a turn; the trapezoidal rule is exact to 1e-12 for u below 40.
fn bessel_j1(u: f64) -> f64 {
    const STEPS: u32 = 64;
    let sum: f64 = (0..STEPS)
        .map(|i| {
            let tau = TAU * (f64::from(i) + 0.5) / f64::from(STEPS);
            (tau - u * tau.sin()).cos()
        })
        .sum();
    sum / f64::from(STEPS)
}

#[cfg(test)]
mod tests {
    use super::super::blur::blurred;
    use super::*;

    #[test]
    fn bessel_is_that_of_the_tables() {
        // Abramowitz & Stegun, table 9.1.
        for (u, j1) in [(1.0, 0.440_050_586), (5.0, -0.327_579_138), (15.0, 0.205_104_039)] {
            assert!((bessel_j1(u) - j1).abs() < 1e-8, "{u}");
        }
    }

    #[test]
    fn gaussians_stand_for_a_moffat() {
        for beta in [2.2, 3.0, 4.5] {
            let side = 81;
            let mut point = vec![0.0; side * side];
            point[40 * side + 40] = 1.0;
            let out = blurred(&point, side, &moffat_sum(6.0, beta));
            let table = Radial::new(6.0, Shape::Moffat(beta));
            for r in [0usize, 3, 6, 9, 12] {
                let (is, should) = (f64::from(out[40 * side + 40 + r]), table.at(r as f64));
                assert!(
                    (is / should - 1.0).abs() < 0.12,
                    "beta {beta}, radius {r}: {is} is not {should}"
                );
            }
        }
    }
}
