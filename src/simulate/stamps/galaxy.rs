//! Regular galaxies: smooth ones, discs without arms, edge-on discs; and what all galaxies are made of.

use super::dice::Dice;
use super::parameters::Parameters;
use super::profile::{Ellipse, Sersic, axis_deg};
use super::scene::{Colour, Scene, colour};

/// Where and how large a galaxy is, and how much of the light is its own.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// Its middle from the stamp's, in pixels.
    pub at: (f64, f64),
    /// Half-light radius in pixels.
    pub radius: f64,
    /// Its flux; the main object of a stamp has 1.
    pub flux: f64,
    /// Places a pixel's side near the middle.
    pub fine: usize,
}

impl Site {
    /// Adds a Sérsic body of `share` of the galaxy's light.
    pub fn body(&self, scene: &mut Scene, n: f64, re: f64, shape: Ellipse, share: f64, colour: Colour) {
        let profile = Sersic::new(n, re, shape.q);
        let flux = self.flux * share;
        let reach = re * if n > 2.0 { 14.0 } else { 7.0 };
        scene.paint(self.at, reach.max(6.0), self.fine, colour, |x, y| {
            flux * profile.at(shape.radius(x, y))
        });
    }

    /// Adds star-forming knots at places `knots` of (x, y, share of the light, size in pixels).
    pub fn knots(&self, scene: &mut Scene, knots: &[(f64, f64, f64, f64)], colour: Colour) {
        for &(x, y, share, sigma) in knots {
            scene.dot((self.at.0 + x, self.at.1 + y), sigma, self.flux * share, colour);
        }
    }
}

/// An elliptical or round galaxy.
pub fn smooth(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let q = 1.0 - 0.62 * dice.between(0.0, 1.0).powf(1.3);
    let (n, angle) = (dice.log_between(1.3, 6.0), dice.angle());
    let old = colour(dice.between(0.5, 1.25));
    let halo = if dice.chance(0.3) {
        dice.between(0.1, 0.35)
    } else {
        0.0
    };
    // The outer parts may be rounder or flatter and turned a little: isophotes twist.
    let outer = Ellipse::new(
        (q + dice.between(-0.1, 0.15)).clamp(0.35, 1.0),
        angle + 0.2 * dice.normal(),
    );
    site.body(scene, n, site.radius, Ellipse::new(q, angle), 1.0 - halo, old);
    if halo > 0.0 {
        site.body(scene, 1.2, 2.2 * site.radius, outer, halo, old);
    }
    Parameters {
        sersic_n: Some(n),
        axis_ratio: Some(q),
        angle_deg: Some(axis_deg(angle)),
        radius_px: Some(site.radius),
        ..Default::default()
    }
}

/// A disc seen from above or at an angle, with a bulge and perhaps a bar, without arms.
pub fn disc(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let (q, angle) = (dice.between(0.38, 1.0), dice.angle());
    let shape = Ellipse::new(q, angle);
    let bulge = dice.between(0.02, 0.5);
    let age = dice.between(-0.5, 0.9);
    let n = dice.between(0.7, 1.15);
    let barred = dice.chance(0.3);
    let bar = if barred { dice.between(0.06, 0.2) } else { 0.0 };
    let rest = 1.0 - bulge - bar;
    site.body(scene, n, site.radius, shape, rest, colour(age));
    let round = Ellipse::new(q + (1.0 - q) * dice.between(0.4, 0.9), angle);
    let core = site.radius * dice.between(0.12, 0.4);
    site.body(
        scene,
        dice.between(1.0, 3.5),
        core,
        round,
        bulge,
        colour(age.max(0.3) + 0.4),
    );
    if barred {
        add_bar(
            site,
            scene,
            shape,
            site.radius * dice.between(0.5, 0.9),
            bar,
            colour(0.7),
            dice,
        );
    }
    // A lens or an outer break: a plateau of constant brightness as many S0 have.
    if dice.chance(0.3) {
        site.body(
            scene,
            0.5,
            site.radius * dice.between(0.6, 1.3),
            shape,
            0.25,
            colour(age),
        );
    }
    Parameters {
        sersic_n: Some(n),
        axis_ratio: Some(q),
        angle_deg: Some(axis_deg(angle)),
        radius_px: Some(site.radius),
        bulge: Some(bulge),
        bar: Some(f64::from(u8::from(barred))),
        ..Default::default()
    }
}

