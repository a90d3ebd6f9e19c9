//! Checks HCOMPRESS_1 streams before cfitsio decodes them.
//!
//! On a damaged stream cfitsio's decoder reads on behind its end, and to report an error it takes
//! the lock it already holds and never returns. So the bit planes are walked here first, without
//! making pixels of them: a stream that passes is decoded without an error.
//!
//! Source: R. L. White, M. Postman and M. Lattanzi, "Compression of the Guide Star Digitised Schmidt
//! Plates", in Digitised Optical Sky Surveys (1992); FITS Standard 4.0, section 10.4.4. The
//! coefficients of four quadrants are stored bit plane by bit plane, each either as plain nybbles
//! or as a quadtree in a fixed Huffman code.

use super::bits::Bits;
use super::error::{Trouble, corrupt};

/// Length of the fixed part: magic, two axes, scale, sum, three bit counts.
const HEAD: usize = 25;

/// Checks a stream that must hold `count` pixels.
///
/// # Errors
/// If its head does not fit, an axis is shorter than the transform can be, a plane has an unknown
/// code, or it ends early.
pub(crate) fn check(stream: &[u8], count: usize) -> Result<(), Trouble> {
    let Some(head) = stream.first_chunk::<HEAD>() else {
        return corrupt("an HCOMPRESS_1 tile ends early");
    };
    let int = |at: usize| i32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (slow, fast) = (int(2), int(6));
    let product = i64::from(slow).saturating_mul(i64::from(fast));
    if head[..2] != [0xdd, 0x99] || slow < 2 || fast < 2 || product != count as i64 {
        return corrupt(format!(
            "an HCOMPRESS_1 tile says {slow}x{fast} where {count} pixels belong"
        ));
    }
    let planes = [head[22], head[23], head[24]];
    if planes.iter().any(|&p| p > 63) {
        return corrupt(format!("an HCOMPRESS_1 tile with {planes:?} bit planes"));
    }
    let (slow, fast) = (slow as usize, fast as usize);
    let mut bits = Bits::new(&stream[HEAD..]);
    let quadrants = [
        (slow.div_ceil(2), fast.div_ceil(2), planes[0]),
        (slow.div_ceil(2), fast / 2, planes[1]),
        (slow / 2, fast.div_ceil(2), planes[1]),
        (slow / 2, fast / 2, planes[2]),
    ];
    for (rows, columns, planes) in quadrants {
        for _ in 0..planes {
            if walk_plane(&mut bits, rows, columns).is_none() {
                return corrupt("an HCOMPRESS_1 tile has impossible bit planes or ends early");
            }
        }
    }
    match bits.take(4) {
        Some(0) => Ok(()),
        _ => corrupt("an HCOMPRESS_1 tile does not end where it should"),
    }
}

/// Walks one bit plane of a quadrant; `None` if it cannot be one.
fn walk_plane(bits: &mut Bits, rows: usize, columns: usize) -> Option<()> {
    match bits.take(4)? {
        // Plain: a nybble for each 2x2 coefficients.
        0 => {
            for _ in 0..rows.div_ceil(2) * columns.div_ceil(2) {
                bits.take(4)?;
            }
            Some(())
        }
        0xf => walk_tree(bits, rows, columns),
        _ => None,
    }
}

/// Walks a Huffman-coded quadtree from its root to the level above the coefficients.
fn walk_tree(bits: &mut Bits, rows: usize, columns: usize) -> Option<()> {
    let levels = rows.max(columns).next_power_of_two().trailing_zeros();
    let mut nodes = vec![huffman(bits)?];
    let (mut above_columns, mut height, mut width) = (1_usize, 1_usize, 1_usize);
    for level in 1..levels {
        // Half the coefficients rounded up, as often as there are levels below.
        let shift = levels - level;
        (height, width) = (rows.div_ceil(1 << shift), columns.div_ceil(1 << shift));
        let mut next = vec![0_u8; height * width];
        // Codes come for the nodes that have something below them, the last node first.
        for y in (0..height).rev() {
            for x in (0..width).rev() {
                let parent = *nodes.get(y / 2 * above_columns + x / 2)?;
                let bit = 3 - (2 * (y % 2) + x % 2);
                if parent >> bit & 1 != 0 {
                    next[y * width + x] = huffman(bits)?;
                }
            }
        }
        nodes = next;
        above_columns = width;
    }
    debug_assert!(nodes.len() == height * width);
    Some(())
}

/// One node: four bits saying which of its quarters have something.
fn huffman(bits: &mut Bits) -> Option<u8> {
    let mut code = bits.take(3)?;
    if code < 4 {
        return Some(1 << code);
    }
    code = code << 1 | bits.take(1)?;
    if let Some(&value) = [3, 5, 10, 12, 15].get(code.wrapping_sub(8) as usize) {
        return Some(value);
    }
    code = code << 1 | bits.take(1)?;
    if let Some(&value) = [6, 7, 9, 11, 13].get(code.wrapping_sub(26) as usize) {
        return Some(value);
    }
    code = code << 1 | bits.take(1)?;
    Some(if code == 62 { 0 } else { 14 })
}
