//! Simulated stamps: their formulas against scipy, and that a seed and a number say everything.

use crate::support::golden;
use astrolabel::progress::Silent;
use astrolabel::simulate::stamps::{Kind, Parameters, Sersic, Sie, Stamp, StampsOptions, draw, write};
use rayon::prelude::*;

/// Rows of numbers below the line of names.
fn rows(name: &str) -> Vec<Vec<f64>> {
    let mut reader = csv::Reader::from_path(golden(name)).unwrap();
    let numbers = |r: csv::StringRecord| r.iter().map(|v| v.parse().unwrap()).collect();
    reader.records().map(|r| numbers(r.unwrap())).collect()
}

#[test]
fn sersic_profiles_are_scipys() {
    let rows = rows("simulate/sersic.csv");
    assert_eq!(rows.len(), 40);
    for row in rows {
        let [n, re, q, r, value] = row[..] else {
            panic!("{row:?}")
        };
        let ours = Sersic::new(n, re, q).at(r);
        // The series for b is good to 5e-4 at the smallest index, which the wings double and double again.
        let within = if n < 1.0 { 3e-3 } else { 1e-4 };
        assert!((ours / value - 1.0).abs() < within, "{row:?}: {ours}");
    }
}

#[test]
fn deflections_are_those_of_integrals_over_the_mass() {
    let rows = rows("simulate/sie.csv");
    assert_eq!(rows.len(), 12);
    for row in rows {
        let [einstein, q, x, y, ax, ay] = row[..] else {
            panic!("{row:?}")
        };
        let ours = Sie { einstein, q }.deflection(x, y);
        assert!(
            (ours.0 - ax).abs() < 1e-6 && (ours.1 - ay).abs() < 1e-6,
            "{row:?}: {ours:?}"
        );
    }
    // A round mass deflects by its Einstein radius everywhere.
    let (ax, ay) = Sie {
        einstein: 5.0,
        q: 1.0,
    }
    .deflection(3.0, -4.0);
    assert!((ax - 3.0).abs() < 1e-9 && (ay + 4.0).abs() < 1e-9);
}

#[test]
fn a_stamp_is_the_same_whoever_draws_it() {
    let numbers: Vec<u64> = (0..56).collect();
    let alone: Vec<Stamp> = numbers.iter().map(|&n| draw(11, n, 64)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let together: Vec<Stamp> = pool.install(|| numbers.par_iter().rev().map(|&n| draw(11, n, 64)).collect());
    assert!(alone.iter().eq(together.iter().rev()));
    for (a, b) in alone.iter().zip(&alone[14..]) {
        assert_ne!(a.planes, b.planes, "two stamps of one kind are alike");
    }
    assert_ne!(draw(12, 3, 64).planes, alone[3].planes);
}

#[test]
fn every_kind_comes_with_what_makes_it_one() {
    for number in 0..140 {
        let Stamp {
            planes,
            label,
            parameters: p,
        } = draw(4, number, 96);
        assert_eq!(label, Kind::ALL[number as usize % 14]);
        let is = |v: Option<f64>, low: f64, high: f64| v.is_some_and(|v| (low..=high).contains(&v));
        let own = match label {
            Kind::Smooth | Kind::Disc => is(p.axis_ratio, 0.3, 1.0) && p.arms.is_none(),
            Kind::Spiral => is(p.arms, 2.0, 4.0) && is(p.pitch_deg, 8.0, 35.0) && is(p.bar, 0.0, 1.0),
            Kind::EdgeOn => is(p.axis_ratio, 0.05, 0.5),
            Kind::Ring => is(p.ring_px, 3.0, 48.0),
            Kind::Irregular => is(p.radius_px, 3.0, 48.0),
            Kind::Merger => is(p.merger_separation_px, 0.0, 120.0),
            Kind::Lens => is(p.einstein_px, 2.5, 48.0),
            Kind::Star => p.radius_px.is_none(),
            Kind::Blend => is(p.blend_separation_px, 2.0, 96.0),
            Kind::RadioBent => is(p.opening_deg, 20.0, 140.0),
            _ => is(p.extent_px, 0.0, 96.0),
        };
        assert!(own, "{label:?} {number}: {p:?}");
        assert!(is(p.psf_fwhm_px, 1.2, 6.0) && is(p.snr, 8.0, 3000.0), "{p:?}");
        assert_eq!(p.bands, Some(planes.len() as f64));
        for plane in &planes {
            assert_eq!((plane.width, plane.height), (96, 96));
            assert!(
                plane
                    .pixels
                    .iter()
                    .all(|v| v.fract() == 0.0 && (0.0..=255.0).contains(v))
            );
            let (low, high) = plane
                .pixels
                .iter()
                .fold((255.0f32, 0.0f32), |(l, h), &v| (l.min(v), h.max(v)));
            assert!(
                high > low + 20.0,
                "{label:?} {number} shows nothing: {low} to {high}"
            );
        }
    }
}

#[test]
fn light_is_in_the_middle_and_half_of_the_stamps_are_grey() {
    let stamps: Vec<Stamp> = (0..700).into_par_iter().map(|n| draw(9, n, 64)).collect();
    let optical: Vec<&Stamp> = stamps.iter().filter(|s| !s.label.is_radio()).collect();
    let grey = optical.iter().filter(|s| s.planes.len() == 1).count() as f64 / optical.len() as f64;
    assert!((0.35..0.65).contains(&grey), "{grey}");
    let mean = |s: &Stamp, inside: bool| {
        let of = |i: &usize| {
            let middle = 24..40;
            (middle.contains(&(i % 64)) && middle.contains(&(i / 64))) == inside
        };
        let values = || (0..64 * 64).filter(of).map(|i| s.planes[0].pixels[i]);
        values().sum::<f32>() / values().count() as f32
    };
    for kind in Kind::ALL {
        let own = || stamps.iter().filter(|s| s.label == kind);
        assert_eq!(own().count(), 50);
        let brighter = own().filter(|s| mean(s, true) > mean(s, false)).count();
        assert!(
            brighter >= 38,
            "{kind:?}: only {brighter} of 50 are brightest in the middle"
        );
    }
}

#[test]
fn files_are_the_stamps_and_the_table_says_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let options = StampsOptions {
        seed: 2,
        count: 28,
        side: 48,
    };
    let path = write(dir.path(), &options, &Silent).unwrap();
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names: Vec<&str> = ["file", "label"]
        .into_iter()
        .chain(Parameters::NAMES.iter().copied())
        .collect();
    assert!(reader.headers().unwrap().iter().eq(names.iter().copied()));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 28);
    for (number, row) in rows.iter().enumerate() {
        let stamp = draw(2, number as u64, 48);
        assert_eq!(&row[1], stamp.label.name());
        let picture = astrolabel::io::picture::read_picture(&dir.path().join(&row[0])).unwrap();
        assert_eq!(picture.channels, stamp.planes, "{}", &row[0]);
        for (text, value) in row.iter().skip(2).zip(stamp.parameters.values()) {
            match value {
                None => assert_eq!(text, ""),
                Some(v) => {
                    let said: f64 = text.parse().unwrap();
                    assert!((said - v).abs() <= 5e-3 * v.abs().max(0.01), "{text} {v}");
                }
            }
        }
    }
}
