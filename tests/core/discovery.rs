//! Vectors to answers against scikit-learn and umap-learn on scikit-learn's digits
//! (`tests/golden/discovery/make_discovery.py`), and against what the room promises: missing
//! rows never win, the same seed gives the same answer, half precision changes little.

use crate::support::golden;
use astrolabel::discovery::anomaly::*;
use astrolabel::discovery::fewshot::*;
use astrolabel::discovery::projection::*;
use astrolabel::discovery::search::*;
use astrolabel::discovery::{Chunk, DiscoveryError, Features, Matrix, Part, Standardizer, Vectors};
use astrolabel::discovery::{metrics, neighbours};
use astrolabel::progress::{Progress, Silent};
use half::f16;
use serde_json::Value;
use std::fs;

const DIM: usize = 64;

/// The digits' pixels and classes.
fn digits() -> (Vec<f32>, Vec<usize>) {
    let pixels = fs::read(golden("discovery/digits.bin")).expect("golden digits");
    let labels = fs::read(golden("discovery/digits_labels.bin")).expect("golden labels");
    (
        pixels.iter().map(|&v| f32::from(v)).collect(),
        labels.iter().map(|&v| usize::from(v)).collect(),
    )
}

fn oracle() -> Value {
    let text = fs::read_to_string(golden("discovery/golden.json")).expect("golden values");
    serde_json::from_str(&text).expect("golden values are JSON")
}

fn numbers(v: &Value) -> Vec<f64> {
    match v {
        Value::Array(a) => a.iter().flat_map(numbers).collect(),
        Value::Number(n) => vec![n.as_f64().expect("a number")],
        Value::Bool(b) => vec![f64::from(u8::from(*b))],
        _ => panic!("no number in {v}"),
    }
}

fn integers(v: &Value) -> Vec<usize> {
    numbers(v).into_iter().map(|n| n as usize).collect()
}

fn halves(values: &[f32]) -> Vec<f16> {
    values.iter().map(|&v| f16::from_f32(v)).collect()
}

fn standardized(vectors: Vectors<'_>) -> Features<'_> {
    let s = Standardizer::fit(&vectors, &Silent).expect("standardise");
    Features::single(vectors, s).expect("features")
}

/// Largest absolute difference, with the place it occurs at in the message.
fn assert_close(what: &str, got: impl IntoIterator<Item = f64>, wanted: &[f64], tolerance: f64) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), wanted.len(), "{what}: length");
    let (mut worst, mut at) = (0.0, 0);
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        let difference = (g - w).abs();
        assert!(!difference.is_nan(), "{what}: NaN at {i}");
        if difference > worst {
            (worst, at) = (difference, i);
        }
    }
    eprintln!("{what}: largest difference {worst:.2e}");
    assert!(
        worst <= tolerance,
        "{what}: {worst:.2e} at {at}: {} instead of {}, tolerance {tolerance:.0e}",
        got[at],
        wanted[at]
    );
}

fn as_f64(values: &[f32]) -> impl Iterator<Item = f64> + '_ {
    values.iter().map(|&v| f64::from(v))
}

// ---- standardisation -------------------------------------------------------------------------

#[test]
fn mean_and_spread_agree_with_scikit_learn() {
    let (pixels, _) = digits();
    let g = oracle();
    let s = Standardizer::fit(&Vectors::from_f32(DIM, &pixels), &Silent).expect("fit");
    assert_close("mean", s.mean.iter().copied(), &numbers(&g["mean"]), 1e-10);
    assert_close("std", s.std.iter().copied(), &numbers(&g["std"]), 1e-10);
    assert_eq!(s.inverse_std(0), 0.0, "the corner pixel is always black");
}

#[test]
fn missing_and_infinite_rows_do_not_count() {
    let values = [1.0, 10.0, 3.0, 10.0, f32::NAN, 0.0, 99.0, 99.0];
    let present = [true, true, true, false];
    let v = Vectors::new(2, 4, 4, vec![Chunk::F32(&values)], Some(&present));
    let s = Standardizer::fit(&v, &Silent).expect("fit");
    assert_eq!(
        (s.rows, &s.mean[..], &s.std[..]),
        (2, &[2.0, 10.0][..], &[1.0, 0.0][..])
    );
}

#[test]
fn large_offsets_keep_their_digits() {
    let values: Vec<f32> = (0..5000).map(|i| 1e6 + (i % 5) as f32).collect();
    let s = Standardizer::fit(&Vectors::from_f32(1, &values), &Silent).expect("fit");
    assert!((s.mean[0] - 1_000_002.0).abs() < 1e-6 && (s.std[0] - 2f64.sqrt()).abs() < 1e-9);
}

// ---- search ----------------------------------------------------------------------------------

#[test]
fn search_agrees_with_brute_force() {
    let (pixels, _) = digits();
    let g = oracle();
    let half = halves(&pixels);
    let stored = [
        ("f32", Vectors::from_f32(DIM, &pixels)),
        // Two chunks: rows are found across segments.
        (
            "f16",
            Vectors::new(
                DIM,
                1797,
                1000,
                vec![Chunk::F16(&half[..1000 * DIM]), Chunk::F16(&half[1000 * DIM..])],
                None,
            ),
        ),
    ];
    for (precision, v) in &stored {
        let s = Standardizer::fit(v, &Silent).expect("fit");
        for (name, metric) in [("raw", Metric::Raw), ("standardized", Metric::Standardized(&s))] {
            let norms = row_norms(v, metric, &Silent).expect("norms");
            let single = Query::Rows {
                liked: &[42],
                disliked: &[],
            };
            let rocchio = Query::Rows {
                liked: &[3, 13, 23],
                disliked: &[7, 17],
            };
            for (golden, query) in [(name.to_string(), single), (format!("{name}_rocchio"), rocchio)] {
                let wanted = &g["search"][&golden];
                for norms in [None, Some(norms.as_slice())] {
                    let hits = similar(v, &query, 20, &[], metric, norms).expect("search");
                    let rows: Vec<usize> = hits.iter().map(|h| h.row).collect();
                    assert_eq!(rows, integers(&wanted["rows"]), "{precision} {golden}");
                    assert_close(
                        &format!("{precision} {golden}"),
                        hits.iter().map(|h| f64::from(h.similarity)),
                        &numbers(&wanted["similarity"]),
                        2e-6,
                    );
                }
            }
        }
    }
}

