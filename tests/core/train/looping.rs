//! The loop: it learns, a stop changes nothing, a finished network is what was trained.

use astrolabel::encoder::model::p4m::shape::P4mShape;
use astrolabel::train::augment::Augmentation;
use astrolabel::train::checkpoint;
use astrolabel::train::data::{ImageSet, KEPT_PX};
use astrolabel::train::heads::Weights;
use astrolabel::train::trainer::{Settings, Trainer};
use rand::{Rng, SeedableRng};

/// Two kinds of blobs in two sets: round and long; and a set that nobody labelled.
fn sets() -> Vec<ImageSet> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut sets = Vec::new();
    for s in 0..3 {
        let mut set = ImageSet {
            name: format!("set{s}"),
            reach: 1.5,
            side: KEPT_PX,
            ..ImageSet::default()
        };
        if s < 2 {
            set.classes = vec!["long".into(), "round".into()];
        }
        for i in 0..24 {
            let round = i % 2;
            let (wide, long) = (
                3.0 + rng.random_range(0.0..2.0f32),
                if round == 1 { 1.0 } else { 3.5 },
            );
            let angle: f32 = rng.random_range(0.0..6.3);
            let middle = KEPT_PX as f32 / 2.0;
            let plane: Vec<f32> = (0..KEPT_PX * KEPT_PX)
                .map(|p| {
                    let (y, x) = ((p / KEPT_PX) as f32 - middle, (p % KEPT_PX) as f32 - middle);
                    let (u, v) = (
                        x * angle.cos() + y * angle.sin(),
                        y * angle.cos() - x * angle.sin(),
                    );
                    0.2 + 0.7 * (-((u / (wide * long)).powi(2) + (v / wide).powi(2)) / 2.0).exp()
                })
                .collect();
            set.push(&plane.repeat(3), (s < 2).then_some(round as u16), &[]);
        }
        set.settle();
        assert_eq!((set.planes, set.len()), (1, 24));
        sets.push(set);
    }
    // A teacher that says how round it is, of two sets.
    sets[0].teachers = (0..24).map(|i| if i % 2 == 1 { 1.0 } else { -1.0 }).collect();
    sets[1].teachers = vec![f32::NAN; 24];
    sets[2].teachers = sets[0].teachers.clone();
    sets
}

fn settings(steps: u64, contrastive: f32) -> Settings {
    Settings {
        shape: P4mShape {
            planes: 3,
            fields: vec![2, 2, 4],
            depths: vec![1, 1, 1],
            dim: 8,
        },
        augmentation: Augmentation::default(),
        losses: Weights {
            labels: 1.0,
            votes: 1.0,
            teachers: 1.0,
            contrastive,
            rotation: 0.0,
        },
        rate: 1e-2,
        decay: 0.05,
        batch: 32,
        steps,
        warm_up: 3,
        seed: 4,
    }
}

#[test]
fn losses_fall() {
    let sets = sets();
    let mut trainer = Trainer::new(settings(30, 0.0), &sets, None).unwrap();
    let losses: Vec<_> = (0..30).map(|_| trainer.step().unwrap()).collect();
    let mean = |range: std::ops::Range<usize>, of: fn(&astrolabel::train::heads::Losses) -> f32| {
        losses[range.clone()].iter().map(of).sum::<f32>() / range.len() as f32
    };
    let (labels, teachers) = (mean(0..4, |l| l.labels), mean(0..4, |l| l.teachers));
    assert!(mean(26..30, |l| l.labels) < 0.75 * labels);
    assert!(mean(26..30, |l| l.teachers) < 0.5 * teachers);
    assert!(losses.iter().all(|l| l.contrastive == 0.0 && l.votes == 0.0));
    let (weights, stats) = trainer.finished();
    assert!(weights.iter().chain(&stats).all(|v| v.is_finite()));
}

#[test]
fn two_views_are_told_from_others() {
    let sets = sets();
    let mut trainer = Trainer::new(settings(25, 1.0), &sets, None).unwrap();
    let losses: Vec<f32> = (0..25).map(|_| trainer.step().unwrap().contrastive).collect();
    let mean = |l: &[f32]| l.iter().sum::<f32>() / l.len() as f32;
    assert!(mean(&losses[20..]) < mean(&losses[..5]) - 0.2, "{losses:?}");
    assert!(losses.iter().all(|l| *l > 0.0));
}

