//! Frames, separations and positions as text against astropy.coordinates
//! (`tests/golden/wcs/make_coords.py`).

use serde_json::Value;

use astrolabel::sky::coords::*;

use crate::support;

fn golden() -> Value {
    let text = std::fs::read_to_string(support::golden("wcs/coords.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn pairs(v: &Value) -> Vec<(f64, f64)> {
    v.as_array()
        .unwrap()
        .iter()
        .map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
        .collect()
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_f64().unwrap())
        .collect()
}

#[test]
fn frames_agree_with_astropy() {
    let golden = golden();
    let positions = pairs(&golden["positions"]);
    let mut compared = 0;
    for case in golden["frames"].as_array().unwrap() {
        let equinox = case["equinox"].as_f64().unwrap();
        let name = case["frame"].as_str().unwrap();
        // Arcseconds: rounding, the models being the same; FK4 back to ICRS goes through the
        // transpose of Newcomb's precession here and through its polynomial there (25 µas).
        let (frame, limit) = match name {
            "galactic" => (SkyFrame::Galactic, 1e-9),
            "supergalactic" => (SkyFrame::Supergalactic, 1e-9),
            "fk5" => (SkyFrame::Fk5 { equinox }, 1e-8),
            "fk4" => (SkyFrame::Fk4 { equinox }, 1e-4),
            "fk4-no-e" => (SkyFrame::Fk4NoE { equinox }, 1e-4),
            _ => (SkyFrame::Ecliptic { equinox }, 1e-8),
        };
        let transform = FrameTransform::new(frame).unwrap();
        let (there, back) = (pairs(&case["from_icrs"]), pairs(&case["to_icrs"]));
        for (i, &(lon, lat)) in positions.iter().enumerate() {
            let a = separation_arcsec(transform.frame_from_icrs(lon, lat), there[i]);
            let b = separation_arcsec(transform.icrs_from_frame(lon, lat), back[i]);
            assert!(
                a < limit && b < limit,
                "{name} {equinox} ({lon}, {lat}): {a:.2e} {b:.2e} arcsec"
            );
            assert_eq!(
                frame.icrs_from_frame(lon, lat),
                Some(transform.icrs_from_frame(lon, lat))
            );
            let (x, y) = transform.icrs_from_frame(lon, lat);
            let closed = transform.frame_from_icrs(x, y);
            // B of FK4 is no exact rotation: Murray's transpose is its inverse to 0.1 mas.
            let closes = if name.starts_with("fk4") { 1e-3 } else { 1e-9 };
            assert!(separation_arcsec(closed, (lon, lat)) < closes, "{name} {equinox}");
            compared += 1;
        }
    }
    assert!(compared > 500);
    assert_eq!(SkyFrame::Other.icrs_from_frame(1.0, 2.0), None);
    assert_eq!(FrameTransform::new(SkyFrame::Fk5 { equinox: f64::NAN }), None);
    assert_eq!(SkyFrame::Icrs.frame_from_icrs(1.0, 2.0), Some((1.0, 2.0)));
}

#[test]
fn separations_and_angles_agree_with_astropy() {
    let golden = golden();
    let (a, b) = (pairs(&golden["positions"]), pairs(&golden["others"]));
    let (apart, angle) = (
        numbers(&golden["separations"]),
        numbers(&golden["position_angles"]),
    );
    for i in 0..a.len() {
        let got = separation_arcsec(a[i], b[i]);
        assert!(
            (got - apart[i]).abs() <= 1e-9 + 1e-12 * apart[i],
            "{got} {}",
            apart[i]
        );
        // An angle means nothing beyond the rounding of the two positions.
        let turn = (position_angle_deg(a[i], b[i]) - angle[i] + 180.0).rem_euclid(360.0) - 180.0;
        assert!(turn.abs() < 1e-9 + 1e-7 / apart[i], "{turn} at {}", apart[i]);
    }
    assert!((separation_arcsec((10.0, 0.0), (190.0, 0.0)) - 648_000.0).abs() < 1e-9);
    assert_eq!(separation_arcsec((10.0, 20.0), (10.0, 20.0)), 0.0);
}

#[test]
fn text_agrees_with_astropy_and_reads_back() {
    for row in golden()["text"].as_array().unwrap() {
        let (ra, dec) = (row[0].as_f64().unwrap(), row[1].as_f64().unwrap());
        let text = format_position(ra, dec, 2);
        // astropy writes 24h for a right ascension that rounds up to it.
        assert_eq!(text, row[2].as_str().unwrap().replace("24:00", "00:00"));
        let back = parse_position(&text).unwrap();
        assert!(separation_arcsec(back, (ra, dec)) < 0.01);
        let named = parse_position(&position_name(ra, dec)).unwrap();
        // Cut off, not rounded: up to 0.01 s and 0.1 arcsec short.
        assert!(separation_arcsec(named, (ra, dec)) < 0.2);
    }
}

#[test]
fn reads_what_people_paste() {
    let crab = (83.633_083_333, 22.014_5);
    for text in [
        "05:34:31.94 +22:00:52.2",
        "05 34 31.94 +22 00 52.2",
        "5h34m31.94s +22d00m52.2s",
        "5h34m31.94s, 22°00′52.2″",
        "05h 34m 31.94s +22° 00' 52.2\"",
        "5 h 34 m 31.94 s +22 d 0 m 52.2 s",
        "83.633083333 22.0145",
        "83.633083333, +22.0145",
        "83.633083333d 22.0145d",
        "83.633083333deg 22.0145deg",
        "  05:34:31.94\t+22:00:52.2 ",
        "J053431.94+220052.2",
        "SDSS J053431.94+220052.2",
    ] {
        let got = parse_position(text).unwrap_or_else(|e| panic!("{e}"));
        assert!(separation_arcsec(got, crab) < 1e-3, "{text}: {got:?}");
    }
    let south = parse_position("00:00:01 -00:00:36").unwrap();
    assert!((south.1 + 0.01).abs() < 1e-12 && (south.0 - 15.0 / 3600.0).abs() < 1e-12);
    assert_eq!(parse_position("12:30 \u{2212}45:30").unwrap(), (187.5, -45.5));
    assert_eq!(parse_position("-10 5").unwrap(), (350.0, 5.0));
    assert_eq!(parse_position("83d30m 22d30m").unwrap(), (83.5, 22.5));
    for text in [
        "",
        "M31",
        "12",
        "12 13 14",
        "05:34:61 +22:00:00",
        "05:34:31 +92:00:00",
        "400 10",
        "10 95",
        "05:34:31 22h00m",
        "1:2:3:4 5:6:7",
        "nan nan",
        "1e999 0",
        "5:-3:2 1:2:3",
        "1.5:30 +20:00",
        "J",
        "Jé+1",
        "1 2 3 4 5 6 7 8",
        "5s 3s",
        "😀",
    ] {
        assert!(parse_position(text).is_err(), "{text}");
    }
}

#[test]
fn names_and_clocks_at_their_edges() {
    assert_eq!(position_name(83.633_083_333_33, 22.014_5), "J053431.94+220052.2");
    // 59.999 is cut to 59.9 in a name, rounded up on a clock.
    assert_eq!(position_name(359.999_999, -0.000_1), "J235959.99-000000.3");
    assert_eq!(
        format_position(359.999_999, -0.000_1, 1),
        "00:00:00.00 -00:00:00.4"
    );
    assert_eq!(format_dms(-59.999_999_9, 0), "-60:00:00");
    assert_eq!(format_hms(-15.0, 0), "23:00:00");
    assert_eq!(format_hms(f64::NAN, 2), "--:--:--");
    assert_eq!(position_name(f64::NAN, 0.0), "J------");
}
