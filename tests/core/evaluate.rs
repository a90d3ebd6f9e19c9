//! The evaluation against the script of the published protocol (`tests/golden/evaluate/make_evaluate.py`).

use crate::support::golden;
use astrolabel::discovery::Matrix;
use astrolabel::evaluate::confound::{Border, Borders, alone, border_of};
use astrolabel::evaluate::draws::{Draws, Legacy, stratified_folds};
use astrolabel::evaluate::hand26::hand26;
use astrolabel::evaluate::robustness::robustness;
use astrolabel::evaluate::sample::Sample;
use astrolabel::evaluate::{Figures, Question, figures, steps};
use astrolabel::io::raster::{Origin, Plane};
use astrolabel::progress::{Progress, Silent};
use astrolabel::sky::cutout::{Cutout, CutoutFlags};
use serde_json::Value;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

fn oracle() -> Value {
    let text = fs::read_to_string(golden("evaluate/golden.json")).expect("golden values");
    serde_json::from_str(&text).expect("golden values are JSON")
}

fn whole(v: &Value) -> Vec<usize> {
    let list = v.as_array().expect("a list").iter();
    list.map(|n| n.as_u64().expect("a whole number") as usize)
        .collect()
}

/// Vectors and classes of a golden set.
fn vectors(name: &str) -> (Matrix, Vec<usize>, usize) {
    let (cols, pixels, classes) = if name == "digits" {
        (
            64,
            fs::read(golden("discovery/digits.bin")).expect("digits"),
            fs::read(golden("discovery/digits_labels.bin")).expect("labels"),
        )
    } else {
        let mut bytes = fs::read(golden("evaluate/small.bin")).expect("small set");
        let rows = bytes.split_off(300);
        (48, rows, bytes)
    };
    let matrix = Matrix {
        cols,
        values: pixels.into_iter().map(f32::from).collect(),
    };
    let class: Vec<usize> = classes.into_iter().map(usize::from).collect();
    let count = class.iter().max().map_or(0, |m| m + 1);
    (matrix, class, count)
}

/// Counts steps.
#[derive(Default)]
struct Steps(AtomicU64);

impl Progress for Steps {
    fn begin(&self, _stage: &str, _total: Option<u64>) {}
    fn advance(&self, steps: u64) {
        self.0.fetch_add(steps, Ordering::Relaxed);
    }
    fn note(&self, _message: &str) {}
    fn cancelled(&self) -> bool {
        false
    }
}

#[test]
fn draws_are_those_of_numpy() {
    let g = oracle();
    let mut shuffled: Vec<usize> = (0..20).collect();
    Legacy::new(0).shuffle(&mut shuffled);
    assert_eq!(shuffled, whole(&g["legacy_shuffle"]));
    for wanted in g["draws"].as_array().expect("draws") {
        let mut draws = Draws::new(wanted["seed"].as_u64().expect("seed") as u32);
        let upto = |n: usize| (0..n).collect::<Vec<usize>>();
        let permuted = draws.permuted(&(100..117).collect::<Vec<_>>());
        assert_eq!(permuted, whole(&wanted["permuted"]), "{}", wanted["seed"]);
        assert_eq!(draws.chosen(&upto(500), 12), whole(&wanted["chosen"]));
        assert_eq!(draws.chosen(&upto(7), 1), whole(&wanted["one"]));
        assert_eq!(draws.chosen(&upto(9), 9), whole(&wanted["all"]));
        assert_eq!(draws.chosen(&upto(20_000), 900)[..20], whole(&wanted["many"]));
    }
}

#[test]
fn folds_are_those_of_scikit_learn() {
    let g = oracle();
    for name in ["digits", "small"] {
        let (_, class, _) = vectors(name);
        let folds: String = stratified_folds(&class, 5, 0)
            .iter()
            .map(usize::to_string)
            .collect();
        assert_eq!(folds, g[name]["folds"].as_str().expect("folds"), "{name}");
    }
}

fn close(what: &str, got: f64, wanted: &Value, tolerance: f64) {
    let wanted = wanted
        .as_f64()
        .unwrap_or_else(|| panic!("{what}: no golden value"));
    let difference = (got - wanted).abs();
    eprintln!("{what}: {got:.4} instead of {wanted:.4}, {difference:.1e} apart");
    assert!(difference <= tolerance, "{what}: {got} instead of {wanted}");
}

fn found(name: &str, rare: usize) -> Figures {
    let (matrix, class, classes) = vectors(name);
    let question = Question {
        class: &class,
        classes,
        rare: Some(rare),
        seeds: 10,
        borders: None,
    };
    let counted = Steps::default();
    let (found, _) = figures(name, &matrix, &question, &counted).expect("figures");
    assert_eq!(
        counted.0.load(Ordering::Relaxed),
        steps(&question),
        "the bar ends full"
    );
    found
}

