//! Import: from paths to objects in a project.
//!
//! Images of one sky become a field with bands; a catalogue is matched to it by RA/Dec through the
//! WCS or by pixel columns; without one, sources are detected. Folders of cutouts become one object
//! a file. Everything that was guessed is said, and nothing is kept unless all of it is.

mod author;
mod catalog;
mod detected;
mod folder;
mod grouping;
mod matching;
mod mosaic;
mod preview;
mod request;

pub use author::{author, current_user};
pub use catalog::read_table;
pub use preview::{Candidate, Preview, PreviewedCatalog, preview};
pub use request::{DEFAULT_SIZE, FieldReport, ImportOptions, ImportReport};

use super::Skipped;
use super::inputs::look;
use crate::progress::Progress;
use crate::project::{Field, FieldKind, NewField, Project, ProjectError};
use catalog::{Catalog, read_catalogs};
use detected::detect_on;
use folder::take_cutouts;
use grouping::group;
use matching::match_catalog;
use mosaic::{Mosaic, is_known, of_project};
use std::path::{Path, PathBuf};

/// Everything an import adds, before anything is written.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    options: ImportOptions,
    known: Known,
    fields: Vec<NewField>,
    report: ImportReport,
}

/// What a project had when it was looked at.
#[derive(Debug, Clone, Default, PartialEq)]
struct Known {
    fields: Vec<Field>,
    objects: usize,
}

impl Known {
    fn of(project: &Project) -> Result<Self, ProjectError> {
        Ok(Self {
            fields: crate::project::objects::fields(project.store())?,
            objects: project.count()?,
        })
    }
}

impl Gathered {
    /// Whether this is what an import by `options` into a project with the fields `known` would find.
    fn is_for(&self, known: &Known, options: &ImportOptions) -> bool {
        self.options == *options && self.known == *known
    }
}

