//! A cutout as the picture that a pretrained network expects: `[3, side, side]`, standardised.
//!
//! Steps, in this order: rows turned so that the top row comes first (as pictures are), the
//! centre square taken, pixels without a value set to the median, pictures divided by 255 or
//! fluxes stretched, bands put on R, G, B, resized (antialiased), mean and standard deviation.
//! The numbers of each step are data ([`Preprocessing`]), kept in a run's manifest: vectors made
//! with another contract can't be compared.

use crate::io::raster::{Origin, Plane};
use crate::sky::cutout::{Cutout, Filter, resize};
use serde::{Deserialize, Serialize};

/// How a square of pixels is brought to the network's size; both widen their window when
/// shrinking (as Pillow and timm's evaluation do).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resample {
    /// Triangle of the width of a pixel.
    AntialiasedBilinear,
    /// Keys' cubic with a = −0.5.
    AntialiasedBicubic,
}

/// How fluxes of a band become values from 0 to 1.
///
/// `x = (flux − low) / (high − low)` clipped to 0–1, then `asinh(x / softening) / asinh(1 /
/// softening)` (Lupton et al. 1999, AJ 118, 1406, for the function). Percentiles are the cutout's
/// own, linearly interpolated, over the pixels that have a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FluxStretch {
    /// Percentile that becomes 0.
    pub low_percentile: f64,
    /// Percentile that becomes 1.
    pub high_percentile: f64,
    /// Where the stretch turns from linear to logarithmic, as a fraction of the range.
    pub asinh_softening: f64,
}

/// The contract between cutouts and a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// Side of the network's input in pixels.
    pub image_px: usize,
    /// Subtracted from R, G, B after the values are in 0–1.
    pub mean: [f32; 3],
    /// Divides R, G, B after the mean is subtracted.
    pub std: [f32; 3],
    /// How the cutout is brought to `image_px`.
    pub resample: Resample,
    /// What is done with fluxes; pictures are only divided by 255.
    pub flux_stretch: FluxStretch,
}

impl Default for Preprocessing {
    /// 224 px, ImageNet's mean and standard deviation, bicubic, 0.5–99.7 %, softening 0.1.
    fn default() -> Self {
        Self {
            image_px: 224,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
            resample: Resample::AntialiasedBicubic,
            flux_stretch: FluxStretch {
                low_percentile: 0.5,
                high_percentile: 99.7,
                asinh_softening: 0.1,
            },
        }
    }
}

impl Preprocessing {
    /// Number of planes that are made of a cutout.
    pub fn channels(&self) -> usize {
        3
    }

    /// Whether the numbers make sense; the message says which don't.
    ///
    /// # Errors
    /// A sentence about the first number that doesn't.
    pub fn check(&self) -> Result<(), String> {
        let s = &self.flux_stretch;
        let percentiles =
            0.0 <= s.low_percentile && s.low_percentile < s.high_percentile && s.high_percentile <= 100.0;
        if self.image_px == 0 || self.image_px > 2048 {
            Err(format!("image_px is {}, but must be 1 to 2048", self.image_px))
        } else if self.std.iter().any(|v| !(*v > 0.0 && v.is_finite()))
            || self.mean.iter().any(|v| !v.is_finite())
        {
            Err("mean must be finite and std positive".into())
        } else if !percentiles {
            Err(format!(
                "percentiles {} and {} must be in order and within 0 to 100",
                s.low_percentile, s.high_percentile
            ))
        } else if !(s.asinh_softening > 0.0 && s.asinh_softening.is_finite()) {
            Err("asinh_softening must be positive".into())
        } else {
            Ok(())
        }
    }

