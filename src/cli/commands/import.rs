//! `astrolabel import`.

use super::count;
use crate::cli::args::Import;
use crate::cli::bar::Bars;
use crate::cli::{Outcome, list, say};
use crate::project::Project;
use crate::sky::detect::DetectSettings;
use crate::tasks;
use crate::tasks::import::{ImportOptions, current_user};

pub(in crate::cli) fn import(a: Import, progress: &Bars) -> Outcome {
    let options = ImportOptions {
        paths: a.paths,
        catalog: a.catalog,
        ra: a.ra,
        dec: a.dec,
        x: a.x,
        y: a.y,
        id: a.id,
        size: a.size,
        crop: a.crop,
        detect: a.detect,
        detection: DetectSettings {
            threshold_sigma: a.threshold,
            min_area_px: a.min_area,
            deblend_levels: a.deblend_levels as usize,
            deblend_contrast: a.deblend_contrast,
            deblend_max_branches: a.branch_limit,
            ..Default::default()
        },
        plane: a.plane,
        who: current_user(),
    };
    let (project, report) = tasks::import::import_into(&a.project.project, &options, progress)?;
    progress.clear();
    for field in &report.fields {
        let bands = if field.bands.len() > 1 {
            format!(" ({})", field.bands.join(", "))
        } else {
            String::new()
        };
        say(&format!(
            "{}{bands}: {}",
            field.name,
            count(field.objects, "object", "objects")
        ));
        for sentence in &field.how {
            say(&format!("  {sentence}"));
        }
    }
    if let Some(project) = &project {
        say(&format!(
            "{} added to {}, which now has {}",
            count(report.objects, "object", "objects"),
            a.project.project.display(),
            project.count()?
        ));
    }
    if report.objects == 0 && !report.skipped.iter().any(|s| s.why.contains("already")) {
        list(&report.skipped);
        if let Some(project) = options.paths.iter().find(|p| Project::is_project(p)) {
            anyhow::bail!(
                "nothing was imported: {} is a project, not images: name the files it should have, and the project as --project",
                project.display()
            );
        }
        if report.skipped.is_empty() {
            let paths: Vec<String> = options.paths.iter().map(|p| p.display().to_string()).collect();
            anyhow::bail!(
                "nothing was imported: there is no image, cutout or catalogue in {}",
                paths.join(", ")
            );
        }
        anyhow::bail!("nothing was imported");
    }
    Ok(report.skipped)
}
