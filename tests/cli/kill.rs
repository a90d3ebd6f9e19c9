//! `kill -9` at random moments: nothing that was confirmed is lost, nothing is corrupted.

use crate::support::{arg, command, json, ok, run, survey, text};
use rand::{Rng, SeedableRng};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

fn rng() -> rand_chacha::ChaCha8Rng {
    // Other moments on every run; the seed is printed so that a failure can be repeated.
    let seed: u64 = std::env::var("KILL_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or_else(rand::random);
    eprintln!("KILL_SEED={seed}");
    rand_chacha::ChaCha8Rng::seed_from_u64(seed)
}

/// Starts the program, kills it after `wait`, and gives what it had said.
fn killed(args: &[&str], wait: Duration) -> String {
    let mut child = command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(wait);
    // SIGKILL; it may have ended already.
    let _ = child.kill();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    said
}

fn check(project: &Path) -> serde_json::Value {
    let facts = json(&["info", arg(project), "--format", "json"]);
    assert_eq!(facts["journal_consistent"], true);
    let db = rusqlite::Connection::open(project.join("project.sqlite")).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(sound, "ok");
    facts
}

#[test]
fn confirmed_labels_survive_fifty_kills() {
    let dir = tempfile::tempdir().unwrap();
    let (data, project) = (survey(dir.path(), 40), dir.path().join("p"));
    ok(&["import", arg(&data), "--project", arg(&project)]);
    let mut rng = rng();
    let mut confirmed: HashMap<String, String> = HashMap::new();
    let mut cut_short = 0;
    // About as long as it takes on this machine at this hour: half are killed before they have confirmed.
    let mut longest = 0.015;
    for round in 0..50 {
        let id = format!("SIM{:05}", rng.random_range(1..=40));
        let class = format!("class{round}");
        let said = killed(
            &["label", "--project", arg(&project), &id, &class],
            Duration::from_secs_f64(rng.random_range(0.0..longest)),
        );
        if said.contains(&class) {
            confirmed.insert(id, class);
            longest /= 1.25;
        } else {
            cut_short += 1;
            longest *= 1.25;
            // Unconfirmed: may or may not be there; what was there before may have been replaced by it.
            let history = ok(&["label", "--project", arg(&project), "--history", &id]);
            if history.contains(&class) {
                confirmed.insert(id, class);
            }
        }
    }
    eprintln!("{cut_short} of 50 were killed before they had confirmed");
    check(&project);
    let out = dir.path().join("out.csv");
    ok(&["export", "--project", arg(&project), "--out", arg(&out)]);
    let mut reader = csv::Reader::from_path(&out).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |n: &str| headers.iter().position(|h| h == n).unwrap();
    let (object, label) = (column("object"), column("label"));
    let given: HashMap<String, String> = reader
        .records()
        .map(|r| r.unwrap())
        .map(|r| (r[object].to_owned(), r[label].to_owned()))
        .collect();
    for (id, class) in &confirmed {
        assert_eq!(&given[id], class, "{id}");
    }
    assert!(!confirmed.is_empty() && cut_short > 0);
}

#[test]
fn a_killed_import_is_all_there_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let (data, project) = (survey(dir.path(), 20), dir.path().join("p"));
    // Many rows, so that there is something to interrupt.
    let catalog = dir.path().join("many.csv");
    let mut rng = rng();
    let mut rows = String::from("id,x,y,flux\n");
    for i in 0..30_000 {
        rows.push_str(&format!(
            "s{i},{:.3},{:.3},{}\n",
            rng.random_range(0.0..639.0),
            rng.random_range(0.0..639.0),
            i
        ));
    }
    std::fs::write(&catalog, rows).unwrap();
    let image = data.join("survey_r.fits.fz");
    let import = [
        "import",
        arg(&image),
        "--catalog",
        arg(&catalog),
        "--x",
        "x",
        "--y",
        "y",
        "--project",
        arg(&project),
    ];
    let mut complete = 0;
    for _ in 0..20 {
        killed(&import, Duration::from_micros(rng.random_range(1_000..250_000)));
        if project.join("project.sqlite").exists() {
            let out = run(&["info", arg(&project), "--format", "json"]);
            let facts: serde_json::Value = serde_json::from_str(&text(&out.stdout)).unwrap();
            let objects = facts["objects"].as_u64().unwrap();
            assert!(
                objects == 0 || objects == 30_000,
                "{objects} objects after a kill"
            );
            if objects > 0 {
                complete += 1;
                check(&project);
                std::fs::remove_dir_all(&project).unwrap();
            }
        }
    }
    eprintln!("{complete} of 20 imports were complete when they were killed");
    ok(&import);
    assert_eq!(check(&project)["objects"], 30_000);
    let out = dir.path().join("out.csv");
    ok(&["export", "--project", arg(&project), "--out", arg(&out)]);
    assert_eq!(
        BufReader::new(std::fs::File::open(out).unwrap()).lines().count(),
        30_001
    );
}

