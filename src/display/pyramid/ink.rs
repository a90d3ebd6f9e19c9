//! From values to colours by a recipe whose limits were found once for the whole image, so that all
//! tiles match. Curves are looked up in a table: a change of contrast recolours millions of pixels.

use crate::display::colormap::{byte, colour_of};
use crate::display::limits::normalised;
use crate::display::recipe::{ColourMode, StretchRecipe};
use crate::display::rgb::{LuptonAsinh, colour_bytes, colour_preserving, intensity};
use crate::display::stretch::contrast_bias;
use crate::io::raster::Plane;

/// Entries of a table: fine enough for a logarithm's steep start.
const STEPS: usize = 1 << 16;

enum Kind {
    /// Values through a colour map.
    Gray { limits: (f64, f64), table: Vec<[u8; 3]> },
    /// Each band by its own limits.
    PerBand { limits: [(f64, f64); 3], table: Vec<u8> },
    /// The intensity stretched, the bands' ratios kept.
    Keeping {
        blacks: [f64; 3],
        white: f64,
        table: Vec<f32>,
    },
    /// The same with the parameters of Lupton et al. 2004.
    Lupton { minimum: f64, asinh: LuptonAsinh },
}

/// A prepared recipe.
pub struct Ink {
    kind: Kind,
    contrast: f64,
    bias: f64,
    no_value: [u8; 3],
}

/// Index into a table.
#[inline]
fn step_of(unit: f64) -> usize {
    // `as` takes NaN and what is negative to 0.
    ((unit * (STEPS - 1) as f64 + 0.5) as usize).min(STEPS - 1)
}

impl Ink {
    /// Prepares `recipe` for an image of which `sample` shows one plane a channel (one or three).
    pub fn new(recipe: &StretchRecipe, sample: &[Plane]) -> Self {
        let curve = recipe.stretch.curve();
        let at = |i: usize| curve.at(i as f64 / (STEPS - 1) as f64);
        let adjusted = |unit: f64| contrast_bias(unit, recipe.contrast, recipe.bias);
        let limits_of = |p: &Plane| recipe.limits.of(&p.pixels).unwrap_or((0.0, 1.0));
        let kind = match (sample, recipe.colour) {
            ([red, green, blue], ColourMode::Gray | ColourMode::PerBand) => Kind::PerBand {
                limits: [limits_of(red), limits_of(green), limits_of(blue)],
                table: (0..STEPS).map(|i| byte(adjusted(at(i)))).collect(),
            },
            ([_, _, _], ColourMode::Lupton { stretch, q, minimum }) => Kind::Lupton {
                minimum,
                asinh: LuptonAsinh::new(stretch, q),
            },
            ([red, green, blue], ColourMode::ColourPreserving) => {
                let blacks = [red, green, blue].map(|p| limits_of(p).0);
                Kind::Keeping {
                    blacks,
                    white: white(recipe, [red, green, blue], blacks),
                    table: (0..STEPS).map(|i| at(i) as f32).collect(),
                }
            }
            (planes, _) => {
                let colours = recipe.colormap.table(recipe.inverted);
                Kind::Gray {
                    limits: planes.first().map_or((0.0, 1.0), limits_of),
                    table: (0..STEPS).map(|i| colour_of(&colours, adjusted(at(i)))).collect(),
                }
            }
        };
        Self {
            kind,
            contrast: recipe.contrast,
            bias: recipe.bias,
            no_value: recipe.no_value,
        }
    }

    /// Values drawn black and white, one pair a channel where they differ.
    pub fn limits(&self) -> Vec<(f64, f64)> {
        match &self.kind {
            Kind::Gray { limits, .. } => vec![*limits],
            Kind::PerBand { limits, .. } => limits.to_vec(),
            Kind::Keeping { blacks, white, .. } => blacks.iter().map(|b| (*b, b + white)).collect(),
            Kind::Lupton { minimum, .. } => vec![(*minimum, *minimum)],
        }
    }

