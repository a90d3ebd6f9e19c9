//! What networks see, against Pillow, torch and numpy (tests/golden/preprocess/make_preprocess.py).

use super::{Seeded, Tensors, difference, golden, hold, seeded, tensors};
use crate::vit::files::cutout_of;
use astrolabel::encoder::preprocess::{Becomes, FluxStretch, Fluxes, Preprocessing, Resample};
use astrolabel::io::raster::{Origin, Plane};
use astrolabel::sky::cutout::Cutout;

fn files() -> (Seeded, Tensors) {
    (
        seeded("preprocess", "inputs"),
        tensors(&golden("preprocess", "expected")),
    )
}

fn cutout(file: &Seeded, name: &str, is_picture: bool) -> Cutout {
    let (shape, mut values) = file.input(name);
    let (height, width) = (shape[1], shape[2]);
    if name == "astroclip" {
        for plane in values.chunks_exact_mut(height * width) {
            for (y, x) in (17..21).flat_map(|y| (17..21).map(move |x| (y, x))) {
                plane[y * width + x] *= 20.0;
            }
        }
    }
    let planes = values.chunks_exact(height * width);
    let planes = planes.map(|p| Plane::from_pixels(width, height, p.to_vec()));
    cutout_of(planes.collect(), is_picture)
}

fn seen(contract: &Preprocessing, cutout: &Cutout) -> Vec<f32> {
    contract.check().unwrap();
    let mut out = vec![0.0; contract.channels() * contract.image_px * contract.image_px];
    contract.apply(cutout, &mut out).unwrap();
    out
}

fn zoobot() -> Preprocessing {
    Preprocessing {
        image_px: 24,
        mean: [0.0; 3],
        std: [1.0; 3],
        resample: Resample::AntialiasedBilinear,
        zoom: 1.2,
        ..Preprocessing::default()
    }
}

fn astroclip() -> Preprocessing {
    Preprocessing {
        image_px: 36,
        crop_px: Some(36),
        swap_axes: true,
        fluxes: Some(Fluxes {
            bands: ["g", "r", "z"].map(String::from).to_vec(),
            unit: "nanomaggies".into(),
            pixel_scale_arcsec: 0.262,
            becomes: Becomes::Colours {
                gains: vec![6.0, 3.4, 2.2],
                offset: 0.03,
                q: 20.0,
            },
        }),
        ..Preprocessing::default()
    }
}

#[test]
fn zoobot_sees_what_pillow_makes() {
    let (file, expected) = files();
    let picture = cutout(&file, "zoobot", true);
    hold(&expected, "zoobot", &seen(&zoobot(), &picture));
    let grey = Preprocessing {
        grey: true,
        ..zoobot()
    };
    hold(&expected, "zoobot_grey", &seen(&grey, &picture));
    let plain = Preprocessing {
        resample: Resample::PlainBilinear,
        zoom: 1.0,
        ..zoobot()
    };
    hold(&expected, "plain", &seen(&plain, &picture));
    let fluxes = Preprocessing {
        image_px: 30,
        zoom: 1.0,
        grey: true,
        flux_stretch: FluxStretch {
            low_percentile: 0.0,
            high_percentile: 99.7,
            asinh_softening: 1.0,
            unscaled: true,
        },
        ..zoobot()
    };
    hold(
        &expected,
        "zoobot_flux",
        &seen(&fluxes, &cutout(&file, "zoobot_flux", false)),
    );
}

#[test]
fn astroclip_sees_colours_and_astropt_the_picture_with_axes_exchanged() {
    let (file, expected) = files();
    let fluxes = cutout(&file, "astroclip", false);
    let found = seen(&astroclip(), &fluxes);
    hold(&expected, "astroclip", &found);
    // Bands are found by name, whatever stands around it and in whatever order.
    let mut shuffled = fluxes.clone();
    shuffled.bands.swap(0, 2);
    shuffled.band_names = ["decam.Z", "r", "DES-G"].map(String::from).to_vec();
    assert_eq!(seen(&astroclip(), &shuffled), found);
    // Rows in the file's order: a cutout from a FITS file isn't turned over.
    let mut file_order = fluxes;
    file_order.origin = Origin::BottomLeft;
    let bottom = Preprocessing {
        bottom_row_first: true,
        ..astroclip()
    };
    assert_eq!(seen(&bottom, &file_order), found);
    assert!(difference(&seen(&astroclip(), &file_order), &found) > 0.1);
    let raw = Preprocessing {
        image_px: 20,
        mean: [0.0; 3],
        std: [1.0; 3],
        full_scale: 255.0,
        swap_axes: true,
        ..Preprocessing::default()
    };
    hold(&expected, "astropt", &seen(&raw, &cutout(&file, "astropt", true)));
}

#[test]
fn what_a_contract_does_not_say_is_not_in_a_manifest() {
    let kept = serde_json::to_string(&Preprocessing::default()).unwrap();
    let before = r#"{"image_px":224,"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225],"resample":"antialiased_bicubic","flux_stretch":{"low_percentile":0.5,"high_percentile":99.7,"asinh_softening":0.1}}"#;
    assert_eq!(kept, before, "runs made before would get another name");
    let again: Preprocessing = serde_json::from_str(before).unwrap();
    assert_eq!(again, Preprocessing::default());
    let full = serde_json::to_string(&astroclip()).unwrap();
    assert_eq!(serde_json::from_str::<Preprocessing>(&full).unwrap(), astroclip());
    let says = |change: &dyn Fn(&mut Preprocessing)| {
        let mut contract = astroclip();
        change(&mut contract);
        contract.check().unwrap_err()
    };
    assert!(says(&|c| c.zoom = 0.5).contains("zoom"));
    assert!(says(&|c| c.crop_px = Some(0)).contains("crop_px"));
    assert!(says(&|c| c.fluxes.as_mut().unwrap().bands.truncate(2)).contains("three bands"));
}
