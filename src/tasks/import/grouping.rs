//! Which images belong together: bands of one sky, planes of a cube, a weight map and its image.

use super::mosaic::Mosaic;
use super::request::ImportReport;
use crate::sky::coords;
use crate::tasks::inputs::{FoundImage, Inputs};
use crate::tasks::{Skipped, bands};
use std::path::PathBuf;

/// Cubes of up to this many planes are taken as bands; more are a spectrum.
const MOST_BANDS: usize = 8;

/// Puts images of one sky together: weight maps with their image, cubes as bands by plane, and
/// images of different bands that cover the same sky (or, without WCS, have the same shape).
pub(super) fn group(inputs: &mut Inputs, plane: Option<usize>, report: &mut ImportReport) -> Vec<Mosaic> {
    let (mut auxiliary, mut images): (Vec<FoundImage>, Vec<FoundImage>) = std::mem::take(&mut inputs.images)
        .into_iter()
        .partition(|i| i.is_auxiliary);
    // A file that was named alone is what is wanted, whatever it is called.
    let is_alone = images.is_empty() && inputs.named.len() == 1;
    let are_taken = is_alone && !auxiliary.is_empty() && auxiliary.iter().all(|i| inputs.named[0] == i.path);
    if are_taken {
        images.append(&mut auxiliary);
    }
    let mut mosaics: Vec<Mosaic> = Vec::new();
    for image in images {
        let label = format!("{} HDU {}", image.path.display(), image.hdu);
        let planes: Vec<usize> = match plane {
            Some(p) if p < image.planes => vec![p],
            Some(p) if image.planes > 1 => {
                report.skipped.push(Skipped::new(
                    label,
                    format!("has no plane {p}: planes run from 0 to {}", image.planes - 1),
                ));
                continue;
            }
            _ if image.planes > MOST_BANDS => {
                let n = image.planes;
                report.skipped.push(Skipped::new(
                    label,
                    format!("is a cube of {n} planes: choose one with --plane 0…{}", n - 1),
                ));
                continue;
            }
            _ => (0..image.planes).collect(),
        };
        let home = mosaics
            .iter_mut()
            .find(|m| planes.len() == 1 && is_same_sky(m, &image));
        let images = planes.into_iter().map(|p| (image.clone(), p));
        match home {
            Some(mosaic) => mosaic.images.extend(images),
            None => mosaics.push(Mosaic {
                images: images.collect(),
                weight: None,
                is_one_of_several: false,
                known: None,
                is_called_auxiliary: are_taken,
            }),
        }
    }
    for mosaic in &mut mosaics {
        // A stable sort: bands nobody knows stay as given, behind the known ones.
        mosaic.images.sort_by(|a, b| {
            let nm = |i: &FoundImage| {
                i.band
                    .as_deref()
                    .and_then(bands::wavelength_nm)
                    .unwrap_or(f64::INFINITY)
            };
            nm(&a.0).total_cmp(&nm(&b.0))
        });
    }
    let files: Vec<PathBuf> = mosaics.iter().map(|m| m.reference().0.path.clone()).collect();
    for (mosaic, file) in mosaics.iter_mut().zip(&files) {
        mosaic.is_one_of_several = files.iter().filter(|f| *f == file).count() > 1;
    }
    for weight in auxiliary {
        let home = mosaics
            .iter_mut()
            .find(|m| m.images.iter().any(|(i, _)| is_weight_of(&weight, i)));
        match home {
            Some(mosaic) => {
                let stem = bands::stem(&weight.path).to_lowercase();
                let name = weight.hdu_name.clone().unwrap_or_default().to_lowercase();
                let is_weight = ["wht", "weight", "ivar", "invvar"]
                    .iter()
                    .any(|w| stem.contains(w) || name.contains(w));
                // Masks and noise maps are recognised so as not to be searched for objects.
                if is_weight && mosaic.weight.is_none() && is_weight_of(&weight, &mosaic.reference().0) {
                    mosaic.weight = Some(weight);
                }
            }
            None => report.skipped.push(Skipped::new(
                format!("{} HDU {}", weight.path.display(), weight.hdu),
                "looks like a weight or mask by its name, and there is no image of its shape beside it",
            )),
        }
    }
    mosaics
}

fn is_weight_of(weight: &FoundImage, image: &FoundImage) -> bool {
    if weight.shape != image.shape {
        return false;
    }
    let (w, i) = (bands::stem(&weight.path), bands::stem(&image.path));
    weight.path == image.path
        || w.starts_with(&i)
        || i.starts_with(w.split(['.', '_', '-']).next().unwrap_or(&w))
}

fn is_same_sky(mosaic: &Mosaic, image: &FoundImage) -> bool {
    let new_band = image.band.as_ref();
    let is_other_band = mosaic
        .images
        .iter()
        .all(|(i, _)| i.planes == 1 && i.band.as_ref().is_some_and(|b| Some(b) != new_band));
    if new_band.is_none() || !is_other_band {
        return false;
    }
    let first = &mosaic.images[0].0;
    match (&first.wcs, &image.wcs) {
        (Ok(a), Ok(b)) => {
            let middle = |i: &FoundImage, w: &crate::sky::wcs::Wcs| {
                w.icrs_from_pixel((i.shape.0 as f64 - 1.0) / 2.0, (i.shape.1 as f64 - 1.0) / 2.0)
            };
            let side = |i: &FoundImage, w: &crate::sky::wcs::Wcs| {
                i.shape.0.min(i.shape.1) as f64 * w.pixel_scale_arcsec()
            };
            let (Some(p), Some(q)) = (middle(first, a), middle(image, b)) else {
                return false;
            };
            let (s, t) = (side(first, a), side(image, b));
            // Bands of a survey are dithered a little; neighbouring tiles are a whole side apart.
            coords::separation_arcsec(p, q) < 0.35 * s.min(t) && s.max(t) < 2.0 * s.min(t)
        }
        (Err(_), Err(_)) => first.shape == image.shape,
        _ => false,
    }
}
