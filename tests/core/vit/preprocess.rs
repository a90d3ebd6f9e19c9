//! Cutouts to pictures, against numpy and Pillow.

use super::files::{Spec, cutout_of, max_difference, tensors_of};
use crate::support;
use astrolabel::encoder::preprocess::{Preprocessing, Resample};
use astrolabel::io::raster::{Origin, Plane};
use astrolabel::sky::cutout::{Cutout, CutoutFlags};

#[test]
fn pictures_match_numpy_and_pillow() {
    let text = std::fs::read_to_string(support::golden("vit/cases.json")).unwrap();
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected = tensors_of(&support::golden("vit/expected.safetensors"));
    let cases = cases["pictures"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let bands: Vec<Plane> = (case["bands"].as_array().unwrap().iter())
            .map(|band| {
                let spec: Spec = serde_json::from_value(band["values"].clone()).unwrap();
                let mut pixels = spec.values();
                for at in band["bright"].as_array().unwrap() {
                    pixels[at.as_u64().unwrap() as usize] *= 40.0;
                }
                match band["dead"].as_array() {
                    Some(dead) => dead
                        .iter()
                        .for_each(|at| pixels[at.as_u64().unwrap() as usize] = f32::NAN),
                    None => pixels.fill(f32::NAN),
                }
                Plane::from_pixels(spec.shape[1], spec.shape[0], pixels)
            })
            .collect();
        let cutout = Cutout {
            band_names: vec!["b".into(); bands.len()],
            bands,
            origin: if case["top_row_first"].as_bool().unwrap() {
                Origin::TopLeft
            } else {
                Origin::BottomLeft
            },
            is_picture: case["is_picture"].as_bool().unwrap(),
            pixel_scale_arcsec: None,
            flags: CutoutFlags(0),
        };
        let side = case["side"].as_u64().unwrap() as usize;
        let contract = Preprocessing {
            image_px: side,
            resample: serde_json::from_value(case["resample"].clone()).unwrap(),
            ..Preprocessing::default()
        };
        let mut out = vec![0.0; 3 * side * side];
        contract.apply(&cutout, &mut out).unwrap();
        let name = case["name"].as_str().unwrap();
        let worst = max_difference(&out, &expected[&format!("picture.{name}")]);
        assert!(worst < 2e-5, "{name}: off by {worst:e}");
    }
}

#[test]
fn preprocessing_survives_what_data_can_bring() {
    let contract = Preprocessing {
        image_px: 28,
        resample: Resample::AntialiasedBilinear,
        ..Preprocessing::default()
    };
    let mut out = vec![0.0; 3 * 28 * 28];
    for value in [0.0, f32::NAN, f32::INFINITY, f32::MAX, f32::MIN, 1e-40] {
        for (w, h, bands) in [(1, 1, 1), (3, 50, 2), (300, 2, 4)] {
            let mut plane = Plane::filled(w, h, value);
            plane.pixels[0] = f32::MIN;
            for picture in [false, true] {
                let cutout = cutout_of(vec![plane.clone(); bands], picture);
                contract.apply(&cutout, &mut out).unwrap();
                assert!(out.iter().all(|v| v.is_finite()), "{value} {w}x{h}");
            }
        }
    }
    let uneven = cutout_of(vec![Plane::filled(3, 3, 0.0), Plane::filled(3, 4, 0.0)], false);
    assert!(contract.apply(&uneven, &mut out).is_err());
    assert!(contract.apply(&cutout_of(vec![], false), &mut out).is_err());
    assert!(
        contract
            .apply(&cutout_of(vec![Plane::filled(0, 0, 0.0)], false), &mut out)
            .is_err()
    );
}
