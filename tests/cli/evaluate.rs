//! Encoders held against labels, by command: runs of a project, the baseline, and foreign vectors.

use crate::support::{arg, ends, json, ok, survey};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A project of a survey with vectors, and a table of labels: bright, middle, faint by catalogue.
fn with_labels(dir: &Path, objects: usize) -> (PathBuf, PathBuf) {
    let data = survey(dir, objects);
    let project = dir.join("p");
    ok(&["import", arg(&data), "--project", arg(&project)]);
    ok(&["embed", "--project", arg(&project), "--encoder", "morphometry"]);
    let vectors = dir.join("v.csv");
    ok(&["export", "--project", arg(&project), "--vectors", arg(&vectors)]);
    // The class follows one of the numbers, so that there is something to learn.
    let mut reader = csv::Reader::from_path(&vectors).unwrap();
    let size = reader.headers().unwrap().iter().position(|h| h.contains("r50"));
    let size = size.unwrap_or(3);
    let mut rows: Vec<(String, f64)> = reader
        .records()
        .map(|r| r.unwrap())
        .map(|r| (r[0].to_owned(), r[size].parse().unwrap()))
        .collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    let n = rows.len();
    let mut text = "id,label,split,quality\n".to_owned();
    for (i, (name, _)) in rows.iter().enumerate() {
        let class = ["small", "middle", "large"][3 * i / n];
        let split = if i % 4 == 0 { "train" } else { "test" };
        text.push_str(&format!("{name},{class},{split},{}\n", i % 5));
    }
    text.push_str("nobody,small,test,1\n");
    let labels = dir.join("labels.csv");
    std::fs::write(&labels, text).unwrap();
    (project, labels)
}

fn encoder<'v>(report: &'v Value, name: &str) -> &'v Value {
    let all = report["encoders"].as_array().unwrap();
    let found = all.iter().find(|e| e["name"].as_str().unwrap().starts_with(name));
    found.unwrap_or_else(|| panic!("no {name} in {report}"))
}

