//! A disk without room: what is known is still shown, and what can't be kept says so.

use crate::support::{arg, json, ok, survey, text};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the program where no file can grow, as on a full disk: the system's limit on file sizes.
fn without_room(args: &[&str]) -> Output {
    Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_astrolabel"),
        ])
        .args(args)
        .env("ASTROLABEL_USER", "tester")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn ends(code: i32, args: &[&str]) -> String {
    let out = without_room(args);
    let all = text(&out.stdout) + &text(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{args:?}\n{all}");
    assert!(!all.contains("panicked"), "{args:?}\n{all}");
    all
}

fn everything_is_shown(p: &str, dir: &Path) {
    assert!(ends(0, &["info", p]).contains("20 objects"));
    assert!(ends(0, &["similar", "--project", p, "--like", "#1", "-k", "2"]).contains("similarity"));
    for args in [
        &["classify", "--project", p, "--next", "2"][..],
        &["anomalies", "--project", p, "-k", "2"],
        &["map", "--project", p, "--method", "pca"],
    ] {
        let said = ends(0, args);
        assert!(said.contains("not kept"), "{args:?}: {said}");
    }
    let said = ends(1, &["label", "--project", p, "#3", "disc"]);
    assert!(said.contains("is the disk full?"), "{said}");
    for ending in ["fits", "csv", "vot", "parquet"] {
        let out = dir.join(format!("full.{ending}"));
        let said = ends(1, &["export", "--project", p, "--out", arg(&out)]);
        assert!(
            said.contains(arg(&out)) && (said.contains("space") || said.contains("room")),
            "{said}"
        );
        assert!(!out.exists());
    }
}

#[test]
fn a_full_disk_hides_nothing_and_says_what_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 20);
    let project = dir.path().join("p");
    let p = arg(&project);
    ok(&["import", arg(&data), "--project", p]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    ok(&["label", "--project", p, "#1", "smooth"]);
    ok(&["label", "--project", p, "#2", "disc"]);
    everything_is_shown(p, dir.path());
    let facts = json(&["info", p, "--format", "json"]);
    assert_eq!(
        (&facts["events"], &facts["journal_consistent"]),
        (&2.into(), &true.into())
    );
    // Room again: the same commands keep their answers.
    assert!(!ok(&["anomalies", "--project", p, "-k", "2"]).contains("not kept"));
}

#[test]
fn a_log_left_by_a_kill_is_read_without_room_for_its_index() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 20);
    let (project, killed) = (dir.path().join("p"), dir.path().join("killed"));
    ok(&["import", arg(&data), "--project", arg(&project)]);
    std::fs::create_dir(&killed).unwrap();
    let writer = rusqlite::Connection::open(project.join("project.sqlite")).unwrap();
    writer
        .execute_batch("PRAGMA wal_autocheckpoint = 0; INSERT INTO fact VALUES ('x', 'y');")
        .unwrap();
    for name in ["project.sqlite", "project.sqlite-wal"] {
        std::fs::copy(project.join(name), killed.join(name)).unwrap();
    }
    assert!(killed.join("project.sqlite-wal").metadata().unwrap().len() > 0);
    // The columns were not copied, which is told beside what there is.
    assert!(ends(3, &["info", arg(&killed)]).contains("20 objects"));
    std::fs::copy(project.join("catalog.parquet"), killed.join("catalog.parquet")).unwrap();
    assert!(ends(0, &["info", arg(&killed)]).contains("20 objects"));
    assert!(
        ok(&["info", arg(&killed)]).contains("20 objects"),
        "and nothing is lost"
    );
}

#[test]
fn a_standard_output_that_is_full_is_an_error_and_a_closed_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 20);
    let full = || std::fs::File::options().write(true).open("/dev/full");
    if full().is_ok() {
        let catalog = data.join("catalog.fits");
        for args in [
            &["info", arg(&data)][..],
            &["info", arg(&catalog), "--format", "csv"],
        ] {
            let mut command = crate::support::command(args);
            let out = command.stdout(full().unwrap()).output().unwrap();
            assert_eq!(out.status.code(), Some(1), "{args:?} {}", text(&out.stderr));
        }
    }
    let project = dir.path().join("p");
    let p = arg(&project);
    ok(&["import", arg(&data), "--project", p]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    for format in ["csv", "json", "table"] {
        // A pipe whose reader is gone before anything is written.
        let mut reader = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
        let pipe = reader.stdin.take().unwrap();
        reader.wait().unwrap();
        let args = ["map", "--project", p, "--method", "pca", "--format", format];
        let out = crate::support::command(&args).stdout(pipe).output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{format} {}", text(&out.stderr));
        assert!(out.stderr.is_empty(), "{}", text(&out.stderr));
    }
}
