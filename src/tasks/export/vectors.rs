//! The vectors themselves, for other programs.

use super::ExportReport;
use crate::io::export::write_vectors;
use crate::progress::Progress;
use crate::project::{Project, ProjectError};
use crate::tasks::images::Images;
use crate::tasks::vectors::Opened;
use std::path::Path;

/// Writes the vectors of a run: the newest of encoder `on`, or the last used. The first column is
/// `file` for ready-made cutouts, else `object`. Objects without a vector are left out.
pub fn export_vectors(
    project: &Project,
    path: &Path,
    on: Option<&str>,
    progress: &dyn Progress,
) -> Result<ExportReport, ProjectError> {
    let newest = project.runs()?.first().map(|(run, _)| run.clone());
    let wanted = on.map(str::to_owned).or(newest);
    let opened = Opened::of(project, wanted.as_deref())?;
    let run = opened
        .runs
        .first()
        .ok_or_else(|| ProjectError::Ask("there are no vectors".into()))?;
    let vectors = run.vectors();
    let images = Images::of(project)?;
    let rows: Vec<usize> = vectors.present_rows().collect();
    let all_files = rows
        .iter()
        .all(|&i| images.objects().get(i).is_some_and(|o| o.file.is_some()));
    let keys: Vec<String> = rows
        .iter()
        .filter_map(|&i| images.objects().get(i))
        .map(|o| {
            o.file
                .clone()
                .filter(|_| all_files)
                .unwrap_or_else(|| o.name.clone())
        })
        .collect();
    progress.begin(&format!("writing {}", path.display()), None);
    let key = if all_files { "file" } else { "object" };
    let names = &run.manifest.encoder.feature_names;
    write_vectors(path, key, &keys, vectors.dim(), names, &mut |i, out| {
        vectors.read_row(rows[i], out)
    })
    .map_err(|e| ProjectError::Ask(e.to_string()))?;
    Ok(ExportReport {
        rows: keys.len(),
        columns: vectors.dim() + 1,
        files: vec![path.to_owned()],
        skipped: vec![],
    })
}
