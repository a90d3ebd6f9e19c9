//! What lies at the paths a person gave: images, cutouts, catalogues, and what can't be used.

mod folder;
mod kind;

pub use kind::{FileKind, file_kind, packed};

use super::Skipped;
use super::bands::{band_name, is_auxiliary, stem};
use crate::io::fits::{FitsFile, HduKind, Header};
use crate::progress::Progress;
use crate::sky::wcs::Wcs;
pub use folder::below;
use folder::look_at_folder;
use std::path::{Path, PathBuf};

/// One image HDU found.
#[derive(Debug, Clone)]
pub struct FoundImage {
    /// Its file.
    pub path: PathBuf,
    /// HDU index, 0 = primary.
    pub hdu: usize,
    /// EXTNAME, if any.
    pub hdu_name: Option<String>,
    /// Number of planes (1 for an image, more for a cube).
    pub planes: usize,
    /// Pixels along x and y.
    pub shape: (usize, usize),
    /// The band, if something tells.
    pub band: Option<String>,
    /// Whether it is a weight, noise or mask map by its name.
    pub is_auxiliary: bool,
    /// Where it is on the sky, or why that isn't known.
    pub wcs: Result<Wcs, String>,
}

/// A folder of ready-made cutouts, or cutouts named one by one.
#[derive(Debug, Clone)]
pub struct FoundCutouts {
    /// The folder.
    pub root: PathBuf,
    /// Files relative to it, sorted, with `/` between folders.
    pub files: Vec<String>,
}

/// Everything found.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Images of the sky and their weight maps.
    pub images: Vec<FoundImage>,
    /// Ready-made cutouts.
    pub cutouts: Vec<FoundCutouts>,
    /// Catalogues: the file and, for FITS, the HDU of the first table.
    pub catalogs: Vec<(PathBuf, Option<usize>)>,
    /// What can't be used.
    pub skipped: Vec<Skipped>,
    /// Files that were named themselves, not found in a folder.
    pub named: Vec<PathBuf>,
}

/// What is said of a file that is none of what is read.
pub const NOT_READ: &str =
    "is not a FITS file, picture (PNG, JPEG, TIFF) or catalogue (FITS table, CSV, VOTable, Parquet)";

/// Looks at every path. `as_mosaics`: small images in folders are images of the sky to detect or
/// match on (the user gave a catalogue or asked for detection), not ready-made cutouts.
pub fn look(paths: &[PathBuf], as_mosaics: bool, progress: &dyn Progress) -> Inputs {
    let mut inputs = Inputs::default();
    for path in paths {
        if progress.cancelled() {
            break;
        }
        if path.is_dir() {
            look_at_folder(path, as_mosaics, progress, &mut inputs);
        } else {
            inputs.named.push(path.clone());
            look_at_file(path, &mut inputs);
        }
    }
    look_for_weights(&mut inputs);
    inputs
}

/// Takes up the weight map `NAME.weight.fits` (or `_weight`, `.wht`, `_wht`) beside an image that was
/// named alone.
fn look_for_weights(inputs: &mut Inputs) {
    let mut beside: Vec<PathBuf> = Vec::new();
    for image in inputs.images.iter().filter(|i| !i.is_auxiliary) {
        let folder = image.path.parent().unwrap_or(Path::new(""));
        let stem = stem(&image.path);
        for word in [".weight", "_weight", ".wht", "_wht"] {
            for ending in [".fits", ".fits.fz", ".fits.gz"] {
                beside.push(folder.join(format!("{stem}{word}{ending}")));
            }
        }
    }
    beside.retain(|path| path.is_file() && !inputs.images.iter().any(|i| i.path == *path));
    beside.dedup();
    for path in beside {
        let mut found = Inputs::default();
        look_at_fits(&path, &mut found);
        inputs
            .images
            .extend(found.images.into_iter().filter(|i| i.is_auxiliary));
        inputs.skipped.append(&mut found.skipped);
    }
}

fn look_at_file(path: &Path, inputs: &mut Inputs) {
    match file_kind(path) {
        Err(cause) => inputs
            .skipped
            .push(Skipped::new(path.display(), format!("can't be opened: {cause}"))),
        Ok(FileKind::Fits) => look_at_fits(path, inputs),
        Ok(FileKind::Catalog) => inputs.catalogs.push((path.to_owned(), None)),
        Ok(FileKind::Picture) => {
            let root = path.parent().map_or_else(PathBuf::new, Path::to_owned);
            let name = path
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            match inputs.cutouts.iter_mut().find(|c| c.root == root) {
                Some(known) => known.files.push(name),
                None => inputs.cutouts.push(FoundCutouts {
                    root,
                    files: vec![name],
                }),
            }
        }
        Ok(FileKind::Unknown) => inputs.skipped.push(Skipped::new(
            path.display(),
            packed(path).unwrap_or_else(|| NOT_READ.to_owned()),
        )),
    }
}

fn look_at_fits(path: &Path, inputs: &mut Inputs) {
    let file = match FitsFile::open(path) {
        Ok(file) => file,
        Err(e) => return inputs.skipped.push(Skipped::new(path.display(), e)),
    };
    let (images, table) = images_of(&file);
    for problem in file.problems() {
        inputs.skipped.push(Skipped::new(path.display(), problem));
    }
    if images.is_empty() && table.is_none() && file.problems().is_empty() {
        inputs.skipped.push(Skipped::new(
            path.display(),
            "holds no image of at least 2×2 pixels and no table",
        ));
    }
    // A table beside an image in one file describes the file more often than the sky.
    if images.is_empty()
        && let Some(hdu) = table
    {
        inputs.catalogs.push((path.to_owned(), Some(hdu)));
    }
    inputs.images.extend(images);
}

/// The images of a file, and its first table that has rows.
pub fn images_of(file: &FitsFile) -> (Vec<FoundImage>, Option<usize>) {
    let mut images = Vec::new();
    let mut table = None;
    let file_stem = stem(file.path());
    let primary: Option<&Header> = file.hdus().first().map(|h| &h.header);
    for hdu in file.hdus() {
        match &hdu.kind {
            HduKind::Image { shape, .. }
                if shape.len() >= 2 && shape[0] >= 2 && shape[1] >= 2 && hdu.planes() > 0 =>
            {
                let wcs = Wcs::from_header(&hdu.header).map_err(|e| e.to_string());
                let band = band_name(&hdu.header, hdu.name.as_deref(), &file_stem).or_else(|| {
                    primary
                        .filter(|_| hdu.index > 0)
                        .and_then(|p| band_name(p, None, &file_stem))
                });
                let is_auxiliary = is_auxiliary(&file_stem) || hdu.name.as_deref().is_some_and(is_auxiliary);
                images.push(FoundImage {
                    path: file.path().to_owned(),
                    hdu: hdu.index,
                    hdu_name: hdu.name.clone(),
                    planes: hdu.planes(),
                    shape: (shape[0], shape[1]),
                    band,
                    is_auxiliary,
                    wcs,
                });
            }
            HduKind::BinaryTable { rows, .. } | HduKind::AsciiTable { rows, .. } if *rows > 0 => {
                table = table.or(Some(hdu.index));
            }
            _ => {}
        }
    }
    (images, table)
}
