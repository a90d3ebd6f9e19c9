//! Cutouts as another night, another telescope or another hand would have made them.

use super::confound::border_of;
use crate::encoder::representation::turns_of;
use crate::io::raster::Plane;
use crate::sky::cutout::{Cutout, Filter, resize};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

/// Something done to a cutout that leaves the object what it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Alteration {
    /// A quarter turn, pixel by pixel.
    QuarterTurn,
    /// Left and right swapped.
    Flip,
    /// Turned by degrees about the centre; what turns into the frame mirrors what lay at its edge.
    Turn(f64),
    /// Noise added, as much as its border has.
    Noise,
    /// Seen through a point spread function with a full width at half maximum of so many pixels more.
    Blur(f64),
    /// At half the resolution and back.
    HalfResolution,
    /// Moved by a part of its side, down and to the right; what comes in mirrors the edge.
    Shift(f64),
}

impl Alteration {
    /// Those that are tried.
    pub const ALL: [Self; 11] = [
        Self::QuarterTurn,
        Self::Flip,
        Self::Turn(11.0),
        Self::Turn(17.0),
        Self::Turn(22.5),
        Self::Turn(45.0),
        Self::Noise,
        Self::Blur(3.0),
        Self::HalfResolution,
        Self::Shift(0.03),
        Self::Shift(0.08),
    ];

    /// What it is called.
    pub fn name(self) -> String {
        match self {
            Self::QuarterTurn => "turned by 90°".into(),
            Self::Flip => "mirrored".into(),
            Self::Turn(degrees) => format!("turned by {degrees}°"),
            Self::Noise => "noise doubled".into(),
            Self::Blur(width) => format!("blurred by {width} px"),
            Self::HalfResolution => "half resolution".into(),
            Self::Shift(part) => format!("moved by {:.0} % of its side", 100.0 * part),
        }
    }

    /// The altered cutout; `seed` decides the noise.
    pub fn of(self, cutout: &Cutout, seed: u64) -> Cutout {
        match self {
            // Ways 5 (rows and columns swapped, then mirrored) and 1 of the eight.
            Self::QuarterTurn => way(cutout, 5),
            Self::Flip => way(cutout, 1),
            Self::Turn(degrees) => {
                let (sin, cos) = degrees.to_radians().sin_cos();
                each(cutout, |band| {
                    let (cx, cy) = centre(band);
                    moved(band, |x, y| {
                        let (dx, dy) = (x - cx, y - cy);
                        (cx + cos * dx + sin * dy, cy - sin * dx + cos * dy)
                    })
                })
            }
            Self::Noise => noisy(cutout, seed),
            Self::Blur(width) => {
                let sigma = width / (8.0 * 2f64.ln()).sqrt();
                each(cutout, |band| blurred(band, sigma))
            }
            Self::HalfResolution => each(cutout, |band| {
                let (w, h) = ((band.width / 2).max(1), (band.height / 2).max(1));
                let small = resize(band, w, h, Filter::Area);
                resize(&small, band.width, band.height, Filter::Bilinear)
            }),
            Self::Shift(part) => {
                let by = (part * cutout.width().min(cutout.height()) as f64)
                    .round()
                    .max(1.0);
                each(cutout, |band| moved(band, |x, y| (x - by, y - by)))
            }
        }
    }
}

/// One of the eight ways to lay a square.
fn way(cutout: &Cutout, which: usize) -> Cutout {
    turns_of(cutout).swap_remove(which)
}

/// Every band changed; a picture's values stay within 0 to 255.
fn each(cutout: &Cutout, change: impl Fn(&Plane) -> Plane) -> Cutout {
    let mut bands: Vec<Plane> = cutout.bands.iter().map(change).collect();
    if cutout.is_picture {
        for band in &mut bands {
            band.pixels.iter_mut().for_each(|v| *v = v.clamp(0.0, 255.0));
        }
    }
    Cutout {
        bands,
        band_names: cutout.band_names.clone(),
        ..*cutout
    }
}

fn centre(band: &Plane) -> (f64, f64) {
    ((band.width as f64 - 1.0) / 2.0, (band.height as f64 - 1.0) / 2.0)
}

/// A place outside `0..n` as its mirror image inside.
fn mirrored(at: i64, n: usize) -> usize {
    let period = 2 * n as i64;
    let within = at.rem_euclid(period.max(1));
    if within < n as i64 {
        within as usize
    } else {
        (period - 1 - within) as usize
    }
}

/// The plane whose pixel at (x, y) is that at `from(x, y)`, between pixels linearly.
fn moved(band: &Plane, from: impl Fn(f64, f64) -> (f64, f64)) -> Plane {
    let mut out = Plane::filled(band.width, band.height, f32::NAN);
    for y in 0..band.height {
        for x in 0..band.width {
            let (u, v) = from(x as f64, y as f64);
            let (left, top) = (u.floor(), v.floor());
            let (fx, fy) = ((u - left) as f32, (v - top) as f32);
            let pixel = |dx: i64, dy: i64| {
                let (px, py) = (
                    mirrored(left as i64 + dx, band.width),
                    mirrored(top as i64 + dy, band.height),
                );
                band.pixels[py * band.width + px]
            };
            let mut sum = 0.0;
            for (dx, dy, weight) in [
                (0, 0, (1.0 - fx) * (1.0 - fy)),
                (1, 0, fx * (1.0 - fy)),
                (0, 1, (1.0 - fx) * fy),
                (1, 1, fx * fy),
            ] {
                // A pixel that doesn't count must not make the sum unknown.
                if weight > 0.0 {
                    sum += weight * pixel(dx, dy);
                }
            }
            out.pixels[y * band.width + x] = sum;
        }
    }
    out
}

