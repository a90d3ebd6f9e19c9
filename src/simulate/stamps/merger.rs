//! Galaxies that merge: a pair with tails and bridges, two nuclei in one envelope, what is left
//! afterwards with its shells and streams.

use super::blur::blurred;
use super::dice::Dice;
use super::encounter::{Meeting, meet};
use super::galaxy::Site;
use super::parameters::Parameters;
use super::profile::{Ellipse, axis_deg};
use super::scene::{Scene, colour};

/// Stars of an encounter: enough that what is blurred by a few pixels looks smooth.
const STARS: usize = 2600;

/// Two galaxies that merge, or one that just did.
pub fn merger(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    match dice.pick(&[(0, 0.42), (1, 0.48), (2, 0.1)]) {
        0 => pair(site, scene, dice),
        1 => envelope(site, scene, dice),
        _ => remnant(site, scene, dice),
    }
}

/// A pair after its first passage.
fn pair(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let meeting = Meeting {
        ratio: dice.log_between(0.2, 1.0),
        closest: dice.log_between(0.3, 1.0),
        after: dice.between(0.2, 2.8),
    };
    let mut debris = meet(&meeting, STARS, dice);
    let share = meeting.ratio / (1.0 + meeting.ratio);
    let stars_middle = mean(&debris.stars);
    // Pixels a unit: as given by the first disc's half-light radius, but all within the stamp.
    let mut unit = site.radius / 0.5;
    let spread = spread(&debris.stars, stars_middle);
    unit = unit.min(0.45 * scene.side as f64 / spread.max(0.3)).max(4.0);
    for n in &mut debris.nuclei {
        *n = ((n.0 - stars_middle.0) * unit, (n.1 - stars_middle.1) * unit);
    }
    // Some cutouts are centred on the brighter nucleus, some on the whole.
    let shift = if dice.chance(0.6) {
        debris.nuclei[0]
    } else {
        (
            0.5 * (debris.nuclei[0].0 + debris.nuclei[1].0),
            0.5 * (debris.nuclei[0].1 + debris.nuclei[1].1),
        )
    };
    let whole = scene.whole();
    let middle = (whole as f64 - 1.0) / 2.0;
    let in_stars = dice.between(0.55, 0.9);
    for (i, stars) in debris.stars.iter().enumerate() {
        let part = if i == 0 { 1.0 - share } else { share };
        let age = dice.between(-0.9, 0.7);
        // Stars in tails are few: they stand for more blurred light than those near the nuclei.
        let (mut near, mut far) = (vec![0.0f32; whole * whole], vec![0.0f32; whole * whole]);
        let each = (site.flux * in_stars * part / stars.len().max(1) as f64) as f32;
        for &(x, y) in stars {
            let (x, y) = (
                (f64::from(x) - stars_middle.0) * unit,
                (f64::from(y) - stars_middle.1) * unit,
            );
            let is_near = debris
                .nuclei
                .iter()
                .any(|n| (x - n.0).hypot(y - n.1) < 0.7 * unit);
            let at = (x - shift.0 + site.at.0 + middle, y - shift.1 + site.at.1 + middle);
            splat(if is_near { &mut near } else { &mut far }, whole, at, each);
        }
        let sigma = (0.055 * unit) as f32;
        scene.add(&blurred(&near, whole, &[(1.0, sigma.max(0.7))]), colour(age));
        scene.add(
            &blurred(&far, whole, &[(1.0, (2.0 * sigma).max(1.0))]),
            colour(age - 0.4),
        );
        let nucleus = Site {
            at: (
                site.at.0 + debris.nuclei[i].0 - shift.0,
                site.at.1 + debris.nuclei[i].1 - shift.1,
            ),
            ..site
        };
        let q = dice.between(0.5, 1.0);
        let size = unit * dice.between(0.12, 0.3) * if i == 0 { 1.0 } else { meeting.ratio.sqrt() };
        let shape = Ellipse::new(q, dice.angle());
        let rest = (1.0 - in_stars) * part;
        nucleus.body(
            scene,
            dice.between(1.0, 3.5),
            size,
            shape,
            rest,
            colour(age + 0.5),
        );
    }
    if dice.chance(0.4) {
        bursts(site, unit, scene, dice);
    }
    let gap = (debris.nuclei[0].0 - debris.nuclei[1].0).hypot(debris.nuclei[0].1 - debris.nuclei[1].1);
    Parameters {
        radius_px: Some(0.5 * unit),
        merger_separation_px: Some(gap),
        ratio: Some(meeting.ratio),
        ..Default::default()
    }
}

/// Two or three nuclei close to each other in one disturbed envelope.
fn envelope(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let ratio = dice.log_between(0.25, 1.0);
    let gap = site.radius * dice.between(0.8, 3.4);
    let way = dice.angle();
    let halo = dice.between(0.15, 0.6);
    let age = dice.between(-0.4, 1.0);
    let (q, turned) = (dice.between(0.45, 0.9), way + 0.4 * dice.normal());
    let along = (0.5 * gap * way.cos(), 0.5 * gap * way.sin());
    let envelope = Site {
        at: (site.at.0 + 0.3 * along.0, site.at.1 + 0.3 * along.1),
        ..site
    };
    let shape = Ellipse::new(q, turned);
    envelope.body(scene, 1.0, site.radius + 0.5 * gap, shape, halo, colour(age));
    // A plume to one side.
    fan(envelope, site.radius + 0.4 * gap, 0.35 * halo, scene, dice);
    for (sign, part) in [(-1.0, 1.0 / (1.0 + ratio)), (1.0, ratio / (1.0 + ratio))] {
        let nucleus = Site {
            at: (site.at.0 + sign * along.0, site.at.1 + sign * along.1),
            ..site
        };
        let size = site.radius * dice.between(0.25, 0.7) * part.sqrt();
        let shape = Ellipse::new(dice.between(0.25, 1.0), dice.angle());
        nucleus.body(
            scene,
            dice.between(1.0, 4.0),
            size,
            shape,
            (1.0 - halo) * part,
            colour(age + 0.3),
        );
    }
    if dice.chance(0.3) {
        bursts(site, 2.0 * site.radius, scene, dice);
    }
    Parameters {
        radius_px: Some(site.radius),
        merger_separation_px: Some(gap),
        ratio: Some(ratio),
        ..Default::default()
    }
}

