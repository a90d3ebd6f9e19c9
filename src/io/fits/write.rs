//! Writing FITS: whole files at once, replaced in one step.

use super::cards;
use super::error::FitsError;
use super::ffi::{self, Squeeze};
use super::header::{CARD, Card, CardValue, Header};
use super::layout::BLOCK;
use crate::io::raster::Plane;
use crate::io::replace::replace_file;
use std::io::Write;
use std::path::Path;

/// How an image is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Compression {
    /// As plain 32-bit floating point.
    None,
    /// RICE_1 tiles of values quantized to the noise divided by `quantize` (4 is a good choice;
    /// larger keeps more), dithered by SUBTRACTIVE_DITHER_2 with a fixed seed: exact zeros and NaN
    /// stay, the same image always gives the same file. Loses precision below the noise.
    Rice {
        /// Steps per standard deviation of the noise; above 0.
        quantize: f32,
    },
    /// GZIP_2 tiles, without any loss.
    Gzip,
}

/// One image for [`write_images`].
#[derive(Debug, Clone, Copy)]
pub struct ImageToWrite<'a> {
    /// The pixels.
    pub plane: &'a Plane,
    /// EXTNAME.
    pub name: Option<&'a str>,
    /// Further cards, such as the WCS. Those that describe the file's layout (NAXIS, BITPIX,
    /// BSCALE…) are left out, since the writer sets them.
    pub cards: &'a [Card],
    /// How it is stored.
    pub compression: Compression,
}

/// Writes images as BITPIX -32: a single uncompressed one into the primary HDU, otherwise an empty
/// primary HDU followed by one extension each. The file appears complete or not at all and
/// replaces an older one; `path` is taken literally.
///
/// # Errors
/// If there is nothing to write, a keyword is not allowed, or the system refuses.
pub fn write_images(path: &Path, images: &[ImageToWrite]) -> Result<(), FitsError> {
    let refuse = |cause: String| FitsError::write(path, cause);
    let Some(first) = images.first() else {
        return Err(refuse("there is no image".to_owned()));
    };
    let in_primary = images.len() == 1 && first.compression == Compression::None;
    replace_file(path, io(path), |out| {
        if !in_primary {
            out.write_all(&primary_header()).map_err(io(path))?;
        }
        for (i, image) in images.iter().enumerate() {
            let named = |cause: String| refuse(format!("image {}: {cause}", i + 1));
            if image.plane.width.checked_mul(image.plane.height) != Some(image.plane.pixels.len()) {
                return Err(named("its size does not match its pixels".to_owned()));
            }
            let squeeze = match image.compression {
                Compression::None => None,
                Compression::Gzip => Some(Squeeze::Gzip),
                Compression::Rice { quantize } if quantize.is_finite() && quantize > 0.0 => {
                    Some(Squeeze::Rice(quantize))
                }
                Compression::Rice { quantize } => {
                    return Err(named(format!("quantize = {quantize} is not above 0")));
                }
            };
            let (width, height) = (image.plane.width, image.plane.height);
            // cfitsio cannot tile an image without pixels; there is nothing to compress either.
            match squeeze.filter(|_| !image.plane.pixels.is_empty()) {
                None => {
                    let head = plain_header(image, in_primary).map_err(named)?;
                    out.write_all(&head).map_err(io(path))?;
                    write_pixels(out, &image.plane.pixels).map_err(io(path))?;
                }
                Some(how) => {
                    let bytes = ffi::compress(&image.plane.pixels, width, height, how).map_err(named)?;
                    let hdu = compressed_hdu(&bytes, image).map_err(named)?;
                    out.write_all(&hdu).map_err(io(path))?;
                }
            }
        }
        Ok(())
    })
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> FitsError + '_ {
    |e| FitsError::io(path, "write", e)
}

/// Header records in the making.
pub(crate) struct HeaderBytes(Vec<u8>);

impl HeaderBytes {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    pub fn card(&mut self, keyword: &str, value: CardValue, comment: &str) -> Result<(), String> {
        cards::append(&mut self.0, &Card::new(keyword, value, comment))
    }

    /// The caller's cards, without those the writer sets.
    pub fn cards(&mut self, list: &[Card], name: Option<&str>) -> Result<(), String> {
        if let Some(name) = name {
            self.card("EXTNAME", CardValue::Text(name.to_owned()), "")?;
        }
        for card in list {
            if cards::is_structural(&card.keyword) || (name.is_some() && card.keyword == "EXTNAME") {
                continue;
            }
            cards::append(&mut self.0, card)?;
        }
        Ok(())
    }

