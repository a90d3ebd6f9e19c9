//! The Vision Transformer against an independent numpy reference (tests/golden/vit/make_vit.py)
//! and real weights against ONNX Runtime; its submodules test the files, the encoder, the engine.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod encoder;
mod engine;
pub mod files;
mod preprocess;
mod weights;

use crate::support;
use astrolabel::encoder::model::position::{PositionResize, resize_positions};
use astrolabel::encoder::model::vit::{Vit, VitConfig, VitError};
use astrolabel::encoder::model::vit_keys::{Family, VitKeys};
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
use astrolabel::encoder::registry::{EncoderOptions, open_encoder_in};
use astrolabel::encoder::weights::WeightsFile;
use astrolabel::encoder::{Encoder, EncoderError};
use astrolabel::io::raster::Plane;
use astrolabel::sky::cutout::Cutout;
use files::{Golden, cutout_of, golden_cases, max_difference, npz, write, write_as};
use safetensors::Dtype;
use std::path::{Path, PathBuf};

/// f32 arithmetic against f64, tokens up to 7; a wrong GELU moves them by 5e-4 at least.
const TOLERANCE: f32 = 2e-5;

fn open(path: &Path) -> Result<(Vit, VitKeys), EncoderError> {
    let mut file = WeightsFile::open(path)?;
    let keys = VitKeys::find(&file)?;
    Ok((Vit::load(&mut file, &keys)?, keys))
}

fn tokens_of(case: &Golden, path: &Path) -> (Vec<f32>, VitKeys) {
    let (vit, keys) = open(path).unwrap_or_else(|e| panic!("{}: {e}", case.name));
    let [batch, _, height, width] = case.input.shape[..] else {
        panic!("{}: an input has four dimensions", case.name)
    };
    let tokens = vit.tokens(&case.input.values(), [batch, height, width], case.block);
    (tokens.unwrap(), keys)
}

#[test]
fn tokens_match_the_reference_under_every_naming() {
    let (cases, expected) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(cases.len(), 10);
    for case in &cases {
        let path = folder.path().join("weights.safetensors");
        write(&path, &case.tensors);
        let (tokens, keys) = tokens_of(case, &path);
        let want: VitConfig = serde_json::from_value(case.config.clone()).unwrap();
        assert_eq!(keys.config, want, "{}: shape inferred", case.name);
        let family: Family = serde_json::from_value(case.family.clone()).unwrap();
        assert_eq!(keys.family, family, "{}", case.name);
        let worst = max_difference(&tokens, &expected[&format!("tokens.{}", case.name)]);
        assert!(worst <= TOLERANCE, "{}: off by {worst:e}", case.name);
    }
}

#[test]
fn half_precision_weights_give_the_same_tokens() {
    let (cases, expected) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    for (case, dtype) in [
        (&cases[0], Dtype::F16),
        (&cases[4], Dtype::BF16),
        (&cases[6], Dtype::F64),
    ] {
        let path = folder.path().join("half.safetensors");
        write_as(&path, &case.tensors, dtype);
        // The values are such that all of these types hold them exactly.
        let (tokens, _) = tokens_of(case, &path);
        let worst = max_difference(&tokens, &expected[&format!("tokens.{}", case.name)]);
        assert!(worst <= TOLERANCE, "{dtype:?}: off by {worst:e}");
    }
}

#[test]
fn images_of_one_batch_do_not_touch_each_other() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    write(&path, &cases[4].tensors);
    let (vit, _) = open(&path).unwrap();
    let input = cases[4].input.values();
    let one = input.len() / 2;
    let both = vit.tokens(&input, [2, 56, 42], None).unwrap();
    let second = vit.tokens(&input[one..], [1, 56, 42], None).unwrap();
    assert!(max_difference(&both[both.len() / 2..], &second) < 1e-5);
    // Another size in between, then back: the table of positions must follow.
    let square = vec![0.25; 3 * 28 * 28];
    assert_eq!(
        vit.tokens(&square, [1, 28, 28], None).unwrap().len(),
        (1 + 4 + 4) * 128
    );
    assert_eq!(vit.tokens(&input[one..], [1, 56, 42], None).unwrap(), second);
    assert_eq!(vit.token_count(56, 42).unwrap(), 1 + 4 + 12);
}

#[test]
fn wrong_calls_are_errors() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    write(&path, &cases[0].tensors);
    let (vit, _) = open(&path).unwrap();
    let input = vec![0.0; 3 * 28 * 28];
    let size = vit.tokens(&input, [1, 27, 28], None).unwrap_err();
    assert!(matches!(size, VitError::Size { patch_px: 14, .. }));
    let length = vit.tokens(&input, [2, 28, 28], None).unwrap_err();
    assert!(matches!(length, VitError::Length { .. }));
    let block = vit.tokens(&input, [1, 28, 28], Some(2)).unwrap_err();
    assert!(block.to_string().contains("blocks 0 to 1"), "{block}");
    assert!(vit.tokens(&[], [0, 28, 28], None).unwrap().is_empty());
}

