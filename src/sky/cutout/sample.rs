//! Reading a band and finding its values on a grid.

use super::align::BandSource;
use super::mapping::{Grid, Positions};
use super::taps::{Taps, filtered};
use super::window::{Weighted, Window, range};
use super::{CutoutError, CutoutFlags};
use crate::io::raster::Plane;

/// More band pixels per output pixel than this are averaged rather than interpolated between.
const AVERAGE_ABOVE_STEP_PX: f64 = 1.5;
/// At most this many samples across an output pixel: beyond, the result is a thumbnail anyway.
const MAX_SAMPLES: f64 = 32.0;
/// An output pixel has a value if at least this part of its weight comes from pixels that do.
const LEAST_COVERED: f64 = 0.5;
/// Rounding of `f32` sums of weights.
const ROUNDING: f32 = 1e-5;

/// A band whose pixels are the grid's reference pixels moved by (`dx`, `dy`): both axes apart.
pub(super) fn shifted(
    band: &BandSource<'_>,
    grid: Grid,
    dx: f64,
    dy: f64,
) -> Result<(Plane, CutoutFlags), CutoutError> {
    let average = grid.pitch > AVERAGE_ABOVE_STEP_PX;
    let reach = if average { grid.pitch / 2.0 + 0.5 } else { 1.0 };
    let (first_x, first_y) = (grid.x0 + dx, grid.y0 + dy);
    let length = (grid.side - 1) as f64 * grid.pitch;
    let Some(window) = Window::read(
        band,
        [first_x, first_x + length],
        [first_y, first_y + length],
        [reach; 2],
    )?
    else {
        return Ok(nothing(grid.side));
    };
    let across = Taps::spaced(
        first_x - window.x0,
        grid.pitch,
        average,
        window.plane.width,
        grid.side,
    );
    let down = Taps::spaced(
        first_y - window.y0,
        grid.pitch,
        average,
        window.plane.height,
        grid.side,
    );

    let mut flags = CutoutFlags::default();
    let half = if average { grid.pitch / 2.0 } else { 0.0 };
    let leaves = |first: f64, total: usize| first - half < -0.5 || first + length + half > total as f64 - 0.5;
    if leaves(first_x, band.pixels.width()) || leaves(first_y, band.pixels.height()) {
        flags.0 |= CutoutFlags::EDGE;
    }
    // The weight that lies on pixels of the image, and of it the weight on pixels with a value.
    let (inside_x, inside_y) = (across.coverages(), down.coverages());
    let valued = if window.has_nan {
        let known = window
            .plane
            .pixels
            .iter()
            .map(|v| if v.is_nan() { 0.0 } else { 1.0 });
        let known = Plane {
            pixels: known.collect(),
            ..window.plane
        };
        Some(filtered(&known, &across, &down))
    } else {
        None
    };
    let mut zeroed = window.plane;
    if window.has_nan {
        zeroed
            .pixels
            .iter_mut()
            .filter(|v| v.is_nan())
            .for_each(|v| *v = 0.0);
    }
    let mut plane = filtered(&zeroed, &across, &down);
    for j in 0..grid.side {
        for i in 0..grid.side {
            let at = j * grid.side + i;
            let mut weight = inside_x[i] * inside_y[j];
            if let Some(valued) = &valued {
                if valued.pixels[at] < weight - ROUNDING {
                    flags.0 |= CutoutFlags::NAN;
                }
                weight = valued.pixels[at];
            }
            plane.pixels[at] = if weight >= LEAST_COVERED as f32 - ROUNDING {
                plane.pixels[at] / weight
            } else {
                f32::NAN
            };
        }
    }
    Ok((plane, flags))
}

/// A band at any positions; `step_i` and `step_j` are the band pixels moved for one
/// grid pixel along i and j.
pub(super) fn scattered(
    band: &BandSource<'_>,
    side: usize,
    positions: &Positions,
    step_i: (f64, f64),
    step_j: (f64, f64),
) -> Result<(Plane, CutoutFlags), CutoutError> {
    let offsets = sample_offsets(step_i, step_j);
    let reach = offsets.iter().fold([1.0f64; 2], |[x, y], offset| {
        [x.max(offset.0.abs() + 1.0), y.max(offset.1.abs() + 1.0)]
    });
    let (columns, rows) = (range(&positions.x), range(&positions.y));
    let Some(window) = Window::read(band, columns, rows, reach)? else {
        return Ok(nothing(side));
    };
    if let Some(pixels) = window.all_inside(positions, &offsets, columns, rows) {
        let plane = Plane {
            width: side,
            height: side,
            pixels,
        };
        return Ok((plane, CutoutFlags::default()));
    }
    let mut flags = CutoutFlags::default();
    let right = band.pixels.width() as f64 - 0.5;
    let top = band.pixels.height() as f64 - 0.5;
    let least = LEAST_COVERED * offsets.len() as f64;
    let mut pixels = Vec::with_capacity(positions.x.len());
    for (&x, &y) in positions.x.iter().zip(&positions.y) {
        let mut sum = Weighted::default();
        for &(dx, dy) in &offsets {
            let (x, y) = (x + dx, y + dy);
            // NaN positions fail these comparisons too.
            if x >= -0.5 && x <= right && y >= -0.5 && y <= top {
                window.add(x, y, &mut sum);
            } else {
                flags.0 |= CutoutFlags::EDGE;
            }
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

/// A band that does not reach the cutout.
fn nothing(side: usize) -> (Plane, CutoutFlags) {
    (
        Plane::filled(side, side, f32::NAN),
        CutoutFlags(CutoutFlags::EDGE),
    )
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
