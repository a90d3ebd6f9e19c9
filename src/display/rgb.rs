//! Three bands in one colour picture, by Lupton et al. 2004 (PASP 116, 133): the intensity is
//! stretched, and every band is scaled by the same factor, so that colour does not depend on
//! brightness and bright cores do not burn out to white.

use super::colormap::byte;
use crate::io::picture::{PictureError, write_picture};
use std::path::Path;

/// An 8-bit RGB picture, **top row first**.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbImage {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `width * height * 3` bytes: R, G, B of the top left pixel first.
    pub pixels: Vec<u8>,
}

impl RgbImage {
    /// A picture of one colour.
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self {
            width,
            height,
            pixels: colour.repeat(width * height),
        }
    }

    /// The colour at (x, y) from the top left, or `None` outside.
    pub fn get(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let at = (y * self.width + x) * 3;
        self.pixels.get(at..at + 3)?.try_into().ok()
    }

    /// Sets the colour at (x, y) from the top left; outside nothing happens.
    pub(super) fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = (y * self.width + x) * 3;
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }

    /// Writes the picture by [`write_picture`].
    ///
    /// # Errors
    /// As [`write_picture`].
    pub fn save(&self, path: &Path) -> Result<(), PictureError> {
        write_picture(path, self.width, self.height, &self.pixels)
    }
}

/// The asinh stretch of Lupton et al. as a function of intensity, in astropy's parametrisation:
/// f(I) = asinh(Q·I/stretch) · 0.1/asinh(0.1·Q).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LuptonAsinh {
    soften: f64,
    slope: f64,
}

impl LuptonAsinh {
    /// `stretch` in the unit of the pixels, `q` the softening (0 means almost linear, as astropy
    /// takes it); astropy's defaults are 5 and 8.
    pub fn new(stretch: f64, q: f64) -> Self {
        let q = if q.abs() < f64::from(f32::EPSILON) {
            0.1
        } else {
            q.min(1e10)
        };
        Self {
            soften: q / stretch,
            slope: 0.1 / (0.1 * q).asinh(),
        }
    }

    /// The stretched intensity: 1 is white.
    #[inline]
    pub fn at(&self, intensity: f64) -> f64 {
        (intensity * self.soften).asinh() * self.slope
    }
}

/// One pixel's bands after the black level is subtracted, scaled to 0–1 with their ratios kept.
///
/// `stretched` maps the mean intensity to 0–1. Bands without a value (NaN) take no part in the
/// mean and stay NaN. Negative bands are drawn black; when the brightest band passes 1, all are
/// divided by it.
#[inline]
pub fn colour_preserving<const N: usize>(above_black: [f64; N], stretched: impl Fn(f64) -> f64) -> [f64; N] {
    let intensity = intensity(above_black);
    let factor = if intensity > 0.0 {
        stretched(intensity) / intensity
    } else {
        0.0
    };
    // Written so that NaN stays NaN and is never the brightest.
    let scaled = above_black.map(|v| if v * factor < 0.0 { 0.0 } else { v * factor });
    let brightest = scaled
        .iter()
        .fold(0.0, |most, &v| if v > most { v } else { most });
    if brightest > 1.0 {
        scaled.map(|v| v / brightest)
    } else {
        scaled
    }
}

/// The mean of the bands that have a value; NaN where none has.
#[inline]
pub(super) fn intensity<const N: usize>(bands: [f64; N]) -> f64 {
    let sum: f64 = bands.iter().sum();
    if !sum.is_nan() {
        return sum / N as f64;
    }
    let known = bands.iter().filter(|v| !v.is_nan());
    let (sum, count) = known.fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
    sum / count
}

/// `astropy.visualization.make_lupton_rgb`: three bands of `width * height` values each, row 0
/// drawn at the top, `minimum` subtracted from each, into bytes (truncated, as astropy does).
/// Pixels where a band is NaN get 0 in that band. `None` if the bands' lengths differ from the
/// shape.
pub fn make_lupton_rgb(
    red: &[f32],
    green: &[f32],
    blue: &[f32],
    width: usize,
    height: usize,
    minimum: [f64; 3],
    stretch: f64,
    q: f64,
) -> Option<RgbImage> {
    let count = width.checked_mul(height)?;
    if [red, green, blue].iter().any(|band| band.len() != count) {
        return None;
    }
    let asinh = LuptonAsinh::new(stretch, q);
    let mut pixels = Vec::with_capacity(count.checked_mul(3)?);
    for ((&r, &g), &b) in red.iter().zip(green).zip(blue) {
        let above_black = [
            f64::from(r) - minimum[0],
            f64::from(g) - minimum[1],
            f64::from(b) - minimum[2],
        ];
        pixels.extend(colour_preserving(above_black, |i| asinh.at(i)).map(|v| (v * 255.0) as u8));
    }
    Some(RgbImage {
        width,
        height,
        pixels,
    })
}

/// Three unit values as a colour, rounded; `no_value` where none of the three has a value.
#[inline]
pub(super) fn colour_bytes(unit: [f64; 3], no_value: [u8; 3]) -> [u8; 3] {
    if unit.iter().all(|v| v.is_nan()) {
        no_value
    } else {
        unit.map(byte)
    }
}
