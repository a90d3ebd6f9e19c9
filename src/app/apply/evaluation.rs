//! Encoders tried on the labelled objects, and the result written; on jobs.

use crate::app::background::give_way;
use crate::app::command::Purpose;
use crate::app::jobs::Done;
use crate::app::panels::evaluation::EVALUATING;
use crate::app::state::AppState;
use crate::evaluate::report::{write_csv, write_html};
use crate::project::{Project, ProjectError};
use crate::tasks::evaluate::{EvaluateRequest, evaluate};
use std::path::PathBuf;

/// Evaluates, unless an evaluation is running.
pub(super) fn start_evaluate(state: &mut AppState, root: PathBuf, request: EvaluateRequest) {
    if state.jobs.running().iter().any(|j| j.title == EVALUATING) {
        return;
    }
    let ctx = state.ctx.clone();
    state.jobs.start(&ctx, EVALUATING, move |progress| {
        give_way();
        let project = Project::open(&root, false)?;
        let report = evaluate(Some(&project), &request, progress)?;
        Ok(Done::Evaluated(root, Box::new(report)))
    });
}

/// Writes the newest evaluation; the ending is added where none was typed.
pub(super) fn save(state: &mut AppState, path: PathBuf, purpose: Purpose) {
    let Some(report) = state.panels.evaluation.report().cloned() else {
        return;
    };
    let is_csv = purpose == Purpose::EvaluationCsv;
    let path = match path.extension() {
        Some(_) => path,
        None => path.with_extension(if is_csv { "csv" } else { "html" }),
    };
    let ctx = state.ctx.clone();
    state.jobs.start(&ctx, "Saving the evaluation", move |_| {
        let written = if is_csv {
            write_csv(&path, &report)
        } else {
            write_html(&path, &report)
        };
        written.map_err(|e| ProjectError::Ask(e.to_string()))?;
        Ok(Done::EvaluationSaved(path))
    });
}