#[test]
fn missing_zero_and_broken_rows_never_win_and_ties_go_by_row() {
    let mut values = vec![0.0f32; 7 * 2];
    let rows = [
        [1.0, 1.0],
        [0.0, 0.0],
        [2.0, 2.0],
        [f32::NAN, 1.0],
        [3.0, 3.0],
        [1.0, 0.9],
        [-1.0, -1.0],
    ];
    for (i, r) in rows.iter().enumerate() {
        values[2 * i..2 * i + 2].copy_from_slice(r);
    }
    let half = halves(&values);
    let present = [true, true, true, true, true, false, true];
    for chunk in [Chunk::F32(&values), Chunk::F16(&half)] {
        let v = Vectors::new(2, 7, 7, vec![chunk], Some(&present));
        let hits = similar(&v, &Query::Vector(&[5.0, 5.0]), 10, &[], Metric::Raw, None).expect("search");
        assert_eq!(hits.iter().map(|h| h.row).collect::<Vec<_>>(), [0, 2, 4, 6]);
        assert!((hits[0].similarity - 1.0).abs() < 1e-6 && (hits[3].similarity + 1.0).abs() < 1e-6);
        let two = similar(&v, &Query::Vector(&[5.0, 5.0]), 2, &[0], Metric::Raw, None).expect("search");
        assert_eq!(two.iter().map(|h| h.row).collect::<Vec<_>>(), [2, 4]);
        assert!(
            similar(&v, &Query::Vector(&[5.0, 5.0]), 0, &[], Metric::Raw, None)
                .expect("none")
                .is_empty()
        );
        for (liked, row) in [(1usize, 1), (3, 3), (5, 5)] {
            let q = Query::Rows {
                liked: &[liked],
                disliked: &[],
            };
            match similar(&v, &q, 2, &[], Metric::Raw, None) {
                Err(DiscoveryError::NoVector { row: r }) => assert_eq!(r, row),
                other => panic!("{other:?}"),
            }
        }
        let q = Query::Rows {
            liked: &[7],
            disliked: &[],
        };
        assert!(matches!(
            similar(&v, &q, 2, &[], Metric::Raw, None),
            Err(DiscoveryError::NoSuchRow { row: 7, rows: 7 })
        ));
        assert!(matches!(
            similar(&v, &Query::Vector(&[0.0, 0.0]), 2, &[], Metric::Raw, None),
            Err(DiscoveryError::EmptyQuery)
        ));
        assert!(matches!(
            similar(&v, &Query::Vector(&[0.0]), 2, &[], Metric::Raw, None),
            Err(DiscoveryError::Shape { .. })
        ));
    }
}

#[test]
fn fused_search_is_the_angle_between_joined_unit_vectors() {
    let (pixels, _) = digits();
    let n = 300;
    let (a, b): (Vec<f32>, Vec<f32>) = {
        let mut parts = (Vec::new(), Vec::new());
        for r in pixels.chunks_exact(DIM).take(n) {
            parts.0.extend_from_slice(&r[..40]);
            parts.1.extend_from_slice(&r[40..]);
        }
        parts
    };
    let (va, vb) = (Vectors::from_f32(40, &a), Vectors::from_f32(24, &b));
    let part = |vectors, weight| FusedPart {
        vectors,
        metric: Metric::Raw,
        norms: None,
        weight,
    };
    let q = Query::Rows {
        liked: &[5],
        disliked: &[],
    };
    let hits = similar_fused(&[part(&va, 1.0), part(&vb, 2.0)], &q, 5, &[], &Silent).expect("search");
    let cosine = |x: &[f32], y: &[f32]| {
        let dot = |x: &[f32], y: &[f32]| -> f64 { x.iter().zip(y).map(|(a, b)| f64::from(a * b)).sum() };
        dot(x, y) / (dot(x, x) * dot(y, y)).sqrt()
    };
    let row = |v: &[f32], w: usize, i: usize| v[i * w..(i + 1) * w].to_vec();
    let mut wanted: Vec<(f64, usize)> = (0..n)
        .filter(|&i| i != 5)
        .map(|i| {
            let first = cosine(&row(&a, 40, 5), &row(&a, 40, i));
            let second = cosine(&row(&b, 24, 5), &row(&b, 24, i));
            ((first + 4.0 * second) / 5.0, i)
        })
        .collect();
    wanted.sort_by(|x, y| y.0.total_cmp(&x.0));
    for (h, w) in hits.iter().zip(&wanted) {
        assert_eq!(h.row, w.1);
        assert!((f64::from(h.similarity) - w.0).abs() < 1e-6);
    }
}

// ---- few-shot --------------------------------------------------------------------------------

