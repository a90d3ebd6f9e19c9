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

/// View `slot` of an image, turned by `more`, with stars on it; values from 0 to 1.
fn view(plane: &[f32], stars: f32, slot: u64, more: f32) -> Vec<f32> {
    let mut set = ImageSet {
        name: "sky".into(),
        reach: 1.0,
        side: KEPT_PX,
        ..ImageSet::default()
    };
    set.push(&plane.repeat(3), None, &[]);
    let circle = vec![1.0; SEEN_PX * SEEN_PX];
    let mut out = vec![0.0; 3 * SEEN_PX * SEEN_PX];
    let how = only_stars(stars);
    augmented(&set, 0, &how, (1, 2, slot), more, &circle, &mut out);
    out.iter().map(|v| v * LEVEL + LEVEL).collect()
}

/// Images of nothing, with stars on them.
fn skies(stars: f32) -> Vec<Vec<f32>> {
    let sky = |slot| view(&[0.0; KEPT_PX * KEPT_PX], stars, slot, 0.0);
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

#[test]
fn stars_turn_with_the_view() {
    // A blob beside the middle says which way a view turns.
    let blob: Vec<f32> = (0..KEPT_PX * KEPT_PX)
        .map(|p| {
            let (y, x) = ((p / KEPT_PX) as f32 - 40.0, (p % KEPT_PX) as f32 - 60.0);
            (-(y * y + x * x) / 60.0).exp()
        })
        .collect();
    let turned = |sky: &[f32]| -> [Vec<f32>; 2] {
        let last = SEEN_PX - 1;
        let at = |p: usize| (p / SEEN_PX % SEEN_PX, p % SEEN_PX, p / (SEEN_PX * SEEN_PX));
        let of = |(y, x, plane): (usize, usize, usize)| sky[(plane * SEEN_PX + y) * SEEN_PX + x];
        [
            (0..sky.len())
                .map(|p| {
                    let (y, x, c) = at(p);
                    of((x, last - y, c))
                })
                .collect(),
            (0..sky.len())
                .map(|p| {
                    let (y, x, c) = at(p);
                    of((last - x, y, c))
                })
                .collect(),
        ]
    };
    let apart = |a: &[f32], b: &[f32]| {
        a.iter()
            .zip(b)
            .fold(0.0f32, |most, (a, b)| most.max((a - b).abs()))
    };
    let quarter = std::f32::consts::FRAC_PI_2;
    let nothing = [0.0; KEPT_PX * KEPT_PX];
    for slot in 0..8 {
        let ways = turned(&view(&blob, 0.0, slot, 0.0));
        let wanted = view(&blob, 0.0, slot, quarter);
        let way = usize::from(apart(&ways[1], &wanted) < apart(&ways[0], &wanted));
        assert!(apart(&ways[way], &wanted) < 0.05, "slot {slot}");
        let stars = &turned(&view(&nothing, 4.0, slot, 0.0))[way];
        let off = apart(stars, &view(&nothing, 4.0, slot, quarter));
        assert!(off < 0.01, "slot {slot}: stars are off by {off}");
    }
}