/// Adds a bar of half-length `length` in the plane of a disc; gives its angle there.
pub fn add_bar(
    site: Site,
    scene: &mut Scene,
    shape: Ellipse,
    length: f64,
    share: f64,
    colour: Colour,
    dice: &mut Dice,
) -> f64 {
    let (angle, q) = (dice.angle(), dice.between(0.2, 0.4));
    let (bar, index) = (Ellipse::new(q, angle), dice.between(2.0, 3.5));
    // Ferrers' bar: flat inside, ends at its length, with boxy ends.
    let flux = site.flux * share;
    let norm = flux / (1.9 * length * length * q * shape.q);
    scene.paint(site.at, 1.1 * length, site.fine, colour, |x, y| {
        let (u, v) = shape.face_on(x, y);
        let (a, b) = bar.face_on(u, v);
        let m = (a.abs() / length).powf(index) + (b.abs() / length).powf(index);
        if m < 1.0 { norm * (1.0 - m).powf(1.2) } else { 0.0 }
    });
    angle
}

/// A disc seen from its edge.
pub fn edge_on(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let angle = dice.angle();
    let line = Ellipse::new(1.0, angle);
    let bulge = if dice.chance(0.65) {
        dice.between(0.03, 0.4)
    } else {
        0.0
    };
    let age = dice.between(-0.7, 0.9);
    // Along its length half of an edge-on disc's light is within some 1.1 scale lengths.
    let length = site.radius / 1.1;
    let height = (length * dice.log_between(0.09, 0.34)).max(0.35);
    let warp = if dice.chance(0.25) {
        0.12 * dice.normal()
    } else {
        0.0
    };
    let cut = dice.between(3.0, 4.5);
    // r K1(r) integrates to π over both sides, sech² to 2.
    let peak = site.flux * (1.0 - bulge) / (std::f64::consts::TAU * length * height);
    scene.paint(site.at, 5.0 * length, site.fine, colour(age), |x, y| {
        let (along, across) = line.axes(x, y);
        let r = along / length;
        // Warps bend the two ends to opposite sides.
        let across = across - 0.05 * warp * length * r * r * r;
        // r K1(r) is an exponential disc along the line of sight, here within 3 %; sech² across.
        let shine = (1.0 + std::f64::consts::FRAC_PI_2 * r.abs()).sqrt() * (-r.abs()).exp();
        let end = 1.0 / (1.0 + ((r.abs() - cut) * 6.0).exp());
        peak * shine * end / (across / height).cosh().powi(2)
    });
    let mut thickness = 1.25 * height / length;
    if bulge > 0.0 {
        let q = dice.between(0.55, 0.95);
        let size = site.radius * dice.between(0.12, 0.35);
        site.body(
            scene,
            dice.between(1.0, 4.0),
            size,
            Ellipse::new(q, angle),
            bulge,
            colour(age + 0.6),
        );
        thickness += 0.1 * bulge;
    }
    if dice.chance(0.5) {
        let (deep, thin, off) = (
            dice.between(0.4, 2.2),
            height * dice.between(0.25, 0.6),
            height * 0.35 * dice.normal(),
        );
        let reach = length * dice.between(1.5, 2.6);
        let at = site.at;
        scene.absorb(|x, y| {
            let (along, across) = line.axes(x - at.0, y - at.1);
            deep * (-0.5 * ((across - off) / thin).powi(2) - (along / reach).powi(4)).exp()
        });
    }
    Parameters {
        axis_ratio: Some(thickness.min(1.0)),
        angle_deg: Some(axis_deg(angle)),
        radius_px: Some(site.radius),
        bulge: Some(bulge),
        ..Default::default()
    }
}
