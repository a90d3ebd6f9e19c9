//! Changing the size of a plane: antialiased filters as Pillow and torchvision have them, so that
//! a network sees what it was trained on.

use super::Cutout;
use super::taps::{Taps, filter_into, filtered};
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
    let other =
        ((plane.width, width) != (plane.height, height)).then(|| Taps::new(plane.height, height, filter));
    let down = other.as_ref().unwrap_or(&across);
    if filter == Filter::Nearest || !plane.pixels.iter().any(|v| v.is_nan()) {
        return filtered(plane, &across, down);
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
    let covered = filtered(&known, &across, down);
    let mut out = filtered(&zeroed, &across, down);
    for (value, covered) in out.pixels.iter_mut().zip(&covered.pixels) {
        *value = if *covered >= LEAST_COVERED {
            *value / covered
        } else {
            f32::NAN
        };
    }
    out
}

/// Squares of one size brought to another, one after the other: where each new pixel comes from is found
/// once, and nothing is taken anew.
pub struct Squares {
    side: usize,
    /// `None` where the size stays.
    taps: Option<Taps>,
    narrow: Vec<f32>,
}

impl Squares {
    /// From `side` to `new` pixels a side, neither of them 0.
    pub fn new(side: usize, new: usize, filter: Filter) -> Self {
        Self {
            side,
            taps: (side != new).then(|| Taps::new(side, new, filter)),
            narrow: Vec::new(),
        }
    }

    /// Writes `square`, in which every pixel has a value, to `out` at the new size, as [`resize`] does.
    pub fn write(&mut self, square: &[f32], out: &mut [f32]) {
        match &self.taps {
            None => out.copy_from_slice(square),
            Some(taps) => filter_into(square, self.side, taps, taps, &mut self.narrow, out),
        }
    }
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
