//! A cutout as the picture that a pretrained network expects: `[3, side, side]`, standardised.
//!
//! Steps, in this order: rows turned so that the top row comes first (as pictures are), the
//! centre square taken, pixels without a value set to the median, pictures divided by 255 or
//! fluxes stretched, bands put on R, G, B, resized (antialiased), mean and standard deviation.
//! A network trained on calibrated fluxes has [`Fluxes`] instead of a stretch: its bands are
//! cropped, resized if they must be, and become planes by its own formula.
//! The numbers of each step are data ([`Preprocessing`]), kept in a run's manifest: vectors made
//! with another contract can't be compared.

mod fluxes;
mod stretch;
mod window;

pub use fluxes::{Becomes, Fluxes};

use crate::io::raster::{Origin, Plane};
use crate::sky::cutout::{Cutout, Filter, Squares};
use serde::{Deserialize, Serialize};
use stretch::{all_finite, asinh_stretch, percentile, standardise, to_unit};
use window::{Shape, window};

/// How a square of pixels is brought to the network's size; the antialiased ones widen their
/// window when shrinking (as Pillow and timm's evaluation do).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resample {
    /// Triangle of the width of a pixel.
    AntialiasedBilinear,
    /// Keys' cubic with a = −0.5.
    AntialiasedBicubic,
    /// The four neighbours whatever the factor, as PyTorch without `antialias`.
    PlainBilinear,
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
    /// Leaves out the division by asinh(1 / softening), so that 1 becomes that instead of 1.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unscaled: bool,
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
    /// Values run to this instead of 1, before the mean is subtracted: 255 where a network takes
    /// pictures as they are.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub full_scale: f32,
    /// Part of the square that is left out: 1.2 takes the central 1/1.2 of its side.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub zoom: f32,
    /// Pixels of the cutout that are kept around its centre, if it has more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crop_px: Option<usize>,
    /// Makes one plane, the mean of R, G and B, instead of three; the first `mean` and `std` count.
    #[serde(default, skip_serializing_if = "is_false")]
    pub grey: bool,
    /// Puts the bottom row of the sky first, as FITS files have it, instead of the top row.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bottom_row_first: bool,
    /// Exchanges rows and columns at the end.
    #[serde(default, skip_serializing_if = "is_false")]
    pub swap_axes: bool,
    /// The contract of a network that was trained on calibrated fluxes; pictures can't be used
    /// then, and `flux_stretch`, `mean` and `std` don't count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fluxes: Option<Fluxes>,
}

// What a contract doesn't say isn't in a manifest either: runs made before it could be said go on.
fn is_false(value: &bool) -> bool {
    !value
}

fn one() -> f32 {
    1.0
}

fn is_one(value: &f32) -> bool {
    *value == 1.0
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
                unscaled: false,
            },
            full_scale: 1.0,
            zoom: 1.0,
            crop_px: None,
            grey: false,
            bottom_row_first: false,
            swap_axes: false,
            fluxes: None,
        }
    }
}

