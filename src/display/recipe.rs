//! The stretch recipe: everything that decides how a cutout is drawn, as one value that is stored
//! with a project and with every run of an encoder.

use super::colormap::{self, Colormap};
use super::limits::{Limits, normalised};
use super::rgb::{LuptonAsinh, RgbImage, colour_bytes, colour_preserving, intensity};
use super::stretch::{Stretch, contrast_bias};
use crate::io::raster::{Origin, Plane};
use crate::sky::cutout::Cutout;
use serde::{Deserialize, Serialize};

/// How bands become colours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourMode {
    /// The mean of the bands that have a value, through the colour map.
    Gray,
    /// Lupton et al. 2004 in the image's own unit, as `astropy.visualization.make_lupton_rgb`;
    /// the recipe's limits and stretch are not used.
    Lupton {
        /// Linear stretch, in the unit of the pixels.
        stretch: f64,
        /// Asinh softening.
        q: f64,
        /// Subtracted from every band.
        minimum: f64,
    },
    /// Lupton's scheme with the recipe's own limits and stretch: each band's lower limit is its
    /// black, the upper limit of the mean intensity is white, and band ratios are kept. Fits any
    /// unit without tuning.
    ColourPreserving,
    /// Each band by its own limits and stretch: balanced colours, ratios not kept.
    PerBand,
}

/// How a cutout is drawn. The default fits most fluxes: percentiles 0.5–99.7, asinh, colours
/// kept where there are three bands.
///
/// Colour modes need at least two bands; a single band is always drawn through the colour map.
/// With two bands green is their mean; with more than three the first, middle and last are used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StretchRecipe {
    /// Which values become black and white.
    pub limits: Limits,
    /// The curve between them.
    pub stretch: Stretch,
    /// How bands become colours.
    pub colour: ColourMode,
    /// The colours of a single band or of [`ColourMode::Gray`].
    pub colormap: Colormap,
    /// Whether the colour map runs backwards (bright objects dark).
    pub inverted: bool,
    /// Contrast about the bias after stretching; 1 changes nothing.
    pub contrast: f64,
    /// The stretched value that becomes mid-gray; 0.5 changes nothing.
    pub bias: f64,
    /// The colour of pixels without a value in any band.
    pub no_value: [u8; 3],
    /// Whether pictures (PNG, JPEG), which somebody stretched already, are stretched again
    /// instead of being shown as they are.
    pub stretch_pictures: bool,
}

impl Default for StretchRecipe {
    fn default() -> Self {
        Self {
            limits: Limits::Percentile { low: 0.5, high: 99.7 },
            stretch: Stretch::ASINH,
            colour: ColourMode::ColourPreserving,
            colormap: Colormap::Gray,
            inverted: false,
            contrast: 1.0,
            bias: 0.5,
            no_value: [0, 0, 0],
            stretch_pictures: false,
        }
    }
}

/// Draws a cutout, top row first (planes with their origin at the bottom left are flipped).
///
/// A pixel without a value in any band gets the recipe's `no_value` colour; where only some bands
/// lack one, those are drawn black. Pictures are shown as they are unless the recipe says
/// `stretch_pictures`. Bands whose shape differs from the first's are left out.
pub fn render(cutout: &Cutout, recipe: &StretchRecipe) -> RgbImage {
    let (width, height) = (cutout.width(), cutout.height());
    let bands = alike(cutout);
    let coloured = bands.len() > 1 && recipe.colour != ColourMode::Gray;
    let colours: Vec<[u8; 3]> = if coloured {
        let rgb = red_green_blue(&bands, cutout.is_picture);
        let [red, green, blue] = unit_colours(rgb.each_ref().map(Vec::as_slice), cutout, recipe);
        red.iter()
            .zip(&green)
            .zip(&blue)
            .map(|((&r, &g), &b)| colour_bytes([r.into(), g.into(), b.into()], recipe.no_value))
            .collect()
    } else {
        let table = recipe.colormap.table(recipe.inverted);
        let gray = unit_alone(&mean(&bands, width * height), cutout, recipe);
        gray.iter()
            .map(|v| {
                if v.is_nan() {
                    recipe.no_value
                } else {
                    colormap::colour_of(&table, f64::from(*v))
                }
            })
            .collect()
    };
    let mut pixels = Vec::with_capacity(width * height * 3);
    if width > 0 {
        let rows = colours.chunks_exact(width);
        match cutout.origin {
            Origin::TopLeft => rows.for_each(|row| pixels.extend_from_slice(row.as_flattened())),
            Origin::BottomLeft => rows
                .rev()
                .for_each(|row| pixels.extend_from_slice(row.as_flattened())),
        }
    }
    RgbImage {
        width,
        height,
        pixels,
    }
}

/// Each band stretched to 0–1, for encoders: as many planes as bands, in the cutout's band order
/// and row order (not flipped), every value finite (pixels without a value are 0).
///
/// With exactly three bands and a Lupton mode the band ratios are kept as [`render`] keeps them;
/// otherwise every band is stretched by its own limits. Pictures are divided by 255 unless the
/// recipe says `stretch_pictures`.
pub fn to_unit_planes(cutout: &Cutout, recipe: &StretchRecipe) -> Vec<Plane> {
    let keep_ratios = matches!(
        recipe.colour,
        ColourMode::Lupton { .. } | ColourMode::ColourPreserving
    );
    let stretched: Vec<Vec<f32>> = match alike(cutout).as_slice() {
        [a, b, c] if keep_ratios && cutout.bands.len() == 3 => {
            unit_colours([&a.pixels, &b.pixels, &c.pixels], cutout, recipe).into()
        }
        _ => cutout
            .bands
            .iter()
            .map(|band| unit_alone(&band.pixels, cutout, recipe))
            .collect(),
    };
    cutout
        .bands
        .iter()
        .zip(stretched)
        .map(|(band, mut pixels)| {
            for value in pixels.iter_mut().filter(|v| !v.is_finite()) {
                *value = 0.0;
            }
            Plane {
                width: band.width,
                height: band.height,
                pixels,
            }
        })
        .collect()
}

