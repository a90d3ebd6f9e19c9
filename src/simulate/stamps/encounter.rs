//! Two discs of stars pass each other: tails and bridges as Toomre & Toomre (1972) found them, by
//! massless stars in the field of two softened masses on a parabola.
//!
//! Units: the gravitational constant, the first galaxy's mass and its disc's edge are 1.

use super::dice::Dice;

/// A point or velocity in space.
type Vector = [f32; 3];

/// Softening: the masses are spread over this length, as dark halos are.
const SOFT: f32 = 0.22;
const STEP: f32 = 0.05;

/// How two galaxies meet.
#[derive(Debug, Clone, Copy)]
pub struct Meeting {
    /// The second galaxy's mass.
    pub ratio: f64,
    /// Least distance of the two, on the parabola.
    pub closest: f64,
    /// Time after the closest passage.
    pub after: f64,
}

/// Stars after a meeting, as they are seen on the sky.
pub struct Debris {
    /// Where the galaxies are, with respect to the light's middle.
    pub nuclei: [(f64, f64); 2],
    /// The stars of each galaxy.
    pub stars: [Vec<(f32, f32)>; 2],
}

/// Lets two discs of `count` stars in all meet, and looks from anywhere.
pub fn meet(meeting: &Meeting, count: usize, dice: &mut Dice) -> Debris {
    let ratio = meeting.ratio as f32;
    let (mut bodies, start) = parabola(meeting);
    let split = ((count as f64 / (1.0 + meeting.ratio)) as usize).clamp(count / 3, count);
    let mut stars = [
        disc(split, 1.0, 1.0, bodies[0], dice),
        disc(
            count - split,
            meeting.ratio,
            meeting.ratio.sqrt(),
            bodies[1],
            dice,
        ),
    ];
    let steps = ((start + meeting.after as f32) / STEP).ceil() as usize;
    for _ in 0..steps {
        // Half a drift, a kick by both masses, half a drift.
        let drift = |place: &mut Vector, velocity: &Vector| {
            for k in 0..3 {
                place[k] += 0.5 * STEP * velocity[k];
            }
        };
        for (place, velocity) in &mut bodies {
            drift(place, velocity);
        }
        let (a, b) = (bodies[0].0, bodies[1].0);
        for Stars { place, velocity } in &mut stars {
            for (p, v) in place.iter_mut().zip(velocity.iter_mut()) {
                for k in 0..3 {
                    p[k] += 0.5 * STEP * v[k];
                }
                let (near, far) = (pull(p, &a, 1.0), pull(p, &b, ratio));
                for k in 0..3 {
                    v[k] += STEP * (near[k] + far[k]);
                    p[k] += 0.5 * STEP * v[k];
                }
            }
        }
        let (on_a, on_b) = (pull(&a, &b, ratio), pull(&b, &a, 1.0));
        for (k, (pull_a, pull_b)) in on_a.iter().zip(&on_b).enumerate() {
            bodies[0].1[k] += STEP * pull_a;
            bodies[1].1[k] += STEP * pull_b;
        }
        for (place, velocity) in &mut bodies {
            drift(place, velocity);
        }
    }
    seen([bodies[0].0, bodies[1].0], &stars, dice)
}

/// Acceleration at `at` by `mass` at `source`.
fn pull(at: &Vector, source: &Vector, mass: f32) -> Vector {
    let d = [source[0] - at[0], source[1] - at[1], source[2] - at[2]];
    let r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + SOFT * SOFT;
    let by = mass / (r2 * r2.sqrt());
    [d[0] * by, d[1] * by, d[2] * by]
}

/// Places and velocities of the masses before they meet, and the time until then: on a parabola, x
/// towards the closest point, with the middle of mass at rest.
fn parabola(meeting: &Meeting) -> ([(Vector, Vector); 2], f32) {
    let mass = 1.0 + meeting.ratio;
    let p = 2.0 * meeting.closest;
    // True anomaly at which they are 3.2 disc edges apart.
    let nu = -(p / 3.2 - 1.0).clamp(-0.95, 0.6).acos();
    let r = p / (1.0 + nu.cos());
    let speed = (mass / p).sqrt();
    let place = [r * nu.cos(), r * nu.sin()];
    let velocity = [-speed * nu.sin(), speed * (1.0 + nu.cos())];
    // Barker's equation.
    let d = (nu / 2.0).tan();
    let time = 0.5 * (p.powi(3) / mass).sqrt() * (d + d.powi(3) / 3.0);
    let body = |share: f64| -> (Vector, Vector) {
        let s = |v: [f64; 2]| [(share * v[0]) as f32, (share * v[1]) as f32, 0.0];
        (s(place), s(velocity))
    };
    ([body(-meeting.ratio / mass), body(1.0 / mass)], -time as f32)
}