    /// Ends the header and fills its last block with blanks.
    pub fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(format!("{:<80}", "END").as_bytes());
        let length = self.0.len().next_multiple_of(BLOCK as usize);
        self.0.resize(length, b' ');
        self.0
    }
}

/// An empty primary HDU.
pub(crate) fn primary_header() -> Vec<u8> {
    let mut head = HeaderBytes::new();
    let cards = [
        ("SIMPLE", CardValue::Logical(true)),
        ("BITPIX", CardValue::Integer(8)),
        ("NAXIS", CardValue::Integer(0)),
        ("EXTEND", CardValue::Logical(true)),
    ];
    for (keyword, value) in cards {
        // These four are always allowed.
        let _ = head.card(keyword, value, "");
    }
    head.finish()
}

fn plain_header(image: &ImageToWrite, in_primary: bool) -> Result<Vec<u8>, String> {
    let mut head = HeaderBytes::new();
    if in_primary {
        head.card("SIMPLE", CardValue::Logical(true), "")?;
    } else {
        head.card("XTENSION", CardValue::Text("IMAGE".to_owned()), "")?;
    }
    head.card("BITPIX", CardValue::Integer(-32), "")?;
    head.card("NAXIS", CardValue::Integer(2), "")?;
    head.card("NAXIS1", CardValue::Integer(image.plane.width as i64), "")?;
    head.card("NAXIS2", CardValue::Integer(image.plane.height as i64), "")?;
    if !in_primary {
        head.card("PCOUNT", CardValue::Integer(0), "")?;
        head.card("GCOUNT", CardValue::Integer(1), "")?;
    }
    head.cards(image.cards, image.name)?;
    Ok(head.finish())
}

fn write_pixels(out: &mut dyn Write, pixels: &[f32]) -> std::io::Result<()> {
    let mut block = Vec::with_capacity(1 << 18);
    for part in pixels.chunks(1 << 16) {
        block.clear();
        block.extend(part.iter().flat_map(|v| v.to_be_bytes()));
        out.write_all(&block)?;
    }
    pad(out, pixels.len() as u64 * 4)
}

/// Fills the last block of `written` data bytes with zeros.
pub(crate) fn pad(out: &mut dyn Write, written: u64) -> std::io::Result<()> {
    let rest = (BLOCK - written % BLOCK) % BLOCK;
    out.write_all(&vec![0_u8; rest as usize])
}

/// Takes the tiles out of a file cfitsio made and gives them the image's own cards.
fn compressed_hdu(file: &[u8], image: &ImageToWrite) -> Result<Vec<u8>, String> {
    let odd = || "cfitsio gave an unexpected file; store it uncompressed".to_owned();
    let block = BLOCK as usize;
    let mut start = block;
    // The primary header of the file in memory is empty; it may take several blocks.
    while !file.get(start..).ok_or_else(odd)?.starts_with(b"XTENSION") {
        start += block;
    }
    let records = &file[start..];
    let end = records
        .chunks_exact(CARD)
        .position(|card| card.starts_with(b"END     "))
        .ok_or_else(odd)?;
    let header = Header::parse(&records[..end * CARD]);
    let number = |keyword: &str| header.integer(keyword).and_then(|n| usize::try_from(n).ok());
    let length = number("NAXIS1")
        .zip(number("NAXIS2"))
        .and_then(|(a, b)| a.checked_mul(b))
        .zip(number("PCOUNT"))
        .and_then(|(table, heap)| table.checked_add(heap))
        .ok_or_else(odd)?;
    let data_start = ((end + 1) * CARD).next_multiple_of(block);
    let data = records.get(data_start..data_start + length).ok_or_else(odd)?;
    let mut head = HeaderBytes(records[..end * CARD].to_vec());
    if image.name.is_some() {
        // cfitsio names the extension COMPRESSED_IMAGE; the image has its own name.
        let own: Vec<u8> = head
            .0
            .chunks(CARD)
            .filter(|c| !c.starts_with(b"EXTNAME "))
            .flatten()
            .copied()
            .collect();
        head.0 = own;
    }
    head.cards(image.cards, image.name)?;
    let mut hdu = head.finish();
    hdu.extend_from_slice(data);
    pad(&mut hdu, length as u64).map_err(|e| e.to_string())?;
    Ok(hdu)
}
