//! AION-1 against its own package (tests/golden/aion/make_aion.py): the whole way from fluxes.

use super::{Seeded, golden, hold, seeded, tensors};
use crate::vit::files::cutout_of;
use astrolabel::encoder::Encoder;
use astrolabel::encoder::computation::{Computation, cosine};
use astrolabel::encoder::model::open::open_network;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
use astrolabel::encoder::plan::isa::{Isa, Precision};
use astrolabel::encoder::preprocess::{Becomes, Fluxes, Preprocessing};
use astrolabel::io::raster::Plane;
use astrolabel::sky::cutout::Cutout;

pub const LEVELS: (&str, &[i32]) = ("codec._quantizer.levels", &[4, 3]);

fn contract(survey: &str) -> Preprocessing {
    let hsc = survey == "hsc";
    let bands: &[&str] = if hsc {
        &["g", "r", "i", "z", "y"]
    } else {
        &["g", "r", "i", "z"]
    };
    Preprocessing {
        image_px: 32,
        crop_px: Some(32),
        fluxes: Some(Fluxes {
            bands: bands.iter().map(|b| (*b).to_string()).collect(),
            unit: "nanomaggies".into(),
            pixel_scale_arcsec: 0.262,
            becomes: Becomes::Compressed {
                planes: 9,
                slots: if hsc { (0..5).collect() } else { (5..9).collect() },
                clip: match hsc {
                    true => vec![80.0, 110.0, 200.0, 330.0, 500.0],
                    false => vec![6.0, 15.0, 20.0, 25.0],
                },
                divisor: if hsc { 10f64.powf(4.5 / 2.5) } else { 1.0 },
                softening: 0.01,
                gain: 10.0,
            },
        }),
        ..Preprocessing::default()
    }
}

/// The golden fluxes with their bright centre.
fn cutouts(file: &Seeded, survey: &str) -> Vec<Cutout> {
    let (shape, mut values) = file.input(survey);
    let (height, width) = (shape[2], shape[3]);
    for plane in values.chunks_exact_mut(height * width) {
        for (y, x) in (18..22).flat_map(|y| (16..20).map(move |x| (y, x))) {
            plane[y * width + x] *= 60.0;
        }
    }
    (values.chunks_exact(shape[1] * height * width))
        .map(|image| {
            let planes = image.chunks_exact(height * width);
            let planes = planes.map(|p| Plane::from_pixels(width, height, p.to_vec()));
            cutout_of(planes.collect(), false)
        })
        .collect()
}

#[test]
fn fluxes_of_both_surveys_go_the_whole_way() {
    let expected = tensors(&golden("aion", "expected"));
    let file = seeded("aion", "tiny");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aion.safetensors");
    file.write(&path, &[LEVELS]);
    for survey in ["legacy", "hsc"] {
        let settings = NetworkSettings {
            pooling: Pooling::MeanPatches,
            preprocessing: contract(survey),
            threads: 2,
            computation: Computation {
                precision: Some(Precision::F32),
                ..Computation::default()
            },
            ..NetworkSettings::default()
        };
        let auto = NetworkSettings {
            computation: Computation::default(),
            ..settings.clone()
        };
        let generic = NetworkSettings {
            computation: Computation {
                generic: true,
                ..Computation::default()
            },
            ..settings.clone()
        };
        let of = |settings| NetworkEncoder::load(&path, settings).unwrap();
        let generic = of(generic).encode(&cutouts(&file, survey)).unwrap();
        hold(&expected, survey, &generic);
        // Whatever passes the check as it is loaded, on pictures of this contract's bands.
        let auto = of(auto);
        assert_eq!(auto.chosen().isa, Isa::best());
        let rough = auto.encode(&cutouts(&file, survey)).unwrap();
        assert!(cosine(&rough, &generic) > 0.999, "{:?}", auto.chosen());
        let encoder = NetworkEncoder::load(&path, settings).unwrap();
        assert_eq!(encoder.network().family(), "aion");
        let found = encoder.encode(&cutouts(&file, survey)).unwrap();
        hold(&expected, survey, &found);
        let mut picture = cutouts(&file, survey).remove(0);
        picture.is_picture = true;
        let error = encoder.encode(&[picture]).unwrap_err().to_string();
        assert!(error.contains("a picture of 0 to 255 can't be used"), "{error}");
        let mut one = cutouts(&file, survey).remove(0);
        one.bands.truncate(1);
        let error = encoder.encode(&[one]).unwrap_err().to_string();
        assert!(error.contains("of the bands g, r, i, z"), "{error}");
    }
}

#[test]
fn the_codec_may_lie_beside_and_is_asked_for() {
    let file = seeded("aion", "tiny");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aion.safetensors");
    let mut codec = Seeded {
        tensors: Default::default(),
        inputs: Default::default(),
    };
    let mut network = seeded("aion", "tiny");
    for (name, spec) in &file.tensors {
        if let Some(name) = name.strip_prefix("codec.") {
            codec.tensors.insert(name.into(), spec.clone());
            network.tensors.remove(&format!("codec.{name}"));
        }
    }
    network.write(&path, &[]);
    let error = open_network(&path).err().unwrap().to_string();
    assert!(error.contains("aion.codec.safetensors"), "{error}");
    codec.write(
        &folder.path().join("aion.codec.safetensors"),
        &[("_quantizer.levels", &[4, 3])],
    );
    let beside = open_network(&path).unwrap();
    assert!(beside.settings()["codec_sha256"].is_string());
    assert!(beside.check_side(96).unwrap_err().contains("must be 32 px"));
    // Another number of codes: the two don't belong together.
    codec.write(
        &folder.path().join("aion.codec.safetensors"),
        &[("_quantizer.levels", &[4, 4])],
    );
    let error = open_network(&path).err().unwrap().to_string();
    assert!(
        error.contains("has 12 codes, but its image codec makes 16"),
        "{error}"
    );
}
