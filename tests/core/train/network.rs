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
    let (weights, stats) = drawn(&shape(), 3);
    P4m::new(shape().layout(), weights, stats)
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
    assert_eq!(
        vectors(read.as_ref(), &images, 1),
        vectors(&network(), &images, 1)
    );
    assert!(read.check_side(SIDE + 4).unwrap_err().contains("multiple of 8"));

    tensors.retain(|t| t.0 != "stages.1.blocks.1.up.bias");
    let odd = folder.path().join("odd.safetensors");
    write_tensors(&odd, &tensors, HashMap::new()).unwrap();
    let said = open_network(&odd).err().unwrap().to_string();
    assert!(
        said.contains("odd.safetensors") && said.contains("missing: stages.1.blocks.1.up.bias"),
        "{said}"
    );
}