#[test]
fn logistic_regression_agrees_with_scikit_learn() {
    let (pixels, class) = digits();
    let g = oracle();
    let features = standardized(Vectors::from_f32(DIM, &pixels));
    let half = halves(&pixels);
    let stored_half = standardized(Vectors::new(DIM, 1797, 1797, vec![Chunk::F16(&half)], None));
    for (name, wanted) in g["logistic"].as_object().expect("cases") {
        let labels: Vec<Label> = (integers(&wanted["rows"]).into_iter())
            .map(|row| Label {
                row,
                class: class[row],
            })
            .collect();
        let options = FitOptions {
            c: wanted["c"].as_f64().expect("C"),
            balanced: wanted["balanced"].as_bool().expect("balanced"),
            ..FitOptions::default()
        };
        let model = Classifier::fit(&features, &labels, &options).expect("fit");
        assert_eq!(model.classes, integers(&wanted["classes"]), "{name}");
        assert!(
            model.iterations < options.max_iterations,
            "{name}: {}",
            model.iterations
        );
        assert_close(
            &format!("{name} coefficients"),
            model.weights.iter().copied(),
            &numbers(&wanted["coef"]),
            1e-4,
        );
        assert_close(
            &format!("{name} intercepts"),
            model.intercepts.iter().copied(),
            &numbers(&wanted["intercept"]),
            1e-4,
        );
        let from = integers(&wanted["proba_from"])[0];
        for (f, precision) in [(&features, "f32"), (&stored_half, "f16")] {
            let p = model.predict(f, &Silent).expect("predict");
            let k = model.classes.len();
            assert_close(
                &format!("{name} {precision} probabilities"),
                as_f64(&p.probabilities[from * k..(from + 40) * k]),
                &numbers(&wanted["proba"]),
                1e-4,
            );
            let right = (1000..1797).filter(|&i| p.class(i) == Some(class[i])).count();
            assert!((right as f64 / 797.0 - wanted["accuracy"].as_f64().expect("accuracy")).abs() < 0.002);
        }
    }
}

#[test]
fn predictions_say_their_doubt_and_skip_missing_rows() {
    let (pixels, class) = digits();
    let mut present = vec![true; 1797];
    present[1500] = false;
    let v = Vectors::new(DIM, 1797, 1797, vec![Chunk::F32(&pixels)], Some(&present));
    let features = standardized(v);
    let labels: Vec<Label> = (0..60)
        .map(|row| Label {
            row,
            class: 10 + class[row],
        })
        .collect();
    let model = Classifier::fit(&features, &labels, &FitOptions::default()).expect("fit");
    let p = model.predict(&features, &Silent).expect("predict");
    assert!(p.row(1500).iter().all(|v| v.is_nan()) && p.class(1500).is_none() && p.margin[1500].is_nan());
    for i in (0..1797).filter(|&i| i != 1500) {
        let sum: f32 = p.row(i).iter().sum();
        let mut sorted = p.row(i).to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        assert!((sum - 1.0).abs() < 1e-5);
        assert!((p.margin[i] - (sorted[0] - sorted[1])).abs() < 1e-6);
        assert!((0.0..=1.0).contains(&p.entropy[i]));
        assert_eq!(p.row(i)[p.best[i] as usize], sorted[0]);
    }
    assert!(
        p.classes.iter().all(|c| (10..20).contains(c)),
        "the caller's numbers come back"
    );
}

#[test]
fn few_or_contradictory_labels_are_told() {
    let (pixels, _) = digits();
    let features = standardized(Vectors::from_f32(DIM, &pixels));
    let fit = |labels: &[(usize, usize)]| {
        let labels: Vec<Label> = labels.iter().map(|&(row, class)| Label { row, class }).collect();
        Classifier::fit(&features, &labels, &FitOptions::default())
    };
    assert!(matches!(fit(&[]), Err(DiscoveryError::NoLabels)));
    assert!(matches!(
        fit(&[(1, 4), (2, 4)]),
        Err(DiscoveryError::OneClass { labels: 2 })
    ));
    assert!(
        fit(&[(1, 4)])
            .expect_err("one class")
            .to_string()
            .contains("second class")
    );
    assert!(matches!(
        fit(&[(1, 4), (1, 5)]),
        Err(DiscoveryError::TwoClasses { row: 1 })
    ));
    assert!(matches!(
        fit(&[(1, 4), (9999, 5)]),
        Err(DiscoveryError::NoSuchRow { row: 9999, .. })
    ));
    // The same label twice counts once; two labels are enough.
    let twice = fit(&[(0, 0), (1, 1), (1, 1)]).expect("two labels");
    assert_eq!(twice, fit(&[(0, 0), (1, 1)]).expect("two labels"));
}

#[test]
fn accuracy_estimate_brackets_the_truth_and_calibrates() {
    let (pixels, class) = digits();
    let features = standardized(Vectors::from_f32(DIM, &pixels));
    let labels: Vec<Label> = (0..1797)
        .step_by(11)
        .map(|row| Label {
            row,
            class: class[row],
        })
        .collect();
    let v = cross_validate(&features, &labels, &FitOptions::default(), 1, &Silent).expect("estimate");
    assert_eq!((v.tested, v.folds), (164, 5));
    assert_eq!(v.confusion.iter().flatten().sum::<usize>(), 164);
    let mut model = Classifier::fit(&features, &labels, &FitOptions::default()).expect("fit");
    let p = model.predict(&features, &Silent).expect("predict");
    let rest: Vec<usize> = (0..1797).filter(|i| i % 11 != 0).collect();
    let count = rest.len() as f64;
    let truth = (rest.iter()).filter(|&&i| p.class(i) == Some(class[i])).count() as f64 / count;
    eprintln!(
        "estimate {:.3} ({:.3}-{:.3}), on the rest {truth:.3}",
        v.accuracy, v.accuracy_low, v.accuracy_high
    );
    assert!(v.accuracy_low < truth + 0.05 && truth - 0.05 < v.accuracy_high);
    let loss = |p: &Predictions| -> f64 {
        (rest.iter())
            .map(|&i| -f64::from(p.row(i)[class[i]]).ln())
            .sum::<f64>()
            / count
    };
    // C = 0.1 is timid: probabilities are too flat, the temperature below 1 sharpens them.
    let before = loss(&p);
    model.temperature = v.temperature.expect("enough labels");
    let after = loss(&model.predict(&features, &Silent).expect("predict"));
    eprintln!(
        "temperature {:.3}: log loss {before:.4} -> {after:.4}",
        model.temperature
    );
    assert!(model.temperature < 1.0 && after < before);
    // Few labels: wide interval, no calibration, single labels reported.
    let few: Vec<Label> = [0, 10, 20, 1, 11, 2]
        .iter()
        .map(|&row| Label {
            row,
            class: class[row],
        })
        .collect();
    let v = cross_validate(&features, &few, &FitOptions::default(), 1, &Silent).expect("estimate");
    assert!(v.accuracy_high - v.accuracy_low > 0.3 && v.temperature.is_none());
    assert_eq!((v.untested_classes, v.tested), (vec![2], 5));
}

