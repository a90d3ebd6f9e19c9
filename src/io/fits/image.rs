//! Pixels of uncompressed images: big-endian numbers of six kinds, scaled, with blanks as NaN.
//!
//! Source: FITS Standard 4.0, sections 4.4.2.5 (BSCALE, BZERO, BLANK) and 5 (data representation).

use super::error::{Fault, Trouble};
use super::groups::Groups;
use super::header::Header;
use super::layout::Placed;
use super::source::Source;
use crate::io::raster::Plane;

/// No plane of more bytes than this (as `f32`) is read.
pub(crate) const MAX_PLANE_BYTES: u64 = 1 << 33;
/// Bytes read at a time.
const READ_BYTES: usize = 8 << 20;

/// A rectangle of one plane, already known to lie inside it. Zero-based.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub plane: usize,
    pub x0: usize,
    pub y0: usize,
    pub width: usize,
    pub height: usize,
}

/// How stored numbers become physical values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scaling {
    pub bscale: f64,
    pub bzero: f64,
    /// The integer that means "no value".
    pub blank: Option<i64>,
}

impl Scaling {
    /// Reads BSCALE, BZERO and, for integers, BLANK.
    pub fn read(header: &Header, bitpix: i32) -> Self {
        // A scale of zero would wipe the image out; cfitsio and astropy warn about it too.
        let bscale = header.real("BSCALE").filter(|s| *s != 0.0).unwrap_or(1.0);
        Self {
            bscale,
            bzero: header.real("BZERO").unwrap_or(0.0),
            blank: if bitpix > 0 { header.integer("BLANK") } else { None },
        }
    }

    fn is_identity(&self) -> bool {
        self.bscale == 1.0 && self.bzero == 0.0
    }

    /// An integer as stored → physical value.
    pub fn integer(&self, stored: i64) -> f32 {
        if self.blank == Some(stored) {
            f32::NAN
        } else {
            (stored as f64 * self.bscale + self.bzero) as f32
        }
    }

    /// A floating-point number as stored → physical value.
    pub fn real(&self, stored: f64) -> f32 {
        (stored * self.bscale + self.bzero) as f32
    }
}

/// Decodes big-endian pixels of `bitpix` from `bytes` and appends them to `pixels`.
pub(crate) fn decode(bytes: &[u8], bitpix: i32, scaling: &Scaling, pixels: &mut Vec<f32>) {
    let int = |v: i64| scaling.integer(v);
    match bitpix {
        8 => pixels.extend(bytes.iter().map(|&b| int(i64::from(b)))),
        16 => pixels.extend(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&c| int(i64::from(i16::from_be_bytes(c)))),
        ),
        32 => pixels.extend(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&c| int(i64::from(i32::from_be_bytes(c)))),
        ),
        64 => pixels.extend(bytes.as_chunks().0.iter().map(|&c| int(i64::from_be_bytes(c)))),
        -32 if scaling.is_identity() => {
            pixels.extend(bytes.as_chunks().0.iter().map(|&c| f32::from_be_bytes(c)))
        }
        -32 => pixels.extend(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&c| scaling.real(f64::from(f32::from_be_bytes(c)))),
        ),
        _ => pixels.extend(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&c| scaling.real(f64::from_be_bytes(c))),
        ),
    }
}

/// Refuses a window whose pixels would take more memory than is reasonable.
pub(crate) fn check_size(window: &Window) -> Result<usize, Trouble> {
    window
        .width
        .checked_mul(window.height)
        .filter(|&n| (n as u64) <= MAX_PLANE_BYTES / 4)
        .ok_or_else(|| {
            (
                Fault::TooLarge,
                format!(
                    "{}x{} pixels are more than one plane may have",
                    window.width, window.height
                ),
            )
        })
}

/// Reads a window of an uncompressed image.
pub(crate) fn read_window(
    source: &mut Source,
    placed: &Placed,
    shape: &[usize],
    bitpix: i32,
    window: &Window,
) -> Result<Plane, Trouble> {
    let cut = || {
        (
            Fault::Truncated,
            format!("plane {} is not wholly in the file", window.plane),
        )
    };
    let bytes_per_pixel = (bitpix.unsigned_abs() / 8) as usize;
    let (&[image_width, image_height], scaling) = (
        shape.first_chunk::<2>().ok_or_else(cut)?,
        Scaling::read(&placed.header, bitpix),
    );
    let groups = Groups::of(&placed.header);
    // Where a pixel starts in the data unit; the scan checked that the whole unit fits in i64.
    let position = |x: usize, y: usize| -> Option<u64> {
        let row = window.plane.checked_mul(image_height)?.checked_add(y)?;
        let pixel = row.checked_mul(image_width)?.checked_add(x)?;
        let element = match groups {
            Some(groups) => groups.position(pixel)?,
            None => pixel,
        };
        element.checked_mul(bytes_per_pixel).map(|n| n as u64)
    };
    if window.width == 0 || window.height == 0 {
        return Ok(Plane::from_pixels(window.width, window.height, Vec::new()));
    }
    let last = position(window.x0 + window.width - 1, window.y0 + window.height - 1).ok_or_else(cut)?;
    if last
        .checked_add(bytes_per_pixel as u64)
        .is_none_or(|end| end > placed.available)
    {
        return Err(cut());
    }
    let count = check_size(window)?;
    let mut pixels = Vec::new();
    pixels
        .try_reserve_exact(count)
        .map_err(|_| (Fault::TooLarge, format!("there is no memory for {count} pixels")))?;
    let row_bytes = window.width * bytes_per_pixel;
    // Whole rows lie one after another and are read many at a time.
    let rows_at_once = if window.width == image_width {
        (READ_BYTES / row_bytes).clamp(1, window.height)
    } else {
        1
    };
    let mut buffer = vec![0_u8; rows_at_once * row_bytes];
    let mut y = 0;
    while y < window.height {
        let rows = rows_at_once.min(window.height - y);
        let offset = position(window.x0, window.y0 + y).ok_or_else(cut)?;
        let block = &mut buffer[..rows * row_bytes];
        source
            .read_at(placed.data_offset.saturating_add(offset), block)
            .map_err(|e| (Fault::Truncated, format!("reading pixels: {e}")))?;
        decode(block, bitpix, &scaling, &mut pixels);
        y += rows;
    }
    Ok(Plane::from_pixels(window.width, window.height, pixels))
}
