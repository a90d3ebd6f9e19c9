//! From the sky to counts: background, photon and read noise, and what isn't light of the sky.

use super::blur::blurred;
use super::dice::Dice;
use crate::io::raster::Plane;

/// How noisy a stamp is.
#[derive(Debug, Clone, Copy)]
pub struct Noise {
    /// Deviation of a background pixel, in the main object's flux.
    pub sigma: f64,
    /// The same in electrons: the fewer, the more the light itself is noisy.
    pub electrons: f64,
    /// Deviation in pixels of the Gaussian that resampling spread the noise by; 0 for none.
    pub spread: f64,
}

/// Adds noise to one band.
pub fn add_noise(plane: &mut Plane, noise: &Noise, dice: &mut Dice) {
    let per_electron = noise.sigma / noise.electrons.max(1e-6);
    let mut random: Vec<f32> = (plane.pixels.iter())
        .map(|&light| {
            let variance = noise.sigma * noise.sigma + f64::from(light.max(0.0)) * per_electron;
            (variance.sqrt() * dice.normal()) as f32
        })
        .collect();
    if noise.spread > 0.2 && plane.width == plane.height {
        random = spread(&random, plane.width, noise.spread as f32);
    }
    for (value, n) in plane.pixels.iter_mut().zip(random) {
        *value += n;
    }
}

/// White noise made smooth, of the same deviation as before.
fn spread(white: &[f32], side: usize, sigma: f32) -> Vec<f32> {
    let rms = |v: &[f32]| (v.iter().map(|x| x * x).sum::<f32>() / v.len() as f32).sqrt();
    let mut smooth = blurred(white, side, &[(1.0, sigma)]);
    let by = rms(white) / rms(&smooth).max(1e-12);
    smooth.iter_mut().for_each(|v| *v *= by);
    smooth
}

/// Adds a background that is not flat: a slope and a curve, or scattered light from a star outside.
pub fn add_gradient(planes: &mut [Plane], sigma: f64, dice: &mut Dice) {
    let strength = sigma * dice.log_between(0.3, 5.0);
    let (way, curve) = (dice.angle(), dice.between(-0.5, 0.5));
    let outside = dice.chance(0.3);
    let tint: [f64; 3] = std::array::from_fn(|_| dice.between(0.5, 1.5));
    for (b, plane) in planes.iter_mut().enumerate() {
        let side = plane.width as f64;
        for i in 0..plane.pixels.len() {
            let (x, y) = (
                (i % plane.width) as f64 / side - 0.5,
                (i / plane.width) as f64 / side - 0.5,
            );
            let t = x * way.cos() + y * way.sin();
            let value = if outside {
                let (u, v) = (x - 0.75 * way.cos(), y - 0.75 * way.sin());
                0.15 / (u * u + v * v + 0.05)
            } else {
                t + curve * (x * x + y * y)
            };
            plane.pixels[i] += (strength * value * tint[b]) as f32;
        }
    }
}

/// Adds, now and then, cosmic rays, hot pixels, a satellite's trail, a dead row or the detector's edge.
pub fn add_artefacts(planes: &mut [Plane], sigma: f64, dice: &mut Dice) {
    let side = planes[0].width;
    let band = dice.whole(0, planes.len() as u32 - 1) as usize;
    if dice.chance(0.06) {
        for _ in 0..dice.whole(1, 4) {
            let at = dice.whole(0, (side * side - 1) as u32) as usize;
            planes[band].pixels[at] += (sigma * dice.log_between(8.0, 80.0)) as f32;
        }
    }
    if dice.chance(0.05) {
        for _ in 0..dice.whole(1, 3) {
            cosmic_ray(&mut planes[band], sigma, dice);
        }
    }
    if dice.chance(0.025) {
        // Colour composites see a satellite in one exposure, and so in one colour.
        let (way, off, wide) = (
            dice.angle(),
            side as f64 * 0.5 * dice.between(-0.9, 0.9),
            dice.between(0.8, 2.5),
        );
        let bright = sigma * dice.log_between(2.0, 30.0);
        let middle = (side as f64 - 1.0) / 2.0;
        let (s, c) = way.sin_cos();
        for i in 0..side * side {
            let (x, y) = ((i % side) as f64 - middle, (i / side) as f64 - middle);
            let across = (x * c + y * s - off) / wide;
            planes[band].pixels[i] += (bright * (-0.5 * across * across).exp()) as f32;
        }
    }
    if dice.chance(0.015) {
        let (row, vertical) = (dice.whole(0, side as u32 - 1) as usize, dice.chance(0.5));
        for i in 0..side {
            let at = if vertical { i * side + row } else { row * side + i };
            planes[band].pixels[at] = (-3.0 * sigma) as f32;
        }
    }
    if dice.chance(0.015) {
        // Beyond the image's edge there is nothing.
        let (way, off) = (dice.whole(0, 3), dice.whole(2, (side / 5) as u32) as usize);
        for i in 0..side * side {
            let (x, y) = (i % side, i / side);
            let depth = [x, side - 1 - x, y, side - 1 - y][way as usize];
            if depth < off {
                for plane in planes.iter_mut() {
                    plane.pixels[i] = 0.0;
                }
            }
        }
    }
}

/// A crooked track of sharp pixels.
fn cosmic_ray(plane: &mut Plane, sigma: f64, dice: &mut Dice) {
    let side = plane.width as f64;
    let (mut x, mut y, mut way) = (dice.between(0.0, side), dice.between(0.0, side), dice.angle());
    for _ in 0..dice.whole(2, 14) {
        if x >= 0.0 && y >= 0.0 && x < side && y < side {
            plane.pixels[y as usize * plane.width + x as usize] +=
                (sigma * dice.log_between(8.0, 60.0)) as f32;
        }
        way += dice.between(-0.3, 0.3);
        x += way.cos();
        y += way.sin();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_deviation_it_should_whether_spread_or_not() {
        for spread in [0.0, 1.2] {
            let mut plane = Plane::filled(96, 96, 0.0);
            let noise = Noise {
                sigma: 2.0,
                electrons: 50.0,
                spread,
            };
            add_noise(&mut plane, &noise, &mut Dice::new(1, 1));
            let n = plane.pixels.len() as f32;
            let rms = (plane.pixels.iter().map(|v| v * v).sum::<f32>() / n).sqrt();
            assert!((rms - 2.0).abs() < 0.1, "{rms}");
            let pairs = plane.pixels.windows(2).map(|p| p[0] * p[1]).sum::<f32>() / n / rms / rms;
            assert!((pairs > 0.7) == (spread > 0.0), "{pairs}");
        }
    }

    #[test]
    fn bright_pixels_are_noisier_by_their_photons() {
        let mut plane = Plane::filled(96, 96, 300.0);
        let noise = Noise {
            sigma: 2.0,
            electrons: 2.0,
            spread: 0.0,
        };
        add_noise(&mut plane, &noise, &mut Dice::new(1, 2));
        let n = plane.pixels.len() as f32;
        let variance = plane.pixels.iter().map(|v| (v - 300.0).powi(2)).sum::<f32>() / n;
        assert!((variance - 304.0).abs() < 15.0, "{variance}");
    }
}
