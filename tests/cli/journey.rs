//! The whole way through on a simulated survey, and how commands end.

use crate::support::{arg, ends, has_astropy, json, ok, survey};
use std::path::Path;
use std::process::Command;

#[test]
fn the_whole_way_through() {
    let dir = tempfile::tempdir().unwrap();
    let (data, project) = (survey(dir.path(), 60), dir.path().join("my survey.astrolabel"));
    let p = arg(&project);
    let said = ok(&["import", arg(&data), "--project", p, "--size", "12arcsec"]);
    assert!(
        said.contains("(g, r, i): 60 objects") && said.contains("60 of 60 rows"),
        "{said}"
    );
    let said = ends(3, &["import", arg(&data), "--project", p]);
    assert!(said.contains("already"), "a second import adds nothing: {said}");
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("60 vectors"));
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("60 were there already"));

    let found = json(&[
        "similar",
        "--project",
        p,
        "--like",
        "SIM00004,SIM00005",
        "--unlike",
        "SIM00001",
        "-k",
        "5",
        "--format",
        "json",
    ]);
    let rows = found["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    let values: Vec<f64> = rows.iter().map(|r| r["similarity"].as_f64().unwrap()).collect();
    assert!(
        values.windows(2).all(|w| w[0] >= w[1]) && values[0] <= 1.0,
        "{values:?}"
    );
    assert!(
        rows.iter()
            .all(|r| !["SIM00004", "SIM00005", "SIM00001"].contains(&r["object"].as_str().unwrap()))
    );

    let labels = dir.path().join("labels.csv");
    std::fs::write(
        &labels,
        "id,label\nSIM00001,smooth\nSIM00008,star\nSIM00002,disc\nnobody,disc\n",
    )
    .unwrap();
    let said = ends(3, &["label", "--project", p, "--from", arg(&labels)]);
    assert!(
        said.contains("3 labels given") && said.contains("'nobody'"),
        "{said}"
    );
    ok(&["label", "--project", p, "SIM00003", "disc", "--as", "Ada"]);
    ok(&["label", "--project", p, "SIM00003", "smooth"]);
    assert!(ok(&["label", "--project", p, "--undo"]).contains("1 object"));
    let history = ok(&["label", "--project", p, "--history", "SIM00003"]);
    assert!(
        history.contains("Ada") && history.lines().count() == 6,
        "{history}"
    );

    let learnt = json(&["classify", "--project", p, "--next", "4", "--format", "json"]);
    assert_eq!(learnt["classes"].as_array().unwrap().len(), 3);
    assert_eq!(learnt["rows"].as_array().unwrap().len(), 4);
    let strange = json(&["anomalies", "--project", p, "-k", "6", "--format", "json"]);
    assert_eq!(strange["ranked"], 60);
    let guided = json(&[
        "anomalies",
        "--project",
        p,
        "--interesting",
        "SIM00007",
        "--ordinary",
        "SIM00001,SIM00002",
        "-k",
        "6",
        "--format",
        "json",
    ]);
    assert!(
        guided["how"]
            .as_str()
            .unwrap()
            .contains("guided by 1 interesting and 2 ordinary"),
        "{guided}"
    );
    ok(&["map", "--project", p, "--method", "pca"]);
    let map = json(&["map", "--project", p, "--format", "json"]);
    assert_eq!(map["rows"].as_array().unwrap().len(), 60);

    let montage = dir.path().join("montage.png");
    ok(&[
        "cutouts",
        "--project",
        p,
        "--ids",
        "strangest:6",
        "--out",
        arg(&montage),
    ]);
    let (width, height) = image::image_dimensions(&montage).unwrap();
    assert!(width > 128 && height > 128);
    let files = dir.path().join("files");
    ok(&[
        "cutouts",
        "--project",
        p,
        "--ids",
        "SIM00001,#5",
        "--out",
        arg(&files),
    ]);
    assert_eq!(
        std::fs::read_dir(&files).unwrap().count(),
        4,
        "a FITS and a PNG each"
    );
    exports(&project, dir.path());
}

