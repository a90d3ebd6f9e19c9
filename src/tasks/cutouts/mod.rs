//! Cutouts to look at: files, or one picture of many.

mod choice;
mod files;

pub use choice::{Shown, choose, short_name};
pub use files::write_files;

use super::Skipped;
use super::images::Images;
use crate::display::{RgbImage, StretchRecipe, montage, render};
use crate::progress::Progress;
use crate::project::{Project, ProjectError};
use crate::sky::cutout::CutoutSize;
use std::path::Path;

/// Side of a montage's tile: a name from a position fits below it.
pub const TILE_PX: usize = 144;

/// Draws the objects into one picture. Those that can't be cut out are left out and reported.
pub fn draw_montage(
    project: &Project,
    shown: &[Shown],
    size: Option<CutoutSize>,
    tile_px: usize,
    title: Option<&str>,
    path: &Path,
    progress: &dyn Progress,
) -> Result<Vec<Skipped>, ProjectError> {
    let images = Images::of(project)?;
    let recipe = StretchRecipe::default();
    let mut skipped = Vec::new();
    let mut tiles: Vec<(RgbImage, String)> = Vec::new();
    progress.begin("drawing", Some(shown.len() as u64));
    for one in shown {
        if progress.cancelled() {
            return Err(ProjectError::Cancelled);
        }
        match images.cut(one.object as usize, size) {
            Ok(cutout) => tiles.push((render(&cutout, &recipe), one.caption.clone())),
            Err(why) => skipped.push(Skipped::new(&one.caption, why)),
        }
        progress.advance(1);
    }
    if tiles.is_empty() {
        let why = skipped
            .first()
            .map_or("there is nothing to draw".to_owned(), |s| {
                format!("{}: {}", s.what, s.why)
            });
        return Err(ProjectError::Ask(why));
    }
    montage(&tiles, None, tile_px, title)
        .save(path)
        .map_err(|e| ProjectError::Ask(e.to_string()))?;
    Ok(skipped)
}
