//! PNG, JPEG and TIFF pictures → planes, and RGB → such pictures.
//!
//! Surveys hand out their cutouts as pictures too. Sizes are limited before decoding, so that a
//! decompression bomb gives an error.

use crate::io::raster::Plane;
use crate::io::replace::replace_file;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader};
use std::io::{BufReader, Cursor, Seek};
use std::path::{Path, PathBuf};

/// Longest side in pixels.
const MAX_SIDE: u32 = 65_536;
/// Most memory the decoded picture may take in bytes.
const MAX_BYTES: u64 = 2 << 30;

/// A picture as planes of 0–255 (values of 16 bits are divided by 257, so that 65535 is 255, and
/// keep their precision). Row 0 is the top row ([`crate::io::raster::Origin::TopLeft`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// One (gray) or three (red, green, blue) planes of one size. Alpha is dropped.
    pub channels: Vec<Plane>,
}

/// Why a picture could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The system refused.
    #[error("{}: cannot {action}: {source}; check the path, permissions and free space", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// Not a picture of a known kind, damaged, or larger than allowed.
    #[error("{}: cannot read the picture: {cause}; PNG, JPEG and TIFF up to 65536 pixels a side and 2 GiB are read", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// In words.
        cause: String,
    },
    /// The pixels don't match the size, or the encoder refused.
    #[error("{}: cannot write the picture: {cause}", path.display())]
    Encode {
        /// The file that was to be written.
        path: PathBuf,
        /// In words.
        cause: String,
    },
}

/// Reads a picture; its kind is found from its first bytes, not its name.
///
/// # Errors
/// If it can't be read, isn't a PNG, JPEG or TIFF, is damaged or too large.
pub fn read_picture(path: &Path) -> Result<Picture, PictureError> {
    let io = |source| PictureError::Io {
        path: path.to_owned(),
        action: "read",
        source,
    };
    let decode = |cause: String| PictureError::Decode {
        path: path.to_owned(),
        cause,
    };
    let mut file = std::fs::File::open(path).map_err(io)?;
    file.rewind().map_err(io)?;
    let mut reader = ImageReader::new(BufReader::new(file))
        .with_guessed_format()
        .map_err(io)?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|e| decode(e.to_string()))?;
    let (width, height) = decoder.dimensions();
    // The planes of `f32` need up to four times what the pixels do.
    let bytes =
        u64::from(width) * u64::from(height) * 4 * u64::from(decoder.color_type().channel_count().min(3));
    if bytes > MAX_BYTES {
        return Err(decode(format!("{width}x{height} pixels are too many")));
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(|e| decode(e.to_string()))?;
    Ok(Picture {
        channels: planes(&picture),
    })
}

/// Splits the channels of a decoded picture.
fn planes(picture: &DynamicImage) -> Vec<Plane> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let byte = f32::from;
    let word = |v: u16| f32::from(v) / 257.0;
    // A TIFF of floating point has no fixed range; the decoder's convention is 0–1.
    let unit = |v: f32| v * 255.0;
    fn split<T: Copy>(samples: &[T], step: usize, keep: usize, value: impl Fn(T) -> f32) -> Vec<Vec<f32>> {
        (0..keep)
            .map(|k| samples.chunks_exact(step).map(|pixel| value(pixel[k])).collect())
            .collect()
    }
    let channels = match picture {
        DynamicImage::ImageLuma8(p) => split(p.as_raw(), 1, 1, byte),
        DynamicImage::ImageLumaA8(p) => split(p.as_raw(), 2, 1, byte),
        DynamicImage::ImageRgb8(p) => split(p.as_raw(), 3, 3, byte),
        DynamicImage::ImageRgba8(p) => split(p.as_raw(), 4, 3, byte),
        DynamicImage::ImageLuma16(p) => split(p.as_raw(), 1, 1, word),
        DynamicImage::ImageLumaA16(p) => split(p.as_raw(), 2, 1, word),
        DynamicImage::ImageRgb16(p) => split(p.as_raw(), 3, 3, word),
        DynamicImage::ImageRgba16(p) => split(p.as_raw(), 4, 3, word),
        other => split(other.to_rgb32f().as_raw(), 3, 3, unit),
    };
    channels
        .into_iter()
        .map(|pixels| Plane::from_pixels(width, height, pixels))
        .collect()
}

/// Writes `rgb` (three bytes a pixel, top row first) as a PNG, JPEG or TIFF, by the extension of
/// `path`. The file appears complete or not at all.
///
/// # Errors
/// If `rgb` doesn't hold `width * height * 3` bytes, the extension is another one, there is no
/// pixel, or the system refuses.
pub fn write_picture(path: &Path, width: usize, height: usize, rgb: &[u8]) -> Result<(), PictureError> {
    let encode = |cause: String| PictureError::Encode {
        path: path.to_owned(),
        cause,
    };
    let io = |source| PictureError::Io {
        path: path.to_owned(),
        action: "write",
        source,
    };
    let format = match ImageFormat::from_path(path) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Tiff)) => format,
        _ => return Err(encode("let its name end in .png, .jpg or .tif".to_owned())),
    };
    let (Ok(w), Ok(h)) = (u32::try_from(width), u32::try_from(height)) else {
        return Err(encode(format!("{width}x{height} pixels are too many")));
    };
    if width.checked_mul(height).and_then(|n| n.checked_mul(3)) != Some(rgb.len()) {
        return Err(encode(format!(
            "{} bytes are not {width}x{height} pixels of three",
            rgb.len()
        )));
    }
    let mut bytes = Cursor::new(Vec::new());
    image::write_buffer_with_format(&mut bytes, rgb, w, h, ExtendedColorType::Rgb8, format)
        .map_err(|e| encode(e.to_string()))?;
    replace_file(path, io, |out| out.write_all(bytes.get_ref()).map_err(io))
}