#[test]
fn suggestions_are_doubtful_and_spread_and_teach_more_than_chance() {
    let (pixels, class) = digits();
    let features = standardized(Vectors::from_f32(DIM, &pixels));
    let options = SuggestOptions {
        count: 10,
        ..SuggestOptions::default()
    };
    let first = first_to_label(&features, &[], &options, &Silent).expect("first");
    assert_eq!(
        first,
        first_to_label(&features, &[], &options, &Silent).expect("again")
    );
    let mut rows: Vec<usize> = first.iter().map(|s| s.row).collect();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), 10);
    let kinds: std::collections::BTreeSet<usize> = rows.iter().map(|&r| class[r]).collect();
    assert!(
        kinds.len() >= 5,
        "ten first objects show {} of ten digits",
        kinds.len()
    );
    let accuracy = |labelled: &[usize]| {
        let labels: Vec<Label> = labelled
            .iter()
            .map(|&row| Label {
                row,
                class: class[row],
            })
            .collect();
        let model = Classifier::fit(&features, &labels, &FitOptions::default()).expect("fit");
        let p = model.predict(&features, &Silent).expect("predict");
        (
            (0..1797).filter(|&i| p.class(i) == Some(class[i])).count() as f64 / 1797.0,
            p,
        )
    };
    let mut labelled = rows;
    for _ in 0..4 {
        let (_, p) = accuracy(&labelled);
        let next = next_to_label(
            &features,
            &p,
            &labelled,
            &options,
            &|c| format!("digit {c}"),
            &Silent,
        )
        .expect("next");
        assert_eq!(next.len(), 10);
        assert!(
            next.iter()
                .all(|s| !labelled.contains(&s.row) && s.reason.contains("digit"))
        );
        labelled.extend(next.iter().map(|s| s.row));
    }
    let (guided, _) = accuracy(&labelled);
    let random: f64 = (0..10)
        .map(|seed| {
            use rand::SeedableRng;
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            accuracy(&rand::seq::index::sample(&mut rng, 1797, 50).into_vec()).0
        })
        .sum::<f64>()
        / 10.0;
    eprintln!("50 labels: suggested {guided:.3}, random {random:.3}");
    assert!(guided > random);
}

// ---- projection ------------------------------------------------------------------------------

#[test]
fn principal_components_agree_with_scikit_learn() {
    let (pixels, _) = digits();
    let half = halves(&pixels);
    let g = oracle();
    for chunk in [Chunk::F32(&pixels), Chunk::F16(&half)] {
        let features = standardized(Vectors::new(DIM, 1797, 1797, vec![chunk], None));
        let pca = Pca::fit(&features, 10, &Silent).expect("fit");
        let wanted = &g["pca"];
        assert_close(
            "variance",
            pca.variance.iter().copied(),
            &numbers(&wanted["variance"]),
            1e-4,
        );
        assert_close(
            "ratio",
            pca.variance_ratio.iter().copied(),
            &numbers(&wanted["ratio"]),
            1e-6,
        );
        let coordinates = pca.transform(&features, &Silent).expect("transform");
        let picked = coordinates.select(&integers(&wanted["rows"]));
        assert_close(
            "coordinates",
            as_f64(&picked.values),
            &numbers(&wanted["coordinates"]),
            1e-4,
        );
    }
}

#[test]
fn map_is_as_trustworthy_as_umap_learns_and_reproducible() {
    let (pixels, class) = digits();
    let g = oracle();
    let features = standardized(Vectors::from_f32(DIM, &pixels));
    let full = Pca::fit(&features, DIM, &Silent)
        .expect("fit")
        .transform(&features, &Silent)
        .expect("rotate");
    let map = umap(&features, &UmapOptions::default(), &Silent).expect("map");
    let trust = metrics::trustworthiness(&full, &map.places, 15);
    let reference = numbers(&g["umap"]["trustworthiness_k15"]).iter().sum::<f64>() / 3.0;
    let accuracy = metrics::knn_accuracy(&map.places, &class, 1);
    let knn = numbers(&g["umap"]["knn1_accuracy"]).iter().sum::<f64>() / 3.0;
    eprintln!(
        "trustworthiness {trust:.4}, umap-learn {reference:.4}; 1-NN {accuracy:.4}, umap-learn {knn:.4}"
    );
    assert!(trust > reference - 0.01);
    assert!(accuracy > knn - 0.02);
    // The same on one thread as on all.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("pool");
    let again = pool
        .install(|| umap(&features, &UmapOptions::default(), &Silent))
        .expect("map");
    assert_eq!(map, again);
    let other = umap(
        &features,
        &UmapOptions {
            seed: 1,
            ..UmapOptions::default()
        },
        &Silent,
    )
    .expect("map");
    assert_ne!(map.places, other.places);
}

