//! A p4m network: compiled and by burn alike, the same for turned images, whole in a file.

use super::drawn;
use astrolabel::encoder::model::open::open_network;
use astrolabel::encoder::model::p4m::group::turned;
use astrolabel::encoder::model::p4m::network::P4m;
use astrolabel::encoder::model::p4m::shape::P4mShape;
use astrolabel::encoder::network::{Network, Pooling};
use astrolabel::encoder::plan::isa::{Isa, Precision};
use astrolabel::encoder::plan::kernels::Kernels;
use astrolabel::encoder::plan::team::Team;
use astrolabel::train::checkpoint::{bytes_of, write_tensors};
use rand::{Rng, SeedableRng};
use safetensors::Dtype;
use std::collections::HashMap;

const SIDE: usize = 48;

fn shape() -> P4mShape {
    P4mShape {
        planes: 3,
        fields: vec![2, 4, 6],
        depths: vec![1, 2, 1],
        dim: 20,
    }
}

fn network() -> P4m {
    averaged(1)
}

/// Its vector is the mean over so many turns.
fn averaged(turns: usize) -> P4m {
    let (weights, stats) = drawn(&shape(), 3);
    P4m::new(shape().layout(), weights, stats, turns)
}

fn images(count: usize) -> Vec<f32> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(8);
    (0..count * 3 * SIDE * SIDE)
        .map(|_| rng.random_range(-1.0..4.0))
        .collect()
}

fn vectors(network: &dyn Network, images: &[f32], threads: usize) -> Vec<f32> {
    let batch = images.len() / (3 * SIDE * SIDE);
    let mut out = vec![0.0; batch * 20];
    let team = Team::new(threads).unwrap();
    network
        .embed_on(
            &team,
            images,
            [batch, SIDE, SIDE],
            None,
            Pooling::MeanPatches,
            &mut out,
        )
        .unwrap();
    out
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum::<f64>()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn compiled_it_says_what_burn_says() {
    let images = images(5);
    let want = vectors(&network(), &images, 1);
    let largest = want.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    for isa in Isa::available() {
        let mut compiled = network();
        assert!(compiled.compile(Kernels::of(isa).unwrap()).unwrap());
        for threads in [1, 2] {
            for (g, w) in vectors(&compiled, &images, threads).iter().zip(&want) {
                assert!((g - w).abs() < 2e-5 * largest, "{isa:?}: {g}, not {w}");
            }
        }
        // Of an image alone, exactly the same.
        let alone = vectors(&compiled, &images[2 * 3 * SIDE * SIDE..3 * 3 * SIDE * SIDE], 1);
        assert_eq!(alone, vectors(&compiled, &images, 2)[40..60]);
        for precision in isa.precisions().into_iter().filter(|p| *p != Precision::F32) {
            let got = vectors(compiled.converted(precision).unwrap().as_ref(), &images, 1);
            for (g, w) in got.chunks_exact(20).zip(want.chunks_exact(20)) {
                let cosine = cosine(g, w);
                assert!(cosine > 0.995, "{precision:?}: {cosine}");
            }
        }
    }
}

#[test]
fn turned_and_reflected_images_have_the_same_vector() {
    let images = images(1);
    let network = network();
    let want = vectors(&network, &images, 1);
    let largest = want.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    for g in 1..8 {
        let image: Vec<f32> = images
            .chunks_exact(SIDE * SIDE)
            .flat_map(|plane| turned(plane, SIDE, g))
            .collect();
        assert_ne!(image, images);
        for (g, w) in vectors(&network, &image, 1).iter().zip(&want) {
            assert!((g - w).abs() < 2e-5 * largest, "{g}, not {w}");
        }
    }
}

#[test]
fn the_mean_over_turns_within_a_quarter_hardly_depends_on_the_angle() {
    // Two long blobs beside each other, drawn at any angle.
    let drawn = |degrees: f32| -> Vec<f32> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let middle = (SIDE as f32 - 1.0) / 2.0;
        let plane = |c: usize| {
            (0..SIDE * SIDE).map(move |i| {
                let (y, x) = ((i / SIDE) as f32 - middle, (i % SIDE) as f32 - middle);
                let (v, u) = (cos * y + sin * x, cos * x - sin * y);
                let blob = |u: f32, v: f32| (-(u * u / 40.0 + v * v / 9.0)).exp();
                3.0 * blob(u, v) + (1.0 + c as f32) * blob(v - 5.0, u - 7.0)
            })
        };
        (0..3).flat_map(plane).collect()
    };
    let compiled = |turns: usize| {
        let mut network = averaged(turns);
        assert!(
            network
                .compile(Kernels::of(Isa::available()[0]).unwrap())
                .unwrap()
        );
        network
    };
    // By burn and compiled alike.
    for (g, w) in vectors(&compiled(3), &drawn(0.0), 1)
        .iter()
        .zip(&vectors(&averaged(3), &drawn(0.0), 1))
    {
        assert!((g - w).abs() < 1e-4, "{g}, not {w}");
    }
    let apart = |turns: usize, degrees: f32| {
        let network = compiled(turns);
        let [a, b] = [0.0, degrees].map(|d| vectors(&network, &drawn(d), 1));
        a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    };
    // Half way between two turns; of random weights, which are much rougher than learnt ones.
    assert!(apart(3, 15.0) < 0.6 * apart(1, 15.0));
    assert!(apart(3, 45.0) < 0.6 * apart(1, 45.0));
    // An image that is turned by as much as the turns are apart meets the same ones.
    assert!(apart(3, 30.0) < 0.02 * apart(1, 30.0));
}

