//! One compressed tile: its stream decoded by one of the methods, then made physical.
//!
//! Source: FITS Standard 4.0, sections 10.1.3 (tiles that did not compress), 10.3 and 10.4
//! (methods).

use super::dither::Quantized;
use super::error::{Fault, Trouble, corrupt};
use super::header::Header;
use super::image::{self, Scaling};
use super::{ffi, plio, rice};
use std::io::Read;

/// ZCMPTYPE with its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Rice { block: usize, bytes_per_pixel: usize },
    Gzip1,
    Gzip2,
    Hcompress { smooth: bool },
    Plio,
    None,
}

impl Method {
    /// Reads ZCMPTYPE, ZNAMEn and ZVALn.
    pub fn read(header: &Header) -> Result<Self, Trouble> {
        let name = header.text("ZCMPTYPE").unwrap_or("").trim().to_ascii_uppercase();
        let parameter = |wanted: &str| {
            (1..=32).find_map(|n| {
                let name = header.text(&format!("ZNAME{n}"))?;
                (name.trim() == wanted).then(|| header.integer(&format!("ZVAL{n}")))?
            })
        };
        Ok(match name.as_str() {
            "RICE_1" | "RICE_ONE" => {
                let block = parameter("BLOCKSIZE").unwrap_or(32);
                let bytes = parameter("BYTEPIX").unwrap_or(4);
                match (usize::try_from(block), bytes) {
                    (Ok(block @ 1..=65_536), 1 | 2 | 4) => Self::Rice {
                        block,
                        bytes_per_pixel: bytes as usize,
                    },
                    _ => {
                        return Err((
                            Fault::Header,
                            format!("RICE_1 with BLOCKSIZE {block} and BYTEPIX {bytes} does not exist"),
                        ));
                    }
                }
            }
            "GZIP_1" => Self::Gzip1,
            "GZIP_2" => Self::Gzip2,
            "HCOMPRESS_1" => Self::Hcompress {
                smooth: parameter("SMOOTH").is_some_and(|s| s != 0),
            },
            "PLIO_1" => Self::Plio,
            "NOCOMPRESS" => Self::None,
            other => {
                return Err((
                    Fault::Unsupported,
                    format!("its compression {other:?} is not known"),
                ));
            }
        })
    }

    /// The name in ZCMPTYPE.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rice { .. } => "RICE_1",
            Self::Gzip1 => "GZIP_1",
            Self::Gzip2 => "GZIP_2",
            Self::Hcompress { .. } => "HCOMPRESS_1",
            Self::Plio => "PLIO_1",
            Self::None => "NOCOMPRESS",
        }
    }
}

/// Which column the stream comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// COMPRESSED_DATA: by the image's method.
    Compressed,
    /// GZIP_COMPRESSED_DATA: floating-point pixels that could not be quantized.
    Gzipped,
    /// UNCOMPRESSED_DATA.
    Raw,
}

/// A tile's stream and how to read it.
pub(crate) struct Tile {
    pub number: u64,
    pub stream: Stream,
    pub data: Vec<u8>,
    pub pixels: usize,
    pub quantized: Option<Quantized>,
    pub blank: Option<i64>,
}

/// A decoded stream: integers, or big-endian numbers of a size to be found out.
enum Values {
    Integers(Vec<i32>),
    Bytes(Vec<u8>),
}

impl Tile {
    /// The pixels of the tile.
    ///
    /// # Errors
    /// If the stream is damaged.
    pub fn decode(&self, method: &Method, bitpix: i32, scaling: &Scaling) -> Result<Vec<f32>, Trouble> {
        self.values(method)
            .and_then(|values| self.physical(values, bitpix, scaling))
            .map_err(|(fault, cause)| (fault, format!("tile {}: {cause}", self.number)))
    }

