//! Gravitational lenses: light of a far galaxy bent by a singular isothermal ellipsoid with shear.

use super::dice::Dice;
use super::galaxy::Site;
use super::parameters::Parameters;
use super::profile::{Ellipse, Sersic, axis_deg};
use super::scene::{Scene, colour};

/// A singular isothermal ellipsoid (Kormann, Schneider & Bartelmann 1994).
#[derive(Debug, Clone, Copy)]
pub struct Sie {
    /// Einstein radius of the intermediate axis, any unit.
    pub einstein: f64,
    /// Axis ratio of the mass, above 0 and at most 1.
    pub q: f64,
}

impl Sie {
    /// Deflection at (`x`, `y`) from the middle, x along the major axis, in the Einstein radius's unit.
    /// Its divergence is twice the convergence θ√q / 2√(q²x² + y²).
    pub fn deflection(&self, x: f64, y: f64) -> (f64, f64) {
        let psi = (self.q * self.q * x * x + y * y).sqrt().max(1e-9);
        if self.q > 0.999 {
            return (self.einstein * x / psi, self.einstein * y / psi);
        }
        let f = (1.0 - self.q * self.q).sqrt();
        let by = self.einstein * self.q.sqrt() / f;
        (by * (f * x / psi).atan(), by * (f * y / psi).atanh())
    }
}

/// An elliptical galaxy with the images of another behind it: an arc, two or four images, a ring.
pub fn lens(site: Site, fwhm_px: f64, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let (q, angle) = (dice.between(0.55, 0.98), dice.angle());
    let shape = Ellipse::new(q, angle);
    let most = scene.side as f64 * 0.3;
    let einstein = (site.radius * dice.log_between(0.9, 2.4)).clamp((2.4 * fwhm_px).min(most), most);
    let n = dice.between(2.5, 5.0);
    let re = (einstein * dice.between(0.35, 0.8)).min(site.radius);
    let body = Site { radius: re, ..site };
    body.body(scene, n, re, shape, 1.0, colour(dice.between(0.8, 1.4)));

    let mass = Sie {
        einstein,
        q: (q + 0.1 * dice.normal()).clamp(0.5, 1.0),
    };
    let (shear, way) = (0.06 * dice.between(0.0, 1.0), 2.0 * dice.angle());
    let (g1, g2) = (shear * way.cos(), shear * way.sin());
    // Near the middle for rings and crosses, farther off for an arc and its counter-image.
    let off = einstein * dice.pick(&[(0.08, 0.3), (0.25, 0.35), (0.5, 0.35)]) * dice.between(0.5, 1.3);
    let (source, to) = (Ellipse::new(dice.between(0.4, 1.0), dice.angle()), dice.angle());
    let size = einstein * dice.log_between(0.07, 0.3);
    let light = Sersic::new(dice.between(0.7, 1.5), size, source.q);
    // The source's flux such that its images, magnified some four to ten times, are seen beside the lens.
    let flux = site.flux * dice.log_between(0.03, 0.16);
    let (sx, sy) = (off * to.cos(), off * to.sin());
    let fine = if size < 3.0 { 4 } else { 3 };
    let reach = 3.2 * einstein;
    // The same fineness everywhere: images are far from the middle.
    let step = 1.0 / f64::from(fine);
    scene.paint(site.at, reach, 1, colour(dice.between(-2.2, -0.4)), |x, y| {
        let mut sum = 0.0;
        for i in 0..fine * fine {
            let at = |i: i32| (f64::from(i) + 0.5) * step - 0.5;
            let (u, v) = shape.axes(x + at(i % fine), y + at(i / fine));
            let (ax, ay) = mass.deflection(u, v);
            let (bx, by) = (u - ax - g1 * u - g2 * v, v - ay - g2 * u + g1 * v);
            let r = source.radius(bx - sx, by - sy);
            if r < 6.0 * size {
                sum += light.at(r);
            }
        }
        flux * sum * step * step
    });
    Parameters {
        sersic_n: Some(n),
        axis_ratio: Some(q),
        angle_deg: Some(axis_deg(angle)),
        radius_px: Some(re),
        einstein_px: Some(einstein),
        ..Default::default()
    }
}
