//! Galaxies with arms, and with rings.

use super::dice::Dice;
use super::galaxy::{Site, add_bar};
use super::parameters::Parameters;
use super::profile::{Ellipse, Sersic, axis_deg};
use super::scene::{Scene, colour};
use super::waves::Waves;
use std::f64::consts::TAU;

/// A disc with two to four logarithmic arms.
pub fn spiral(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let (q, angle) = (dice.between(0.42, 1.0), dice.angle());
    let shape = Ellipse::new(q, angle);
    let arms = dice.pick(&[(2u32, 0.62), (3, 0.23), (4, 0.15)]);
    let pitch_deg = dice.between(8.0, 35.0);
    let (tan_pitch, wind) = (pitch_deg.to_radians().tan(), dice.sign());
    let barred = dice.chance(0.45);
    let bulge = dice.between(0.02, 0.3);
    let age = dice.between(-1.0, 0.5);
    let re = site.radius;
    let inner = re
        * if barred {
            dice.between(0.35, 0.65)
        } else {
            dice.between(0.12, 0.35)
        };
    let share = if barred { dice.between(0.05, 0.16) } else { 0.0 };
    let bar_angle = add_bar_if(barred, site, scene, shape, inner, share, dice);

    // Arms of one galaxy differ in strength; each begins at the bar's end or the bulge's edge.
    let strengths: Vec<f64> = (0..arms).map(|_| dice.between(0.55, 1.2)).collect();
    // In flocculent galaxies patches are stronger than arms.
    let flocculent = dice.chance(0.3);
    let (contrast, patchy) = if flocculent {
        (dice.log_between(1.0, 3.0), dice.between(0.6, 1.1))
    } else {
        (dice.log_between(2.0, 9.0), dice.log_between(0.15, 0.8))
    };
    let width = dice.between(1.5, 5.0);
    let fade = re * dice.between(1.5, 2.6);
    let start = bar_angle.unwrap_or_else(|| dice.angle());
    let wander = Waves::draw(4, (1, 3), 90.0, wind, dice);
    let patches = Waves::draw(12, (4, 22), 1.6 * pitch_deg, wind, dice);
    let loose = dice.between(0.1, 0.45);
    let arms_f = f64::from(arms);
    let arm = move |u: f64, v: f64| {
        let r = u.hypot(v).max(0.05 * re);
        let (phi, ln_r) = (v.atan2(u), (r / inner).ln());
        let turned = wind * (phi - start) - ln_r / tan_pitch + loose * wander.at(phi, 1.5 * ln_r);
        // Which arm is nearest says how strong it is here.
        let which = (turned * arms_f / TAU).round().rem_euclid(arms_f) as usize % strengths.len();
        let ridge = ((0.5 + 0.5 * (arms_f * turned).cos()).powf(width)) * strengths[which];
        let on = 1.0 / (1.0 + (-(r / inner - 0.9) * 7.0).exp()) / (1.0 + ((r - fade) / (0.25 * fade)).exp());
        (r, on, ridge, (patchy * patches.at(phi, ln_r)).exp())
    };
    let disc = Sersic::new(1.0, re, q);
    let flux = site.flux * (1.0 - bulge - share);
    // Half of the disc's light is old and smooth, half follows the arms.
    site.body(
        scene,
        1.0,
        re,
        shape,
        0.35 * (1.0 - bulge - share),
        colour(age + 0.5),
    );
    scene.paint(
        site.at,
        4.5 * re,
        site.fine.div_ceil(2),
        colour(age - 0.4),
        |x, y| {
            let (u, v) = shape.face_on(x, y);
            let (r, on, ridge, patch) = arm(u, v);
            0.65 * flux * disc.at(r) * (1.0 - on + on * (0.25 + contrast * ridge)) * patch
                / (1.0 + 0.18 * contrast)
        },
    );
    let size = re * dice.between(0.08, 0.25);
    let round = Ellipse::new(q + (1.0 - q) * 0.5, angle);
    site.body(scene, dice.between(1.0, 3.0), size, round, bulge, colour(0.8));
    if dice.chance(0.7) {
        let count = dice.whole(5, 50);
        let each = dice.between(0.02, 0.16) / f64::from(count);
        let knots: Vec<_> = (0..count)
            .map(|_| {
                let r = inner + re * dice.between(0.0, 1.9);
                let which = f64::from(dice.whole(0, arms - 1));
                let turned = TAU * which / arms_f + 0.12 * dice.normal() + (r / inner).ln() / tan_pitch;
                let (s, c) = (start + wind * turned).sin_cos();
                let (x, y) = shape.to_sky(r * c, r * s);
                (
                    x,
                    y,
                    each * (0.7 * dice.normal()).exp(),
                    re * dice.between(0.015, 0.05),
                )
            })
            .collect();
        site.knots(scene, &knots, colour(-1.6));
    }
    Parameters {
        sersic_n: Some(1.0),
        axis_ratio: Some(q),
        angle_deg: Some(axis_deg(angle)),
        radius_px: Some(re),
        bulge: Some(bulge),
        arms: Some(arms_f),
        bar: Some(f64::from(u8::from(barred))),
        pitch_deg: Some(pitch_deg),
        ..Default::default()
    }
}

