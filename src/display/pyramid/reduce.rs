//! Halving: means of 2×2 pixels that leave out those without a value.

use crate::io::raster::Plane;

/// A plane at half its resolution: each value is the mean of the finite ones among 2×2, NaN where there
/// is none. An odd last row or column is halved with what there is.
pub fn halve(plane: &Plane) -> Plane {
    let (width, height) = (plane.width.div_ceil(2), plane.height.div_ceil(2));
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let lower = plane.row(2 * y);
        let upper = if 2 * y + 1 < plane.height {
            plane.row(2 * y + 1)
        } else {
            &[]
        };
        for x in 0..width {
            let four = [
                lower.get(2 * x),
                lower.get(2 * x + 1),
                upper.get(2 * x),
                upper.get(2 * x + 1),
            ];
            let (mut sum, mut n) = (0.0f32, 0.0f32);
            for v in four.into_iter().flatten() {
                if v.is_finite() {
                    sum += v;
                    n += 1.0;
                }
            }
            pixels.push(sum / n); // 0/0 is NaN: none has a value
        }
    }
    Plane {
        width,
        height,
        pixels,
    }
}

/// A plane halved `level` times.
pub(super) fn reduce(plane: Plane, level: u8) -> Plane {
    (0..level).fold(plane, |p, _| halve(&p))
}

/// Columns `from`..`to` of a plane.
pub(super) fn columns(plane: &Plane, from: usize, to: usize) -> Plane {
    let to = to.min(plane.width);
    let from = from.min(to);
    let mut pixels = Vec::with_capacity((to - from) * plane.height);
    for y in 0..plane.height {
        pixels.extend_from_slice(&plane.row(y)[from..to]);
    }
    Plane {
        width: to - from,
        height: plane.height,
        pixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_leave_out_what_has_no_value() {
        let nan = f32::NAN;
        let plane = Plane::from_pixels(3, 3, vec![1.0, 3.0, 5.0, nan, 2.0, nan, nan, nan, 7.0]);
        let half = halve(&plane);
        assert_eq!((half.width, half.height), (2, 2));
        assert_eq!(half.pixels[0], 2.0);
        assert_eq!(half.pixels[1], 5.0);
        assert!(half.pixels[2].is_nan());
        assert_eq!(half.pixels[3], 7.0);
        assert_eq!(columns(&plane, 1, 9).pixels[..2], [3.0, 5.0]);
    }
}
