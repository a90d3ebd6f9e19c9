//! EfficientNet-Lite against timm (tests/golden/efficientnet/make_efficientnet.py).

use super::{TOLERANCE, compiled, difference, golden, hold, open_network, seeded, tensors, vectors};
use crate::vit::files::Spec;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
use astrolabel::encoder::plan::isa::Isa;
use astrolabel::encoder::plan::kernels::Kernels;
use std::path::Path;

#[test]
fn vectors_match_timm_under_both_namings() {
    let expected = tensors(&golden("efficientnet", "expected"));
    for naming in ["timm", "original"] {
        let file = seeded("efficientnet", naming);
        let network = file.network(&[]);
        assert_eq!((network.family(), network.blocks()), ("efficientnet_lite", 9));
        assert_eq!(network.settings()["key_names"], naming);
        let images = file.input("image");
        let found = vectors(network.as_ref(), &images, None, Pooling::MeanPatches);
        hold(&expected, "tiny", &found);
        let early = vectors(network.as_ref(), &images, Some(2), Pooling::MeanPatches);
        let worst = difference(&early, &expected["tiny.block2"].1);
        assert!(worst <= TOLERANCE, "{naming}: block 2 is off by {worst:e}");
    }
}

#[test]
fn compiled_for_every_instruction_set_they_are_the_same() {
    compiled("efficientnet", "timm", "tiny", None);
}

/// Images whose lines and columns no window divides, after any block.
#[test]
fn compiled_networks_take_images_of_any_size() {
    let file = seeded("efficientnet", "timm");
    for (side, block) in [([45, 38], None), ([33, 70], Some(2)), ([64, 51], Some(5))] {
        let spec = Spec {
            shape: vec![2, 3, side[0], side[1]],
            seed: 5,
            first: 0,
            scale: 1.0 / 64.0,
            shift: 0.0,
        };
        let images = (spec.shape.clone(), spec.values());
        let generic = vectors(file.network(&[]).as_ref(), &images, block, Pooling::MeanPatches);
        for isa in Isa::available() {
            let mut network = file.network(&[]);
            assert!(network.compile(Kernels::of(isa).unwrap()).unwrap());
            let found = vectors(network.as_ref(), &images, block, Pooling::MeanPatches);
            let worst = difference(&found, &generic);
            let largest = generic.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            assert!(
                worst <= 1e-5 * largest,
                "{} {side:?}: {worst:e} of {largest}",
                isa.name()
            );
        }
    }
}

#[test]
fn the_real_lite0_matches_timm() {
    let folder = std::env::var_os("ASTROLABEL_DEV_MODELS").map(std::path::PathBuf::from);
    let folder =
        folder.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache/astrolabel-dev/models")));
    let Some(path) = folder
        .map(|f| f.join("efficientnet_lite0.pth"))
        .filter(|p| p.is_file())
    else {
        eprintln!("skipped: no efficientnet_lite0.pth");
        return;
    };
    let mut network = open_network(&path).unwrap();
    assert_eq!(network.short_name(), "efficientnet_lite0");
    let image = Spec {
        shape: vec![1, 3, 224, 224],
        seed: 77,
        first: 0,
        scale: 1.0 / 64.0,
        shift: 0.0,
    };
    let images = (image.shape.clone(), image.values());
    let found = vectors(network.as_ref(), &images, None, Pooling::MeanPatches);
    let expected = tensors(&golden("efficientnet", "expected"));
    let worst = difference(&found, &expected["real.output"].1);
    println!("real Lite0: off by {worst:e}");
    assert!(worst <= TOLERANCE, "off by {worst:e}");
    if let Some(kernels) = Isa::best().and_then(Kernels::of) {
        assert!(network.compile(kernels).unwrap());
        let found = vectors(network.as_ref(), &images, None, Pooling::MeanPatches);
        let worst = difference(&found, &expected["real.output"].1);
        println!("real Lite0, compiled: off by {worst:e}");
        assert!(worst <= TOLERANCE, "compiled: off by {worst:e}");
        // Bytes are good enough for it, since its narrow layers are more exact.
        let settings = NetworkSettings {
            pooling: Pooling::MeanPatches,
            ..NetworkSettings::default()
        };
        let encoder = NetworkEncoder::load(&path, settings).unwrap();
        println!("real Lite0: {}", encoder.chosen().sentence());
        let fastest = kernels.isa.precisions().pop();
        assert_eq!(
            encoder.chosen().precision,
            fastest,
            "{:?}",
            encoder.chosen().tried
        );
    }
}
