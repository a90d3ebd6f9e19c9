//! Real observations through the whole program: the facts that matter.

use crate::support::{arg, json, ok, shared};
use std::path::Path;

fn objects(project: &Path) -> u64 {
    json(&["info", arg(project), "--format", "json"])["objects"]
        .as_u64()
        .unwrap()
}

#[test]
fn a_galactic_catalogue_falls_on_the_spitzer_mosaic() {
    let Some(data) = shared("real/fits_zoo/photutils-datasets/data") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("p");
    let p = arg(&project);
    let (image, catalog) = (
        data.join("spitzer_example_image.fits"),
        data.join("spitzer_example_catalog.xml"),
    );
    let said = ok(&["import", arg(&image), "--catalog", arg(&catalog), "--project", p]);
    // astropy's wcs_world2pix puts all 224 on the image, the outermost 2 pixels from its edge.
    assert!(
        said.contains("224 of 224 rows") && said.contains("galactic"),
        "{said}"
    );
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("224 vectors"));
    let strange = json(&["anomalies", "--project", p, "-k", "3", "--format", "json"]);
    assert_eq!(strange["ranked"], 224);
}

#[test]
fn the_ntt_field_is_searched_with_the_weight_map_beside_it() {
    let Some(image) = shared("real/fits_zoo/sextractor/tests/galaxies.fits") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("p");
    let said = ok(&["import", arg(&image), "--project", arg(&project)]);
    assert!(said.contains("galaxies.weight.fits"), "{said}");
    let found = objects(&project);
    assert!((800..1500).contains(&found), "{found}");
}

#[test]
fn three_2mass_bands_become_one_sky_in_colour() {
    let Some(data) = shared("real/fits_zoo/astropy-data/galactic_center") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("p");
    let p = arg(&project);
    let bands: Vec<_> = ["k", "j", "h"]
        .map(|b| data.join(format!("gc_2mass_{b}.fits")))
        .into();
    let said = ok(&[
        "import",
        arg(&bands[0]),
        arg(&bands[1]),
        arg(&bands[2]),
        "--project",
        p,
    ]);
    assert!(said.contains("(J, H, K)"), "{said}");
    assert!(objects(&project) > 100);
    let out = dir.path().join("cut");
    ok(&["cutouts", "--project", p, "--ids", "#0", "--out", arg(&out)]);
    let fits = std::fs::read_dir(&out)
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .find(|p| p.extension().is_some_and(|e| e == "fits"))
        .unwrap();
    let info = json(&["info", arg(&fits), "--format", "json"]);
    let images = info["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|h| h["what"].as_str().unwrap().contains("image"));
    assert_eq!(images.count(), 3, "{info}");
}

#[test]
fn mirabest_is_thirty_cutouts_with_labels() {
    let Some(folder) = shared("real/mirabest_fits") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("p");
    let p = arg(&project);
    let said = ok(&["import", arg(&folder), "--project", p]);
    assert!(said.contains("30 of 30 files have a row in labels.csv"), "{said}");
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("30 vectors"));
    let said = ok(&["label", "--project", p, "--from", arg(&folder.join("labels.csv"))]);
    assert!(
        said.contains("30 labels given") && said.contains("FRI 12"),
        "{said}"
    );
    let said = ok(&["classify", "--project", p]);
    assert!(
        said.contains("cross-validated") && said.contains("every object with a vector is labelled"),
        "{said}"
    );
    let vectors = dir.path().join("v.csv");
    ok(&["export", "--project", p, "--vectors", arg(&vectors)]);
    let text = std::fs::read_to_string(&vectors).unwrap();
    assert!(
        text.starts_with("file,") && text.contains("\nfits/100_"),
        "{}",
        &text[..200]
    );
}
