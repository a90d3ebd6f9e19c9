//! What is asked of an import, and what it says it did.

use crate::sky::cutout::CutoutSize;
use crate::sky::detect::DetectSettings;
use crate::tasks::Skipped;
use serde::Serialize;
use std::path::PathBuf;

/// A mosaic's cutouts are this wide where nothing else is asked for.
pub const DEFAULT_SIZE: CutoutSize = CutoutSize::Pixels(64.0);

/// What to import, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// The catalogue, if it isn't among the paths.
    pub catalog: Option<PathBuf>,
    /// Column of the right ascension (or longitude) instead of the guess.
    pub ra: Option<String>,
    /// Column of the declination.
    pub dec: Option<String>,
    /// Column of the pixel x instead of the sky position.
    pub x: Option<String>,
    /// Column of the pixel y.
    pub y: Option<String>,
    /// Column of the objects' names.
    pub id: Option<String>,
    /// Size of a cutout.
    pub size: Option<CutoutSize>,
    /// Central fraction to keep of ready-made cutouts.
    pub crop: Option<f64>,
    /// Detect sources even where there is a catalogue.
    pub detect: bool,
    /// Settings of the detection.
    pub detection: DetectSettings,
    /// The plane of a cube to take instead of all as bands.
    pub plane: Option<usize>,
    /// Who imports.
    pub who: String,
}

/// What an import did, to be shown and kept.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportReport {
    /// One entry a field.
    pub fields: Vec<FieldReport>,
    /// Inputs left out.
    pub skipped: Vec<Skipped>,
    /// Number of the first new object.
    pub first_object: i64,
    /// Number of new objects.
    pub objects: usize,
}

/// What one field became.
#[derive(Debug, Clone, Serialize)]
pub struct FieldReport {
    /// File or folder.
    pub name: String,
    /// Its bands, blue to red.
    pub bands: Vec<String>,
    /// How many objects it gave.
    pub objects: usize,
    /// How they were found and what was guessed, a sentence each.
    pub how: Vec<String>,
}
