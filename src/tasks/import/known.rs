//! What a project has already: an import leaves it as it is and adds what is new.

use super::mosaic::Mosaic;
use super::request::{ImportOptions, ImportReport};
use crate::io::paths::whole_path;
use crate::project::{Field, FieldKind, Project, ProjectError, objects};
use crate::sky::cutout::CutoutSize;
use crate::tasks::Skipped;
use crate::tasks::inputs::FoundCutouts;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// A project's fields, and the files of those that are folders.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Known {
    pub(super) fields: Vec<Field>,
    /// How many objects there are.
    objects: usize,
    files: HashMap<i64, HashSet<String>>,
}

/// Cutouts that a project doesn't have yet.
pub(super) struct NewCutouts {
    /// The files, relative to the folder they are kept by.
    pub(super) cutouts: FoundCutouts,
    /// The folder's field, where the project has it.
    pub(super) home: Option<Field>,
    /// How many of what was given it has.
    pub(super) there: usize,
}

impl Known {
    /// What `project` has.
    pub(super) fn of(project: &Project) -> Result<Self, ProjectError> {
        let mut files: HashMap<i64, HashSet<String>> = HashMap::new();
        for (field, file) in objects::files(project.store())? {
            files.entry(field).or_default().insert(file);
        }
        Ok(Self {
            fields: objects::fields(project.store())?,
            objects: project.count()?,
            files,
        })
    }

    /// Whether it is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether the mosaic is there; then the report says so, and what to do where another size is
    /// asked for.
    pub(super) fn has(&self, mosaic: &Mosaic, options: &ImportOptions, report: &mut ImportReport) -> bool {
        let (image, plane) = mosaic.reference();
        let path = whole_path(&image.path);
        let Some(field) = self.fields.iter().find(|f| {
            f.bands
                .iter()
                .any(|b| whole_path(&b.path) == path && b.hdu == image.hdu && b.plane == *plane)
        }) else {
            return false;
        };
        let why = match (options.size, field.size) {
            (Some(asked), Some(size)) if asked != size => format!(
                "is in this project already, with cutouts of {}: all vectors of a project are of the same \
                 cutouts, so import it into a new project for another size (--project OTHER)",
                said(size)
            ),
            _ => "is in this project already: left as it is".to_owned(),
        };
        report.skipped.push(Skipped::new(path.display(), why));
        true
    }

    /// Those of `cutouts` that aren't there; `None`, after the report says so, if all are.
    pub(super) fn without(
        &self,
        cutouts: &FoundCutouts,
        options: &ImportOptions,
        report: &mut ImportReport,
    ) -> Option<NewCutouts> {
        let root = whole_path(&cutouts.root);
        let folders: Vec<(PathBuf, &Field)> = (self.fields.iter())
            .filter(|f| f.kind == FieldKind::Folder)
            .map(|f| (whole_path(&f.root), f))
            .collect();
        // The innermost folder that this one is or lies in.
        let home = (folders.iter())
            .filter(|(folder, _)| root.starts_with(folder))
            .max_by_key(|(folder, _)| folder.components().count());
        let within = |folder: &Path, file: &str| -> Option<String> {
            let whole = root.join(file);
            Some(whole.strip_prefix(folder).ok()?.to_str()?.to_owned())
        };
        let is_there = |file: &str| {
            folders.iter().any(|(folder, field)| {
                let files = self.files.get(&field.id);
                within(folder, file).is_some_and(|f| files.is_some_and(|files| files.contains(&f)))
            })
        };
        let new: Vec<&String> = cutouts.files.iter().filter(|f| !is_there(f)).collect();
        let there = cutouts.files.len() - new.len();
        let refuse = |why: String, report: &mut ImportReport| {
            report.skipped.push(Skipped::new(cutouts.root.display(), why));
            None
        };
        if let (Some((_, field)), Some(crop)) = (home, options.crop)
            && crop != field.crop
        {
            let why = format!(
                "is in this project already, with {} of each cutout kept: all vectors of a project are of the \
                 same cutouts, so import it into a new project for another --crop (--project OTHER)",
                if field.crop < 1.0 {
                    format!("the central {}", field.crop)
                } else {
                    "the whole".to_owned()
                }
            );
            return refuse(why, report);
        }
        if new.is_empty() {
            return refuse("is in this project already: left as it is".to_owned(), report);
        }
        let Some((folder, field)) = home else {
            let files = new.into_iter().cloned().collect();
            return Some(NewCutouts {
                cutouts: FoundCutouts { root, files },
                home: None,
                there,
            });
        };
        let files = new.iter().filter_map(|file| within(folder, file)).collect();
        Some(NewCutouts {
            cutouts: FoundCutouts {
                root: folder.clone(),
                files,
            },
            home: Some((*field).clone()),
            there,
        })
    }
}

fn said(size: CutoutSize) -> String {
    match size {
        CutoutSize::Pixels(px) => format!("{px} pixels"),
        CutoutSize::Arcsec(arcsec) => format!("{arcsec} arcsec"),
    }
}