    /// Writes `cutout` to `out`, `3 * image_px * image_px` values, R, G, B planes, top row first.
    ///
    /// A picture's bands are R, G, B (one is grey; a second or fourth is opacity and left out).
    /// Flux bands are ordered blue to red: one is repeated; of two, R, G, B are (last, mean,
    /// first); of more, (last, middle, first). A band without any pixel takes the mean of the
    /// others; without pixels in any band everything is 0 before standardising.
    ///
    /// # Errors
    /// A sentence, if the cutout has no bands, no pixels or bands of different shapes.
    ///
    /// # Panics
    /// If `out` is of another length.
    pub fn apply(&self, cutout: &Cutout, out: &mut [f32]) -> Result<(), String> {
        let area = self.image_px * self.image_px;
        assert_eq!(out.len(), 3 * area, "three planes of the network's size");
        let (width, height) = (cutout.width(), cutout.height());
        let fits = |b: &Plane| (b.width, b.height, b.pixels.len()) == (width, height, width * height);
        if width == 0 || height == 0 || !cutout.bands.iter().all(fits) {
            return Err(format!(
                "the cutout has {} bands of {width}x{height} px that aren't all of one size",
                cutout.bands.len()
            ));
        }
        let used = channels_of(cutout.bands.len(), cutout.is_picture);
        let mut wanted: Vec<usize> = used.concat();
        wanted.sort_unstable();
        wanted.dedup();
        let mut planes: Vec<Option<Vec<f32>>> = vec![None; cutout.bands.len()];
        for band in wanted {
            let square = centre_square(&cutout.bands[band], cutout.origin);
            planes[band] = self.unit_values(square, cutout.is_picture);
        }
        let side = width.min(height);
        let present: Vec<&Vec<f32>> = planes.iter().flatten().collect();
        let fallback = mean_of(&present, side * side);
        let filter = match self.resample {
            Resample::AntialiasedBilinear => Filter::Bilinear,
            Resample::AntialiasedBicubic => Filter::Bicubic,
        };
        let mut done: Vec<(&[usize], usize)> = Vec::new();
        for (channel, bands) in used.iter().enumerate() {
            // Grey: resized once, copied twice.
            if let Some(&(_, same)) = done.iter().find(|(b, _)| *b == bands.as_slice()) {
                out.copy_within(same * area..(same + 1) * area, channel * area);
                continue;
            }
            let parts: Vec<&Vec<f32>> = (bands.iter())
                .map(|&b| planes[b].as_ref().unwrap_or(&fallback))
                .collect();
            let plane = Plane::from_pixels(side, side, mean_of(&parts, side * side));
            let sized = resize(&plane, self.image_px, self.image_px, filter);
            out[channel * area..(channel + 1) * area].copy_from_slice(&sized.pixels);
            done.push((bands, channel));
        }
        for (channel, plane) in out.chunks_exact_mut(area).enumerate() {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            plane.iter_mut().for_each(|v| *v = (*v - mean) / std);
        }
        Ok(())
    }

    /// Pixels as values from 0 to 1 without gaps, or `None` if no pixel has a value.
    fn unit_values(&self, mut pixels: Vec<f32>, is_picture: bool) -> Option<Vec<f32>> {
        let mut sorted: Vec<f32> = pixels.iter().copied().filter(|v| v.is_finite()).collect();
        if sorted.is_empty() {
            return None;
        }
        sorted.sort_unstable_by(f32::total_cmp);
        let median = percentile(&sorted, 50.0);
        let (low, range, softening) = if is_picture {
            (0.0, 255.0, None)
        } else {
            let s = &self.flux_stretch;
            let low = percentile(&sorted, s.low_percentile);
            let high = percentile(&sorted, s.high_percentile);
            (low, high - low, Some(s.asinh_softening))
        };
        for pixel in &mut pixels {
            let value = if pixel.is_finite() {
                f64::from(*pixel)
            } else {
                median
            };
            // A band without any contrast is black, not noise.
            let x = if range > 0.0 {
                ((value - low) / range).clamp(0.0, 1.0)
            } else {
                0.0
            };
            *pixel = match softening {
                Some(s) => ((x / s).asinh() / (1.0 / s).asinh()) as f32,
                None => x as f32,
            };
        }
        Some(pixels)
    }
}

/// Which bands are averaged for R, G and B.
fn channels_of(bands: usize, is_picture: bool) -> [Vec<usize>; 3] {
    match (bands, is_picture) {
        (0 | 1, _) | (2, true) => [vec![0], vec![0], vec![0]],
        (2, false) => [vec![1], vec![0, 1], vec![0]],
        (_, true) => [vec![0], vec![1], vec![2]],
        (n, false) => [vec![n - 1], vec![n / 2], vec![0]],
    }
}

/// The central square, top row first.
fn centre_square(plane: &Plane, origin: Origin) -> Vec<f32> {
    let side = plane.width.min(plane.height);
    let (left, low) = ((plane.width - side) / 2, (plane.height - side) / 2);
    let mut out = Vec::with_capacity(side * side);
    for y in 0..side {
        let row = match origin {
            Origin::TopLeft => low + y,
            Origin::BottomLeft => low + side - 1 - y,
        };
        out.extend_from_slice(&plane.row(row)[left..left + side]);
    }
    out
}

/// Pixel by pixel mean; zeros if there is nothing to average.
fn mean_of(planes: &[&Vec<f32>], len: usize) -> Vec<f32> {
    match planes {
        [] => vec![0.0; len],
        [one] => (*one).clone(),
        more => (0..len)
            .map(|i| more.iter().map(|p| p[i]).sum::<f32>() / more.len() as f32)
            .collect(),
    }
}

/// Percentile of sorted values, linearly interpolated (Hyndman & Fan 1996, type 7; numpy's default).
fn percentile(sorted: &[f32], percent: f64) -> f64 {
    let at = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = (at.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let (a, b) = (f64::from(sorted[below]), f64::from(sorted[above]));
    a + (b - a) * (at - below as f64)
}