/// Every number that the script has, within 0.01; what has no chance in it, far closer.
#[test]
fn figures_are_those_of_the_published_protocol() {
    let g = oracle();
    for name in ["digits", "small"] {
        let wanted = &g[name];
        let f = found(name, wanted["odd"].as_u64().expect("class") as usize);
        // One object's vote of 300 or 1797 may hang on the last bit of a distance.
        close(&format!("{name} 5-NN"), f.knn5, &wanted["knn5"], 0.0035);
        close(&format!("{name} P@10"), f.precision_10, &wanted["p@10"], 0.001);
        let few = wanted["few"].as_object().expect("few");
        assert_eq!(f.few_shot.len(), few.len(), "{name}: points of the curve");
        for t in &f.few_shot {
            let key = t.shots.to_string();
            close(
                &format!("{name} at {key}"),
                t.accuracy.mean,
                &wanted["few"][&key],
                0.002,
            );
            close(
                &format!("{name} ± at {key}"),
                t.accuracy.spread,
                &wanted["few_sd"][&key],
                0.002,
            );
        }
        let methods = wanted["anomaly"].as_object().expect("methods");
        assert_eq!(f.rare.len(), methods.len() + 1, "{name}: methods");
        // The program's own score is none of the script's: three scores that agree are better than their worst.
        let own = |m: &str| f.rare.iter().find(|r| r.method == m).expect("a method").auc.mean;
        let worst = own("isolation").min(own("knn"));
        assert!(
            own("combined") > worst.max(0.5) - 0.05,
            "{name}: {} after {worst}",
            own("combined")
        );
        for r in f.rare.iter().filter(|r| r.method != "combined") {
            // Trees are grown by chance: the script's single forest a seed moves by 0.014 between seeds of
            // its own on `digits`, so its mean over eight forests is what ours is held against. Of 14 rare objects one is 0.07 of the recall.
            let of_chance = r.method == "isolation";
            let golden = if of_chance {
                &wanted["forests"]
            } else {
                &wanted["anomaly"][&r.method]
            };
            let tolerances = if of_chance {
                [0.01, 0.02, 0.02]
            } else {
                [0.002, 0.005, 0.005]
            };
            let values = [r.auc.mean, r.recall_1.mean, r.recall_5.mean];
            for (i, what) in ["AUC", "recall@1 %", "recall@5 %"].iter().enumerate() {
                close(
                    &format!("{name} {} {what}", r.method),
                    values[i],
                    &golden[i],
                    tolerances[i],
                );
            }
        }
        let c = f.calibration.expect("calibration");
        close(
            &format!("{name} log loss"),
            c.log_loss,
            &wanted["log_loss"],
            0.001,
        );
        close(&format!("{name} ECE"), c.expected_error, &wanted["ece"], 0.003);
        for (got, wanted) in c
            .confusion
            .iter()
            .zip(wanted["confusion"].as_array().expect("matrix"))
        {
            let differ: usize = got.iter().zip(whole(wanted)).map(|(a, b)| a.abs_diff(b)).sum();
            assert!(differ <= 2, "{name}: {got:?} instead of {wanted}");
        }
    }
}

/// A picture of the generating script: whole numbers all the way.
fn blobs(side: i64) -> Cutout {
    let plane = |cx: i64, cy: i64, peak: i64, width: i64, less: i64| {
        let mut pixels = Vec::new();
        for v in 0..side {
            for u in 0..side {
                let r = (u - cx).pow(2) + 2 * (v - cy).pow(2) + ((u - cx) * (v - cy)).div_euclid(2);
                let speck = (u * 7 + v * 13 + u * v) % 11 / less;
                pixels.push(((peak * width).div_euclid(width + r) + speck) as f32);
            }
        }
        Plane::from_pixels(side as usize, side as usize, pixels)
    };
    let m = side / 2;
    Cutout {
        bands: vec![
            plane(m, m - 3, 190, 120, 1),
            plane(m + 2, m, 160, 90, 2),
            plane(m - 8, m + 5, 90, 60, 3),
        ],
        band_names: vec!["red".into(), "green".into(), "blue".into()],
        origin: Origin::TopLeft,
        is_picture: true,
        pixel_scale_arcsec: None,
        flags: CutoutFlags(0),
    }
}

#[test]
fn the_baseline_measures_what_the_script_measures() {
    for wanted in oracle()["hand26"].as_array().expect("pictures") {
        let side = wanted["side"].as_i64().expect("side");
        let got = hand26(&blobs(side));
        for (i, value) in wanted["values"].as_array().expect("values").iter().enumerate() {
            let value = value.as_f64().expect("a number");
            // Pillow rounds its weights to 22 bits: a pixel may be one step of 255 off.
            let tolerance = 2e-3 * value.abs().max(0.2);
            assert!(
                (f64::from(got[i]) - value).abs() <= tolerance,
                "{side} px, number {i}: {} instead of {value}",
                got[i]
            );
        }
    }
}

