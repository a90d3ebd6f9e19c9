//! Native cutouts: a square of pixels copied as they are, NaN outside the image.

use super::window::any_nan;
use super::{Cutout, CutoutFlags};
use crate::io::raster::Plane;

/// The longest side of a cutout that is made, in pixels: beyond it a size is surely a mistake
/// (seconds of arc taken for degrees), and memory would run out before an answer came.
const MAX_SIDE_PX: usize = 16_384;

/// Why a cutout could not be made. An object off the image is no error: see
/// [`CutoutFlags::EMPTY`].
#[derive(Debug, thiserror::Error)]
pub enum CutoutError {
    /// The position is not a number, as when a catalogue row has no coordinates.
    #[error(
        "cutout at pixel ({x}, {y}): the position is not a finite number; check the coordinate columns of this row"
    )]
    BadPosition {
        /// Pixel along x, zero-based.
        x: f64,
        /// Pixel along y, zero-based.
        y: f64,
    },
    /// The size is not usable.
    #[error(
        "cutout size of {side_px} pixels: it must be between 1 and {MAX_SIDE_PX}; choose another size in pixels or seconds of arc"
    )]
    BadSize {
        /// Side in pixels of the image, or of the result.
        side_px: f64,
    },
    /// A size in seconds of arc needs a pixel scale.
    #[error(
        "band {band}: it has no celestial coordinates, so a size in seconds of arc means nothing there; give the size in pixels"
    )]
    NoPixelScale {
        /// Name of the reference band.
        band: String,
    },
    /// The reference band's number is not below the number of bands.
    #[error("reference band number {reference} of {bands} bands; count from 0")]
    NoSuchBand {
        /// The number given.
        reference: usize,
        /// How many bands there are.
        bands: usize,
    },
    /// A window outside the image was asked for.
    #[error(
        "window of {width}x{height} pixels at ({x0}, {y0}) leaves the image of {image_width}x{image_height}"
    )]
    OutsideImage {
        /// First column.
        x0: usize,
        /// First row.
        y0: usize,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Columns of the image.
        image_width: usize,
        /// Rows of the image.
        image_height: usize,
    },
    /// The source gave a window of another shape than asked for.
    #[error(
        "band {band}: its reader gave {got} pixels for a window of {expected}; the file may be truncated"
    )]
    ShortWindow {
        /// Name of the band, or the empty string where it is not known.
        band: String,
        /// Pixels received.
        got: usize,
        /// Pixels asked for.
        expected: usize,
    },
    /// Reading the pixels failed; the cause names file and HDU.
    #[error("cannot read the pixels of a cutout: {0}")]
    Read(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Something that has pixels: a plane in memory or an image in a file.
pub trait PixelSource: Send + Sync {
    /// Pixels along x.
    fn width(&self) -> usize;
    /// Pixels along y.
    fn height(&self) -> usize;
    /// The `width` x `height` pixels whose first one is (`x0`, `y0`), wholly inside the image.
    ///
    /// # Errors
    /// [`CutoutError::OutsideImage`] for a window that leaves the image, [`CutoutError::Read`]
    /// when a file fails.
    fn window(&self, x0: usize, y0: usize, width: usize, height: usize) -> Result<Plane, CutoutError>;
}

impl PixelSource for Plane {
    fn width(&self) -> usize {
        self.width
    }

    fn height(&self) -> usize {
        self.height
    }

    fn window(&self, x0: usize, y0: usize, width: usize, height: usize) -> Result<Plane, CutoutError> {
        let fits = |start: usize, length: usize, total: usize| {
            start.checked_add(length).is_some_and(|end| end <= total)
        };
        if !fits(x0, width, self.width) || !fits(y0, height, self.height) {
            return Err(CutoutError::OutsideImage {
                x0,
                y0,
                width,
                height,
                image_width: self.width,
                image_height: self.height,
            });
        }
        let mut pixels = Vec::with_capacity(width * height);
        for y in y0..y0 + height {
            pixels.extend_from_slice(&self.row(y)[x0..x0 + width]);
        }
        Ok(Plane {
            width,
            height,
            pixels,
        })
    }
}

/// A square of `side_px` pixels centred as nearly as whole pixels allow on (`x`, `y`) (zero-based,
/// pixel centres at integers); NaN outside the image.
///
/// The same pixels as `astropy.nddata.Cutout2D(mode="partial", fill_value=nan)`: the first column
/// is ⌈x − side/2⌉. Where astropy refuses a cutout wholly outside, this one is all NaN and flagged
/// [`CutoutFlags::EMPTY`].
///
/// # Errors
/// When position or size are unusable, or the source cannot be read.
pub fn cut_native(
    source: &dyn PixelSource,
    x: f64,
    y: f64,
    side_px: usize,
) -> Result<(Plane, CutoutFlags), CutoutError> {
    check_side(side_px as f64)?;
    let first = (first_pixel(x, side_px), first_pixel(y, side_px));
    let ((x0, true), (y0, true)) = ((first.0, x.is_finite()), (first.1, y.is_finite())) else {
        return Err(CutoutError::BadPosition { x, y });
    };
    copy_square(source, x0, y0, side_px)
}

/// The first pixel of a square of `side_px` about `centre`, as astropy's `overlap_slices`.
/// Saturates far outside any image.
pub(crate) fn first_pixel(centre: f64, side_px: usize) -> i64 {
    (centre - side_px as f64 / 2.0).ceil() as i64
}

/// Whether a side is one that cutouts are made of.
pub(super) fn check_side(side_px: f64) -> Result<(), CutoutError> {
    if (1.0..=MAX_SIDE_PX as f64).contains(&side_px) {
        Ok(())
    } else {
        Err(CutoutError::BadSize { side_px })
    }
}

/// The square of `side_px` pixels that starts at (`x0`, `y0`), which may lie outside.
pub(super) fn copy_square(
    source: &dyn PixelSource,
    x0: i64,
    y0: i64,
    side_px: usize,
) -> Result<(Plane, CutoutFlags), CutoutError> {
    let mut flags = CutoutFlags::default();
    let (columns, rows) = (
        overlap(x0, side_px, source.width()),
        overlap(y0, side_px, source.height()),
    );
    let (Some(columns), Some(rows)) = (columns, rows) else {
        flags.0 |= CutoutFlags::EDGE | CutoutFlags::EMPTY | CutoutFlags::MISSING_BAND;
        return Ok((Plane::filled(side_px, side_px, f32::NAN), flags));
    };
    let window = read_window(
        source,
        "",
        columns.in_image,
        rows.in_image,
        columns.length,
        rows.length,
    )?;
    if any_nan(&window.pixels) {
        flags.0 |= CutoutFlags::NAN;
        if window.pixels.iter().all(|v| v.is_nan()) {
            flags.0 |= CutoutFlags::EMPTY | CutoutFlags::MISSING_BAND;
        }
    }
    if columns.length == side_px && rows.length == side_px {
        return Ok((window, flags));
    }
    flags.0 |= CutoutFlags::EDGE;
    let mut plane = Plane::filled(side_px, side_px, f32::NAN);
    for y in 0..rows.length {
        plane.row_mut(rows.in_cutout + y)[columns.in_cutout..columns.in_cutout + columns.length]
            .copy_from_slice(window.row(y));
    }
    Ok((plane, flags))
}

/// Reads a window and makes sure that it has the shape asked for.
pub(super) fn read_window(
    source: &dyn PixelSource,
    band: &str,
    x0: usize,
    y0: usize,
    width: usize,
    height: usize,
) -> Result<Plane, CutoutError> {
    let window = source.window(x0, y0, width, height)?;
    if (window.width, window.height) != (width, height) || window.pixels.len() != width * height {
        return Err(CutoutError::ShortWindow {
            band: band.to_owned(),
            got: window.pixels.len(),
            expected: width * height,
        });
    }
    Ok(window)
}

/// Where a stretch of pixels lies on an image's axis.
struct Overlap {
    in_image: usize,
    in_cutout: usize,
    length: usize,
}

fn overlap(first: i64, side: usize, total: usize) -> Option<Overlap> {
    let side_end = first.saturating_add(i64::try_from(side).ok()?);
    let start = first.max(0);
    let end = side_end.min(i64::try_from(total).unwrap_or(i64::MAX));
    if start >= end {
        return None;
    }
    Some(Overlap {
        in_image: usize::try_from(start).ok()?,
        in_cutout: usize::try_from(start.checked_sub(first)?).ok()?,
        length: usize::try_from(end - start).ok()?,
    })
}

/// How many pixels of a side [`crop_central`] keeps.
pub(crate) fn kept_of_side(side: usize, fraction: f64) -> usize {
    if fraction.is_nan() || fraction >= 1.0 {
        return side;
    }
    ((side as f64 * fraction.max(0.0)).round() as usize).clamp(side.min(1), side)
}

/// The central part of a cutout: `fraction` (0–1) of its width and height, at least one pixel.
///
/// Some surveys' stamps are mostly sky, and features improve when it is cut away. Where the
/// number of pixels cut off is odd, one more goes at the high end. A fraction of 1 or more, or not
/// a number, changes nothing. Edge and NaN flags are dropped when no NaN is left.
pub fn crop_central(mut cutout: Cutout, fraction: f64) -> Cutout {
    if fraction.is_nan() || fraction >= 1.0 {
        return cutout;
    }
    let kept = |side: usize| kept_of_side(side, fraction);
    for band in &mut cutout.bands {
        let (width, height) = (kept(band.width), kept(band.height));
        let (x0, y0) = ((band.width - width) / 2, (band.height - height) / 2);
        let mut pixels = Vec::with_capacity(width * height);
        for y in y0..y0 + height {
            pixels.extend_from_slice(&band.row(y)[x0..x0 + width]);
        }
        *band = Plane {
            width,
            height,
            pixels,
        };
    }
    let any_nan = cutout.bands.iter().any(|b| b.pixels.iter().any(|v| v.is_nan()));
    if !any_nan {
        cutout.flags.0 &= !(CutoutFlags::EDGE | CutoutFlags::NAN);
    }
    cutout
}
