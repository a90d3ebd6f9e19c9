//! The endings of files to be written choose their format, and are looked at before any work.

use std::path::{Path, PathBuf};

/// What `cutouts` could be taken to be asked for, and isn't written.
const OTHER_FILES: &[&str] = &[
    "jpg", "jpeg", "tif", "tiff", "gif", "bmp", "webp", "svg", "pdf", "fits", "fit", "zip",
];

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension()
        .is_some_and(|e| endings.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// A PNG.
pub fn picture(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if ends_in(&path, &["png"]) {
        return Ok(path);
    }
    Err("end the picture's name in .png".into())
}

/// A PNG, or a folder.
pub fn picture_or_folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if ends_in(&path, OTHER_FILES) && !path.is_dir() {
        return Err("end a montage's name in .png, or name a folder for FITS and PNG files".into());
    }
    Ok(path)
}

/// A catalogue.
pub fn catalogue(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if ends_in(&path, &["fits", "fit", "csv", "vot", "votable", "xml", "parquet"]) {
        return Ok(path);
    }
    Err("end the name in .fits, .csv, .vot or .parquet to choose the format".into())
}

/// Vectors.
pub fn vectors(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_packed_csv = text.to_lowercase().ends_with(".csv.gz");
    if is_packed_csv || ends_in(&path, &["csv", "npz", "parquet"]) {
        return Ok(path);
    }
    Err("end the name in .csv, .npz or .parquet to choose the format".into())
}

/// A page for a browser.
pub fn page(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if ends_in(&path, &["html", "htm"]) {
        return Ok(path);
    }
    Err("end the page's name in .html".into())
}

/// A CSV file.
pub fn csv_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if ends_in(&path, &["csv"]) {
        return Ok(path);
    }
    Err("end the name in .csv".into())
}