#[test]
fn rows_beyond_the_sample_are_placed_among_their_like() {
    let (pixels, class) = digits();
    let mut present = vec![true; 1797];
    present[7] = false;
    let features = standardized(Vectors::new(
        DIM,
        1797,
        1797,
        vec![Chunk::F32(&pixels)],
        Some(&present),
    ));
    let options = UmapOptions {
        sample_limit: 900,
        ..UmapOptions::default()
    };
    let map = umap(&features, &options, &Silent).expect("map");
    assert_eq!((map.provenance.fitted, map.provenance.placed), (900, 896));
    assert!(map.places.row(7).iter().all(|v| v.is_nan()));
    let rows = map.places.finite_rows();
    assert_eq!(rows.len(), 1796);
    let classes: Vec<usize> = rows.iter().map(|&r| class[r]).collect();
    let accuracy = metrics::knn_accuracy(&map.places.select(&rows), &classes, 5);
    eprintln!("5-NN on a half-placed map: {accuracy:.3}");
    assert!(accuracy > 0.9);
}

#[test]
fn degenerate_maps_do_not_fail() {
    // All rows equal, a constant column, and fewer rows than neighbours.
    let equal = vec![1.0f32; 3 * 20];
    let map = umap(
        &Features::raw(Vectors::from_f32(3, &equal)),
        &UmapOptions::default(),
        &Silent,
    )
    .expect("map");
    assert!(map.places.values.iter().all(|v| v.is_finite()));
    let five: Vec<f32> = (0..10).map(|v| v as f32).collect();
    let map = umap(
        &Features::raw(Vectors::from_f32(2, &five)),
        &UmapOptions::default(),
        &Silent,
    )
    .expect("map");
    assert!(map.places.values.iter().all(|v| v.is_finite()));
    let two = umap(
        &Features::raw(Vectors::from_f32(2, &five[..4])),
        &UmapOptions::default(),
        &Silent,
    );
    assert!(matches!(two, Err(DiscoveryError::TooFewRows { found: 2, .. })));
}

// ---- anomalies -------------------------------------------------------------------------------

fn reduced(features: &Features<'_>) -> Matrix {
    let pca = Pca::fit(features, 32, &Silent).expect("fit");
    pca.transform(features, &Silent).expect("transform")
}

#[test]
fn outlier_scores_agree_with_scikit_learn() {
    let (pixels, _) = digits();
    let g = oracle();
    let g = &g["anomaly"];
    let features = standardized(Vectors::from_f32(DIM, &pixels));
    let points = reduced(&features);

    let wanted: Vec<f32> = numbers(&g["isolation_mean"]).iter().map(|&v| v as f32).collect();
    // Two forests of 200 trees correlate at 0.913 in scikit-learn; compare 1000 with 1000.
    let forest = ForestOptions {
        trees: 1000,
        ..ForestOptions::default()
    };
    let score = IsolationForest::fit(&points, &forest, &Silent)
        .expect("fit")
        .score(&points, &Silent)
        .expect("score");
    let correlation = metrics::spearman(&score, &wanted);
    let offset: f64 = as_f64(&score)
        .zip(as_f64(&wanted))
        .map(|(a, b)| a - b)
        .sum::<f64>()
        / 1797.0;
    eprintln!("isolation: rank correlation {correlation:.4}, mean offset {offset:.5}");
    assert!(correlation >= 0.95 && offset.abs() < 0.005);
    let again = IsolationForest::fit(&points, &forest, &Silent)
        .expect("fit")
        .score(&points, &Silent)
        .expect("score");
    assert_eq!(score, again);

    let (knn, reference) = knn_distance(&points, &KnnOptions::default(), &Silent).expect("knn");
    assert_eq!(reference, KnnReference::All { rows: 1797 });
    assert_close("kNN distance", as_f64(&knn[..200]), &numbers(&g["knn"]), 1e-4);

    let raw = Features::raw(Vectors::from_f32(32, &points.values));
    let empirical = Mahalanobis::fit(&raw, Shrinkage::Fixed(0.0), &Silent).expect("fit");
    let d = empirical.score(&raw, &Silent).expect("score");
    assert_close(
        "Mahalanobis",
        as_f64(&d[..200]),
        &numbers(&g["mahalanobis_empirical"]),
        1e-3,
    );
    let ledoit = Mahalanobis::fit(&features, Shrinkage::LedoitWolf, &Silent).expect("fit");
    assert_close(
        "shrinkage",
        [ledoit.shrinkage],
        &[g["ledoit_wolf_shrinkage"].as_f64().expect("number")],
        1e-6,
    );
    let d = ledoit.score(&features, &Silent).expect("score");
    assert_close(
        "Ledoit-Wolf",
        as_f64(&d[..200]),
        &numbers(&g["mahalanobis_ledoit_wolf"]),
        1e-3,
    );
}

/// 760 digits and 40 mirrored at the diagonal.
fn turned() -> (Vec<f32>, Vec<bool>) {
    let (mut pixels, _) = digits();
    pixels.truncate(800 * DIM);
    for r in pixels[760 * DIM..].chunks_exact_mut(DIM) {
        let old = r.to_vec();
        for (i, v) in r.iter_mut().enumerate() {
            *v = old[(i % 8) * 8 + i / 8];
        }
    }
    (pixels, (0..800).map(|i| i >= 760).collect())
}

