//! Compiled networks against burn's path, and the choice of number format.

use super::{Isa, Kernels, Precision, Team, cosine};
use crate::support;
use crate::vit::files::{cutout_of, golden_cases, max_difference, write};
use crate::vit::{models, picture};
use astrolabel::encoder::Encoder;
use astrolabel::encoder::computation::{Computation, MEDIAN_COSINE, WORST_COSINE};
use astrolabel::encoder::model::vit::Vit;
use astrolabel::encoder::model::vit_keys::VitKeys;
use astrolabel::encoder::network::Pooling;
use astrolabel::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
use astrolabel::encoder::preprocess::Preprocessing;
use astrolabel::encoder::registry::{EncoderOptions, open_encoder_in, reopen_encoder};
use astrolabel::encoder::weights::WeightsFile;
use astrolabel::io::raster::Plane;
use astrolabel::sky::cutout::Cutout;
use std::path::Path;

fn vit(path: &Path) -> Vit {
    let mut file = WeightsFile::open(path).unwrap();
    let keys = VitKeys::find(&file).unwrap();
    Vit::load(&mut file, &keys).unwrap()
}

#[test]
fn every_kind_of_vision_transformer_gives_the_same_tokens_as_burn() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    for case in &cases {
        write(&path, &case.tensors);
        let [batch, _, height, width] = case.input.shape[..] else {
            panic!("{}: an input has four dimensions", case.name)
        };
        let (input, shape) = (case.input.values(), [batch, height, width]);
        let want = vit(&path).tokens(&input, shape, case.block).unwrap();
        let largest = want.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        for isa in Isa::available() {
            let mut compiled = vit(&path);
            compiled.compile(Kernels::of(isa).unwrap()).unwrap();
            for lanes in [1, 3] {
                let team = Team::new(lanes).unwrap();
                let got = compiled.tokens_on(&team, &input, shape, case.block).unwrap();
                let off = max_difference(&got, &want) / largest;
                assert!(off <= 1e-5, "{} {}: off by {off:e}", case.name, isa.name());
            }
            for precision in isa.precisions().into_iter().skip(1) {
                let rough = compiled.converted(precision).unwrap();
                let got = rough.tokens(&input, shape, case.block).unwrap();
                let cosine = cosine(&got, &want);
                // Tiny random networks are rougher than real ones, which are held to 0.999 below.
                let said = format!("{} {} {precision:?}: cosine {cosine}", case.name, isa.name());
                assert!(cosine > 0.9985, "{said}");
                assert_ne!(got, want, "{precision:?} was not used");
            }
        }
    }
}

fn settings(computation: Computation) -> NetworkSettings {
    NetworkSettings {
        pooling: Pooling::ClsAndMean,
        preprocessing: Preprocessing {
            image_px: 56,
            ..Preprocessing::default()
        },
        threads: 2,
        computation,
        ..NetworkSettings::default()
    }
}

fn forced(precision: Precision) -> Computation {
    Computation {
        precision: Some(precision),
        ..Computation::default()
    }
}