/// Classes that differ by their noise alone, and vectors that hold nothing but the noise.
#[test]
fn what_the_background_explains_is_told() {
    let n = 400;
    let mut draws = Draws::new(5);
    let order = draws.permuted(&(0..n).collect::<Vec<_>>());
    // Noise rises with the object's number; the class follows it but for one object in five.
    let class: Vec<usize> = (0..n)
        .map(|i| usize::from((i < n / 2) != order[i].is_multiple_of(5)))
        .collect();
    let borders: Vec<Border> = (0..n)
        .map(|i| Border {
            level: (order[i] % 7) as f64,
            noise: 1.0 + i as f64,
        })
        .collect();
    let borders = Borders::new(&borders);
    let told = alone(&borders, &class, 2, Some(1), &Silent).expect("answers");
    assert!((told.noise - 0.8).abs() < 0.04, "{told:?}");
    assert!((told.level - 0.5).abs() < 0.08, "{told:?}");
    assert!(
        told.noise_auc.expect("AUC") > 0.75 && told.chance == 0.5,
        "{told:?}"
    );

    let mut values = Vec::new();
    for i in 0..n {
        // The noise itself, and numbers that mean nothing.
        values.push(i as f32);
        values.extend((0..3).map(|d| (order[(i + 31 * d) % n] % 17) as f32));
    }
    let matrix = Matrix { cols: 4, values };
    let question = Question {
        class: &class,
        classes: 2,
        rare: Some(1),
        seeds: 3,
        borders: Some(&borders),
    };
    let (f, _) = figures("noise", &matrix, &question, &Silent).expect("figures");
    let guided = f.rare.iter().find(|r| r.method == "guided5").expect("guided");
    let at_equal_noise = guided.auc_matched.expect("matched").mean;
    assert!(
        guided.auc.mean > 0.65 && at_equal_noise < guided.auc.mean - 0.1,
        "without the noise little is left: {} and {at_equal_noise}",
        guided.auc.mean
    );
    assert!(guided.noise_correlation.expect("correlation").mean.abs() > 0.4);
    let matched = f.matched.expect("matched");
    assert!(matched.objects < n / 2 && matched.knn5 < f.knn5, "{matched:?}");
}

#[test]
fn the_border_is_the_outermost_ring() {
    let mut plane = Plane::filled(6, 5, 100.0);
    for y in 0..5 {
        for x in 0..6 {
            if x == 0 || y == 0 || x == 5 || y == 4 {
                plane.pixels[y * 6 + x] = if (x + y) % 2 == 0 { 1.0 } else { 3.0 };
            }
        }
    }
    plane.pixels[0] = f32::NAN;
    let cutout = Cutout {
        bands: vec![plane],
        band_names: vec!["r".into()],
        ..blobs(64)
    };
    let border = border_of(&cutout).expect("a border");
    // 8 ones and 9 threes.
    assert_eq!(border.level, 3.0);
    assert!(
        (border.noise - 2.0 * (8.0f64 * 9.0).sqrt() / 17.0).abs() < 1e-12,
        "{border:?}"
    );
}

/// An encoder that sees only the sum of light is unmoved by turns; one that sees pixels is not.
#[test]
fn robustness_tells_what_an_encoder_sees() {
    let count = 24;
    let cutouts: Vec<Cutout> = (0..count)
        .map(|i| {
            let mut c = blobs(32 + 2 * (i as i64 % 3));
            for (b, band) in c.bands.iter_mut().enumerate() {
                let factor = 0.3 + 0.6 * ((i + b) % 5) as f32 / 5.0;
                band.pixels.iter_mut().for_each(|v| *v *= factor);
            }
            c
        })
        .collect();
    let total = |c: &Cutout| -> Vec<f32> {
        let light = |b: &Plane| b.pixels.iter().sum::<f32>() / b.pixels.len() as f32;
        c.bands.iter().map(light).collect()
    };
    let corner = |c: &Cutout| -> Vec<f32> { c.bands[0].pixels[..40].to_vec() };
    let class: Vec<usize> = (0..count).map(|i| i % 2).collect();
    let rows: Vec<usize> = (0..count).collect();
    let tried = |see: &(dyn Fn(&Cutout) -> Vec<f32> + Sync)| {
        let values: Vec<f32> = cutouts.iter().flat_map(see).collect();
        let matrix = Matrix {
            cols: values.len() / count,
            values,
        };
        let sample = Sample::new(&matrix, class.clone(), 2, &Silent).expect("sample");
        let embed = |c: &[Cutout]| -> Result<Vec<f32>, String> { Ok(c.iter().flat_map(see).collect()) };
        robustness(&sample, &rows, &cutouts, &embed, &Silent).expect("robustness")
    };
    let (by_light, by_corner) = (tried(&total), tried(&corner));
    let of = |all: &[astrolabel::evaluate::robustness::Kept], what: &str| {
        let found = all.iter().find(|k| k.alteration == what);
        found.unwrap_or_else(|| panic!("{what} wasn't tried")).clone()
    };
    for exact in ["turned by 90°", "mirrored"] {
        let k = of(&by_light, exact);
        assert!(k.cosine > 0.9999 && k.cosine_low > 0.999, "{k:?}");
        assert_eq!(k.accuracy_after, k.accuracy_before);
    }
    assert!(of(&by_light, "half resolution").cosine > 0.999);
    assert!(of(&by_corner, "turned by 90°").cosine < 0.9, "{by_corner:?}");
    assert!(
        by_corner
            .iter()
            .all(|k| k.objects == count && k.cosine_low <= k.cosine + 1e-12)
    );
}
