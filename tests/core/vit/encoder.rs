//! The network as an encoder, and encoders by name.

use super::files::{cutout_of, golden_cases, max_difference, write};
use super::open;
use astrolabel::encoder::Encoder;
use astrolabel::encoder::computation::Computation;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
use astrolabel::encoder::plan::isa::Precision;
use astrolabel::encoder::preprocess::Preprocessing;
use astrolabel::encoder::registry::{EncoderOptions, describe, encoder_names, open_encoder, open_encoder_in};
use astrolabel::encoder::weights::sha256_of_file;
use astrolabel::io::raster::Plane;
use astrolabel::sky::cutout::Cutout;

/// The tests here compare values, not directions.
pub fn in_f32() -> Computation {
    Computation {
        precision: Some(Precision::F32),
        ..Computation::default()
    }
}

fn tiny_settings(pooling: Pooling) -> NetworkSettings {
    NetworkSettings {
        pooling,
        preprocessing: Preprocessing {
            image_px: 56,
            ..Preprocessing::default()
        },
        threads: 2,
        computation: in_f32(),
        ..NetworkSettings::default()
    }
}

fn some_cutouts(count: usize) -> Vec<Cutout> {
    (0..count)
        .map(|i| {
            let pixels = (0..20 * 20).map(|p| ((p * 7 + i * 31) % 97) as f32).collect();
            cutout_of(vec![Plane::from_pixels(20, 20, pixels)], false)
        })
        .collect()
}

#[test]
fn vectors_are_the_pooled_tokens_of_the_prepared_pictures() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    write(&path, &cases[4].tensors); // four registers, which the mean must leave out
    let cutouts = some_cutouts(19);
    let settings = tiny_settings(Pooling::ClsAndMean);
    let encoder = NetworkEncoder::load(&path, settings.clone()).unwrap();
    let vectors = encoder.encode(&cutouts).unwrap();
    assert_eq!((encoder.spec().dim, vectors.len()), (256, 19 * 256));
    let (vit, _) = open(&path).unwrap();
    for (cutout, vector) in cutouts.iter().zip(vectors.chunks_exact(256)) {
        let mut input = vec![0.0; 3 * 56 * 56];
        settings.preprocessing.apply(cutout, &mut input).unwrap();
        let tokens = vit.tokens(&input, [1, 56, 56], None).unwrap();
        let patches = &tokens[5 * 128..];
        let mean: Vec<f32> = (0..128)
            .map(|c| (0..16).map(|t| patches[t * 128 + c]).sum::<f32>() / 16.0)
            .collect();
        assert!(max_difference(&vector[..128], &tokens[..128]) < 1e-5);
        assert!(max_difference(&vector[128..], &mean) < 1e-5);
    }
    for (pooling, part) in [(Pooling::Cls, 0), (Pooling::MeanPatches, 128)] {
        let one = NetworkEncoder::load(&path, tiny_settings(pooling)).unwrap();
        let vector = one.encode(&cutouts[..1]).unwrap();
        assert!(max_difference(&vector, &vectors[part..part + 128]) < 1e-5);
    }
    assert!(encoder.encode(&[]).unwrap().is_empty());
}

#[test]
fn the_manifest_says_what_made_the_vectors() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    write(&path, &cases[6].tensors);
    let mut settings = tiny_settings(Pooling::Cls);
    settings.block = Some(1);
    let encoder = NetworkEncoder::load(&path, settings.clone()).unwrap();
    let spec = encoder.spec();
    assert_eq!(spec.weights_path.as_deref(), path.to_str());
    assert_eq!(spec.weights_sha256, Some(sha256_of_file(&path).unwrap()));
    assert_eq!(spec.settings["block"], 1);
    assert_eq!(spec.settings["pooling"], "cls");
    let kept = spec.settings["preprocessing"].clone();
    let kept: Preprocessing = serde_json::from_value(kept).unwrap();
    assert_eq!(kept, settings.preprocessing);
    settings.block = Some(2);
    let error = NetworkEncoder::load(&path, settings.clone()).err().unwrap();
    assert!(error.to_string().contains("blocks 0 to 1"), "{error}");
    settings.block = None;
    settings.preprocessing.image_px = 50;
    let error = NetworkEncoder::load(&path, settings).err().unwrap();
    assert!(error.to_string().contains("multiple"), "{error}");
}

