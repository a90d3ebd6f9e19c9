//! A part of a band in memory, and its values between pixels.

use super::CutoutError;
use super::align::BandSource;
use super::extract::read_window;
use super::mapping::Positions;
use crate::io::raster::Plane;
use crate::vectorised::vectorised;

/// The most band pixels that are read for one cutout.
const MAX_WINDOW_PX: usize = 1 << 28;
/// Positions that are looked up together.
const TOGETHER: usize = 64;

vectorised! {
    /// The means of samples moved by `offsets` from each position: bilinear interpolations in a window of
    /// `width` whose first pixel is `corner`, all of them between four pixels that have a value.
    ///
    /// Positions are not negative there, so that casts round them down (`floor` asks a library on older
    /// processors).
    interpolated(
        pixels: &[f32],
        width: usize,
        corner: (f64, f64),
        positions: &Positions,
        offsets: &[(f64, f64)],
        out: &mut [f32],
    ) {
        let count = offsets.len() as f64;
        let positions = positions.x.chunks(TOGETHER).zip(positions.y.chunks(TOGETHER));
        for ((xs, ys), out) in positions.zip(out.chunks_mut(TOGETHER)) {
            let mut sums = [0.0f64; TOGETHER];
            for offset in offsets {
                // The first of four pixels and how far beyond it, then their values, then the mix: each for
                // all, since only finding the values is done one by one.
                let mut at = [0i32; TOGETHER];
                let [mut fx, mut fy] = [[0.0f64; TOGETHER]; 2];
                for ((((&x, &y), at), fx), fy) in xs.iter().zip(ys).zip(&mut at).zip(&mut fx).zip(&mut fy) {
                    let (x, y) = (x + offset.0 - corner.0, y + offset.1 - corner.1);
                    let (column, row) = (x as i32, y as i32);
                    *at = row.wrapping_mul(width as i32).wrapping_add(column);
                    (*fx, *fy) = (x - f64::from(column), y - f64::from(row));
                }
                let [mut a, mut b, mut c, mut d] = [[0.0f32; TOGETHER]; 4];
                let values = a.iter_mut().zip(&mut b).zip(&mut c).zip(&mut d);
                for (&at, (((a, b), c), d)) in at.iter().take(xs.len()).zip(values) {
                    let square = &pixels[at as usize..][..width + 2];
                    (*a, *b) = (square[0], square[1]);
                    (*c, *d) = (square[width], square[width + 1]);
                }
                let between = |a: f32, b: f32, part: f64| f64::from(a) + part * (f64::from(b) - f64::from(a));
                for i in 0..TOGETHER {
                    let (low, high) = (between(a[i], b[i], fx[i]), between(c[i], d[i], fx[i]));
                    sums[i] += low + fy[i] * (high - low);
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = (sum / count) as f32;
            }
        }
    }
}

/// The smallest and largest finite value; an empty range where there is none.
pub(super) fn range(values: &[f64]) -> [f64; 2] {
    // Rarely is anything endless, so that all is looked at without a question first.
    let all = extremes(values);
    if all.iter().all(|v| v.is_finite()) {
        return all;
    }
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    extremes(&finite)
}

vectorised! {
    /// The smallest and largest value; comparisons pass over NaN.
    extremes(values: &[f64]) -> [f64; 2] {
        const LANES: usize = 16;
        let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let (whole, rest) = values.as_chunks::<LANES>();
        for some in whole {
            for i in 0..LANES {
                low[i] = lower(some[i], low[i]);
                high[i] = -lower(-some[i], -high[i]);
            }
        }
        for &v in rest {
            low[0] = lower(v, low[0]);
            high[0] = -lower(-v, -high[0]);
        }
        [
            low.into_iter().fold(f64::INFINITY, |a, v| lower(v, a)),
            high.into_iter().fold(f64::NEG_INFINITY, |a, v| -lower(-v, -a)),
        ]
    }
}

/// The lower of `v` and `than`, which it is where `v` is NaN.
#[inline(always)]
fn lower(v: f64, than: f64) -> f64 {
    if v < than { v } else { than }
}

vectorised! {
    /// Whether all values are finite.
    all_finite(values: &[f64]) -> bool {
        values.chunks(1024).all(|some| some.iter().fold(true, |all, v| all & v.is_finite()))
    }
}

vectorised! {
    /// Whether any value is NaN.
    any_nan(values: &[f32]) -> bool {
        values.chunks(1024).any(|some| some.iter().fold(false, |any, v| any | v.is_nan()))
    }
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
        let has_nan = any_nan(&plane.pixels);
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
        positions: &Positions,
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
            && all_finite(&positions.x)
            && all_finite(&positions.y);
        if !inside {
            return None;
        }
        let mut out = vec![0.0; positions.x.len()];
        let (pixels, corner) = (&self.plane.pixels, (self.x0, self.y0));
        interpolated(pixels, self.plane.width, corner, positions, offsets, &mut out);
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
        let (x, y) = (0..150)
            .map(|i| (101.0 + (i % 37) as f64 * 0.97, -2.0 + (i % 29) as f64 * 0.93))
            .unzip();
        let positions = Positions { x, y };
        let offsets = [(-0.25, 0.5), (0.25, -0.5)];
        let (columns, rows) = (range(&positions.x), range(&positions.y));
        let got = window
            .all_inside(&positions, &offsets, columns, rows)
            .expect("inside");
        for ((&x, &y), got) in positions.x.iter().zip(&positions.y).zip(&got) {
            let mut sum = Weighted::default();
            offsets
                .iter()
                .for_each(|(dx, dy)| window.add(x + dx, y + dy, &mut sum));
            assert_eq!(*got, (sum.value / sum.weight) as f32);
        }
        // One that is nowhere, or beyond the last pixel, is asked for by itself.
        for odd in [(f64::NAN, 0.0), (139.5, 0.0), (99.9, 0.0)] {
            let with = Positions {
                x: [&positions.x[..], &[odd.0]].concat(),
                y: [&positions.y[..], &[odd.1]].concat(),
            };
            let columns = range(&with.x);
            assert_eq!(window.all_inside(&with, &offsets, columns, rows), None);
        }
    }

    #[test]
    fn values_that_are_none_are_found_wherever_they_stand() {
        for length in [1, 15, 16, 17, 1024, 1040] {
            let (doubles, singles) = (vec![1.0f64; length], vec![1.0f32; length]);
            assert!(all_finite(&doubles) && !any_nan(&singles));
            for at in [0, length / 2, length - 1] {
                let (mut doubles, mut singles) = (doubles.clone(), singles.clone());
                doubles[at] = f64::NEG_INFINITY;
                singles[at] = f32::NAN;
                assert!(!all_finite(&doubles) && any_nan(&singles), "{at} of {length}");
                doubles[at] = -3.0;
                assert_eq!(range(&doubles), [-3.0, if length == 1 { -3.0 } else { 1.0 }]);
            }
        }
    }

    #[test]
    fn a_range_is_of_the_finite_values() {
        assert_eq!(range(&[3.0, f64::NAN, -1.0]), [-1.0, 3.0]);
        assert_eq!(range(&[3.0, f64::INFINITY, f64::NEG_INFINITY, 4.0]), [3.0, 4.0]);
        assert_eq!(range(&[f64::NAN]), [f64::INFINITY, f64::NEG_INFINITY]);
    }
}
