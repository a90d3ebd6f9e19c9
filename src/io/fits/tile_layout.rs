//! How a compressed image is cut into tiles, and where the stream of each lies.
//!
//! Source: FITS Standard 4.0, section 10.1.

use super::columns::{self, Column};
use super::dither::{Dither, Quantized};
use super::error::{Fault, Trouble, corrupt};
use super::header::Header;
use super::layout::Placed;
use super::source::Source;
use super::tile_codec::{Method, Stream, Tile};

/// Above this many pixels a header is asked whether its data can hold them.
const RATIO_FROM_PIXELS: u64 = 16 << 20;
/// Pixels a stored byte can stand for: beyond what any of the methods reaches on real masks.
const MAX_PIXELS_PER_BYTE: u64 = 5000;
/// No tile has more pixels than this.
const MAX_TILE_PIXELS: u64 = 1 << 29;
/// How a compressed image is cut into tiles, and where their streams are.
#[derive(Debug)]
pub(crate) struct TileLayout {
    /// Axes of the image, NAXIS1 first.
    pub shape: Vec<usize>,
    /// Axes of a tile; the last one along an axis may be shorter.
    pub tile: Vec<usize>,
    /// ZBITPIX.
    pub bitpix: i32,
    /// ZCMPTYPE and its parameters.
    pub method: Method,
    row_bytes: usize,
    heap: u64,
    data_bytes: u64,
    compressed: Option<Column>,
    gzipped: Option<Column>,
    uncompressed: Option<Column>,
    scale: PerTile,
    zero: PerTile,
    blank: PerTile,
    dither: Dither,
    dither_offset: u64,
}

/// A number that a keyword or a column gives.
#[derive(Debug)]
enum PerTile {
    Absent,
    Keyword(f64),
    Column(Column),
}

impl PerTile {
    fn read(header: &Header, columns: &[Column], name: &str) -> Self {
        let named = |c: &&Column| c.name.eq_ignore_ascii_case(name) && c.repeat >= 1;
        match (columns.iter().find(named), header.real(name)) {
            (Some(column), _) => Self::Column(column.clone()),
            (None, Some(value)) => Self::Keyword(value),
            (None, None) => Self::Absent,
        }
    }

    fn value(&self, row: &[u8]) -> Option<f64> {
        match self {
            Self::Absent => None,
            Self::Keyword(value) => Some(*value),
            Self::Column(column) => {
                let field = row.get(column.offset..)?;
                match column.letter {
                    b'D' => field.first_chunk().map(|&b| f64::from_be_bytes(b)),
                    b'E' => field.first_chunk().map(|&b| f64::from(f32::from_be_bytes(b))),
                    b'K' => field.first_chunk().map(|&b| i64::from_be_bytes(b) as f64),
                    b'J' => field.first_chunk().map(|&b| f64::from(i32::from_be_bytes(b))),
                    b'I' => field.first_chunk().map(|&b| f64::from(i16::from_be_bytes(b))),
                    _ => None,
                }
            }
        }
    }
}

impl TileLayout {
    /// Reads and checks the keywords of the tiling.
    pub fn read(header: &Header, data_bytes: u64) -> Result<Self, Trouble> {
        let bad = |cause: String| (Fault::Header, cause);
        let bitpix = match header.integer("ZBITPIX") {
            Some(b @ (8 | 16 | 32 | 64 | -32 | -64)) => b as i32,
            other => return Err(bad(format!("ZBITPIX = {other:?} does not exist"))),
        };
        let naxis = match header.integer("ZNAXIS") {
            Some(n @ 1..=999) => n as usize,
            other => return Err(bad(format!("ZNAXIS = {other:?} is outside 1..999"))),
        };
        let mut shape = Vec::new();
        let mut tile = Vec::new();
        for k in 1..=naxis {
            let axis = header
                .integer(&format!("ZNAXIS{k}"))
                .and_then(|n| usize::try_from(n).ok())
                .ok_or_else(|| bad(format!("ZNAXIS{k} is missing or negative")))?;
            let size = match header.get(&format!("ZTILE{k}")) {
                None if k == 1 => axis,
                None => 1,
                Some(_) => header
                    .integer(&format!("ZTILE{k}"))
                    .and_then(|n| usize::try_from(n).ok())
                    .filter(|&n| n > 0)
                    .ok_or_else(|| bad(format!("ZTILE{k} is not a whole number from 1 up")))?,
            };
            shape.push(axis);
            tile.push(size.min(axis.max(1)));
        }
        let tile_pixels = tile.iter().try_fold(1_u64, |p, &n| p.checked_mul(n as u64));
        if tile_pixels.is_none_or(|n| n > MAX_TILE_PIXELS) {
            return Err((
                Fault::TooLarge,
                format!("its tiles of {tile:?} pixels are too large"),
            ));
        }
        let size = |keyword: &str| header.integer(keyword).and_then(|n| usize::try_from(n).ok());
        let row_bytes = size("NAXIS1").unwrap_or(0);
        let rows = size("NAXIS2").unwrap_or(0) as u64;
        if row_bytes > 1 << 20 {
            return Err(bad(format!(
                "its table rows of {row_bytes} bytes are too long for compressed tiles"
            )));
        }
        let tiles = shape
            .iter()
            .zip(&tile)
            .try_fold(1_u64, |p, (&n, &t)| p.checked_mul(n.div_ceil(t) as u64));
        if tiles.is_none_or(|n| n > rows) {
            return Err(bad(format!(
                "an image of {shape:?} in tiles of {tile:?} needs more than its {rows} table rows"
            )));
        }
        let columns = columns::read(header)?;
        let stream = |name: &str| {
            columns
                .iter()
                .find(|c| {
                    c.name.eq_ignore_ascii_case(name) && matches!(c.letter, b'P' | b'Q') && c.repeat == 1
                })
                .cloned()
        };
        let (compressed, gzipped, uncompressed) = (
            stream("COMPRESSED_DATA"),
            stream("GZIP_COMPRESSED_DATA"),
            stream("UNCOMPRESSED_DATA"),
        );
        if compressed.is_none() && gzipped.is_none() && uncompressed.is_none() {
            return Err(bad(
                "it has no column COMPRESSED_DATA of variable-length arrays".to_owned()
            ));
        }
        let default_heap = (row_bytes as u64).saturating_mul(rows);
        let heap = match header.integer("THEAP") {
            Some(n) if n > 0 => n as u64,
            _ => default_heap,
        };
        let blank = match PerTile::read(header, &columns, "ZBLANK") {
            PerTile::Absent => header
                .integer("BLANK")
                .map_or(PerTile::Absent, |b| PerTile::Keyword(b as f64)),
            found => found,
        };
        Ok(Self {
            method: Method::read(header)?,
            shape,
            tile,
            bitpix,
            row_bytes,
            heap,
            data_bytes,
            compressed,
            gzipped,
            uncompressed,
            scale: PerTile::read(header, &columns, "ZSCALE"),
            zero: PerTile::read(header, &columns, "ZZERO"),
            blank,
            dither: match header
                .text("ZQUANTIZ")
                .map(|q| q.trim().to_ascii_uppercase())
                .as_deref()
            {
                Some("SUBTRACTIVE_DITHER_1") => Dither::One,
                Some("SUBTRACTIVE_DITHER_2") => Dither::Two,
                _ => Dither::None,
            },
            dither_offset: header
                .integer("ZDITHER0")
                .and_then(|n| u64::try_from(n.checked_sub(1)?).ok())
                .unwrap_or(0),
        })
    }

