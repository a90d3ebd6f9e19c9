//! Morphometry against a numpy reading of its definitions, analytic truths and symmetry.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use crate::support;
use astrolabel::encoder::Encoder;
use astrolabel::encoder::morphometry::{Morphometry, features};
use astrolabel::io::raster::{Origin, Plane};
use astrolabel::sky::cutout::{Cutout, CutoutFlags};
use std::path::{Path, PathBuf};

fn cutout(bands: Vec<Plane>, is_picture: bool) -> Cutout {
    Cutout {
        band_names: (0..bands.len()).map(|i| format!("b{i}")).collect(),
        bands,
        origin: if is_picture {
            Origin::TopLeft
        } else {
            Origin::BottomLeft
        },
        is_picture,
        pixel_scale_arcsec: None,
        flags: CutoutFlags::default(),
    }
}

fn draw(n: usize, level: impl Fn(f64, f64) -> f64) -> Plane {
    let half = n as f64 / 2.0;
    let at = |i: usize| (i as f64 + 0.5 - half) / half;
    let pixels = (0..n * n).map(|i| level(at(i % n), at(i / n)) as f32).collect();
    Plane::from_pixels(n, n, pixels)
}

fn encode(cutout: &Cutout) -> Vec<f32> {
    let vector = Morphometry::new().encode(std::slice::from_ref(cutout)).unwrap();
    assert_eq!(vector.len(), features().len());
    for (f, v) in features().iter().zip(&vector) {
        assert!(v.is_finite(), "{} is {v}", f.name);
    }
    vector
}

fn value(vector: &[f32], name: &str) -> f64 {
    let i = features().iter().position(|f| f.name == name).unwrap();
    f64::from(vector[i])
}

#[derive(serde::Deserialize)]
struct Entry {
    side: usize,
    bands: usize,
    is_picture: bool,
    features: Vec<f64>,
}

fn golden() -> Vec<(Cutout, Vec<f64>)> {
    let text = std::fs::read_to_string(support::golden("morphometry/golden.json")).unwrap();
    let entries: Vec<Entry> = serde_json::from_str(&text).unwrap();
    let bytes = std::fs::read(support::golden("morphometry/cutouts.f32")).unwrap();
    let mut pixels = bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b));
    let result: Vec<_> = entries
        .into_iter()
        .map(|e| {
            let mut plane = || {
                let values: Vec<f32> = pixels.by_ref().take(e.side * e.side).collect();
                Plane::from_pixels(e.side, e.side, values)
            };
            let bands = (0..e.bands).map(|_| plane()).collect();
            (cutout(bands, e.is_picture), e.features)
        })
        .collect();
    assert!(pixels.next().is_none(), "all pixels are used");
    result
}

#[test]
fn equals_the_numpy_reading() {
    let cases = golden();
    assert_eq!(cases.len(), 12);
    for (case, (cutout, expected)) in cases.iter().enumerate() {
        let got = encode(cutout);
        for (f, (&g, &e)) in features().iter().zip(got.iter().zip(expected)) {
            let error = (f64::from(g) - e).abs();
            assert!(
                error <= 1e-4 * e.abs().max(1.0),
                "case {case}: {} is {g}, numpy says {e}",
                f.name
            );
        }
    }
}

/// Maps pixel (x, y) of an `n`-sided plane to its source.
fn transformed(c: &Cutout, source: impl Fn(usize, usize, usize) -> (usize, usize)) -> Cutout {
    let mut out = c.clone();
    for (to, from) in out.bands.iter_mut().zip(&c.bands) {
        for y in 0..to.height {
            for x in 0..to.width {
                let (sx, sy) = source(x, y, to.width);
                to.pixels[y * to.width + x] = from.pixels[sy * to.width + sx];
            }
        }
    }
    out
}

#[test]
fn flips_and_quarter_turns_change_nothing() {
    for (case, (original, _)) in golden().iter().enumerate() {
        let before = encode(original);
        let turned: [(&str, Cutout); 4] = [
            ("flip", transformed(original, |x, y, n| (n - 1 - x, y))),
            ("quarter", transformed(original, |x, y, n| (y, n - 1 - x))),
            ("half", transformed(original, |x, y, n| (n - 1 - x, n - 1 - y))),
            ("transpose", transformed(original, |x, y, _| (y, x))),
        ];
        for (how, image) in turned {
            for (f, (a, b)) in features().iter().zip(before.iter().zip(encode(&image))) {
                assert!(
                    (a - b).abs() <= 1e-3 * a.abs().max(1e-3),
                    "case {case}, {how}: {} goes from {a} to {b}",
                    f.name
                );
            }
        }
    }
}

