//! A project that can only be read: an archive, a colleague's.

use crate::support::{arg, ok, survey, text};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program as somebody who may not write below `dir`. Permissions don't bind root, so as root
/// another user's number is taken; the program and the folder must then be open to all.
fn run_as_reader(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(dir.join("astrolabel"));
    command.args(args).current_dir(dir);
    let is_root = std::fs::write(dir.join("probe"), "").is_ok();
    if is_root {
        command.uid(65_534);
    }
    command.output().unwrap()
}

/// Takes the right to write from a folder and all in it.
fn make_read_only(path: &Path) {
    let is_dir = path.is_dir();
    if is_dir {
        for entry in std::fs::read_dir(path).unwrap() {
            make_read_only(&entry.unwrap().path());
        }
    }
    let mode = if is_dir { 0o555 } else { 0o444 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn make_writable(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            make_writable(&path);
        }
    }
}

#[test]
fn a_project_that_can_only_be_read_still_answers() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    survey(dir, 12);
    ok(&[
        "import",
        arg(&dir.join("survey")),
        "--project",
        arg(&dir.join("p")),
    ]);
    let p = arg(&dir.join("p")).to_owned();
    ok(&["embed", "--project", &p, "--encoder", "morphometry"]);
    let info: serde_json::Value = serde_json::from_str(&ok(&["info", &p, "--format", "json"])).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_astrolabel"), dir.join("astrolabel")).unwrap();
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    make_read_only(&dir.join("p"));
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o555)).unwrap();

    let runs = [
        run_as_reader(dir, &["similar", "--project", "p", "--like", "#0", "-k", "3"]),
        run_as_reader(dir, &["anomalies", "--project", "p", "-k", "3"]),
        run_as_reader(dir, &["map", "--project", "p", "--method", "pca"]),
    ];
    let refused = run_as_reader(dir, &["label", "--project", "p", "#0", "disc"]);
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    make_writable(&dir.join("p"));

    for (i, out) in runs.iter().enumerate() {
        let said = text(&out.stdout) + &text(&out.stderr);
        assert_eq!(out.status.code(), Some(0), "{said}");
        // Searching keeps nothing; the others say that they couldn't.
        assert_eq!(said.contains("not kept"), i > 0, "{said}");
    }
    assert!(
        text(&runs[1].stdout).contains("rank"),
        "the ranking is given all the same"
    );
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("project.sqlite"), "{said}");
    let after: serde_json::Value = serde_json::from_str(&ok(&["info", &p, "--format", "json"])).unwrap();
    assert_eq!(info, after, "nothing was changed");
}
