//! ConvNeXt against timm (tests/golden/convnext/make_convnext.py).

use super::{TOLERANCE, difference, golden, hold, open_network, tensors, vectors};
use crate::vit::files::cutout_of;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::registry::{EncoderOptions, open_encoder_in};
use astrolabel::io::raster::Plane;

#[test]
fn vectors_match_timm_under_every_naming() {
    let expected = tensors(&golden("convnext", "expected"));
    for (name, channels) in [
        ("conv_mlp", 3),
        ("linear_grey", 1),
        ("original", 3),
        ("zoobot", 3),
    ] {
        let network = open_network(&golden("convnext", name)).unwrap();
        assert_eq!((network.family(), network.channels()), ("convnext", channels));
        let settings = network.settings();
        let config = &settings["config"];
        assert_eq!(config["widths"], serde_json::json!([8, 8, 12, 16]));
        assert_eq!(config["depths"], serde_json::json!([1, 1, 2, 1]));
        let conv_mlp = matches!(name, "conv_mlp" | "zoobot");
        assert_eq!(config["conv_mlp"], conv_mlp, "{name}");
        let naming = if name == "original" { "original" } else { "timm" };
        assert_eq!(settings["key_names"], naming);
        let images = &expected[&format!("{name}.input")];
        let found = vectors(network.as_ref(), images, None, Pooling::MeanPatches);
        hold(&expected, name, &found);
        // An image's vector doesn't depend on the other one.
        let half = images.1.len() / 2;
        let mut second = [0.0; 16];
        network
            .embed(
                &images.1[half..],
                [1, 48, 32],
                None,
                Pooling::MeanPatches,
                &mut second,
            )
            .unwrap();
        assert!(difference(&second, &found[16..]) <= 1e-6);
        let early = vectors(network.as_ref(), images, Some(2), Pooling::MeanPatches);
        let worst = difference(&early, &expected[&format!("{name}.block2")].1);
        assert!(worst <= TOLERANCE, "{name}: block 2 is off by {worst:e}");
    }
}

#[test]
fn wrong_calls_are_sentences() {
    let network = open_network(&golden("convnext", "conv_mlp")).unwrap();
    let says = |r: Result<usize, String>| r.unwrap_err();
    assert!(says(network.dim(None, Pooling::Cls)).contains("no class token"));
    assert!(says(network.dim(Some(5), Pooling::MeanPatches)).contains("blocks 0 to 4"));
    assert!(network.check_side(31).unwrap_err().contains("at least 32 px"));
    assert!(network.check_side(33).is_ok());
    let mut out = [0.0; 16];
    let short = network.embed(&[0.0; 5], [1, 32, 32], None, Pooling::MeanPatches, &mut out);
    assert!(short.unwrap_err().contains("asks for 3072"));
}

/// A published encoder is opened by its name: its description's contract, on the family its weights are.
#[test]
fn published_ones_open_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let cutout = || {
        let plane = |band: usize| (0..40 * 40).map(|i| ((i * 7 + band * 31) % 97) as f32).collect();
        cutout_of(
            (0..3).map(|b| Plane::from_pixels(40, 40, plane(b))).collect(),
            true,
        )
    };
    for (name, weights, channels) in [
        ("zoobot_convnext_nano", "conv_mlp", 3),
        ("zoobot_greyscale_convnext_nano", "linear_grey", 1),
    ] {
        let place = folder.path().join(format!("{name}.safetensors"));
        std::fs::copy(golden("convnext", weights), place).unwrap();
        let folders = [folder.path().to_path_buf()];
        let encoder = open_encoder_in(name, &EncoderOptions::default(), &folders).unwrap();
        let contract = &encoder.spec().settings["preprocessing"];
        assert_eq!(contract["mean"], serde_json::json!([0.0, 0.0, 0.0]));
        assert_eq!(contract["grey"].as_bool().unwrap_or(false), channels == 1);
        let vector = encoder.encode(&[cutout()]).unwrap();
        assert_eq!(vector.len(), 16);
        assert!(vector.iter().any(|v| v.abs() > 1e-3), "{name}: {vector:?}");
    }
    // One plane where three are meant is told, and not computed.
    let place = folder.path().join("zoobot_convnext_pico.safetensors");
    std::fs::copy(golden("convnext", "linear_grey"), place).unwrap();
    let folders = [folder.path().to_path_buf()];
    let Err(wrong) = open_encoder_in("zoobot_convnext_pico", &EncoderOptions::default(), &folders) else {
        panic!("three planes for a network of one");
    };
    assert!(
        wrong.to_string().contains("zoobot_convnext_pico.safetensors"),
        "{wrong}"
    );
}
