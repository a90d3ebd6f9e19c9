//! The four formats of an export hold the same, whatever languages labels are in.

use crate::support::{arg, ends, has_astropy, json, ok, survey};
use std::process::Command;

/// A project of forty objects with labels, and a catalogue whose column names FITS can't hold.
fn project(dir: &std::path::Path) -> std::path::PathBuf {
    let (data, project) = (survey(dir, 40), dir.join("p"));
    let image = data.join("survey_r.fits.fz");
    let catalog = dir.join("catalog.csv");
    let long = "a long name of a column ".repeat(4);
    let mut text = format!("x,y,größe,{long}1,{long}2,Note\n");
    for i in 0..30 {
        let x = 40 + i * 19;
        let note = ["γαλαξίας", "星系", "back\\slash \\u00e9", "", "plain"][i % 5];
        text.push_str(&format!("{x},{},{},{i},{},{note}\n", 40 + i * 13, i * 2, i * 3));
    }
    std::fs::write(&catalog, text).unwrap();
    let p = arg(&project);
    ok(&["import", arg(&image), "--project", p, "--catalog", arg(&catalog)]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let classes = [
        "é",
        "è",
        "πλάγιος",
        "星系",
        "a quite long class name that goes on and on and on until FITS has no room",
    ];
    for i in 0..15 {
        let id = format!("#{i}");
        ok(&["label", "--project", p, &id, classes[i % 5], "--as", "Zoë"]);
    }
    ok(&["classify", "--project", p]);
    ok(&["anomalies", "--project", p]);
    project
}

#[test]
fn fits_votable_csv_and_parquet_hold_the_same_for_astropy() {
    let dir = tempfile::tempdir().unwrap();
    let project = project(dir.path());
    let p = arg(&project);
    for ending in ["fits", "vot", "csv", "parquet"] {
        let out = dir.path().join(format!("cat.{ending}"));
        let said = ends(0, &["export", "--project", p, "--out", arg(&out)]);
        assert_eq!(
            said.contains("TNAMEn") && said.contains("\\uXXXX"),
            ending == "fits",
            "a change is said: {said}"
        );
    }
    // This program reads the names back as they were.
    let again = dir.path().join("again");
    let fits = dir.path().join("cat.fits");
    let image = dir.path().join("survey/survey_r.fits.fz");
    ok(&[
        "import",
        arg(&image),
        "--project",
        arg(&again),
        "--catalog",
        arg(&fits),
        "--x",
        "x_pixel",
        "--y",
        "y_pixel",
    ]);
    let csv = dir.path().join("again.csv");
    ok(&["export", "--project", arg(&again), "--out", arg(&csv)]);
    let info = json(&["info", arg(&csv), "--format", "json"]);
    let names: Vec<&str> = (info["rows"].as_array().unwrap().iter())
        .map(|r| r["column"].as_str().unwrap())
        .collect();
    for name in ["p_é", "p_è", "größe", "p_πλάγιος"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let text = std::fs::read_to_string(&csv).unwrap();
    for value in ["γαλαξίας", "back\\slash \\u00e9", "Zoë"] {
        assert!(text.contains(value), "{value} came back");
    }
    if !has_astropy() {
        return;
    }
    let script = r##"
import json, sys, warnings, numpy as np
from astropy.io import fits
from astropy.table import Table
d = sys.argv[1]
warnings.simplefilter("error")
f = Table.read(d + "/cat.fits", hdu=1)
v = Table.read(d + "/cat.vot", format="votable", use_names_over_ids=True)
c = Table.read(d + "/cat.csv", format="ascii.csv", fill_values=[("", "0")])
q = Table.read(d + "/cat.parquet")
header = fits.getheader(d + "/cat.fits", 1)
unescape = lambda s: s.encode().decode("unicode_escape")
for i, name in enumerate(f.colnames, 1):
    assert len(name) <= 68 and name.isascii(), name
    if f"TESC{i}" in header:
        f[name] = ["" if x is np.ma.masked else unescape(x) for x in f[name]]
whole = [unescape(header[f"TNAME{i}"]) if f"TNAME{i}" in header else n for i, n in enumerate(f.colnames, 1)]
assert whole == v.colnames == c.colnames == q.colnames, (whole, v.colnames, c.colnames, q.colnames)
assert "p_é" in whole and "p_è" in whole and "p_星系" in whole
missing = lambda x: x is None or x is np.ma.masked or (isinstance(x, (float, np.floating)) and np.isnan(x))
text = lambda x: "" if missing(x) else str(x).strip()
num = lambda col: np.array([np.nan if missing(x) else float(x) for x in col])
for mine, name in zip(f.colnames, whole):
    columns = [f[mine], v[name], c[name], q[name]]
    if np.ma.getdata(f[mine]).dtype.kind in "SUO":
        a = [text(x) for x in columns[0]]
        assert "?" not in "".join(a), (name, a)
        for other in columns[1:]:
            # A column without any text is one of numbers in CSV.
            assert a == [text(x) for x in other], (name, a, list(other))
    else:
        a = num(columns[0])
        for other in columns[1:]:
            b = num(other)
            assert np.array_equal(np.isnan(a), np.isnan(b)), name
            assert np.array_equal(np.float32(a[~np.isnan(a)]), np.float32(b[~np.isnan(b)])), name
    assert f[mine].unit == v[name].unit == q[name].unit, (name, f[mine].unit, v[name].unit, q[name].unit)
    said = [x.description or "" for x in (v[name], q[name])]
    assert said[0] == said[1], (name, said)
    assert unescape(header.get(f"TCOMM{whole.index(name) + 1}", "")) == said[0], name
assert set(q["label"]) == {"", "é", "è", "πλάγιος", "星系", "a quite long class name that goes on and on and on until FITS has no room"}
assert any("TNAMEn" in str(x) for x in header["COMMENT"])
assert "astrolabel" in q.meta["program"], q.meta
"##;
    let out = Command::new("python3")
        .args(["-c", script, arg(dir.path())])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}