    fn values(&self, method: &Method) -> Result<Values, Trouble> {
        let n = self.pixels;
        Ok(match (self.stream, method) {
            (Stream::Raw, _) | (Stream::Compressed, Method::None) => Values::Bytes(self.data.clone()),
            (Stream::Gzipped, _) | (Stream::Compressed, Method::Gzip1) => {
                Values::Bytes(inflate(&self.data, n)?)
            }
            (_, Method::Gzip2) => Values::Bytes(unshuffle(&inflate(&self.data, n)?, n)),
            (
                _,
                Method::Rice {
                    block,
                    bytes_per_pixel,
                },
            ) => {
                // A block needs three bits at least, so a short stream cannot mean many pixels.
                if self
                    .data
                    .len()
                    .saturating_add(8)
                    .saturating_mul(8)
                    .saturating_mul(*block)
                    < n
                {
                    return corrupt("a RICE_1 tile ends early");
                }
                Values::Integers(rice::decode(&self.data, n, *bytes_per_pixel, *block)?)
            }
            (_, Method::Plio) => Values::Integers(plio::decode(&self.data, n)?),
            (_, Method::Hcompress { smooth }) => Values::Integers(ffi::hdecompress(&self.data, n, *smooth)?),
        })
    }

    fn physical(&self, values: Values, bitpix: i32, scaling: &Scaling) -> Result<Vec<f32>, Trouble> {
        let scaling = &Scaling {
            blank: self.blank.filter(|_| bitpix > 0),
            ..*scaling
        };
        let is_quantized = self.stream == Stream::Compressed;
        let quantized = self.quantized.filter(|_| is_quantized);
        let mut pixels = match (values, quantized) {
            (Values::Integers(q), Some(how)) => how.restore(&q),
            (Values::Integers(q), None) => {
                return Ok(q.iter().map(|&v| scaling.integer(i64::from(v))).collect());
            }
            (Values::Bytes(bytes), Some(how)) => how.restore(&integers(&bytes, self.pixels)?),
            (Values::Bytes(bytes), None) => {
                let mut pixels = Vec::with_capacity(self.pixels);
                let kind = match (element_size(&bytes, self.pixels)?, bitpix < 0) {
                    (4, true) => -32,
                    (8, true) => -64,
                    (size, _) => 8 * size as i32,
                };
                image::decode(&bytes, kind, scaling, &mut pixels);
                return Ok(pixels);
            }
        };
        if scaling.bscale != 1.0 || scaling.bzero != 0.0 {
            for pixel in &mut pixels {
                *pixel = scaling.real(f64::from(*pixel));
            }
        }
        Ok(pixels)
    }
}

fn element_size(bytes: &[u8], count: usize) -> Result<usize, Trouble> {
    match [1, 2, 4, 8].into_iter().find(|size| size * count == bytes.len()) {
        Some(size) => Ok(size),
        None => corrupt(format!("{} bytes are not {count} pixels", bytes.len())),
    }
}

fn integers(bytes: &[u8], count: usize) -> Result<Vec<i32>, Trouble> {
    Ok(match element_size(bytes, count)? {
        1 => bytes.iter().map(|&b| i32::from(b)).collect(),
        2 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&c| i32::from(i16::from_be_bytes(c)))
            .collect(),
        4 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&c| i32::from_be_bytes(c))
            .collect(),
        _ => return corrupt("quantized pixels of 8 bytes"),
    })
}

/// Inflates a gzip stream of at most `count` pixels of 8 bytes.
fn inflate(stream: &[u8], count: usize) -> Result<Vec<u8>, Trouble> {
    let most = (count as u64).saturating_mul(8).saturating_add(1);
    let mut bytes = Vec::new();
    match flate2::read::GzDecoder::new(stream)
        .take(most)
        .read_to_end(&mut bytes)
    {
        Ok(_) => Ok(bytes),
        Err(e) => corrupt(format!("its gzip stream is broken: {e}")),
    }
}

/// Undoes GZIP_2's order: first bytes of all pixels, then second bytes…
fn unshuffle(bytes: &[u8], count: usize) -> Vec<u8> {
    let Some(size) = bytes
        .len()
        .checked_div(count)
        .filter(|&s| s > 1 && s * count == bytes.len())
    else {
        return bytes.to_vec();
    };
    let mut out = vec![0_u8; bytes.len()];
    for (k, part) in bytes.chunks(count).enumerate() {
        for (i, &byte) in part.iter().enumerate() {
            out[i * size + k] = byte;
        }
    }
    out
}
