//! What kind of file it is, by its first bytes.

use std::io::Read;
use std::path::Path;

/// Kinds of files, by their first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// FITS, plain or compressed.
    Fits,
    /// PNG, JPEG or TIFF.
    Picture,
    /// CSV, VOTable, Parquet, ECSV.
    Catalog,
    /// Something else.
    Unknown,
}

/// Tells a file's kind by content, and by extension where the content could be anything (text).
///
/// # Errors
/// If it can't be opened. A pipe or a device is refused unopened: it could be waited for without end.
pub fn file_kind(path: &Path) -> std::io::Result<FileKind> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other(
            "it is a folder, pipe, socket or device: save what it gives as a file first",
        ));
    }
    let mut file = std::fs::File::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(4096).read_to_end(&mut start)?;
    if start.starts_with(&[0x1f, 0x8b]) {
        let mut inner = Vec::new();
        // A truncated stream gives what it can.
        let _ = flate2::read::MultiGzDecoder::new(start.as_slice())
            .take(80)
            .read_to_end(&mut inner);
        return Ok(kind_of(&inner, path));
    }
    // compress (.Z): the reader of FITS unpacks it, and says so where something else is inside.
    if start.starts_with(&[0x1f, 0x9d]) {
        return Ok(FileKind::Fits);
    }
    Ok(kind_of(&start, path))
}

/// Why a file of unknown kind can't be used, where that can be told: how it is packed, and what to do.
pub fn packed(path: &Path) -> Option<String> {
    let mut start = [0; 6];
    let mut file = std::fs::File::open(path).ok()?;
    file.read_exact(&mut start).ok()?;
    let (what, tool) = [
        (&b"BZh"[..], "bzip2", "bunzip2 -k"),
        (b"\xfd7zXZ", "xz", "unxz -k"),
        (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
        (b"PK\x03\x04", "zip", "unzip"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip", "7z x"),
        (b"\x1f\x1e", "pack", "gunzip -k"),
        (b"\x1f\xa0", "LZH", "gunzip -k"),
    ]
    .into_iter()
    .find(|(magic, ..)| start.starts_with(magic))
    .map(|(_, what, tool)| (what, tool))?;
    let name = path.file_name()?.to_string_lossy();
    Some(format!(
        "is compressed with {what}, which is not read here: unpack it first (`{tool} '{name}'`); gzip, compress and FITS tiles (.gz, .Z, .fz) are read as they are"
    ))
}

fn kind_of(start: &[u8], path: &Path) -> FileKind {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let name = name.trim_end_matches(".gz");
    if start.starts_with(b"SIMPLE  =") || start.starts_with(b"SIMPLE =") {
        return FileKind::Fits;
    }
    let is_picture = start.starts_with(b"\x89PNG")
        || start.starts_with(b"\xff\xd8\xff")
        || start.starts_with(b"II*\0")
        || start.starts_with(b"MM\0*");
    if is_picture {
        return FileKind::Picture;
    }
    if start.starts_with(b"PAR1") {
        return FileKind::Catalog;
    }
    let ends = |endings: &[&str]| endings.iter().any(|e| name.ends_with(e));
    if ends(&[
        ".csv", ".tsv", ".ecsv", ".vot", ".votable", ".xml", ".parquet", ".cat", ".tbl", ".txt", ".dat",
    ]) {
        return FileKind::Catalog;
    }
    // Broken ones are opened all the same, to say what is wrong with them.
    if ends(&[".fits", ".fit", ".fts", ".fits.fz", ".fz"]) {
        return FileKind::Fits;
    }
    if ends(&[".png", ".jpg", ".jpeg", ".tif", ".tiff"]) {
        return FileKind::Picture;
    }
    FileKind::Unknown
}
