//! The sky of one stamp before the detector: light in one or three bands on a square a little larger
//! than the stamp, so that what lies outside shines in.

use super::blur::{Gaussian, blurred};
use crate::io::raster::Plane;

/// Light by band, blue to red, of a part of an object; 1 is what the middle band sees.
pub type Colour = [f64; 3];

/// Colours by temperament: -1 is young and blue, 0 the average galaxy, 1 old and red.
pub fn colour(redness: f64) -> Colour {
    [
        0.76 * 10f64.powf(-0.20 * redness),
        1.0,
        1.17 * 10f64.powf(0.085 * redness),
    ]
}

/// Light in one or three bands.
pub struct Scene {
    /// Side of the stamp in pixels.
    pub side: usize,
    margin: usize,
    whole: usize,
    bands: Vec<Vec<f32>>,
    /// Which colours a single band sees.
    filter: Colour,
}

impl Scene {
    /// An empty sky of `side` pixels that sees colours in three bands or, weighed by `filter`, in one.
    pub fn new(side: usize, three: bool, filter: Colour) -> Self {
        let margin = (side / 6).max(8);
        let whole = side + 2 * margin;
        Self {
            side,
            margin,
            whole,
            bands: vec![vec![0.0; whole * whole]; if three { 3 } else { 1 }],
            filter,
        }
    }

    /// Weights of a colour in this scene's bands.
    fn weights(&self, colour: Colour) -> Vec<f32> {
        if self.bands.len() == 3 {
            colour.iter().map(|&c| c as f32).collect()
        } else {
            vec![(0..3).map(|b| colour[b] * self.filter[b]).sum::<f64>() as f32]
        }
    }

    /// Adds the light of an object at (`x`, `y`) from the stamp's middle that reaches `reach` pixels:
    /// `light` gives flux a squared pixel by place from the object's own middle. Pixels near it are
    /// averages over `fine`² places, far ones over few.
    pub fn paint(
        &mut self,
        (x, y): (f64, f64),
        reach: f64,
        fine: usize,
        colour: Colour,
        light: impl Fn(f64, f64) -> f64,
    ) {
        let weights = self.weights(colour);
        let middle = (self.whole as f64 - 1.0) / 2.0;
        let (cx, cy) = (middle + x, middle + y);
        let whole = self.whole;
        let range = |c: f64| {
            let low = (c - reach).floor().clamp(0.0, whole as f64) as usize;
            low..((c + reach).ceil() + 1.0).clamp(0.0, whole as f64) as usize
        };
        for row in range(cy) {
            for column in range(cx) {
                let (dx, dy) = (column as f64 - cx, row as f64 - cy);
                let far = dx.abs().max(dy.abs());
                let n = if far < 3.0 {
                    fine
                } else if far < 8.0 {
                    fine.div_ceil(2)
                } else {
                    fine.div_ceil(4)
                };
                let value = if n <= 1 {
                    light(dx, dy)
                } else {
                    let step = 1.0 / n as f64;
                    let at = |i: usize| (i as f64 + 0.5) * step - 0.5;
                    let sum: f64 = (0..n * n).map(|i| light(dx + at(i % n), dy + at(i / n))).sum();
                    sum * step * step
                };
                for (band, weight) in self.bands.iter_mut().zip(&weights) {
                    band[row * whole + column] += weight * value as f32;
                }
            }
        }
    }

    /// Adds a round Gaussian of `flux`, `sigma` pixels wide.
    pub fn dot(&mut self, at: (f64, f64), sigma: f64, flux: f64, colour: Colour) {
        let sigma = sigma.max(0.35);
        let peak = flux / (std::f64::consts::TAU * sigma * sigma);
        let fine = if sigma < 0.8 { 3 } else { 1 };
        let scale = -0.5 / (sigma * sigma);
        self.paint(at, 3.5 * sigma, fine, colour, |x, y| {
            peak * (scale * (x * x + y * y)).exp()
        });
    }

    /// Adds light given as a picture of the whole square.
    pub fn add(&mut self, light: &[f32], colour: Colour) {
        for (band, weight) in self.weights(colour).into_iter().enumerate() {
            for (o, v) in self.bands[band].iter_mut().zip(light) {
                *o += weight * v;
            }
        }
    }

    /// Side of the whole square, in pixels: of what [`add`](Self::add) takes.
    pub fn whole(&self) -> usize {
        self.whole
    }

    /// Dims everything by dust of optical depth `depth` by place from the stamp's middle, blue most.
    pub fn absorb(&mut self, depth: impl Fn(f64, f64) -> f64) {
        let middle = (self.whole as f64 - 1.0) / 2.0;
        let powers: &[f32] = if self.bands.len() == 3 {
            &[1.35, 1.0, 0.75]
        } else {
            &[1.0]
        };
        for i in 0..self.whole * self.whole {
            let (x, y) = ((i % self.whole) as f64, (i / self.whole) as f64);
            let tau = depth(x - middle, y - middle) as f32;
            if tau > 1e-3 {
                for (band, power) in self.bands.iter_mut().zip(powers) {
                    band[i] *= (-tau * power).exp();
                }
            }
        }
    }

    /// Blurs each band by the point spread function `psf` scaled by `scale` of the band.
    pub fn blur(&mut self, psf: &[Gaussian], scale: [f32; 3]) {
        let single = self.bands.len() == 1;
        for (band, light) in self.bands.iter_mut().enumerate() {
            let by = scale[if single { 1 } else { band }];
            let scaled: Vec<Gaussian> = psf.iter().map(|&(share, sigma)| (share, sigma * by)).collect();
            *light = blurred(light, self.whole, &scaled);
        }
    }

    /// The light of the stamp itself by band, without its surroundings.
    pub fn planes(&self) -> Vec<Plane> {
        let crop = |band: &Vec<f32>| {
            let rows = (0..self.side).flat_map(|y| {
                let from = (y + self.margin) * self.whole + self.margin;
                band[from..from + self.side].iter().copied()
            });
            Plane::from_pixels(self.side, self.side, rows.collect())
        };
        self.bands.iter().map(crop).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::profile::{Ellipse, Sersic};
    use super::*;

    #[test]
    fn painted_light_is_what_the_profile_has() {
        let mut scene = Scene::new(96, false, [0.0, 1.0, 0.0]);
        let (profile, shape) = (Sersic::new(1.0, 5.0, 0.5), Ellipse::new(0.5, 0.7));
        scene.paint((1.3, -0.4), 60.0, 6, [1.0; 3], |x, y| {
            profile.at(shape.radius(x, y))
        });
        let plane = &scene.planes()[0];
        let total: f64 = plane.pixels.iter().map(|&v| f64::from(v)).sum();
        let mean_x = (plane.pixels.iter().enumerate())
            .map(|(i, &v)| (i % 96) as f64 * f64::from(v))
            .sum::<f64>()
            / total;
        assert!((total - 1.0).abs() < 2e-3, "{total}");
        assert!((mean_x - 48.8).abs() < 0.01, "{mean_x}");
    }
}
