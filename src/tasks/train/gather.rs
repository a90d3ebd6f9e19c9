//! Images of folders, projects and tables of labels, kept small.

use crate::encoder::preprocess::Preprocessing;
use crate::io::catalog::table::Table;
use crate::progress::Progress;
use crate::project::{Project, ProjectError};
use crate::sky::cutout::{Cutout, CutoutFlags, crop_central};
use crate::tasks::Skipped;
use crate::tasks::images::{Images, read_cutout};
use crate::tasks::inputs::below;
use crate::tasks::label::{NAMING, class_name, label_column};
use crate::train::data::{ImageSet, KEPT_PX};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Beyond what is normally seen, so much is kept for turning, scaling and shifting.
const REACH: f64 = 1.5;
/// Columns that begin so hold shares of votes.
const VOTES: &str = "p_";

/// Central part of an image that is normally seen, 1 for all of it.
pub type Crop = f64;

/// Where images come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A folder of images, or a project.
    Images(PathBuf, Crop),
    /// A table with columns file and label, and shares of votes (`p_…`).
    Labels(PathBuf, Crop),
}

/// Reads all sources: sets in their order, and what couldn't be used.
///
/// # Errors
/// If a source can't be read at all, holds no image, or memory doesn't do.
pub(super) fn gather(
    sources: &[Source],
    split: &[String],
    progress: &dyn Progress,
) -> Result<(Vec<ImageSet>, Vec<Skipped>), ProjectError> {
    let (mut sets, mut skipped) = (Vec::new(), Vec::new());
    for source in sources {
        let (set, mut left_out) = match source {
            Source::Images(path, crop) if Project::is_project(path) => of_project(path, *crop, progress)?,
            Source::Images(path, crop) => of_folder(path, *crop, progress)?,
            Source::Labels(path, crop) => of_table(path, *crop, split, progress)?,
        };
        skipped.append(&mut left_out);
        sets.push(set);
    }
    Ok((sets, skipped))
}

/// What is known of an image before it is read.
#[derive(Clone, Default)]
struct Known {
    label: Option<u16>,
    votes: Vec<f32>,
}

fn of_folder(
    path: &Path,
    crop: Crop,
    progress: &dyn Progress,
) -> Result<(ImageSet, Vec<Skipped>), ProjectError> {
    let wrong = |e: std::io::Error| ProjectError::Ask(format!("{}: can't be read: {e}", path.display()));
    std::fs::read_dir(path).map_err(wrong)?;
    let (mut files, mut unread) = below(path);
    files.retain(|f| is_image(&f.to_lowercase()));
    let known = vec![Known::default(); files.len()];
    let read = |i: usize| read_cutout(&path.join(&files[i]));
    let name = |i: usize| path.join(&files[i]).display().to_string();
    let (set, mut skipped) = filled(path, known, vec![], vec![], crop, (&read, &name), progress)?;
    skipped.append(&mut unread);
    Ok((set, skipped))
}

fn is_image(name: &str) -> bool {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".fits", ".fit", ".fts"]
        .iter()
        .any(|e| name.ends_with(e))
}

fn of_project(
    path: &Path,
    crop: Crop,
    progress: &dyn Progress,
) -> Result<(ImageSet, Vec<Skipped>), ProjectError> {
    let project = Project::open(path, false)?;
    let images = Images::of(&project)?;
    let known = vec![Known::default(); images.objects().len()];
    let read = |i: usize| images.cut(i, None);
    let name = |i: usize| format!("{}: object #{i}", path.display());
    filled(path, known, vec![], vec![], crop, (&read, &name), progress)
}

