//! `astrolabel anomalies`: marks given, the ranking, and the picture of the strangest.

use super::cutouts::draw_beside;
use super::ids::split_ids;
use super::places::check_place;
use super::{count, number_name};
use crate::cli::args::{Anomalies, MethodArg};
use crate::cli::bar::Bars;
use crate::cli::table::{facts, print, real, text};
use crate::cli::{Outcome, note};
use crate::project::Project;
use crate::project::journal::{INTERESTING, ORDINARY};
use crate::tasks;
use crate::tasks::anomalies::{AnomalyRequest, Method};
use crate::tasks::cutouts::Shown;
use crate::tasks::import::author;
use serde_json::{Value, json};

pub(in crate::cli) fn anomalies(a: Anomalies, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    a.montage.as_deref().map_or(Ok(()), check_place)?;
    let author = author(a.who.as_deref(), "command line");
    let marks = [
        (split_ids(&project, &a.interesting)?, INTERESTING),
        (split_ids(&project, &a.ordinary)?, ORDINARY),
    ];
    tasks::label::mark(&mut project, &marks, &author)?;
    let method = match a.method {
        MethodArg::Isolation => Method::Isolation,
        MethodArg::Knn => Method::Knn,
        MethodArg::Mahalanobis => Method::Mahalanobis,
        MethodArg::Combined => Method::Combined,
    };
    let request = AnomalyRequest {
        method,
        unguided: a.unguided,
        on: a.on.on,
        k: a.k,
        seed: a.seed,
    };
    let ranking = tasks::anomalies::anomalies(&mut project, &request, progress)?;
    progress.clear();
    let how = if ranking.model_weight > 0.0 {
        format!(
            "guided by {} interesting and {} ordinary marks (weight {:.2}), for the rest by {}",
            ranking.marks.0,
            ranking.marks.1,
            ranking.model_weight,
            method.name()
        )
    } else {
        format!("by {}", method.name())
    };
    note(
        progress,
        &format!("{} ranked {how}", count(ranking.ranked, "object", "objects")),
    );
    if let Some(why) = &ranking.not_kept {
        note(progress, why);
    }
    let columns = [
        text("rank"),
        text("object"),
        real("score", 4),
        text("mark"),
        text("label"),
        text("what drives it"),
        text("id"),
    ];
    let rows: Vec<Vec<Value>> = ranking
        .strangest
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let drivers: Vec<String> = s
                .drivers
                .iter()
                .map(|d| format!("{} {:+.1}σ", d.name.trim_start_matches("morph_"), d.z))
                .collect();
            vec![
                json!(i + 1),
                json!(s.object.name),
                json!(s.score),
                json!(s.mark),
                json!(s.label),
                json!(drivers.join(", ")),
                number_name(s.object.id),
            ]
        })
        .collect();
    print(
        a.format,
        &columns,
        &rows,
        &facts(json!({"ranked": ranking.ranked, "how": how})),
    )?;
    if let Some(path) = a.montage {
        let ranked = ranking.strangest.iter().enumerate();
        let shown: Vec<Shown> = ranked.map(|(i, s)| Shown::ranked(i + 1, &s.object)).collect();
        return draw_beside(&project, &shown, "strangest first", &path, progress);
    }
    Ok(vec![])
}