    /// The stream of tile `number` and what is needed to decode it.
    pub fn fetch(
        &self,
        source: &mut Source,
        placed: &Placed,
        number: u64,
        pixels: usize,
    ) -> Result<Tile, Trouble> {
        let cut = |e: std::io::Error| (Fault::Truncated, format!("reading tile {number}: {e}"));
        check_ratio(pixels, placed)?;
        let row_start = number.saturating_mul(self.row_bytes as u64);
        let mut row = vec![0_u8; self.row_bytes];
        if row_start.saturating_add(self.row_bytes as u64) > placed.available {
            return Err((Fault::Truncated, format!("tile {number} is not in the file")));
        }
        source
            .read_at(placed.data_offset.saturating_add(row_start), &mut row)
            .map_err(cut)?;
        let kinds = [
            (&self.compressed, Stream::Compressed),
            (&self.gzipped, Stream::Gzipped),
            (&self.uncompressed, Stream::Raw),
        ];
        for (column, stream) in kinds {
            let Some(column) = column else { continue };
            let Some((length, offset)) = descriptor(&row, column) else {
                continue;
            };
            if length == 0 {
                continue;
            }
            let element = match column.array_letter {
                Some(b'I') => 2,
                Some(b'J' | b'E') => 4,
                Some(b'K' | b'D') => 8,
                _ => 1,
            };
            let start = self.heap.checked_add(offset);
            let bytes = length.checked_mul(element);
            let end = start.zip(bytes).and_then(|(s, b)| s.checked_add(b));
            let (Some(start), Some(bytes), Some(end)) = (start, bytes, end) else {
                return corrupt(format!("tile {number} points outside the file"));
            };
            if end > placed.available {
                let fault = if end > self.data_bytes {
                    Fault::Corrupt
                } else {
                    Fault::Truncated
                };
                return Err((fault, format!("the data of tile {number} are not in the file")));
            }
            let bytes = usize::try_from(bytes)
                .map_err(|_| (Fault::TooLarge, format!("tile {number} is too large")))?;
            let mut data = vec![0_u8; bytes];
            source
                .read_at(placed.data_offset.saturating_add(start), &mut data)
                .map_err(cut)?;
            let blank = self.blank.value(&row).map(|b| b as i64);
            let quantized = match (self.bitpix < 0, self.scale.value(&row)) {
                (true, Some(scale)) => Some(Quantized {
                    scale,
                    zero: self.zero.value(&row).unwrap_or(0.0),
                    blank,
                    dither: self.dither,
                    seed: number.wrapping_add(self.dither_offset),
                }),
                _ => None,
            };
            return Ok(Tile {
                number,
                stream,
                data,
                pixels,
                quantized,
                blank,
            });
        }
        corrupt(format!("tile {number} has no data"))
    }
}

/// Refuses pixels that the bytes in the file cannot stand for, before memory is asked for.
pub(crate) fn check_ratio(pixels: usize, placed: &Placed) -> Result<(), Trouble> {
    let pixels = pixels as u64;
    if pixels > RATIO_FROM_PIXELS && pixels / MAX_PIXELS_PER_BYTE > placed.available {
        return Err((
            Fault::TooLarge,
            format!("{pixels} pixels cannot come out of {} bytes", placed.available),
        ));
    }
    Ok(())
}

/// Length in elements and heap offset in bytes of a variable-length array.
fn descriptor(row: &[u8], column: &Column) -> Option<(u64, u64)> {
    let field = row.get(column.offset..column.offset.checked_add(column.bytes)?)?;
    let number = |part: &[u8]| part.iter().fold(0_u64, |n, &b| (n << 8) | u64::from(b));
    let (length, offset) = field.split_at(field.len() / 2);
    Some((number(length), number(offset)))
}
