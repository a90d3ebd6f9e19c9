//! Clumpy galaxies: dwarfs full of star-forming knots, chains and tadpoles of the young universe.

use super::dice::Dice;
use super::galaxy::Site;
use super::parameters::Parameters;
use super::profile::{Ellipse, Sersic, axis_deg};
use super::scene::{Scene, colour};
use super::waves::Waves;

/// A galaxy without symmetry: a lopsided, patchy body and clumps.
pub fn irregular(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let (q, angle) = (dice.between(0.25, 0.95), dice.angle());
    let shape = Ellipse::new(q, angle);
    let re = site.radius;
    let (n, age) = (dice.between(0.4, 1.0), dice.between(-1.4, 0.0));
    let clumps = dice.whole(3, 14);
    let in_clumps = dice.between(0.15, 0.6);
    let (patches, lopsided) = (Waves::draw(8, (1, 8), 90.0, 1.0, dice), dice.between(0.0, 0.6));
    let patchy = dice.between(0.2, 0.7);
    let profile = Sersic::new(n, re, q);
    let flux = site.flux * (1.0 - in_clumps);
    scene.paint(site.at, 5.0 * re, site.fine.div_ceil(2), colour(age), |x, y| {
        let (u, v) = shape.face_on(x, y);
        let r = u.hypot(v);
        // Patches fade towards the middle, where the angle means nothing.
        let here = patchy * (r / (0.3 * re)).min(1.0);
        let patch = (here * patches.at(v.atan2(u), 2.5 * (0.1 + r / re).ln())).exp();
        flux * profile.at(r) * patch * (1.0 + lopsided * u / (r + 0.3 * re))
    });
    let weights: Vec<f64> = (0..clumps).map(|_| (0.8 * dice.normal()).exp()).collect();
    let total: f64 = weights.iter().sum();
    // The brightest clumps of a tadpole are at one end.
    let tadpole = dice.chance(0.2);
    for weight in weights {
        let (u, v) = (0.85 * re * dice.normal(), 0.85 * re * dice.normal());
        let u = if tadpole && weight > 1.0 {
            1.2 * re + 0.2 * u
        } else {
            u
        };
        let (x, y) = shape.to_sky(u, v);
        let size = re * dice.log_between(0.04, 0.2);
        let share = in_clumps * weight / total;
        site.knots(
            scene,
            &[(x, y, share, size)],
            colour(age - dice.between(-0.3, 0.9)),
        );
    }
    Parameters {
        sersic_n: Some(n),
        axis_ratio: Some(q),
        angle_deg: Some(axis_deg(angle)),
        radius_px: Some(re),
        ..Default::default()
    }
}