/// One galaxy with shells, a stream and plumes.
fn remnant(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let (n, q, angle) = (dice.between(2.0, 4.5), dice.between(0.55, 1.0), dice.angle());
    let age = dice.between(0.0, 1.1);
    site.body(
        scene,
        n,
        0.8 * site.radius,
        Ellipse::new(q, angle),
        0.6,
        colour(age),
    );
    let shells = dice.whole(1, 5);
    for i in 0..shells {
        // Shells alternate from side to side, the older the farther.
        let side = angle + if i % 2 == 0 { 0.0 } else { std::f64::consts::PI } + 0.3 * dice.normal();
        let radius = site.radius * (0.9 + 0.55 * f64::from(i)) * dice.between(0.85, 1.15);
        let (open, soft) = (dice.between(0.5, 1.1), radius * dice.between(0.1, 0.3));
        let peak = site.flux * 0.25 / f64::from(shells) / (2.0 * open * radius * soft);
        scene.paint(site.at, 1.15 * radius, 2, colour(age - 0.1), |x, y| {
            let (r, phi) = (x.hypot(y), y.atan2(x) - side);
            // Sharp outside, fading inwards.
            let radial = if r > radius {
                (-((r - radius) / (0.15 * soft + 0.3)).powi(2)).exp()
            } else {
                (-(radius - r) / soft).exp()
            };
            let turn =
                (phi + 3.0 * std::f64::consts::PI).rem_euclid(std::f64::consts::TAU) - std::f64::consts::PI;
            peak * radial * (-(turn / open).powi(4)).exp()
        });
    }
    for _ in 0..dice.whole(1, 2) {
        fan(site, site.radius * dice.between(1.2, 2.2), 0.15, scene, dice);
    }
    Parameters {
        sersic_n: Some(n),
        axis_ratio: Some(q),
        angle_deg: Some(axis_deg(angle)),
        radius_px: Some(site.radius),
        merger_separation_px: Some(0.0),
        ..Default::default()
    }
}

/// A tail that leaves one side and curves, `share` of the light.
fn fan(site: Site, radius: f64, share: f64, scene: &mut Scene, dice: &mut Dice) {
    let (mut way, turn) = (dice.angle(), dice.sign() * dice.between(0.02, 0.11));
    let redness = dice.between(-0.6, 0.6);
    let (mut x, mut y) = (0.2 * radius * way.cos(), 0.2 * radius * way.sin());
    let beads = 30;
    let step = radius * dice.between(0.04, 0.09);
    for i in 0..beads {
        let t = f64::from(i) / f64::from(beads);
        let sigma = radius * (0.14 + 0.14 * t);
        let at = (site.at.0 + x, site.at.1 + y);
        let flux = site.flux * share * (1.0 - t) * 2.0 / f64::from(beads);
        scene.dot(at, sigma, flux, colour(redness));
        x += step * way.cos();
        y += step * way.sin();
        way += turn;
    }
}

/// Young stars where gas collides.
fn bursts(site: Site, size: f64, scene: &mut Scene, dice: &mut Dice) {
    let knots: Vec<_> = (0..dice.whole(2, 10))
        .map(|_| {
            (
                0.3 * size * dice.normal(),
                0.3 * size * dice.normal(),
                dice.log_between(0.002, 0.02),
                size * dice.between(0.015, 0.04),
            )
        })
        .collect();
    site.knots(scene, &knots, colour(-1.8));
}

/// Adds `light` at a place between four pixels.
fn splat(square: &mut [f32], side: usize, (x, y): (f64, f64), light: f32) {
    let (column, row) = (x.floor(), y.floor());
    let last = side as f64 - 1.0;
    if column >= 0.0 && row >= 0.0 && column < last && row < last {
        let (u, v) = ((x - column) as f32, (y - row) as f32);
        let i = row as usize * side + column as usize;
        square[i] += light * (1.0 - u) * (1.0 - v);
        square[i + 1] += light * u * (1.0 - v);
        square[i + side] += light * (1.0 - u) * v;
        square[i + side + 1] += light * u * v;
    }
}

fn mean(stars: &[Vec<(f32, f32)>; 2]) -> (f64, f64) {
    let all = || stars.iter().flatten();
    let n = all().count().max(1) as f64;
    let sum = |f: fn(&(f32, f32)) -> f32| all().map(|s| f64::from(f(s))).sum::<f64>();
    (sum(|s| s.0) / n, sum(|s| s.1) / n)
}

/// Distance from `middle` within which 85 % of the stars are.
fn spread(stars: &[Vec<(f32, f32)>; 2], middle: (f64, f64)) -> f64 {
    let mut all: Vec<f64> = (stars.iter().flatten())
        .map(|s| (f64::from(s.0) - middle.0).hypot(f64::from(s.1) - middle.1))
        .collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() * 85 / 100).copied().unwrap_or(1.0)
}
