//! What a person can set about detection, with SEP's defaults.

use super::DetectError;
use serde::{Deserialize, Serialize};

/// A smoothing kernel, row-major, with odd or even sides; it is normalised to a sum of absolute
/// values of one when it is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// Taps along x.
    pub width: usize,
    /// Taps along y.
    pub height: usize,
    /// `width * height` taps; tap (x, y) is at `y * width + x` and the centre at
    /// (`width / 2`, `height / 2`).
    pub taps: Vec<f32>,
}

impl Kernel {
    /// The 3×3 pyramid SExtractor and SEP use unless told otherwise: a seeing of some 1.5–2 pixels.
    pub fn pyramid3() -> Self {
        Self {
            width: 3,
            height: 3,
            taps: vec![1.0, 2.0, 1.0, 2.0, 4.0, 2.0, 1.0, 2.0, 1.0],
        }
    }

    /// A circular Gaussian with a full width at half maximum of `fwhm_px` pixels, cut off where it
    /// falls below about a hundredth of its peak.
    pub fn gaussian(fwhm_px: f32) -> Self {
        let sigma = (fwhm_px / 2.354_82).clamp(0.1, 20.0);
        let half = (3.0 * sigma).ceil().max(1.0) as usize;
        let side = 2 * half + 1;
        let mut taps = Vec::with_capacity(side * side);
        for y in 0..side {
            for x in 0..side {
                let (dx, dy) = (x as f32 - half as f32, y as f32 - half as f32);
                taps.push((-(dx * dx + dy * dy) / (2.0 * sigma * sigma)).exp());
            }
        }
        Self {
            width: side,
            height: side,
            taps,
        }
    }

    /// The taps divided by the sum of their absolute values.
    pub(crate) fn normalised(&self) -> Result<Self, DetectError> {
        let sum: f32 = self.taps.iter().map(|t| t.abs()).sum();
        let cells = self.width.checked_mul(self.height);
        if cells != Some(self.taps.len()) || self.taps.is_empty() || !(sum.is_finite() && sum > 0.0) {
            return Err(DetectError::Kernel {
                width: self.width,
                height: self.height,
                taps: self.taps.len(),
            });
        }
        Ok(Self {
            taps: self.taps.iter().map(|t| t / sum).collect(),
            ..*self
        })
    }
}

/// How detection is done. `Default` is what `sep.Background` and `sep.extract` do unless told
/// otherwise, at a threshold of 1.5 σ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectSettings {
    /// Side of a background mesh in pixels (`BACK_SIZE`).
    pub mesh_px: usize,
    /// Side of the median filter over the meshes, in meshes (`BACK_FILTERSIZE`); 1 is none.
    pub filter_mesh: usize,
    /// Detection threshold above the background, in units of the noise (`DETECT_THRESH`).
    pub threshold_sigma: f32,
    /// Least number of connected pixels above the threshold (`DETECT_MINAREA`).
    pub min_area_px: usize,
    /// The smoothing kernel (`FILTER`); none detects on the pixels themselves.
    pub kernel: Option<Kernel>,
    /// Whether smoothing takes the noise of each pixel into account where noise varies (SEP's
    /// `filter_type="matched"`) or only the pixels' values (`"conv"`).
    pub matched_filter: bool,
    /// Number of deblending thresholds, spaced evenly in logarithm (`DEBLEND_NTHRESH`); 1 is none.
    pub deblend_levels: usize,
    /// Least fraction of the whole object's flux that a branch must hold to be an object of its own
    /// (`DEBLEND_MINCONT`); 1 is no deblending.
    pub deblend_contrast: f64,
    /// Most branches one object may have at one threshold before it is left whole and flagged
    /// [`flag::DEBLEND_OVERFLOW`](super::flag::DEBLEND_OVERFLOW).
    pub deblend_max_branches: usize,
    /// Whether detections that a brighter neighbour's wings explain are dropped (`CLEAN`).
    pub clean: bool,
    /// Slope of those wings: the exponent of a Moffat profile (`CLEAN_PARAM`), 0.1 to 10.
    pub clean_param: f64,
    /// Whether Kron and half-light radii and the Kron flux are measured.
    pub photometry: bool,
    /// Whether the result holds the segmentation map.
    pub segmentation: bool,
}

impl Default for DetectSettings {
    fn default() -> Self {
        Self {
            mesh_px: 64,
            filter_mesh: 3,
            threshold_sigma: 1.5,
            min_area_px: 5,
            kernel: Some(Kernel::pyramid3()),
            matched_filter: true,
            deblend_levels: 32,
            deblend_contrast: 0.005,
            deblend_max_branches: 1024,
            clean: true,
            clean_param: 1.0,
            photometry: true,
            segmentation: false,
        }
    }
}

impl DetectSettings {
    /// Refuses values no detection can be made with, naming the setting.
    pub fn check(&self) -> Result<(), DetectError> {
        let bad = |setting: &'static str, value: f64, allowed: &'static str| {
            Err(DetectError::Setting {
                setting,
                value,
                allowed,
            })
        };
        if !(1..=65_536).contains(&self.mesh_px) {
            return bad("mesh_px", self.mesh_px as f64, "1 to 65536 pixels");
        }
        if !(1..=101).contains(&self.filter_mesh) {
            return bad("filter_mesh", self.filter_mesh as f64, "1 to 101 meshes");
        }
        if !(self.threshold_sigma.is_finite() && self.threshold_sigma > 0.0) {
            return bad("threshold_sigma", self.threshold_sigma.into(), "above 0");
        }
        if self.min_area_px == 0 {
            return bad("min_area_px", 0.0, "1 pixel or more");
        }
        if !(1..=1024).contains(&self.deblend_levels) {
            return bad("deblend_levels", self.deblend_levels as f64, "1 to 1024");
        }
        if !(0.0..=1.0).contains(&self.deblend_contrast) {
            return bad("deblend_contrast", self.deblend_contrast, "0 to 1");
        }
        if !(0.1..=10.0).contains(&self.clean_param) {
            return bad("clean_param", self.clean_param, "0.1 to 10");
        }
        Ok(())
    }
}