#[test]
fn less_memory_means_fewer_images_at_once_and_the_same_vectors() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    write(&path, &cases[4].tensors);
    let encoder = NetworkEncoder::load(&path, tiny_settings(Pooling::Cls)).unwrap();
    let cutouts = some_cutouts(19);
    let plenty = encoder.encode(&cutouts).unwrap();
    assert_eq!(encoder.fit(1 << 40).unwrap(), None);
    let planes = 4 * 3 * 56 * 56;
    let each = (encoder.network().image_bytes(56, 56) + planes) as u64;
    assert!(each > planes as u64);
    let less = encoder.fit(3 * each).unwrap().unwrap();
    assert!(less.contains("for 3 images at once instead of 16"), "{less}");
    assert_eq!(encoder.encode(&cutouts).unwrap(), plenty);
    encoder.fit(each).unwrap().unwrap();
    assert_eq!(encoder.encode(&cutouts).unwrap(), plenty);
    let none = encoder.fit(each - 1).unwrap_err().to_string();
    assert!(
        none.contains("one image of 56 px needs about") && none.contains("smaller network"),
        "{none}"
    );
}

#[test]
fn sha256_is_the_standards() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc");
    std::fs::write(&path, b"abc").unwrap();
    // FIPS 180-4's example.
    let want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256_of_file(&path).unwrap(), want);
}

#[test]
fn descriptions_are_complete_and_names_are_found() {
    for name in encoder_names().into_iter().skip(1) {
        let known = describe(name).unwrap().unwrap();
        assert_eq!(known.name, name);
        assert!(known.preprocessing.check().is_ok());
        assert!(!known.licence.is_empty() && !known.citation.is_empty());
    }
    let folder = tempfile::tempdir().unwrap();
    let folders = [folder.path().to_path_buf()];
    let options = EncoderOptions::default();
    let missing = open_encoder_in("vit_b14_dinov2", &options, &folders).err();
    let missing = missing.unwrap().to_string();
    let place = folder.path().join("vit_b14_dinov2.safetensors");
    assert!(missing.starts_with(place.to_str().unwrap()), "{missing}");
    assert!(
        missing.contains("huggingface.co/facebook/dinov2-base"),
        "{missing}"
    );
    let unknown = open_encoder("resnet", &options).err().unwrap().to_string();
    assert!(unknown.contains("vit_s14_dinov2"), "{unknown}");
    // A path: here a file under a known name, opened both ways.
    let (cases, _) = golden_cases();
    let path = folder.path().join("vit_s14_dinov2.safetensors");
    write(&path, &cases[6].tensors);
    let by_path = open_encoder(path.to_str().unwrap(), &options).unwrap();
    let by_name = open_encoder_in("vit_s14_dinov2", &options, &folders).unwrap();
    assert_eq!(by_path.spec().name, "vit_128w14");
    assert_eq!(by_name.spec().name, "vit_s14_dinov2");
    // Patches of 12 don't fit in 224 px: the size is that of the positions, 5 x 5 patches.
    let mut twelve = cases[6].tensors.clone();
    for (key, spec) in &mut twelve {
        if key.ends_with("projection.weight") {
            spec.shape = vec![128, 3, 12, 12];
        }
    }
    let other = folder.path().join("patch12.safetensors");
    write(&other, &twelve);
    let other = open_encoder(other.to_str().unwrap(), &options).unwrap();
    assert_eq!(other.spec().settings["preprocessing"]["image_px"], 60);
    let one = some_cutouts(1);
    assert_eq!(by_path.encode(&one).unwrap(), by_name.encode(&one).unwrap());
}
