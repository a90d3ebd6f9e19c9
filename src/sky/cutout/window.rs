//! A part of a band in memory, and its values between pixels.

use super::CutoutError;
use super::align::BandSource;
use super::extract::read_window;
use crate::io::raster::Plane;

/// The most band pixels that are read for one cutout.
const MAX_WINDOW_PX: usize = 1 << 28;
/// Positions that are looked up together.
const TOGETHER: usize = 64;

/// The first of the four pixels around each of `positions`, moved by an offset and seen from a corner
/// (`start`: x and y of both), in a window of `width`; and how far the position lies beyond it. Positions
/// are not negative there, so that casts round them down (`floor` asks a library on older processors).
fn places(
    positions: &[(f64, f64)],
    start: (f64, f64, f64, f64),
    width: i32,
    at: &mut [i32; TOGETHER],
    parts: &mut [(f64, f64); TOGETHER],
) {
    for ((&(x, y), at), part) in positions.iter().zip(at).zip(parts) {
        let (x, y) = (x + start.0 - start.2, y + start.1 - start.3);
        let (column, row) = (x as i32, y as i32);
        *at = row.wrapping_mul(width).wrapping_add(column);
        *part = (x - f64::from(column), y - f64::from(row));
    }
}

/// The smallest and largest finite value; an empty range where there is none.
pub(super) fn range(values: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    // Rarely is anything endless, so that all is looked at without a question first.
    let all = extremes(values.clone());
    if all.iter().all(|v| v.is_finite()) {
        return all;
    }
    extremes(values.filter(|v| v.is_finite()))
}

/// The smallest and largest value; comparisons pass over NaN.
fn extremes(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| {
        [if v < low { v } else { low }, if v > high { v } else { high }]
    })
}

/// The pixels of an axis of `total` within `reach` of a range, end exclusive; `None` if none.
fn clipped([low, high]: [f64; 2], reach: f64, total: usize) -> Option<(usize, usize)> {
    let start = (low - reach).floor().max(0.0);
    let end = (high + reach).ceil().min(total as f64 - 1.0);
    (start <= end).then_some((start as usize, end as usize + 1))
}

/// A part of a band in memory; `x0`, `y0` is its first pixel.
pub(super) struct Window {
    pub plane: Plane,
    pub x0: f64,
    pub y0: f64,
    pub has_nan: bool,
}

/// A weighted sum over pixels that have a value.
#[derive(Default)]
pub(super) struct Weighted {
    pub value: f64,
    pub weight: f64,
    pub met_nan: bool,
}

impl Window {
    /// Reads what lies within `reach` of the given columns and rows; `None` where that is off the
    /// image.
    pub fn read(
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
    pub fn add(&self, x: f64, y: f64, sum: &mut Weighted) {
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
    pub fn all_inside(
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
            && self.plane.pixels.len() <= i32::MAX as usize
            && between(columns, self.x0, self.plane.width, across)
            && between(rows, self.y0, self.plane.height, up)
            && (positions.iter())
                .filter(|(x, y)| !(x.is_finite() & y.is_finite()))
                .count()
                == 0;
        if !inside {
            return None;
        }
        let mut out = Vec::with_capacity(positions.len());
        let (width, pixels) = (self.plane.width, self.plane.pixels.as_slice());
        for some in positions.chunks(TOGETHER) {
            let mut sums = [0.0f64; TOGETHER];
            for offset in offsets {
                let start = (offset.0, offset.1, self.x0, self.y0);
                let (mut at, mut parts) = ([0i32; TOGETHER], [(0.0f64, 0.0f64); TOGETHER]);
                places(some, start, width as i32, &mut at, &mut parts);
                for ((sum, at), (fx, fy)) in sums.iter_mut().zip(at).zip(parts).take(some.len()) {
                    let square = &pixels[at as usize..][..width + 2];
                    let pair = |a: f32, b: f32| f64::from(a) + fx * (f64::from(b) - f64::from(a));
                    let (low, high) = (pair(square[0], square[1]), pair(square[width], square[width + 1]));
                    *sum += low + fy * (high - low);
                }
            }
            let count = offsets.len() as f64;
            out.extend(sums[..some.len()].iter().map(|sum| (sum / count) as f32));
        }
        Some(out)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_between_pixels_are_what_they_are_with_a_question_each() {
        let (width, height) = (40, 31);
        let pixels: Vec<f32> = (0..width * height)
            .map(|i| ((i * i) % 97) as f32 - 20.0)
            .collect();
        let window = Window {
            plane: Plane::from_pixels(width, height, pixels),
            x0: 100.0,
            y0: -3.0,
            has_nan: false,
        };
        // More than one group of them, and two samples each.
        let positions: Vec<(f64, f64)> = (0..150)
            .map(|i| (101.0 + (i % 37) as f64 * 0.97, -2.0 + (i % 29) as f64 * 0.93))
            .collect();
        let offsets = [(-0.25, 0.5), (0.25, -0.5)];
        let columns = range(positions.iter().map(|p| p.0));
        let rows = range(positions.iter().map(|p| p.1));
        let got = window
            .all_inside(&positions, &offsets, columns, rows)
            .expect("inside");
        for (&(x, y), got) in positions.iter().zip(&got) {
            let mut sum = Weighted::default();
            offsets
                .iter()
                .for_each(|(dx, dy)| window.add(x + dx, y + dy, &mut sum));
            assert_eq!(*got, (sum.value / sum.weight) as f32);
        }
        // One that is nowhere, or beyond the last pixel, is asked for by itself.
        for odd in [(f64::NAN, 0.0), (139.5, 0.0), (99.9, 0.0)] {
            let with = [&positions[..], &[odd]].concat();
            let columns = range(with.iter().map(|p| p.0));
            assert_eq!(window.all_inside(&with, &offsets, columns, rows), None);
        }
    }

    #[test]
    fn a_range_is_of_the_finite_values() {
        let of = |values: &[f64]| range(values.iter().copied());
        assert_eq!(of(&[3.0, f64::NAN, -1.0]), [-1.0, 3.0]);
        assert_eq!(of(&[3.0, f64::INFINITY, f64::NEG_INFINITY, 4.0]), [3.0, 4.0]);
        assert_eq!(of(&[f64::NAN]), [f64::INFINITY, f64::NEG_INFINITY]);
    }
}
