//! From pixels to vectors under the descriptions that come with the program, at the size the
//! published networks are used at (tests/golden/wholepath/make_wholepath.py: Pillow, numpy, timm).

use super::{Seeded, golden, hold, seeded, tensors};
use crate::vit::files::cutout_of;
use astrolabel::encoder::computation::Computation;
use astrolabel::encoder::plan::isa::Precision;
use astrolabel::encoder::registry::{EncoderOptions, open_encoder_in};
use astrolabel::io::raster::Plane;
use astrolabel::sky::cutout::Cutout;
use std::path::Path;

/// A cutout of a seeded input.
fn cutout(inputs: &Seeded, name: &str, is_picture: bool) -> Cutout {
    let (shape, values) = inputs.input(name);
    let (height, width) = (shape[1], shape[2]);
    let planes = values.chunks_exact(height * width);
    let planes = planes.map(|p| Plane::from_pixels(width, height, p.to_vec()));
    cutout_of(planes.collect(), is_picture)
}

/// The vector that the encoder called `name` makes of `cutout` with its weights in `folder`.
fn vector(name: &str, folder: &Path, cutout: Cutout) -> Vec<f32> {
    let options = EncoderOptions {
        computation: Computation {
            precision: Some(Precision::F32),
            ..Computation::default()
        },
        ..EncoderOptions::default()
    };
    let encoder = open_encoder_in(name, &options, &[folder.to_path_buf()]).unwrap();
    encoder.encode(&[cutout]).unwrap()
}

#[test]
fn pixels_become_the_vectors_their_authors_get() {
    let expected = tensors(&golden("wholepath", "expected"));
    let inputs = seeded("wholepath", "inputs");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, weights) in [
        ("zoobot_convnext_nano", "conv_mlp"),
        ("zoobot_greyscale_convnext_nano", "linear_grey"),
    ] {
        let place = folder.join(format!("{name}.safetensors"));
        std::fs::copy(golden("convnext", weights), place).unwrap();
    }
    for (name, family, weights) in [
        ("efficientnet_lite0", "efficientnet", "timm"),
        ("vit_s14_dinov2", "wholepath", "dinov2"),
        ("astroclip", "astroclip", "tiny"),
        ("astrodino", "wholepath", "astrodino"),
    ] {
        seeded(family, weights).write(&folder.join(format!("{name}.safetensors")), &[]);
    }
    for (name, encoder, input) in [
        ("zoobot_convnext_nano", "zoobot_convnext_nano", "picture"),
        (
            "zoobot_greyscale_convnext_nano",
            "zoobot_greyscale_convnext_nano",
            "picture",
        ),
        (
            "zoobot_greyscale_convnext_nano.flux",
            "zoobot_greyscale_convnext_nano",
            "flux",
        ),
        ("efficientnet_lite0", "efficientnet_lite0", "picture"),
        ("vit_s14_dinov2", "vit_s14_dinov2", "picture"),
        ("astroclip", "astroclip", "fluxes"),
        ("astrodino", "astrodino", "fluxes"),
    ] {
        let given = cutout(&inputs, input, input == "picture");
        hold(&expected, name, &vector(encoder, folder, given));
    }
}
