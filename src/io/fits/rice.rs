//! Decodes RICE_1 tiles.
//!
//! Source: FITS Standard 4.0, section 10.4.1; R. F. Rice, P.-S. Yeh and W. H. Miller, "Algorithms
//! for a very high speed universal noiseless coding module", JPL Publication 91-3 (1991). Pixel
//! differences are folded to non-negative numbers and coded in blocks: a block starts with the
//! number of low bits kept verbatim, plus one; 0 says "all differences are zero", the highest
//! value "all differences verbatim".

use super::bits::Bits;
use super::error::{Trouble, corrupt};

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
    let (split_bits, split_max, bits) = match bytes_per_pixel {
        1 => (3, 6, 8),
        2 => (4, 14, 16),
        4 => (5, 25, 32),
        other => return corrupt(format!("RICE_1 with {other} bytes a pixel does not exist")),
    };
    if block == 0 {
        return corrupt("RICE_1 with blocks of 0 pixels");
    }
    let mut reader = Bits::new(stream);
    let mut pixels = Vec::with_capacity(count);
    let short = || corrupt("a RICE_1 tile ends early");
    let Some(mut last) = reader.take(bits) else {
        return short();
    };
    let mask = if bits == 32 { u32::MAX } else { (1_u32 << bits) - 1 };
    let value = |raw: u32| match bits {
        8 => (raw & 0xff) as i32,
        16 => i32::from(raw as u16 as i16),
        _ => raw as i32,
    };
    while pixels.len() < count {
        let here = block.min(count - pixels.len());
        let Some(split) = reader.take(split_bits) else {
            return short();
        };
        if split == 0 {
            pixels.resize(pixels.len() + here, value(last));
            continue;
        }
        let keep = split - 1;
        for _ in 0..here {
            let folded = if keep >= split_max {
                reader.take(bits)
            } else {
                reader.unary().and_then(|high| {
                    let low = reader.take(keep)?;
                    Some(high.wrapping_shl(keep) | low)
                })
            };
            let Some(folded) = folded else { return short() };
            let difference = if folded & 1 == 0 {
                folded >> 1
            } else {
                !(folded >> 1)
            };
            last = last.wrapping_add(difference) & mask;
            pixels.push(value(last));
        }
    }
    Ok(pixels)
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
