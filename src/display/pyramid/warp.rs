//! A band on another band's pixel grid, by the nearest pixel: good enough to look at, never measured.

use crate::io::raster::Plane;

/// Texels between points where the position is worked out exactly; between them it is interpolated.
const MESH: usize = 16;

/// `width` × `height` texels whose centres lie where `position` says (texel → pixel of the other band;
/// `None` off its sky), each with the `value` found there.
pub(super) fn warp(
    width: usize,
    height: usize,
    position: impl Fn(f64, f64) -> Option<(f64, f64)>,
    mut value: impl FnMut(f64, f64) -> f32,
) -> Plane {
    let mut plane = Plane::filled(width, height, f32::NAN);
    let across = width.div_ceil(MESH) + 1;
    let knots = |row: usize| -> Vec<Option<(f64, f64)>> {
        (0..across)
            .map(|i| position((i * MESH) as f64, (row * MESH) as f64))
            .collect()
    };
    let mut below = knots(0);
    for my in 0..height.div_ceil(MESH) {
        let above = knots(my + 1);
        for y in my * MESH..((my + 1) * MESH).min(height) {
            let fy = (y - my * MESH) as f64 / MESH as f64;
            let row = plane.row_mut(y);
            for (x, texel) in row.iter_mut().enumerate() {
                let mx = x / MESH;
                let (Some(a), Some(b), Some(c), Some(d)) =
                    (below[mx], below[mx + 1], above[mx], above[mx + 1])
                else {
                    continue;
                };
                let fx = (x - mx * MESH) as f64 / MESH as f64;
                let mix = |a: f64, b: f64, c: f64, d: f64| {
                    (a * (1.0 - fx) + b * fx) * (1.0 - fy) + (c * (1.0 - fx) + d * fx) * fy
                };
                *texel = value(mix(a.0, b.0, c.0, d.0), mix(a.1, b.1, c.1, d.1));
            }
        }
        below = above;
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_map_is_exact_and_off_the_sky_is_nothing() {
        let plane = warp(
            40,
            20,
            |x, y| (x < 33.0).then_some((2.0 * x + 1.0, 3.0 * y - 2.0)),
            |x, y| (x + 100.0 * y) as f32,
        );
        assert_eq!(plane.get(7, 19), Some(15.0 + 100.0 * 55.0));
        assert!(plane.get(39, 0).is_some_and(f32::is_nan));
    }
}