struct Stars {
    place: Vec<Vector>,
    velocity: Vec<Vector>,
}

/// An exponential disc of stars on circles about `body`, tilted at random.
fn disc(count: usize, mass: f64, edge: f64, body: (Vector, Vector), dice: &mut Dice) -> Stars {
    let turn = Turn::draw(dice);
    let (mut place, mut velocity) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let soft = f64::from(SOFT);
    for _ in 0..count {
        // The sum of two exponential deviates is an exponential disc's radius.
        let r = loop {
            let r = -0.28 * ((1.0 - dice.between(0.0, 1.0)) * (1.0 - dice.between(0.0, 1.0))).ln();
            if r < 1.0 {
                break r * edge;
            }
        };
        let phi = dice.angle();
        let speed = (mass * r * r / (r * r + soft * soft).powf(1.5)).sqrt();
        let hot = 0.06 * speed;
        let (s, c) = phi.sin_cos();
        let p = turn.of([r * c, r * s, 0.03 * edge * dice.normal()]);
        let v = turn.of([
            -speed * s + hot * dice.normal(),
            speed * c + hot * dice.normal(),
            hot * dice.normal(),
        ]);
        place.push(std::array::from_fn(|k| p[k] as f32 + body.0[k]));
        velocity.push(std::array::from_fn(|k| v[k] as f32 + body.1[k]));
    }
    Stars { place, velocity }
}

/// A rotation of space.
struct Turn([[f64; 3]; 3]);

impl Turn {
    /// Any rotation, all alike.
    fn draw(dice: &mut Dice) -> Self {
        let cos = dice.between(-1.0, 1.0);
        let sin = (1.0 - cos * cos).sqrt();
        let ((sa, ca), (sb, cb)) = (dice.angle().sin_cos(), dice.angle().sin_cos());
        Self([
            [ca * cb * cos - sa * sb, -ca * sb * cos - sa * cb, ca * sin],
            [sa * cb * cos + ca * sb, -sa * sb * cos + ca * cb, sa * sin],
            [-cb * sin, sb * sin, cos],
        ])
    }

    fn of(&self, v: [f64; 3]) -> [f64; 3] {
        self.0.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }
}

/// Projects everything on a plane turned at random.
fn seen(bodies: [Vector; 2], stars: &[Stars; 2], dice: &mut Dice) -> Debris {
    let turn = Turn::draw(dice);
    let project = |v: &Vector| {
        let v = turn.of([f64::from(v[0]), f64::from(v[1]), f64::from(v[2])]);
        (v[0], v[1])
    };
    let nuclei = [project(&bodies[0]), project(&bodies[1])];
    let stars = [&stars[0], &stars[1]].map(|s| {
        (s.place.iter().map(project))
            .map(|(x, y)| (x as f32, y as f32))
            .collect()
    });
    Debris { nuclei, stars }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_has_no_energy_and_arrives_in_time() {
        let meeting = Meeting {
            ratio: 0.5,
            closest: 0.8,
            after: 0.0,
        };
        let ([a, b], time) = parabola(&meeting);
        let d: Vec<f64> = (0..3).map(|k| f64::from(b.0[k] - a.0[k])).collect();
        let v: Vec<f64> = (0..3).map(|k| f64::from(b.1[k] - a.1[k])).collect();
        let (r, speed2) = (
            d.iter().map(|x| x * x).sum::<f64>().sqrt(),
            v.iter().map(|x| x * x).sum::<f64>(),
        );
        assert!((0.5 * speed2 - 1.5 / r).abs() < 1e-5);
        // Without softening the closest passage is at the closest distance, after `time`.
        let (mut d, mut v) = (d, v);
        let steps = 20_000;
        let step = f64::from(time) / f64::from(steps);
        for _ in 0..steps {
            let r3 = d.iter().map(|x| x * x).sum::<f64>().powf(1.5);
            for k in 0..3 {
                v[k] -= step * 1.5 * d[k] / r3;
                d[k] += step * v[k];
            }
        }
        let r = d.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!((r - 0.8).abs() < 2e-3, "{r}");
    }

    #[test]
    fn a_close_passage_throws_stars_far_out_and_a_far_one_does_not() {
        let far_out = |closest: f64| {
            let meeting = Meeting {
                ratio: 1.0,
                closest,
                after: 4.0,
            };
            let debris = meet(&meeting, 600, &mut Dice::new(3, 3));
            let gone = |i: usize| {
                let n = debris.nuclei[i];
                let far = |s: &&(f32, f32)| (f64::from(s.0) - n.0).hypot(f64::from(s.1) - n.1) > 1.5;
                debris.stars[i].iter().filter(far).count()
            };
            gone(0) + gone(1)
        };
        assert!(far_out(0.7) > 30, "{}", far_out(0.7));
        assert!(far_out(6.0) < 12, "{}", far_out(6.0));
    }
}