#[test]
fn everything_is_finite_for_every_cutout() {
    let nan = f32::NAN;
    for (w, h) in [(1, 1), (2, 3), (16, 16), (17, 40), (65, 64), (512, 512)] {
        for v in [0.0, -1.0, 1e-38, 1e30, f32::MAX, f32::MIN, nan, f32::INFINITY] {
            for picture in [false, true] {
                encode(&cutout(vec![Plane::filled(w, h, v)], picture));
                let mut one = Plane::filled(w, h, 0.0);
                one.pixels[w * h / 2] = v;
                encode(&cutout(vec![one.clone(), Plane::filled(w, h, nan), one], picture));
                let mixed = (0..w * h).map(|i| if i % 3 == 0 { v } else { -v }).collect();
                encode(&cutout(vec![Plane::from_pixels(w, h, mixed)], picture));
            }
        }
    }
    encode(&cutout(vec![], false));
    encode(&cutout(vec![Plane::filled(0, 0, 0.0)], false));
    assert!(Morphometry::new().encode(&[]).unwrap().is_empty());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
    #[test]
    fn random_pixels_give_finite_numbers(
        n in 1usize..40,
        bits in proptest::collection::vec(proptest::num::f32::ANY, 1600),
        picture in proptest::bool::ANY,
    ) {
        encode(&cutout(vec![Plane::from_pixels(n, n, bits[..n * n].to_vec())], picture));
    }
}

#[test]
fn an_exponential_disc_has_its_analytic_growth_curve() {
    // 1 - (1 + t) e^-t reaches .2, .5 and .8 at t = 0.8244, 1.6783 and 2.9943: C = 2.80.
    let h = 0.1;
    let disc = draw(512, |x, y| (-x.hypot(y) / h).exp());
    let v = encode(&cutout(vec![disc], false));
    for (name, t) in [
        ("morph_r20", 0.8244),
        ("morph_r50", 1.6783),
        ("morph_r80", 2.9943),
    ] {
        let r = value(&v, name);
        assert!((r / (t * h) - 1.0).abs() < 0.03, "{name} is {r}, not {}", t * h);
    }
    // The half pixel added to both radii for stability lowers C by some 0.2 here.
    let c = value(&v, "morph_concentration");
    let expected = 5.0 * ((0.29943 + 1.0 / 64.0) / (0.08244 + 1.0f64 / 64.0)).log10();
    assert!((c - expected).abs() < 0.05, "{c} against {expected}");
}

#[test]
fn a_de_vaucouleurs_profile_is_more_concentrated_than_a_disc() {
    let c = |level: &dyn Fn(f64) -> f64| {
        let image = draw(256, |x, y| level(x.hypot(y)));
        value(&encode(&cutout(vec![image], false)), "morph_concentration")
    };
    let disc = c(&|r| (-1.678 * r / 0.2).exp());
    let bulge = c(&|r| (-7.669 * (r / 0.2).powf(0.25)).exp());
    assert!(bulge > disc + 0.8, "bulge {bulge}, disc {disc}");
}

#[test]
fn ellipses_have_their_ellipticity_at_any_angle() {
    for angle in [0.0f64, 0.3, 1.0] {
        for ratio in [1.0, 0.5, 0.25] {
            let (s, c) = angle.sin_cos();
            let image = draw(128, |x, y| {
                let (u, v) = (c * x + s * y, c * y - s * x);
                (-(u * u + (v / ratio).powi(2)) / (2.0 * 0.2 * 0.2)).exp()
            });
            let e = value(&encode(&cutout(vec![image], false)), "morph_ellipticity");
            let expected = (1.0 - ratio * ratio) / (1.0 + ratio * ratio);
            assert!((e - expected).abs() < 0.01, "{ratio}: {e} against {expected}");
        }
    }
}

#[test]
fn fourier_amplitudes_of_known_patterns() {
    let image = draw(64, |x, y| {
        let theta = y.atan2(x);
        let inside = f64::from(u8::from(x.hypot(y) < 0.9));
        inside * (1.0 + 0.6 * (2.0 * theta).cos() + 0.4 * (theta - 1.0).cos())
    });
    let v = encode(&cutout(vec![image], false));
    assert!((value(&v, "morph_two_armed") - 0.3).abs() < 0.01);
    assert!((value(&v, "morph_bar") - 0.3).abs() < 0.01);
    assert!((value(&v, "morph_lopsidedness") - 0.2).abs() < 0.01);
}

#[test]
fn two_lobes_are_measured() {
    let spot = |x: f64, y: f64, a: f64, b: f64| (-((x - a).powi(2) + (y - b).powi(2)) / 0.008).exp();
    let image = draw(64, |x, y| spot(x, y, 0.5, 0.0) + 0.5 * spot(x, y, -0.3, 0.0));
    let v = encode(&cutout(vec![image], false));
    assert!((value(&v, "morph_peak_separation") - 0.8).abs() < 0.04);
    assert!((value(&v, "morph_peak_ratio") - 0.5).abs() < 0.03);
    let hot = (0.5 + 0.5 * 0.3) / 1.5;
    assert!((value(&v, "morph_hot_spot_radius") - hot).abs() < 0.03);
    let trail = draw(64, |x, y| (-((x - 0.4 * y) / 0.05).powi(2)).exp());
    let round = draw(64, |x, y| (-(x * x + y * y) / 0.02).exp());
    let lineness = |p| value(&encode(&cutout(vec![p], false)), "morph_lineness");
    assert!(lineness(trail) > 0.95);
    assert!(lineness(round) < 0.05);
}

