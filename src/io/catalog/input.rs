//! A catalogue file's bytes and text: decompressed, with its encoding understood.
//!
//! Text formats are parsed from one string in memory; a million rows are some hundred megabytes.
//! A gzip file that grows out of proportion is refused before it fills the memory.

use super::CatalogError;
use std::io::Read;
use std::path::Path;

/// A gzip file may always grow to this many bytes…
const GZIP_FREE_BYTES: u64 = 256 << 20;
/// …and beyond that by this factor: text catalogues compress 3 to 30 times.
const GZIP_MAX_RATIO: u64 = 200;

/// The file's content, gunzipped if it begins with the gzip magic (RFC 1952), whatever its name.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, CatalogError> {
    let raw = std::fs::read(path).map_err(|e| CatalogError::io(path, e))?;
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw);
    }
    let limit = GZIP_FREE_BYTES.max((raw.len() as u64).saturating_mul(GZIP_MAX_RATIO));
    let mut bytes = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(raw.as_slice()).take(limit);
    decoder.read_to_end(&mut bytes).map_err(|e| {
        CatalogError::malformed(
            path,
            format!("after {} decompressed bytes", bytes.len()),
            format!("the gzip data is damaged or cut off ({e}); fetch the file again"),
        )
    })?;
    if bytes.len() as u64 == limit {
        return Err(CatalogError::unsupported(
            path,
            format!("decompresses to more than {limit} bytes; unpack it first if it is really that big"),
        ));
    }
    Ok(bytes)
}

/// Text of unknown encoding as UTF-8, and a sentence if something had to be assumed.
///
/// UTF-8 with or without a byte order mark, UTF-16 with one, and otherwise Latin-1, in which
/// every byte is a character. A lone broken character at the very end is a cut-off file, not
/// another encoding, and is dropped.
pub(crate) fn text_from_bytes(mut bytes: Vec<u8>) -> (String, Option<String>) {
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    for (mark, unit) in [
        ([0xff, 0xfe], u16::from_le_bytes as fn([u8; 2]) -> u16),
        ([0xfe, 0xff], u16::from_be_bytes),
    ] {
        if bytes.starts_with(&mark) {
            let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
            let text = char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
            return (text, Some("the text is UTF-16".to_owned()));
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(broken) => {
            let at = broken.utf8_error();
            let mut bytes = broken.into_bytes();
            if at.error_len().is_none() {
                bytes.truncate(at.valid_up_to());
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return (
                    text,
                    Some("the file ends in the middle of a character".to_owned()),
                );
            }
            let text = bytes.iter().map(|&b| char::from(b)).collect();
            let note = format!(
                "byte {} is not UTF-8; the text was read as Latin-1",
                at.valid_up_to()
            );
            (text, Some(note))
        }
    }
}