    /// Calls `out` with the colour of each pixel, **top row first** (planes have their origin at the
    /// bottom left). One plane, or three of one size.
    pub fn paint(&self, planes: &[&Plane], mut out: impl FnMut([u8; 3])) {
        let Some(first) = planes.first() else { return };
        for y in (0..first.height).rev() {
            match (&self.kind, planes) {
                (Kind::Gray { limits, table }, _) => {
                    for &v in first.row(y) {
                        out(if v.is_finite() {
                            table[step_of(normalised(f64::from(v), *limits))]
                        } else {
                            self.no_value
                        });
                    }
                }
                (_, [red, green, blue]) => {
                    for ((&r, &g), &b) in red.row(y).iter().zip(green.row(y)).zip(blue.row(y)) {
                        out(self.mixed([r, g, b].map(f64::from)));
                    }
                }
                _ => first.row(y).iter().for_each(|_| out(self.no_value)),
            }
        }
    }

    fn mixed(&self, rgb: [f64; 3]) -> [u8; 3] {
        if rgb.iter().all(|v| v.is_nan()) {
            return self.no_value;
        }
        match &self.kind {
            Kind::PerBand { limits, table } => std::array::from_fn(|i| {
                if rgb[i].is_nan() {
                    0
                } else {
                    table[step_of(normalised(rgb[i], limits[i]))]
                }
            }),
            Kind::Keeping { blacks, white, table } => {
                let above = std::array::from_fn(|i| rgb[i] - blacks[i]);
                let unit = colour_preserving(above, |i| f64::from(table[step_of(i / white)]));
                self.adjusted(unit)
            }
            Kind::Lupton { minimum, asinh } => {
                self.adjusted(colour_preserving(rgb.map(|v| v - minimum), |i| asinh.at(i)))
            }
            Kind::Gray { .. } => self.no_value,
        }
    }

    fn adjusted(&self, unit: [f64; 3]) -> [u8; 3] {
        colour_bytes(
            unit.map(|v| contrast_bias(v, self.contrast, self.bias)),
            self.no_value,
        )
    }
}

/// The upper limit of the mean intensity above black; positive.
fn white(recipe: &StretchRecipe, bands: [&Plane; 3], blacks: [f64; 3]) -> f64 {
    let white = if let crate::display::Limits::Fixed { low, high } = recipe.limits {
        high - low
    } else {
        let count = bands.iter().map(|b| b.pixels.len()).min().unwrap_or(0);
        let mean: Vec<f32> = (0..count)
            .map(|i| {
                intensity::<3>(std::array::from_fn(|b| f64::from(bands[b].pixels[i]) - blacks[b])) as f32
            })
            .collect();
        recipe.limits.of(&mean).map_or(1.0, |(_, high)| high)
    };
    if white > 0.0 { white } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::render;
    use crate::io::raster::Origin;
    use crate::sky::cutout::{Cutout, CutoutFlags};

    fn plane(seed: u32) -> Plane {
        let value = |i: u32| ((i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 8) % 1000) as f32 - 20.0;
        let mut pixels: Vec<f32> = (0..64).map(value).collect();
        pixels[9] = f32::NAN;
        Plane::from_pixels(8, 8, pixels)
    }

    /// The tables draw what the recipe draws, to a level or two of 255.
    #[test]
    fn tiles_look_as_cutouts_do() {
        let planes = [plane(1), plane(77), plane(9_999)];
        for (count, colour) in [
            (1, ColourMode::Gray),
            (3, ColourMode::ColourPreserving),
            (3, ColourMode::PerBand),
            (
                3,
                ColourMode::Lupton {
                    stretch: 100.0,
                    q: 8.0,
                    minimum: 3.0,
                },
            ),
        ] {
            let recipe = StretchRecipe {
                colour,
                contrast: 1.3,
                bias: 0.4,
                ..Default::default()
            };
            // A cutout's bands run blue to red.
            let cutout = Cutout {
                bands: planes[..count].iter().rev().cloned().collect(),
                band_names: vec![String::new(); count],
                origin: Origin::BottomLeft,
                is_picture: false,
                pixel_scale_arcsec: None,
                flags: CutoutFlags(0),
            };
            let expected = render(&cutout, &recipe).pixels;
            let ink = Ink::new(&recipe, &planes[..count]);
            let mut drawn = Vec::new();
            let refs: Vec<&Plane> = planes[..count].iter().collect();
            ink.paint(&refs, |c| drawn.extend_from_slice(&c));
            assert_eq!(drawn.len(), expected.len());
            for (a, b) in drawn.iter().zip(&expected) {
                assert!(a.abs_diff(*b) <= 2, "{colour:?}: {a} {b}");
            }
        }
    }
}
