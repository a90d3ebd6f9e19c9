//! The story of an evaluation: what is missing is said, then encoders stand side by side and are saved.

use crate::support::{Desk, project};
use astrolabel::progress::Silent;
use astrolabel::project::Project;
use astrolabel::tasks::{import, label};
use egui::{Key, Modifiers};

/// Labels two thirds of the project's objects, every other one alike.
fn label_some(root: &std::path::Path) {
    let mut project = Project::open(root, false).unwrap();
    let table = root.with_extension("labels.csv");
    let mut text = "object_id,label\n".to_owned();
    for id in 0..40 {
        text.push_str(&format!("{id},{}\n", ["plain", "odd"][id % 2]));
    }
    std::fs::write(&table, text).unwrap();
    let author = import::author(Some("tester"), "test");
    let report = label::from_file(&mut project, &table, None, &author, &Silent).unwrap();
    assert_eq!(report.changed, 40, "{report:?}");
}

#[test]
fn encoders_are_evaluated_side_by_side_and_saved() {
    let mut desk = Desk::new();
    let root = project(desk.folder.path());
    desk.open_by_path(&root);
    desk.see("0 selected");
    desk.press_with(Modifiers::COMMAND, Key::Num9);
    desk.see("No evaluation yet");
    desk.see_part("Labels are needed");
    desk.picture("evaluation-empty");
    desk.command("Close project");

    label_some(&root);
    desk.open_by_path(&root);
    desk.see("40 of 60 labelled");
    desk.see_part("Press Evaluate");
    desk.click("all together");
    desk.click("Evaluate");
    desk.see("Side by side");
    desk.see_part("40 objects of 2 classes");
    for name in ["hand26", "fusion"] {
        desk.see(name);
    }
    desk.see("5-NN");
    desk.picture("evaluation-table");
    desk.click("Few labels");
    desk.see_part("Learning curve: morphometry");
    desk.picture("evaluation-learning");
    desk.click("Confusion");
    desk.see("Confusion matrix");
    desk.picture("evaluation-confusion");
    desk.click("Reliability");
    desk.see_part("Reliability: morphometry");
    desk.click("By class");
    desk.see_part("precision against rank");
    desk.see_part("recall against rank");
    desk.click("Robustness");
    desk.see("turned by 90°");
    desk.click("Background");
    desk.see_part("by chance 0.500");
    desk.click("Rare class");
    desk.see_part("No class was made rare");

    let page = desk.folder.path().join("out.html");
    desk.picker.answer(vec![page.clone()]);
    desk.click("Save as page…");
    desk.until("the page", |_| page.is_file());
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(
        text.contains("hand26") && text.contains("Learning curve"),
        "{text}"
    );
    let table = desk.folder.path().join("figures");
    desk.picker.answer(vec![table.clone()]);
    desk.click("Save as CSV…");
    let table = table.with_extension("csv");
    desk.until("the figures", |_| table.is_file());
    assert!(std::fs::read_to_string(&table).unwrap().contains("fusion"));
}