fn exports(project: &Path, dir: &Path) {
    let p = arg(project);
    for ending in ["fits", "csv", "vot", "parquet"] {
        let out = dir.join(format!("cat.{ending}"));
        assert!(ok(&["export", "--project", p, "--out", arg(&out)]).contains("60 rows"));
        let info = json(&["info", arg(&out), "--format", "json"]);
        if ending == "fits" {
            assert!(
                info["rows"][1]["what"].as_str().unwrap().contains("60 rows"),
                "{info}"
            );
        } else {
            let names: Vec<&str> = info["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r["column"].as_str().unwrap())
                .collect();
            for column in [
                "object",
                "ra_icrs",
                "truth",
                "label",
                "label_by",
                "predicted",
                "p_disc",
                "anomaly_rank",
                "map_umap_x",
                "morph_gini",
            ] {
                assert!(names.contains(&column), "{ending}: no {column} in {names:?}");
            }
        }
    }
    let provenance: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(dir.join("cat.csv.provenance.json")).unwrap()).unwrap();
    assert_eq!(provenance["runs"][0]["encoder"]["name"], "morphometry");
    assert_eq!(provenance["anomalies"]["seed"], 0);
    for ending in ["csv", "npz", "parquet"] {
        let out = dir.join(format!("vectors.{ending}"));
        assert!(ok(&["export", "--project", p, "--vectors", arg(&out)]).contains("60 vectors"));
    }
    if !has_astropy() {
        return;
    }
    // Any unit or structure that astropy doesn't know by its standard is a warning and so a failure.
    let script = r#"
import sys, warnings, numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import parse, validate
from astropy.table import Table
import pandas as pd
d = sys.argv[1]
warnings.simplefilter("error")
f = Table.read(d + "/cat.fits", hdu=1)
units = 0
for i in range(1, len(f.colnames) + 1):
    if unit := fits.getheader(d + "/cat.fits", 1).get(f"TUNIT{i}"):
        u.Unit(unit, format="fits")
        units += 1
assert units >= 4, units
for field in parse(d + "/cat.vot", verify="exception").get_first_table().fields:
    if field.unit is not None:
        u.Unit(str(field.unit), format="vounit")
with open(d + "/validated", "w") as said:
    assert validate(d + "/cat.vot", output=said), open(d + "/validated").read()
v = Table.read(d + "/cat.vot", format="votable", verify="exception")
warnings.simplefilter("default")
c = pd.read_csv(d + "/cat.csv", keep_default_na=False, na_values=[""])
q = pd.read_parquet(d + "/cat.parquet")
assert len(f) == len(v) == len(c) == len(q) == 60
assert f.colnames == v.colnames == list(c.columns) == list(q.columns), (f.colnames, v.colnames, list(c.columns), list(q.columns))
text = lambda x: "" if x is None or x is np.ma.masked or (isinstance(x, float) and np.isnan(x)) else str(x).strip()
for name in f.colnames:
    kinds = [np.ma.getdata(f[name]).dtype.kind]
    if kinds[0] in "SUO":
        a = [text(x) for x in f[name]]
        for other in (v[name], c[name], q[name]):
            assert a == [text(x) for x in other], name
    else:
        num = lambda col: np.array([np.nan if (x is None or x is np.ma.masked) else float(x) for x in col])
        a = num(f[name])
        for other in (v[name], c[name], q[name]):
            b = num(other)
            assert np.array_equal(np.isnan(a), np.isnan(b)), name
            ok = ~np.isnan(a)
            assert np.array_equal(np.float32(a[ok]), np.float32(b[ok])), name
assert f["ra_icrs"].unit == "deg" and v["ra_icrs"].unit == "deg"
assert "astrolabel" in f.meta["PROGRAM"], f.meta
assert "forest" in f.meta["ANOMALY"] and "morphometry" == f.meta["ENCODER1"]
"#;
    let out = Command::new("python3")
        .args(["-c", script, arg(dir)])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn commands_end_as_they_say() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("nowhere");
    let n = arg(&nowhere);
    // Without a command the window opens, which needs a display.
    assert!(ends(1, &[]).contains("astrolabel --help"));
    ends(2, &["import", "--project", n]);
    ends(2, &["embed"]);
    ends(2, &["import", "x.fits", "--project", n, "--size", "8parsec"]);
    ends(2, &["label", "--project", n]);
    ends(2, &["label", "--project", n, "ID"]);
    ends(2, &["similar", "--project", n]);
    ends(0, &["--help"]);
    ends(0, &["import", "--help"]);
    for command in [
        &["embed", "--project", n, "--encoder", "morphometry"][..],
        &["classify", "--project", n],
        &["export", "--project", n, "--out", "x.csv"],
    ] {
        assert!(ends(1, command).contains("no Astrolabel project here"));
    }
    assert!(!nowhere.exists(), "a failed command leaves nothing behind");
    let said = ends(1, &["info", n]);
    assert!(said.contains("nowhere"), "{said}");
}

