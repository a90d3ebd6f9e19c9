//! Images turned by parts of a quarter, under their circle: the group takes care of quarters and reflections
//! alone, and the mean of the vectors of a few such turns hardly depends on the angle at which a telescope
//! saw an object.

use super::graph::circle;

/// Most turns of one network.
pub const MOST: usize = 16;
/// What a turn reaches beyond the border: the circle fades out one pixel past it, and a cubic takes two
/// more on either side.
const BORDER: usize = 4;

/// One turn of square images of a side: where the values of each pixel come from, and how much each
/// counts.
#[derive(Debug, Clone)]
pub struct Turn {
    side: usize,
    /// First of 4×4 values in a plane with [`BORDER`], for pixels within the circle.
    pixels: Vec<Pixel>,
}

#[derive(Debug, Clone)]
struct Pixel {
    to: u32,
    from: u32,
    rows: [f32; 4],
    columns: [f32; 4],
}

/// Weights of the four values around a place `f` past the second (Catmull & Rom 1974, Keys' cubic with
/// a = −0.5).
#[inline]
pub fn cubic(f: f32) -> [f32; 4] {
    let (f2, f3) = (f * f, f * f * f);
    [
        0.5 * (-f3 + 2.0 * f2 - f),
        0.5 * (3.0 * f3 - 5.0 * f2 + 2.0),
        0.5 * (-3.0 * f3 + 4.0 * f2 + f),
        0.5 * (f3 - f2),
    ]
}

impl Turn {
    /// `count` turns that share a quarter alike, none first, of images of `side` px.
    pub fn all(side: usize, count: usize) -> Vec<Self> {
        let part = std::f32::consts::FRAC_PI_2 / count.max(1) as f32;
        (0..count.max(1))
            .map(|i| Self::new(side, i as f32 * part))
            .collect()
    }

    fn new(side: usize, angle: f32) -> Self {
        let (sin, cos) = if angle == 0.0 { (0.0, 1.0) } else { angle.sin_cos() };
        let middle = (side as f32 - 1.0) / 2.0;
        let wide = side + 2 * BORDER;
        let pixels = (circle(side).into_iter().enumerate())
            .filter(|(_, share)| *share > 0.0)
            .map(|(to, share)| {
                let (y, x) = ((to / side) as f32 - middle, (to % side) as f32 - middle);
                let (y, x) = (middle + cos * y + sin * x, middle - sin * y + cos * x);
                let first = |v: f32| (v.floor() as isize - 1 + BORDER as isize) as usize;
                Pixel {
                    to: to as u32,
                    from: (first(y) * wide + first(x)) as u32,
                    rows: cubic(y - y.floor()).map(|w| w * share),
                    columns: cubic(x - x.floor()),
                }
            })
            .collect();
        Self { side, pixels }
    }

    /// Places `planes`, each `side` px a side, turned and under the circle into `out`. `bordered` is memory.
    pub fn apply(&self, planes: &[f32], bordered: &mut Vec<f32>, out: &mut [f32]) {
        let (side, wide) = (self.side, self.side + 2 * BORDER);
        let area = side * side;
        bordered.resize(wide * wide, 0.0);
        let mut last: Option<&[f32]> = None;
        for (i, plane) in planes.chunks_exact(area).enumerate() {
            let (before, to) = out.split_at_mut(i * area);
            let to = &mut to[..area];
            // A grey picture's planes are alike.
            if last == Some(plane) {
                to.copy_from_slice(&before[(i - 1) * area..]);
                continue;
            }
            last = Some(plane);
            for (y, line) in bordered.chunks_exact_mut(wide).enumerate() {
                let row = y.saturating_sub(BORDER).min(side - 1);
                let row = &plane[row * side..(row + 1) * side];
                line[..BORDER].fill(row[0]);
                line[BORDER..BORDER + side].copy_from_slice(row);
                line[BORDER + side..].fill(row[side - 1]);
            }
            to.fill(0.0);
            for p in &self.pixels {
                let mut across = [0.0f32; 4];
                for (k, weight) in p.rows.iter().enumerate() {
                    let at = p.from as usize + k * wide;
                    for (sum, v) in across.iter_mut().zip(&bordered[at..at + 4]) {
                        *sum += weight * v;
                    }
                }
                to[p.to as usize] = across.iter().zip(&p.columns).map(|(a, w)| a * w).sum();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_turn_is_the_image_under_its_circle() {
        let image: Vec<f32> = (0..2 * 144).map(|i| (i * i % 17) as f32 - 5.0).collect();
        let mut out = vec![f32::NAN; image.len()];
        Turn::all(12, 1)[0].apply(&image, &mut Vec::new(), &mut out);
        let circle = circle(12);
        for (i, v) in out.iter().enumerate() {
            assert_eq!(*v, image[i] * circle[i % 144]);
        }
    }

    #[test]
    fn a_slope_is_turned_exactly() {
        // A cubic reproduces straight lines, so that a turned slope is a slope in the turned direction.
        let side = 20;
        let slope = |y: f32, x: f32| 0.3 * y - 0.7 * x + 2.0;
        let image: Vec<f32> = (0..side * side)
            .map(|i| slope((i / side) as f32, (i % side) as f32))
            .collect();
        let turns = Turn::all(side, 3);
        assert_eq!(turns.len(), 3);
        let mut out = vec![f32::NAN; image.len()];
        turns[1].apply(&image, &mut Vec::new(), &mut out);
        let (sin, cos) = 30f32.to_radians().sin_cos();
        let (mut seen, middle) = (0, 9.5f32);
        for (i, v) in out.iter().enumerate() {
            let (y, x) = ((i / side) as f32 - middle, (i % side) as f32 - middle);
            // Not where the border is repeated.
            if y.hypot(x) < 7.0 {
                let want = slope(middle + cos * y + sin * x, middle - sin * y + cos * x);
                assert!((v - want).abs() < 1e-4, "{v}, not {want} at {i}");
                seen += 1;
            }
        }
        assert!(seen > 140);
    }
}
