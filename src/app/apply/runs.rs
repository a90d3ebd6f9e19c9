//! Runs compared and deleted; on jobs.

use crate::app::background::give_way;
use crate::app::dialogs::COMPARING;
use crate::app::jobs::Done;
use crate::app::state::AppState;
use crate::project::Project;
use crate::tasks;
use std::path::PathBuf;

/// Neighbours an object in a comparison, as on the command line.
const NEIGHBOURS: usize = 10;

/// Compares two runs, unless a comparison is running.
pub(super) fn start_compare(state: &mut AppState, root: PathBuf, first: String, second: String) {
    if state.jobs.running().iter().any(|j| j.title == COMPARING) {
        return;
    }
    let ctx = state.ctx.clone();
    state.jobs.start(&ctx, COMPARING, move |progress| {
        give_way();
        let project = Project::open(&root, false)?;
        let names = [first.as_str(), second.as_str()];
        let found = tasks::compare::compare(&project, names, NEIGHBOURS, progress)?;
        Ok(Done::Compared(Box::new(found)))
    });
}

/// Deletes a run.
pub(super) fn start_delete(state: &mut AppState, root: PathBuf, run: String) {
    let ctx = state.ctx.clone();
    state.jobs.start(&ctx, format!("Deleting {run}"), move |_| {
        let mut project = Project::open(&root, false)?;
        tasks::runs::delete(&mut project, &run)?;
        Ok(Done::RunDeleted(run))
    });
}
