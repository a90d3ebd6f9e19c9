//! The labelled objects' pixels: the project's cutouts, or the pictures beside a table of labels.

use super::Truth;
use crate::evaluate::confound::{Border, border_of};
use crate::progress::Progress;
use crate::project::{Project, ProjectError};
use crate::sky::cutout::{Cutout, CutoutFlags, crop_central};
use crate::tasks::images::{Images, read_cutout};
use rayon::prelude::*;
use std::path::PathBuf;

/// Cuts out labelled objects.
pub(super) struct Pixels {
    images: Option<Images>,
    root: PathBuf,
    crop: f64,
}

impl Pixels {
    /// Of the project or, without one, of files relative to `root`, of which the central part `crop`
    /// counts.
    pub fn of(project: Option<&Project>, root: PathBuf, crop: f64) -> Result<Self, ProjectError> {
        Ok(Self {
            images: project.map(Images::of).transpose()?,
            root,
            crop,
        })
    }

    /// The cutout of an object.
    pub fn cutout(&self, name: &str, object: Option<usize>) -> Result<Cutout, String> {
        let cutout = match (&self.images, object) {
            (Some(images), Some(object)) => images.cut(object, None)?,
            (Some(_), None) => return Err(format!("{name}: isn't in the project")),
            (None, _) => crop_central(read_cutout(&self.root.join(name))?, self.crop),
        };
        if cutout.flags.has(CutoutFlags::EMPTY) {
            return Err(format!("{name}: no pixel has a value"));
        }
        Ok(cutout)
    }

    /// What `of` makes of every object's cutout, in order.
    pub fn each<T: Send>(
        &self,
        truth: &Truth,
        stage: &str,
        of: impl Fn(&Cutout) -> T + Sync,
        progress: &dyn Progress,
    ) -> Result<Vec<Result<T, String>>, ProjectError> {
        progress.begin(stage, Some(truth.names.len() as u64));
        (0..truth.names.len())
            .into_par_iter()
            .map(|i| {
                if progress.cancelled() {
                    return Err(ProjectError::Cancelled);
                }
                let made = self.cutout(&truth.names[i], truth.objects[i]).map(|c| of(&c));
                progress.advance(1);
                Ok(made)
            })
            .collect()
    }

    /// Every object's background, or `None` (and a note) where one of them has no pixels.
    pub fn borders(
        &self,
        truth: &Truth,
        notes: &mut Vec<String>,
        progress: &dyn Progress,
    ) -> Result<Option<Vec<Border>>, ProjectError> {
        // Without pixels beside the labels there is no need to try them all.
        if let (Some(name), Some(&object)) = (truth.names.first(), truth.objects.first())
            && let Err(why) = self.cutout(name, object)
        {
            notes.push(format!("backgrounds aren't known ({why})"));
            return Ok(None);
        }
        let found = self.each(truth, "measuring backgrounds", border_of, progress)?;
        let mut borders = Vec::with_capacity(found.len());
        for border in found {
            match border {
                Ok(Some(b)) => borders.push(b),
                Ok(None) => {
                    notes.push("backgrounds aren't known: a cutout's border has no values".into());
                    return Ok(None);
                }
                Err(why) => {
                    notes.push(format!("backgrounds aren't known ({why})"));
                    return Ok(None);
                }
            }
        }
        Ok(Some(borders))
    }

    /// About `count` objects that have pixels, every class with its share: rows and cutouts.
    pub fn sample(&self, truth: &Truth, count: usize) -> (Vec<usize>, Vec<Cutout>) {
        let n = truth.names.len();
        let count = count.min(n);
        if count == 0 || self.cutout(&truth.names[0], truth.objects[0]).is_err() {
            return (Vec::new(), Vec::new());
        }
        // Spread evenly over the objects in order of their classes.
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|&i| (truth.class[i], i));
        let rows = (0..count).map(|i| order[i * n / count]);
        rows.filter_map(|i| {
            let cutout = self.cutout(&truth.names[i], truth.objects[i]).ok()?;
            Some((i, cutout))
        })
        .unzip()
    }
}