#[test]
fn mirrored_digits_are_found_as_well_as_by_scikit_learn() {
    let (pixels, odd) = turned();
    let g = oracle();
    let g = &g["anomaly"]["turned"];
    let features = standardized(Vectors::from_f32(DIM, &pixels));
    let a = rank_anomalies(&features, &AnomalyOptions::default(), &Silent).expect("scores");
    let (isolation, knn) = (
        metrics::roc_auc(&odd, &a.isolation),
        metrics::roc_auc(&odd, &a.knn),
    );
    let wanted = g["isolation_auc"].as_f64().expect("number");
    let noise = g["isolation_auc_sd"].as_f64().expect("number");
    eprintln!("AUC isolation {isolation:.4} (scikit-learn {wanted:.4} ± {noise:.4}), kNN {knn:.4}");
    assert!((isolation - wanted).abs() < 4.0 * noise);
    assert_close("AUC kNN", [knn], &[g["knn_auc"].as_f64().expect("number")], 1e-6);
    assert!(metrics::roc_auc(&odd, &a.combined) > 0.95);
    assert!(a.combined.iter().all(|v| (0.0..=1.0).contains(v)));
    assert_eq!(a.provenance.components, 32);
}

#[test]
fn a_sample_of_references_ranks_like_all() {
    let (pixels, _) = digits();
    let points = reduced(&standardized(Vectors::from_f32(DIM, &pixels)));
    let (all, _) = knn_distance(&points, &KnnOptions::default(), &Silent).expect("knn");
    let options = KnnOptions {
        exact_limit: 1000,
        reference: 800,
        seed: 3,
        k: 10,
    };
    let (some, reference) = knn_distance(&points, &options, &Silent).expect("knn");
    assert_eq!(
        reference,
        KnnReference::Sample {
            rows: 800,
            of: 1797,
            seed: 3
        }
    );
    let correlation = metrics::spearman(&all, &some);
    eprintln!("kNN distance to a sample: rank correlation {correlation:.3}");
    assert!(correlation > 0.95);
}

#[test]
fn drivers_name_what_is_unusual() {
    let mut values: Vec<f32> = (0..400).map(|i| ((i * 7919) % 101) as f32 / 10.0).collect();
    values[3 * 4 + 2] = 90.0;
    let features = standardized(Vectors::from_f32(4, &values));
    let m = Mahalanobis::fit(&features, Shrinkage::LedoitWolf, &Silent).expect("fit");
    let names = ["gini", "m20", "asymmetry"].map(String::from);
    let d = drivers(&features, &m, 3, &names, 2).expect("drivers");
    assert_eq!(d[0].name, "asymmetry");
    assert!(d[0].z > 5.0 && d[0].share > 0.8, "{d:?}");
    let all = drivers(&features, &m, 3, &[], 4).expect("drivers");
    assert_eq!(all[0].name, "vector[0].2");
    // Contributions sum to the squared distance.
    let mut row = vec![0.0; 4];
    assert!(features.read_row(3, &mut row));
    let sum: f64 = m.contributions(&row).iter().sum();
    let d = f64::from(m.score(&features, &Silent).expect("score")[3]);
    assert!((sum - d * d).abs() < 1e-4 * sum);
}

#[test]
fn marks_guide_the_ranking() {
    let (pixels, class) = digits();
    let features = standardized(Vectors::from_f32(DIM, &pixels));
    // Fives are rare (5 %) among all other digits and no outliers.
    let mut present = vec![true; 1797];
    let mut fives = 0;
    for i in 0..1797 {
        if class[i] == 5 {
            fives += 1;
            present[i] = fives <= 85;
        }
    }
    let v = Vectors::new(DIM, 1797, 1797, vec![Chunk::F32(&pixels)], Some(&present));
    let features = Features::single(v, features.parts()[0].standardizer.clone()).expect("features");
    let base = rank_anomalies(&features, &AnomalyOptions::default(), &Silent)
        .expect("scores")
        .combined;
    let wanted: Vec<usize> = (0..1797).filter(|&i| class[i] == 5 && present[i]).collect();
    let options = GuidedOptions::default();
    for marks in [1, 5, 15] {
        let g = guided(&features, &wanted[..marks], &[], &base, &options, &Silent).expect("guided");
        let rest: Vec<usize> = (0..1797)
            .filter(|i| present[*i] && !wanted[..marks].contains(i))
            .collect();
        let truth: Vec<bool> = rest.iter().map(|&i| class[i] == 5).collect();
        let pick = |s: &[f32]| rest.iter().map(|&i| s[i]).collect::<Vec<_>>();
        let (plain, auc) = (
            metrics::roc_auc(&truth, &pick(&base)),
            metrics::roc_auc(&truth, &pick(&g.score)),
        );
        eprintln!("{marks} marks: AUC {plain:.3} -> {auc:.3}");
        // One mark of a kind that is no outlier at all may cost a little; more may not.
        assert!(marks == 1 || auc > plain + 0.1);
        assert_eq!(g.presumed_ordinary.len(), 50);
        assert!(g.score.iter().zip(&present).all(|(s, p)| s.is_nan() != *p));
    }
    assert!(matches!(
        guided(&features, &[], &[3], &base, &options, &Silent),
        Err(DiscoveryError::NoInteresting)
    ));
    assert!(matches!(
        guided(&features, &[3], &[3], &base, &options, &Silent),
        Err(DiscoveryError::TwoClasses { row: 3 })
    ));
}

// ---- fusion, metrics, neighbours, cancellation -------------------------------------------------

