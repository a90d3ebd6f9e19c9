//! Folders: everything below, and whether small images are cutouts or the sky.

use super::{FileKind, FoundCutouts, FoundImage, Inputs, file_kind, look_at_fits, packed};
use crate::progress::Progress;
use crate::tasks::Skipped;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Images up to this many pixels a side in a folder of several are ready-made cutouts.
const CUTOUT_SIDE_PX: usize = 512;

pub(super) fn look_at_folder(root: &Path, as_mosaics: bool, progress: &dyn Progress, inputs: &mut Inputs) {
    let (files, mut unread) = below(root);
    inputs.skipped.append(&mut unread);
    progress.begin(
        &format!("looking at {}", root.display()),
        Some(files.len() as u64),
    );
    let mut cutouts = FoundCutouts {
        root: root.to_owned(),
        files: vec![],
    };
    let mut fits: Vec<(String, Vec<FoundImage>)> = Vec::new();
    let mut broken: HashSet<String> = HashSet::new();
    for file in files {
        progress.advance(1);
        if progress.cancelled() {
            return;
        }
        let path = root.join(&file);
        match file_kind(&path) {
            Err(cause) => inputs
                .skipped
                .push(Skipped::new(path.display(), format!("can't be opened: {cause}"))),
            Ok(FileKind::Picture) => cutouts.files.push(file),
            Ok(FileKind::Catalog) => inputs.catalogs.push((path, None)),
            // A folder holds readmes and thumbnails' databases: what isn't data is passed over.
            Ok(FileKind::Unknown) => {
                let name = file.to_lowercase();
                if [".fits.", ".fit.", ".fts."].iter().any(|e| name.contains(e))
                    && let Some(why) = packed(&path)
                {
                    inputs.skipped.push(Skipped::new(path.display(), why));
                }
            }
            Ok(FileKind::Fits) => {
                let mut of_this = Inputs::default();
                look_at_fits(&path, &mut of_this);
                // Its image is cut short or unreadable, and it has no other.
                if let [image] = &of_this.images[..] {
                    let place = format!(", HDU {}:", image.hdu);
                    if of_this.skipped.iter().any(|s| s.why.contains(&place)) {
                        broken.insert(file.clone());
                    }
                }
                inputs.catalogs.append(&mut of_this.catalogs);
                inputs.skipped.append(&mut of_this.skipped);
                if !of_this.images.is_empty() {
                    fits.push((file, of_this.images));
                }
            }
        }
    }
    let all_small = fits
        .iter()
        .all(|(_, i)| i.iter().all(|i| i.shape.0.max(i.shape.1) <= CUTOUT_SIDE_PX));
    if !as_mosaics && all_small && fits.len() + cutouts.files.len() > 1 {
        // A broken one is told of already.
        let whole = fits.into_iter().filter(|(file, _)| !broken.contains(file));
        cutouts.files.extend(whole.map(|(file, _)| file));
        cutouts.files.sort();
    } else {
        inputs
            .images
            .extend(fits.into_iter().flat_map(|(_, images)| images));
    }
    if !cutouts.files.is_empty() {
        inputs.cutouts.push(cutouts);
    }
}

/// Every file below `root` but hidden ones and those of projects, as paths relative to it, in order; and what
/// can't be listed or named.
pub fn below(root: &Path) -> (Vec<String>, Vec<Skipped>) {
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    walk(root, root, &mut HashSet::new(), &mut files, &mut skipped);
    files.sort();
    (files, skipped)
}

/// `seen`: folders as they really are, so that links to one that was visited end there.
fn walk(
    root: &Path,
    folder: &Path,
    seen: &mut HashSet<PathBuf>,
    files: &mut Vec<String>,
    skipped: &mut Vec<Skipped>,
) {
    if let Ok(real) = folder.canonicalize()
        && !seen.insert(real)
    {
        return;
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) => {
            return skipped.push(Skipped::new(
                folder.display(),
                format!("can't be listed: {cause}"),
            ));
        }
    };
    // Links last and in order: a folder is found under its own name first, whatever the disk's order.
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(|e| (e.file_type().is_ok_and(|t| t.is_symlink()), e.file_name()));
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden || crate::project::Project::is_project(&path) {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, seen, files, skipped);
        } else if let Ok(relative) = path.strip_prefix(root) {
            match relative.to_str() {
                Some(text) => files.push(text.to_owned()),
                None => skipped.push(Skipped::new(
                    path.display(),
                    "its name is not valid UTF-8: rename it",
                )),
            }
        }
    }
}
