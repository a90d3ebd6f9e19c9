//! Where every HDU lies in the file and what its header promises, checked before anything
//! believes it.
//!
//! The walk is this program's own: a hostile header must neither steer a C library nor a memory
//! allocation. Source: FITS Standard 4.0, sections 3 (structure), 4.4.1 (mandatory keywords),
//! 6 (random groups) and 7 (extensions).

use super::error::{Fault, FitsError, Trouble};
use super::file::{HduInfo, HduKind};
use super::groups;
use super::header::{CARD, Header};
use super::source::Source;
use super::tile_header::logical_header;
use super::tile_layout::TileLayout;
use std::path::Path;

/// FITS files consist of blocks of this many bytes.
pub(crate) const BLOCK: u64 = 2880;
/// No real header is longer (200 000 cards would be 16 MB).
const MAX_HEADER_BYTES: usize = 64 << 20;
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

enum HeaderBytes {
    /// The cards before END, and the length of the header with its padding in bytes.
    Header {
        cards: Vec<u8>,
        length: u64,
    },
    End,
    NotFits(String),
    Io(std::io::Error),
}

fn read_header(path: &Path, source: &mut Source, offset: u64, index: usize) -> Result<HeaderBytes, Trouble> {
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

/// The mandatory keywords, checked.
struct Facts {
    bitpix: i32,
    axes: Vec<u64>,
    data_bytes: u64,
    random_groups: bool,
}

impl Facts {
    fn read(header: &Header, index: usize) -> Result<Self, Trouble> {
        let bad = |cause: String| (Fault::Header, cause);
        let bitpix = match header.integer("BITPIX") {
            Some(b @ (8 | 16 | 32 | 64 | -32 | -64)) => b as i32,
            Some(b) => return Err(bad(format!("BITPIX = {b} does not exist"))),
            None => return Err(bad("it has no valid BITPIX".to_owned())),
        };
        let naxis = match header.integer("NAXIS") {
            Some(n @ 0..=999) => n as usize,
            Some(n) => return Err(bad(format!("NAXIS = {n} is outside 0..999"))),
            None => return Err(bad("it has no valid NAXIS".to_owned())),
        };
        let mut axes = Vec::with_capacity(naxis);
        for k in 1..=naxis {
            match header.integer(&format!("NAXIS{k}")) {
                Some(n) if n >= 0 => axes.push(n as u64),
                Some(n) => return Err(bad(format!("NAXIS{k} = {n} is negative"))),
                None => return Err(bad(format!("NAXIS{k} is missing or not a whole number"))),
            }
        }
        let random_groups = index == 0 && header.logical("GROUPS") == Some(true) && axes.first() == Some(&0);
        let non_negative = |keyword: &str, otherwise: u64| match header.get(keyword) {
            None => Ok(otherwise),
            Some(_) => match header.integer(keyword) {
                Some(n) if n >= 0 => Ok(n as u64),
                _ => Err(bad(format!("{keyword} is not a whole number from 0 up"))),
            },
        };
        let (pcount, gcount) = if index > 0 || random_groups {
            (non_negative("PCOUNT", 0)?, non_negative("GCOUNT", 1)?)
        } else {
            (0, 1)
        };
        let counted = if random_groups { &axes[1..] } else { &axes[..] };
        let elements = if axes.is_empty() {
            Some(0)
        } else {
            counted
                .iter()
                .try_fold(1_u64, |product, &n| product.checked_mul(n))
        };
        let data_bytes = elements
            .and_then(|n| n.checked_add(pcount))
            .and_then(|n| n.checked_mul(gcount))
            .and_then(|n| n.checked_mul(u64::from(bitpix.unsigned_abs() / 8)))
            .filter(|&n| n <= i64::MAX as u64)
            .ok_or_else(|| bad(format!("its axes {axes:?} multiply to an impossible size")))?;
        Ok(Self {
            bitpix,
            axes,
            data_bytes,
            random_groups,
        })
    }

    fn kind(&self, header: &Header, index: usize) -> HduKind {
        let extension = header.text("XTENSION").unwrap_or("").trim().to_ascii_uppercase();
        let size = |k: usize| {
            self.axes
                .get(k)
                .map_or(0, |&n| usize::try_from(n).unwrap_or(usize::MAX))
        };
        let columns = header
            .integer("TFIELDS")
            .filter(|n| (0..=999).contains(n))
            .unwrap_or(0) as usize;
        let is_table = self.axes.len() == 2 && self.bitpix == 8;
        match extension.as_str() {
            _ if self.random_groups => groups::kind(header, &self.axes, self.bitpix),
            "IMAGE" | "IUEIMAGE" | "" if index == 0 || !extension.is_empty() => {
                if self.axes.is_empty() {
                    HduKind::Empty
                } else {
                    HduKind::Image {
                        shape: (0..self.axes.len()).map(size).collect(),
                        bitpix: self.bitpix,
                        compression: None,
                    }
                }
            }
            "BINTABLE" | "A3DTABLE" if is_table => HduKind::BinaryTable {
                rows: size(1),
                columns,
            },
            "TABLE" if is_table => HduKind::AsciiTable {
                rows: size(1),
                columns,
            },
            other => HduKind::Other(other.to_owned()),
        }
    }
}
