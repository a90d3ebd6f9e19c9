//! Which objects are shown, and what stands below each.

use crate::progress::Progress;
use crate::project::journal::{self, Kind};
use crate::project::{Object, Project, ProjectError, answers, objects};
use crate::tasks::similar::SimilarHit;
use crate::tasks::{anomalies, classify, similar};

/// An object to show, with what to write below it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Which.
    pub object: i64,
    /// The caption.
    pub caption: String,
}

impl Shown {
    fn with(object: &Object, caption: String) -> Self {
        Self {
            object: object.id,
            caption,
        }
    }

    /// An object with its name.
    pub fn plain(object: &Object) -> Self {
        Self::with(object, short_name(object))
    }

    /// An object that others are likened to.
    pub fn query(object: &Object) -> Self {
        Self::with(object, format!("{} (query)", short_name(object)))
    }

    /// One that was found similar.
    pub fn hit(hit: &SimilarHit) -> Self {
        let caption = format!("{:.2} {}", hit.similarity, short_name(&hit.object));
        Self::with(&hit.object, caption)
    }

    /// One with its place in a ranking, from 1.
    pub fn ranked(rank: usize, object: &Object) -> Self {
        Self::with(object, format!("{rank}. {}", short_name(object)))
    }

    /// One whose class is in doubt: the entropy of its probabilities over its maximum, 0 to 1.
    pub fn doubted(object: &Object, doubt: f32) -> Self {
        Self::with(object, format!("{} {doubt:.2}", short_name(object)))
    }
}

/// An object's name for a caption: of a file, what stands between its folders and its ending.
pub fn short_name(object: &Object) -> String {
    match &object.file {
        Some(file) => {
            let base = file.rsplit('/').next().unwrap_or(file);
            let lower = base.to_ascii_lowercase();
            let ending = [
                ".fits.gz", ".fits.fz", ".fits", ".fit", ".jpeg", ".jpg", ".png", ".tiff", ".tif",
            ]
            .iter()
            .find(|e| lower.ends_with(**e) && lower.len() > e.len())
            .map_or(0, |e| e.len());
            base[..base.len() - ending].to_owned()
        }
        None => object.name.clone(),
    }
}

/// Reads what a person asked to see: ids, `strangest:N`, `next:N`, `label:CLASS`, `similar:ID:N`.
pub fn choose(
    project: &mut Project,
    asked: &[String],
    progress: &dyn Progress,
) -> Result<Vec<Shown>, ProjectError> {
    let mut shown = Vec::new();
    for text in asked {
        let number = |n: &str| {
            n.parse::<usize>().map_err(|_| {
                ProjectError::Ask(format!("'{text}': what follows the last colon must be a number"))
            })
        };
        match text.split_once(':') {
            Some(("strangest", n)) => shown.extend(strangest(project, number(n)?)?),
            Some(("next", n)) => {
                let options = classify::ClassifyOptions {
                    next: number(n)?,
                    ..Default::default()
                };
                for s in classify::classify(project, &options, progress)?.suggestions {
                    let object = objects::get(project.store(), s.row as i64)?;
                    shown.extend(object.map(|o| Shown::doubted(&o, s.doubt)));
                }
            }
            Some(("label", class)) => {
                let mut ids: Vec<i64> = journal::standing(project.store(), Kind::Label)?
                    .into_iter()
                    .filter(|(_, c)| c == class)
                    .map(|(id, _)| id)
                    .collect();
                ids.sort_unstable();
                if ids.is_empty() {
                    return Err(ProjectError::Ask(format!("no object is labelled '{class}'")));
                }
                for id in ids {
                    shown.extend(objects::get(project.store(), id)?.as_ref().map(Shown::plain));
                }
            }
            Some(("similar", rest)) => {
                let (id, n) = rest
                    .rsplit_once(':')
                    .ok_or_else(|| ProjectError::Ask(format!("'{text}': write similar:ID:N")))?;
                let options = similar::SimilarOptions {
                    like: vec![id.to_owned()],
                    k: number(n)?,
                    threads: 1,
                    ..Default::default()
                };
                shown.push(Shown::query(&objects::find(project.store(), id)?));
                let hits = similar::similar(project, &options, progress)?;
                shown.extend(hits.iter().map(Shown::hit));
            }
            _ => shown.push(Shown::plain(&objects::find(project.store(), text)?)),
        }
    }
    Ok(shown)
}

fn strangest(project: &Project, n: usize) -> Result<Vec<Shown>, ProjectError> {
    let answer = answers::load(project, anomalies::ANSWER)?.ok_or_else(|| {
        ProjectError::Ask("nothing has been ranked yet: run `astrolabel anomalies` first".into())
    })?;
    let ranks = answer.table.numbers("anomaly_rank").unwrap_or_default();
    let mut rows: Vec<(usize, f64)> = ranks
        .into_iter()
        .enumerate()
        .filter(|(_, r)| *r <= n as f64)
        .collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut shown = Vec::new();
    for (row, rank) in rows {
        let object = objects::get(project.store(), row as i64)?;
        shown.extend(object.map(|o| Shown::ranked(rank as usize, &o)));
    }
    Ok(shown)
}
