//! Radio galaxies: jets that fade (Fanaroff & Riley class I), jets that end in hot spots (class II),
//! jets bent by the gas they move through, and sources too small to be resolved.

use super::dice::Dice;
use super::kind::Kind;
use super::parameters::Parameters;
use super::profile::axis_deg;
use super::scene::Scene;

/// A radio source's light has no colour.
const GREY: [f64; 3] = [1.0; 3];

/// Paints a source of this kind at `at`, seen with a beam of `beam_px` (full width at half maximum).
/// The sum of its light is about 1.
pub fn source(kind: Kind, at: (f64, f64), beam_px: f64, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let side = scene.side as f64;
    let angle = dice.angle();
    let least = beam_px * if kind == Kind::RadioFrii { 2.2 } else { 3.0 };
    let extent = if kind == Kind::RadioCompact {
        beam_px * dice.between(0.0, 0.9)
    } else {
        // Most are small; few reach over the stamp.
        let (low, high) = (least.max(0.05 * side), 0.62 * side);
        low * (high / low).max(1.3).powf(dice.between(0.0, 1.0).powf(1.5))
    };
    let parameters = Parameters {
        angle_deg: Some(axis_deg(angle)),
        extent_px: Some(extent),
        ..Default::default()
    };
    match kind {
        Kind::RadioFri => fading(at, angle, extent, beam_px, scene, dice),
        Kind::RadioFrii => lobes(at, angle, extent, beam_px, scene, dice),
        Kind::RadioBent => {
            let opening = bent(at, angle, extent, beam_px, scene, dice);
            return Parameters {
                opening_deg: Some(opening),
                ..parameters
            };
        }
        _ => {
            let half = 0.5 * extent;
            let ratio = dice.between(0.0, 1.0);
            let (s, c) = angle.sin_cos();
            scene.dot(at, 0.4, 1.0 - 0.5 * ratio, GREY);
            scene.dot((at.0 + half * c, at.1 + half * s), 0.4, 0.5 * ratio, GREY);
        }
    }
    parameters
}

/// A path of beads from the core outwards: `bend` turns it by radians a unit length, `wander` at random.
struct Jet {
    angle: f64,
    length: f64,
    bend: f64,
    wander: f64,
}

impl Jet {
    /// Places along it, with the share of its length run.
    fn path(&self, from: (f64, f64), dice: &mut Dice) -> Vec<(f64, f64, f64)> {
        let beads = (self.length / 0.7).ceil().clamp(8.0, 90.0) as u32;
        let step = self.length / f64::from(beads);
        let (mut x, mut y, mut way) = (from.0, from.1, self.angle);
        let mut drift = 0.0;
        (0..beads)
            .map(|i| {
                x += step * way.cos();
                y += step * way.sin();
                drift += self.wander * dice.normal() * (1.0 / f64::from(beads)).sqrt();
                way += (self.bend + drift) / f64::from(beads);
                (x, y, f64::from(i + 1) / f64::from(beads))
            })
            .collect()
    }
}

/// Paints beads of brightness and width (pixels) by the share of the length run; they sum to `flux`.
fn paint(
    path: &[(f64, f64, f64)],
    flux: f64,
    bright: impl Fn(f64) -> f64,
    width: impl Fn(f64) -> f64,
    lumpy: f64,
    scene: &mut Scene,
    dice: &mut Dice,
) {
    // Lumps are longer than beads.
    let mut lump = 0.0;
    let weights: Vec<f64> = (path.iter())
        .map(|&(_, _, t)| {
            lump = 0.75 * lump + 0.66 * dice.normal();
            bright(t) * (lumpy * lump).exp()
        })
        .collect();
    let total: f64 = weights.iter().sum::<f64>().max(1e-9);
    for (&(x, y, t), weight) in path.iter().zip(weights) {
        scene.dot((x, y), width(t), flux * weight / total, GREY);
    }
}

