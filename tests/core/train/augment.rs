//! What is put beside an object before the network sees it.

use astrolabel::encoder::model::p4m::LEVEL;
use astrolabel::train::augment::{Augmentation, augmented};
use astrolabel::train::data::{ImageSet, KEPT_PX, SEEN_PX};

/// Changes nothing but what is in the foreground.
fn only_stars(stars: f32) -> Augmentation {
    Augmentation {
        scale: [1.0; 2],
        shift: 0.0,
        gamma: [1.0; 2],
        gain: [1.0; 2],
        level: 0.0,
        gradient: 0.0,
        colour: 0.0,
        grey: 0.0,
        blur: 0.0,
        noise: 0.0,
        neighbour: 0.0,
        stars,
    }
}

/// Images of nothing, with stars on them; values from 0 to 1.
fn skies(stars: f32) -> Vec<Vec<f32>> {
    let mut set = ImageSet {
        name: "sky".into(),
        reach: 1.0,
        side: KEPT_PX,
        ..ImageSet::default()
    };
    set.push(&vec![0.0; 3 * KEPT_PX * KEPT_PX], None, &[]);
    let circle = vec![1.0; SEEN_PX * SEEN_PX];
    let sky = |slot| {
        let mut out = vec![0.0; 3 * SEEN_PX * SEEN_PX];
        let how = only_stars(stars);
        augmented(&set, 0, &how, (1, 2, slot), 0.0, &circle, &mut out);
        out.iter().map(|v| v * LEVEL + LEVEL).collect()
    };
    (0..40).map(sky).collect()
}

#[test]
fn stars_shine_beside_the_object() {
    let lit = skies(3.0);
    assert_eq!(
        lit,
        skies(3.0),
        "they depend on seed, step and place in the batch alone"
    );
    let most = |sky: &[f32]| sky.iter().fold(0.0f32, |a, v| a.max(*v));
    // One sky in twenty has none, and a star may lie beyond a corner.
    let with = lit.iter().filter(|sky| most(sky) > 0.1).count();
    assert!((32..40).contains(&with), "{with} of 40 skies have stars");
    for sky in &lit {
        assert!(most(sky) <= 1.001);
        for (p, v) in sky.iter().enumerate() {
            let p = p % (SEEN_PX * SEEN_PX);
            let (y, x) = ((p / SEEN_PX) as f32 - 31.5, (p % SEEN_PX) as f32 - 31.5);
            assert!(y.hypot(x) > 3.0 || *v < 0.02, "a star covers the object");
        }
    }
    assert!(
        skies(0.0).iter().all(|sky| most(sky) < 2e-4),
        "none where none are asked for"
    );
}
