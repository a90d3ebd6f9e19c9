//! Contracts on calibrated fluxes: which bands, in which unit, and how they become planes.

use crate::sky::cutout::Cutout;
use serde::{Deserialize, Serialize};

/// What a network expects that was trained on fluxes instead of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fluxes {
    /// The bands it wants, by their short names: `g`, `r`, `z`. A cutout's bands are found by
    /// name, or taken in their order where there are as many without known names.
    pub bands: Vec<String>,
    /// The unit of the fluxes, for people: the pixels aren't converted.
    pub unit: String,
    /// The scale of the images it was trained on, for people.
    pub pixel_scale_arcsec: f64,
    /// What becomes of them.
    pub becomes: Becomes,
}

/// What becomes of the fluxes f of the bands b.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Becomes {
    /// Three planes with the colours kept (Lupton et al. 2004, PASP 116, 133, in the form of the
    /// Legacy survey's viewer): I = mean over b of max(0, f·gain + offset), and
    /// (f·gain + offset) · asinh(q·I) / √q / I clipped to 0–1, the last band first.
    Colours {
        /// Factor of each band.
        gains: Vec<f64>,
        /// Added to each band.
        offset: f64,
        /// Where the stretch turns from linear to logarithmic.
        q: f64,
    },
    /// A plane for each band that the network knows, NaN where it isn't among these: clipped to
    /// ±clip, then divided by `divisor` (another zero point), then asinh(f / softening) ·
    /// softening · gain.
    Compressed {
        /// Number of planes.
        planes: usize,
        /// The plane of each band.
        slots: Vec<usize>,
        /// The largest flux of each band.
        clip: Vec<f64>,
        /// 10^((zero point − 22.5) / 2.5) of the survey.
        divisor: f64,
        /// Where the compression turns from linear to logarithmic.
        softening: f64,
        /// Factor after the compression.
        gain: f64,
    },
}

impl Fluxes {
    /// Number of planes.
    pub fn channels(&self) -> usize {
        match &self.becomes {
            Becomes::Colours { .. } => 3,
            Becomes::Compressed { planes, .. } => *planes,
        }
    }

    /// Whether the numbers make sense; the message says which don't.
    pub(super) fn check(&self) -> Result<(), String> {
        let bands = self.bands.len();
        let fits = match &self.becomes {
            Becomes::Colours { gains, q, .. } => {
                if bands != 3 || gains.len() != 3 {
                    return Err("colours are made of three bands, with a gain each".into());
                }
                *q > 0.0
            }
            Becomes::Compressed {
                planes,
                slots,
                clip,
                divisor,
                softening,
                ..
            } => {
                if bands == 0 || slots.len() != bands || clip.len() != bands {
                    return Err("every band needs a slot and a clip".into());
                }
                if slots.iter().any(|s| s >= planes) || *planes > 64 {
                    return Err(format!(
                        "slots must be below {planes}, the number of planes, and that at most 64"
                    ));
                }
                *divisor > 0.0 && *softening > 0.0 && clip.iter().all(|c| *c > 0.0)
            }
        };
        if fits {
            Ok(())
        } else {
            Err("q, divisor, softening and clips must be positive".into())
        }
    }

    /// The places of the wanted bands in `cutout`.
    ///
    /// # Errors
    /// A sentence if it is a picture or has other bands.
    pub(super) fn places(&self, cutout: &Cutout) -> Result<Vec<usize>, String> {
        let wanted = || format!("fluxes in {} of the bands {}", self.unit, self.bands.join(", "));
        if cutout.is_picture {
            return Err(format!(
                "the network needs {}: a picture of 0 to 255 can't be used",
                wanted()
            ));
        }
        let short = |name: &str| {
            let last = name
                .rsplit(|c: char| !c.is_alphanumeric())
                .find(|p| !p.is_empty());
            last.unwrap_or(name).to_lowercase()
        };
        let names: Vec<String> = cutout.band_names.iter().map(|n| short(n)).collect();
        let found: Option<Vec<usize>> = (self.bands.iter())
            .map(|b| names.iter().position(|n| *n == b.to_lowercase()))
            .collect();
        match found {
            Some(places) if places.iter().all(|&p| p < cutout.bands.len()) => Ok(places),
            _ if cutout.bands.len() == self.bands.len() => Ok((0..self.bands.len()).collect()),
            _ => Err(format!(
                "the network needs {}; the cutout has {}",
                wanted(),
                cutout.band_names.join(", ")
            )),
        }
    }

    /// Writes planes of `area` pixels each out of the wanted bands, in their order, without gaps.
    pub(super) fn write(&self, bands: &[Vec<f32>], area: usize, out: &mut [f32]) {
        match &self.becomes {
            Becomes::Colours { gains, offset, q } => {
                for pixel in 0..area {
                    let scaled = |b: usize| f64::from(bands[b][pixel]) * gains[b] + offset;
                    let intensity = (0..3).map(|b| scaled(b).max(0.0)).sum::<f64>() / 3.0;
                    let stretched = (q * intensity).asinh() / q.sqrt();
                    // As the published code does, so that black doesn't divide by 0.
                    let factor = stretched / if intensity == 0.0 { 1e-6 } else { intensity };
                    for b in 0..3 {
                        out[(2 - b) * area + pixel] = (scaled(b) * factor).clamp(0.0, 1.0) as f32;
                    }
                }
            }
            Becomes::Compressed {
                slots,
                clip,
                divisor,
                softening,
                gain,
                ..
            } => {
                out.fill(f32::NAN);
                for ((band, &slot), &clip) in bands.iter().zip(slots).zip(clip) {
                    let plane = &mut out[slot * area..(slot + 1) * area];
                    for (value, &flux) in plane.iter_mut().zip(band) {
                        let flux = f64::from(flux).clamp(-clip, clip) / divisor;
                        *value = ((flux / softening).asinh() * softening * gain) as f32;
                    }
                }
            }
        }
    }
}
