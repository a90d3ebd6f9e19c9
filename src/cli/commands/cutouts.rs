//! `astrolabel cutouts`, and the pictures that other commands draw beside their lists.

use super::count;
use super::ids::split_ids;
use super::places::{check_place, is_picture};
use crate::cli::args::Cutouts;
use crate::cli::bar::Bars;
use crate::cli::{Outcome, note, say};
use crate::project::Project;
use crate::tasks::cutouts::{self, Shown};
use std::path::Path;

pub(in crate::cli) fn cutouts(a: Cutouts, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    if is_picture(&a.out) {
        check_place(&a.out)?;
    } else if a.out.is_file() {
        anyhow::bail!(
            "{}: this is a file: name a folder, or a .png for a montage",
            a.out.display()
        );
    }
    let asked = split_ids(&project, &a.ids)?;
    let shown = cutouts::choose(&mut project, &asked, progress)?;
    if is_picture(&a.out) {
        let skipped =
            cutouts::draw_montage(&project, &shown, a.size, a.tile as usize, None, &a.out, progress)?;
        progress.clear();
        say(&format!(
            "{} in {}",
            count(shown.len() - skipped.len(), "cutout", "cutouts"),
            a.out.display()
        ));
        return Ok(skipped);
    }
    let (written, skipped) = cutouts::write_files(&project, &shown, a.size, &a.out, progress)?;
    progress.clear();
    say(&format!(
        "{} written to {}",
        count(written, "cutout", "cutouts"),
        a.out.display()
    ));
    Ok(skipped)
}

/// Draws a command's result into the picture at `path`, if one was asked for.
pub(super) fn draw_beside(
    project: &Project,
    shown: &[Shown],
    title: &str,
    path: &Path,
    progress: &Bars,
) -> Outcome {
    let tile_px = cutouts::TILE_PX;
    let skipped = cutouts::draw_montage(project, shown, None, tile_px, Some(title), path, progress)?;
    note(progress, &format!("wrote {}", path.display()));
    Ok(skipped)
}
