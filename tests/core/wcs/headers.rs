//! Headers between the conventions, damaged headers, frames, and systems made without a header.

use proptest::prelude::*;

use astrolabel::io::fits::header::{Card, CardValue, Header};
use astrolabel::sky::coords::{SkyFrame, separation_arcsec};
use astrolabel::sky::wcs::{Polynomial2, Sip, Wcs, WcsError};

use super::{cases, header};

const TAN: [&str; 8] = [
    "CTYPE1  = 'RA---TAN'",
    "CTYPE2  = 'DEC--TAN'",
    "CRPIX1  = 50.5",
    "CRPIX2  = 40.5",
    "CRVAL1  = 150.0",
    "CRVAL2  = 2.2",
    "CD1_1   = -1E-4",
    "CD2_2   = 1E-4",
];

/// The plain header with cards in front: the first card of a keyword counts.
fn with(cards: &[&str]) -> Header {
    header(&[cards, &TAN].concat())
}

fn frame(cards: &[&str]) -> SkyFrame {
    Wcs::from_header(&with(cards)).unwrap().frame()
}

#[test]
fn frames_follow_radesys_and_equinox() {
    assert_eq!(frame(&[]), SkyFrame::Icrs);
    assert_eq!(frame(&["RADESYS = 'FK5'"]), SkyFrame::Fk5 { equinox: 2000.0 });
    assert_eq!(frame(&["RADECSYS= 'FK4'"]), SkyFrame::Fk4 { equinox: 1950.0 });
    assert_eq!(frame(&["EQUINOX = 1950.0"]), SkyFrame::Fk4 { equinox: 1950.0 });
    assert_eq!(frame(&["EPOCH   = 2000.0"]), SkyFrame::Fk5 { equinox: 2000.0 });
    assert_eq!(frame(&["EQUINOX = 'J2000'"]), SkyFrame::Fk5 { equinox: 2000.0 });
    assert_eq!(frame(&["EQUINOX = 0.0"]), SkyFrame::Icrs);
    assert_eq!(frame(&["RADESYS = 'GAPPT'"]), SkyFrame::Other);
    assert_eq!(
        frame(&["CTYPE1  = 'GLON-TAN'", "CTYPE2  = 'GLAT-TAN'"]),
        SkyFrame::Galactic
    );
    assert_eq!(
        frame(&["CTYPE1  = 'HPLN-TAN'", "CTYPE2  = 'HPLT-TAN'"]),
        SkyFrame::Other
    );
}

#[test]
fn icrs_goes_through_the_frame() {
    let galactic = Wcs::from_header(&with(&["CTYPE1  = 'GLON-TAN'", "CTYPE2  = 'GLAT-TAN'"])).unwrap();
    let (l, b) = galactic.sky_from_pixel(3.0, 7.0).unwrap();
    let icrs = galactic.icrs_from_pixel(3.0, 7.0).unwrap();
    assert_eq!(SkyFrame::Galactic.icrs_from_frame(l, b), Some(icrs));
    let (x, y) = galactic.pixel_from_icrs(icrs.0, icrs.1).unwrap();
    assert!((x - 3.0).hypot(y - 7.0) < 1e-7, "{x} {y}");
    let solar = Wcs::from_header(&with(&["CTYPE1  = 'HPLN-TAN'", "CTYPE2  = 'HPLT-TAN'"])).unwrap();
    assert_eq!(solar.icrs_from_pixel(3.0, 7.0), None);
    assert_eq!(solar.pixel_from_icrs(150.0, 2.2), None);
    assert!(solar.sky_from_pixel(3.0, 7.0).is_some());
}

