//! Changing the size of a plane: antialiased filters as Pillow and torchvision have them, so that
//! a network sees what it was trained on.

use super::Cutout;
use crate::io::raster::Plane;
use serde::{Deserialize, Serialize};

/// How values between pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Triangle, widened when shrinking (Pillow's `BILINEAR`, torchvision's with antialias).
    #[default]
    Bilinear,
    /// Cubic with a = −0.5, widened when shrinking (Pillow's `BICUBIC`).
    Bicubic,
    /// The pixel whose area holds the output pixel's centre.
    Nearest,
    /// The mean over the output pixel's exact area: block means when shrinking by whole numbers.
    Area,
}

/// A pixel has a value if at least this part of its weight comes from pixels that do.
const LEAST_COVERED: f32 = 0.5;

/// `plane` at `width` x `height` pixels over the same area.
///
/// Values stay on their scale (surface brightness, not flux per pixel). Pixels without a value
/// (NaN) are left out of the weighted mean; where less than half of the weight has one, the
/// result is NaN. An empty plane, or a size of 0, gives an empty or all-NaN plane.
pub fn resize(plane: &Plane, width: usize, height: usize, filter: Filter) -> Plane {
    if plane.width == 0 || plane.height == 0 || width == 0 || height == 0 {
        return Plane::filled(width, height, f32::NAN);
    }
    if (plane.width, plane.height) == (width, height) {
        return plane.clone();
    }
    let across = Taps::new(plane.width, width, filter);
    let down = Taps::new(plane.height, height, filter);
    if filter == Filter::Nearest || !plane.pixels.iter().any(|v| v.is_nan()) {
        return filtered(plane, &across, &down);
    }
    let known = Plane {
        width: plane.width,
        height: plane.height,
        pixels: plane
            .pixels
            .iter()
            .map(|v| if v.is_nan() { 0.0 } else { 1.0 })
            .collect(),
    };
    let zeroed = Plane {
        width: plane.width,
        height: plane.height,
        pixels: plane
            .pixels
            .iter()
            .map(|v| if v.is_nan() { 0.0 } else { *v })
            .collect(),
    };
    let covered = filtered(&known, &across, &down);
    let mut out = filtered(&zeroed, &across, &down);
    for (value, covered) in out.pixels.iter_mut().zip(&covered.pixels) {
        *value = if *covered >= LEAST_COVERED {
            *value / covered
        } else {
            f32::NAN
        };
    }
    out
}

/// Every band of a cutout at `width` x `height`; the pixel scale follows the width.
pub fn resize_cutout(cutout: &Cutout, width: usize, height: usize, filter: Filter) -> Cutout {
    Cutout {
        bands: cutout
            .bands
            .iter()
            .map(|band| resize(band, width, height, filter))
            .collect(),
        band_names: cutout.band_names.clone(),
        pixel_scale_arcsec: cutout
            .pixel_scale_arcsec
            .filter(|_| width > 0)
            .map(|scale| scale * cutout.width() as f64 / width as f64),
        ..*cutout
    }
}

/// For every output pixel of one axis, the input pixels it is made of.
struct Taps {
    /// First input pixel of each output pixel.
    firsts: Vec<usize>,
    /// Where each output pixel's weights start in `weights`; one more than there are pixels.
    starts: Vec<usize>,
    weights: Vec<f32>,
}

impl Taps {
    fn new(from: usize, to: usize, filter: Filter) -> Self {
        let scale = from as f64 / to as f64;
        let mut taps = Self {
            firsts: Vec::with_capacity(to),
            starts: vec![0],
            weights: Vec::new(),
        };
        for i in 0..to {
            let (first, weights) = match filter {
                Filter::Nearest => {
                    let at = ((i as f64 + 0.5) * scale) as usize;
                    (at.min(from - 1), vec![1.0])
                }
                Filter::Area => area(i, scale, from),
                Filter::Bilinear => kernel(i, scale, from, 1.0, |x| 1.0 - x),
                Filter::Bicubic => kernel(i, scale, from, 2.0, cubic),
            };
            let total: f64 = weights.iter().sum();
            taps.firsts.push(first);
            taps.weights.extend(weights.iter().map(|w| (w / total) as f32));
            taps.starts.push(taps.weights.len());
        }
        taps
    }

    fn of(&self, i: usize) -> (usize, &[f32]) {
        (self.firsts[i], &self.weights[self.starts[i]..self.starts[i + 1]])
    }
}

/// Overlap of the output pixel's interval with each input pixel.
fn area(i: usize, scale: f64, from: usize) -> (usize, Vec<f64>) {
    let (start, end) = (i as f64 * scale, (i as f64 + 1.0) * scale);
    let first = (start as usize).min(from - 1);
    let last = ((end - 1e-9).max(start) as usize).min(from - 1);
    let weights = (first..=last)
        .map(|x| (end.min(x as f64 + 1.0) - start.max(x as f64)).max(1e-12))
        .collect();
    (first, weights)
}

/// A kernel of half-width `support`, widened by `scale` when shrinking; `shape` takes |x| within
/// the support.
fn kernel(i: usize, scale: f64, from: usize, support: f64, shape: impl Fn(f64) -> f64) -> (usize, Vec<f64>) {
    let widened = scale.max(1.0);
    let reach = support * widened;
    let centre = (i as f64 + 0.5) * scale;
    let first = ((centre - reach + 0.5).max(0.0) as usize).min(from - 1);
    let end = ((centre + reach + 0.5) as usize).clamp(first + 1, from);
    let weights = (first..end)
        .map(|x| {
            let distance = ((x as f64 + 0.5 - centre) / widened).abs();
            if distance < support { shape(distance) } else { 0.0 }
        })
        .collect();
    (first, weights)
}

/// Keys' cubic with a = −0.5.
fn cubic(x: f64) -> f64 {
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    }
}

/// Both axes, across first.
fn filtered(plane: &Plane, across: &Taps, down: &Taps) -> Plane {
    let (width, height) = (across.firsts.len(), down.firsts.len());
    let mut narrow = Plane::filled(width, plane.height, 0.0);
    for y in 0..plane.height {
        let row = plane.row(y);
        for (i, out) in narrow.row_mut(y).iter_mut().enumerate() {
            let (first, weights) = across.of(i);
            *out = match weights {
                [_] => row[first],
                _ => row[first..].iter().zip(weights).map(|(v, w)| v * w).sum(),
            };
        }
    }
    let mut out = Plane::filled(width, height, 0.0);
    for j in 0..height {
        let (first, weights) = down.of(j);
        let target = out.row_mut(j);
        if weights.len() == 1 {
            target.copy_from_slice(narrow.row(first));
            continue;
        }
        for (k, &weight) in weights.iter().enumerate() {
            for (t, v) in target.iter_mut().zip(narrow.row(first + k)) {
                *t += v * weight;
            }
        }
    }
    out
}
