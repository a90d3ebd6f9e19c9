//! World coordinates against astropy.wcs (wcslib): `tests/golden/wcs/make_wcs.py` made the pairs.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use serde_json::Value;

use astrolabel::io::fits::header::Header;
use astrolabel::sky::coords::separation_arcsec;
use astrolabel::sky::wcs::Wcs;

use crate::support;

mod coords;
mod crossmatch;
mod headers;
mod observations;

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

/// Pixel disagreement allowed, either way; a part of the coordinate far outside the image.
const PIXEL: f64 = 1e-6;

/// Compares a file of cases; returns what disagrees.
fn disagreements(file: &str, allowed: &dyn Fn(&str) -> (f64, f64)) -> (usize, Vec<String>) {
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
        let (pixel, relative) = allowed(&case.name);
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
                    if apart.is_nan() || apart > limit {
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
                    let limit = pixel.max(1e-9 / scale).max(relative * x.abs().max(y.abs()));
                    let apart = (got.0 - x).hypot(got.1 - y);
                    if apart.is_nan() || apart > limit {
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
    let (compared, wrong) = disagreements("wcs/projections.json", &|name| {
        // COBE's polynomial is evaluated in single precision there.
        if name.starts_with("CSC") {
            (1e-4, 1e-7)
        } else {
            (PIXEL, 1e-12)
        }
    });
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
    let (compared, wrong) = disagreements("wcs/zoo.json", &|_| (PIXEL, 1e-12));
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared > 400, "{compared}");
}

fn header(cards: &[&str]) -> Header {
    Header::parse(format!("{}\n", cards.join("\n")).as_bytes())
}

const TPV: [&str; 14] = [
    "CTYPE1  = 'RA---TPV'",
    "CTYPE2  = 'DEC--TPV'",
    "CRPIX1  = 512.0",
    "CRPIX2  = 300.0",
    "CRVAL1  = 210.8",
    "CRVAL2  = 54.3",
    "CD1_1   = -3E-4",
    "CD2_2   = 2.9E-4",
    "PV1_1   = 1.01",
    "PV1_2   = 0.003",
    "PV1_5   = 0.02",
    "PV2_3   = 0.001",
    "PV2_4   = 0.03",
    "PV2_1   = 0.99",
];

#[test]
fn tpv_with_swapped_axes_is_the_same_sky() {
    let straight = Wcs::from_header(&header(&TPV)).unwrap();
    // The same picture stored with declination along its first axis.
    let swapped: Vec<String> = TPV
        .iter()
        .map(|c| {
            let c = c.replace("1_1", "a").replace("2_2", "b");
            let c = match c.get(..2) {
                Some("PV") => c,
                _ => c.replace('a', "2_2").replace('b', "1_1"),
            };
            let c = c.replace('a', "1_1").replace('b', "2_2");
            let (head, tail) = c.split_at(6);
            let flip = |c: char| match c {
                '1' => '2',
                '2' => '1',
                c => c,
            };
            match head.get(..2) {
                Some("CD") => format!("{head}{tail}"),
                Some("PV") => format!("PV{}{}", flip(head.as_bytes()[2] as char), &c[3..]),
                _ => format!("{}{}{tail}", &head[..5], flip(head.as_bytes()[5] as char)),
            }
        })
        .collect();
    let swapped = Wcs::from_header(&header(&swapped.iter().map(String::as_str).collect::<Vec<_>>())).unwrap();
    for (x, y) in [(0.0, 0.0), (511.0, 299.0), (1000.0, 40.0), (17.0, 800.0)] {
        let (a, b) = (
            straight.sky_from_pixel(x, y).unwrap(),
            swapped.sky_from_pixel(y, x).unwrap(),
        );
        assert!(separation_arcsec(a, b) < 1e-8, "{a:?} {b:?}");
    }
    assert_eq!(swapped.pixel_axes(), (1, 2));
}

#[test]
fn every_case_closes_on_itself() {
    let mut closed = 0;
    for case in cases("wcs/projections.json")
        .into_iter()
        .chain(cases("wcs/zoo.json"))
    {
        // COBE's inverse polynomial is an approximation; no program inverts it exactly.
        if case.name.starts_with("CSC") {
            continue;
        }
        let wcs = Wcs::from_header(&case.header).unwrap();
        for [x, y, ..] in &case.project {
            let (x, y) = (x.unwrap(), y.unwrap());
            let Some((lon, lat)) = wcs.sky_from_pixel(x, y) else {
                continue;
            };
            let Some((bx, by)) = wcs.pixel_from_sky(lon, lat) else {
                panic!("{}: ({x}, {y}) -> ({lon}, {lat}) -> nowhere", case.name);
            };
            let limit = 1e-7_f64.max(1e-9 / wcs.pixel_scale_arcsec());
            // A cube's face may stand at either end of the row: then the other one comes back.
            let same_sky = case.name.contains("SC-0")
                && separation_arcsec(wcs.sky_from_pixel(bx, by).unwrap(), (lon, lat)) < 1e-6;
            let same_pixel = (bx - x).hypot(by - y) < limit;
            assert!(
                same_pixel || same_sky,
                "{}: ({x}, {y}) -> ({bx}, {by})",
                case.name
            );
            closed += 1;
        }
    }
    assert!(closed > 1000, "{closed}");
}
