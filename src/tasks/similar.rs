//! Similar: what looks like these objects and unlike those, or like an image from elsewhere.

use super::images::read_cutout;
use super::vectors::Opened;
use crate::discovery::search::{Query, similar_in};
use crate::encoder::registry::Registry;
use crate::progress::Progress;
use crate::project::journal::{self, Kind};
use crate::project::{Field, FieldKind, Object, Project, ProjectError, objects};
use crate::sky::cutout::{Cutout, CutoutFlags, crop_central};
use std::path::{Path, PathBuf};

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct SimilarOptions {
    /// Objects to look like.
    pub like: Vec<String>,
    /// Objects not to look like.
    pub unlike: Vec<String>,
    /// An image to look like.
    pub image: Option<PathBuf>,
    /// How many to find.
    pub k: usize,
    /// Which vectors.
    pub on: Option<String>,
    /// Threads for embedding the image.
    pub threads: usize,
}

/// One that was found.
#[derive(Debug, Clone)]
pub struct SimilarHit {
    /// The object.
    pub object: Object,
    /// Cosine of the z-scored vectors, −1 to 1.
    pub similarity: f32,
    /// Its label, if it has one.
    pub label: Option<String>,
}

/// Finds the `k` most similar objects, best first.
pub fn similar(
    project: &Project,
    options: &SimilarOptions,
    progress: &dyn Progress,
) -> Result<Vec<SimilarHit>, ProjectError> {
    let opened = Opened::of(project, options.on.as_deref())?;
    let features = opened.features(progress)?;
    let rows = |ids: &[String]| -> Result<Vec<usize>, ProjectError> {
        ids.iter()
            .map(|id| objects::find(project.store(), id).map(|o| o.id as usize))
            .collect()
    };
    let hits = match &options.image {
        Some(path) => {
            let query = read_query(&objects::fields(project.store())?, path)?;
            let vector = vector_of_cutout(&opened, &query, &Registry::of_user(), options.threads)?;
            similar_in(&features, &Query::Vector(&vector), options.k, &[], None, progress)
        }
        None => {
            let (liked, disliked) = (rows(&options.like)?, rows(&options.unlike)?);
            let query = Query::Rows {
                liked: &liked,
                disliked: &disliked,
            };
            similar_in(&features, &query, options.k, &[], None, progress)
        }
    };
    let labels = journal::standing(project.store(), Kind::Label)?;
    let mut found = Vec::new();
    for hit in hits.map_err(|e| opened.error(e))? {
        if let Some(object) = objects::get(project.store(), hit.row as i64)? {
            let label = labels.get(&object.id).cloned();
            found.push(SimilarHit {
                object,
                similarity: hit.similarity,
                label,
            });
        }
    }
    Ok(found)
}

/// Reads an image to search for, cropped as the project's ready-made cutouts are.
pub fn read_query(fields: &[Field], path: &Path) -> Result<Cutout, ProjectError> {
    let cutout = read_cutout(path).map_err(ProjectError::Ask)?;
    if cutout.flags.has(CutoutFlags::EMPTY) {
        return Err(ProjectError::Ask(format!(
            "{}: this image has no pixel with a value",
            path.display()
        )));
    }
    let mut crops = fields
        .iter()
        .filter(|f| f.kind == FieldKind::Folder)
        .map(|f| f.crop);
    Ok(match crops.next() {
        Some(crop) if crops.all(|c| c == crop) => crop_central(cutout, crop),
        _ => cutout,
    })
}

/// The vectors of a cutout from elsewhere (a file, a box drawn on the sky), made as the project's own
/// were, one encoder after another.
pub fn vector_of_cutout(
    opened: &Opened,
    cutout: &Cutout,
    registry: &Registry,
    threads: usize,
) -> Result<Vec<f32>, ProjectError> {
    let mut vector = Vec::new();
    for run in &opened.runs {
        let encoder = registry
            .reopen(&run.manifest.encoder, threads)
            .map_err(|e| ProjectError::Ask(e.to_string()))?;
        if let (Some(blocks), Some(scaling)) = (encoder.blocks(), &run.manifest.scaling) {
            blocks.set(scaling.clone()).map_err(ProjectError::Ask)?;
        }
        vector.extend(
            encoder
                .encode(std::slice::from_ref(cutout))
                .map_err(|e| ProjectError::Ask(e.to_string()))?,
        );
    }
    Ok(vector)
}
