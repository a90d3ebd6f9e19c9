//! What the answers share: fusion, figures of merit, neighbours, cancellation.

use super::*;

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
