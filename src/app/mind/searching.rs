//! What looks like what: searches, neighbours of one object, and what drives its strangeness.

use super::serving::Serving;
use super::{Likeness, Reply, counted};
use crate::app::live::Found;
use crate::discovery::anomaly::drivers;
use crate::discovery::search::{Query, similar_in};
use crate::progress::{Progress, Silent};
use crate::project::ProjectError;

/// How many objects a search brings.
const FOUND: usize = 500;
/// How many neighbours of one object are shown.
const NEIGHBOURS: usize = 12;
/// Features named as driving an object's strangeness.
const DRIVERS: usize = 6;

impl Serving<'_, '_> {
    pub(super) fn similar(&mut self, like: &[u32], unlike: &[u32]) {
        let rows = |objects: &[u32]| objects.iter().map(|&o| o as usize).collect::<Vec<_>>();
        let (liked, disliked) = (rows(like), rows(unlike));
        let query = Query::Rows {
            liked: &liked,
            disliked: &disliked,
        };
        let name = |rows: &[usize]| match rows {
            [one] => crate::project::objects::get(self.project.store(), *one as i64)
                .ok()
                .flatten()
                .map_or_else(|| format!("#{one}"), |o| crate::tasks::cutouts::short_name(&o)),
            many => counted(many.len(), "object"),
        };
        let mut what = format!("like {}", name(&liked));
        if !disliked.is_empty() {
            what.push_str(&format!(", unlike {}", name(&disliked)));
        }
        self.search(&query, what);
    }

    pub(super) fn similar_to(&mut self, likeness: &Likeness) {
        match self.look_for(likeness) {
            Ok((vector, what)) => self.search(&Query::Vector(&vector), what),
            Err(why) => self.failed("searching", why),
        }
    }

    /// The vector of an image from elsewhere, and what it is called.
    pub(super) fn look_for(&self, likeness: &Likeness) -> Result<(Vec<f32>, String), ProjectError> {
        let opened = self.opened.ok_or_else(no_vectors)?;
        let fields = crate::project::objects::fields(self.project.store())?;
        let (cutout, what) = match likeness {
            Likeness::File(path) => {
                let name = path
                    .file_name()
                    .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                (
                    crate::tasks::similar::read_query(&fields, path)?,
                    format!("like {name}"),
                )
            }
            Likeness::Box { field, centre, side } => {
                let id = fields
                    .get(*field)
                    .map(|f| f.id)
                    .ok_or_else(|| ProjectError::Ask("there is no such image".into()))?;
                let cutout = self
                    .images
                    .cut_at(id, *centre, *side)
                    .map_err(ProjectError::Ask)?;
                (
                    cutout,
                    format!("like the box at x {:.0}, y {:.0}", centre.0, centre.1),
                )
            }
        };
        let vector = crate::tasks::similar::vector_of_cutout(opened, &cutout, &self.registry, 1)?;
        Ok((vector, what))
    }

    pub(super) fn search(&mut self, query: &Query<'_>, what: String) {
        let Some(features) = self.features else {
            return self.failed("searching", no_vectors());
        };
        match similar_in(features, query, FOUND, &[], None, &Silent as &dyn Progress) {
            Ok(hits) => {
                let mut similarity = vec![f32::NAN; features.rows()];
                let mut order = Vec::with_capacity(hits.len());
                for hit in hits {
                    similarity[hit.row] = hit.similarity;
                    order.push(hit.row as u32);
                }
                self.tell.say(Reply::Found(Found {
                    query: what,
                    similarity,
                    order,
                }));
            }
            Err(why) => self.failed("searching", ProjectError::Ask(why.to_string())),
        }
    }

    pub(super) fn neighbours(&self, object: u32) {
        let row = object as usize;
        let query = Query::Rows {
            liked: &[row],
            disliked: &[],
        };
        // An object without a vector has no neighbours; that is no failure to be told.
        let hits = self.features.and_then(|features| {
            let progress = &Silent as &dyn Progress;
            similar_in(features, &query, NEIGHBOURS, &[row], None, progress).ok()
        });
        let found = hits.unwrap_or_default();
        let found = found.iter().map(|h| (h.row as u32, h.similarity)).collect();
        self.tell.say(Reply::Neighbours(object, found));
    }

    pub(super) fn drivers(&self, object: u32) {
        let (Some(features), Some(plain), Some(opened)) = (self.features, &self.plain, self.opened) else {
            return;
        };
        let names = opened.feature_names();
        if let Ok(found) = drivers(features, &plain.covariance, object as usize, &names, DRIVERS) {
            self.tell.say(Reply::Drivers(object, found));
        }
    }
}

fn no_vectors() -> ProjectError {
    ProjectError::Ask("there are no vectors yet: embed the objects first (menu Objects)".into())
}
