//! What the window knows of a project: read by a job, then only looked at.

use super::columns::Columns;
use super::live::Live;
use crate::progress::Progress;
use crate::project::journal::{self, Kind};
use crate::project::{Field, Object, Project, ProjectError, objects};
use crate::tasks::images::Images;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A project's objects, images and columns. Replaced as a whole when something was imported,
/// embedded or mapped.
pub struct Survey {
    /// The project's folder.
    pub root: PathBuf,
    /// Its images, from which cutouts are made.
    pub images: Arc<Images>,
    /// Skies and folders.
    pub fields: Vec<Field>,
    /// Runs of encoders: name, encoder.
    pub runs: Vec<(String, String)>,
    /// What couldn't be read, in words.
    pub troubles: Vec<String>,
    /// Raised with every reload; what is derived from a survey remembers it.
    pub generation: u64,
}

impl Survey {
    /// The objects; object `i` is number `i`.
    pub fn objects(&self) -> &[Object] {
        self.images.objects()
    }

    /// Number of objects.
    pub fn count(&self) -> usize {
        self.images.objects().len()
    }

    /// The field of an object.
    pub fn field_of(&self, object: u32) -> Option<&Field> {
        let id = self.objects().get(object as usize)?.field;
        self.fields.iter().find(|f| f.id == id)
    }

    /// The folder's name without its ending, for titles.
    pub fn name(&self) -> String {
        self.root.file_stem().map_or_else(
            || self.root.display().to_string(),
            |n| n.to_string_lossy().into_owned(),
        )
    }
}

/// Everything a window needs of a project, just read.
pub struct Loaded {
    /// What only changes with imports and runs.
    pub survey: Survey,
    /// Columns of the catalogue, the measurements and the stored answers.
    pub columns: Columns,
    /// Labels, marks and stored scores.
    pub live: Live,
}

/// Reads a project.
pub fn load(root: &Path, generation: u64, progress: &dyn Progress) -> Result<Loaded, ProjectError> {
    progress.begin("reading the project", None);
    let project = Project::open(root, false)?;
    let images = Arc::new(Images::of(&project)?);
    let mut skipped = Vec::new();
    let (table, _) = crate::tasks::export::collect(&project, &mut skipped)?;
    let count = images.objects().len();
    let classes = journal::classes(project.store())?;
    let labels = journal::standing(project.store(), Kind::Label)?;
    let marks = journal::standing(project.store(), Kind::Mark)?;
    let live = Live::new(count, classes, &labels, &marks, &table);
    Ok(Loaded {
        survey: Survey {
            root: root.to_owned(),
            fields: objects::fields(project.store())?,
            runs: project.runs()?,
            troubles: skipped.iter().map(|s| s.why.clone()).collect(),
            images,
            generation,
        },
        columns: Columns::new(table),
        live,
    })
}
