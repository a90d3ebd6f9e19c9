//! Classical morphology: some forty numbers that an astronomer can read, as an encoder without
//! weights.
//!
//! A cutout is brought to a grid of at most 64 × 64 px (`stamp.rs`), its sky and noise are taken
//! from the frame, and the rest is the literature of galaxy and radio-source shapes, one file a
//! subject. Lengths are in half sides of the cutout, so that numbers of one cutout recipe compare
//! whatever the pixel scale. Every number is finite for every cutout, and none changes (beyond
//! rounding) when a square cutout is flipped or turned by a quarter: an orientation on the sky is
//! not a property of an object.
//!
//! Known limits: noise is not corrected for in the asymmetries and the clumpiness, so they depend
//! on depth; a picture's stretch changes nearly everything, so pictures compare only with pictures
//! of the same making.

mod asymmetry;
mod colour;
mod features;
mod fourier;
mod geometry;
mod gini_m20;
mod moments;
mod peaks;
mod profile;
mod segmentation;
mod smooth;
mod stamp;
mod texture;

pub use features::{Feature, features};
pub(crate) use stamp::median;

use super::{Encoder, EncoderError, EncoderSpec};
use crate::sky::cutout::Cutout;
use features::COUNT;
use geometry::Geometry;
use rayon::prelude::*;
use stamp::{MAX_SIDE, Stamp, working_side};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The encoder `morphometry`: [`features()`] of each cutout, in single precision.
#[derive(Debug)]
pub struct Morphometry {
    spec: EncoderSpec,
    /// By side: the same few sides come in every batch.
    geometries: Mutex<BTreeMap<usize, Arc<Geometry>>>,
}

impl Morphometry {
    /// The encoder; there is nothing to load.
    pub fn new() -> Self {
        Self {
            spec: EncoderSpec {
                name: "morphometry".to_owned(),
                dim: COUNT,
                feature_names: features().iter().map(|f| f.name.to_owned()).collect(),
                weights_path: None,
                weights_sha256: None,
                settings: serde_json::json!({ "version": 1, "max_side": MAX_SIDE }),
                keep_f32: true,
            },
            geometries: Mutex::default(),
        }
    }

    /// The grids of the sides that `cutouts` come to.
    fn geometries_of(&self, cutouts: &[Cutout]) -> BTreeMap<usize, Arc<Geometry>> {
        let mut wanted = BTreeMap::new();
        // A grid is added whole or not at all, so a panic elsewhere leaves nothing half made.
        let mut known = self.geometries.lock().unwrap_or_else(PoisonError::into_inner);
        for cutout in cutouts {
            let n = working_side(cutout);
            let geometry = known.entry(n).or_insert_with(|| Arc::new(Geometry::new(n)));
            wanted.entry(n).or_insert_with(|| Arc::clone(geometry));
        }
        wanted
    }
}

impl Default for Morphometry {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder for Morphometry {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn encode(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
        let geometries = self.geometries_of(cutouts);
        let mut vectors = vec![0.0f32; cutouts.len() * COUNT];
        vectors
            .par_chunks_exact_mut(COUNT)
            .zip(cutouts)
            .for_each(|(vector, cutout)| {
                if let Some(geometry) = geometries.get(&working_side(cutout)) {
                    for (out, value) in vector.iter_mut().zip(measure(cutout, geometry)) {
                        // Inputs near the limits of f32 could overflow somewhere: 0 then.
                        *out = if value.is_finite() { value as f32 } else { 0.0 };
                    }
                }
            });
        Ok(vectors)
    }
}

/// The image on which everything is measured: its side in pixels and its values, row by row in the
/// cutout's own row order, from −1 to 1: gaps filled, sky subtracted, divided by the largest
/// deviation from the sky.
pub fn working_image(cutout: &Cutout) -> (usize, Vec<f32>) {
    let side = working_side(cutout);
    let stamp = Stamp::new(cutout, &Geometry::new(side));
    (side, stamp.signal.iter().map(|&v| v as f32).collect())
}

/// All numbers of one cutout, in the order of [`features()`].
fn measure(cutout: &Cutout, geometry: &Geometry) -> [f64; COUNT] {
    let stamp = Stamp::new(cutout, geometry);
    let profile = profile::measure(&stamp, geometry);
    let asymmetry = asymmetry::measure(&stamp, geometry);
    let moments = moments::measure(&stamp, geometry);
    let segment = segmentation::measure(&stamp, geometry);
    // The fewer pixels are lit the nearer G is to 1; so it is without any.
    let gini = if moments.faint.weight > 0.0 {
        gini_m20::gini(&moments.compressed)
    } else {
        1.0
    };
    let texture = texture::measure(&stamp, geometry);
    let fourier = fourier::measure(&stamp, geometry);
    let peaks = peaks::measure(&stamp, geometry);
    let colours = colour::measure(&stamp, geometry);
    let [p0, p1, p2, p3, p4, p5, p6, p7] = profile.profile;
    let [r20, r50, r80] = profile.radii;
    let mean_level = stamp.total / geometry.len() as f64 * stamp.amplitude;
    [
        p0,
        p1,
        p2,
        p3,
        p4,
        p5,
        p6,
        p7,
        profile.ring,
        r20,
        r50,
        r80,
        profile.concentration,
        asymmetry.inner,
        asymmetry.outer,
        asymmetry.quarter,
        asymmetry.shape,
        texture.clumpiness,
        gini,
        segment.m20,
        gini_m20::merger_statistic(gini, segment.m20),
        gini_m20::bulge_statistic(gini, segment.m20),
        moments.light.ellipticity(),
        segment.ellipticity,
        moments.faint.log_size(),
        moments.light.offset(),
        fourier.lopsided,
        fourier.lopsided_outer,
        fourier.bar,
        fourier.two_armed,
        peaks.separation,
        peaks.ratio,
        peaks.hot_spot_radius,
        texture.lineness,
        stamp.log_level(mean_level),
        segment.log_snr,
        segmentation::bright_area(&stamp),
        stamp.log_level(stamp.sigma * stamp.amplitude),
        texture.grain_inner,
        texture.grain_frame,
        colours.core_first_middle,
        colours.core_middle_last,
        colours.first_last,
    ]
}