#[test]
fn fused_features_bring_equal_norms() {
    let (pixels, class) = digits();
    let half = halves(&pixels);
    let flux: Vec<f32> = class
        .iter()
        .flat_map(|&c| [c as f32 * 1e8, -(c as f32)])
        .collect();
    let a = Vectors::new(DIM, 1797, 1797, vec![Chunk::F16(&half)], None);
    let b = Vectors::from_f32(2, &flux);
    let parts = vec![
        Part {
            standardizer: Standardizer::fit(&a, &Silent).expect("fit"),
            vectors: a,
            weight: 1.0,
        },
        Part {
            standardizer: Standardizer::fit(&b, &Silent).expect("fit"),
            vectors: b,
            weight: 1.0,
        },
    ];
    let features = Features::fused(parts).expect("fused");
    assert_eq!(features.dim(), 66);
    let (mut first, mut second) = (0.0f64, 0.0f64);
    let mut row = vec![0.0; 66];
    for i in 0..1797 {
        assert!(features.read_row(i, &mut row));
        first += as_f64(&row[..64]).map(|v| v * v).sum::<f64>();
        second += as_f64(&row[64..]).map(|v| v * v).sum::<f64>();
    }
    // Three of the 64 pixels are constant and bring nothing.
    assert!((first / second - 61.0 / 64.0).abs() < 1e-3, "{}", first / second);
    // A classifier on both uses the flux, which tells the classes.
    let labels: Vec<Label> = (0..60)
        .map(|row| Label {
            row,
            class: usize::from(class[row] > 4),
        })
        .collect();
    let model = Classifier::fit(&features, &labels, &FitOptions::default()).expect("fit");
    let p = model.predict(&features, &Silent).expect("predict");
    let right = (0..1797)
        .filter(|&i| p.class(i) == Some(usize::from(class[i] > 4)))
        .count();
    assert!(right as f64 / 1797.0 > 0.9, "{right}");
    // Folded scores are those of the rows read.
    for (i, logit) in [5, 900, 1700]
        .iter()
        .zip(model.logits(&features, &[5, 900, 1700]).expect("logits"))
    {
        let wanted = 1.0 / (1.0 + (-logit).exp());
        assert!((f64::from(p.row(*i)[1]) - wanted).abs() < 1e-5);
    }
    let query = Query::Rows {
        liked: &[10],
        disliked: &[],
    };
    let hits = similar_in(&features, &query, 10, &[], None, &Silent).expect("search");
    assert!(
        hits.iter().all(|h| class[h.row] == class[10]),
        "the flux brings the same digits"
    );
}

#[test]
fn figures_agree_with_scikit_learn() {
    let (pixels, _) = digits();
    let g = oracle();
    let m = &g["metrics"];
    let score: Vec<f32> = numbers(&m["score"]).iter().map(|&v| v as f32).collect();
    let positive: Vec<bool> = numbers(&m["positive"]).iter().map(|&v| v > 0.5).collect();
    let (truth, predicted) = (integers(&m["truth"]), integers(&m["predicted"]));
    assert_close(
        "AUC",
        [metrics::roc_auc(&positive, &score)],
        &numbers(&m["auc"]),
        1e-12,
    );
    assert_close(
        "balanced accuracy",
        [metrics::balanced_accuracy(&truth, &predicted)],
        &numbers(&m["balanced_accuracy"]),
        1e-12,
    );
    let p: Vec<f32> = predicted.iter().map(|&v| v as f32).collect();
    assert_close(
        "Spearman",
        [metrics::spearman(&score, &p)],
        &numbers(&m["spearman"]),
        1e-12,
    );
    assert_eq!(
        metrics::recall_at(&[true, false, false, true], &[0.9, 0.1, 0.8, f32::NAN], 0.5),
        0.5
    );
    assert!(metrics::roc_auc(&[true], &[1.0]).is_nan());

    let features = standardized(Vectors::from_f32(DIM, &pixels));
    let full = Pca::fit(&features, DIM, &Silent)
        .expect("fit")
        .transform(&features, &Silent)
        .expect("rotate");
    let mut two = Matrix {
        cols: 2,
        values: Vec::new(),
    };
    for i in 0..full.rows() {
        two.values.extend_from_slice(&full.row(i)[..2]);
    }
    for (k, name) in [(5, "pca2_k5"), (15, "pca2_k15")] {
        assert_close(
            "trustworthiness",
            [metrics::trustworthiness(&full, &two, k)],
            &numbers(&g["trustworthiness"][name]),
            2e-5,
        );
    }
}

#[test]
fn neighbours_are_those_of_brute_force() {
    let (pixels, _) = digits();
    let m = Matrix {
        cols: DIM,
        values: pixels[..700 * DIM].to_vec(),
    };
    let own: Vec<u32> = (0..700).collect();
    let found = neighbours::nearest(&m, &m, Some(&own), 7, &Silent).expect("neighbours");
    for i in 0..700 {
        let mut wanted: Vec<(f64, u32)> = (0..700u32)
            .filter(|&j| j as usize != i)
            .map(|j| {
                let d: f64 = as_f64(m.row(i))
                    .zip(as_f64(m.row(j as usize)))
                    .map(|(a, b)| (a - b).powi(2))
                    .sum();
                (d.sqrt(), j)
            })
            .collect();
        wanted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (index, distance) = found.row(i);
        assert_eq!(index, wanted[..7].iter().map(|w| w.1).collect::<Vec<_>>());
        assert!((f64::from(distance[6]) - wanted[6].0).abs() < 1e-4);
    }
    // A NaN row finds nobody and is found by nobody.
    let mut broken = m.select(&[0, 1, 2]);
    broken.values[DIM] = f32::NAN;
    let found = neighbours::nearest(&broken, &broken, Some(&[0, 1, 2]), 2, &Silent).expect("neighbours");
    assert_eq!(found.index, [2, u32::MAX, u32::MAX, u32::MAX, 0, u32::MAX]);
}

