//! What a person or a disk may do to the program: odd catalogues and names, damaged projects,
//! interrupts, readers that go away.

use crate::support::{arg, command, ends, json, ok, run, survey, text};
use std::path::{Path, PathBuf};
use std::process::Stdio;

struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The image of one band and its project `name` of `rows` at its middle, a pixel column each.
    fn project(&self, name: &str, header: &str, rows: &[&str]) -> (PathBuf, String) {
        let image = self.image();
        let lines: String = rows.iter().map(|r| format!("{r}\n")).collect();
        let catalog = self.write(&format!("{name}.csv"), &format!("{header}\n{lines}"));
        let project = self.path(name);
        let said = ok(&[
            "import",
            arg(&image),
            "--catalog",
            arg(&catalog),
            "--project",
            arg(&project),
        ]);
        (project, said)
    }

    fn image(&self) -> PathBuf {
        let image = self.path("survey/survey_r.fits.fz");
        if !image.exists() {
            survey(self.dir.path(), 15);
        }
        image
    }

    /// A project with vectors, scores and two labels.
    fn worked(&self, name: &str) -> PathBuf {
        let rows: Vec<String> = (0..20)
            .map(|i| format!("s{i},{},{}", 60 + 25 * i, 560 - 23 * i))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let (project, _) = self.project(name, "id,x,y", &rows);
        let p = arg(&project);
        ok(&["embed", "--project", p, "--encoder", "morphometry"]);
        ok(&["anomalies", "--project", p]);
        ok(&["label", "--project", p, "s1", "star"]);
        ok(&["label", "--project", p, "s2", "disc"]);
        project
    }
}

fn run_folder(project: &Path) -> PathBuf {
    let entries = std::fs::read_dir(project.join("embeddings")).unwrap();
    entries.flatten().map(|e| e.path()).find(|p| p.is_dir()).unwrap()
}

