//! `manifest.json`: what made the vectors of a run, and what the run is called after it.

use super::ROWS_PER_SEGMENT;
use crate::encoder::EncoderSpec;
use crate::encoder::representation::BlockScaling;
use crate::project::error::{ProjectError, io_at};
use crate::project::fingerprint::is_same;
use crate::project::objects::{Field, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// No encoder's vector is longer.
const MOST_DIM: usize = 1 << 20;

/// What made the vectors of a run; `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of the folder.
    pub format: u32,
    /// Name of the run: the encoder's and a hash of everything that changes the vectors.
    pub run: String,
    /// The encoder, its weights' SHA-256 and its preprocessing.
    pub encoder: EncoderSpec,
    /// Program and version that made it.
    pub program: String,
    /// When it was started, UTC.
    pub created: String,
    /// The run it follows because some of that one's sources have changed; what hadn't was taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// Width of a vector.
    pub dim: usize,
    /// `f16` or `f32`.
    pub dtype: String,
    /// Objects in one segment file.
    pub rows_per_segment: usize,
    /// How the blocks of its vectors are scaled to each other, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<BlockScaling>,
    /// Cutout recipe and source fingerprints of every field that was embedded, by field number.
    pub fields: BTreeMap<i64, FieldNote>,
}

/// How one field's objects were cut out, and of which files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldNote {
    /// File or folder name.
    pub name: String,
    /// Size of a cutout as asked for at import; none for ready-made ones.
    pub size: Option<crate::sky::cutout::CutoutSize>,
    /// Central fraction kept of ready-made cutouts.
    pub crop: f64,
    /// Fingerprints of the images by band name; nothing of a folder, whose files have stamps.
    pub sources: Vec<(String, String)>,
}

impl FieldNote {
    /// The note of a field with its images as they are now.
    pub fn of(field: &Field) -> Self {
        let sources = field
            .bands
            .iter()
            .map(|b| (b.name.clone(), b.fingerprint.clone()))
            .collect();
        Self {
            name: field.name.clone(),
            size: field.size,
            crop: field.crop,
            sources,
        }
    }

    /// Whether vectors made by `known` can be those of this field.
    pub fn agrees_with(&self, known: &FieldNote) -> bool {
        let pairs = || self.sources.iter().zip(&known.sources);
        self.name == known.name
            && self.size == known.size
            && self.crop == known.crop
            && self.sources.len() == known.sources.len()
            && pairs().all(|((band, now), (old_band, old))| band == old_band && is_same(old, now))
    }
}

/// The name of the run that `spec` makes: the same encoder, weights and settings give the same name.
pub fn run_name(spec: &EncoderSpec) -> String {
    let facts = serde_json::json!([
        spec.name,
        spec.dim,
        spec.feature_names,
        spec.weights_sha256,
        spec.settings
    ]);
    let digest = Sha256::digest(facts.to_string().as_bytes());
    let safe: String = spec
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!("{safe}-{}", &hex(&digest)[..8])
}

pub(super) fn read_manifest(dir: &Path) -> Result<Manifest, ProjectError> {
    let path = dir.join("manifest.json");
    if !path.exists() {
        return Err(ProjectError::Missing {
            path: path.display().to_string(),
            cause: "what made this run's vectors is gone: restore the file, or delete the run's folder and embed again"
                .into(),
        });
    }
    let text = std::fs::read_to_string(&path).map_err(io_at(&path))?;
    let damaged = |cause: String| ProjectError::Damaged {
        path: path.display().to_string(),
        cause,
    };
    let manifest: Manifest = serde_json::from_str(&text).map_err(|e| {
        damaged(format!(
            "not a manifest of a run ({e}): delete the run's folder and embed again"
        ))
    })?;
    if manifest.format != 1 || manifest.rows_per_segment != ROWS_PER_SEGMENT {
        return Err(damaged(format!(
            "format {} is not known: use a newer Astrolabel",
            manifest.format
        )));
    }
    // Sizes of files and maps follow from these: nothing is believed that the encoder doesn't say too.
    let is_whole = (1..=MOST_DIM).contains(&manifest.dim)
        && manifest.dim == manifest.encoder.dim
        && ["f16", "f32"].contains(&manifest.dtype.as_str())
        && dir
            .file_name()
            .is_some_and(|name| name.to_string_lossy() == manifest.run);
    if !is_whole {
        return Err(damaged(
            "its run, dim and dtype don't belong together: delete the run's folder and embed again".into(),
        ));
    }
    Ok(manifest)
}

pub(super) fn write_manifest(dir: &Path, manifest: &Manifest) -> Result<(), ProjectError> {
    let path = dir.join("manifest.json");
    let text = serde_json::to_string_pretty(manifest).map_err(|e| ProjectError::Damaged {
        path: path.display().to_string(),
        cause: e.to_string(),
    })?;
    crate::project::write_atomically(&path, text.as_bytes())
}
