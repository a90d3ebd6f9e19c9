//! Images of one sky as one field: how it is called, which band leads, what the project keeps of it.

use super::file_name;
use super::request::{DEFAULT_SIZE, ImportOptions, ImportReport};
use crate::io::fits::FitsFile;
use crate::io::paths::whole_path;
use crate::project::fingerprint::fingerprint;
use crate::project::{Band, Field, FieldKind, Project, ProjectError, objects};
use crate::sky::cutout::CutoutSize;
use crate::tasks::inputs::{FoundImage, images_of};
use crate::tasks::{Skipped, bands};
use std::path::PathBuf;

/// No cutout is wider.
const LARGEST_CUTOUT_PX: f64 = 8192.0;

/// Images of one sky.
pub(super) struct Mosaic {
    pub(super) images: Vec<(FoundImage, usize)>,
    pub(super) weight: Option<FoundImage>,
    /// Whether its file holds other images of the sky too, so that its name must say the HDU.
    pub(super) is_one_of_several: bool,
    /// The field that the project has of it, and where its objects are, zero-based pixels.
    pub(super) known: Option<(Field, Vec<(f64, f64)>)>,
    /// Whether it is called like a weight, mask or point spread function, and taken all the same.
    pub(super) is_called_auxiliary: bool,
}

impl Mosaic {
    pub(super) fn name(&self) -> String {
        if let Some((field, _)) = &self.known {
            return field.name.clone();
        }
        let image = &self.reference().0;
        let file = file_name(&image.path);
        if self.is_one_of_several {
            format!("{file} HDU {}", image.hdu)
        } else {
            file
        }
    }

    /// Refuses a size that makes no sense on this image, before an hour is spent on it.
    fn check_size(&self, options: &ImportOptions) -> Result<(), ProjectError> {
        let image = &self.reference().0;
        let scale = image.wcs.as_ref().map(crate::sky::wcs::Wcs::pixel_scale_arcsec);
        let side_px = match (options.size, scale) {
            (Some(CutoutSize::Pixels(px)), _) => px,
            (Some(CutoutSize::Arcsec(arcsec)), Ok(scale)) if scale > 0.0 => arcsec / scale,
            (Some(CutoutSize::Arcsec(_)), _) => {
                return Err(ProjectError::Ask(format!(
                    "{}: without a WCS a size on the sky means nothing: give --size in px",
                    self.place()
                )));
            }
            (None, _) => return Ok(()),
        };
        let longest = image.shape.0.max(image.shape.1) as f64;
        if side_px < 2.0 || side_px > LARGEST_CUTOUT_PX.min((4.0 * longest).max(512.0)) {
            return Err(ProjectError::Ask(format!(
                "{}: a cutout would be {side_px:.4} pixels wide, on an image of {}×{}: choose another --size",
                self.place(),
                image.shape.0,
                image.shape.1
            )));
        }
        Ok(())
    }

    /// File and HDU, for messages.
    pub(super) fn place(&self) -> String {
        let image = &self.reference().0;
        format!("{} HDU {}", image.path.display(), image.hdu)
    }

    /// What its objects are called where nothing else names them.
    pub(super) fn stem(&self) -> String {
        let image = &self.reference().0;
        let stem = bands::stem(&image.path);
        if self.is_one_of_several {
            format!("{stem}-hdu{}", image.hdu)
        } else {
            stem
        }
    }

    /// The middle band: usually the deepest, and the one whose pixels positions are given in.
    pub(super) fn reference(&self) -> &(FoundImage, usize) {
        &self.images[self.images.len() / 2]
    }

    /// What is to be said about its name.
    pub(super) fn remark(&self) -> Option<String> {
        self.is_called_auxiliary.then(|| {
            "called like a weight map, mask or point spread function, and taken as an image since it was named alone"
                .to_owned()
        })
    }

    pub(super) fn band_names(&self) -> Vec<String> {
        if let Some((field, _)) = &self.known {
            return field.bands.iter().map(|b| b.name.clone()).collect();
        }
        self.images
            .iter()
            .enumerate()
            .map(|(i, (image, plane))| match &image.band {
                Some(band) if image.planes == 1 => band.clone(),
                _ if image.planes > 1 => format!("plane{plane}"),
                _ => format!("band{}", i + 1),
            })
            .collect()
    }

    pub(super) fn field(&self, options: &ImportOptions) -> Result<Field, ProjectError> {
        if let Some((field, _)) = &self.known {
            return Ok(field.clone());
        }
        let mut bands = Vec::new();
        for ((image, plane), name) in self.images.iter().zip(self.band_names()) {
            let cause = |cause| ProjectError::Io {
                path: image.path.display().to_string(),
                cause,
            };
            bands.push(Band {
                name,
                path: whole_path(&image.path),
                hdu: image.hdu,
                plane: *plane,
                fingerprint: fingerprint(&image.path).map_err(cause)?,
            });
        }
        let root = self
            .reference()
            .0
            .path
            .parent()
            .map_or_else(PathBuf::new, whole_path);
        let size = Some(options.size.unwrap_or(DEFAULT_SIZE));
        if options.size.is_some() {
            self.check_size(options)?;
        }
        Ok(Field {
            id: 0,
            kind: FieldKind::Mosaic,
            name: self.name(),
            root,
            size,
            crop: 1.0,
            bands,
        })
    }
}

/// The mosaics that a project has; one whose images can't be read is left out with the reason.
pub(super) fn of_project(
    project: &Project,
    fields: &[Field],
    report: &mut ImportReport,
) -> Result<Vec<Mosaic>, ProjectError> {
    let mut mosaics = Vec::new();
    let objects = objects::all(project.store())?;
    for field in fields
        .iter()
        .filter(|f| f.kind == FieldKind::Mosaic && !f.bands.is_empty())
    {
        match images_of_field(field) {
            Ok(images) => {
                let here = objects.iter().filter(|o| o.field == field.id);
                let places = here.filter_map(|o| o.x.zip(o.y)).collect();
                mosaics.push(Mosaic {
                    images,
                    weight: None,
                    is_one_of_several: false,
                    is_called_auxiliary: false,
                    known: Some((field.clone(), places)),
                });
            }
            Err(why) => report.skipped.push(Skipped::new(&field.name, why)),
        }
    }
    Ok(mosaics)
}

fn images_of_field(field: &Field) -> Result<Vec<(FoundImage, usize)>, String> {
    let image = |band: &Band| {
        let file = FitsFile::open(&band.path).map_err(|e| e.to_string())?;
        let found = images_of(&file).0.into_iter().find(|i| i.hdu == band.hdu);
        let found = found.ok_or_else(|| format!("{} HDU {}: is no image", band.path.display(), band.hdu))?;
        Ok((found, band.plane))
    };
    field.bands.iter().map(image).collect()
}