#[test]
fn resizing_positions_keeps_a_constant_and_a_middle() {
    for antialias in [false, true] {
        for new in [(3, 3), (5, 9), (20, 2)] {
            let how = PositionResize {
                antialias,
                offset: 0.0,
            };
            let flat = resize_positions(&[2.5; 7 * 7 * 2], 2, (7, 7), new, how);
            assert_eq!(flat.len(), new.0 * new.1 * 2);
            assert!(flat.iter().all(|v| (v - 2.5).abs() < 1e-6), "{new:?}");
        }
        let ramp: Vec<f32> = (0..49).map(|i| (i % 7) as f32).collect();
        let how = PositionResize {
            antialias,
            offset: 0.0,
        };
        let shrunk = resize_positions(&ramp, 1, (7, 7), (3, 3), how);
        assert!((shrunk[4] - 3.0).abs() < 1e-6, "{}", shrunk[4]);
    }
}

pub fn models() -> Option<PathBuf> {
    let folder = std::env::var_os("ASTROLABEL_DEV_MODELS")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache/astrolabel-dev/models")))?;
    if folder.join("vit_s14_reference.npz").is_file() {
        return Some(folder);
    }
    eprintln!("skipped: no vit_s14_reference.npz in {}", folder.display());
    None
}

#[test]
fn real_weights_match_onnx_runtime() {
    let Some(folder) = models() else { return };
    let reference = npz(&folder.join("vit_s14_reference.npz"));
    let (shape, input) = &reference["input"];
    let (token_shape, expected) = &reference["tokens"];
    assert_eq!((shape[..].len(), &token_shape[..]), (4, &[4, 257, 384][..]));
    let (vit, keys) = open(&folder.join("vit_s14_saliency.safetensors")).unwrap();
    assert_eq!(keys.family, Family::Transformers);
    let config = vit.config();
    assert_eq!((config.width, config.depth, config.heads), (384, 12, 6));
    assert_eq!((config.position_grid, config.registers), (37, 0));
    let tokens = vit.tokens(input, [4, 224, 224], None).unwrap();
    let worst = max_difference(&tokens, expected);
    println!("real weights: largest difference from ONNX Runtime {worst:e}");
    assert!(worst <= 1e-4, "off by {worst:e}");
}

/// A picture as R, G, B or grey planes of 0–255.
pub fn picture(path: &Path) -> Cutout {
    let image = image::open(path).unwrap();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (bytes, count) = match image.color() {
        image::ColorType::L8 => (image.into_luma8().into_raw(), 1),
        _ => (image.into_rgb8().into_raw(), 3),
    };
    let band = |b: usize| bytes.iter().skip(b).step_by(count).map(|&v| f32::from(v));
    let bands = (0..count).map(|b| Plane::from_pixels(width, height, band(b).collect()));
    cutout_of(bands.collect(), true)
}

#[test]
fn real_pictures_match_pillow_and_onnx_runtime() {
    let Some(folder) = models() else { return };
    let Some(observations) = support::shared("real") else {
        return;
    };
    let settings = NetworkSettings {
        pooling: Pooling::ClsAndMean,
        threads: 2,
        computation: encoder::in_f32(),
        ..NetworkSettings::default()
    };
    let encoder = NetworkEncoder::load(&folder.join("vit_s14_saliency.safetensors"), settings).unwrap();
    let expected = files::tensors_of(&support::golden("vit/real.safetensors"));
    let names: Vec<&String> = expected.keys().collect();
    assert_eq!(names.len(), 8);
    let cutouts: Vec<Cutout> = (names.iter())
        .map(|name| picture(&observations.parent().unwrap().join(name)))
        .collect();
    let vectors = encoder.encode(&cutouts).unwrap();
    for (name, vector) in names.into_iter().zip(vectors.chunks_exact(768)) {
        let want = &expected[name];
        let worst = max_difference(vector, want);
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
            products.sum()
        };
        let cosine = dot(vector, want) / (dot(vector, vector) * dot(want, want)).sqrt();
        println!("{name}: {worst:e}, cosine {cosine:.7}");
        // JPEG decoders differ by up to 4 in 255 in these files (measured; on Pillow's own pixels
        // the vectors agree to 1e-5): only the direction is compared.
        if name.ends_with("png") {
            assert!(worst <= 1e-4, "{name}: off by {worst:e}");
        } else {
            assert!(cosine > 0.9995, "{name}: cosine {cosine}");
        }
    }
}

#[test]
fn the_known_real_network_opens_by_name() {
    let Some(folder) = models() else { return };
    let options = EncoderOptions {
        threads: 2,
        ..EncoderOptions::default()
    };
    let encoder = open_encoder_in("vit_s14_saliency", &options, &[folder]).unwrap();
    let spec = encoder.spec();
    assert_eq!((spec.dim, spec.keep_f32), (768, false));
    assert_eq!(spec.settings["block"], 8);
    let plane = |v: f32| Plane::from_pixels(5, 5, (0..25).map(|i| v * i as f32).collect());
    let cutouts = [1.0, 2.0, 3.0].map(|v| cutout_of(vec![plane(v), plane(7.0)], false));
    let vectors = encoder.encode(&cutouts).unwrap();
    assert_eq!(vectors.len(), 3 * 768);
    // Half precision must hold them.
    assert!(vectors.iter().all(|v| v.abs() < 6e4));
}
