//! Where every HDU lies in the file and what its header promises, checked before anything
//! believes it.
//!
//! The walk is this program's own: a hostile header must neither steer a C library nor a memory
//! allocation. Source: FITS Standard 4.0, sections 3 (structure), 4.4.1 (mandatory keywords),
//! 6 (random groups) and 7 (extensions).

mod facts;
mod header_bytes;

use super::error::{Fault, FitsError, Trouble};
use super::file::{HduInfo, HduKind};
use super::groups;
use super::header::Header;
use super::source::Source;
use super::tile_header::logical_header;
use super::tile_layout::TileLayout;
use facts::Facts;
use header_bytes::{HeaderBytes, read_header};
use std::path::Path;

/// FITS files consist of blocks of this many bytes.
pub(crate) const BLOCK: u64 = 2880;
/// A walk stops after this many HDUs.
const MAX_HDUS: usize = 100_000;

/// One HDU's place in the file.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The header as it stands in the file (for compressed images: the table's).
    pub header: Header,
    /// First byte of the data unit.
    pub data_offset: u64,
    /// Bytes of data the file really holds from there, at most what the header announces.
    pub available: u64,
    /// How the tiles of a compressed image lie.
    pub tiles: Option<TileLayout>,
}

/// What a walk through a file found.
pub(crate) struct Scan {
    pub hdus: Vec<HduInfo>,
    pub placed: Vec<Placed>,
    pub problems: Vec<FitsError>,
}

/// Walks through all HDUs.
///
/// # Errors
/// If not even the primary HDU can be understood. What goes wrong later is in `problems`.
pub(crate) fn scan(path: &Path, source: &mut Source) -> Result<Scan, FitsError> {
    let mut found = Scan {
        hdus: Vec::new(),
        placed: Vec::new(),
        problems: Vec::new(),
    };
    let mut offset = 0_u64;
    while offset < source.len {
        let index = found.hdus.len();
        let result = if index >= MAX_HDUS {
            Err((
                Fault::TooLarge,
                format!("more than {MAX_HDUS} HDUs; the rest is not read"),
            ))
        } else {
            read_header(path, source, offset, index)
        };
        let step = match result {
            Ok(HeaderBytes::End) => break,
            Ok(HeaderBytes::NotFits(cause)) => {
                return Err(FitsError::NotFits {
                    path: path.to_owned(),
                    cause,
                });
            }
            Ok(HeaderBytes::Io(e)) => return Err(FitsError::io(path, "read", e)),
            Ok(HeaderBytes::Header { cards, length }) => {
                place(&cards, offset.saturating_add(length), index, source.len)
            }
            Err(trouble) => Err(trouble),
        };
        match step {
            Ok(Step {
                info,
                placed,
                next,
                complaint,
            }) => {
                if let Some((fault, cause)) = complaint {
                    found.problems.push(FitsError::hdu(path, index, fault, cause));
                }
                found.hdus.push(info);
                found.placed.push(placed);
                offset = next;
            }
            Err((fault, cause)) => {
                let error = FitsError::hdu(path, index, fault, cause);
                if index == 0 {
                    return Err(error);
                }
                found.problems.push(error);
                break;
            }
        }
    }
    Ok(found)
}

struct Step {
    info: HduInfo,
    placed: Placed,
    next: u64,
    complaint: Option<Trouble>,
}

fn place(cards: &[u8], data_offset: u64, index: usize, file_len: u64) -> Result<Step, Trouble> {
    let header = Header::parse(cards);
    let facts = Facts::read(&header, index)?;
    let available = facts.data_bytes.min(file_len.saturating_sub(data_offset));
    let mut complaint = (available < facts.data_bytes).then(|| {
        (
            Fault::Truncated,
            format!(
                "its header announces {} bytes of data, the file holds {available}",
                facts.data_bytes
            ),
        )
    });
    let mut logical = None;
    let mut tiles = None;
    let mut kind = facts.kind(&header, index);
    if facts.random_groups && matches!(kind, HduKind::Image { .. }) {
        logical = Some(groups::logical_header(&header));
    }
    if matches!(kind, HduKind::BinaryTable { .. }) && header.logical("ZIMAGE") == Some(true) {
        match TileLayout::read(&header, facts.data_bytes) {
            Ok(layout) => {
                kind = HduKind::Image {
                    shape: layout.shape.clone(),
                    bitpix: layout.bitpix,
                    compression: Some(layout.method.name().to_owned()),
                };
                tiles = Some(layout);
                logical = Some(logical_header(&header));
            }
            Err(trouble) => {
                kind = HduKind::Other("tile-compressed image with a header that cannot be used".to_owned());
                complaint = complaint.or(Some(trouble));
            }
        }
    }
    let padded = facts
        .data_bytes
        .div_ceil(BLOCK)
        .checked_mul(BLOCK)
        .and_then(|n| n.checked_add(data_offset))
        .unwrap_or(u64::MAX);
    Ok(Step {
        info: HduInfo {
            index,
            name: header
                .text("EXTNAME")
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty()),
            version: header.integer("EXTVER"),
            kind,
            header: logical.unwrap_or_else(|| header.clone()),
        },
        placed: Placed {
            header,
            data_offset,
            available,
            tiles,
        },
        next: padded,
        complaint,
    })
}
