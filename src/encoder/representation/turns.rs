//! The eight ways to lay a square picture: four turns by a quarter, each also mirrored.

use crate::io::raster::Plane;
use crate::sky::cutout::Cutout;

/// The central square of a cutout: of a side that is longer by an odd number, the higher end loses one more.
pub fn whole_square(cutout: &Cutout) -> Cutout {
    let mut square = cutout.clone();
    for band in &mut square.bands {
        let side = band.width.min(band.height);
        if band.width == band.height {
            continue;
        }
        let (x0, y0) = ((band.width - side) / 2, (band.height - side) / 2);
        let mut pixels = Vec::with_capacity(side * side);
        for y in y0..y0 + side {
            pixels.extend_from_slice(&band.row(y)[x0..x0 + side]);
        }
        *band = Plane::from_pixels(side, side, pixels);
    }
    square
}

/// The central square of a cutout in all eight ways, itself first.
pub fn turns_of(cutout: &Cutout) -> Vec<Cutout> {
    let square = whole_square(cutout);
    (0..8)
        .map(|way| Cutout {
            bands: square.bands.iter().map(|b| laid(b, way)).collect(),
            ..square.clone()
        })
        .collect()
}

/// One of the eight ways: bit 0 mirrors left and right, bit 1 top and bottom, bit 2 swaps rows and columns.
fn laid(band: &Plane, way: usize) -> Plane {
    let n = band.width;
    let mut pixels = Vec::with_capacity(n * n);
    for y in 0..n {
        for x in 0..n {
            let (mut u, mut v) = (x, y);
            if way & 1 != 0 {
                u = n - 1 - u;
            }
            if way & 2 != 0 {
                v = n - 1 - v;
            }
            if way & 4 != 0 {
                (u, v) = (v, u);
            }
            pixels.push(band.pixels[v * n + u]);
        }
    }
    Plane::from_pixels(n, n, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eight_ways_are_all_different_and_closed() {
        let plane = Plane::from_pixels(3, 3, (0..9).map(|i| i as f32).collect());
        let all: Vec<Vec<f32>> = (0..8).map(|way| laid(&plane, way).pixels).collect();
        for (i, a) in all.iter().enumerate() {
            assert!(!all[..i].contains(a), "way {i} is there twice");
        }
        // Any way of any way is one of them.
        for way in 0..8 {
            let once = laid(&plane, way);
            assert!((0..8).all(|next| all.contains(&laid(&once, next).pixels)));
        }
        assert_eq!(all[0], plane.pixels);
        // A quarter turn: the first row becomes a column.
        assert!(all.contains(&vec![6.0, 3.0, 0.0, 7.0, 4.0, 1.0, 8.0, 5.0, 2.0]));
    }
}
