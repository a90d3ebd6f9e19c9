//! What is typed wrongly is said at once, in words, with exit code 2.

use crate::support::{arg, ends, json, ok, survey};
use std::process::Command;

#[test]
fn misspelt_commands_and_missing_files_are_named() {
    for (args, hint) in [
        (&["imprt", "x.fits"][..], "astrolabel import"),
        (&["exprot", "--project", "p"], "astrolabel export"),
        (&["simlar", "--like", "a"], "astrolabel similar"),
        (&["nosuchfile.fits"], "--help"),
    ] {
        let said = ends(2, args);
        assert!(
            said.contains("no such command or file") && said.contains(hint),
            "{args:?}: {said}"
        );
    }
}

#[test]
fn wrong_values_are_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 10);
    let project = dir.path().join("p");
    let p = arg(&project);
    ok(&["import", arg(&data), "--project", p]);
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (odd, jpg) = (at("x.xyz"), at("q.jpg"));
    for args in [
        &["import", "x", "--project", p, "--crop", "0"][..],
        &["import", "x", "--project", p, "--threshold", "-1"],
        &["classify", "--project", p, "--strength", "0"],
        &["export", "--project", p, "--out", &odd],
        &["export", "--project", p, "--vectors", &odd],
        &["cutouts", "--project", p, "--ids", "#1", "--out", &jpg],
        &["anomalies", "--project", p, "--montage", &jpg],
        &["label", "--project", p, "#1", " "],
        &["embed", "--project", p, "--encoder", "no_such_network"],
    ] {
        ends(2, args);
    }
    assert!(!std::path::Path::new(&jpg).exists());
}

#[test]
fn info_and_history_are_read_by_programs() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 10);
    let project = dir.path().join("p");
    let p = arg(&project);
    ok(&["import", arg(&data), "--project", p]);
    ok(&["label", "--project", p, "#1", "disc, barred"]);
    let picture = dir.path().join("a.png");
    image::GrayImage::new(8, 6).save(&picture).unwrap();
    let fits = data.join("catalog.fits");
    for (path, first) in [
        (p, "part,name,count,detail"),
        (arg(&data), "kind,path,hdu"),
        (arg(&picture), "kind,width,height"),
        (arg(&fits), "hdu,name"),
    ] {
        let said = ok(&["info", path, "--format", "csv"]);
        assert!(said.starts_with(first), "{said}");
        let columns = |line: &str| csv_fields(line);
        let wide = columns(said.lines().next().unwrap());
        assert!(said.lines().all(|l| columns(l) == wide), "{said}");
        json(&["info", path, "--format", "json"]);
    }
    let cards = json(&["info", arg(&fits), "--header", "1", "--format", "json"]);
    assert_eq!(cards["rows"][0]["keyword"], "XTENSION");
    let history = json(&["label", "--project", p, "--history", "#1", "--format", "json"]);
    assert_eq!(
        (&history["id"], &history["rows"][0]["value"]),
        (&"#1".into(), &"disc, barred".into())
    );
    assert!(ok(&["label", "--project", p, "--history", "#1", "--format", "csv"]).starts_with("event,at"));
}

/// How many fields a line of CSV has.
fn csv_fields(line: &str) -> usize {
    let quoted = line
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|q| q.matches(',').count())
        .sum::<usize>();
    line.matches(',').count() - quoted
}

#[test]
fn what_is_compressed_or_no_file_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 10);
    let p = dir.path().join("p");
    let packed = dir.path().join("a.fits.bz2");
    std::fs::write(&packed, b"BZh91AY&SY and so on").unwrap();
    for args in [
        &["import", arg(&packed), "--project", arg(&p)][..],
        &["info", arg(&packed)],
    ] {
        let said = ends(1, args);
        assert!(said.contains("bzip2") && said.contains("bunzip2"), "{said}");
    }
    #[cfg(unix)]
    {
        let pipe = data.join("pipe.fits");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let said = ends(1, &["info", arg(&pipe)]);
        assert!(said.contains("pipe"), "{said}");
        let said = ends(3, &["import", arg(&data), "--project", arg(&p)]);
        assert!(
            said.contains("pipe.fits") && said.contains("10 objects"),
            "{said}"
        );
    }
}

