//! Every family on a graphics card against the processor: as good a card as there is here, software
//! too. In builds with feature `gpu`.

use super::{difference, golden, seeded, vectors};
use crate::vit::files::{golden_cases, write};
use astrolabel::encoder::Encoder;
use astrolabel::encoder::device::{ComputeDevice, Wanted, choose};
use astrolabel::encoder::model::open::open_network_on;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::registry::{EncoderOptions, open_network_encoder};
use std::path::Path;

/// Largest difference, as a share of the largest value.
const TOLERANCE: f32 = 1e-3;

/// A card, or `None` (after saying so) where there is none: such a test is skipped.
pub fn card() -> Option<ComputeDevice> {
    let choice = choose(Wanted::Card).unwrap();
    if choice.device.card().is_none() {
        eprintln!("skipped: {}", choice.note.unwrap());
        return None;
    }
    Some(choice.device)
}

/// Computes `images` on both, and holds the vectors against each other.
fn hold_card(
    name: &str,
    path: &Path,
    device: &ComputeDevice,
    images: &(Vec<usize>, Vec<f32>),
    block: Option<usize>,
    pooling: Pooling,
) {
    let [want, got] = [&ComputeDevice::Processor, device].map(|on| {
        let network = open_network_on(path, on).unwrap_or_else(|e| panic!("{name}: {e}"));
        vectors(network.as_ref(), images, block, pooling)
    });
    let largest = want.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let off = difference(&got, &want) / largest;
    println!("{name}: off by {off:e}");
    assert!(off <= TOLERANCE, "{name}: off by {off:e}");
    // No two devices round alike: the same bits would be the processor's own.
    assert_ne!(got, want, "{name}: the card was not used");
}

#[test]
fn vision_transformers_of_every_kind_agree_with_the_processor() {
    let Some(device) = card() else { return };
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    for case in &cases {
        let path = folder.path().join("w.safetensors");
        write(&path, &case.tensors);
        let images = (case.input.shape.clone(), case.input.values());
        hold_card(
            &case.name,
            &path,
            &device,
            &images,
            case.block,
            Pooling::ClsAndMean,
        );
    }
}

#[test]
fn convolutions_agree_with_the_processor() {
    let Some(device) = card() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let expected = super::tensors(&golden("convnext", "expected"));
    for name in ["conv_mlp", "linear_grey"] {
        let images = &expected[&format!("{name}.input")];
        let weights = golden("convnext", name);
        hold_card(name, &weights, &device, images, None, Pooling::MeanPatches);
    }
    let file = seeded("efficientnet", "timm");
    file.write(&path, &[]);
    let images = file.input("image");
    hold_card(
        "efficientnet",
        &path,
        &device,
        &images,
        None,
        Pooling::MeanPatches,
    );
}

#[test]
fn the_other_transformers_agree_with_the_processor() {
    let Some(device) = card() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    for (family, name, block) in [
        ("astropt", "aim", Some(1)),
        ("astropt", "affine", None),
        ("astroclip", "tiny", None),
    ] {
        let file = seeded(family, name);
        file.write(&path, &[]);
        let images = file.input("image");
        hold_card(family, &path, &device, &images, block, Pooling::MeanPatches);
    }
    seeded("aion", "tiny").write(&path, &[super::aion::LEVELS]);
    let noise = (0..2 * 9 * 32 * 32).map(|i| ((i * 37 + i / 11) % 101) as f32 / 50.0 - 1.0);
    let images = (vec![2, 9, 32, 32], noise.collect());
    hold_card("aion", &path, &device, &images, None, Pooling::MeanPatches);
}

#[test]
fn the_network_that_comes_along_agrees_with_the_processor() {
    let Some(device) = card() else { return };
    let encoder = open_network_encoder("astrolabel_s", &EncoderOptions::default()).unwrap();
    let path = encoder.spec().weights_path.clone().unwrap();
    let planes = encoder.network().channels();
    let noise = (0..3 * planes * 64 * 64).map(|i| ((i * 37 + i / 11) % 101) as f32 / 50.0 - 1.0);
    let images = (vec![3, planes, 64, 64], noise.collect());
    hold_card(
        "p4m",
        Path::new(&path),
        &device,
        &images,
        None,
        Pooling::MeanPatches,
    );
}
