//! What isn't the sky: satellite trails, cosmic rays, saturated stars with bleeding columns.

use crate::io::raster::Plane;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Counts at which the simulated detector is full.
pub const FULL: f32 = 40_000.0;

/// A satellite crossing one band: a straight line `length_px` long through (x, y), blurred by the seeing.
pub fn trail(
    image: &mut Plane,
    x: f64,
    y: f64,
    length_px: f64,
    counts: f32,
    sigma_px: f64,
    rng: &mut ChaCha8Rng,
) {
    let angle: f64 = rng.random_range(0.0..std::f64::consts::PI);
    let (dy, dx) = angle.sin_cos();
    let reach = length_px / 2.0 + 4.0 * sigma_px;
    for_pixels(image, x, y, reach, |px, py, value| {
        let (u, v) = (px - x, py - y);
        let along = (u * dx + v * dy).abs() - length_px / 2.0;
        let across = u * dy - v * dx;
        let past_end = along.max(0.0);
        *value +=
            counts * (-0.5 * (across * across + past_end * past_end) / (sigma_px * sigma_px)).exp() as f32;
    });
}

/// A cosmic ray in one band: a crooked track of sharp pixels, not blurred.
pub fn cosmic_ray(image: &mut Plane, x: f64, y: f64, rng: &mut ChaCha8Rng) {
    let (mut px, mut py) = (x, y);
    let mut angle: f64 = rng.random_range(0.0..std::f64::consts::TAU);
    for _ in 0..rng.random_range(4..16) {
        let (ix, iy) = (px.round(), py.round());
        if ix >= 0.0 && iy >= 0.0 && (ix as usize) < image.width && (iy as usize) < image.height {
            image.pixels[iy as usize * image.width + ix as usize] += rng.random_range(800.0..4000.0);
        }
        angle += rng.random_range(-0.4..0.4);
        px += angle.cos();
        py += angle.sin();
    }
}

/// Cuts at the full well; the charge above it runs along the column.
pub fn bleed(image: &mut Plane, x: usize, y: usize, half: usize) {
    let columns = x.saturating_sub(half)..(x + half + 1).min(image.width);
    for column in columns {
        let rows = y.saturating_sub(half)..(y + half + 1).min(image.height);
        let mut excess = 0.0;
        for row in rows {
            let value = &mut image.pixels[row * image.width + column];
            if *value > FULL {
                excess += *value - FULL;
                *value = FULL;
            }
        }
        // Up and down in equal shares, filling pixel after pixel.
        for step in [-1i64, 1] {
            let mut left = excess / 2.0;
            let mut row = y as i64;
            while left > 0.0 && (0..image.height as i64).contains(&row) {
                let value = &mut image.pixels[row as usize * image.width + column];
                let room = (FULL - *value).max(0.0);
                *value += room.min(left);
                left -= room;
                row += step;
            }
        }
    }
}

fn for_pixels(image: &mut Plane, x: f64, y: f64, reach: f64, mut change: impl FnMut(f64, f64, &mut f32)) {
    let range = |centre: f64, side: usize| {
        let low = (centre - reach).floor().max(0.0) as usize;
        low..((centre + reach).ceil().max(0.0) as usize).min(side)
    };
    for row in range(y, image.height) {
        for column in range(x, image.width) {
            let width = image.width;
            change(column as f64, row as f64, &mut image.pixels[row * width + column]);
        }
    }
}
