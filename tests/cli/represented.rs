//! How vectors are put together, by command: kept in the manifest, never mixed, the same after a kill.

use crate::encoders::Person;
use crate::support::{arg, survey};
use crate::tiny;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// A person with the tiny network `net`, and a project of a survey.
pub fn with_project(objects: usize) -> (Person, PathBuf, PathBuf) {
    let person = Person::new();
    std::fs::write(person.at("own/net.toml"), tiny::description("net", "dim = 64")).unwrap();
    tiny::write(&person.at("own/net.safetensors"), 5);
    let (data, project) = (survey(person.dir.path(), objects), person.at("p"));
    person.run(0, &["import", arg(&data), "--project", arg(&project)]);
    (person, data, project)
}

pub fn manifests(project: &Path) -> BTreeMap<String, Value> {
    let runs = std::fs::read_dir(project.join("embeddings")).unwrap().flatten();
    runs.map(|run| {
        let text = std::fs::read_to_string(run.path().join("manifest.json")).unwrap();
        (
            run.file_name().into_string().unwrap(),
            serde_json::from_str(&text).unwrap(),
        )
    })
    .collect()
}

/// Vectors by object of the run called `on`.
pub fn vectors(person: &Person, project: &Path, on: &str) -> BTreeMap<String, Vec<f32>> {
    let out = person.at("vectors.csv");
    person.run(
        0,
        &[
            "export",
            "--project",
            arg(project),
            "--vectors",
            arg(&out),
            "--on",
            on,
        ],
    );
    let mut reader = csv::Reader::from_path(out).unwrap();
    let rows = reader.records().map(|r| r.unwrap());
    rows.map(|r| {
        (
            r[0].to_owned(),
            r.iter().skip(1).map(|v| v.parse().unwrap()).collect(),
        )
    })
    .collect()
}

#[test]
fn every_choice_makes_a_run_of_its_own_that_says_so() {
    let (person, _, project) = with_project(12);
    let embed = |options: &[&str]| {
        let base = ["embed", "--project", arg(&project), "--encoder", "net"];
        let before = manifests(&project_or_none(&project));
        person.run(0, &[&base[..], options].concat());
        let after = manifests(&project);
        let new: Vec<String> = after
            .keys()
            .filter(|k| !before.contains_key(*k))
            .cloned()
            .collect();
        assert_eq!(new.len(), 1, "{options:?}");
        (new[0].clone(), after[&new[0]].clone())
    };
    let (plain, manifest) = embed(&[]);
    assert!(manifest["encoder"]["settings"].get("representation").is_none());
    assert_eq!((&manifest["dim"], manifest.get("scaling")), (&64.into(), None));
    let (turned, manifest) = embed(&["--symmetric"]);
    let kept = &manifest["encoder"]["settings"]["representation"];
    assert_eq!((&kept["symmetric"], &manifest["dim"]), (&true.into(), &64.into()));
    let (wide, manifest) = embed(&["--scales", "1,0.5"]);
    assert_eq!(manifest["dim"], 128);
    let (mean, manifest) = embed(&["--scales", "1,0.5", "--combine", "mean"]);
    assert_eq!(
        (
            &manifest["dim"],
            &manifest["encoder"]["settings"]["representation"]["combine"]
        ),
        (&64.into(), &"mean".into())
    );
    let (_, manifest) = embed(&["--block", "0", "--pooling", "both"]);
    assert_eq!(
        (&manifest["encoder"]["settings"]["block"], &manifest["dim"]),
        (&0.into(), &128.into())
    );
    // The whole alone is no choice: nothing new is made.
    let said = person.run(
        0,
        &[
            "embed",
            "--project",
            arg(&project),
            "--encoder",
            "net",
            "--scales",
            "1",
        ],
    );
    assert!(
        said.contains("0 vectors") && said.contains("12 were there already"),
        "{said}"
    );
    let (plain, turned) = (
        vectors(&person, &project, &plain),
        vectors(&person, &project, &turned),
    );
    let (wide, mean) = (
        vectors(&person, &project, &wide),
        vectors(&person, &project, &mean),
    );
    for (object, vector) in &plain {
        assert_ne!(vector, &turned[object]);
        assert_eq!(vector[..], wide[object][..64], "the first scale is the whole");
        for j in 0..64 {
            let expected = (wide[object][j] + wide[object][64 + j]) / 2.0;
            // Half precision on the disk.
            assert!((mean[object][j] - expected).abs() < 4e-3, "{object} {j}");
        }
    }
    for (options, why) in [
        (&["--scales", "2"][..], "fraction"),
        (&["--scales", "0.5,0.5"], "given twice"),
        (&["--scales", "1,0.8,0.6,0.4"], "at most 3"),
    ] {
        let args = [
            &["embed", "--project", arg(&project), "--encoder", "net"][..],
            options,
        ]
        .concat();
        let out = person.command(&args).output().unwrap();
        let said = crate::support::text(&out.stderr);
        assert!(!out.status.success() && said.contains(why), "{said}");
    }
    let said = person.run(
        1,
        &[
            "embed",
            "--project",
            arg(&project),
            "--encoder",
            "morphometry",
            "--symmetric",
        ],
    );
    assert!(said.contains("are for networks"), "{said}");
    // An image from elsewhere goes the same way as the run's objects did.
    let picture = person.at("o.png");
    person.run(
        0,
        &[
            "cutouts",
            "--project",
            arg(&project),
            "--ids",
            "#1",
            "--out",
            arg(&picture),
        ],
    );
    person.run(
        0,
        &[
            "similar",
            "--project",
            arg(&project),
            "--image",
            arg(&picture),
            "--on",
            "net",
        ],
    );
}

