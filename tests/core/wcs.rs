//! World coordinates against astropy.wcs (wcslib): `tests/golden/wcs/make_wcs.py` made the pairs.

use serde_json::Value;

use astrolabel::io::fits::header::Header;
use astrolabel::sky::coords::separation_arcsec;
use astrolabel::sky::wcs::Wcs;

use crate::support;

struct Case {
    name: String,
    header: Header,
    scale: f64,
    project: Vec<[Option<f64>; 4]>,
    locate: Vec<[Option<f64>; 4]>,
}

fn cases(file: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(support::golden(file)).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let rows = |v: &Value| {
        let rows = v.as_array().unwrap().iter();
        rows.map(|r| [0, 1, 2, 3].map(|i| r[i].as_f64())).collect()
    };
    all.as_array()
        .unwrap()
        .iter()
        .map(|c| Case {
            name: c["name"].as_str().unwrap().to_owned(),
            // A trailing newline makes one-card headers text with lines, too.
            header: Header::parse(format!("{}\n", c["cards"].as_str().unwrap()).as_bytes()),
            scale: c["scale"].as_f64().unwrap(),
            project: rows(&c["project"]),
            locate: rows(&c["locate"]),
        })
        .collect()
}

/// Pixel disagreement allowed, either way.
const PIXEL: f64 = 1e-6;

/// Compares a file of cases; returns what disagrees.
fn disagreements(file: &str, allowed: &dyn Fn(&str) -> f64) -> (usize, Vec<String>) {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for case in cases(file) {
        let wcs = match Wcs::from_header(&case.header) {
            Ok(wcs) => wcs,
            Err(e) => {
                wrong.push(format!("{}: {e}", case.name));
                continue;
            }
        };
        let pixel = allowed(&case.name);
        let scale = wcs.pixel_scale_arcsec();
        if ((scale - case.scale) / case.scale).abs() > 1e-9 {
            wrong.push(format!("{}: scale {scale} for {}", case.name, case.scale));
        }
        for [x, y, lon, lat] in &case.project {
            compared += 1;
            let (x, y) = (x.unwrap(), y.unwrap());
            let got = wcs.sky_from_pixel(x, y);
            match (got, lon.zip(*lat)) {
                (None, None) => {}
                (Some(got), Some(sky)) => {
                    // A pixel's worth of sky, or the rounding of a double in degrees.
                    let limit = (pixel * scale).max(2e-9);
                    let apart = separation_arcsec(got, sky);
                    if !(apart <= limit) {
                        wrong.push(format!(
                            "{}: ({x}, {y}) -> {got:?} for {sky:?}: {apart:.2e} arcsec",
                            case.name
                        ));
                    }
                }
                (got, sky) => wrong.push(format!("{}: ({x}, {y}) -> {got:?} for {sky:?}", case.name)),
            }
        }
        for [lon, lat, x, y] in &case.locate {
            compared += 1;
            let (lon, lat) = (lon.unwrap(), lat.unwrap());
            match (wcs.pixel_from_sky(lon, lat), x.zip(*y)) {
                (None, None) => {}
                (Some(got), Some((x, y))) => {
                    // Double precision of the sky position, in pixels, bounds what can be asked.
                    let limit = pixel.max(1e-9 / scale).max(1e-12 * x.abs().max(y.abs()));
                    let apart = (got.0 - x).hypot(got.1 - y);
                    if !(apart <= limit) {
                        wrong.push(format!(
                            "{}: sky ({lon}, {lat}) -> {got:?} for {:?}: {apart:.2e}",
                            case.name,
                            (x, y)
                        ));
                    }
                }
                (got, pixel) => wrong.push(format!(
                    "{}: sky ({lon}, {lat}) -> {got:?} for {pixel:?}",
                    case.name
                )),
            }
        }
    }
    (compared, wrong)
}

#[test]
fn every_projection_agrees_with_wcslib() {
    let (compared, wrong) = disagreements("wcs/projections.json", &|_| PIXEL);
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared > 2000, "{compared}");
}

#[test]
fn every_header_of_the_zoo_agrees_with_wcslib() {
    let (compared, wrong) = disagreements("wcs/zoo.json", &|_| PIXEL);
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared > 400, "{compared}");
}
