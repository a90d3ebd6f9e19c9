//! EfficientNet-Lite against timm (tests/golden/efficientnet/make_efficientnet.py).

use super::{TOLERANCE, difference, golden, hold, open_network, seeded, tensors, vectors};
use crate::vit::files::Spec;
use astrolabel::encoder::network::Pooling;
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
    let network = open_network(&path).unwrap();
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
}
