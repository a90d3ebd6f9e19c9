//! Several bands of one object on one grid.

use super::extract::{check_side, copy_square, first_pixel, read_window};
use super::mapping::{Grid, Mapping};
use super::{Cutout, CutoutError, CutoutFlags, CutoutSize, PixelMap, PixelSource};
use crate::io::raster::{Origin, Plane};

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

/// More band pixels per output pixel than this are averaged rather than interpolated between.
const AVERAGE_ABOVE_STEP_PX: f64 = 1.5;
/// At most this many samples across an output pixel: beyond, the result is a thumbnail anyway.
const MAX_SAMPLES: f64 = 32.0;
/// The longest side of a resampled cutout, in pixels.
const MAX_RESAMPLED_SIDE: usize = 4096;
/// The most band pixels that are read for one cutout.
const MAX_WINDOW_PX: usize = 1 << 28;
/// An output pixel has a value if at least this part of its weight comes from pixels that do.
const LEAST_COVERED: f64 = 0.5;

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
            Mapping::Shift { dx, dy } => sampled(band, grid.side, Mapping::shifted(grid, dx, dy))?,
            positions => sampled(band, grid.side, positions)?,
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
    // The size on the image may be any: a large one shrunk is read through `MAX_WINDOW_PX`.
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

/// The band's values at the mapped positions.
fn sampled(
    band: &BandSource<'_>,
    side: usize,
    mapping: Mapping,
) -> Result<(Plane, CutoutFlags), CutoutError> {
    let Mapping::Positions {
        positions,
        step_i,
        step_j,
    } = mapping
    else {
        return Ok((
            Plane::filled(side, side, f32::NAN),
            CutoutFlags(CutoutFlags::EDGE),
        ));
    };
    let offsets = sample_offsets(step_i, step_j);
    let reach = offsets.iter().fold((1.0f64, 1.0f64), |(x, y), o| {
        (x.max(o.0.abs() + 1.0), y.max(o.1.abs() + 1.0))
    });
    let (width, height) = (band.pixels.width(), band.pixels.height());
    let mut flags = CutoutFlags::default();
    let empty = |mut flags: CutoutFlags| {
        flags.0 |= CutoutFlags::EDGE;
        Ok((Plane::filled(side, side, f32::NAN), flags))
    };
    let columns = span(positions.iter().map(|p| p.0), reach.0, width);
    let rows = span(positions.iter().map(|p| p.1), reach.1, height);
    let (Some((x0, x1)), Some((y0, y1))) = (columns, rows) else {
        return empty(flags);
    };
    if (x1 - x0).saturating_mul(y1 - y0) > MAX_WINDOW_PX {
        return Err(CutoutError::BadSize {
            side_px: (x1 - x0).max(y1 - y0) as f64,
        });
    }
    let window = Window {
        plane: read_window(band.pixels, band.name, x0, y0, x1 - x0, y1 - y0)?,
        x0: x0 as f64,
        y0: y0 as f64,
    };
    let (right, top) = (width as f64 - 0.5, height as f64 - 0.5);
    let least = LEAST_COVERED * offsets.len() as f64;
    let mut pixels = Vec::with_capacity(positions.len());
    for &(x, y) in &positions {
        let mut sum = Weighted::default();
        let mut inside = true;
        for &(dx, dy) in &offsets {
            let (x, y) = (x + dx, y + dy);
            // NaN positions fail these comparisons too.
            if x >= -0.5 && x <= right && y >= -0.5 && y <= top {
                window.add(x, y, &mut sum);
            } else {
                inside = false;
            }
        }
        if !inside {
            flags.0 |= CutoutFlags::EDGE;
        }
        if sum.met_nan {
            flags.0 |= CutoutFlags::NAN;
        }
        pixels.push(if sum.weight >= least {
            (sum.value / sum.weight) as f32
        } else {
            f32::NAN
        });
    }
    Ok((
        Plane {
            width: side,
            height: side,
            pixels,
        },
        flags,
    ))
}

/// Where within an output pixel the band is sampled, in band pixels from its centre.
fn sample_offsets(step_i: (f64, f64), step_j: (f64, f64)) -> Vec<(f64, f64)> {
    let count = |step: (f64, f64)| {
        let length = step.0.hypot(step.1);
        if length <= AVERAGE_ABOVE_STEP_PX || length.is_nan() {
            1
        } else {
            (length - 1e-6).ceil().min(MAX_SAMPLES) as usize
        }
    };
    let (n_i, n_j) = (count(step_i), count(step_j));
    let at = |k: usize, n: usize| (k as f64 + 0.5) / n as f64 - 0.5;
    (0..n_j)
        .flat_map(|j| (0..n_i).map(move |i| (at(i, n_i), at(j, n_j))))
        .map(|(i, j)| (i * step_i.0 + j * step_j.0, i * step_i.1 + j * step_j.1))
        .collect()
}

/// The pixels of an axis of `total` that positions need, end exclusive; `None` if none.
fn span(values: impl Iterator<Item = f64>, reach: f64, total: usize) -> Option<(usize, usize)> {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
    let start = (low - reach).floor().max(0.0);
    let end = (high + reach).ceil().min(total as f64 - 1.0);
    (start <= end).then_some((start as usize, end as usize + 1))
}

/// A part of a band in memory.
struct Window {
    plane: Plane,
    x0: f64,
    y0: f64,
}

/// A weighted sum over pixels that have a value.
#[derive(Default)]
struct Weighted {
    value: f64,
    weight: f64,
    met_nan: bool,
}

impl Window {
    /// Adds the bilinear interpolation at (x, y) of the image: up to four pixels.
    #[inline]
    fn add(&self, x: f64, y: f64, sum: &mut Weighted) {
        let (x, y) = (x - self.x0, y - self.y0);
        let (left, bottom) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - bottom);
        for (row, wy) in [(bottom, 1.0 - fy), (bottom + 1.0, fy)] {
            for (column, wx) in [(left, 1.0 - fx), (left + 1.0, fx)] {
                let weight = wx * wy;
                if weight <= 0.0 || row < 0.0 || column < 0.0 {
                    continue;
                }
                let Some(value) = self.plane.get(column as usize, row as usize) else {
                    continue;
                };
                if value.is_nan() {
                    sum.met_nan = true;
                } else {
                    sum.value += weight * f64::from(value);
                    sum.weight += weight;
                }
            }
        }
    }
}
