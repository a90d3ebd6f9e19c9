//! `astrolabel import`.

use super::count;
use crate::cli::args::Import;
use crate::cli::bar::Bars;
use crate::cli::{Outcome, list, say};
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
        anyhow::bail!("nothing was imported");
    }
    Ok(report.skipped)
}