#[test]
fn says_what_is_wrong() {
    let error = |cards: &[&str]| Wcs::from_header(&with(cards)).unwrap_err();
    let empty = Wcs::from_header(&Header::default()).unwrap_err();
    assert!(matches!(empty, WcsError::NoCelestial { .. }));
    assert!(
        empty.to_string().contains("(axes found: none named by CTYPE)"),
        "{empty}"
    );
    // The axes there are are named; blank names are none.
    for (cards, says) in [
        (
            &["CTYPE1  = 'WAVE'", "CTYPE2  = 'FREQ'"][..],
            "(axes found: WAVE, FREQ)",
        ),
        (
            &["CTYPE1  = ' '", "CTYPE2  = ''"],
            "(axes found: none named by CTYPE)",
        ),
    ] {
        let found = error(cards);
        assert!(matches!(found, WcsError::NoCelestial { .. }), "{found}");
        assert!(found.to_string().contains(says), "{found}");
    }
    assert!(matches!(
        error(&["CTYPE1  = 'RA'", "CTYPE2  = 'DEC'"]),
        WcsError::NoCelestial { .. }
    ));
    assert!(matches!(error(&["CD1_1   = 0.0"]), WcsError::Singular { .. }));
    assert!(matches!(error(&["CD1_1   = 'NaN'"]), WcsError::Value { .. }));
    assert!(matches!(error(&["CRPIX1  = 1E300"]), WcsError::Value { .. }));
    assert!(matches!(error(&["CRVAL2  = 95.0"]), WcsError::Value { .. }));
    assert!(matches!(error(&["CRVAL1  = 'abc'"]), WcsError::Value { .. }));
    assert!(matches!(error(&["CTYPE2  = 'DEC--SIN'"]), WcsError::Value { .. }));
    assert!(matches!(error(&["A_ORDER = 3"]), WcsError::Value { .. }));
    assert!(matches!(
        error(&["A_ORDER = 99999999999", "B_ORDER = 2"]),
        WcsError::Value { .. }
    ));
    assert!(matches!(error(&["CUNIT1  = 'm'"]), WcsError::Value { .. }));
    for code in ["TAB", "DSS", "TPD", "XYZ"] {
        let (lon, lat) = (
            format!("CTYPE1  = 'RA---{code}'"),
            format!("CTYPE2  = 'DEC--{code}'"),
        );
        let e = error(&[&lon, &lat]);
        assert!(
            matches!(e, WcsError::Unsupported { .. }) && e.to_string().contains(code),
            "{e}"
        );
    }
    let dss = header(&["PLTRAH  = 12", "AMDX1   = 67.2", "AMDY1   = 67.2"]);
    assert!(matches!(
        Wcs::from_header(&dss),
        Err(WcsError::Unsupported { .. })
    ));
    for code in ["COP", "BON", "ZPN"] {
        let (lon, lat) = (
            format!("CTYPE1  = 'RA---{code}'"),
            format!("CTYPE2  = 'DEC--{code}'"),
        );
        assert!(matches!(error(&[&lon, &lat]), WcsError::Projection { .. }));
    }
    let car = ["CTYPE1  = 'RA---CAR'", "CTYPE2  = 'DEC--CAR'", "LONPOLE = 90.0"];
    assert!(matches!(error(&car), WcsError::NoPole { .. }));
    let tnx = [
        "CTYPE1  = 'RA---TNX'",
        "CTYPE2  = 'DEC--TNX'",
        "WAT1_001= 'wtype=tnx lngcor = \"1. 9999999. 3. 2. 0 1 0 1\"'",
    ];
    assert!(matches!(error(&tnx), WcsError::Projection { .. }));
}

#[test]
fn notes_what_is_ignored() {
    let wcs = Wcs::from_header(&with(&["CPDIS1  = 'LOOKUP'"])).unwrap();
    assert!(
        wcs.notes().iter().any(|n| n.contains("CPDIS1")),
        "{:?}",
        wcs.notes()
    );
    assert!(Wcs::from_header(&with(&[])).unwrap().notes().is_empty());
}

#[test]
fn sky_behind_the_projection_is_nowhere() {
    let wcs = Wcs::from_header(&with(&[])).unwrap();
    assert_eq!(wcs.pixel_from_sky(330.0, -2.2), None);
    assert_eq!(wcs.pixel_from_sky(f64::NAN, 2.2), None);
    assert_eq!(wcs.pixel_from_sky(150.0, 91.0), None);
    assert_eq!(wcs.sky_from_pixel(f64::NAN, 1.0), None);
    assert_eq!(wcs.pixel_from_icrs(f64::INFINITY, 1.0), None);
    let many = wcs.pixels_from_sky(&[(150.0, 2.2), (330.0, -2.2)]);
    assert!((many[0].unwrap().0 - 49.5).abs() < 1e-9 && many[1].is_none());
    assert_eq!(
        wcs.sky_from_pixels(&[(1.0, 2.0)])[0],
        wcs.sky_from_pixel(1.0, 2.0)
    );
}

