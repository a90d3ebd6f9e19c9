//! `astrolabel relocate`.

use super::count;
use crate::cli::args::Relocate;
use crate::cli::{Outcome, say};
use crate::io::paths::whole_path;
use crate::project::{Project, objects};

pub(in crate::cli) fn relocate(a: Relocate) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    let new = whole_path(&a.new);
    if !new.exists() {
        anyhow::bail!("{}: there is nothing here", new.display());
    }
    let moved = objects::relocate(project.store_mut(), &a.old, &new)?;
    if moved == 0 {
        anyhow::bail!(
            "{}: the project has no file there; `astrolabel info PROJECT` lists them",
            a.old.display()
        );
    }
    say(&format!(
        "{} now looked for below {}",
        count(moved, "path", "paths"),
        new.display()
    ));
    Ok(vec![])
}