/// Convolved with a Gaussian of `sigma` pixels; pixels without a value stay so and are left out.
fn blurred(band: &Plane, sigma: f64) -> Plane {
    let reach = (3.0 * sigma).ceil() as i64;
    let weight = |d: i64| (-0.5 * (d as f64 / sigma).powi(2)).exp();
    let pass = |plane: &Plane, across: bool| {
        let mut out = plane.clone();
        for y in 0..plane.height {
            for x in 0..plane.width {
                let (mut sum, mut total) = (0.0, 0.0);
                for d in -reach..=reach {
                    let (px, py) = if across {
                        (mirrored(x as i64 + d, plane.width), y)
                    } else {
                        (x, mirrored(y as i64 + d, plane.height))
                    };
                    let value = f64::from(plane.pixels[py * plane.width + px]);
                    if value.is_finite() {
                        sum += weight(d) * value;
                        total += weight(d);
                    }
                }
                let here = &mut out.pixels[y * plane.width + x];
                if here.is_finite() {
                    *here = (sum / total) as f32;
                }
            }
        }
        out
    };
    pass(&pass(band, true), false)
}

/// Gaussian noise added to every band, with its border's standard deviation (at least half a step of
/// a picture, whose border may be plain black).
fn noisy(cutout: &Cutout, seed: u64) -> Cutout {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut out = cutout.clone();
    for band in &mut out.bands {
        let alone = Cutout {
            bands: vec![band.clone()],
            band_names: vec![String::new()],
            ..*cutout
        };
        let found = border_of(&alone).map_or(0.0, |b| b.noise);
        let least = if cutout.is_picture { 0.5 } else { 0.0 };
        let sigma = found.max(least) as f32;
        for v in &mut band.pixels {
            let draw: f32 = StandardNormal.sample(&mut rng);
            *v += sigma * draw;
            if cutout.is_picture {
                *v = v.clamp(0.0, 255.0);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::raster::Origin;
    use crate::sky::cutout::CutoutFlags;

    fn cutout(width: usize, pixels: Vec<f32>) -> Cutout {
        let height = pixels.len() / width;
        Cutout {
            bands: vec![Plane::from_pixels(width, height, pixels)],
            band_names: vec!["r".into()],
            origin: Origin::BottomLeft,
            is_picture: false,
            pixel_scale_arcsec: None,
            flags: CutoutFlags(0),
        }
    }

    #[test]
    fn turns_agree_with_each_other_and_shifts_move() {
        let n = 9;
        let c = cutout(n, (0..81).map(|v| (v * v % 37) as f32).collect());
        let quarter = Alteration::QuarterTurn.of(&c, 0).bands.remove(0);
        let turned = [90.0, -90.0].map(|a| Alteration::Turn(a).of(&c, 0).bands.remove(0));
        let differs =
            |t: &Plane| (t.pixels.iter().zip(&quarter.pixels)).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(
            turned.iter().any(|t| differs(t) < 1e-3),
            "a quarter turn is a turn by 90°"
        );
        assert!(turned.iter().any(|t| differs(t) > 1.0), "one way only");
        let flipped = Alteration::Flip.of(&c, 0);
        assert_eq!(flipped.bands[0].pixels[0], c.bands[0].pixels[n - 1]);
        let moved = Alteration::Shift(0.2).of(&c, 0);
        assert_eq!(moved.bands[0].pixels[4 * n + 4], c.bands[0].pixels[2 * n + 2]);
        assert_eq!(moved.bands[0].pixels[0], c.bands[0].pixels[n + 1], "mirrored in");
    }

    #[test]
    fn a_point_becomes_as_wide_as_asked_and_keeps_its_light() {
        let n = 41;
        let mut pixels = vec![0.0; n * n];
        pixels[20 * n + 20] = 1000.0;
        let wide = Alteration::Blur(6.0).of(&cutout(n, pixels), 0).bands.remove(0);
        let total: f32 = wide.pixels.iter().sum();
        assert!((total - 1000.0).abs() < 1.0, "{total}");
        let (peak, half) = (wide.pixels[20 * n + 20], wide.pixels[20 * n + 23]);
        assert!(
            (half / peak - 0.5).abs() < 0.01,
            "half of the peak 3 pixels out: {half} of {peak}"
        );
    }

    #[test]
    fn noise_is_the_borders_and_its_seeds() {
        let n = 64;
        let c = cutout(
            n,
            (0..n * n).map(|i| if i % 2 == 0 { 3.0 } else { -3.0 }).collect(),
        );
        let noisy = Alteration::Noise.of(&c, 1);
        let added: Vec<f64> = (noisy.bands[0].pixels.iter().zip(&c.bands[0].pixels))
            .map(|(a, b)| f64::from(a - b))
            .collect();
        let spread = super::super::sample::Spread::of(&added).spread;
        assert!((spread - 3.0).abs() < 0.15, "{spread}");
        assert_eq!(noisy, Alteration::Noise.of(&c, 1));
        assert_ne!(noisy, Alteration::Noise.of(&c, 2));
    }
}