/// A bar as long as the arms' beginning, where there is one; gives its angle in the disc.
fn add_bar_if(
    barred: bool,
    site: Site,
    scene: &mut Scene,
    shape: Ellipse,
    length: f64,
    share: f64,
    dice: &mut Dice,
) -> Option<f64> {
    barred.then(|| add_bar(site, scene, shape, 1.1 * length, share, colour(0.6), dice))
}

/// A galaxy with a ring: around a bar, or after another went through it.
pub fn ring(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let (q, angle) = (dice.between(0.45, 1.0), dice.angle());
    let shape = Ellipse::new(q, angle);
    let radius = site.radius * dice.between(1.0, 1.5);
    let width = radius * dice.log_between(0.07, 0.2);
    let in_ring = dice.between(0.25, 0.7);
    let bulge = (1.0 - in_ring) * dice.between(0.2, 0.9);
    let barred = dice.chance(0.3);
    let bar = if barred { 0.5 * bulge } else { 0.0 };
    let age = dice.between(-1.2, 0.5);
    // After a collision the nucleus is off the middle and the ring brighter on one side.
    let off = if dice.chance(0.35) {
        dice.between(0.1, 0.4) * radius
    } else {
        0.0
    };
    let way = dice.angle();
    let middle = (off * way.cos(), off * way.sin());
    let waves = Waves::draw(6, (1, 9), 90.0, 1.0, dice);
    let patchy = dice.between(0.1, 0.6);
    // Flux of a thin ring: circumference times the Gaussian's integral, foreshortened.
    let peak = site.flux * in_ring / (TAU * radius * width * TAU.sqrt() * q);
    let reach = radius * 1.1 + 4.0 * width + off;
    scene.paint(site.at, reach, site.fine.div_ceil(2), colour(age), |x, y| {
        let (u, v) = shape.face_on(x, y);
        let (u, v) = (u - middle.0, v - middle.1);
        let (r, phi) = (u.hypot(v), v.atan2(u));
        peak * (-0.5 * ((r - radius) / width).powi(2) + patchy * waves.at(phi, 0.0)).exp()
    });
    let rest = 1.0 - in_ring - bulge;
    site.body(scene, 1.0, site.radius, shape, rest, colour(age + 0.6));
    let size = site.radius * dice.between(0.15, 0.4);
    let round = Ellipse::new(q + (1.0 - q) * dice.between(0.3, 1.0), angle);
    site.body(
        scene,
        dice.between(1.0, 4.0),
        size,
        round,
        bulge - bar,
        colour(0.9),
    );
    if barred {
        add_bar(site, scene, shape, 0.95 * radius, bar, colour(0.7), dice);
    }
    Parameters {
        axis_ratio: Some(q),
        angle_deg: Some(axis_deg(angle)),
        radius_px: Some(site.radius),
        bulge: Some(bulge),
        bar: Some(f64::from(u8::from(barred))),
        ring_px: Some(radius),
        ..Default::default()
    }
}
