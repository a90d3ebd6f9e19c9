//! Decodes PLIO_1 tiles: masks as run lengths.
//!
//! Source: FITS Standard 4.0, section 10.4.3 (IRAF pixel lists). A list of 16-bit words: a header
//! that says where the instructions start and end, then instructions of a 4-bit opcode and 12
//! bits of data that write zeros, write the current "high value", or change it.

use super::error::{Trouble, corrupt};

/// Decodes `count` pixels from big-endian 16-bit words.
///
/// # Errors
/// If the list is shorter than its own header says.
pub(crate) fn decode(stream: &[u8], count: usize) -> Result<Vec<i32>, Trouble> {
    let words: Vec<i32> = stream
        .as_chunks()
        .0
        .iter()
        .map(|&w| i32::from(i16::from_be_bytes(w)))
        .collect();
    let word = |i: usize| words.get(i).copied().unwrap_or(0);
    // Lists written before 1990 have the length in the third word and three words of header.
    let (first, length) = if word(2) > 0 {
        (3, i64::from(word(2)))
    } else {
        (word(1), (i64::from(word(4)) << 15) + i64::from(word(3)))
    };
    let (Ok(first), Ok(end)) = (usize::try_from(first), usize::try_from(length)) else {
        return corrupt("a PLIO_1 tile with an impossible header");
    };
    if end > words.len() {
        return corrupt("a PLIO_1 tile ends early");
    }
    let mut pixels: Vec<i32> = Vec::with_capacity(count);
    let mut high = 1_i32;
    let mut at = first;
    while at < end && pixels.len() < count {
        let instruction = word(at);
        let data = instruction & 4095;
        let room = count - pixels.len();
        let run = (data as usize).min(room);
        match instruction >> 12 {
            0 => pixels.resize(pixels.len() + run, 0),
            1 => {
                high = (word(at + 1) << 12).wrapping_add(data);
                at += 1;
            }
            2 => high = high.wrapping_add(data),
            3 => high = high.wrapping_sub(data),
            4 => pixels.resize(pixels.len() + run, high),
            5 => {
                pixels.resize(pixels.len() + run, 0);
                if run > 0
                    && run == data as usize
                    && let Some(last) = pixels.last_mut()
                {
                    *last = high;
                }
            }
            6 => {
                high = high.wrapping_add(data);
                pixels.push(high);
            }
            7 => {
                high = high.wrapping_sub(data);
                pixels.push(high);
            }
            _ => return corrupt("a PLIO_1 tile with an unknown instruction"),
        }
        at += 1;
    }
    // What no instruction reached is background.
    pixels.resize(count, 0);
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_high_values() -> Result<(), Trouble> {
        // Header of 7 words (length 11), then: 2 zeros, high += 4, 3 high, one pixel of high - 2.
        let words: [i16; 11] = [0, 7, -100, 11, 0, 0, 0, 2, 0x2004, 0x4003, 0x7002];
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        assert_eq!(decode(&bytes, 8)?, [0, 0, 5, 5, 5, 3, 0, 0]);
        assert!(decode(&bytes[..20], 8).is_err());
        assert_eq!(decode(&[], 2)?, [0, 0]);
        Ok(())
    }
}
