//! Stories of runs: listed, held against each other, deleted after a question.

use crate::evaluation::label_some;
use crate::support::{Desk, project};
use astrolabel::encoder::registry::Registry;
use astrolabel::progress::Silent;
use astrolabel::project::Project;
use egui::Key;
use std::path::Path;

/// Embeds the project's objects with a tiny network as well; the run's name.
fn embed_with_a_network(root: &Path, folder: &Path) -> String {
    let own = folder.join("own");
    std::fs::create_dir_all(&own).unwrap();
    let name = "a_network_with_quite_a_long_name_for_a_column";
    std::fs::write(
        own.join(format!("{name}.toml")),
        crate::tiny::description(name, "dim = 64"),
    )
    .unwrap();
    crate::tiny::write(&own.join(format!("{name}.safetensors")), 5);
    let registry = Registry::of_folders(Some(own), Vec::new());
    let encoder = registry.open(name, &Default::default()).unwrap();
    let mut project = Project::open(root, false).unwrap();
    let report = astrolabel::tasks::embed::embed(&mut project, encoder.as_ref(), 64, 2, &Silent).unwrap();
    assert_eq!(report.done, 60);
    report.run
}

/// Names of the runs in a project on the disk.
fn runs_on_disk(root: &Path) -> Vec<String> {
    let runs = Project::open(root, false).unwrap().runs().unwrap();
    runs.into_iter().map(|(run, _)| run).collect()
}

#[test]
fn two_runs_are_compared_and_one_is_deleted() {
    let mut desk = Desk::new();
    let root = project(desk.folder.path());
    let classical = runs_on_disk(&root).remove(0);
    let network = embed_with_a_network(&root, desk.folder.path());
    desk.open_by_path(&root);
    desk.see("0 selected");
    desk.command("Runs…");
    desk.see(&format!("Compare {network}"));
    desk.see_part("a_network_with_qu…");
    desk.see("classical numbers");
    desk.see("class token");
    desk.click(&format!("Compare {classical}"));
    desk.see("Tick two runs in the table.");
    desk.click(&format!("Compare {network}"));
    desk.see(&format!("{classical} and {network}"));
    desk.click("Compare");
    // Without labels neighbours are compared all the same, and what to do is said.
    desk.see("same neighbours");
    desk.see_part("too few labels to say which teaches better");
    desk.see_part("nothing is labelled yet");
    desk.picture("runs-no-labels");
    desk.click("Close");
    desk.gone("Runs");
    desk.command("Close project");

    label_some(&root);
    desk.open_by_path(&root);
    desk.see("40 of 60 labelled");
    desk.command("Runs…");
    desk.click(&format!("Compare {classical}"));
    desk.click(&format!("Compare {network}"));
    desk.click("Compare");
    desk.see_part("Cross-validated on 40 labels, dealt 10 times");
    desk.see_part("right on labels: ");
    desk.see_part("points");
    desk.picture("runs-compared");

    desk.click(&format!("Delete {network}"));
    desk.see_part("with its 60 vectors");
    desk.picture("runs-delete");
    desk.click("Keep it");
    desk.gone("Delete it");
    assert_eq!(runs_on_disk(&root).len(), 2);
    desk.click(&format!("Delete {network}"));
    desk.click("Delete it");
    desk.gone(&format!("Delete {network}"));
    desk.see_part("There is only one");
    assert_eq!(runs_on_disk(&root), [classical]);
    assert!(!root.join("embeddings").join(&network).exists());
    desk.press(Key::Escape);
    desk.gone("Runs");
    desk.see("40 of 60 labelled");
}
