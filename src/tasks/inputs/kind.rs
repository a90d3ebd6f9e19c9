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
pub fn file_kind(path: &Path) -> std::io::Result<FileKind> {
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
    Ok(kind_of(&start, path))
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
