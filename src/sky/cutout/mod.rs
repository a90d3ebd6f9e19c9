//! One object's pixels in every band, on one grid.
//!
//! [`cut_native`] copies pixels as they are; [`cut_bands`] puts several bands onto one grid through
//! their coordinate maps; [`resize`] changes a plane's size for a network or a screen.

mod align;
mod extract;
pub mod fits_pixels;
mod mapping;
mod resample;
mod sample;
mod taps;
mod window;

pub use align::{BandSource, cut_bands};
pub use extract::{CutoutError, PixelSource, crop_central, cut_native};
pub(crate) use extract::{first_pixel as first_pixel_of, kept_of_side};
pub use mapping::{PixelMap, PixelsOnly};
pub use resample::{Filter, Squares, resize, resize_cutout};

use crate::io::raster::{Origin, Plane};
use serde::{Deserialize, Serialize};

/// How large a cutout is on the sky or in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutoutSize {
    /// Side in pixels of the reference band.
    Pixels(f64),
    /// Side in seconds of arc, through the WCS.
    Arcsec(f64),
}

/// What is wrong with a cutout; kept as catalogue column `cutout_flags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CutoutFlags(pub u8);

impl CutoutFlags {
    /// Part of the cutout lies outside the image.
    pub const EDGE: u8 = 1;
    /// Some pixels inside the image have no value.
    pub const NAN: u8 = 2;
    /// At least one band has no pixels here.
    pub const MISSING_BAND: u8 = 4;
    /// No band has any pixel here: nothing to embed.
    pub const EMPTY: u8 = 8;

    /// Whether `flag` is set.
    pub fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// One object's pixels: one plane a band, all of the same shape, physical values, NaN for none.
#[derive(Debug, Clone, PartialEq)]
pub struct Cutout {
    /// One plane a band, in the order of the field's bands (blue to red), or R, G, B of a picture.
    pub bands: Vec<Plane>,
    /// Names of the bands, as many as `bands`.
    pub band_names: Vec<String>,
    /// Where row 0 is drawn.
    pub origin: Origin,
    /// Whether the values are a picture's (0–255 already stretched by somebody) rather than fluxes.
    pub is_picture: bool,
    /// Size of a pixel in seconds of arc, where a WCS tells.
    pub pixel_scale_arcsec: Option<f64>,
    /// What is wrong with it.
    pub flags: CutoutFlags,
}

impl Cutout {
    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.bands.first().map_or(0, |b| b.width)
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.bands.first().map_or(0, |b| b.height)
    }
}
