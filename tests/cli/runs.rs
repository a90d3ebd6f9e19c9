//! Runs by command: listed with what made them, deleted when that was meant.

use crate::encoders::Person;
use crate::support::{arg, survey};
use crate::tiny;
use std::path::PathBuf;

/// A person with the tiny network `net`, and a project with two runs of it and one of morphometry.
fn with_runs() -> (Person, PathBuf) {
    let person = Person::new();
    std::fs::write(person.at("own/net.toml"), tiny::description("net", "dim = 64")).unwrap();
    tiny::write(&person.at("own/net.safetensors"), 5);
    let (data, project) = (survey(person.dir.path(), 12), person.at("p"));
    person.run(0, &["import", arg(&data), "--project", arg(&project)]);
    let embed = |more: &[&str]| {
        let mut args = vec!["embed", "--project", arg(&project)];
        args.extend(more);
        person.run(0, &args);
    };
    embed(&["--encoder", "morphometry"]);
    embed(&["--encoder", "net", "--precision", "f32"]);
    let other = ["--encoder", "net", "--precision", "f32", "--pooling", "both"];
    embed(&[&other[..], &["--block", "0", "--symmetric", "--scales", "1,0.5"]].concat());
    (person, project)
}

#[test]
fn runs_are_listed_with_what_made_them_and_deleted_when_it_was_meant() {
    let (person, project) = with_runs();
    let runs = || {
        let out = person.run(0, &["runs", "--project", arg(&project), "--json"]);
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    let all = runs();
    assert_eq!(all["objects"], 12);
    let rows = all["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{all}");
    // The most recently used comes first.
    let [wide, plain, classical] = [&rows[0], &rows[1], &rows[2]];
    assert_eq!(wide["encoder"], "net");
    assert_eq!(wide["numbers"], 256, "two poolings, two scales of 64");
    assert_eq!(
        wide["options"],
        "block 0, class token and mean, averaged over eight turns and mirror images, central fractions 1, 0.5 side \
         by side"
    );
    assert_eq!(
        (&plain["options"], &plain["precision"]),
        (&"class token".into(), &"f32".into())
    );
    assert_eq!(
        (&classical["options"], &classical["precision"]),
        (&"classical numbers".into(), &serde_json::Value::Null)
    );
    for row in rows {
        assert_eq!(
            (row["done"].as_u64(), row["skipped"].as_u64()),
            (Some(12), Some(0)),
            "{row}"
        );
        let bytes = row["bytes"].as_u64().unwrap();
        assert!((1_000..2_000_000).contains(&bytes), "{row}");
        assert!(row["created"].as_str().unwrap().starts_with("20"), "{row}");
    }
    let table = person.run(0, &["runs", "--project", arg(&project)]);
    assert!(
        table.contains("classical numbers") && table.contains(" MB"),
        "{table}"
    );

    let delete = |code: i32, more: &[&str]| {
        let mut args = vec!["runs", "--project", arg(&project), "--delete"];
        args.extend(more);
        person.run(code, &args)
    };
    let ambiguous = delete(1, &["net", "--yes"]);
    assert!(ambiguous.contains("several runs") && ambiguous.contains(wide["run"].as_str().unwrap()));
    assert!(delete(1, &["nothing", "--yes"]).contains("there is no run 'nothing'"));
    // The test has no terminal to be asked on.
    let name = wide["run"].as_str().unwrap();
    assert!(delete(2, &[name]).contains("--yes"));
    assert_eq!(runs()["rows"].as_array().unwrap().len(), 3);
    let said = delete(0, &[name, "--yes"]);
    assert!(said.contains(&format!("deleted {name}: 12 vectors")), "{said}");
    assert!(!project.join("embeddings").join(name).exists());
    assert_eq!(runs()["rows"].as_array().unwrap().len(), 2);
    // By its encoder, which has no other now; and it can be made again.
    delete(0, &["net", "--yes"]);
    assert_eq!(runs()["rows"].as_array().unwrap().len(), 1);
    person.run(
        0,
        &[
            "embed",
            "--project",
            arg(&project),
            "--encoder",
            "net",
            "--precision",
            "f32",
        ],
    );
    assert_eq!(runs()["rows"][0]["run"], plain["run"]);
}

#[test]
fn a_damaged_run_is_listed_with_what_is_wrong_and_can_be_deleted() {
    let (person, project) = with_runs();
    let all = person.json(&["runs", "--project", arg(&project)]);
    let name = all["rows"][0]["run"].as_str().unwrap();
    std::fs::write(project.join("embeddings").join(name).join("manifest.json"), "{").unwrap();
    let said = person.run(3, &["runs", "--project", arg(&project)]);
    assert!(said.contains("not a manifest of a run"), "{said}");
    person.run(
        0,
        &["runs", "--project", arg(&project), "--delete", name, "--yes"],
    );
    person.run(0, &["runs", "--project", arg(&project)]);
}