fn of_table(
    path: &Path,
    crop: Crop,
    split: &[String],
    progress: &dyn Progress,
) -> Result<(ImageSet, Vec<Skipped>), ProjectError> {
    let wrong = |cause: String| ProjectError::Ask(format!("{}: {cause}", path.display()));
    let table = crate::tasks::import::read_table(path, None, progress).map_err(ProjectError::Ask)?;
    let columns = table.names().join(", ");
    let naming = (NAMING.into_iter().find(|c| table.position(c).is_some())).ok_or_else(|| {
        wrong(format!(
            "no column names the files (file, id, name); it has {columns}"
        ))
    })?;
    let texts = |c: &str| {
        table
            .texts(c)
            .ok_or_else(|| wrong(format!("its column '{c}' can't be read as text")))
    };
    let files = texts(naming)?;
    let labels: Vec<String> = match label_column(&table, None) {
        Some(column) => texts(column)?.iter().map(|c| class_name(c)).collect(),
        None => vec![String::new(); files.len()],
    };
    let keep: Vec<bool> = match table.texts("split") {
        _ if split.is_empty() => vec![true; files.len()],
        Some(splits) => splits.iter().map(|s| split.contains(s)).collect(),
        None => {
            let wanted = split.join(", ");
            return Err(wrong(format!(
                "there is no column 'split' to find '{wanted}' in; it has {columns}"
            )));
        }
    };
    let (questions, shares) = votes(&table);
    let rows: Vec<usize> = (0..files.len()).filter(|&i| keep[i]).collect();
    let classes: BTreeSet<String> = (rows.iter())
        .map(|&i| labels[i].clone())
        .filter(|c| !c.is_empty())
        .collect();
    let classes: Vec<String> = classes.into_iter().collect();
    if classes.len() > usize::from(u16::MAX) {
        return Err(wrong(
            "has more classes than anybody could tell apart: is that the column of labels?".into(),
        ));
    }
    let known: Vec<Known> = (rows.iter())
        .map(|&i| Known {
            label: classes.binary_search(&labels[i]).ok().map(|c| c as u16),
            votes: shares.iter().map(|s| s[i] as f32).collect(),
        })
        .collect();
    let root = path.parent().unwrap_or(Path::new(""));
    let read = |i: usize| read_cutout(&root.join(&files[rows[i]]));
    let name = |i: usize| root.join(&files[rows[i]]).display().to_string();
    filled(path, known, classes, questions, crop, (&read, &name), progress)
}

/// Columns of shares of votes: those that hold numbers from 0 to 1 somewhere.
fn votes(table: &Table) -> (Vec<String>, Vec<Vec<f64>>) {
    let (mut questions, mut shares) = (Vec::new(), Vec::new());
    for name in table.names() {
        let Some(values) = table.numbers(name).filter(|_| name.starts_with(VOTES)) else {
            continue;
        };
        let shares_only = values.iter().all(|v| v.is_nan() || (0.0..=1.0).contains(v));
        if shares_only && values.iter().any(|v| v.is_finite()) {
            questions.push(name.to_owned());
            shares.push(values);
        }
    }
    (questions, shares)
}

/// How image `i` is read, and what it is called.
type Reading<'a> = (
    &'a (dyn Fn(usize) -> Result<Cutout, String> + Sync),
    &'a (dyn Fn(usize) -> String + Sync),
);

fn filled(
    path: &Path,
    known: Vec<Known>,
    classes: Vec<String>,
    questions: Vec<String>,
    crop: Crop,
    (read, name): Reading<'_>,
    progress: &dyn Progress,
) -> Result<(ImageSet, Vec<Skipped>), ProjectError> {
    let reach = REACH.min(1.0 / crop);
    // As large as the first image that can be read, up to the most.
    let side = (0..known.len().min(64))
        .find_map(|i| read(i).ok())
        .map_or(KEPT_PX, |c| {
            ((c.width().min(c.height()) as f64 * crop * reach).round() as usize).clamp(1, KEPT_PX)
        });
    let small = Preprocessing {
        image_px: side,
        mean: [0.0; 3],
        std: [1.0; 3],
        ..Preprocessing::default()
    };
    let title = match (path.file_stem(), path.parent().and_then(Path::file_name)) {
        (Some(stem), Some(folder)) if stem == "labels" => folder,
        (Some(stem), _) => stem,
        (None, _) => path.as_os_str(),
    };
    let mut set = ImageSet {
        name: title.to_string_lossy().into_owned(),
        reach: reach as f32,
        side,
        classes,
        questions,
        ..ImageSet::default()
    };
    progress.begin(&format!("reading {}", set.name), Some(known.len() as u64));
    let mut skipped = Vec::new();
    // A few hundred at a time: whole cutouts are larger than what is kept of them.
    for first in (0..known.len()).step_by(256) {
        if progress.cancelled() {
            return Err(ProjectError::Cancelled);
        }
        let made: Vec<Result<Vec<f32>, String>> = (first..known.len().min(first + 256))
            .into_par_iter()
            .map(|i| {
                let cutout = crop_central(read(i)?, crop * reach);
                if cutout.flags.has(CutoutFlags::EMPTY) {
                    return Err("no pixel has a value".into());
                }
                let mut pixels = vec![0.0; 3 * side * side];
                small.apply(&cutout, &mut pixels)?;
                progress.advance(1);
                Ok(pixels)
            })
            .collect();
        for (i, made) in made.into_iter().enumerate() {
            let at = first + i;
            match made {
                Ok(pixels) => set.push(&pixels, known[at].label, &known[at].votes),
                Err(reason) => skipped.push(Skipped::new(name(at), reason)),
            }
        }
    }
    if set.is_empty() {
        let why = skipped
            .first()
            .map_or(String::new(), |s| format!(" ({})", s.told()));
        return Err(ProjectError::Ask(format!(
            "{}: no image in it can be used{why}: give a folder of images, a project, or a table with a column 'file'",
            path.display()
        )));
    }
    set.settle();
    Ok((set, skipped))
}
