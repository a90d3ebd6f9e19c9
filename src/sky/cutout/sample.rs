//! Reading a band and finding its values on a grid.

use super::align::BandSource;
use super::extract::read_window;
use super::mapping::Grid;
use super::taps::{Taps, filtered};
use super::{CutoutError, CutoutFlags};
use crate::io::raster::Plane;

/// More band pixels per output pixel than this are averaged rather than interpolated between.
const AVERAGE_ABOVE_STEP_PX: f64 = 1.5;
/// At most this many samples across an output pixel: beyond, the result is a thumbnail anyway.
const MAX_SAMPLES: f64 = 32.0;
/// The most band pixels that are read for one cutout.
const MAX_WINDOW_PX: usize = 1 << 28;
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

/// A band at any positions, row by row; `step_i` and `step_j` are the band pixels moved for one
/// grid pixel along i and j.
pub(super) fn scattered(
    band: &BandSource<'_>,
    side: usize,
    positions: &[(f64, f64)],
    step_i: (f64, f64),
    step_j: (f64, f64),
) -> Result<(Plane, CutoutFlags), CutoutError> {
    let offsets = sample_offsets(step_i, step_j);
    let reach = offsets.iter().fold([1.0f64; 2], |[x, y], offset| {
        [x.max(offset.0.abs() + 1.0), y.max(offset.1.abs() + 1.0)]
    });
    let (columns, rows) = (
        range(positions.iter().map(|p| p.0)),
        range(positions.iter().map(|p| p.1)),
    );
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
    let mut pixels = Vec::with_capacity(positions.len());
    for &(x, y) in positions {
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

/// The smallest and largest finite value; an empty range where there is none.
fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values
        .filter(|v| v.is_finite())
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| {
            [low.min(v), high.max(v)]
        })
}

/// The pixels of an axis of `total` within `reach` of a range, end exclusive; `None` if none.
fn clipped([low, high]: [f64; 2], reach: f64, total: usize) -> Option<(usize, usize)> {
    let start = (low - reach).floor().max(0.0);
    let end = (high + reach).ceil().min(total as f64 - 1.0);
    (start <= end).then_some((start as usize, end as usize + 1))
}

/// A part of a band in memory; `x0`, `y0` is its first pixel.
struct Window {
    plane: Plane,
    x0: f64,
    y0: f64,
    has_nan: bool,
}

/// A weighted sum over pixels that have a value.
#[derive(Default)]
struct Weighted {
    value: f64,
    weight: f64,
    met_nan: bool,
}

impl Window {
    /// Reads what lies within `reach` of the given columns and rows; `None` where that is off the
    /// image.
    fn read(
        band: &BandSource<'_>,
        columns: [f64; 2],
        rows: [f64; 2],
        reach: [f64; 2],
    ) -> Result<Option<Self>, CutoutError> {
        let columns = clipped(columns, reach[0], band.pixels.width());
        let rows = clipped(rows, reach[1], band.pixels.height());
        let (Some((x0, x1)), Some((y0, y1))) = (columns, rows) else {
            return Ok(None);
        };
        let (width, height) = (x1 - x0, y1 - y0);
        if width.saturating_mul(height) > MAX_WINDOW_PX {
            return Err(CutoutError::BadSize {
                side_px: width.max(height) as f64,
            });
        }
        let plane = read_window(band.pixels, band.name, x0, y0, width, height)?;
        let has_nan = plane.pixels.iter().any(|v| v.is_nan());
        Ok(Some(Self {
            plane,
            x0: x0 as f64,
            y0: y0 as f64,
            has_nan,
        }))
    }

    /// Adds the bilinear interpolation at (x, y) of the image: up to four pixels.
    #[inline]
    fn add(&self, x: f64, y: f64, sum: &mut Weighted) {
        let (x, y) = (x - self.x0, y - self.y0);
        let (left, bottom) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - bottom);
        if !self.has_nan && left >= 0.0 && bottom >= 0.0 {
            let (column, row) = (left as usize, bottom as usize);
            if column + 1 < self.plane.width && row + 1 < self.plane.height {
                let at = row * self.plane.width + column;
                let pair = |at: usize| {
                    let (a, b) = (self.plane.pixels[at], self.plane.pixels[at + 1]);
                    f64::from(a) + fx * (f64::from(b) - f64::from(a))
                };
                let (low, high) = (pair(at), pair(at + self.plane.width));
                sum.value += low + fy * (high - low);
                sum.weight += 1.0;
                return;
            }
        }
        self.add_carefully((left, fx), (bottom, fy), sum);
    }

    /// The means of all samples at each position, if each of them lies between four pixels that have a
    /// value: the usual case, without a question a sample.
    fn all_inside(
        &self,
        positions: &[(f64, f64)],
        offsets: &[(f64, f64)],
        columns: [f64; 2],
        rows: [f64; 2],
    ) -> Option<Vec<f32>> {
        let between = |[low, high]: [f64; 2], first: f64, count: usize, reach: f64| {
            low - reach >= first && high + reach < first + count as f64 - 1.0
        };
        let [across, up] = offsets
            .iter()
            .fold([0.0f64; 2], |[x, y], o| [x.max(o.0.abs()), y.max(o.1.abs())]);
        let inside = !self.has_nan
            && self.plane.width <= i32::MAX as usize
            && self.plane.height <= i32::MAX as usize
            && between(columns, self.x0, self.plane.width, across)
            && between(rows, self.y0, self.plane.height, up)
            && positions.iter().all(|(x, y)| x.is_finite() && y.is_finite());
        if !inside {
            return None;
        }
        let count = offsets.len() as f64;
        let mean = |&(x, y): &(f64, f64)| {
            let mut sum = 0.0;
            for &(dx, dy) in offsets {
                let (x, y) = (x + dx - self.x0, y + dy - self.y0);
                // Not negative, so that this rounds down; floor() asks a library on older processors.
                let (column, row) = (x as i32, y as i32);
                let (fx, fy) = (x - f64::from(column), y - f64::from(row));
                let at = row as usize * self.plane.width + column as usize;
                let pair = |pixels: &[f32]| {
                    let (a, b) = (f64::from(pixels[0]), f64::from(pixels[1]));
                    a + fx * (b - a)
                };
                let low = pair(&self.plane.pixels[at..at + 2]);
                let high = pair(&self.plane.pixels[at + self.plane.width..][..2]);
                sum += low + fy * (high - low);
            }
            (sum / count) as f32
        };
        Some(positions.iter().map(mean).collect())
    }

    /// As [`Window::add`] where a neighbour may be NaN or outside: those are left out.
    fn add_carefully(&self, (left, fx): (f64, f64), (bottom, fy): (f64, f64), sum: &mut Weighted) {
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
