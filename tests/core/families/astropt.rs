//! AstroPT against its own package (tests/golden/astropt/make_astropt.py).

use super::{TOLERANCE, compiled, difference, golden, hold, seeded, tensors, vectors};
use crate::vit::files::cutout_of;
use astrolabel::encoder::Encoder;
use astrolabel::encoder::computation::Computation;
use astrolabel::encoder::model::astropt::spiral;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
use astrolabel::encoder::plan::isa::Precision;
use astrolabel::encoder::preprocess::Preprocessing;
use astrolabel::io::raster::Plane;

#[test]
fn vectors_match_the_package() {
    let expected = tensors(&golden("astropt", "expected"));
    for name in ["aim", "affine"] {
        let file = seeded("astropt", name);
        let network = file.network(&[]);
        assert_eq!((network.family(), network.usual_block()), ("astropt", Some(1)));
        assert_eq!(network.settings()["config"]["two_layers"], name == "aim");
        let images = file.input("image");
        let found = vectors(network.as_ref(), &images, Some(1), Pooling::MeanPatches);
        hold(&expected, name, &found);
        let all = vectors(network.as_ref(), &images, None, Pooling::MeanPatches);
        let worst = difference(&all, &expected[&format!("{name}.all")].1);
        assert!(worst <= TOLERANCE, "{name}: all blocks are off by {worst:e}");
        assert!(network.check_side(24).unwrap_err().contains("at most 30 patches"));
    }
}

#[test]
fn compiled_for_every_instruction_set_they_are_the_same() {
    for name in ["aim", "affine"] {
        compiled("astropt", name, name, Some(1));
    }
}

#[test]
fn a_spiral_ends_where_the_walk_inwards_begins() {
    assert_eq!(spiral(1), [0]);
    assert_eq!(spiral(2), [2, 3, 1, 0]);
    assert_eq!(spiral(3), [4, 3, 6, 7, 8, 5, 2, 1, 0]);
    let mut all = spiral(16);
    assert_eq!((all.len(), all[0]), (256, 8 * 16 + 7));
    all.sort_unstable();
    assert_eq!(all, (0..256).collect::<Vec<_>>());
}

/// The whole way: a picture whose axes are exchanged is exchanged back by the contract.
#[test]
fn pictures_go_the_whole_way() {
    let expected = tensors(&golden("astropt", "expected"));
    let file = seeded("astropt", "aim");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("astropt.safetensors");
    file.write(&path, &[]);
    let settings = NetworkSettings {
        block: Some(1),
        pooling: Pooling::MeanPatches,
        preprocessing: Preprocessing {
            image_px: 20,
            mean: [0.0; 3],
            std: [1.0; 3],
            full_scale: 255.0,
            swap_axes: true,
            ..Preprocessing::default()
        },
        computation: Computation {
            precision: Some(Precision::F32),
            ..Computation::default()
        },
        threads: 1,
        ..NetworkSettings::default()
    };
    let encoder = NetworkEncoder::load(&path, settings).unwrap();
    let (_, pixels) = file.input("image");
    let cutouts: Vec<_> = (pixels.chunks_exact(1200))
        .map(|image| {
            let turned = |plane: &[f32]| (0..400).map(|i| plane[i % 20 * 20 + i / 20]).collect();
            let planes = image
                .chunks_exact(400)
                .map(|p| Plane::from_pixels(20, 20, turned(p)));
            cutout_of(planes.collect(), true)
        })
        .collect();
    hold(&expected, "aim", &encoder.encode(&cutouts).unwrap());
}
