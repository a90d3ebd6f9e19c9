//! Principal components and maps against scikit-learn and umap-learn.

use super::*;

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