#[test]
fn it_comes_out_of_a_file_as_it_went_in_and_says_what_is_wrong_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let layout = shape().layout();
    let (weights, stats) = drawn(&shape(), 3);
    let mut tensors: Vec<_> = (layout.entries.iter())
        .map(|e| {
            (
                e.name.clone(),
                e.shape.clone(),
                bytes_of(e.of(&weights)),
                Dtype::F32,
            )
        })
        .collect();
    for (name, at) in &layout.norms {
        let (mean, variance) = at.stats(&stats);
        tensors.push((
            format!("{name}.running_mean"),
            vec![at.width()],
            bytes_of(mean),
            Dtype::F32,
        ));
        tensors.push((
            format!("{name}.running_var"),
            vec![at.width()],
            bytes_of(variance),
            Dtype::F32,
        ));
    }
    let path = folder.path().join("net.safetensors");
    write_tensors(&path, &tensors, HashMap::new()).unwrap();
    let images = images(2);
    let read = open_network(&path).unwrap();
    assert_eq!(read.short_name(), "p4m_2_4_6");
    // A file that nobody described is used as such networks are trained.
    let contract = read.usual_contract();
    assert_eq!((contract.image_px, contract.mean), (64, [0.2; 3]));
    assert_eq!(
        vectors(read.as_ref(), &images, 1),
        vectors(&network(), &images, 1)
    );
    assert!(read.check_side(SIDE + 4).unwrap_err().contains("multiple of 8"));

    let of_turns = |turns: f32| {
        let path = folder.path().join(format!("turns{turns}.safetensors"));
        let mut tensors = tensors.clone();
        tensors.push(("turns".into(), vec![1], bytes_of(&[turns]), Dtype::F32));
        write_tensors(&path, &tensors, HashMap::new()).unwrap();
        open_network(&path)
    };
    assert_eq!(
        (
            read.settings()["turns"].as_u64(),
            of_turns(3.0).unwrap().settings()["turns"].as_u64()
        ),
        (Some(1), Some(3))
    );
    for wrong in [0.0, 2.5, 1e9] {
        let said = of_turns(wrong).err().unwrap().to_string();
        assert!(said.contains("turns: 1 to 16 can be taken"), "{said}");
    }

    tensors.retain(|t| t.0 != "stages.1.blocks.1.up.bias");
    let odd = folder.path().join("odd.safetensors");
    write_tensors(&odd, &tensors, HashMap::new()).unwrap();
    let said = open_network(&odd).err().unwrap().to_string();
    assert!(
        said.contains("odd.safetensors") && said.contains("missing: stages.1.blocks.1.up.bias"),
        "{said}"
    );
}