/// The project's folder once something has been embedded, else an empty one.
fn project_or_none(project: &Path) -> PathBuf {
    std::fs::create_dir_all(project.join("embeddings")).unwrap();
    project.to_owned()
}

#[test]
fn classical_numbers_are_appended_with_a_scaling_that_stays() {
    let (person, data, project) = with_project(40);
    let embed = [
        "embed",
        "--project",
        arg(&project),
        "--encoder",
        "net",
        "--with-morphometry",
    ];
    person.run(0, &embed);
    let first = manifests(&project);
    let (run, manifest) = first.first_key_value().unwrap();
    assert_eq!(manifest["scaling"]["widths"], serde_json::json!([64, 43]));
    assert_eq!(manifest["scaling"]["objects"], 40);
    let all = vectors(&person, &project, run);
    let norm = |range: std::ops::Range<usize>| {
        let sums = all
            .values()
            .map(|v| v[range.clone()].iter().map(|x| f64::from(x * x)).sum::<f64>());
        sums.sum::<f64>() / all.len() as f64
    };
    let varying = |range: std::ops::Range<usize>| {
        let std = manifest["scaling"]["std"].as_array().unwrap();
        let count = range
            .clone()
            .filter(|&j| std[j].as_f64().unwrap() > 1e-12)
            .count();
        count as f64 / range.len() as f64
    };
    for block in [0..64, 64..107] {
        let (found, expected) = (norm(block.clone()), varying(block.clone()));
        assert!((found - expected).abs() < 0.02, "{block:?}: {found} {expected}");
    }
    // Objects that come later are scaled by the same numbers, in the same run.
    let copy = person.at("later.fits.fz");
    std::fs::copy(data.join("survey_r.fits.fz"), &copy).unwrap();
    person.run(0, &["import", arg(&copy), "--project", arg(&project), "--detect"]);
    person.run(0, &embed);
    let second = manifests(&project);
    assert_eq!(second.keys().collect::<Vec<_>>(), [run]);
    assert_eq!(second[run]["scaling"], manifest["scaling"]);
    let more = vectors(&person, &project, run);
    assert!(more.len() > 45, "{}", more.len());
    for (object, vector) in &all {
        assert_eq!(&more[object], vector);
    }
    for command in [
        &["anomalies", "-k", "3"][..],
        &["similar", "--like", "#1", "-k", "3"],
        &["map", "--method", "pca"],
    ] {
        person.run(0, &[command, &["--project", arg(&project)]].concat());
    }
}