#[test]
fn compass() {
    // North up, east left.
    let wcs = Wcs::tan((150.0, 2.2), (50.0, 50.0), [[-1e-4, 0.0], [0.0, 1e-4]]).unwrap();
    let o = wcs.orientation(49.0, 49.0).unwrap();
    assert!(
        o.north_deg.abs() < 1e-5 && (o.east_deg - 90.0).abs() < 1e-5 && o.east_is_left,
        "{o:?}"
    );
    // Turned by 30 degrees counter-clockwise, mirrored.
    let (s, c) = 30_f64.to_radians().sin_cos();
    let wcs = Wcs::tan(
        (150.0, 2.2),
        (50.0, 50.0),
        [[1e-4 * c, 1e-4 * s], [-1e-4 * s, 1e-4 * c]],
    )
    .unwrap();
    let o = wcs.orientation(49.0, 49.0).unwrap();
    assert!(
        (o.north_deg - 30.0).abs() < 1e-5 && (o.east_deg + 60.0).abs() < 1e-5 && !o.east_is_left,
        "{o:?}"
    );
    // A galactic image has its own north up and the sky's somewhere else.
    let galactic = Wcs::from_header(&with(&["CTYPE1  = 'GLON-TAN'", "CTYPE2  = 'GLAT-TAN'"])).unwrap();
    let own = galactic.orientation(49.0, 39.0).unwrap();
    let sky = galactic.icrs_orientation(49.0, 39.0).unwrap();
    let (ra, dec) = galactic.icrs_from_pixel(49.0, 39.0).unwrap();
    let (x, y) = galactic.pixel_from_icrs(ra, dec + 1e-3).unwrap();
    let north = (49.0 - x).atan2(y - 39.0).to_degrees();
    assert!(
        own.north_deg.abs() < 1e-2 && (sky.north_deg - north).abs() < 1e-2,
        "{own:?} {sky:?}"
    );
    assert!(north.abs() > 10.0, "{north}");
    // The direction is where a place further north really lies.
    let (x, y) = wcs.pixel_from_sky(150.0, 2.2 + 1e-3).unwrap();
    assert!(((49.0 - x).atan2(y - 49.0).to_degrees() - 30.0).abs() < 1e-4);
}

#[test]
fn cards_describe_the_same_sky() {
    let mut written = 0;
    for case in cases("wcs/projections.json")
        .into_iter()
        .chain(cases("wcs/zoo.json"))
    {
        let wcs = Wcs::from_header(&case.header).unwrap();
        let cards = match wcs.to_cards() {
            Ok(cards) => cards,
            Err(e) => {
                assert!(
                    e.to_string().contains("TNX") || e.to_string().contains("ZPX"),
                    "{e}"
                );
                continue;
            }
        };
        let again = Wcs::from_header(&Header { cards }).unwrap();
        let again = again.of_cutout(10.0, -3.5);
        assert_eq!(wcs.frame(), again.frame(), "{}", case.name);
        for [x, y, ..] in &case.project {
            let (x, y) = (x.unwrap(), y.unwrap());
            let (a, b) = (wcs.sky_from_pixel(x, y), again.sky_from_pixel(x - 10.0, y + 3.5));
            assert_eq!(a.is_some(), b.is_some(), "{}", case.name);
            if let (Some(a), Some(b)) = (a, b) {
                let limit = (1e-8 * wcs.pixel_scale_arcsec()).max(1e-8);
                assert!(separation_arcsec(a, b) < limit, "{}: {a:?} {b:?}", case.name);
            }
        }
        written += 1;
    }
    assert!(written > 250, "{written}");
}