/// The bands that have the first one's shape.
fn alike(cutout: &Cutout) -> Vec<&Plane> {
    let shape = (cutout.width(), cutout.height());
    cutout
        .bands
        .iter()
        .filter(|band| (band.width, band.height) == shape)
        .collect()
}

/// Red, green and blue values of at least two bands. Fluxes run from blue to red, pictures R, G, B.
fn red_green_blue(bands: &[&Plane], is_picture: bool) -> [Vec<f32>; 3] {
    let first = bands[0].pixels.clone();
    let last = bands[bands.len() - 1].pixels.clone();
    let middle = if bands.len() == 2 {
        mean(bands, first.len())
    } else {
        bands[bands.len() / 2].pixels.clone()
    };
    if is_picture {
        [first, middle, last]
    } else {
        [last, middle, first]
    }
}

/// The mean of the bands that have a value, pixel by pixel; NaN where none has.
fn mean(bands: &[&Plane], count: usize) -> Vec<f32> {
    if let [only] = bands {
        return only.pixels.clone();
    }
    (0..count)
        .map(|i| {
            let values = bands.iter().map(|band| band.pixels[i]).filter(|v| !v.is_nan());
            let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + f64::from(v), n + 1.0));
            (sum / n) as f32 // 0/0 is NaN: no band has a value
        })
        .collect()
}

/// One band on its own to 0–1; NaN stays.
fn unit_alone(values: &[f32], cutout: &Cutout, recipe: &StretchRecipe) -> Vec<f32> {
    if cutout.is_picture && !recipe.stretch_pictures {
        return values.iter().map(|v| (v / 255.0).clamp(0.0, 1.0)).collect();
    }
    let Some(limits) = recipe.limits.of(values) else {
        return vec![f32::NAN; values.len()];
    };
    let curve = recipe.stretch.curve();
    values
        .iter()
        .map(|&v| adjusted(curve.at(normalised(f64::from(v), limits)), recipe) as f32)
        .collect()
}

/// Three bands to 0–1 by the recipe's colour mode; NaN stays.
fn unit_colours(bands: [&[f32]; 3], cutout: &Cutout, recipe: &StretchRecipe) -> [Vec<f32>; 3] {
    if cutout.is_picture && !recipe.stretch_pictures {
        return bands.map(|band| unit_alone(band, cutout, recipe));
    }
    match recipe.colour {
        ColourMode::Gray | ColourMode::PerBand => bands.map(|band| unit_alone(band, cutout, recipe)),
        ColourMode::Lupton { stretch, q, minimum } => {
            let asinh = LuptonAsinh::new(stretch, q);
            scaled_together(bands, [minimum; 3], recipe, |i| asinh.at(i))
        }
        ColourMode::ColourPreserving => {
            // A band without a single value contributes nothing; its black does not matter.
            let blacks = bands.map(|band| recipe.limits.low_of(band).unwrap_or(0.0));
            let white = white_of_intensity(bands, blacks, recipe);
            let (curve, per_white) = (recipe.stretch.curve(), white.recip());
            scaled_together(bands, blacks, recipe, |i| curve.at(i * per_white))
        }
    }
}

/// The upper limit of the mean intensity above black; positive.
fn white_of_intensity(bands: [&[f32]; 3], blacks: [f64; 3], recipe: &StretchRecipe) -> f64 {
    let white = if let Limits::Fixed { low, high } = recipe.limits {
        high - low
    } else {
        let intensity: Vec<f32> = (0..bands[0].len())
            .map(|i| intensity::<3>(std::array::from_fn(|b| f64::from(bands[b][i]) - blacks[b])) as f32)
            .collect();
        recipe.limits.high_of(&intensity).unwrap_or(1.0)
    };
    if white > 0.0 { white } else { 1.0 }
}

fn scaled_together(
    bands: [&[f32]; 3],
    blacks: [f64; 3],
    recipe: &StretchRecipe,
    stretched: impl Fn(f64) -> f64,
) -> [Vec<f32>; 3] {
    let count = bands[0].len();
    let mut out = [(); 3].map(|()| Vec::with_capacity(count));
    for i in 0..count {
        let above_black: [f64; 3] = std::array::from_fn(|b| f64::from(bands[b][i]) - blacks[b]);
        let unit = colour_preserving(above_black, &stretched);
        for (channel, value) in out.iter_mut().zip(unit) {
            channel.push(adjusted(value, recipe) as f32);
        }
    }
    out
}

/// Contrast and bias, where they change anything.
#[inline]
fn adjusted(unit: f64, recipe: &StretchRecipe) -> f64 {
    if recipe.contrast == 1.0 && recipe.bias == 0.5 {
        unit
    } else {
        contrast_bias(unit, recipe.contrast, recipe.bias)
    }
}