#[test]
fn a_killed_network_goes_on_bit_for_bit_whatever_the_batches() {
    let (person, data, _) = with_project(1);
    // Other moments on every run; the seed is printed so that a failure can be repeated.
    let seed: u64 = std::env::var("KILL_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or_else(rand::random);
    eprintln!("KILL_SEED={seed}");
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let catalog = person.at("many.csv");
    let mut rows = String::from("id,x,y\n");
    for i in 0..1500 {
        let (x, y) = (rng.random_range(0.0..639.0), rng.random_range(0.0..639.0));
        rows.push_str(&format!("s{i},{x:.3},{y:.3}\n"));
    }
    std::fs::write(&catalog, rows).unwrap();
    let image = data.join("survey_r.fits.fz");
    let projects = [person.at("whole"), person.at("broken")];
    for project in &projects {
        let project = arg(project);
        let args = [
            "import",
            arg(&image),
            "--catalog",
            arg(&catalog),
            "--x",
            "x",
            "--y",
            "y",
            "--project",
            project,
        ];
        person.run(0, &args);
    }
    let options = ["--encoder", "net", "--symmetric", "--with-morphometry"];
    let embed = |project: &Path, batch: &str, threads: &str| {
        let base = [
            "embed",
            "--project",
            arg(project),
            "--batch",
            batch,
            "--threads",
            threads,
        ];
        person.command(&[&base[..], &options].concat())
    };
    assert!(
        embed(&projects[0], "32", "2")
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let mut kept = 0;
    for batch in ["3", "8", "1", "5", "32", "7"] {
        let threads = if kept % 2 == 0 { "1" } else { "2" };
        let mut child = embed(&projects[1], batch, threads)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(rng.random_range(100..2500)));
        let _ = child.kill();
        child.wait().unwrap();
        let facts = person.json(&["info", arg(&projects[1])]);
        let done = facts["runs"][0]["done"].as_u64().unwrap_or(0);
        assert!(done >= kept, "{done} vectors after a kill, {kept} before");
        kept = done;
    }
    eprintln!("{kept} of 1500 were confirmed over six kills");
    assert!(
        embed(&projects[1], "6", "2")
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let segments = projects.each_ref().map(|project| {
        let run = manifests(project).into_keys().next().unwrap();
        std::fs::read(project.join("embeddings").join(run).join("segment-00000.f16")).unwrap()
    });
    assert!(segments[0].iter().any(|&b| b != 0));
    assert!(segments[0] == segments[1], "the interrupted run's vectors differ");
}

#[test]
fn two_runs_are_compared_by_neighbours_and_labels() {
    let (person, _, project) = with_project(60);
    let p = arg(&project);
    person.run(0, &["embed", "--project", p, "--encoder", "morphometry"]);
    for options in [&[][..], &["--with-morphometry"]] {
        person.run(
            0,
            &[&["embed", "--project", p, "--encoder", "net"][..], options].concat(),
        );
    }
    let mut plain = String::new();
    let mut mixed = String::new();
    for (run, manifest) in manifests(&project) {
        if manifest["encoder"]["name"] == "net" {
            let name = if manifest.get("scaling").is_some() {
                &mut mixed
            } else {
                &mut plain
            };
            *name = run;
        }
    }
    let compare = |a: &str, b: &str| person.json(&["compare", "--project", p, a, b, "-k", "5"]);
    let number = |v: &Value| v.as_f64().unwrap();
    let none = compare(&plain, "morphometry");
    assert!(none["labels"].is_null() && !none["note"].is_null(), "{none}");
    // Half of the other's numbers are its own: it agrees with both more than they do with each other.
    let overlap = |v: &Value| number(&v["neighbours"]["overlap"]);
    let (half, other_half) = (compare(&plain, &mixed), compare("morphometry", &mixed));
    assert!(overlap(&half) > overlap(&none) && overlap(&other_half) > overlap(&none));
    assert!(
        overlap(&none) < 0.6 && overlap(&half) < 1.0,
        "{} {}",
        overlap(&none),
        overlap(&half)
    );
    assert!((number(&none["neighbours"]["chance"]) - 5.0 / 59.0).abs() < 1e-9);
    assert!(
        (overlap(&compare(&mixed, &plain)) - overlap(&half)).abs() < 1e-12,
        "either way round"
    );
    // Labels by something that classical numbers hold.
    person.run(0, &["label", "--project", p, "--from", arg(&truth(&person))]);
    let taught = compare(&plain, "morphometry");
    let accuracy = |i: usize| number(&taught["labels"]["accuracy"][i]["mean"]);
    let difference = number(&taught["labels"]["difference"]);
    assert!((accuracy(1) - accuracy(0) - difference).abs() < 1e-9);
    assert!(
        (0.0..=1.0).contains(&accuracy(0)) && accuracy(1) > 0.5,
        "{taught}"
    );
    let said = person.run(0, &["compare", "--project", p, &plain, "morphometry"]);
    assert!(
        said.contains("nearest of an object") && said.contains("points more often"),
        "{said}"
    );
    assert!(
        person
            .run(1, &["compare", "--project", p, &plain, &plain])
            .contains("are the same run")
    );
    assert!(
        person
            .run(1, &["compare", "--project", p, &plain, "nothing"])
            .contains("no vectors of 'nothing'")
    );
}

/// The simulated classes of the objects as a file of labels.
fn truth(person: &Person) -> PathBuf {
    let csv = person.at("catalog.csv");
    let project = person.at("p");
    person.run(0, &["export", "--project", arg(&project), "--out", arg(&csv)]);
    let mut reader = csv::Reader::from_path(csv).unwrap();
    let headers = reader.headers().unwrap().clone();
    let class = headers.iter().position(|h| h == "truth").unwrap();
    let object = headers.iter().position(|h| h == "object").unwrap();
    let mut text = String::from("name,label\n");
    for row in reader.records().map(|r| r.unwrap()) {
        text += &format!("{},{}\n", &row[object], &row[class]);
    }
    let path = person.at("labels.csv");
    std::fs::write(&path, text).unwrap();
    path
}
