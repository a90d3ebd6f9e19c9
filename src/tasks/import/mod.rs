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
mod known;
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
use crate::project::{NewField, Project, ProjectError};
use catalog::{Catalog, read_catalogs};
use detected::detect_on;
use folder::take_cutouts;
use grouping::group;
use known::Known;
use matching::match_catalog;
use mosaic::{Mosaic, of_project};
use std::path::Path;

/// Everything an import adds, before anything is written.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    options: ImportOptions,
    /// What the project had.
    known: Known,
    fields: Vec<NewField>,
    report: ImportReport,
    /// The catalogues it is from, as they were understood.
    catalogs: Vec<PreviewedCatalog>,
}

impl Gathered {
    /// Whether this is what an import by `options` into a project that has `known` would find.
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
        None => gather(None, Known::default(), options, progress)?,
    };
    let Gathered {
        fields, mut report, ..
    } = gathered;
    if fields.is_empty() {
        return Ok((None, report));
    }
    let mut project = Project::open(root, true)?;
    let lock = lock(&project, progress)?;
    if !Known::of(&project)?.is_empty() {
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
        None => gather(Some(project), known, options, progress)?,
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

/// Everything an import adds to `project`, if there is one yet, which has `known`; nothing is written.
fn gather(
    project: Option<&Project>,
    known: Known,
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
        .filter(|m| !known.has(m, options, &mut report))
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
            Some(project) => of_project(project, &known.fields, &mut report)?,
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
        let Some(new) = known.without(cutouts, options, &mut report) else {
            continue;
        };
        let (mut field, mut field_report) = take_cutouts(&new.cutouts, &tables, options, progress);
        if let Some(home) = new.home {
            (field.field, field.is_known) = (home, true);
        }
        if new.there > 0 {
            field_report.how.push(format!(
                "{} more in this project already: left as they are",
                if new.there == 1 {
                    "1 is".to_owned()
                } else {
                    format!("{} are", new.there)
                }
            ));
        }
        report.fields.push(field_report);
        fields.push(field);
    }
    if progress.cancelled() {
        return Err(ProjectError::Cancelled);
    }
    fields.retain(|f| !f.objects.is_empty());
    Ok(Gathered {
        options: options.clone(),
        known,
        fields,
        report,
        catalogs: tables.iter().map(PreviewedCatalog::of).collect(),
    })
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}