impl Preprocessing {
    /// Number of planes that are made of a cutout.
    pub fn channels(&self) -> usize {
        match &self.fluxes {
            Some(fluxes) => fluxes.channels(),
            None if self.grey => 1,
            None => 3,
        }
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
        } else if !(1.0..=100.0).contains(&self.zoom) {
            Err(format!("zoom is {}, but must be 1 to 100", self.zoom))
        } else if !(self.full_scale > 0.0 && self.full_scale.is_finite()) {
            Err("full_scale must be positive".into())
        } else if self.crop_px == Some(0) {
            Err("crop_px must be at least 1".into())
        } else {
            self.fluxes.as_ref().map_or(Ok(()), Fluxes::check)
        }
    }

    /// Writes `cutout` to `out`, `channels * image_px * image_px` values: R, G, B planes (or what
    /// the contract makes instead), top row first unless the contract says otherwise.
    ///
    /// A picture's bands are R, G, B (one is grey; a second or fourth is opacity and left out).
    /// Flux bands are ordered blue to red: one is repeated; of two, R, G, B are (last, mean,
    /// first); of more, (last, middle, first). A band without any pixel takes the mean of the
    /// others; without pixels in any band everything is 0 before standardising.
    ///
    /// # Errors
    /// A sentence, if the cutout has no bands, no pixels or bands of different shapes, or not the
    /// bands that a contract on fluxes needs.
    ///
    /// # Panics
    /// If `out` is of another length.
    pub fn apply(&self, cutout: &Cutout, out: &mut [f32]) -> Result<(), String> {
        let area = self.image_px * self.image_px;
        assert_eq!(out.len(), self.channels() * area, "planes of the network's size");
        let (width, height) = (cutout.width(), cutout.height());
        let fits = |b: &Plane| (b.width, b.height, b.pixels.len()) == (width, height, width * height);
        if width == 0 || height == 0 || !cutout.bands.iter().all(fits) {
            return Err(format!(
                "the cutout has {} bands of {width}x{height} px that aren't all of one size",
                cutout.bands.len()
            ));
        }
        match &self.fluxes {
            Some(fluxes) => self.apply_fluxes(fluxes, cutout, out)?,
            None => self.apply_picture(cutout, out),
        }
        if self.swap_axes {
            let side = self.image_px;
            for plane in out.chunks_exact_mut(area) {
                for (y, x) in (0..side).flat_map(|y| (0..y).map(move |x| (y, x))) {
                    plane.swap(y * side + x, x * side + y);
                }
            }
        }
        Ok(())
    }

    /// Bands of calibrated fluxes; pixels without a value have none (0).
    fn apply_fluxes(&self, fluxes: &Fluxes, cutout: &Cutout, out: &mut [f32]) -> Result<(), String> {
        let area = self.image_px * self.image_px;
        let mut sizer = None;
        let bands: Vec<Vec<f32>> = (fluxes.places(cutout)?.into_iter())
            .map(|place| {
                let (mut square, side) = self.square(&cutout.bands[place], cutout.origin);
                let missing = square.iter_mut().filter(|v| !v.is_finite());
                missing.for_each(|v| *v = 0.0);
                let mut sized = vec![0.0; area];
                (sizer.get_or_insert_with(|| self.sizer(side))).write(&square, &mut sized);
                sized
            })
            .collect();
        fluxes.write(&bands, area, out);
        Ok(())
    }

    /// Pictures, and fluxes that are stretched to look like some.
    fn apply_picture(&self, cutout: &Cutout, out: &mut [f32]) {
        let area = self.image_px * self.image_px;
        let mut used = channels_of(cutout.bands.len(), cutout.is_picture).to_vec();
        let mut wanted: Vec<usize> = used.concat();
        wanted.sort_unstable();
        wanted.dedup();
        if self.grey {
            used = vec![wanted.clone()];
        }
        let mut planes: Vec<Option<Vec<f32>>> = vec![None; cutout.bands.len()];
        let mut side = cutout.width().min(cutout.height());
        for &band in &wanted {
            let (square, kept) = self.square(&cutout.bands[band], cutout.origin);
            side = kept;
            planes[band] = self.unit_values(square, cutout.is_picture);
        }
        // What stands for a band without any pixel.
        let fallback = match wanted.iter().any(|&band| planes[band].is_none()) {
            true => mean_of(&planes.iter().flatten().collect::<Vec<_>>(), side * side),
            false => Vec::new(),
        };
        let mut sizer = self.sizer(side);
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
            let to = &mut out[channel * area..(channel + 1) * area];
            match parts.as_slice() {
                [one] => sizer.write(one, to),
                more => sizer.write(&mean_of(more, side * side), to),
            }
            done.push((bands, channel));
        }
        for (channel, plane) in out.chunks_exact_mut(area).enumerate() {
            standardise(plane, self.full_scale, self.mean[channel], self.std[channel]);
        }
    }

    /// The square around the centre that is used, its first row as the contract says, and its side.
    fn square(&self, plane: &Plane, origin: Origin) -> (Vec<f32>, usize) {
        let whole = plane.width.min(plane.height);
        let side = self.crop_px.map_or(whole, |crop| crop.min(whole));
        let (left, low) = ((plane.width - side) / 2, (plane.height - side) / 2);
        let as_stored = (origin == Origin::BottomLeft) == self.bottom_row_first;
        let mut out = Vec::with_capacity(side * side);
        for y in 0..side {
            let row = if as_stored { low + y } else { low + side - 1 - y };
            out.extend_from_slice(&plane.row(row)[left..left + side]);
        }
        (out, side)
    }

    /// What brings squares of `side` pixels without gaps to the network's size.
    fn sizer(&self, side: usize) -> Sizer {
        let new = self.image_px;
        let filter = match self.resample {
            Resample::AntialiasedBilinear => Some(Filter::Bilinear),
            Resample::AntialiasedBicubic => Some(Filter::Bicubic),
            Resample::PlainBilinear => None,
        };
        match filter {
            Some(filter) if self.zoom == 1.0 => Sizer::Whole(Squares::new(side, new, filter)),
            // Any filter leaves a size as it is.
            _ if self.zoom == 1.0 && side == new => Sizer::Whole(Squares::new(side, new, Filter::Bilinear)),
            _ => Sizer::Window {
                side,
                extent: side as f64 / f64::from(self.zoom),
                new,
                shape: match self.resample {
                    Resample::AntialiasedBicubic => Shape::Cubic,
                    _ => Shape::Triangle,
                },
                antialias: filter.is_some(),
            },
        }
    }

    /// Pixels as values from 0 to 1 without gaps, or `None` if no pixel has a value.
    fn unit_values(&self, mut pixels: Vec<f32>, is_picture: bool) -> Option<Vec<f32>> {
        let mut valued = None;
        if !all_finite(&pixels) {
            let finite: Vec<f32> = pixels.iter().copied().filter(|v| v.is_finite()).collect();
            if finite.is_empty() {
                return None;
            }
            let median = percentile(&finite, 50.0) as f32;
            let missing = pixels.iter_mut().filter(|v| !v.is_finite());
            missing.for_each(|v| *v = median);
            valued = Some(finite);
        }
        if is_picture {
            to_unit(&mut pixels, 0.0, 255.0);
            return Some(pixels);
        }
        let s = &self.flux_stretch;
        let valued = valued.as_ref().unwrap_or(&pixels);
        let low = percentile(valued, s.low_percentile);
        let high = percentile(valued, s.high_percentile);
        to_unit(&mut pixels, low, high - low);
        asinh_stretch(&mut pixels, s.asinh_softening, s.unscaled);
        Some(pixels)
    }
}

/// Brings squares of one size to the network's.
enum Sizer {
    /// The whole square.
    Whole(Squares),
    /// Its middle, or without antialias; see [`window`].
    Window {
        side: usize,
        extent: f64,
        new: usize,
        shape: Shape,
        antialias: bool,
    },
}

impl Sizer {
    fn write(&mut self, square: &[f32], out: &mut [f32]) {
        match *self {
            Self::Whole(ref mut squares) => squares.write(square, out),
            Self::Window {
                side,
                extent,
                new,
                shape,
                antialias,
            } => out.copy_from_slice(&window(square, side, extent, new, shape, antialias)),
        }
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

/// Pixel by pixel mean; zeros if there is nothing to average.
fn mean_of(planes: &[&Vec<f32>], len: usize) -> Vec<f32> {
    let mut mean = vec![0.0; len];
    for plane in planes {
        mean.iter_mut().zip(plane.iter()).for_each(|(sum, v)| *sum += v);
    }
    let count = planes.len().max(1) as f32;
    mean.iter_mut().for_each(|sum| *sum /= count);
    mean
}
