//! A little image that light is painted on, blurred by the seeing, and added to the survey.

use crate::io::raster::Plane;

/// A square of light centred on an object.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Half the side: pixels run from `-half` to `half` in both directions.
    pub half: i64,
    light: Vec<f64>,
}

impl Stamp {
    /// An empty stamp of `2 * half + 1` pixels a side.
    pub fn new(half: i64) -> Self {
        let side = (2 * half + 1) as usize;
        Self {
            half,
            light: vec![0.0; side * side],
        }
    }

    fn side(&self) -> usize {
        (2 * self.half + 1) as usize
    }

    /// Adds `brightness(dx, dy)` to every pixel, averaged over 3×3 points (11×11 in the centre, where
    /// profiles are steep); `dx`, `dy` are measured from the object's exact centre, which lies
    /// (`shift_x`, `shift_y`) from the middle pixel's centre.
    pub fn paint(&mut self, shift: (f64, f64), brightness: impl Fn(f64, f64) -> f64) {
        let side = self.side();
        for (i, value) in self.light.iter_mut().enumerate() {
            let x = (i % side) as i64 - self.half;
            let y = (i / side) as i64 - self.half;
            let steps = if x.abs() <= 2 && y.abs() <= 2 { 11 } else { 3 };
            let mut sum = 0.0;
            for sy in 0..steps {
                for sx in 0..steps {
                    let at = |s: i32| (f64::from(s) + 0.5) / f64::from(steps) - 0.5;
                    sum += brightness(x as f64 + at(sx) - shift.0, y as f64 + at(sy) - shift.1);
                }
            }
            *value += sum / f64::from(steps * steps);
        }
    }

    /// Scales the total light to `flux`.
    pub fn normalise(&mut self, flux: f64) {
        let total: f64 = self.light.iter().sum();
        if total > 0.0 {
            self.light.iter_mut().for_each(|v| *v *= flux / total);
        }
    }

    /// Adds another stamp of the same size.
    pub fn add(&mut self, other: &Stamp) {
        for (a, b) in self.light.iter_mut().zip(&other.light) {
            *a += b;
        }
    }

    /// Blurs by a circular Gaussian of `sigma` pixels.
    pub fn blur(&mut self, sigma: f64) {
        let reach = (4.0 * sigma).ceil() as i64;
        let kernel: Vec<f64> = (-reach..=reach)
            .map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp())
            .collect();
        let total: f64 = kernel.iter().sum();
        let side = self.side() as i64;
        for (step, across) in [(1, side), (side, 1)] {
            let source = self.light.clone();
            for line in 0..side {
                for i in 0..side {
                    let mut sum = 0.0;
                    for (k, weight) in kernel.iter().enumerate() {
                        let j = i + k as i64 - reach;
                        if (0..side).contains(&j) {
                            sum += weight * source[(line * across + j * step) as usize];
                        }
                    }
                    self.light[(line * across + i * step) as usize] = sum / total;
                }
            }
        }
    }

    /// Adds the light to `image` with the stamp's middle on pixel (`x`, `y`); what lies outside is lost.
    pub fn add_to(&self, image: &mut Plane, x: i64, y: i64) {
        let side = self.side() as i64;
        for row in 0..side {
            for column in 0..side {
                let (px, py) = (x + column - self.half, y + row - self.half);
                if (0..image.width as i64).contains(&px) && (0..image.height as i64).contains(&py) {
                    image.pixels[py as usize * image.width + px as usize] +=
                        self.light[(row * side + column) as usize] as f32;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_is_kept_and_centred() {
        let mut stamp = Stamp::new(20);
        stamp.paint((0.3, -0.2), |x, y| (-(x * x + y * y) / 8.0).exp());
        stamp.normalise(1000.0);
        stamp.blur(1.5);
        let mut image = Plane::filled(64, 64, 0.0);
        stamp.add_to(&mut image, 30, 33);
        let total: f64 = image.pixels.iter().map(|&v| f64::from(v)).sum();
        let mean = |f: fn(usize) -> usize| {
            image
                .pixels
                .iter()
                .enumerate()
                .map(|(i, &v)| f(i) as f64 * f64::from(v))
                .sum::<f64>()
                / total
        };
        assert!((total - 1000.0).abs() < 0.5, "{total}");
        assert!((mean(|i| i % 64) - 30.3).abs() < 0.01 && (mean(|i| i / 64) - 32.8).abs() < 0.01);
    }
}
