//! The zip archive around a PyTorch checkpoint: which entries it has and where their bytes lie.
//!
//! PyTorch only stores entries; numpy's `npz`, read by the same directory, may deflate them. Source: PKWARE's
//! APPNOTE 6.3.10, §4.3 (records) and §4.5.3 (the 64-bit extra field).

use super::bytes_at;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

/// Longest directory that is read; a thousand entries need about 100 kB.
const DIRECTORY_BYTES_LIMIT: u64 = 64 << 20;
/// The record at the end without its comment, and the most it can be away from the end.
const END_BYTES: u64 = 22;
const COMMENT_BYTES: u64 = 65_535;

struct Entry {
    method: u16,
    /// Bytes once unpacked, and as they lie there.
    len: u64,
    packed: u64,
    header: u64,
}

/// The directory of an archive.
pub(crate) struct Archive {
    file_len: u64,
    entries: BTreeMap<String, Entry>,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

const DAMAGED: &str = "is a zip archive that is cut short or damaged; fetch it again";

impl Archive {
    /// Reads the directory of `file`.
    pub fn open(file: &mut File, file_len: u64) -> Result<Self, String> {
        let (offset, len) = directory_place(file, file_len).ok_or(DAMAGED)?;
        let fits = offset.checked_add(len).is_some_and(|end| end <= file_len);
        if !fits || len > DIRECTORY_BYTES_LIMIT {
            return Err(DAMAGED.into());
        }
        let bytes = bytes_at(file, offset, len)?;
        let mut entries = BTreeMap::new();
        let mut at = 0;
        while at < bytes.len() {
            let (name, entry, next) = entry_at(&bytes, at).ok_or(DAMAGED)?;
            entries.insert(name, entry);
            at = next;
        }
        Ok(Self { file_len, entries })
    }

    /// Every entry's name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    fn entry(&self, name: &str) -> Result<&Entry, String> {
        let entry = self.entries.get(name);
        entry.ok_or_else(|| format!("misses '{name}': cut short or damaged; fetch it again"))
    }

    /// The bytes of the entry `name`, which may be stored or deflated.
    pub fn unpacked(&self, file: &mut File, name: &str) -> Result<Vec<u8>, String> {
        let entry = self.entry(name)?;
        let start = self.start_of(file, entry, entry.packed)?;
        let bytes = bytes_at(file, start, entry.packed)?;
        match entry.method {
            0 => Ok(bytes),
            8 => {
                // Grows with what is there, and no further than was said.
                let mut out = Vec::new();
                let inside = flate2::read::DeflateDecoder::new(bytes.as_slice());
                inside
                    .take(entry.len)
                    .read_to_end(&mut out)
                    .map_err(|_| DAMAGED)?;
                Ok(out)
            }
            other => Err(format!(
                "has '{name}' packed in a way that isn't read (method {other})"
            )),
        }
    }

    /// First byte of an entry that takes `len` bytes of the file.
    fn start_of(&self, file: &mut File, entry: &Entry, len: u64) -> Result<u64, String> {
        let header = bytes_at(file, entry.header, 30)?;
        let start = || {
            (header.starts_with(b"PK\x03\x04")).then_some(())?;
            let names = u64::from(u16_at(&header, 26)?) + u64::from(u16_at(&header, 28)?);
            let start = entry.header.checked_add(30 + names)?;
            (start.checked_add(len)? <= self.file_len).then_some(start)
        };
        Ok(start().ok_or(DAMAGED)?)
    }

    /// First byte and length of the entry `name`, within the file.
    pub fn stored(&self, file: &mut File, name: &str) -> Result<(u64, u64), String> {
        let entry = self.entry(name)?;
        if entry.method != 0 {
            return Err(format!(
                "has '{name}' compressed, which PyTorch never does: unpack and save it again"
            ));
        }
        Ok((self.start_of(file, entry, entry.len)?, entry.len))
    }
}

/// First byte and length of the directory.
fn directory_place(file: &mut File, file_len: u64) -> Option<(u64, u64)> {
    let tail_len = file_len.min(END_BYTES + COMMENT_BYTES);
    let tail = bytes_at(file, file_len - tail_len, tail_len).ok()?;
    let end = tail.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let (len, offset) = (u32_at(&tail, end + 12)?, u32_at(&tail, end + 16)?);
    if offset != u64::from(u32::MAX) && u16_at(&tail, end + 10)? != u16::MAX {
        return Some((offset, len));
    }
    // A 64-bit archive: a locator stands right before, and names the place of the true record.
    let locator = end.checked_sub(20)?;
    tail.get(locator..)?.starts_with(b"PK\x06\x07").then_some(())?;
    let record = bytes_at(file, u64_at(&tail, locator + 8)?, 56).ok()?;
    record.starts_with(b"PK\x06\x06").then_some(())?;
    Some((u64_at(&record, 48)?, u64_at(&record, 40)?))
}

/// The entry at `at` of the directory, and where the next begins.
fn entry_at(bytes: &[u8], at: usize) -> Option<(String, Entry, usize)> {
    bytes.get(at..)?.starts_with(b"PK\x01\x02").then_some(())?;
    let method = u16_at(bytes, at + 10)?;
    let (mut len, mut header) = (u32_at(bytes, at + 24)?, u32_at(bytes, at + 42)?);
    let mut packed = u32_at(bytes, at + 20)?;
    let name_len = usize::from(u16_at(bytes, at + 28)?);
    let extra_len = usize::from(u16_at(bytes, at + 30)?);
    let comment_len = usize::from(u16_at(bytes, at + 32)?);
    let name = bytes.get(at + 46..at + 46 + name_len)?;
    let extra = bytes.get(at + 46 + name_len..at + 46 + name_len + extra_len)?;
    let mut field = 0;
    while let (Some(kind), Some(size)) = (u16_at(extra, field), u16_at(extra, field + 2)) {
        let body = extra.get(field + 4..field + 4 + usize::from(size))?;
        if kind == 1 {
            // Only those that don't fit in 32 bits are there, in this order.
            let mut next = 0;
            let limit = u64::from(u32::MAX);
            let mut take = |value: u64| {
                if value != limit {
                    return Some(value);
                }
                let wide = u64_at(body, next);
                next += 8;
                wide
            };
            len = take(len)?;
            packed = take(packed)?;
            header = take(header)?;
        }
        field += 4 + usize::from(size);
    }
    let next = at + 46 + name_len + extra_len + comment_len;
    let entry = Entry {
        method,
        len,
        packed,
        header,
    };
    Some((String::from_utf8_lossy(name).into_owned(), entry, next))
}
