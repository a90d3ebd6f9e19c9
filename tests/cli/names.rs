//! File names are taken literally, whatever cfitsio's extended syntax would make of them.

use crate::support::{arg, json, ok, survey};

#[test]
fn strange_file_names_open_as_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 15);
    let source = data.join("survey_r.fits.fz");
    let names = [
        "with space.fits.fz",
        "br[1]acket.fits.fz",
        "[2:5,1].fits.fz",
        "pl+us+1.fits.fz",
        "!bang.fits.fz",
        "(paren).fits.fz",
        "Ünïcödé été.fits.fz",
        "pipe|cat.fits.fz",
        "at@list.fits.fz",
        "-dash.fits.fz",
        "star*.fits.fz",
        "quote'd\".fits.fz",
        "mem:x.fits.fz",
        "a;b&c.fits.fz",
        "hash#1.fits.fz",
        "percent%20.fits.fz",
    ];
    for name in names {
        let path = dir.path().join(name);
        std::fs::copy(&source, &path).unwrap();
        let found = json(&["info", arg(&path), "--format", "json"]);
        let hdus = found["rows"].as_array().unwrap();
        assert!(
            hdus.iter()
                .any(|h| h["what"].as_str().unwrap().contains("640×640")),
            "{name}: {found}"
        );
        let project = dir.path().join(format!("project of {name}"));
        ok(&["import", arg(&path), "--project", arg(&project), "--detect"]);
        let facts = json(&["info", arg(&project), "--format", "json"]);
        assert!(facts["objects"].as_u64().unwrap() >= 5, "{name}: {facts}");
        let out = dir.path().join(format!("out of {name}.fits"));
        ok(&["export", "--project", arg(&project), "--out", arg(&out)]);
        assert!(out.is_file(), "{name}");
        std::fs::remove_dir_all(&project).unwrap();
    }
}
