//! Cutouts written as files: where they are on the sky, and that they are found again.

use crate::support::{arg, ends, has_astropy, json, ok, survey};
use std::process::Command;

#[test]
fn a_cutout_keeps_its_place_on_the_sky_and_finds_its_object() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 40);
    let (project, files) = (dir.path().join("p"), dir.path().join("files"));
    let p = arg(&project);
    ok(&["import", arg(&data), "--project", p, "--size", "33px"]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    ok(&[
        "cutouts",
        "--project",
        p,
        "--ids",
        "#3,#4,#5,#6,#7",
        "--out",
        arg(&files),
    ]);
    for entry in std::fs::read_dir(&files).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "fits") {
            let id: i64 = path.file_name().unwrap().to_str().unwrap()[..6].parse().unwrap();
            let found = json(&[
                "similar",
                "--project",
                p,
                "--image",
                arg(&path),
                "-k",
                "1",
                "--format",
                "json",
            ]);
            assert_eq!(
                found["rows"][0]["id"],
                format!("#{id}"),
                "all bands count: {found}"
            );
            assert!(found["rows"][0]["similarity"].as_f64().unwrap() > 0.99, "{found}");
        }
    }
    if !has_astropy() {
        return;
    }
    let script = r#"
import glob, sys, warnings, numpy as np
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.wcs import WCS
d = sys.argv[1]
warnings.simplefilter("ignore")
n = 0
for path in sorted(glob.glob(d + "/files/*.fits")):
    with fits.open(path) as f:
        for hdu in [h for h in f if h.data is not None]:
            band = hdu.header["FILTER"]
            # All bands are on the pixels of the reference band.
            whole = fits.open(d + "/survey/survey_r.fits.fz")[1]
            w = WCS(whole.header)
            x, y = w.all_world2pix(hdu.header["RA_OBJ"], hdu.header["DEC_OBJ"], 0)
            cut = Cutout2D(whole.data, (float(x), float(y)), 33, wcs=w, mode="partial", fill_value=np.nan)
            mine = WCS(hdu.header)
            grid = np.array([[0, 0], [32, 0], [0, 32], [16, 16], [-5, 40]], float)
            a, b = mine.all_pix2world(grid, 0), cut.wcs.all_pix2world(grid, 0)
            assert np.abs(a - b).max() < 1e-9, (path, band, a - b)
            assert hdu.header.get("BUNIT") == whole.header.get("BUNIT")
            if band == "r":
                assert np.array_equal(hdu.data, cut.data.astype("f4"), equal_nan=True)
            n += 1
assert n == 15, n
"#;
    let out = Command::new("python3")
        .args(["-c", script, arg(dir.path())])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_cutout_cut_short_is_told_once_and_is_no_object() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 20);
    let (project, files) = (dir.path().join("p"), dir.path().join("files"));
    let p = arg(&project);
    ok(&[
        "import",
        arg(&data.join("survey_r.fits.fz")),
        arg(&data.join("catalog.fits")),
        "--project",
        p,
    ]);
    ok(&[
        "cutouts",
        "--project",
        p,
        "--ids",
        "#1,#2,#3,#4",
        "--out",
        arg(&files),
    ]);
    let mut fits = Vec::new();
    for entry in std::fs::read_dir(&files).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "fits") {
            fits.push(path);
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }
    let broken = std::fs::File::options().write(true).open(&fits[0]).unwrap();
    broken.set_len(6000).unwrap();
    let said = ends(
        3,
        &["import", arg(&files), "--project", arg(&dir.path().join("q"))],
    );
    assert!(
        said.contains("3 objects added") && said.contains("skipped 1:"),
        "{said}"
    );
    assert_eq!(said.matches(arg(&fits[0])).count(), 1, "{said}");
}
