//! Projects: the journal's promises, objects by name, files that moved.

use astrolabel::project::journal::{self, Author, INTERESTING, Kind};
use astrolabel::project::{Field, FieldKind, NewField, Object, Project, ProjectError, objects};
use std::path::Path;

fn author(origin: &str) -> Author {
    Author {
        who: "tester".into(),
        origin: origin.into(),
    }
}

fn object(name: &str, file: Option<&str>) -> Object {
    Object {
        id: 0,
        field: 0,
        name: name.into(),
        x: Some(1.0),
        y: Some(2.0),
        ra_deg: None,
        dec_deg: None,
        file: file.map(str::to_owned),
    }
}

fn folder_field(root: &str) -> Field {
    Field {
        id: 0,
        kind: FieldKind::Folder,
        name: "f".into(),
        root: root.into(),
        size: None,
        crop: 1.0,
        bands: vec![],
    }
}

fn project_of(dir: &Path, names: &[&str]) -> Project {
    let mut project = Project::open(&dir.join("p"), true).unwrap();
    let objects = names
        .iter()
        .map(|n| object(n, Some(&format!("sub/{n}.png"))))
        .collect();
    let new = NewField {
        field: folder_field("/data/old"),
        objects,
        columns: None,
        is_known: false,
    };
    project.add("tester", vec![new], &serde_json::json!({})).unwrap();
    project
}

fn label(project: &mut Project, id: i64, class: Option<&str>) {
    journal::give(
        project.store_mut(),
        &author("test"),
        Kind::Label,
        &[(id, class.map(str::to_owned))],
    )
    .unwrap();
}

fn standing(project: &Project, id: i64) -> Option<String> {
    journal::standing(project.store(), Kind::Label)
        .unwrap()
        .remove(&id)
}

#[test]
fn undo_and_redo_walk_as_a_list_of_states_does() {
    use rand::{Rng, SeedableRng};
    let dir = tempfile::tempdir().unwrap();
    let mut project = project_of(dir.path(), &["a", "b", "c"]);
    let mut hand = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let state = |project: &Project| [0, 1, 2].map(|o| standing(project, o));
    // The oracle: every state there was, and where we are among them.
    let (mut states, mut at) = (vec![state(&project)], 0);
    for step in 0..400 {
        match hand.random_range(0..10) {
            0..4 => {
                let object = hand.random_range(0..3);
                let class = ["spiral", "ring", "merger"][hand.random_range(0..3)];
                // A label that changes nothing is no step.
                if standing(&project, object).as_deref() != Some(class) {
                    label(&mut project, object, Some(class));
                    states.truncate(at + 1);
                    states.push(state(&project));
                    at += 1;
                }
            }
            4..7 => {
                let done = journal::undo(project.store_mut(), &author("test")).unwrap();
                assert_eq!(done.is_some(), at > 0, "undo at step {step}");
                at = at.saturating_sub(1);
            }
            _ => {
                let done = journal::redo(project.store_mut(), &author("test")).unwrap();
                assert_eq!(done.is_some(), at + 1 < states.len(), "redo at step {step}");
                at = (at + 1).min(states.len() - 1);
            }
        }
        assert_eq!(state(&project), states[at], "step {step}");
        let steps = journal::steps(project.store()).unwrap();
        assert_eq!(
            (steps.done.len(), steps.undone.len()),
            (at, states.len() - 1 - at)
        );
    }
    assert!(journal::is_consistent(project.store()).unwrap());
}

#[test]
fn undo_walks_back_step_by_step_and_everything_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut project = project_of(dir.path(), &["a", "b"]);
    label(&mut project, 0, Some("spiral"));
    label(&mut project, 0, Some("ring"));
    let both = [(0, Some("merger".to_owned())), (1, Some("merger".to_owned()))];
    journal::give(project.store_mut(), &author("file x.csv"), Kind::Label, &both).unwrap();
    assert_eq!(standing(&project, 1).as_deref(), Some("merger"));

    let undone = journal::undo(project.store_mut(), &author("test"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (undone.objects, undone.origin.as_str()),
        (2, "tester, file x.csv")
    );
    assert_eq!(
        (standing(&project, 0).as_deref(), standing(&project, 1)),
        (Some("ring"), None)
    );
    journal::undo(project.store_mut(), &author("test"))
        .unwrap()
        .unwrap();
    assert_eq!(standing(&project, 0).as_deref(), Some("spiral"));
    // A new label after an undo is the next to be undone, then the oldest.
    label(&mut project, 0, Some("star"));
    journal::undo(project.store_mut(), &author("test"))
        .unwrap()
        .unwrap();
    assert_eq!(standing(&project, 0).as_deref(), Some("spiral"));
    journal::undo(project.store_mut(), &author("test"))
        .unwrap()
        .unwrap();
    assert_eq!(standing(&project, 0), None);
    assert_eq!(journal::undo(project.store_mut(), &author("test")).unwrap(), None);

    let history = journal::history(project.store(), 0).unwrap();
    assert_eq!(
        history.len(),
        8,
        "four labels and four undos: nothing is ever removed"
    );
    assert_eq!(history[1].previous.as_deref(), Some("spiral"));
    assert!(history.iter().all(|e| e.who == "tester" && e.at.ends_with('Z')));
    assert!(journal::is_consistent(project.store()).unwrap());
}