#[test]
fn an_image_and_itself_turned_come_together() {
    let sets = sets();
    let mut settings = settings(30, 0.0);
    settings.losses.rotation = 2.0;
    let losses = |settings: Settings| -> Vec<f32> {
        let mut trainer = Trainer::new(settings, &sets, None).unwrap();
        (0..30).map(|_| trainer.step().unwrap().rotation).collect()
    };
    let mean = |l: &[f32]| l.iter().sum::<f32>() / l.len() as f32;
    let seen = losses(settings.clone());
    assert!(mean(&seen[25..]) < 0.6 * mean(&seen[..5]), "{seen:?}");
    // An image and itself unturned would be alike from the beginning.
    assert!(seen[0] > 0.01, "{seen:?}");
    settings.losses.rotation = 0.0;
    assert!(losses(settings).iter().all(|l| *l == 0.0));
}

#[test]
fn a_device_learns_what_the_processor_learns() {
    let sets = sets();
    let mut settings = settings(3, 0.0);
    settings.losses.rotation = 0.5;
    let mut own = Trainer::new(settings.clone(), &sets, None).unwrap();
    let mut on_device = Trainer::new(settings, &sets, None).unwrap();
    on_device.on(burn::tensor::Device::flex());
    for _ in 0..3 {
        let (a, b) = (own.step().unwrap(), on_device.step().unwrap());
        for (a, b) in [
            (a.labels, b.labels),
            (a.teachers, b.teachers),
            (a.rotation, b.rotation),
        ] {
            assert!(a > 0.0 && (a - b).abs() < 2e-3 * a, "{a}, {b}");
        }
    }
    // Adam moves every weight by about the rate, whatever small gradient it has: most agree.
    let near = (own.state.weights.iter().zip(&on_device.state.weights))
        .filter(|(a, b)| (*a - *b).abs() < 1e-3)
        .count();
    assert!(near as f64 > 0.98 * own.state.weights.len() as f64, "{near}");
}

#[test]
fn what_goes_on_after_a_stop_is_what_would_have_come() {
    let sets = sets();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let settings = settings(6, 0.5);
    let mut whole = Trainer::new(settings.clone(), &sets, None).unwrap();
    let mut stopped = Trainer::new(settings.clone(), &sets, None).unwrap();
    for _ in 0..3 {
        whole.step().unwrap();
        stopped.step().unwrap();
    }
    checkpoint::save(&path, &stopped.state, &settings, "images").unwrap();
    drop(stopped);
    let mut resumed = Trainer::new(settings.clone(), &sets, None).unwrap();
    resumed
        .restore(checkpoint::load(&path, &settings, "images").unwrap())
        .unwrap();
    // On another number of cores, too.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for _ in 0..3 {
        whole.step().unwrap();
        pool.install(|| resumed.step()).unwrap();
    }
    assert_eq!(whole.state, resumed.state);

    let other = Settings {
        seed: 5,
        ..settings.clone()
    };
    let said = checkpoint::load(&path, &other, "images").unwrap_err().to_string();
    assert!(said.contains("seed was 4 and is 5"), "{said}");
    let said = checkpoint::load(&path, &settings, "others")
        .unwrap_err()
        .to_string();
    assert!(said.contains("other images"), "{said}");
    std::fs::write(&path, b"nothing").unwrap();
    assert!(
        checkpoint::load(&path, &settings, "images")
            .unwrap_err()
            .to_string()
            .contains("no checkpoint")
    );
}

#[test]
fn what_cant_be_trained_is_said() {
    let sets = sets();
    let nothing = Settings {
        losses: Weights {
            labels: 0.0,
            votes: 0.0,
            teachers: 0.0,
            contrastive: 0.0,
            rotation: 0.0,
        },
        ..settings(3, 0.0)
    };
    assert!(
        Trainer::new(nothing, &sets, None)
            .err()
            .unwrap()
            .contains("nothing to learn")
    );
    assert!(
        Trainer::new(settings(3, 0.0), &[], None)
            .err()
            .unwrap()
            .contains("no images")
    );
}
