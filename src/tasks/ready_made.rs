//! Ready-made cutouts: pictures and FITS files that are one object each.

use super::inputs::FoundImage;
use crate::io::fits::FitsFile;
use crate::io::picture::read_picture;
use crate::io::raster::{Origin, Plane};
use crate::sky::cutout::{Cutout, CutoutFlags};
use crate::sky::wcs::Wcs;
use std::path::Path;

/// A cutout has at most this many bands; more planes in a file are a cube.
const MOST_BANDS: usize = 8;

/// Reads a ready-made cutout: a picture, or the first image of a FITS file, planes as bands; of a file
/// that this program wrote, all images as bands.
pub fn read_cutout(path: &Path) -> Result<Cutout, String> {
    let kind =
        super::inputs::file_kind(path).map_err(|e| format!("{}: can't be opened: {e}", path.display()))?;
    if kind != super::inputs::FileKind::Fits {
        let picture = read_picture(path).map_err(|e| e.to_string())?;
        let names: &[&str] = if picture.channels.len() == 1 {
            &["gray"]
        } else {
            &["red", "green", "blue"]
        };
        return Ok(finish(
            picture.channels,
            names.iter().map(|n| (*n).to_owned()).collect(),
            Origin::TopLeft,
            true,
            None,
        ));
    }
    let mut file = FitsFile::open(path).map_err(|e| e.to_string())?;
    let (images, _) = super::inputs::images_of(&file);
    if let Some(own) = own_bands(&file, &images) {
        let mut bands = Vec::new();
        for image in &own {
            bands.push(file.read_plane(image.hdu, 0).map_err(|e| e.to_string())?);
        }
        let names = own.iter().map(|i| i.hdu_name.clone().or(i.band.clone()));
        let names = names.map(|n| n.unwrap_or_default()).collect();
        let scale = own
            .first()
            .and_then(|i| i.wcs.as_ref().ok())
            .map(Wcs::pixel_scale_arcsec);
        return Ok(finish(bands, names, Origin::BottomLeft, false, scale));
    }
    let image = images.iter().find(|i| !i.is_auxiliary).or(images.first());
    let Some(image) = image else {
        let why = file.problems().first().map_or(
            "holds no image of at least 2×2 pixels".to_owned(),
            ToString::to_string,
        );
        return Err(format!("{}: {why}", path.display()));
    };
    let planes = if image.planes > MOST_BANDS {
        1
    } else {
        image.planes
    };
    let mut bands = Vec::new();
    for plane in 0..planes {
        bands.push(file.read_plane(image.hdu, plane).map_err(|e| e.to_string())?);
    }
    let names = (0..planes).map(|p| {
        image
            .band
            .clone()
            .filter(|_| planes == 1)
            .unwrap_or_else(|| format!("plane{p}"))
    });
    let scale = image.wcs.as_ref().ok().map(Wcs::pixel_scale_arcsec);
    Ok(finish(bands, names.collect(), Origin::BottomLeft, false, scale))
}

/// The bands of a cutout that this program wrote: one image each, in their order.
fn own_bands<'a>(file: &FitsFile, images: &'a [FoundImage]) -> Option<Vec<&'a FoundImage>> {
    let first = images.first()?;
    let is_own = |image: &&FoundImage| {
        let header = file.hdus().get(image.hdu).map(|h| &h.header);
        let origin = header.and_then(|h| h.text("ORIGIN"));
        origin.is_some_and(|o| o.starts_with("astrolabel "))
            && image.planes == 1
            && image.shape == first.shape
    };
    let own: Vec<&FoundImage> = images.iter().filter(is_own).collect();
    (own.len() > 1).then_some(own)
}

fn finish(
    bands: Vec<Plane>,
    band_names: Vec<String>,
    origin: Origin,
    is_picture: bool,
    scale: Option<f64>,
) -> Cutout {
    let mut flags = 0;
    let finite: Vec<usize> = bands
        .iter()
        .map(|b| b.pixels.iter().filter(|v| v.is_finite()).count())
        .collect();
    if finite.iter().zip(&bands).any(|(&n, b)| n < b.pixels.len()) {
        flags |= CutoutFlags::NAN;
    }
    if finite.contains(&0) {
        flags |= CutoutFlags::MISSING_BAND;
    }
    if finite.iter().all(|&n| n == 0) {
        flags |= CutoutFlags::EMPTY;
    }
    Cutout {
        bands,
        band_names,
        origin,
        is_picture,
        pixel_scale_arcsec: scale,
        flags: CutoutFlags(flags),
    }
}