#[test]
fn a_killed_embedding_goes_on_and_gives_the_same_vectors() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 20);
    let catalog = dir.path().join("many.csv");
    let mut rng = rng();
    let mut rows = String::from("id,x,y\n");
    for i in 0..4000 {
        rows.push_str(&format!(
            "s{i},{:.3},{:.3}\n",
            rng.random_range(0.0..639.0),
            rng.random_range(0.0..639.0)
        ));
    }
    std::fs::write(&catalog, rows).unwrap();
    let image = data.join("survey_r.fits.fz");
    let (whole, broken) = (dir.path().join("whole"), dir.path().join("broken"));
    for project in [&whole, &broken] {
        ok(&[
            "import",
            arg(&image),
            "--catalog",
            arg(&catalog),
            "--x",
            "x",
            "--y",
            "y",
            "--project",
            arg(project),
        ]);
    }
    ok(&["embed", "--project", arg(&whole), "--encoder", "morphometry"]);
    let mut last = 0;
    for _ in 0..20 {
        killed(
            &[
                "embed",
                "--project",
                arg(&broken),
                "--encoder",
                "morphometry",
                "--batch",
                "8",
            ],
            Duration::from_millis(rng.random_range(1..600)),
        );
        let facts = check(&broken);
        let done = facts["runs"][0]["done"].as_u64().unwrap_or(0);
        assert!(done >= last, "{done} vectors after a kill, {last} before");
        last = done;
    }
    eprintln!("{last} of 4000 were confirmed over 20 kills");
    ok(&["embed", "--project", arg(&broken), "--encoder", "morphometry"]);
    let mut exported = Vec::new();
    for project in [&whole, &broken] {
        let out = project.join("vectors.csv");
        ok(&["export", "--project", arg(project), "--vectors", arg(&out)]);
        exported.push(std::fs::read_to_string(out).unwrap());
    }
    assert_eq!(exported[0].lines().count(), 4001);
    assert!(exported[0] == exported[1], "the interrupted run's vectors differ");
}

#[test]
fn processes_that_work_on_one_project_keep_each_others_work() {
    let dir = tempfile::tempdir().unwrap();
    let (data, project) = (survey(dir.path(), 60), dir.path().join("p"));
    let image = |b: &str| data.join(format!("survey_{b}.fits.fz"));
    ok(&["import", arg(&data), "--project", arg(&project)]);
    let mut children = Vec::new();
    for n in 1..=12 {
        let id = format!("SIM{n:05}");
        children.push(
            command(&["label", "--project", arg(&project), &id, "busy"])
                .stdout(Stdio::null())
                .spawn()
                .unwrap(),
        );
    }
    for _ in 0..2 {
        children.push(
            command(&["embed", "--project", arg(&project), "--encoder", "morphometry"])
                .stdout(Stdio::null())
                .spawn()
                .unwrap(),
        );
    }
    let copies: Vec<_> = ["g", "i"]
        .map(|b| (image(b), dir.path().join(format!("copy {b}.fits.fz"))))
        .into();
    for (from, to) in &copies {
        std::fs::copy(from, to).unwrap();
        children.push(
            command(&["import", arg(to), "--project", arg(&project), "--detect"])
                .stdout(Stdio::null())
                .spawn()
                .unwrap(),
        );
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let facts = check(&project);
    assert_eq!(facts["labels"]["busy"], 12);
    assert_eq!(facts["fields"].as_array().unwrap().len(), 3);
    let total: u64 = facts["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["objects"].as_u64().unwrap())
        .sum();
    assert_eq!(facts["objects"].as_u64().unwrap(), total);
    assert!(facts["runs"][0]["done"].as_u64().unwrap() >= 60);
}
