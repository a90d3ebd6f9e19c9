//! What an import would do, before it does it: for a sheet that shows and corrects the guesses.

use super::catalog::Catalog;
use super::known::Known;
use super::request::{ImportOptions, ImportReport};
use super::{Gathered, gather};
use crate::io::catalog::roles::Roles;
use crate::progress::Progress;
use crate::project::{Field, Project, ProjectError};
use std::path::{Path, PathBuf};

/// A column that could be corrected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Whether it holds numbers, which positions need.
    pub is_number: bool,
}

/// A catalogue as it was understood.
#[derive(Debug, Clone)]
pub struct PreviewedCatalog {
    /// The file.
    pub path: PathBuf,
    /// Rows.
    pub rows: usize,
    /// Its columns.
    pub columns: Vec<Candidate>,
    /// What they were taken for.
    pub roles: Roles,
}

impl PreviewedCatalog {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let fields = catalog.table.batch.schema_ref().fields();
        Self {
            path: catalog.path.clone(),
            rows: catalog.table.rows(),
            columns: fields
                .iter()
                .map(|f| Candidate {
                    name: f.name().clone(),
                    is_number: f.data_type().is_numeric(),
                })
                .collect(),
            roles: catalog.roles.clone(),
        }
    }
}

/// What an import would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Fields, objects, what was guessed and what would be left out.
    pub report: ImportReport,
    /// Objects that would be added.
    pub objects: usize,
    /// The fields, for a picture of them; those of the project already have their number.
    pub fields: Vec<Field>,
    /// The catalogues.
    pub catalogs: Vec<PreviewedCatalog>,
    /// What was found, so that an import by the same options needn't look for it again.
    pub gathered: Gathered,
}

/// Goes through an import into the project in `root` (which needn't exist) and writes nothing.
pub fn preview(
    root: &Path,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Preview, ProjectError> {
    let project = match Project::is_project(root) {
        true => Some(Project::open(root, false)?),
        false => None,
    };
    let known = project.as_ref().map(Known::of).transpose()?.unwrap_or_default();
    let gathered = gather(project.as_ref(), known, options, progress)?;
    Ok(Preview {
        objects: gathered.fields.iter().map(|f| f.objects.len()).sum(),
        fields: gathered.fields.iter().map(|f| f.field.clone()).collect(),
        report: gathered.report.clone(),
        catalogs: gathered.catalogs.clone(),
        gathered,
    })
}