/// Imports what [`preview`] found, as [`import_into`] does; what has changed since is looked for again.
///
/// # Errors
/// As [`import_into`].
pub fn import_gathered(
    root: &Path,
    gathered: Gathered,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(Option<Project>, ImportReport), ProjectError> {
    import_with(root, Some(gathered), options, progress)
}

/// Imports into the project in folder `root`, which is made once there is something to keep: an
/// import that fails leaves no empty project behind. The project is `None` if none was made.
pub fn import_into(
    root: &Path,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(Option<Project>, ImportReport), ProjectError> {
    import_with(root, None, options, progress)
}

fn import_with(
    root: &Path,
    gathered: Option<Gathered>,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(Option<Project>, ImportReport), ProjectError> {
    if Project::is_project(root) {
        let mut project = Project::open(root, true)?;
        let report = import_more(&mut project, gathered, options, progress)?;
        return Ok((Some(project), report));
    }
    let _folder = Project::reserve(root)?;
    let gathered = match gathered.filter(|g| g.is_for(&Known::default(), options)) {
        Some(gathered) => gathered,
        None => gather(None, options, progress)?,
    };
    let Gathered {
        fields, mut report, ..
    } = gathered;
    if fields.is_empty() {
        return Ok((None, report));
    }
    let mut project = Project::open(root, true)?;
    let lock = lock(&project, progress)?;
    if !crate::project::objects::fields(project.store())?.is_empty() {
        // Another process made this project meanwhile: what it holds counts as known.
        drop(lock);
        let report = import(&mut project, options, progress)?;
        return Ok((Some(project), report));
    }
    keep(&mut project, fields, &mut report, options, progress)?;
    Ok((Some(project), report))
}

/// Imports into `project`.
pub fn import(
    project: &mut Project,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<ImportReport, ProjectError> {
    import_more(project, None, options, progress)
}

fn import_more(
    project: &mut Project,
    gathered: Option<Gathered>,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<ImportReport, ProjectError> {
    let _lock = lock(project, progress)?;
    let known = Known::of(project)?;
    let gathered = match gathered.filter(|g| g.is_for(&known, options)) {
        Some(gathered) => gathered,
        None => gather(Some(project), options, progress)?,
    };
    let Gathered {
        fields, mut report, ..
    } = gathered;
    if !fields.is_empty() {
        keep(project, fields, &mut report, options, progress)?;
    }
    Ok(report)
}

fn lock(project: &Project, progress: &dyn Progress) -> Result<std::fs::File, ProjectError> {
    project.lock_import(|| progress.note("another process imports into this project: waiting for it"))
}

fn keep(
    project: &mut Project,
    fields: Vec<NewField>,
    report: &mut ImportReport,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<(), ProjectError> {
    progress.begin("writing the project", None);
    if let Err(e @ ProjectError::Missing { .. }) = crate::project::catalog::read(project) {
        report.skipped.push(Skipped::new("", e));
    }
    let kept = serde_json::to_value(&*report).unwrap_or_default();
    (report.first_object, report.objects) = project.add(&options.who, fields, &kept)?;
    Ok(())
}

/// Everything an import adds to `project`, if there is one yet; nothing is written.
fn gather(
    project: Option<&Project>,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Gathered, ProjectError> {
    if let Some(crop) = options.crop
        && !(crop > 0.0 && crop <= 1.0)
    {
        return Err(ProjectError::Ask(format!(
            "--crop {crop}: give a fraction above 0 and at most 1"
        )));
    }
    let had = project.map(Known::of).transpose()?.unwrap_or_default();
    let known = &had.fields;
    let as_mosaics = options.detect || options.catalog.is_some();
    let mut inputs = look(&options.paths, as_mosaics, progress);
    if let Some(catalog) = &options.catalog {
        inputs.catalogs = vec![(catalog.clone(), None)];
    }
    let mut report = ImportReport {
        skipped: std::mem::take(&mut inputs.skipped),
        ..Default::default()
    };
    let tables = read_catalogs(&inputs, options, &mut report, progress)?;
    let mut fields: Vec<NewField> = Vec::new();

    let has_images = !inputs.images.is_empty();
    let mosaics = group(&mut inputs, options.plane, &mut report);
    let mosaics: Vec<Mosaic> = mosaics
        .into_iter()
        .filter(|m| !is_known(m, known, &mut report))
        .collect();
    if !mosaics.is_empty() {
        let positional: Vec<&Catalog> = tables.iter().filter(|t| t.file_column.is_none()).collect();
        if options.detect || positional.is_empty() {
            for mosaic in mosaics {
                match detect_on(&mosaic, options, progress) {
                    Ok((field, _)) if field.objects.is_empty() => report.skipped.push(Skipped::new(
                        mosaic.place(),
                        format!(
                            "no source stands out by {} sigma over {} connected pixels: lower --threshold or --min-area",
                            options.detection.threshold_sigma, options.detection.min_area_px
                        ),
                    )),
                    Ok((field, field_report)) => {
                        report.fields.push(field_report);
                        fields.push(field);
                    }
                    Err(ProjectError::Cancelled) => return Err(ProjectError::Cancelled),
                    Err(e) => report.skipped.push(Skipped::new(mosaic.place(), e)),
                }
            }
        } else {
            for catalog in positional {
                match_catalog(&mosaics, catalog, options, &mut fields, &mut report)?;
            }
        }
    } else if let Some(first) = tables.iter().find(|t| t.file_column.is_none())
        && inputs.cutouts.is_empty()
        && !has_images
    {
        // A catalogue alone is meant for the images that the project has.
        let mosaics = match project {
            Some(project) => of_project(project, known, &mut report)?,
            None => Vec::new(),
        };
        if mosaics.is_empty() {
            return Err(ProjectError::Ask(format!(
                "{}: a catalogue alone has no pixels to cut out; give its image too",
                first.path.display()
            )));
        }
        for catalog in tables.iter().filter(|t| t.file_column.is_none()) {
            match_catalog(&mosaics, catalog, options, &mut fields, &mut report)?;
        }
    }
    for cutouts in &inputs.cutouts {
        if known
            .iter()
            .any(|f| f.kind == FieldKind::Folder && f.root == absolute(&cutouts.root))
        {
            report.skipped.push(Skipped::new(
                cutouts.root.display(),
                "is in this project already: left as it is",
            ));
            continue;
        }
        let (field, field_report) = take_cutouts(cutouts, &tables, options, progress);
        report.fields.push(field_report);
        fields.push(field);
    }
    if progress.cancelled() {
        return Err(ProjectError::Cancelled);
    }
    fields.retain(|f| !f.objects.is_empty());
    Ok(Gathered {
        options: options.clone(),
        known: had,
        fields,
        report,
    })
}

pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}