#[test]
fn a_psf_named_alone_is_an_image() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 10);
    let psf = dir.path().join("star_psf.fits.fz");
    std::fs::copy(data.join("survey_r.fits.fz"), &psf).unwrap();
    let p = dir.path().join("p");
    let said = ok(&["import", arg(&psf), "--project", arg(&p), "--detect"]);
    assert!(
        said.contains("since it was named alone") && said.contains("detected"),
        "{said}"
    );
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let said = ends(
        1,
        &["import", arg(&empty), "--project", arg(&dir.path().join("q"))],
    );
    assert!(
        said.contains("no image, cutout or catalogue") && said.contains("empty"),
        "{said}"
    );
    assert!(ok(&["info", arg(&empty)]).contains("no image"));
}

#[test]
fn advice_on_crowded_fields_names_options_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 60);
    let image = data.join("survey_r.fits.fz");
    let import = |name: &str, more: &[&str]| {
        let p = dir.path().join(name);
        let all = [&["import", arg(&image), "--project", arg(&p), "--detect"], more].concat();
        ends(0, &all)
    };
    let said = import(
        "a",
        &["--threshold", "0.3", "--branch-limit", "2", "--min-area", "2"],
    );
    assert!(
        said.contains("--branch-limit") && said.contains("% of the image"),
        "{said}"
    );
    let sources = |said: &str| -> usize {
        let at = said.find(" sources detected").unwrap();
        said[..at].split_whitespace().last().unwrap().parse().unwrap()
    };
    let whole = sources(&import("b", &["--deblend-levels", "1"]));
    assert_eq!(sources(&import("c", &["--deblend-contrast", "1"])), whole);
    let split = sources(&import("d", &[]));
    assert!(split > whole, "{split} {whole}");
}

#[test]
fn stamps_are_written_and_impossible_ones_refused() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("stamps");
    let said = ok(&["simulate", "--stamps", "15", "--seed", "5", "--out", arg(&out)]);
    assert!(said.contains("labels.csv"), "{said}");
    let table = std::fs::read_to_string(out.join("labels.csv")).unwrap();
    assert!(table.starts_with("file,label,"), "{table}");
    assert_eq!(table.lines().count(), 16);
    assert!(
        table.lines().nth(1).unwrap().starts_with("000000.png,smooth,"),
        "{table}"
    );
    assert!(out.join("000014.png").is_file());
    for (args, hint) in [
        (&["--stamps", "0"][..], "--stamps"),
        (&["--stamps", "many"], "--stamps"),
        (&["--stamps", "5", "--objects", "7"], "--objects"),
        (&["--stamps", "5", "--side", "4"], "--side"),
        (&["--stamps", "5", "--side", "4096"], "side from 32 to 512"),
        (&["--side", "100"], "256 or more"),
    ] {
        let all = [&["simulate", "--out", arg(&out)][..], args].concat();
        let said = ends(2, &all);
        assert!(said.contains(hint), "{args:?}: {said}");
    }
    // A file where the folder should be.
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let said = ends(1, &["simulate", "--stamps", "5", "--out", arg(&file)]);
    assert!(said.contains(arg(&file)), "{said}");
}

#[test]
fn a_graphics_card_that_this_build_or_option_cannot_use_is_said_in_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 10);
    let project = dir.path().join("p");
    let p = arg(&project);
    ok(&["import", arg(&data), "--project", p]);
    let embed = ["embed", "--project", p, "--encoder", "astrolabel_s"];
    let bench = ["bench", "astrolabel_s", "--seconds", "1"];
    for command in [&embed[..], &bench[..]] {
        let with = |options: &[&'static str]| -> Vec<&str> { [command, options].concat() };
        let said = ends(2, &with(&["--device", "gpu", "--precision", "int8"]));
        assert!(said.contains("a graphics card computes in f32"), "{said}");
        let said = ends(2, &with(&["--device", "quantum"]));
        assert!(said.contains("[possible values: auto, cpu, gpu]"), "{said}");
        if !cfg!(feature = "gpu") {
            let said = ends(2, &with(&["--device", "gpu"]));
            assert!(said.contains("--features gpu"), "{said}");
        }
    }
    let runs = || std::fs::read_dir(project.join("embeddings")).map_or(vec![], |d| d.flatten().collect());
    assert!(runs().is_empty(), "nothing was begun");
    // The processor is named nowhere, so that its runs from before go on.
    ok(&[&embed[..], &["--device", "cpu"]].concat());
    let manifest = std::fs::read_to_string(runs()[0].path().join("manifest.json")).unwrap();
    assert!(
        manifest.contains("\"precision\"") && !manifest.contains("\"device\""),
        "{manifest}"
    );
}