#[test]
fn the_journal_refuses_to_be_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let mut project = project_of(dir.path(), &["a"]);
    label(&mut project, 0, Some("spiral"));
    for sql in ["UPDATE event SET value = 'other'", "DELETE FROM event"] {
        let error = project.store_mut().write(|tx| tx.execute(sql, [])).unwrap_err();
        assert!(error.to_string().contains("only appended"), "{error}");
    }
    assert_eq!(standing(&project, 0).as_deref(), Some("spiral"));
}

#[test]
fn marks_and_labels_do_not_touch_each_other_and_repeats_are_not_events() {
    let dir = tempfile::tempdir().unwrap();
    let mut project = project_of(dir.path(), &["a"]);
    label(&mut project, 0, Some("ring"));
    label(&mut project, 0, Some("ring"));
    let mark = [(0, Some(INTERESTING.to_owned()))];
    journal::give(project.store_mut(), &author("test"), Kind::Mark, &mark).unwrap();
    label(&mut project, 0, None);
    assert_eq!(standing(&project, 0), None);
    assert_eq!(
        journal::standing(project.store(), Kind::Mark).unwrap()[&0],
        INTERESTING
    );
    assert_eq!(journal::history(project.store(), 0).unwrap().len(), 3);
    assert_eq!(
        journal::classes(project.store()).unwrap(),
        ["ring"],
        "marks are not classes"
    );
}

#[test]
fn objects_are_found_by_name_file_and_number() {
    let dir = tempfile::tempdir().unwrap();
    let mut project = project_of(dir.path(), &["a", "b", "B+c [1]"]);
    let more = NewField {
        field: folder_field("/data/two"),
        objects: vec![object("a", Some("x/a.png"))],
        columns: None,
        is_known: false,
    };
    project.add("tester", vec![more], &serde_json::json!({})).unwrap();
    let id = |text: &str| objects::find(project.store(), text).map(|o| o.id);
    assert_eq!(id("b").unwrap(), 1);
    assert_eq!(id("B+c [1]").unwrap(), 2);
    assert_eq!(id("sub/b.png").unwrap(), 1);
    assert_eq!(id("b.png").unwrap(), 1);
    assert_eq!(id("#3").unwrap(), 3);
    for (text, says) in [
        ("a", "several objects"),
        ("nobody", "no object 'nobody'"),
        ("#99", "#0 to #3"),
        ("%", "no object"),
    ] {
        let error = id(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn moved_files_are_found_again_and_nothing_else_changes() {
    let dir = tempfile::tempdir().unwrap();
    let mut project = project_of(dir.path(), &["a"]);
    assert_eq!(
        objects::relocate(project.store_mut(), Path::new("/data/ol"), Path::new("/x")).unwrap(),
        0,
        "not a folder's name"
    );
    assert_eq!(
        objects::relocate(project.store_mut(), Path::new("/data"), Path::new("/new place")).unwrap(),
        1
    );
    assert_eq!(
        objects::fields(project.store()).unwrap()[0].root,
        Path::new("/new place/old")
    );
}

#[test]
fn what_is_no_project_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let error = Project::open(dir.path(), false).unwrap_err();
    assert!(matches!(error, ProjectError::NotAProject { .. }));
    std::fs::write(
        dir.path().join("project.sqlite"),
        "this is not a database, it is a longer text than a header",
    )
    .unwrap();
    let error = Project::open(dir.path(), false).unwrap_err().to_string();
    assert!(
        error.contains("project.sqlite") && error.contains("not a database"),
        "{error}"
    );
    let newer = dir.path().join("newer");
    drop(Project::open(&newer, true).unwrap());
    let db = rusqlite::Connection::open(newer.join("project.sqlite")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let error = Project::open(&newer, false).unwrap_err().to_string();
    assert!(error.contains("format 99"), "{error}");
}