fn columns(csv: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(csv).unwrap();
    text.lines()
        .next()
        .unwrap()
        .split(',')
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_failed_import_leaves_nothing_behind() {
    let bench = Bench::new();
    let image = bench.image();
    let project = bench.path("deep/er/p");
    let p = arg(&project);
    let import = |catalog: &Path| {
        ends(
            1,
            &["import", arg(&image), "--catalog", arg(catalog), "--project", p],
        )
    };
    assert!(import(&bench.write("zero.csv", "id,x,y\n")).contains("has no rows"));
    let said = import(&bench.write("off.csv", "id,x,y\na,-900,5\nb,7000,2\n"));
    assert!(
        said.contains("no row lies on an image") && said.contains("640×640"),
        "{said}"
    );
    let said = import(&bench.write("words.csv", "id,name,dec\na,NGC 1,5\nb,NGC 2,6\n"));
    assert!(said.contains("--ra COL"), "{said}");
    ends(1, &["import", "no such file.fits", "--project", p]);
    ends(
        1,
        &[
            "import",
            arg(&image),
            "--detect",
            "--size",
            "8192px",
            "--project",
            p,
        ],
    );
    ends(
        1,
        &[
            "import",
            arg(&image),
            "--detect",
            "--size",
            "0.001arcsec",
            "--project",
            p,
        ],
    );
    assert!(!bench.path("deep").exists());
}

#[test]
fn columns_called_like_ours_stay_and_ours_keep_their_names() {
    let bench = Bench::new();
    let (project, _) = bench.project(
        "p",
        "object_id,label,object,ra_icrs,p_star,anomaly_rank,id,x,y",
        &[
            "900,spiral,o1,1.5,0.9,7,a,300,300",
            "901,ring,o2,2.5,0.8,8,b,200,220",
            "902,,o3,,,,c,100,120",
        ],
    );
    let p = arg(&project);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    ok(&["label", "--project", p, "900", "star"]);
    ok(&["label", "--project", p, "901", "disc"]);
    ok(&["classify", "--project", p]);
    for ending in ["fits", "csv", "vot", "parquet"] {
        ok(&[
            "export",
            "--project",
            p,
            "--out",
            arg(&bench.path(&format!("c.{ending}"))),
        ]);
    }
    let names = columns(&bench.path("c.csv"));
    for name in [
        "object_id",
        "object",
        "label",
        "p_star",
        "object_id_catalog",
        "label_catalog",
        "p_star_catalog",
    ] {
        assert_eq!(
            names.iter().filter(|n| *n == name).count(),
            1,
            "{name}: {names:?}"
        );
    }
    // What was exported is a file of labels.
    let said = ok(&["label", "--project", p, "--from", arg(&bench.path("c.csv"))]);
    assert!(said.contains("0 labels given, 2 were so already"), "{said}");
}

#[test]
fn odd_names_are_found_and_survive_the_export() {
    let bench = Bench::new();
    let long = "x".repeat(400);
    let rows = [
        "300,300,\"a,b\"".to_owned(),
        "310,300,#2".to_owned(),
        "320,310,Ünï ★ 漢字".to_owned(),
        format!("330,300,{long}"),
        "340,300,\"quote\"\"d\"".to_owned(),
        "350,300,../up".to_owned(),
        "360,300,twin".to_owned(),
        "370,300,twin".to_owned(),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let (project, _) = bench.project("p", "x,y,id", &rows);
    let p = arg(&project);
    for name in ["a,b", "Ünï ★ 漢字", &long, "quote\"d", "../up"] {
        assert!(
            ok(&["label", "--project", p, name, "odd"]).starts_with(name),
            "{name}"
        );
    }
    assert!(
        ok(&["label", "--project", p, "#2", "odd"]).starts_with("#2:"),
        "a name before a number"
    );
    assert!(ok(&["label", "--project", p, "#0", "odd"]).starts_with("a,b:"));
    let said = ends(1, &["label", "--project", p, "twin", "odd"]);
    assert!(said.contains("#6, #7"), "{said}");
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    for ids in ["a,b", "../up,#0", "../up,\"a,b\""] {
        ok(&["similar", "--project", p, "--like", ids, "-k", "2"]);
    }
    let said = ends(1, &["similar", "--project", p, "--like", "../up,\"a,b"]);
    assert!(said.contains("quote"), "{said}");
    ok(&[
        "anomalies",
        "--project",
        p,
        "--interesting",
        "\"a,b\",\"quote\"\"d\"",
    ]);
    for (id, event) in [("#0", "interesting"), ("#4", "interesting")] {
        let history = ok(&["label", "--project", p, "--history", id]);
        assert!(history.contains(event), "{id}: {history}");
    }
    for ending in ["fits", "csv", "vot", "parquet"] {
        ok(&[
            "export",
            "--project",
            p,
            "--out",
            arg(&bench.path(&format!("n.{ending}"))),
        ]);
    }
    let out = bench.path("cut");
    ok(&[
        "cutouts",
        "--project",
        p,
        "--ids",
        "../up,\"a,b\"",
        "--out",
        arg(&out),
        "-q",
    ]);
    assert_eq!(
        std::fs::read_dir(&out).unwrap().count(),
        4,
        "a FITS and a PNG of each of two objects"
    );
}

#[test]
fn many_odd_classes_are_columns() {
    let bench = Bench::new();
    let rows: Vec<String> = (0..70)
        .map(|i| format!("s{i},{},{}", 40 + 8 * i, 590 - 7 * i))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let (project, _) = bench.project("p", "id,x,y", &rows);
    let p = arg(&project);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let odd = [
        "p_x",
        "x",
        "X",
        "a,b",
        "ünï",
        "label",
        "two\nlines",
        "two lines",
        "=1+1",
    ];
    let long = "y".repeat(300);
    let mut labels = "file,id,label\n".to_owned();
    for i in 0..70 {
        let class = odd.get(i).map_or_else(
            || if i == 20 { long.clone() } else { format!("c{i}") },
            |c| (*c).to_owned(),
        );
        labels.push_str(&format!(",s{i},\"{class}\"\n"));
    }
    let labels = bench.write("labels.csv", &labels);
    let said = ok(&["label", "--project", p, "--from", arg(&labels)]);
    assert!(said.contains("70 labels given"), "{said}");
    assert_eq!(json(&["info", p, "--format", "json"])["labels"]["two lines"], 2);
    ok(&["classify", "--project", p, "--all"]);
    for ending in ["fits", "csv", "vot", "parquet"] {
        let out = bench.path(&format!("c.{ending}"));
        ok(&["export", "--project", p, "--out", arg(&out)]);
        ok(&["info", arg(&out)]);
    }
    for (file, what) in [
        ("id,foo\ns1,x\n", "no label column"),
        ("foo,label\ns1,x\n", "names objects"),
        ("id,label\nzz,x\n", "names an object"),
    ] {
        let file = bench.write("bad.csv", file);
        assert!(ends(1, &["label", "--project", p, "--from", arg(&file)]).contains(what));
    }
}

#[test]
fn a_lost_database_is_not_refilled() {
    let bench = Bench::new();
    let project = bench.worked("p");
    let p = arg(&project);
    for lost in ["gone", "empty", "garbage"] {
        for journal in ["project.sqlite-wal", "project.sqlite-shm"] {
            let _ = std::fs::remove_file(project.join(journal));
        }
        let database = project.join("project.sqlite");
        match lost {
            "gone" => std::fs::remove_file(&database).unwrap(),
            "empty" => std::fs::write(&database, b"").unwrap(),
            _ => std::fs::write(&database, vec![b'x'; 9000]).unwrap(),
        }
        for command in [
            &["label", "--project", p, "s1", "x"][..],
            &["embed", "--project", p, "--encoder", "morphometry"],
            &["import", arg(&bench.image()), "--project", p, "--detect"],
        ] {
            let said = ends(1, command);
            assert!(said.contains("project.sqlite"), "{lost} {command:?}: {said}");
        }
    }
}

#[test]
fn labels_leave_a_project_whose_other_parts_are_damaged() {
    let bench = Bench::new();
    let project = bench.worked("p");
    let p = arg(&project);
    let out = bench.path("x.csv");
    let exported = |what: &str| {
        let said = ends(3, &["export", "--project", p, "--out", arg(&out)]);
        assert!(said.contains(what), "{said}");
        assert!(std::fs::read_to_string(&out).unwrap().contains(",star,"));
        assert!(ends(3, &["info", p]).contains(what));
    };
    let catalog = project.join("catalog.parquet");
    let whole = std::fs::read(&catalog).unwrap();
    std::fs::write(&catalog, b"garbage").unwrap();
    exported("catalog.parquet");
    std::fs::remove_file(&catalog).unwrap();
    exported("catalog.parquet");
    std::fs::write(&catalog, &whole).unwrap();

    for entry in std::fs::read_dir(project.join("index")).unwrap().flatten() {
        std::fs::write(entry.path(), b"garbage").unwrap();
    }
    exported("index/");
    ok(&["anomalies", "--project", p]);

    let run = run_folder(&project);
    let manifest = std::fs::read_to_string(run.join("manifest.json")).unwrap();
    for wrong in [
        "{".to_owned(),
        manifest.replace("\"dim\": 43", "\"dim\": 99999999999"),
    ] {
        assert_ne!(wrong, manifest);
        std::fs::write(run.join("manifest.json"), wrong).unwrap();
        exported("manifest.json");
        assert!(ends(1, &["similar", "--project", p, "--like", "s1"]).contains("manifest.json"));
        assert!(
            ends(1, &["embed", "--project", p, "--encoder", "morphometry"])
                .contains("delete the run's folder")
        );
    }
    // What the message advises works.
    std::fs::remove_dir_all(&run).unwrap();
    ok(&["info", p]);
    assert!(ends(1, &["similar", "--project", p, "--like", "s1"]).contains("astrolabel embed"));
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    ok(&["similar", "--project", p, "--like", "s1"]);
    std::fs::remove_dir_all(project.join("index")).unwrap();
    assert!(
        ends(
            1,
            &[
                "cutouts",
                "--project",
                p,
                "--ids",
                "strangest:3",
                "--out",
                "x.png"
            ]
        )
        .contains("astrolabel anomalies")
    );
    ok(&["export", "--project", p, "--out", arg(&out)]);
}

#[test]
fn a_bitmap_of_another_length_is_no_crash() {
    let bench = Bench::new();
    let project = bench.worked("p");
    let p = arg(&project);
    let bits = run_folder(&project).join("done.bits");
    std::fs::write(&bits, vec![0xff; 100_000]).unwrap();
    ok(&["similar", "--project", p, "--like", "s1"]);
    std::fs::write(&bits, b"").unwrap();
    ends(1, &["similar", "--project", p, "--like", "s1"]);
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("20 vectors"));
    std::fs::remove_file(run_folder(&project).join("segment-00000.f32")).unwrap();
    let said = ends(1, &["similar", "--project", p, "--like", "s1"]);
    assert!(
        said.contains("segment-00000") && said.contains("embed again"),
        "{said}"
    );
}

#[test]
fn a_loop_of_links_is_walked_once() {
    let bench = Bench::new();
    let folder = bench.path("pictures");
    std::fs::create_dir(&folder).unwrap();
    for i in 0..4_u8 {
        let picture = image::GrayImage::from_fn(20, 20 + u32::from(i), |x, y| {
            image::Luma([((x * y) as u8).wrapping_add(i)])
        });
        picture.save(folder.join(format!("{i}.png"))).unwrap();
    }
    std::os::unix::fs::symlink(".", folder.join("again")).unwrap();
    std::os::unix::fs::symlink("nowhere.png", folder.join("dangling.png")).unwrap();
    let said = ends(3, &["import", arg(&folder), "--project", arg(&bench.path("p"))]);
    assert!(
        said.contains("4 objects") && said.contains("dangling.png"),
        "{said}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_a_full_disk_is() {
    let bench = Bench::new();
    let project = bench.worked("p");
    let p = arg(&project);
    for format in ["table", "csv", "json"] {
        let args = ["anomalies", "--project", p, "-k", "20", "--format", format];
        let mut child = command(&args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{format}: {}", text(&out.stderr));
        if Path::new("/dev/full").exists() {
            let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let out = command(&args)
                .stdout(full)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
                .wait_with_output()
                .unwrap();
            assert_eq!(out.status.code(), Some(1), "{format}: {}", text(&out.stderr));
        }
    }
    let mut child = command(&["info", "nowhere"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1), "nobody reads the error");
}

#[test]
fn places_that_cannot_be_written_are_said_before_the_work() {
    let bench = Bench::new();
    let project = bench.worked("p");
    let p = arg(&project);
    let nowhere = bench.path("no/x.png");
    let said = ends(
        1,
        &[
            "anomalies",
            "--project",
            p,
            "--interesting",
            "s3",
            "--montage",
            arg(&nowhere),
        ],
    );
    assert!(said.contains("there is no folder"), "{said}");
    assert_eq!(
        json(&["info", p, "--format", "json"])["marks"],
        serde_json::json!({}),
        "and nothing was marked"
    );
    let said = ends(
        1,
        &[
            "anomalies",
            "--project",
            p,
            "--interesting",
            "s3",
            "--ordinary",
            "s4,nobody",
        ],
    );
    assert!(said.contains("nobody"), "{said}");
    assert_eq!(
        json(&["info", p, "--format", "json"])["marks"],
        serde_json::json!({}),
        "all marks or none"
    );
    for (out, code) in [("no/x.csv", 1), ("no/x.fits", 1), ("x.doc", 2), ("p", 2)] {
        ends(code, &["export", "--project", p, "--out", arg(&bench.path(out))]);
    }
    let out = bench.write("old.fits", "old");
    ok(&["export", "--project", p, "--out", arg(&out)]);
    assert!(std::fs::read(&out).unwrap().starts_with(b"SIMPLE"));
}

#[test]
fn moved_images_are_asked_for_and_found_again() {
    let bench = Bench::new();
    let project = bench.worked("p");
    let p = arg(&project);
    let (old, new) = (bench.path("survey"), bench.path("elsewhere"));
    std::fs::rename(&old, &new).unwrap();
    assert!(ok(&["info", p]).contains("GONE"));
    let said = ends(
        1,
        &[
            "cutouts",
            "--project",
            p,
            "--ids",
            "s1",
            "--out",
            arg(&bench.path("x.png")),
        ],
    );
    assert!(said.contains("astrolabel relocate"), "{said}");
    ok(&["relocate", "--project", p, arg(&old), arg(&new)]);
    ok(&[
        "cutouts",
        "--project",
        p,
        "--ids",
        "s1",
        "--out",
        arg(&bench.path("x.png")),
    ]);
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("20 were there already"));
}

#[test]
fn an_interrupt_ends_with_1_and_keeps_what_was_done() {
    let bench = Bench::new();
    let folder = bench.path("pictures");
    std::fs::create_dir(&folder).unwrap();
    for i in 0..400_u32 {
        let picture = image::GrayImage::from_fn(320, 320, |x, y| image::Luma([(x * y + i * (x ^ y)) as u8]));
        picture.save(folder.join(format!("{i:04}.png"))).unwrap();
    }
    let project = bench.path("p");
    let p = arg(&project);
    ok(&["import", arg(&folder), "--project", p]);
    let child = command(&[
        "embed",
        "--project",
        p,
        "--encoder",
        "morphometry",
        "--threads",
        "1",
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    // The shell's own `kill`: a bare system has no program of that name.
    let interrupted = std::process::Command::new("sh")
        .args(["-c", "kill -INT \"$0\"", &child.id().to_string()])
        .status()
        .unwrap()
        .success();
    let out = child.wait_with_output().unwrap();
    let said = text(&out.stdout) + &text(&out.stderr);
    // A fast machine may be done before the signal comes.
    if interrupted && !said.contains("400 vectors") {
        assert_eq!(out.status.code(), Some(1), "{said}");
        assert!(said.contains("goes on from here"), "{said}");
    }
    let rest = ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let done = json(&["info", p, "--format", "json"])["runs"][0]["done"].as_u64();
    assert_eq!(done, Some(400), "{said}\n{rest}");
    let before = run(&["info", p]);
    assert_eq!(before.status.code(), Some(0));
}