#[test]
fn the_manifest_says_in_what_numbers_vectors_were_made() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    write(&path, &cases[4].tensors);
    let load = |computation| NetworkEncoder::load(&path, settings(computation));
    let generic = load(Computation {
        generic: true,
        ..Computation::default()
    })
    .unwrap();
    assert_eq!(generic.spec().settings["precision"], "f32");
    assert_eq!((generic.chosen().isa, generic.chosen().precision), (None, None));
    let plane = |i: usize| (0..400).map(|p| ((p * 7 + i * 31) % 97) as f32).collect();
    let cutouts: Vec<Cutout> = (0..5)
        .map(|i| cutout_of(vec![Plane::from_pixels(20, 20, plane(i))], false))
        .collect();
    let want = generic.encode(&cutouts).unwrap();
    let known = Isa::best().map_or(vec![Precision::F32], Isa::precisions);
    for &precision in &known {
        let encoder = load(forced(precision)).unwrap();
        assert_eq!(encoder.spec().settings["precision"], precision.name());
        let got = encoder.encode(&cutouts).unwrap();
        let least = (got.chunks_exact(256).zip(want.chunks_exact(256)))
            .map(|(g, w)| cosine(g, w))
            .fold(1.0, f64::min);
        assert!(least > 0.995, "{precision:?}: cosine {least}");
        // One image at a time, shared between cores, or five: the same bits.
        let alone: Vec<f32> = (cutouts.iter())
            .flat_map(|c| encoder.encode(std::slice::from_ref(c)).unwrap())
            .collect();
        assert_eq!(alone, got, "{precision:?}");
        let again = reopen_encoder(encoder.spec(), 1).unwrap();
        assert_eq!(again.spec(), encoder.spec());
        assert_eq!(again.encode(&cutouts).unwrap(), got);
    }
    let auto = load(Computation::default()).unwrap();
    let chosen = auto.chosen();
    if known.len() > 1 {
        assert_eq!(chosen.tried[0].precision, known[known.len() - 1]);
        let taken = chosen.tried.iter().find(|t| t.passes()).map(|t| t.precision);
        assert_eq!(chosen.precision, taken.or(Some(Precision::F32)), "{chosen:?}");
    }
    let mut old = generic.spec().clone();
    old.settings.as_object_mut().unwrap().remove("precision");
    let old = reopen_encoder(&old, 1).unwrap();
    assert_eq!(
        old.spec().settings["precision"],
        "f32",
        "runs from before there was a choice"
    );
}

#[test]
fn what_the_processor_lacks_is_refused_with_what_it_has() {
    let (cases, _) = golden_cases();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    write(&path, &cases[0].tensors);
    let load = |computation| NetworkEncoder::load(&path, settings(computation)).err();
    let generic = Computation {
        generic: true,
        ..forced(Precision::Int8)
    };
    let error = load(generic).unwrap().to_string();
    assert!(error.contains("int8") && error.contains("f32 only"), "{error}");
    for isa in [Isa::Neon, Isa::Avx2] {
        let asked = Computation {
            isa: Some(isa),
            ..forced(Precision::Bf16)
        };
        let error = load(asked).unwrap().to_string();
        assert!(error.contains(isa.name()), "{error}");
    }
}

/// The issue's own measure: real pictures, real weights, as the encoder is known.
#[test]
fn few_bits_are_enough_on_real_pictures() {
    let (Some(folder), Some(real)) = (models(), support::shared("real")) else {
        return;
    };
    let mut paths = Vec::new();
    for set in [
        "galaxy_zoo_2_sdss",
        "euclid_q1_mergers",
        "first_radio",
        "star_galaxy",
    ] {
        let Ok(entries) = std::fs::read_dir(real.join(set).join("images")) else {
            continue;
        };
        let mut all: Vec<_> = entries.flatten().map(|e| e.path()).collect();
        all.sort();
        let step = (all.len() / 12).max(1);
        paths.extend(all.into_iter().step_by(step).take(12));
    }
    let cutouts: Vec<Cutout> = paths.iter().map(|p| picture(p)).collect();
    let open = |precision| {
        let options = EncoderOptions {
            threads: 2,
            computation: forced(precision),
            ..EncoderOptions::default()
        };
        open_encoder_in("vit_s14_saliency", &options, std::slice::from_ref(&folder)).unwrap()
    };
    let exact = open(Precision::F32).encode(&cutouts).unwrap();
    for precision in Isa::best()
        .map_or(Vec::new(), Isa::precisions)
        .into_iter()
        .skip(1)
    {
        let rough = open(precision).encode(&cutouts).unwrap();
        let mut cosines: Vec<f64> = (exact.chunks_exact(768).zip(rough.chunks_exact(768)))
            .map(|(a, b)| cosine(a, b))
            .collect();
        cosines.sort_by(f64::total_cmp);
        let (median, worst) = (cosines[cosines.len() / 2], cosines[0]);
        println!(
            "{precision:?} on {} pictures: median {median:.5}, worst {worst:.5}",
            cosines.len()
        );
        assert!(median >= MEDIAN_COSINE && worst >= WORST_COSINE);
    }
}
