//! `astrolabel similar`: the list, and the picture of it.

use super::cutouts::draw_beside;
use super::ids::split_ids;
use super::number_name;
use super::places::check_place;
use crate::cli::Outcome;
use crate::cli::args::Similar;
use crate::cli::bar::Bars;
use crate::cli::table::{facts, print, real, text};
use crate::project::{Project, objects};
use crate::tasks;
use crate::tasks::cutouts::Shown;
use crate::tasks::similar::SimilarOptions;
use serde_json::{Value, json};

pub(in crate::cli) fn similar(a: Similar, threads: usize, progress: &Bars) -> Outcome {
    let project = Project::open(&a.project.project, false)?;
    a.montage.as_deref().map_or(Ok(()), check_place)?;
    let options = SimilarOptions {
        like: split_ids(&project, &a.like)?,
        unlike: split_ids(&project, &a.unlike)?,
        image: a.image.clone(),
        k: a.k,
        on: a.on.on,
        threads,
    };
    let hits = tasks::similar::similar(&project, &options, progress)?;
    progress.clear();
    let columns = [
        text("rank"),
        text("object"),
        real("similarity", 4),
        text("label"),
        real("ra", 5),
        real("dec", 5),
        text("id"),
    ];
    let rows: Vec<Vec<Value>> = hits
        .iter()
        .enumerate()
        .map(|(i, h)| {
            let o = &h.object;
            vec![
                json!(i + 1),
                json!(o.name),
                json!(h.similarity),
                json!(h.label),
                json!(o.ra_deg),
                json!(o.dec_deg),
                number_name(o.id),
            ]
        })
        .collect();
    let query = a
        .image
        .as_ref()
        .map_or_else(|| json!(a.like), |i| json!(i.display().to_string()));
    print(a.format, &columns, &rows, &facts(json!({ "query": query })))?;
    if let Some(path) = a.montage {
        let mut shown = Vec::new();
        for id in &options.like {
            shown.push(Shown::query(&objects::find(project.store(), id)?));
        }
        shown.extend(hits.iter().map(Shown::hit));
        return draw_beside(&project, &shown, "most similar first", &path, progress);
    }
    Ok(vec![])
}
