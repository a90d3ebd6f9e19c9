//! Outlier scores against scikit-learn, their drivers, and guidance by marks.

use super::*;

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
