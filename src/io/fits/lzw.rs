//! Unpacks `.Z` files, the Unix `compress` format many older archives still serve.
//!
//! Source: T. A. Welch, "A Technique for High-Performance Data Compression", Computer 17(6), 1984,
//! with the bit packing of `compress` 4.0: codes of 9 to `max_bits` bits, least significant bit
//! first, written in groups of eight codes; code 256 resets the dictionary in block mode.

use std::io::{self, Read, Write};

const CLEAR: usize = 256;

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Unpacks all of `packed` (which starts with the magic bytes 1f 9d) into `out`.
///
/// # Errors
/// `InvalidData` for an impossible code or header, or what `packed` and `out` return.
pub(crate) fn unpack(packed: &mut dyn Read, out: &mut dyn Write) -> io::Result<()> {
    let mut input = Vec::new();
    packed.read_to_end(&mut input)?;
    let (Some(&[0x1f, 0x9d, flags]), Some(codes)) = (input.first_chunk::<3>(), input.get(3..)) else {
        return Err(bad("not a .Z file"));
    };
    let max_bits = u32::from(flags & 0x1f);
    let block_mode = flags & 0x80 != 0;
    if !(9..=16).contains(&max_bits) {
        return Err(bad("a .Z file with an impossible code width"));
    }
    let first_free = if block_mode { 257 } else { 256 };
    let table_size = 1_usize << max_bits;
    let mut prefix = vec![0_u16; table_size];
    let mut suffix = vec![0_u8; table_size];
    let mut next_free = first_free;
    let mut width = 9_u32;
    let mut position_bits = 0_usize;
    // Codes are padded to a multiple of eight codes whenever the width changes.
    let mut group_start_bits = 0_usize;
    let mut previous: Option<usize> = None;
    let mut first_byte = 0_u8;
    let mut stack = Vec::new();
    let total_bits = codes.len().saturating_mul(8);
    let align = |position: usize, start: usize, width: u32| {
        let group = 8 * width as usize;
        start + (position - start).div_ceil(group) * group
    };
    while position_bits + width as usize <= total_bits {
        let byte = position_bits / 8;
        let mut window = 0_u32;
        for k in 0..4 {
            window |= u32::from(codes.get(byte + k).copied().unwrap_or(0)) << (8 * k);
        }
        let code = (window >> (position_bits % 8)) as usize & ((1 << width) - 1);
        position_bits += width as usize;
        if block_mode && code == CLEAR {
            position_bits = align(position_bits, group_start_bits, width);
            group_start_bits = position_bits;
            width = 9;
            next_free = first_free;
            previous = None;
            continue;
        }
        let Some(before) = previous else {
            let literal = u8::try_from(code).map_err(|_| bad("a .Z file whose first code is no byte"))?;
            out.write_all(&[literal])?;
            first_byte = literal;
            previous = Some(code);
            continue;
        };
        let mut at = code;
        if code > next_free || (code == next_free && next_free >= table_size) {
            return Err(bad("a .Z file with a code that was never defined"));
        }
        if code == next_free {
            stack.push(first_byte);
            at = before;
        }
        while at >= 256 {
            if at < first_free {
                return Err(bad("a .Z file with an impossible code"));
            }
            stack.push(suffix[at]);
            at = usize::from(prefix[at]);
        }
        first_byte = at as u8;
        stack.push(first_byte);
        stack.reverse();
        out.write_all(&stack)?;
        stack.clear();
        if next_free < table_size {
            prefix[next_free] = before as u16;
            suffix[next_free] = first_byte;
            next_free += 1;
            if next_free == 1 << width && width < max_bits {
                position_bits = align(position_bits, group_start_bits, width);
                group_start_bits = position_bits;
                width += 1;
            }
        }
        previous = Some(code);
    }
    Ok(())
}