#[test]
fn encoders_stand_side_by_side_and_foreign_vectors_give_the_same_figures() {
    let dir = tempfile::tempdir().unwrap();
    let (project, labels) = with_labels(dir.path(), 115);
    let (p, l) = (arg(&project), arg(&labels));
    let (page, table) = (dir.path().join("out.html"), dir.path().join("out.csv"));
    let report = json(&[
        "evaluate",
        "--project",
        p,
        "--labels",
        l,
        "--held-out",
        "all",
        "--encoder",
        "morphometry",
        "--encoder",
        "hand26",
        "--encoder",
        "fusion",
        "--seeds",
        "3",
        "--robustness",
        "6",
        "--html",
        arg(&page),
        "--csv",
        arg(&table),
        "--json",
    ]);
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("1 of") && notes.contains("'nobody' is one"),
        "{notes}"
    );
    assert_eq!(report["classes"], serde_json::json!(["large", "middle", "small"]));
    assert!(report["alone"]["chance"].as_f64().unwrap() > 0.33);
    let run = encoder(&report, "morphometry");
    assert!(run["knn5"].as_f64().unwrap() > 0.6, "{run}");
    assert_eq!(encoder(&report, "hand26")["dim"], 26);
    // Fusion takes narrow vectors whole.
    let fused = 26 + run["dim"].as_u64().unwrap();
    assert_eq!(encoder(&report, "fusion")["dim"], fused);
    let kept = run["robustness"].as_array().unwrap();
    assert_eq!((kept.len(), &kept[0]["objects"]), (11, &6.into()));
    assert!(
        encoder(&report, "fusion")["robustness"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    let text = std::fs::read_to_string(&page).unwrap();
    assert!(
        !text.contains("<script") && !text.contains("http"),
        "the page needs nothing else"
    );
    for said in ["Learning curve", "Reliability", "hand26", "fusion", "<svg", "±"] {
        assert!(text.contains(said), "{said}");
    }
    let text = std::fs::read_to_string(&table).unwrap();
    assert!(
        text.starts_with("encoder,dim,objects,figure,value,spread\n"),
        "{text}"
    );
    assert!(text.contains("hand26,26,") && text.contains(",5-NN,"), "{text}");

    // The same vectors out of files, without a project.
    let mut files = Vec::new();
    for kind in ["npz", "csv", "parquet"] {
        let path = dir.path().join(format!("foreign.{kind}"));
        ok(&[
            "export",
            "--project",
            p,
            "--vectors",
            arg(&path),
            "--on",
            "morphometry",
        ]);
        files.push(format!("{kind}={}", arg(&path)));
    }
    let mut command = vec![
        "evaluate",
        "--labels",
        l,
        "--held-out",
        "all",
        "--seeds",
        "3",
        "--json",
    ];
    for file in &files {
        command.extend(["--vectors", file]);
    }
    let foreign = json(&command);
    for kind in ["npz", "csv", "parquet"] {
        let other = encoder(&foreign, kind);
        for figure in ["knn5", "precision_10", "dim", "objects"] {
            assert_eq!(other[figure], run[figure], "{kind} {figure}");
        }
        assert_eq!(other["few_shot"], run["few_shot"], "{kind}");
    }
    assert!(foreign["alone"].is_null(), "no pixels beside these labels");
}

#[test]
fn rows_are_chosen_by_split_class_and_expression_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let (project, labels) = with_labels(dir.path(), 115);
    let (p, l) = (arg(&project), arg(&labels));
    let with = |more: &[&str]| {
        let base = [
            "evaluate",
            "--project",
            p,
            "--labels",
            l,
            "--seeds",
            "2",
            "--robustness",
            "0",
        ];
        json(&[&base[..], more, &["--json"]].concat())
    };
    let count = |r: &Value| -> u64 {
        let counts = r["counts"].as_array().unwrap().iter();
        counts.map(|c| c.as_u64().unwrap()).sum()
    };
    let (all, test) = (with(&["--held-out", "all"]), with(&[]));
    let train = with(&["--held-out", "train"]);
    assert_eq!(
        count(&all),
        count(&test) + count(&train),
        "test is taken where there is one"
    );
    assert!(
        test["notes"].to_string().contains("their split is not test"),
        "{test}"
    );
    let two = with(&["--held-out", "all", "--only", "small,large", "--anomaly", "large"]);
    assert_eq!(two["classes"], serde_json::json!(["large", "small"]));
    let rare = encoder(&two, "morphometry")["rare"].as_array().unwrap();
    assert_eq!(rare[0]["method"], "isolation");
    let some = with(&["--held-out", "all", "--where", "quality < 2"]);
    assert!(count(&some) < count(&all) / 2 + 5, "{some}");

    let said = ends(
        1,
        &["evaluate", "--project", p, "--labels", l, "--only", "small,huge"],
    );
    assert!(
        said.contains("no label is 'huge'") && said.contains("middle"),
        "{said}"
    );
    let said = ends(
        1,
        &["evaluate", "--project", p, "--labels", l, "--held-out", "gold"],
    );
    assert!(said.contains("no row has split 'gold'"), "{said}");
    let said = ends(1, &["evaluate", "--project", p, "--labels", l, "--only", "small"]);
    assert!(said.contains("needs two classes"), "{said}");
    let said = ends(1, &["evaluate", "--project", p]);
    assert!(
        said.contains("needs two classes") && said.contains("0 objects are labelled"),
        "{said}"
    );
    let said = ends(1, &["evaluate", "--labels", l]);
    assert!(said.contains("--vectors"), "{said}");
    let said = ends(2, &["evaluate"]);
    assert!(said.contains("--labels"), "{said}");
    let said = ends(2, &["evaluate", "--labels", l, "--vectors", "v.npz"]);
    assert!(said.contains("NAME=FILE"), "{said}");
    let broken = dir.path().join("broken.npz");
    std::fs::write(&broken, b"PK\x03\x04 not really").unwrap();
    let said = ends(
        1,
        &[
            "evaluate",
            "--labels",
            l,
            "--vectors",
            &format!("x={}", arg(&broken)),
        ],
    );
    assert!(said.contains("broken.npz") && said.contains("damaged"), "{said}");
}
