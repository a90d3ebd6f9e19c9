//! What dropped files hold, found out by jobs: first a glimpse of an image, at once, then everything
//! that an import would do.

use crate::display::pyramid::{BandPath, Reader};
use crate::display::render;
use crate::io::raster::Origin;
use crate::progress::{Progress, Silent};
use crate::project::{FieldKind, Project, ProjectError};
use crate::sky::cutout::{Cutout, CutoutFlags};
use crate::tasks::import::{ImportOptions, Preview, preview};
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
    Ok(Understood {
        options,
        preview,
        picture,
    })
}

/// The first field as a small picture: a mosaic's reference band, or a folder's first cutout.
fn first_picture(preview: &Preview) -> Result<Glimpse, String> {
    let field = preview.fields.first().ok_or("nothing to draw")?;
    let look = crate::display::StretchRecipe::default();
    if field.kind == FieldKind::Folder {
        let first = std::fs::read_dir(&field.root)
            .map_err(|e| e.to_string())?
            .filter_map(Result::ok)
            .map(|e| e.path())
            .filter(|p| p.is_file())
            .min()
            .ok_or("the folder is empty")?;
        let cutout = crate::tasks::images::read_cutout(&first)?;
        return Ok((
            super::thumbs::draw(&cutout, &look, PREVIEW_PX),
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
    Ok((image, format!("{}, band {}", field.name, band.name)))
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
