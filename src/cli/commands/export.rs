//! `astrolabel export`: the catalogue, the vectors, or both.

use super::places::check_place;
use crate::cli::args::Export;
use crate::cli::bar::Bars;
use crate::cli::{Outcome, say};
use crate::project::Project;
use crate::tasks;

pub(in crate::cli) fn export(a: Export, progress: &Bars) -> Outcome {
    let project = Project::open(&a.project.project, false)?;
    for path in a.out.iter().chain(&a.vectors) {
        check_place(path)?;
    }
    let mut skipped = Vec::new();
    if let Some(path) = &a.out {
        let report = tasks::export::export(&project, path, progress)?;
        progress.clear();
        let files: Vec<String> = report.files.iter().map(|f| f.display().to_string()).collect();
        say(&format!(
            "{} rows, {} columns: {}",
            report.rows,
            report.columns,
            files.join(", ")
        ));
        skipped = report.skipped;
    }
    if let Some(path) = &a.vectors {
        let report = tasks::export::export_vectors(&project, path, a.on.as_deref(), progress)?;
        progress.clear();
        say(&format!(
            "{} vectors of {} numbers: {}",
            report.rows,
            report.columns - 1,
            path.display()
        ));
    }
    Ok(skipped)
}
