//! A header's bytes: from where it begins to its END card, or why there is none.

use super::BLOCK;
use crate::io::fits::error::{Fault, Trouble};
use crate::io::fits::header::CARD;
use crate::io::fits::source::Source;
use std::path::Path;

/// No real header is longer (200 000 cards would be 16 MB).
const MAX_HEADER_BYTES: usize = 64 << 20;

pub(super) enum HeaderBytes {
    /// The cards before END, and the length of the header with its padding in bytes.
    Header {
        cards: Vec<u8>,
        length: u64,
    },
    End,
    NotFits(String),
    Io(std::io::Error),
}

pub(super) fn read_header(
    path: &Path,
    source: &mut Source,
    offset: u64,
    index: usize,
) -> Result<HeaderBytes, Trouble> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut at = offset;
    loop {
        let want = BLOCK.min(source.len.saturating_sub(at)) as usize;
        let start = bytes.len();
        if want == 0 || start >= MAX_HEADER_BYTES {
            return Err((Fault::Header, "its header has no END card".to_owned()));
        }
        bytes.resize(start + want, 0);
        if let Err(e) = source.read_at(at, &mut bytes[start..]) {
            return Ok(HeaderBytes::Io(e));
        }
        if start == 0 {
            if index == 0 && !bytes.starts_with(b"SIMPLE") {
                return Ok(HeaderBytes::NotFits(looks_like(path, &bytes)));
            }
            if index > 0 && !bytes.starts_with(b"XTENSION") {
                // Padding after the last HDU is common and harmless.
                if bytes.iter().all(|&b| b == 0 || b == b' ') {
                    return Ok(HeaderBytes::End);
                }
                return Err((
                    Fault::Header,
                    format!(
                        "what follows HDU {} at byte {offset} is no extension (it does not start with XTENSION)",
                        index - 1
                    ),
                ));
            }
        }
        // Cards never straddle blocks, since 2880 = 36 x 80.
        let is_end = |card: &[u8]| {
            card.starts_with(b"END") && card[3..].iter().all(|&b| matches!(b, b' ' | 0 | b'\r' | b'\n'))
        };
        if let Some(position) = bytes[start..].chunks(CARD).position(is_end) {
            // The data start after the whole block, wherever END is in it.
            bytes.truncate(start + position * CARD);
            let length = at + want as u64 - offset;
            return Ok(HeaderBytes::Header { cards: bytes, length });
        }
        at += want as u64;
    }
}

fn looks_like(path: &Path, bytes: &[u8]) -> String {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or("")
        .to_ascii_lowercase();
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
    let what = if bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8") || bytes.starts_with(b"II*")
    {
        "it is a picture; open it as one"
    } else if bytes.starts_with(b"\x89HDF") {
        "it is an HDF5 file; convert it to FITS"
    } else if text.contains("<votable") || extension == "xml" {
        "it is XML; open it as a VOTable catalogue"
    } else if text.contains("<html") || text.contains("<!doctype") {
        "it is a web page, probably an error answer of the archive; download the file again"
    } else if bytes.starts_with(b"XTENSION") {
        "it starts with an extension; the primary HDU is missing"
    } else {
        "it does not start with SIMPLE"
    };
    what.to_owned()
}