struct Stopped;
impl Progress for Stopped {
    fn begin(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn every_long_task_stops_when_asked() {
    let (pixels, class) = digits();
    let v = Vectors::from_f32(DIM, &pixels);
    let features = standardized(v.clone());
    let labels: Vec<Label> = (0..60)
        .map(|row| Label {
            row,
            class: class[row],
        })
        .collect();
    let model = Classifier::fit(&features, &labels, &FitOptions::default()).expect("fit");
    let errors = [
        Standardizer::fit(&v, &Stopped).err(),
        row_norms(&v, Metric::Raw, &Stopped).err(),
        model.predict(&features, &Stopped).err(),
        cross_validate(&features, &labels, &FitOptions::default(), 0, &Stopped).err(),
        first_to_label(&features, &[], &SuggestOptions::default(), &Stopped).err(),
        rank_anomalies(&features, &AnomalyOptions::default(), &Stopped).err(),
        guided(&features, &[1], &[], &[], &GuidedOptions::default(), &Stopped).err(),
        umap(&features, &UmapOptions::default(), &Stopped).err(),
    ];
    for (i, e) in errors.iter().enumerate() {
        assert!(matches!(e, Some(DiscoveryError::Cancelled { .. })), "{i}: {e:?}");
    }
}

// ---- real galaxies, where the features were made (not committed) ---------------------------------

/// `make_real.py` writes `hand26.bin` (rows × 26 f32) and `hand26_labels.bin` for Galaxy Zoo.
#[test]
fn few_marks_find_mergers_in_galaxy_zoo() {
    let Ok(folder) = std::env::var("ASTROLABEL_GALAXY_ZOO") else {
        eprintln!("skipped: ASTROLABEL_GALAXY_ZOO names no folder with hand26.bin");
        return;
    };
    let bytes = fs::read(format!("{folder}/hand26.bin")).expect("hand26.bin");
    let values: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    let merger: Vec<bool> = fs::read(format!("{folder}/hand26_labels.bin"))
        .expect("labels")
        .iter()
        .map(|&v| v == 1)
        .collect();
    let rows = merger.len();
    let ordinary: Vec<usize> = (0..rows).filter(|&i| !merger[i]).collect();
    let mergers: Vec<usize> = (0..rows).filter(|&i| merger[i]).collect();
    let count = (ordinary.len() as f64 * 0.05 / 0.95).round() as usize;
    for half_trust in [1.0, 2.0, 4.0] {
        let mut sums = vec![[0.0f64; 2]; 6];
        let seeds = 20;
        for seed in 0..seeds {
            use rand::{SeedableRng, seq::SliceRandom};
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let mut odd = mergers.clone();
            odd.shuffle(&mut rng);
            odd.truncate(count);
            let mut present: Vec<bool> = merger.iter().map(|m| !m).collect();
            odd.iter().for_each(|&i| present[i] = true);
            let features = standardized(Vectors::new(
                26,
                rows,
                rows,
                vec![Chunk::F32(&values)],
                Some(&present),
            ));
            let a = rank_anomalies(&features, &AnomalyOptions::default(), &Silent).expect("scores");
            let figures = |score: &[f32], leave: &[usize]| {
                let rest: Vec<usize> = (0..rows).filter(|i| present[*i] && !leave.contains(i)).collect();
                let s: Vec<f32> = rest.iter().map(|&i| score[i]).collect();
                let t: Vec<bool> = rest.iter().map(|&i| merger[i]).collect();
                [metrics::roc_auc(&t, &s), metrics::recall_at(&t, &s, 0.05)]
            };
            let mut all = vec![
                figures(&a.isolation, &[]),
                figures(&a.knn, &[]),
                figures(&a.mahalanobis, &[]),
                figures(&a.combined, &[]),
            ];
            for marks in [1, 5] {
                let o = GuidedOptions {
                    half_trust,
                    seed,
                    ..GuidedOptions::default()
                };
                let g = guided(&features, &odd[..marks], &[], &a.combined, &o, &Silent).expect("guided");
                all.push(figures(&g.score, &odd[..marks]));
            }
            for (s, f) in sums.iter_mut().zip(all) {
                s[0] += f[0] / seeds as f64;
                s[1] += f[1] / seeds as f64;
            }
        }
        for (name, s) in [
            "isolation",
            "knn",
            "mahalanobis",
            "combined",
            "guided 1",
            "guided 5",
        ]
        .iter()
        .zip(&sums)
        {
            eprintln!(
                "half_trust {half_trust}: {name}: AUC {:.3} recall@5% {:.3}",
                s[0], s[1]
            );
        }
        if half_trust == GuidedOptions::default().half_trust {
            assert!(sums[5][0] > sums[3][0] && sums[5][1] > sums[3][1]);
        }
    }
}

/// `make_real.py` also writes numbers of real cutouts and how trustworthy umap-learn's maps of
/// them are.
#[test]
fn maps_of_real_cutouts_are_as_trustworthy_as_umap_learns() {
    let Ok(folder) = std::env::var("ASTROLABEL_GALAXY_ZOO") else {
        eprintln!("skipped: ASTROLABEL_GALAXY_ZOO names no folder with maps.json");
        return;
    };
    let text = fs::read_to_string(format!("{folder}/maps.json")).expect("maps.json");
    let wanted: Value = serde_json::from_str(&text).expect("JSON");
    for (name, dim) in [("hand26", 26), ("euclid400", 400)] {
        let bytes = fs::read(format!("{folder}/{name}.bin")).expect("numbers");
        let values: Vec<f32> = bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let features = standardized(Vectors::from_f32(dim, &values));
        let full = Pca::fit(&features, dim, &Silent)
            .expect("fit")
            .transform(&features, &Silent)
            .expect("rotate");
        let map = umap(&features, &UmapOptions::default(), &Silent).expect("map");
        let trust = metrics::trustworthiness(&full, &map.places, 15);
        let reference = wanted[name].as_f64().expect("number");
        eprintln!("{name}: trustworthiness {trust:.4}, umap-learn {reference:.4}");
        assert!(trust > reference - 0.01);
    }
}
