//! Too little to answer from: what is missing, said truly, with the next step.

use crate::support::{arg, ends, json, ok, survey};
use std::path::{Path, PathBuf};

/// A project below `dir` with `count` objects of one band of the survey.
fn project(dir: &Path, count: usize) -> PathBuf {
    let project = dir.join(format!("p{count}"));
    add(dir, &project, "r", count);
    project
}

/// Adds `count` objects, `s<band>0` and on, of a band as an image of its own.
fn add(dir: &Path, project: &Path, band: &str, count: usize) {
    if !dir.join("survey").exists() {
        survey(dir, 15);
    }
    let rows: String = (0..count)
        .map(|i| format!("s{band}{i},{},{}\n", 60 + 25 * i, 560 - 23 * i))
        .collect();
    let catalog = dir.join(format!("{band}{count}.csv"));
    std::fs::write(&catalog, format!("id,x,y\n{rows}")).unwrap();
    let image = dir.join(format!("survey/survey_{band}.fits.fz"));
    let (image, catalog) = (arg(&image), arg(&catalog));
    ok(&["import", image, "--catalog", catalog, "--project", arg(project)]);
}

fn label(project: &str, id: &str, class: &str) {
    ok(&["label", "--project", project, id, class]);
}

#[test]
fn few_labels_are_told_as_few_labels() {
    let dir = tempfile::tempdir().unwrap();
    let project = project(dir.path(), 6);
    let p = arg(&project);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let classify = ["classify", "--project", p, "--next", "2"];

    let said = ends(0, &classify);
    assert!(said.contains("nothing is labelled yet"), "{said}");

    label(p, "sr0", "ring");
    let said = ends(0, &classify);
    assert!(
        said.contains("of one class: label at least one object of a second class"),
        "{said}"
    );
    assert!(
        said.contains("label these next") && !said.contains("embed"),
        "{said}"
    );
    let said = ends(1, &["classify", "--project", p, "--all"]);
    assert!(said.contains("of one class"), "{said}");

    label(p, "sr1", "disc");
    let said = ends(0, &classify);
    assert!(said.contains("label a second object of a class"), "{said}");
    assert!(
        said.contains("label these next") && !said.contains("embed"),
        "{said}"
    );

    label(p, "sr2", "disc");
    let found = json(&["classify", "--project", p, "--format", "json"]);
    assert!(found["note"].is_null(), "{found}");
    assert_eq!(found["cross_validation"]["labels"], 2, "{found}");
}

#[test]
fn one_class_on_every_object_is_no_lack_of_vectors() {
    let dir = tempfile::tempdir().unwrap();
    let project = project(dir.path(), 3);
    let p = arg(&project);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    for id in ["sr0", "sr1", "sr2"] {
        label(p, id, "ring");
    }
    let said = ends(0, &["classify", "--project", p]);
    assert!(said.contains("(3) are of one class"), "{said}");
    assert!(said.contains("every object with a vector is labelled"), "{said}");
    assert!(!said.contains("embed"), "{said}");
}

#[test]
fn labels_on_objects_without_vectors_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let project = project(dir.path(), 4);
    let p = arg(&project);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    add(dir.path(), &project, "g", 3);
    let note = || json(&["classify", "--project", p, "--format", "json"])["note"].clone();

    label(p, "sg0", "ring");
    let said = note().to_string();
    assert!(
        said.contains("no labelled object (1) has a vector") && said.contains("astrolabel embed"),
        "{said}"
    );

    label(p, "sr0", "disc");
    let said = note().to_string();
    assert!(
        said.contains("(1) are all of one class") && said.contains("1 label is on an object without"),
        "{said}"
    );

    label(p, "sr1", "ring");
    let said = note().to_string();
    assert!(
        said.contains("second object of a class") && said.contains("1 label is on an object without"),
        "{said}"
    );

    label(p, "sg1", "ring");
    label(p, "sr2", "ring");
    let said = note().to_string();
    assert!(
        said.starts_with("\"2 labels are on objects without a vector"),
        "{said}"
    );

    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    assert!(note().is_null(), "{}", note());
}

#[test]
fn few_objects_are_told_as_few_objects() {
    let dir = tempfile::tempdir().unwrap();
    for count in [1, 2] {
        let project = project(dir.path(), count);
        let p = arg(&project);
        ok(&["embed", "--project", p, "--encoder", "morphometry"]);
        for (command, needed) in [("anomalies", 3), ("map", 4)] {
            let said = ends(1, &[command, "--project", p]);
            let needs = format!("needs at least {needed} objects, and this project has {count}");
            assert!(
                said.contains(&needs) && said.contains("astrolabel import"),
                "{said}"
            );
        }
    }
    let project = dir.path().join("p2");
    let p = arg(&project);
    add(dir.path(), &project, "g", 3);
    let said = ends(1, &["anomalies", "--project", p]);
    assert!(
        said.contains("2 of 5 have one of morphometry") && said.contains("astrolabel embed"),
        "{said}"
    );
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let found = json(&["anomalies", "--project", p, "--format", "json"]);
    assert_eq!(found["ranked"], 5, "{found}");
}

#[test]
fn labels_given_after_learning_and_rows_that_contradict_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 12);
    let project = dir.path().join("p");
    let p = arg(&project);
    ok(&["import", arg(&data), "--project", p]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let labels = dir.path().join("labels.csv");
    std::fs::write(&labels, "id,label\nSIM00001,disc\nSIM00002,star\nSIM00001,star\n").unwrap();
    let said = ends(3, &["label", "--project", p, "--from", arg(&labels)]);
    assert!(
        said.contains("2 labels given") && said.contains("is disc in row 1 and star here"),
        "{said}"
    );
    ok(&["classify", "--project", p]);
    let out = dir.path().join("o.csv");
    let export = ["export", "--project", p, "--out", arg(&out)];
    assert!(!ends(0, &export).contains("astrolabel classify"));
    ok(&["label", "--project", p, "SIM00003", "ring"]);
    assert!(ends(0, &export).contains("astrolabel classify"));
}
