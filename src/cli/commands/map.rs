//! `astrolabel map`.

use super::number_name;
use crate::cli::args::{Map, MapArg};
use crate::cli::bar::Bars;
use crate::cli::table::{facts, print, real, text};
use crate::cli::{Outcome, say};
use crate::project::{Project, objects};
use crate::tasks;
use crate::tasks::map::MapMethod;
use serde_json::{Value, json};

pub(in crate::cli) fn map(a: Map, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    let method = match a.method {
        MapArg::Pca => MapMethod::Pca,
        MapArg::Umap => MapMethod::Umap,
    };
    let found = tasks::map::map(&mut project, method, a.on.on.as_deref(), a.seed, progress)?;
    progress.clear();
    let Some(format) = a.format else {
        let kept = found
            .not_kept
            .as_deref()
            .unwrap_or("kept in the project, `astrolabel export` writes the coordinates");
        say(&format!("{}; {kept}", found.how));
        return Ok(vec![]);
    };
    let columns = [text("object"), real("x", 4), real("y", 4), text("id")];
    let rows: Vec<Vec<Value>> = objects::all(project.store())?
        .iter()
        .zip(&found.places)
        .filter(|(_, p)| p[0].is_finite())
        .map(|(o, p)| vec![json!(o.name), json!(p[0]), json!(p[1]), number_name(o.id)])
        .collect();
    print(format, &columns, &rows, &facts(json!({"how": found.how})))?;
    Ok(vec![])
}
