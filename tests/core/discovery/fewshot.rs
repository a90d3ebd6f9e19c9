//! Logistic regression, its doubt and its honesty, against scikit-learn.

use super::*;

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
