//! Several bands of one object on one grid.

use super::extract::{check_side, copy_square, first_pixel};
use super::mapping::{Grid, Mapping};
use super::sample::{scattered, shifted};
use super::{Cutout, CutoutError, CutoutFlags, CutoutSize, PixelMap, PixelSource};
use crate::io::raster::Origin;

/// One band of a field: its pixels and where they are on the sky.
#[derive(Clone, Copy)]
pub struct BandSource<'a> {
    /// Name of the band, kept in the cutout.
    pub name: &'a str,
    /// Its pixels.
    pub pixels: &'a dyn PixelSource,
    /// Its coordinate map; [`super::PixelsOnly`] where it has none.
    pub to_pixel: &'a dyn PixelMap,
}

/// The longest side of a resampled cutout, in pixels.
const MAX_RESAMPLED_SIDE: usize = 4096;

/// One object from several bands, on one square grid.
///
/// (`x`, `y`) is the object's place in band number `reference`, zero-based with pixel centres at
/// integers. The grid:
/// - without `out_side`, or when it is the size in pixels: the reference band's own pixels,
///   centred as [`super::cut_native`] does it, `size` rounded to whole pixels. Bands on the same
///   pixels (offset by whole ones at most) are copied unchanged.
/// - otherwise `out_side` x `out_side` pixels that span `size`, centred on (`x`, `y`) exactly.
///
/// Bands are aligned through the sky and interpolated bilinearly; where an output pixel covers
/// more than 1.5 of a band's pixels it averages over its area. Both keep the unit of a
/// surface brightness (value per pixel of the band's own): nothing is scaled by pixel area.
/// Pixels without a value are left out of the mean; where less than half of a pixel's weight has
/// one, it is NaN. Bands without coordinates are taken to lie on the reference band's grid when
/// it has none either.
///
/// The result has its origin at the bottom left and is no picture; a caller cutting a PNG sets
/// `origin` and `is_picture`.
///
/// # Errors
/// When position, size or band number are unusable, or a band cannot be read. An object off the
/// image is no error: the flags tell.
pub fn cut_bands(
    bands: &[BandSource<'_>],
    reference: usize,
    x: f64,
    y: f64,
    size: CutoutSize,
    out_side: Option<usize>,
) -> Result<Cutout, CutoutError> {
    let base = bands.get(reference).ok_or(CutoutError::NoSuchBand {
        reference,
        bands: bands.len(),
    })?;
    if !(x.is_finite() && y.is_finite()) {
        return Err(CutoutError::BadPosition { x, y });
    }
    let scale_arcsec = base.to_pixel.pixel_scale_arcsec();
    let side_px = match size {
        CutoutSize::Pixels(side) => side,
        CutoutSize::Arcsec(side) => match scale_arcsec {
            Some(scale) if scale > 0.0 => side / scale,
            _ => {
                return Err(CutoutError::NoPixelScale {
                    band: base.name.to_owned(),
                });
            }
        },
    };
    let (grid, native) = grid_of(x, y, side_px, out_side)?;

    let mut planes = Vec::with_capacity(bands.len());
    let mut flags = CutoutFlags::default();
    let mut missing = 0;
    for (number, band) in bands.iter().enumerate() {
        let mapping = if number == reference || both_without_sky(base, band) {
            Mapping::Shift { dx: 0.0, dy: 0.0 }
        } else {
            Mapping::through_sky(grid, base.to_pixel, band.to_pixel)
        };
        let (plane, band_flags) = match mapping {
            Mapping::Shift { dx, dy } if native => copy_square(
                band.pixels,
                (grid.x0 + dx) as i64,
                (grid.y0 + dy) as i64,
                grid.side,
            )?,
            Mapping::Shift { dx, dy } => shifted(band, grid, dx, dy)?,
            Mapping::Positions {
                positions,
                step_i,
                step_j,
            } => scattered(band, grid.side, &positions, step_i, step_j)?,
        };
        if plane.pixels.iter().all(|v| v.is_nan()) {
            missing += 1;
        }
        flags.0 |= band_flags.0 & (CutoutFlags::EDGE | CutoutFlags::NAN);
        planes.push(plane);
    }
    if missing > 0 {
        flags.0 |= CutoutFlags::MISSING_BAND;
    }
    if missing == bands.len() {
        flags.0 |= CutoutFlags::EMPTY;
    }
    Ok(Cutout {
        bands: planes,
        band_names: bands.iter().map(|b| b.name.to_owned()).collect(),
        origin: Origin::BottomLeft,
        is_picture: false,
        pixel_scale_arcsec: scale_arcsec.map(|s| s * grid.pitch),
        flags,
    })
}

/// The output grid, and whether it is the reference band's own pixels.
fn grid_of(x: f64, y: f64, side_px: f64, out_side: Option<usize>) -> Result<(Grid, bool), CutoutError> {
    // How much of the image is read is limited where it is read.
    if !(side_px.is_finite() && side_px > 0.0) {
        return Err(CutoutError::BadSize { side_px });
    }
    match out_side {
        Some(side) if (side_px - side as f64).abs() > 1e-6 => {
            if !(1..=MAX_RESAMPLED_SIDE).contains(&side) {
                return Err(CutoutError::BadSize { side_px: side as f64 });
            }
            let pitch = side_px / side as f64;
            let half = (side - 1) as f64 / 2.0 * pitch;
            let grid = Grid {
                x0: x - half,
                y0: y - half,
                pitch,
                side,
            };
            Ok((grid, false))
        }
        _ => {
            let rounded = side_px.round().max(1.0);
            check_side(rounded)?;
            let side = rounded as usize;
            let grid = Grid {
                x0: first_pixel(x, side) as f64,
                y0: first_pixel(y, side) as f64,
                pitch: 1.0,
                side,
            };
            Ok((grid, true))
        }
    }
}

/// Two images without coordinates and of one shape are taken to be registered already.
fn both_without_sky(a: &BandSource<'_>, b: &BandSource<'_>) -> bool {
    a.to_pixel.pixel_scale_arcsec().is_none()
        && b.to_pixel.pixel_scale_arcsec().is_none()
        && a.to_pixel.sky_from_pixel(0.0, 0.0).is_none()
        && (a.pixels.width(), a.pixels.height()) == (b.pixels.width(), b.pixels.height())
}
