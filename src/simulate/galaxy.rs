//! Light of stars and galaxies by class, as simple formulas.

use super::stamp::Stamp;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::f64::consts::{PI, TAU};

/// Brightness by place.
type Light = Box<dyn Fn(f64, f64) -> f64>;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Class {
    Smooth,
    Disc,
    EdgeOn,
    Spiral,
    Ring,
    Merger,
    Lens,
    Star,
    Trail,
    CosmicRay,
    Saturated,
}

impl Class {
    /// How common each class is.
    pub const SHARES: [(Class, f64); 11] = [
        (Class::Smooth, 0.26),
        (Class::Disc, 0.18),
        (Class::EdgeOn, 0.12),
        (Class::Spiral, 0.12),
        (Class::Ring, 0.03),
        (Class::Merger, 0.05),
        (Class::Lens, 0.025),
        (Class::Star, 0.14),
        (Class::Trail, 0.015),
        (Class::CosmicRay, 0.03),
        (Class::Saturated, 0.03),
    ];

    /// The name in the truth column.
    pub fn name(self) -> &'static str {
        match self {
            Class::Smooth => "smooth",
            Class::Disc => "disc",
            Class::EdgeOn => "edge-on",
            Class::Spiral => "spiral",
            Class::Ring => "ring",
            Class::Merger => "merger",
            Class::Lens => "lens",
            Class::Star => "star",
            Class::Trail => "trail",
            Class::CosmicRay => "cosmic-ray",
            Class::Saturated => "saturated",
        }
    }
}

/// An elliptical frame: positions are turned by `angle` and stretched across by `1 / q`.
#[derive(Debug, Clone, Copy)]
struct Ellipse {
    q: f64,
    angle: f64,
}

impl Ellipse {
    fn to_face_on(self, x: f64, y: f64) -> (f64, f64) {
        let (s, c) = self.angle.sin_cos();
        (x * c + y * s, (y * c - x * s) / self.q)
    }

    fn radius(self, x: f64, y: f64) -> f64 {
        let (u, v) = self.to_face_on(x, y);
        u.hypot(v)
    }
}

/// Sérsic profile of index `n`, half-light radius `re`; the constant is good to 1 % above n = 0.5
/// (Ciotti & Bertin 1999).
fn sersic(r: f64, re: f64, n: f64) -> f64 {
    let b = 2.0 * n - 1.0 / 3.0 + 0.009_876 / n;
    (-b * ((r / re).powf(1.0 / n) - 1.0)).exp()
}

