//! Decodes RICE_1 tiles.
//!
//! Source: FITS Standard 4.0, section 10.4.1; R. F. Rice, P.-S. Yeh and W. H. Miller, "Algorithms
//! for a very high speed universal noiseless coding module", JPL Publication 91-3 (1991). Pixel
//! differences are folded to non-negative numbers and coded in blocks: a block starts with the
//! number of low bits kept verbatim, plus one; 0 says "all differences are zero", the highest
//! value "all differences verbatim".

use super::bits::Bits;
use super::error::{Trouble, corrupt};
use crate::vectorised::vectorised;

/// Decodes `count` pixels of `bytes_per_pixel` (1, 2 or 4) coded in blocks of `block` pixels.
/// One-byte pixels are unsigned, the others signed.
///
/// # Errors
/// If the stream ends early or the parameters don't exist.
pub(crate) fn decode(
    stream: &[u8],
    count: usize,
    bytes_per_pixel: usize,
    block: usize,
) -> Result<Vec<i32>, Trouble> {
    if block == 0 {
        return corrupt("RICE_1 with blocks of 0 pixels");
    }
    let mut pixels = vec![0; count];
    let whole = match bytes_per_pixel {
        1 => decode_all::<1>(stream, block, &mut pixels),
        2 => decode_all::<2>(stream, block, &mut pixels),
        4 => decode_all::<4>(stream, block, &mut pixels),
        other => return corrupt(format!("RICE_1 with {other} bytes a pixel does not exist")),
    };
    match whole {
        true => Ok(pixels),
        false => corrupt("a RICE_1 tile ends early"),
    }
}

vectorised! {
    /// Fills `pixels`, of `BYTES` each in the file; whether the stream is long enough for them.
    decode_all<const BYTES>(stream: &[u8], block: usize, pixels: &mut [i32]) -> bool {
        decoded::<BYTES>(stream, block, pixels).is_some()
    }
}

#[inline(always)]
fn decoded<const BYTES: usize>(stream: &[u8], block: usize, pixels: &mut [i32]) -> Option<()> {
    let (split_bits, split_max, bits) = match BYTES {
        1 => (3, 6, 8),
        2 => (4, 14, 16),
        _ => (5, 25, 32),
    };
    let value = |raw: u32| match BYTES {
        1 => (raw & 0xff).cast_signed(),
        2 => i32::from(raw as u16 as i16),
        _ => raw.cast_signed(),
    };
    let mut reader = Bits::new(stream);
    let mut last = reader.take(bits)?;
    for block in pixels.chunks_mut(block) {
        let split = reader.take(split_bits)?;
        let Some(keep) = split.checked_sub(1) else {
            block.fill(value(last));
            continue;
        };
        if keep >= split_max {
            for pixel in block {
                last = next(last, reader.take(bits)?);
                *pixel = value(last);
            }
        } else {
            reader.rice(keep, block, |folded| {
                last = next(last, folded);
                value(last)
            })?;
        }
    }
    Some(())
}

/// The pixel after `last` (modulo what a pixel holds), of a difference folded to a non-negative number.
#[inline(always)]
fn next(last: u32, folded: u32) -> u32 {
    last.wrapping_add((folded >> 1) ^ (folded & 1).wrapping_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_and_verbatim_blocks() -> Result<(), Trouble> {
        // First pixel 7 (16 bits), then split 0: all the same.
        assert_eq!(decode(&[0, 7, 0], 5, 2, 32)?, [7; 5]);
        // Split 15 (verbatim): differences 0, -1, then one of +1.
        // 1111 | 0000000000000000 | 0000000000000001 | 0000000000000010
        assert_eq!(
            decode(&[0, 7, 0xf0, 0, 0, 0, 0x10, 0, 0x20], 3, 2, 32)?,
            [7, 6, 7]
        );
        Ok(())
    }

    #[test]
    fn ends_in_an_error_not_a_panic() {
        assert!(decode(&[], 5, 4, 32).is_err());
        assert!(decode(&[0, 0, 0, 1, 0x10], 500, 4, 32).is_err());
        assert!(decode(&[0; 40], 5, 3, 32).is_err());
    }
}
