//! The noise of each pixel, row by row, from whichever source the caller has.

use super::background::{Background, median};
use super::{DetectError, Noise};
use crate::io::raster::Plane;
use rayon::prelude::*;

/// Most pixels of a mesh that are looked at for its typical weight.
const SAMPLES_PER_MESH: usize = 512;

/// Noise ready to be asked for by row, in image units.
pub(super) enum NoiseRows<'a> {
    /// The same everywhere.
    Constant(f32),
    /// The background's rms map.
    Map(&'a Background),
    /// A plane of rms values.
    Rms(&'a Plane),
    /// A plane of weights: rms = `rms_of_unit_weight` / √weight.
    Weight {
        weight: &'a Plane,
        rms_of_unit_weight: f32,
    },
}

impl<'a> NoiseRows<'a> {
    /// Prepares `noise` for the image whose background is `background`.
    pub(super) fn new(noise: &Noise<'a>, background: &'a Background) -> Self {
        match *noise {
            Noise::Global => Self::Constant(background.global_rms),
            Noise::FromBackground => Self::Map(background),
            Noise::Rms(plane) => Self::Rms(plane),
            Noise::Weight(weight) => Self::Weight {
                weight,
                rms_of_unit_weight: rms_of_unit_weight(weight, background),
            },
        }
    }

    /// The one rms, where it is the same everywhere.
    pub(super) fn constant(&self) -> Option<f32> {
        match self {
            Self::Constant(rms) => Some(*rms),
            _ => None,
        }
    }

    /// What weights were scaled with: the rms of a pixel of weight 1.
    pub(super) fn weight_scale(&self) -> Option<f32> {
        match self {
            Self::Weight {
                rms_of_unit_weight, ..
            } => Some(*rms_of_unit_weight),
            _ => None,
        }
    }

    /// Writes the rms of row `y` into `out`; 0 where there is no data.
    pub(super) fn row(&self, y: usize, out: &mut [f32]) {
        match self {
            Self::Constant(rms) => out.fill(*rms),
            Self::Map(background) => background.rms_row(y, out),
            Self::Rms(plane) => {
                for (o, &r) in out.iter_mut().zip(plane.row(y)) {
                    *o = if is_positive(r) { r } else { 0.0 };
                }
            }
            Self::Weight {
                weight,
                rms_of_unit_weight,
            } => {
                for (o, &w) in out.iter_mut().zip(weight.row(y)) {
                    *o = if is_positive(w) {
                        rms_of_unit_weight / w.sqrt()
                    } else {
                        0.0
                    };
                }
            }
        }
    }
}

/// Whether a weight or an rms says that there is data.
pub(super) fn is_positive(value: f32) -> bool {
    value > 0.0 && value.is_finite()
}

/// Refuses a noise plane of another shape than the image.
pub(super) fn check_shape(noise: &Noise<'_>, image: &Plane) -> Result<(), DetectError> {
    let (what, plane) = match noise {
        Noise::Weight(plane) => ("weight", plane),
        Noise::Rms(plane) => ("rms", plane),
        Noise::Global | Noise::FromBackground => return Ok(()),
    };
    if (plane.width, plane.height) != (image.width, image.height) || plane.pixels.len() != image.pixels.len()
    {
        return Err(DetectError::NoiseShape {
            what,
            found_width: plane.width,
            found_height: plane.height,
            width: image.width,
            height: image.height,
        });
    }
    Ok(())
}

/// The factor between 1/√weight and the noise that the background shows: the median over the
/// meshes of rms × √(the mesh's median weight). Weights are right up to a factor only, because
/// stacking and resampling leave its value to whoever wrote them (SExtractor's `MAP_WEIGHT`).
fn rms_of_unit_weight(weight: &Plane, background: &Background) -> f32 {
    let side = background.mesh_px;
    let mut ratios: Vec<f32> = (0..background.mesh_rows * background.mesh_columns)
        .into_par_iter()
        .filter_map(|mesh| {
            let (column, row) = (mesh % background.mesh_columns, mesh / background.mesh_columns);
            let (x0, y0) = (column * side, row * side);
            let (x1, y1) = ((x0 + side).min(weight.width), (y0 + side).min(weight.height));
            let area = (x1 - x0) * (y1 - y0);
            let step = (area / SAMPLES_PER_MESH).max(1);
            let mut weights: Vec<f32> = (0..area)
                .step_by(step)
                .map(|i| weight.pixels[(y0 + i / (x1 - x0)) * weight.width + x0 + i % (x1 - x0)])
                .filter(|w| is_positive(*w))
                .collect();
            let rms = background.mesh_rms().get(mesh).copied().unwrap_or(0.0);
            (weights.len() >= area / step / 2 && !weights.is_empty() && rms > 0.0)
                .then(|| rms * median(&mut weights).sqrt())
        })
        .collect();
    if ratios.is_empty() {
        background.global_rms
    } else {
        median(&mut ratios)
    }
}