#[test]
fn a_bad_file_among_good_ones_is_named_and_the_rest_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let (data, project) = (survey(dir.path(), 20), dir.path().join("p"));
    std::fs::write(
        data.join("broken.fits"),
        b"SIMPLE  =                    T / and then nothing",
    )
    .unwrap();
    let said = ends(3, &["import", arg(&data), "--project", arg(&project)]);
    assert!(
        said.contains("20 objects") && said.contains("broken.fits"),
        "{said}"
    );
    let mut whole = std::fs::read(data.join("survey_i.fits.fz")).unwrap();
    whole.truncate(whole.len() / 2);
    let cut = dir.path().join("cut off.fits.fz");
    std::fs::write(&cut, whole).unwrap();
    let said = ends(
        1,
        &[
            "import",
            arg(&cut),
            "--project",
            arg(&dir.path().join("q")),
            "--detect",
        ],
    );
    assert!(said.contains("cut off.fits.fz"), "{said}");
}

#[test]
fn without_labels_or_vectors_it_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let (data, project) = (survey(dir.path(), 20), dir.path().join("p"));
    let p = arg(&project);
    ok(&["import", arg(&data), "--project", p]);
    for command in [
        &["similar", "--project", p, "--like", "SIM00001"][..],
        &["anomalies", "--project", p],
        &["map", "--project", p],
    ] {
        assert!(ends(1, command).contains("astrolabel embed"));
    }
    // Without a name, the network that comes with the program.
    assert!(ok(&["embed", "--project", p]).contains("astrolabel_s: 20 vectors of 128 numbers"));
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let said = ends(0, &["classify", "--project", p, "--next", "3"]);
    assert!(said.contains("label these next"), "{said}");
    let said = ends(2, &["embed", "--project", p, "--encoder", "no_such_network"]);
    assert!(
        said.contains("morphometry"),
        "the error lists what there is: {said}"
    );
    let said = ends(1, &["similar", "--project", p, "--like", "SIM99999"]);
    assert!(said.contains("SIM99999"), "{said}");
    let said = ends(1, &["label", "--project", p, "SIM99999", "star"]);
    assert!(said.contains("SIM99999"), "{said}");
}

#[test]
fn a_catalogue_alone_is_matched_to_the_images_of_the_project() {
    let dir = tempfile::tempdir().unwrap();
    let files = survey(dir.path(), 60);
    let project = dir.path().join("p");
    let p = arg(&project);
    ok(&["import", arg(&files), "--project", p]);
    let more = dir.path().join("more.csv");
    std::fs::write(&more, "id,x,y\na,3,3\nb,636,3\nfar,9000,9000\n").unwrap();
    let said = ok(&["import", arg(&more), "--project", p]);
    assert!(
        said.contains("2 objects added") && said.contains("now has 62"),
        "{said}"
    );
    let info = json(&["info", p, "--format", "json"]);
    assert_eq!(
        info["fields"].as_array().unwrap().len(),
        1,
        "no second image: {info}"
    );
    let said = ends(3, &["import", arg(&more), "--project", p]);
    assert!(said.contains("is in this project already"), "{said}");
    let empty = dir.path().join("q");
    let said = ends(1, &["import", arg(&more), "--project", arg(&empty)]);
    assert!(said.contains("give its image too"), "{said}");
}
