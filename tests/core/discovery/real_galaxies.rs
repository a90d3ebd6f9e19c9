//! Real galaxies, where `make_real.py` made their numbers (they are not committed).

use super::*;

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
