//! Catalogue matching against astropy's match_to_catalog_sky and against trying every pair
//! (`tests/golden/wcs/make_crossmatch.py`).

use proptest::prelude::*;
use serde_json::Value;

use astrolabel::sky::coords::separation_arcsec;
use astrolabel::sky::crossmatch::{match_nearest, match_pixels};

use crate::support;

type Pairs = Vec<(f64, f64)>;

fn golden() -> (Pairs, Pairs, Vec<(usize, f64)>) {
    let text = std::fs::read_to_string(support::golden("wcs/crossmatch.json")).unwrap();
    let v: Value = serde_json::from_str(&text).unwrap();
    let pairs = |v: &Value| {
        let rows = v.as_array().unwrap().iter();
        rows.map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
            .collect()
    };
    let index = v["index"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i.as_u64().unwrap() as usize);
    let apart = v["arcsec"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_f64().unwrap());
    (pairs(&v["a"]), pairs(&v["b"]), index.zip(apart).collect())
}

#[test]
fn nearest_agree_with_astropy() {
    let (a, b, expected) = golden();
    // The whole sky, and a radius that leaves some without a match.
    for radius in [648_000.0, 1e9, 400.0, 0.0] {
        let got = match_nearest(&a, &b, radius);
        let mut matched = 0;
        for (i, (got, &(index, apart))) in got.iter().zip(&expected).enumerate() {
            if apart > radius {
                assert_eq!(*got, None, "{i}");
                continue;
            }
            let (row, arcsec) = got.unwrap();
            assert_eq!(row, index, "{i}");
            assert!((arcsec - apart).abs() < 1e-8, "{i}: {arcsec} {apart}");
            matched += 1;
        }
        assert!(radius == 0.0 || matched > 50, "{matched}");
    }
}

#[test]
fn rows_without_position_match_nothing() {
    let b = [(f64::NAN, 0.0), (10.0, 20.0), (10.0, 95.0), (10.0, 20.0)];
    let a = [
        (370.0, 20.0),
        (f64::NAN, 20.0),
        (10.0, f64::INFINITY),
        (10.0, 20.0 + 1.0 / 3600.0),
    ];
    let got = match_nearest(&a, &b, 2.0);
    // Of two rows at one place the first, whatever turn the longitude is given in.
    assert_eq!(got[0].map(|m| m.0), Some(1));
    assert!(got[0].unwrap().1 < 1e-6);
    assert_eq!((got[1], got[2]), (None, None));
    assert!((got[3].unwrap().1 - 1.0).abs() < 1e-8);
    assert_eq!(match_nearest(&a, &[], 2.0), vec![None; 4]);
    assert_eq!(match_nearest(&[], &b, 2.0), vec![]);
    assert_eq!(match_nearest(&a, &b, f64::NAN), vec![None; 4]);
    assert_eq!(match_nearest(&a, &b, -1.0), vec![None; 4]);
}

#[test]
fn a_radius_of_zero_matches_the_same_place() {
    let a: Pairs = (0..100)
        .map(|i| (f64::from(i) * 3.6, f64::from(i) * 1.7 - 85.0))
        .collect();
    for (i, m) in match_nearest(&a, &a, 0.0).into_iter().enumerate() {
        assert_eq!(m, Some((i, 0.0)));
    }
}

proptest! {
    #[test]
    fn sky_matches_equal_trying_every_pair(
        a in prop::collection::vec((0.0..360.0, -90.0..=90.0), 0..40),
        b in prop::collection::vec((-180.0..180.0, -90.0..=90.0), 0..60),
        radius in 0.0..200_000.0,
    ) {
        for (at, got) in a.iter().zip(match_nearest(&a, &b, radius)) {
            let best = b.iter().map(|p| separation_arcsec(*at, *p)).fold(f64::INFINITY, f64::min);
            match got {
                None => prop_assert!(best > radius),
                Some((_, apart)) => prop_assert!((apart - best).abs() < 1e-6 && apart <= radius),
            }
        }
    }

    #[test]
    fn pixel_matches_equal_trying_every_pair(
        a in prop::collection::vec((0.0..100.0, 0.0..80.0), 0..40),
        b in prop::collection::vec((0.0..100.0, 0.0..80.0), 0..60),
        radius in 0.0..30.0,
    ) {
        for (at, got) in a.iter().zip(match_pixels(&a, &b, radius)) {
            let best = b
                .iter()
                .enumerate()
                .map(|(i, p)| ((at.0 - p.0).hypot(at.1 - p.1), i))
                .min_by(|p, q| p.0.total_cmp(&q.0));
            prop_assert_eq!(got, best.filter(|p| p.0 <= radius).map(|p| (p.1, p.0)));
        }
    }
}
