//! Checking weights that are here: their SHA-256, and that every tensor fits.

use super::open::open_described;
use super::{EncoderOptions, Registry};
use crate::encoder::weights::{sha256_of_file, weights_error};
use crate::encoder::{Encoder as _, EncoderError};
use crate::io::raster::{Origin, Plane};
use crate::progress::Progress;
use crate::sky::cutout::{Cutout, CutoutFlags};
use std::path::PathBuf;

/// Weights that were found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
    /// Whether the description says this checksum; else it is that of the first use.
    pub is_described: bool,
    /// Width of the vector.
    pub dim: usize,
}

impl Registry {
    /// Checks the weights of `name`: the checksum, that every tensor is there, fits and is finite, and
    /// that a picture goes through.
    ///
    /// # Errors
    /// [`EncoderError`] saying what doesn't fit.
    pub fn verify(&self, name: &str, progress: &dyn Progress) -> Result<Verified, EncoderError> {
        let entry = self.network(name)?;
        let path = self.weights(&entry).ok_or_else(|| self.missing(&entry))?;
        progress.begin("checksum", None);
        let sha256 = sha256_of_file(&path)?;
        self.hold(&entry, &path, &sha256)?;
        progress.begin("tensors", None);
        let encoder = open_described(&entry, &path, &EncoderOptions::default())?;
        let dim = encoder.spec().dim;
        if let Some(said) = entry.description.dim.filter(|said| *said != dim) {
            return Err(weights_error(
                &path,
                format!("gives {dim} numbers an object, but its description says {said}"),
            ));
        }
        let bands = entry
            .description
            .preprocessing
            .fluxes
            .as_ref()
            .map(|f| f.bands.clone());
        encoder.encode(&[probe(bands)])?;
        Ok(Verified {
            path,
            sha256,
            is_described: entry.description.sha256.is_some(),
            dim,
        })
    }
}

/// A round blob on a sky in the bands that the contract asks for, else in one.
fn probe(bands: Option<Vec<String>>) -> Cutout {
    const SIDE: usize = 64;
    let pixels: Vec<f32> = (0..SIDE * SIDE)
        .map(|i| {
            let (x, y) = ((i % SIDE) as f32 - 31.5, (i / SIDE) as f32 - 31.5);
            100.0 * (-(x * x + y * y) / 60.0).exp() + (i % 7) as f32
        })
        .collect();
    let band_names = bands.unwrap_or_else(|| vec!["r".to_owned()]);
    let plane = Plane::from_pixels(SIDE, SIDE, pixels);
    Cutout {
        bands: vec![plane; band_names.len()],
        band_names,
        origin: Origin::BottomLeft,
        is_picture: false,
        pixel_scale_arcsec: None,
        flags: CutoutFlags::default(),
    }
}