/// The light of one object in each band before the seeing. `radius_px` is its half-light radius;
/// `flux` its counts by band; `shift` the sub-pixel offset by band.
pub fn paint(
    class: Class,
    radius_px: f64,
    flux: [f64; 3],
    shift: [(f64, f64); 3],
    rng: &mut ChaCha8Rng,
) -> [Stamp; 3] {
    let half = (radius_px * 6.0).clamp(16.0, 90.0) as i64;
    let angle = rng.random_range(0.0..PI);
    let mut parts: Vec<(Light, [f64; 3])> = Vec::new();
    // Old stars are red, young ones blue: shares of the flux in g, r, i relative to the whole.
    const RED: [f64; 3] = [0.8, 1.0, 1.15];
    const BLUE: [f64; 3] = [1.5, 1.0, 0.8];
    match class {
        Class::Smooth => {
            let e = Ellipse {
                q: rng.random_range(0.55..1.0),
                angle,
            };
            let n = rng.random_range(2.0..4.0);
            parts.push((Box::new(move |x, y| sersic(e.radius(x, y), radius_px, n)), RED));
        }
        Class::Disc => {
            let e = Ellipse {
                q: rng.random_range(0.45..1.0),
                angle,
            };
            parts.push((
                Box::new(move |x, y| sersic(e.radius(x, y), radius_px * 1.2, 1.0)),
                [1.1, 1.0, 0.95],
            ));
            let bulge = rng.random_range(0.05..0.25);
            parts.push((
                Box::new(move |x, y| bulge * 8.0 * sersic(x.hypot(y), radius_px * 0.25, 2.0)),
                RED,
            ));
        }
        Class::EdgeOn => {
            let e = Ellipse {
                q: rng.random_range(0.08..0.18),
                angle,
            };
            parts.push((
                Box::new(move |x, y| sersic(e.radius(x, y), radius_px * 1.5, 1.0)),
                [0.95, 1.0, 1.05],
            ));
            parts.push((
                Box::new(move |x, y| 0.6 * sersic(x.hypot(y), radius_px * 0.3, 1.5)),
                RED,
            ));
        }
        Class::Spiral => {
            let e = Ellipse {
                q: rng.random_range(0.6..1.0),
                angle,
            };
            let (arms, pitch) = (
                f64::from(rng.random_range(2..=3)),
                rng.random_range(0.25..0.45f64).tan(),
            );
            let (turn, wind) = (
                rng.random_range(0.0..TAU),
                if rng.random_bool(0.5) { 1.0 } else { -1.0 },
            );
            let strength = rng.random_range(0.8..0.98);
            parts.push((
                Box::new(move |x, y| {
                    let (u, v) = e.to_face_on(x, y);
                    let r = u.hypot(v);
                    let phase = arms * (wind * v.atan2(u) - ((r + 0.5) / radius_px).ln() / pitch) + turn;
                    // Arms start outside the bulge and are narrower than their gaps.
                    let arm = ((phase.cos() + 1.0) / 2.0).powi(2);
                    let on = (r / (0.5 * radius_px)).min(1.0);
                    sersic(r, radius_px * 1.3, 1.0) * (1.0 - strength * on + 3.0 * strength * on * arm)
                }),
                BLUE,
            ));
            parts.push((
                Box::new(move |x, y| 2.0 * sersic(e.radius(x, y), radius_px * 0.25, 1.5)),
                RED,
            ));
        }
        Class::Ring => {
            let e = Ellipse {
                q: rng.random_range(0.7..1.0),
                angle,
            };
            let (r0, width) = (
                radius_px * rng.random_range(1.2..1.6),
                radius_px * rng.random_range(0.15..0.25),
            );
            parts.push((
                Box::new(move |x, y| (-0.5 * ((e.radius(x, y) - r0) / width).powi(2)).exp()),
                BLUE,
            ));
            parts.push((
                Box::new(move |x, y| 1.5 * sersic(e.radius(x, y), radius_px * 0.35, 2.0)),
                RED,
            ));
        }
        Class::Merger => {
            let (gap, turn) = (radius_px * rng.random_range(0.9..1.6), rng.random_range(0.0..TAU));
            let ratio = rng.random_range(0.3..0.9);
            let (a, b) = (
                Ellipse {
                    q: rng.random_range(0.5..0.9),
                    angle,
                },
                Ellipse {
                    q: rng.random_range(0.4..0.9),
                    angle: angle + 1.1,
                },
            );
            let (dx, dy) = (gap * turn.cos(), gap * turn.sin());
            parts.push((
                Box::new(move |x, y| sersic(a.radius(x + dx / 2.0, y + dy / 2.0), radius_px * 0.7, 1.5)),
                RED,
            ));
            parts.push((
                Box::new(move |x, y| {
                    ratio * sersic(b.radius(x - dx / 2.0, y - dy / 2.0), radius_px * 0.6, 1.2)
                }),
                [1.2, 1.0, 0.9],
            ));
            // A tidal tail: an arc of growing radius that fades outwards.
            let (start, sense) = (turn + 0.6, if rng.random_bool(0.5) { 1.0 } else { -1.0 });
            parts.push((
                Box::new(move |x, y| {
                    let (r, phi) = (x.hypot(y), y.atan2(x));
                    let along = (sense * (phi - start)).rem_euclid(TAU);
                    let r0 = radius_px * (1.0 + 0.9 * along);
                    if along > 2.6 {
                        0.0
                    } else {
                        0.35 * (-0.5 * ((r - r0) / (0.22 * radius_px)).powi(2) - 0.5 * along).exp()
                    }
                }),
                BLUE,
            ));
        }
        Class::Lens => {
            let e = Ellipse {
                q: rng.random_range(0.7..0.95),
                angle,
            };
            let re = radius_px * 0.8;
            parts.push((Box::new(move |x, y| sersic(e.radius(x, y), re, 3.0)), RED));
            let (einstein, width) = (radius_px * rng.random_range(1.7..2.2), radius_px * 0.16);
            let (turn, length) = (rng.random_range(0.0..TAU), rng.random_range(0.5..1.1));
            parts.push((
                Box::new(move |x, y| {
                    let (r, phi) = (x.hypot(y), y.atan2(x));
                    let from = |centre: f64| ((phi - centre + PI).rem_euclid(TAU) - PI).abs();
                    let arc = |centre: f64, half: f64| (-(from(centre) / half).powi(4)).exp();
                    let counter =
                        (-0.5 * ((r - 0.75 * einstein) / width).powi(2)).exp() * arc(turn + PI, 0.25);
                    0.8 * ((-0.5 * ((r - einstein) / width).powi(2)).exp() * arc(turn, length)
                        + 0.8 * counter)
                }),
                [2.0, 1.0, 0.55],
            ));
        }
        // Points and what isn't light of the sky: the seeing alone gives them their shape.
        Class::Star | Class::Saturated | Class::Trail | Class::CosmicRay => {
            parts.push((
                Box::new(|x, y| {
                    if x.abs() <= 0.5 && y.abs() <= 0.5 {
                        1.0
                    } else {
                        0.0
                    }
                }),
                [1.0; 3],
            ));
        }
    }
    std::array::from_fn(|band| {
        let mut whole = Stamp::new(half);
        for (brightness, colour) in &parts {
            let mut part = Stamp::new(half);
            part.paint(shift[band], |x, y| colour[band] * brightness(x, y));
            whole.add(&part);
        }
        // Normalised in r, so that the parts' colours stay: the catalogue's colours are the whole's.
        whole.normalise(flux[band]);
        whole
    })
}

/// A class drawn by how common it is.
pub fn draw_class(rng: &mut ChaCha8Rng) -> Class {
    let mut at = rng.random_range(0.0..1.0);
    for (class, share) in Class::SHARES {
        if at < share {
            return class;
        }
        at -= share;
    }
    Class::Smooth
}
