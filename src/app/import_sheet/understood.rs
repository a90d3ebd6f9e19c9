//! What jobs understand of files before they are imported: first a glimpse of an image, at once, then
//! fields, columns, and everything else that an import would do.

use crate::app::mind::capitalised;
use crate::display::pyramid::{BandPath, Reader};
use crate::display::render;
use crate::io::raster::Origin;
use crate::progress::{Progress, Silent};
use crate::project::{FieldKind, Project, ProjectError};
use crate::sky::cutout::{Cutout, CutoutFlags};
use crate::sky::wcs::Wcs;
use crate::tasks::import::{ImportOptions, Preview, preview};
use crate::tasks::info::{Info, header, info};
use crate::tasks::inputs::look;
use egui::ColorImage;
use std::path::{Path, PathBuf};

/// Side of the preview, pixels.
const PREVIEW_PX: usize = 640;

/// A small picture and what it shows.
pub type Glimpse = (ColorImage, String);

/// What a job understood of the inputs.
pub struct Understood {
    /// The options it was understood by.
    pub options: ImportOptions,
    /// Fields, catalogues, skipped inputs; or why nothing can be imported.
    pub preview: Result<Preview, String>,
    /// Size, kind and place of the first field's image; empty for a folder.
    pub facts: String,
    /// Side of a pixel of that image, arcseconds.
    pub pixel_arcsec: Option<f64>,
    /// The first field, small, and what it shows.
    pub picture: Option<Glimpse>,
}

/// Goes through an import without writing, and draws its first field.
pub fn understand(
    root: &Path,
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<Understood, ProjectError> {
    let preview = match preview(root, &options, progress) {
        Ok(preview) => Ok(preview),
        Err(ProjectError::Cancelled) => return Err(ProjectError::Cancelled),
        Err(why) => Err(why.to_string()),
    };
    let picture = preview.as_ref().ok().and_then(|p| first_picture(p).ok());
    let (facts, pixel_arcsec) = preview.as_ref().ok().and_then(first_facts).unwrap_or_default();
    Ok(Understood {
        options,
        preview,
        facts,
        pixel_arcsec,
        picture,
    })
}

/// What the first field's image is, in words, and the side of its pixels.
fn first_facts(preview: &Preview) -> Option<(String, Option<f64>)> {
    let field = preview.fields.first()?;
    let band = field.bands.get(field.reference())?;
    let Ok(Info::Fits(hdus, _)) = info(&band.path, &Silent) else {
        return None;
    };
    let hdu = hdus.into_iter().find(|h| h.index == band.hdu)?;
    let header = header(&band.path, band.hdu).ok()?;
    let wcs = Wcs::from_header(&header).ok();
    let facts = if hdu.sky.is_empty() {
        hdu.what
    } else {
        format!("{}, {}", hdu.what, hdu.sky)
    };
    Some((capitalised(&facts), wcs.map(|w| w.pixel_scale_arcsec())))
}

/// The first field as a small picture: a mosaic's reference band, or a folder's first cutout.
fn first_picture(preview: &Preview) -> Result<Glimpse, String> {
    let field = preview.fields.first().ok_or("nothing to draw")?;
    let look = crate::display::StretchRecipe::default();
    if field.kind == FieldKind::Folder {
        // Beside the cutouts may stand a catalogue, and the cutouts may stand in folders of their own.
        let (first, cutout) = files_below(&field.root)
            .into_iter()
            .find_map(|p| crate::tasks::images::read_cutout(&p).ok().map(|c| (p, c)))
            .ok_or("no file here can be drawn")?;
        return Ok((
            crate::app::thumbs::draw(&cutout, &look, PREVIEW_PX),
            first
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        ));
    }
    let band = field
        .bands
        .get(field.reference())
        .ok_or("the field has no band")?;
    let image = draw_image(&BandPath {
        name: band.name.clone(),
        path: band.path.clone(),
        hdu: band.hdu,
        plane: band.plane,
    })?;
    let caption = if field.bands.len() > 1 {
        format!("{}, band {}", field.name, band.name)
    } else {
        field.name.clone()
    };
    Ok((image, caption))
}

/// The first image among these paths as a small picture, before anything else is known of them: a
/// mosaic is looked at while it is being understood.
///
/// # Errors
/// In words for a person, where there is no image or it can't be read.
pub fn glimpse(paths: &[PathBuf]) -> Result<Glimpse, String> {
    for path in paths {
        let found = look(std::slice::from_ref(path), false, &Silent);
        if let Some(image) = found.images.iter().find(|i| !i.is_auxiliary) {
            let name = image
                .path
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            let (width, height) = image.shape;
            let picture = draw_image(&BandPath {
                name: name.clone(),
                path: image.path.clone(),
                hdu: image.hdu,
                plane: 0,
            })?;
            return Ok((picture, format!("{name}, {width} × {height} pixels")));
        }
    }
    Err("there is no image".into())
}

/// One image of a file at most [`PREVIEW_PX`] a side, from as few of its rows.
fn draw_image(band: &BandPath) -> Result<ColorImage, String> {
    let mut reader = Reader::default();
    let file = reader.open(band)?;
    let (small, _) = reader.overview(&file, PREVIEW_PX)?;
    let small = Cutout {
        bands: vec![small],
        band_names: vec![band.name.clone()],
        origin: Origin::BottomLeft,
        is_picture: false,
        pixel_scale_arcsec: None,
        flags: CutoutFlags(0),
    };
    let picture = render(&small, &crate::display::StretchRecipe::default());
    Ok(ColorImage::from_rgb(
        [picture.width, picture.height],
        &picture.pixels,
    ))
}

/// The first files of a folder, by name, and those of the first folders in it.
fn files_below(root: &Path) -> Vec<PathBuf> {
    const MOST: usize = 8;
    let entries = |folder: &Path| {
        let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(|e| e.path())
            .collect();
        found.sort();
        found
    };
    let (folders, mut files): (Vec<_>, Vec<_>) = entries(root).into_iter().partition(|p| p.is_dir());
    files.truncate(MOST);
    for folder in folders.iter().take(MOST) {
        files.extend(entries(folder).into_iter().filter(|p| p.is_file()).take(MOST));
    }
    files
}

/// Where files go that are opened while no project is: a folder beside the first of them.
pub fn project_beside(paths: &[PathBuf]) -> PathBuf {
    let first = paths.first().map_or(Path::new("survey"), PathBuf::as_path);
    let name = first
        .file_name()
        .map_or_else(|| "survey".into(), |n| n.to_string_lossy().into_owned());
    let stem = name
        .split('.')
        .next()
        .filter(|s| !s.is_empty())
        .unwrap_or("survey")
        .to_owned();
    let folder = first.parent().map_or_else(PathBuf::new, Path::to_owned);
    let wanted = folder.join(format!("{stem}.astrolabel"));
    // Another file's project of that name is not added to by accident.
    (2..100)
        .map(|n| folder.join(format!("{stem}-{n}.astrolabel")))
        .fold(wanted.clone(), |found, next| {
            if found.exists() && !Project::is_project(&found) {
                next
            } else {
                found
            }
        })
}