#[test]
fn a_made_system_has_its_distortion() {
    let mut a = Polynomial2::zero(2);
    a.add(2, 0, 1e-5);
    let mut b = Polynomial2::zero(2);
    b.add(1, 1, -2e-5);
    let plain = Wcs::tan((150.0, 2.2), (100.0, 100.0), [[-1e-4, 0.0], [0.0, 1e-4]]).unwrap();
    let wcs = plain.clone().with_sip(Sip { a, b, inverse: None });
    assert!(wcs.is_distorted() && !plain.is_distorted());
    // u = 100, v = 50: A adds 0.1, B takes 0.1.
    let sky = wcs.sky_from_pixel(199.0, 149.0).unwrap();
    let expected = plain.sky_from_pixel(199.1, 148.9).unwrap();
    assert!(separation_arcsec(sky, expected) < 1e-9);
    let (x, y) = wcs.pixel_from_sky(sky.0, sky.1).unwrap();
    assert!((x - 199.0).hypot(y - 149.0) < 1e-8);
    assert!(Wcs::tan((150.0, 92.0), (1.0, 1.0), [[1.0, 0.0], [0.0, 1.0]]).is_err());
    assert!(Wcs::tan((150.0, 2.0), (1.0, 1.0), [[1.0, 2.0], [2.0, 4.0]]).is_err());
}

/// A value of a WCS keyword: sensible, zero, enormous, or no number.
fn value() -> impl Strategy<Value = CardValue> {
    prop_oneof![
        4 => (-200.0..200.0).prop_map(CardValue::Real),
        1 => Just(CardValue::Integer(i64::MIN)),
        1 => Just(CardValue::Real(0.0)),
        1 => Just(CardValue::Real(1e300)),
        1 => Just(CardValue::Real(1e-300)),
        1 => Just(CardValue::Text("NaN".into())),
        2 => (0_i64..8).prop_map(CardValue::Integer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn damaged_headers_do_not_panic(
        code in prop::sample::select(vec![
            "AZP", "SZP", "TAN", "STG", "SIN", "ARC", "ZPN", "ZEA", "AIR", "CYP", "CEA", "CAR", "MER", "SFL", "GLS",
            "NCP", "PAR", "MOL", "AIT", "COP", "COE", "COD", "COO", "BON", "PCO", "TSC", "CSC", "QSC", "HPX", "XPH",
            "TPV", "TNX", "ZPX", "é--", "",
        ]),
        cards in prop::collection::vec((prop::sample::select(vec![
            "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1", "CDELT2", "CROTA2", "CD1_1", "CD1_2", "CD2_1", "CD2_2",
            "PC1_1", "PC001002", "PV1_0", "PV1_1", "PV1_2", "PV1_3", "PV1_4", "PV2_0", "PV2_1", "PV2_2", "PV2_3", "PV2_5",
            "LONPOLE", "LATPOLE", "EQUINOX", "A_ORDER", "B_ORDER", "A_2_0", "B_1_1", "A_0_1", "CUNIT1", "WAT1_001",
        ]), value()), 0..14),
        x in -3000.0..3000.0, y in -3000.0..3000.0,
    ) {
        let mut header = Header::default();
        header.cards.push(Card::new("CTYPE1", CardValue::Text(format!("RA---{code}")), ""));
        header.cards.push(Card::new("CTYPE2", CardValue::Text(format!("DEC--{code}")), ""));
        header.cards.extend(cards.into_iter().map(|(k, v)| Card::new(k, v, "")));
        if let Ok(wcs) = Wcs::from_header(&header) {
            if let Some((lon, lat)) = wcs.sky_from_pixel(x, y) {
                prop_assert!((0.0..360.0).contains(&lon) && lat.abs() <= 90.0 + 1e-9, "{lon} {lat}");
                wcs.pixel_from_sky(lon, lat);
            }
            wcs.pixel_from_sky(x, y);
            wcs.pixel_from_icrs(x / 10.0, y / 40.0);
            wcs.orientation(x, y);
            wcs.to_cards().ok();
            prop_assert!(wcs.pixel_scale_arcsec() > 0.0);
        }
    }
}