/// Class I: brightest near the core, widening and fading into plumes.
fn fading(at: (f64, f64), angle: f64, extent: f64, beam: f64, scene: &mut Scene, dice: &mut Dice) {
    let core = dice.between(0.04, 0.4);
    scene.dot(at, 0.4, core, GREY);
    let share = dice.between(0.2, 0.8);
    let lopsided = dice.between(0.4, 0.6);
    let bend = 0.35 * dice.normal();
    let open = dice.between(0.04, 0.16);
    for (sign, flux, part) in [(0.0, share, lopsided), (1.0, 1.0 - share, 1.0 - lopsided)] {
        let jet = Jet {
            angle: angle + sign * std::f64::consts::PI + 0.08 * dice.normal(),
            length: extent * part,
            bend: bend * if sign == 0.0 { 1.0 } else { dice.sign() },
            wander: dice.between(0.2, 1.6),
        };
        let path = jet.path(at, dice);
        let (flare, fade) = (dice.between(0.08, 0.3), dice.between(0.25, 0.6));
        paint(
            &path,
            flux * (1.0 - core),
            |t| (t / flare).min(1.0) * (-t / fade).exp() + 0.04,
            |t| (0.12 * beam + open * extent * t).max(0.4),
            dice.between(0.2, 0.9),
            scene,
            dice,
        );
    }
}

/// Class II: two lobes, brightest at their far ends.
fn lobes(at: (f64, f64), angle: f64, extent: f64, beam: f64, scene: &mut Scene, dice: &mut Dice) {
    let core = if dice.chance(0.5) {
        dice.log_between(0.005, 0.15)
    } else {
        0.0
    };
    scene.dot(at, 0.4, core, GREY);
    let share = 1.0 / (1.0 + dice.log_between(0.35, 2.8));
    let arm = dice.between(0.4, 0.6);
    // Lobes need not face each other exactly.
    let kink = 0.1 * dice.normal();
    for (sign, flux, part) in [(0.0, share, arm), (1.0, 1.0 - share, 1.0 - arm)] {
        let jet = Jet {
            angle: angle + sign * (std::f64::consts::PI + kink),
            length: extent * part,
            bend: 0.12 * dice.normal(),
            wander: 0.2,
        };
        let path = jet.path(at, dice);
        let hot = dice.between(0.2, 0.65);
        let flux = flux * (1.0 - core);
        let (back, fat) = (dice.between(0.12, 0.4), dice.between(0.04, 0.13));
        paint(
            &path,
            flux * (1.0 - hot),
            // Plasma flows back from the hot spot.
            |t| (-(1.0 - t) / back).exp(),
            |t| (0.1 * beam + fat * extent * (t - 1.0 + 2.5 * back).clamp(0.1, 0.6)).max(0.4),
            dice.between(0.05, 0.4),
            scene,
            dice,
        );
        if let Some(&(x, y, _)) = path.last() {
            let size = (extent * dice.between(0.005, 0.03)).max(0.4);
            scene.dot((x, y), size, 0.75 * flux * hot, GREY);
            // Often a second, weaker one.
            let off = 0.05 * extent;
            let beside = (x + off * dice.normal(), y + off * dice.normal());
            scene.dot(beside, 1.5 * size, 0.25 * flux * hot, GREY);
        }
        if dice.chance(0.2) {
            paint(&path, 0.08 * flux, |t| 1.0 - 0.6 * t, |_| 0.5, 0.5, scene, dice);
        }
    }
}

/// Two tails swept to one side; gives the angle between them in degrees.
fn bent(at: (f64, f64), angle: f64, extent: f64, beam: f64, scene: &mut Scene, dice: &mut Dice) -> f64 {
    // Narrow angles are tails behind a fast galaxy, wide ones those of a cluster's slow centre.
    let opening = dice.between(20.0, 140.0);
    let leave = dice.between(opening.max(60.0), 175.0);
    let turn = ((leave - opening) / 2.0).to_radians() * 1.6;
    let core = dice.between(0.03, 0.35);
    scene.dot(at, 0.4, core, GREY);
    let share = dice.between(0.3, 0.7);
    let edge = dice.chance(0.4);
    for (sign, flux) in [(1.0, share), (-1.0, 1.0 - share)] {
        let jet = Jet {
            angle: angle + sign * (leave / 2.0).to_radians(),
            length: extent * dice.between(0.45, 0.8),
            bend: -sign * turn,
            wander: dice.between(0.1, 0.9),
        };
        let path = jet.path(at, dice);
        let (open, fade, warm) = (
            dice.between(0.03, 0.12),
            dice.between(0.3, 0.8),
            dice.between(0.3, 0.8),
        );
        paint(
            &path,
            flux * (1.0 - core),
            |t| {
                if edge {
                    // Wide-angle tails flare in warm spots before they bend away.
                    (-0.5 * ((t - warm) / 0.12).powi(2)).exp() + 0.35 * (-t / fade).exp()
                } else {
                    (-t / fade).exp() + 0.05
                }
            },
            |t| (0.12 * beam + open * extent * t).max(0.4),
            dice.between(0.2, 1.0),
            scene,
            dice,
        );
    }
    opening
}
