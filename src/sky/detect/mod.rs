//! Source detection, as SExtractor and SEP do it.
//!
//! ```text
//! image ─► mesh ─► background ─► subtracted ─► convolve ─► segment ─► deblend ─► measure ─► clean ─► catalogue
//!          mode    spline                      noise ──┘   runs       gather     aperture
//! ```
//! Sources: Bertin & Arnouts 1996, A&AS 117, 393 (SExtractor); Barbary 2016, JOSS 1, 58 (SEP), whose
//! Python package 1.4 is the tests' oracle. Differences, each by intent:
//! - pixels around a blend are dealt out by a random number that depends on their place, so a
//!   catalogue doesn't depend on threads or on what was detected before;
//! - an object with too many branches stays whole and is flagged, where SEP gives up on the image;
//! - pixels without data may join an object that surrounds them (with value 0, flagged), but don't
//!   count towards its threshold;
//! - there is no limit on the number of pixels above the threshold.

mod aperture;
mod background;
mod catalog;
mod clean;
mod convolve;
mod deblend;
mod gather;
mod measure;
mod mesh;
mod noise;
mod pipeline;
mod segment;
mod settings;
mod source;
mod spline;

pub use background::{Background, background, background_with_progress};
pub use catalog::catalog_columns;
pub use pipeline::{Detection, Segmentation, detect};
pub use settings::{DetectSettings, Kernel};
pub use source::{Source, flag};

use crate::io::raster::Plane;

/// Where the noise of each pixel comes from.
#[derive(Debug, Clone, Copy)]
pub enum Noise<'a> {
    /// One value for the whole image: the background's global rms.
    Global,
    /// The background's rms map.
    FromBackground,
    /// Weights of the image's shape: inverse variances up to a factor, which is found by comparing
    /// them with the background's rms (SExtractor's `MAP_WEIGHT`). Zero, negative and not finite
    /// say that there is no data.
    Weight(&'a Plane),
    /// Noise (standard deviation) in image units, of the image's shape. Zero, negative and not
    /// finite say that there is no data.
    Rms(&'a Plane),
}

/// Why detection didn't happen.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The image has no pixels.
    #[error("the image is {width}x{height} pixels: there is nothing to detect in; choose another HDU")]
    Empty {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
    },
    /// The image has more pixels than can be numbered.
    #[error(
        "the image is {width}x{height} pixels; detection handles up to 2^26 columns and 2^32 pixels: \
         cut it into parts"
    )]
    TooLarge {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
    },
    /// The image's pixels don't fill its shape.
    #[error("the image is said to be {width}x{height} pixels but holds {found} values")]
    ImageShape {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
        /// How many values it has.
        found: usize,
    },
    /// The noise plane has another shape than the image.
    #[error(
        "the {what} image is {found_width}x{found_height} pixels but the science image {width}x{height}: \
         give the {what} image that belongs to it"
    )]
    NoiseShape {
        /// `weight` or `rms`.
        what: &'static str,
        /// Width of the noise plane.
        found_width: usize,
        /// Height of the noise plane.
        found_height: usize,
        /// Width of the image.
        width: usize,
        /// Height of the image.
        height: usize,
    },
    /// The mask has another number of pixels than the image.
    #[error("the mask has {found} pixels but the image {expected}: give a mask of the image's shape")]
    MaskShape {
        /// Pixels of the image.
        expected: usize,
        /// Pixels of the mask.
        found: usize,
    },
    /// A setting out of its range.
    #[error("the detection setting {setting} is {value}; it must be {allowed}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A kernel that can't be used.
    #[error(
        "the kernel is said to be {width}x{height} but has {taps} taps, or they add up to nothing: \
         give width x height finite taps that aren't all zero"
    )]
    Kernel {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
        /// Its taps.
        taps: usize,
    },
    /// The user asked to stop.
    #[error("detection was cancelled")]
    Cancelled,
    /// The catalogue could not be put together.
    #[error("the detections don't make a table: {0}")]
    Table(#[from] arrow::error::ArrowError),
}

/// Refuses images that detection can't work on.
fn check_image(image: &Plane) -> Result<(), DetectError> {
    let (width, height) = (image.width, image.height);
    if width == 0 || height == 0 {
        return Err(DetectError::Empty { width, height });
    }
    if image.pixels.len() as u64 > u64::from(u32::MAX) || width > 1 << 26 {
        return Err(DetectError::TooLarge { width, height });
    }
    if width.checked_mul(height) != Some(image.pixels.len()) {
        return Err(DetectError::ImageShape {
            width,
            height,
            found: image.pixels.len(),
        });
    }
    Ok(())
}
