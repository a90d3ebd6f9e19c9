//! BINARY and BINARY2 streams: rows of big-endian cells in base64 (sections 5.3 and 5.4).

use super::builder::{Column, Primitive, Size};
use crate::io::catalog::CatalogError;
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::path::Path;

/// Decodes base64 with white space anywhere and any padding.
pub(super) fn decode_base64(path: &Path, text: &str) -> Result<Vec<u8>, CatalogError> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    let dense: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    engine.decode(&dense).map_err(|e| {
        CatalogError::malformed(
            path,
            "STREAM",
            format!("the base64 is damaged ({e}); fetch the file again"),
        )
    })
}

/// Reads all rows into `columns`; with `masked` each row begins with one bit a column that says
/// whether its cell is missing (BINARY2). Returns the number of rows.
pub(super) fn read_rows(
    path: &Path,
    stream: &[u8],
    columns: &mut [Column],
    masked: bool,
) -> Result<usize, CatalogError> {
    let mut rest = stream;
    let mut row = 0usize;
    let mask_bytes = if masked { columns.len().div_ceil(8) } else { 0 };
    while !rest.is_empty() {
        let before = rest.len();
        let number = row + 1;
        let cut = |what: &str| {
            CatalogError::malformed(
                path,
                format!("row {number} (byte {} of the stream)", stream.len() - before),
                format!("the stream ends within {what}; fetch the file again"),
            )
        };
        let mask = take(&mut rest, mask_bytes).ok_or_else(|| cut("the null mask"))?;
        for (c, column) in columns.iter_mut().enumerate() {
            let count = match column.size {
                Size::Scalar => 1,
                Size::Fixed(n) => n,
                Size::Variable => {
                    let head = take(&mut rest, 4).ok_or_else(|| cut(&format!("column `{}`", column.name)))?;
                    let n = head.iter().fold(0u64, |n, &b| (n << 8) | u64::from(b));
                    usize::try_from(n).unwrap_or(usize::MAX)
                }
            };
            let bytes = match column.primitive {
                Primitive::Bit => count.div_ceil(8),
                p => count.saturating_mul(p.bytes()),
            };
            let cell = take(&mut rest, bytes).ok_or_else(|| cut(&format!("column `{}`", column.name)))?;
            let missing = mask.get(c / 8).is_some_and(|m| m & (0x80 >> (c % 8)) != 0);
            column.push_bytes((!missing).then_some(cell));
        }
        row += 1;
        if rest.len() == before {
            return Err(cut("a row of no bytes"));
        }
    }
    Ok(row)
}

fn take<'b>(rest: &mut &'b [u8], n: usize) -> Option<&'b [u8]> {
    let (head, tail) = rest.split_at_checked(n)?;
    *rest = tail;
    Some(head)
}
