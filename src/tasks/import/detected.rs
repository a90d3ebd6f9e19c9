//! Objects of an image without a catalogue: the sources that stand out.

use super::file_name;
use super::mosaic::Mosaic;
use super::request::{FieldReport, ImportOptions};
use crate::io::fits::FitsFile;
use crate::progress::Progress;
use crate::project::{NewField, Object, ProjectError};
use crate::sky::coords;
use crate::sky::detect::{self, Noise};

/// Detects on the reference band, with the weight map where there is one.
pub(super) fn detect_on(
    mosaic: &Mosaic,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(NewField, FieldReport), ProjectError> {
    let (image, plane) = mosaic.reference();
    let wrong = |e: String| ProjectError::Ask(e);
    progress.begin(&format!("reading {}", mosaic.name()), None);
    let mut file = FitsFile::open(&image.path).map_err(|e| wrong(e.to_string()))?;
    let pixels = file
        .read_plane(image.hdu, *plane)
        .map_err(|e| wrong(e.to_string()))?;
    let weight = match &mosaic.weight {
        Some(w) => {
            let mut file = FitsFile::open(&w.path).map_err(|e| wrong(e.to_string()))?;
            Some(file.read_plane(w.hdu, 0).map_err(|e| wrong(e.to_string()))?)
        }
        None => None,
    };
    let noise = weight.as_ref().map_or(Noise::FromBackground, Noise::Weight);
    let settings = &options.detection;
    let found = detect::detect(&pixels, noise, settings, progress).map_err(|e| wrong(e.to_string()))?;
    if progress.cancelled() {
        return Err(ProjectError::Cancelled);
    }
    let objects: Vec<Object> = found
        .sources
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let radec = image.wcs.as_ref().ok().and_then(|w| w.icrs_from_pixel(s.x, s.y));
            Object {
                id: 0,
                field: 0,
                name: radec.map_or_else(
                    || format!("{}-{}", mosaic.stem(), i + 1),
                    |(ra, dec)| coords::position_name(ra, dec),
                ),
                x: Some(s.x),
                y: Some(s.y),
                ra_deg: radec.map(|p| p.0),
                dec_deg: radec.map(|p| p.1),
                file: None,
            }
        })
        .collect();
    let mut how = vec![format!(
        "{} detected above {} sigma with at least {} pixels{}",
        if objects.len() == 1 {
            "1 source".to_owned()
        } else {
            format!("{} sources", objects.len())
        },
        settings.threshold_sigma,
        settings.min_area_px,
        mosaic.weight.as_ref().map_or(String::new(), |w| format!(
            ", noise from the weight map {}",
            file_name(&w.path)
        ))
    )];
    how.extend(mosaic.remark());
    if mosaic.images.len() > 1 {
        how.push(format!(
            "detected on band {}",
            mosaic.band_names()[mosaic.images.len() / 2]
        ));
    }
    if let Err(why) = &image.wcs {
        how.push(format!("no sky positions: {why}"));
    }
    let field_report = FieldReport {
        name: mosaic.name(),
        bands: mosaic.band_names(),
        objects: objects.len(),
        how,
    };
    let columns = Some(detect::catalog_columns(&found.sources).map_err(|e| wrong(e.to_string()))?);
    Ok((
        NewField {
            field: mosaic.field(options)?,
            is_known: false,
            objects,
            columns,
        },
        field_report,
    ))
}
