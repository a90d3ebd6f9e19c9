//! Stories of work that is stopped: what was done is kept, and the same command goes on from there.

use crate::support::{Desk, survey};
use astrolabel::progress::Silent;
use astrolabel::project::Project;
use astrolabel::tasks::import::{ImportOptions, import_into};
use egui::{Key, Modifiers};
use std::path::{Path, PathBuf};

/// So many that a hand is quicker than measuring them.
const MANY: usize = 12_000;

/// A project of [`MANY`] objects on one image, without vectors.
fn large(dir: &Path) -> PathBuf {
    let folder = survey(dir, 60);
    let catalog = dir.join("many.csv");
    let mut text = "id,x,y\n".to_owned();
    for i in 0..MANY {
        // A lattice that is no pixel grid.
        let (x, y) = ((i % 120) as f64 * 5.1 + 8.3, (i / 120) as f64 * 6.1 + 8.7);
        text.push_str(&format!("many-{i},{x:.2},{y:.2}\n"));
    }
    std::fs::write(&catalog, text).unwrap();
    let root = dir.join("large.astrolabel");
    let options = ImportOptions {
        paths: vec![folder.join("survey_r.fits.fz"), catalog],
        who: "tester".into(),
        ..Default::default()
    };
    let (_, report) = import_into(&root, &options, &Silent).unwrap();
    assert_eq!(report.objects, MANY, "{report:?}");
    root
}

/// How many objects have a vector on the disk.
fn embedded(root: &Path) -> usize {
    let project = Project::open(root, false).unwrap();
    let runs = project.runs().unwrap();
    let Some((name, _)) = runs.first() else { return 0 };
    let run = astrolabel::project::runs::Run::open(&project.embeddings(), name, MANY).unwrap();
    run.done()
}

#[test]
fn embedding_that_is_stopped_keeps_what_it_did_and_goes_on_from_there() {
    let mut desk = Desk::new();
    let root = large(desk.folder.path());
    desk.open_by_path(&root);
    desk.see("large   12000 objects");
    desk.command("embed with morphometry");
    desk.see_part("Embedding with morphometry");
    desk.until("the first vectors on the disk", |_| embedded(&root) > 0);
    desk.press_with(Modifiers::COMMAND, Key::Period);
    desk.see("Embedding with morphometry: stopped");
    let kept = embedded(&root);
    assert!(0 < kept && kept < MANY, "{kept}");
    desk.press_with(Modifiers::COMMAND, Key::Num8);
    desk.see("What was done is kept; the same command goes on from here.");

    desk.command("embed with morphometry");
    desk.see_part(&format!("Embedded {} objects in ", MANY - kept));
    assert_eq!(embedded(&root), MANY);
}