#[test]
fn a_flux_scale_moves_only_flux_and_noise() {
    let (cutout, _) = &golden()[3];
    let mut brighter = cutout.clone();
    brighter.bands[0].pixels.iter_mut().for_each(|v| *v *= 1e20);
    let (a, b) = (encode(cutout), encode(&brighter));
    for (i, f) in features().iter().enumerate() {
        let by = if ["morph_log_flux", "morph_log_noise"].contains(&f.name) {
            20.0
        } else {
            0.0
        };
        assert!(
            (b[i] - a[i] - by).abs() < 1e-3,
            "{}: {} then {}",
            f.name,
            a[i],
            b[i]
        );
    }
}

#[test]
fn features_are_named_once_and_say_what_they_are() {
    let mut names: Vec<_> = features().iter().map(|f| f.name).collect();
    assert_eq!(Morphometry::new().spec().feature_names, names);
    assert_eq!(Morphometry::new().spec().dim, names.len());
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), features().len());
    assert!(
        features()
            .iter()
            .all(|f| f.name.starts_with("morph_") && !f.description.is_empty())
    );
}

/// Pictures, and square little-endian `.f32` planes taken as fluxes, below `folder`.
fn images(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            images(&path, found);
        } else if ["png", "jpg", "jpeg", "f32"]
            .iter()
            .any(|e| path.extension().is_some_and(|x| x == *e))
        {
            found.push(path);
        }
    }
}

fn load(path: &Path, crop: f64) -> Cutout {
    let (width, height, bands, picture) = if path.extension().is_some_and(|e| e == "f32") {
        let bytes = std::fs::read(path).unwrap();
        let values: Vec<f32> = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&b| f32::from_le_bytes(b))
            .collect();
        let n = values.len().isqrt();
        (n, n, vec![values], false)
    } else {
        let image = image::open(path).unwrap();
        let (w, h) = (image.width() as usize, image.height() as usize);
        let channel = |k: usize, step: usize, raw: &[u8]| {
            raw.iter()
                .skip(k)
                .step_by(step)
                .map(|&v| f32::from(v))
                .collect::<Vec<f32>>()
        };
        let bands = if image.color().has_color() {
            let rgb = image.to_rgb8();
            (0..3).map(|k| channel(k, 3, rgb.as_raw())).collect()
        } else {
            vec![channel(0, 1, image.to_luma8().as_raw())]
        };
        (w, h, bands, true)
    };
    let k = (width.min(height) as f64 * crop) as usize;
    let (x0, y0) = ((width - k) / 2, (height - k) / 2);
    let planes = bands
        .iter()
        .map(|v| {
            Plane::from_pixels(
                k,
                k,
                (0..k * k).map(|i| v[(y0 + i / k) * width + x0 + i % k]).collect(),
            )
        })
        .collect();
    cutout(planes, picture)
}

/// Writes `file,feature…` of every image below $ASTROLABEL_IMAGES (centre-cropped by
/// $ASTROLABEL_CROP) to $ASTROLABEL_VECTORS_OUT, for a scorer of embeddings.
#[test]
#[ignore = "a tool: needs ASTROLABEL_IMAGES and ASTROLABEL_VECTORS_OUT"]
fn export_vectors() {
    use std::fmt::Write;
    let folder = PathBuf::from(std::env::var("ASTROLABEL_IMAGES").unwrap());
    let crop: f64 = std::env::var("ASTROLABEL_CROP").map_or(1.0, |v| v.parse().unwrap());
    let mut files = Vec::new();
    images(&folder, &mut files);
    files.sort();
    let encoder = Morphometry::new();
    let mut csv = format!("file,{}\n", encoder.spec().feature_names.join(","));
    let (mut seconds, mut count) = (0.0, 0);
    for block in files.chunks(1024) {
        let cutouts: Vec<Cutout> = block.iter().map(|f| load(f, crop)).collect();
        let started = std::time::Instant::now();
        let vectors = encoder.encode(&cutouts).unwrap();
        seconds += started.elapsed().as_secs_f64();
        count += cutouts.len();
        for (file, vector) in block.iter().zip(vectors.chunks_exact(features().len())) {
            write!(csv, "{}", file.strip_prefix(&folder).unwrap().display()).unwrap();
            vector.iter().for_each(|v| write!(csv, ",{v}").unwrap());
            csv.push('\n');
        }
    }
    std::fs::write(std::env::var("ASTROLABEL_VECTORS_OUT").unwrap(), csv).unwrap();
    eprintln!("{count} cutouts, {:.0} a second", count as f64 / seconds);
}
