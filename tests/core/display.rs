//! Display against astropy.visualization, numpy and matplotlib's tables (tests/golden/display).

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its golden file should fail"
)]

use crate::support;
use astrolabel::display::colormap::colour_of;
use astrolabel::display::rgb::make_lupton_rgb;
use astrolabel::display::stretch::{contrast_bias, histogram_equalised};
use astrolabel::display::{
    Colormap, ColourMode, Limits, RgbImage, Stretch, StretchRecipe, montage, render, to_unit_planes,
};
use astrolabel::io::raster::{Origin, Plane};
use astrolabel::sky::cutout::{Cutout, CutoutFlags};
use serde_json::Value;

fn golden(name: &str) -> Value {
    let path = support::golden(&format!("display/{name}"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Numbers of a JSON list; null is NaN.
fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap_or(f64::NAN))
        .collect()
}

fn pixels(value: &Value) -> Vec<f32> {
    numbers(value).iter().map(|&v| v as f32).collect()
}

fn cutout(bands: Vec<Plane>, origin: Origin, is_picture: bool) -> Cutout {
    Cutout {
        band_names: (0..bands.len()).map(|i| format!("b{i}")).collect(),
        bands,
        origin,
        is_picture,
        pixel_scale_arcsec: None,
        flags: CutoutFlags::default(),
    }
}

#[test]
fn stretches_agree_with_astropy() {
    let golden = golden("display.json");
    let x = numbers(&golden["x"]);
    let all = [
        ("linear", Stretch::Linear),
        ("sqrt", Stretch::Sqrt),
        ("squared", Stretch::Squared),
        ("log", Stretch::LOG),
        ("log_10", Stretch::Log { a: 10.0 }),
        ("asinh", Stretch::ASINH),
        ("asinh_0.003", Stretch::Asinh { a: 0.003 }),
        ("sinh", Stretch::SINH),
        ("power_0.4", Stretch::Power { gamma: 0.4 }),
        ("power_3", Stretch::Power { gamma: 3.0 }),
    ];
    assert_eq!(all.len(), golden["curves"].as_object().unwrap().len());
    for (name, stretch) in all {
        let expected = numbers(&golden["curves"][name]);
        for (&x, &y) in x.iter().zip(&expected) {
            let got = stretch.apply(x);
            assert!(
                got.is_nan() == y.is_nan() && (got.is_nan() || (got - y).abs() <= 1e-8),
                "{name}({x}): {got}, astropy {y}"
            );
        }
    }
    for case in golden["contrast"].as_array().unwrap() {
        let (c, b) = (case["contrast"].as_f64().unwrap(), case["bias"].as_f64().unwrap());
        for (&x, &y) in x.iter().zip(&numbers(&case["y"])) {
            let got = contrast_bias(x, c, b);
            assert!(got.is_nan() && y.is_nan() || (got - y).abs() < 1e-8);
        }
    }
}

#[test]
fn histogram_equalisation_agrees_with_astropy() {
    let golden = golden("display.json");
    let got = histogram_equalised(&pixels(&golden["equalise"]));
    for (got, expected) in got.iter().zip(numbers(&golden["equalised"])) {
        assert!((f64::from(*got) - expected).abs() < 1e-6, "{got} {expected}");
    }
    assert!(histogram_equalised(&[1.0, f32::NAN, 2.0])[1].is_nan());
}

#[test]
fn limits_agree_with_astropy_and_numpy() {
    let golden = golden("display.json");
    let cases = golden["limits"].as_array().unwrap();
    assert!(cases.len() >= 9);
    for case in cases {
        let values = pixels(&case["values"]);
        for (name, limits) in [
            ("minmax", Limits::MinMax),
            ("percentile_0.5_99.7", Limits::Percentile { low: 0.5, high: 99.7 }),
            ("percentile_keep_90", Limits::keeping_percent(90.0)),
            ("zscale", Limits::ZScale),
        ] {
            let expected = numbers(&case[name]);
            let got = limits.of(&values).unwrap();
            let scale = expected[0].abs().max(expected[1].abs());
            for (got, expected) in [(got.0, expected[0]), (got.1, expected[1])] {
                assert!(
                    (got - expected).abs() <= 1e-6 * scale,
                    "{} {name}: {got}, astropy {expected}",
                    case["name"]
                );
            }
        }
    }
}

#[test]
fn limits_of_nothing_are_none() {
    for limits in [Limits::MinMax, Limits::ZScale, Limits::keeping_percent(99.0)] {
        assert_eq!(limits.of(&[]), None);
        assert_eq!(limits.of(&[f32::NAN, f32::INFINITY]), None);
    }
    let fixed = Limits::Fixed { low: 1.0, high: 3.0 };
    assert_eq!(fixed.of(&[]), Some((1.0, 3.0)));
}

#[test]
fn lupton_agrees_with_both_of_astropys() {
    let golden = golden("display.json");
    let shape = numbers(&golden["lupton_shape"]);
    let bands: Vec<Vec<f32>> = golden["lupton_bands"]
        .as_array()
        .unwrap()
        .iter()
        .map(pixels)
        .collect();
    for case in golden["lupton"].as_array().unwrap() {
        let minimum: [f64; 3] = numbers(&case["minimum"]).try_into().unwrap();
        let image = make_lupton_rgb(
            &bands[0],
            &bands[1],
            &bands[2],
            shape[1] as usize,
            shape[0] as usize,
            minimum,
            case["stretch"].as_f64().unwrap(),
            case["q"].as_f64().unwrap(),
        )
        .unwrap();
        for name in ["new", "classic"] {
            let expected = numbers(&case[name]);
            assert_eq!(expected.len(), image.pixels.len());
            for (i, (&got, expected)) in image.pixels.iter().zip(expected).enumerate() {
                assert!(
                    (f64::from(got) - expected).abs() <= 1.0,
                    "{name} byte {i}: {got}, astropy {expected}"
                );
            }
        }
    }
    assert!(make_lupton_rgb(&bands[0], &bands[1], &[], 15, 12, [0.0; 3], 5.0, 8.0).is_none());
}

#[test]
fn colour_maps_stay_within_two_of_matplotlib() {
    let golden = golden("colormaps.json");
    for (name, hex) in golden.as_object().unwrap() {
        let hex = hex.as_str().unwrap();
        let table = Colormap::from_name(name).unwrap().table(false);
        for (i, channel) in table.as_flattened().iter().enumerate() {
            let expected = i16::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
            assert!((i16::from(*channel) - expected).abs() <= 2, "{name} {i}");
        }
    }
    assert_eq!(golden.as_object().unwrap().len(), 5);
}

#[test]
fn ds9_maps_pass_through_their_levels() {
    let heat = Colormap::Heat.table(false);
    assert_eq!((heat[0], heat[255]), ([0, 0, 0], [255, 255, 255]));
    assert_eq!(heat[128], [255, 128, 0]);
    let b = Colormap::B.table(false);
    assert_eq!(b[64][2], 254); // just past full blue at a quarter
    assert_eq!(b[128], [255, 2, 0]);
    // The published entries 12, 96 and 168 of the 200 of sls.
    let sls = Colormap::Sls.table(false);
    for (entry, expected) in [(12, [133, 0, 162]), (96, [0, 211, 19]), (168, [250, 0, 0])] {
        let place = (f64::from(entry) / 199.0 * 255.0).round() as usize;
        for (got, expected) in sls[place].into_iter().zip(expected) {
            assert!(
                (i16::from(got) - expected).abs() <= 7,
                "sls {entry}: {:?}",
                sls[place]
            );
        }
    }
    assert_eq!((sls[0], sls[255]), ([0; 3], [255; 3]));
    let i8 = Colormap::I8.table(false);
    assert_eq!((i8[31], i8[32], i8[255]), ([0; 3], [0, 255, 0], [255; 3]));
    let staircase = Colormap::Staircase.table(false);
    assert_eq!((staircase[0], staircase[255]), ([15, 15, 51], [255, 77, 77]));
    let kept: Colormap = serde_json::from_str("\"ds9_b\"").unwrap();
    assert_eq!(kept, Colormap::B, "what was stored before can be read");
    for &map in Colormap::ALL {
        assert_eq!(Colormap::from_name(map.name()), Some(map));
        let (forward, backward) = (map.table(false), map.table(true));
        assert_eq!(forward[10], backward[245]);
        assert_eq!(colour_of(&forward, 1.0), forward[255]);
        assert_eq!(colour_of(&forward, f64::NAN), forward[0]);
        let json = serde_json::to_string(&map).unwrap();
        assert_eq!(json, format!("\"{}\"", map.name()));
    }
}

#[test]
fn rendering_flips_fits_and_leaves_pictures_alone() {
    let plane = Plane::from_pixels(2, 2, vec![0.0, 85.0, 170.0, 255.0]);
    let gray = |v: u8| [v; 3];
    let recipe = StretchRecipe {
        limits: Limits::MinMax,
        stretch: Stretch::Linear,
        ..StretchRecipe::default()
    };
    let fits = render(&cutout(vec![plane.clone()], Origin::BottomLeft, false), &recipe);
    assert_eq!(
        (fits.get(0, 0), fits.get(1, 1)),
        (Some(gray(170)), Some(gray(85)))
    );
    assert_eq!(fits.get(2, 0), None);
    let asinh = StretchRecipe::default();
    let picture = cutout(vec![plane], Origin::TopLeft, true);
    assert_eq!(
        render(&picture, &asinh).pixels,
        [0, 85, 170, 255].map(gray).as_flattened()
    );
    let again = StretchRecipe {
        stretch_pictures: true,
        ..asinh
    };
    assert_ne!(render(&picture, &again).get(1, 0), Some(gray(85)));
}

#[test]
fn bands_run_blue_to_red_and_pictures_red_to_blue() {
    let bands = vec![
        Plane::from_pixels(2, 1, vec![0.0, 10.0]),
        Plane::from_pixels(2, 1, vec![0.0, 0.0]),
        Plane::from_pixels(2, 1, vec![0.0, 0.0]),
    ];
    let recipe = StretchRecipe {
        limits: Limits::Fixed { low: 0.0, high: 10.0 },
        colour: ColourMode::PerBand,
        stretch: Stretch::Linear,
        ..StretchRecipe::default()
    };
    let flux = render(&cutout(bands.clone(), Origin::BottomLeft, false), &recipe);
    assert_eq!(flux.get(1, 0), Some([0, 0, 255]));
    let mut picture = cutout(bands, Origin::TopLeft, true);
    picture.bands[0].pixels[1] = 255.0;
    assert_eq!(render(&picture, &recipe).get(1, 0), Some([255, 0, 0]));
}

#[test]
fn colour_preserving_keeps_ratios_in_any_unit() {
    // One colour (3:2:1 above a sky of 5, 4, 3) from faint to bright, in two units.
    let ramp: Vec<f32> = (0..400).map(|i| (i as f32 / 399.0).powi(3) * 100.0).collect();
    for unit in [1.0f32, 1e-6] {
        let band = |ratio: f32, sky: f32| {
            Plane::from_pixels(20, 20, ramp.iter().map(|v| (v * ratio + sky) * unit).collect())
        };
        let cut = cutout(
            vec![band(1.0, 5.0), band(2.0, 4.0), band(3.0, 3.0)],
            Origin::TopLeft,
            false,
        );
        let recipe = StretchRecipe {
            limits: Limits::MinMax,
            ..StretchRecipe::default()
        };
        let planes = to_unit_planes(&cut, &recipe);
        for i in 100..400 {
            let [b, g, r] = [0, 1, 2].map(|k| planes[k].pixels[i]);
            assert!(
                r > 0.0 && (r / b - 3.0).abs() < 0.01 && (g / b - 2.0).abs() < 0.01,
                "{i} {r} {g} {b}"
            );
        }
        assert!((planes[2].pixels[399] - 1.0).abs() < 1e-5);
        assert_eq!(render(&cut, &recipe).get(19, 19), Some([255, 170, 85]));
    }
}

#[test]
fn pixels_without_a_value_get_their_colour() {
    let plane = Plane::from_pixels(2, 1, vec![f32::NAN, 1.0]);
    let recipe = StretchRecipe {
        no_value: [1, 2, 3],
        inverted: true,
        ..StretchRecipe::default()
    };
    let one = cutout(vec![plane.clone()], Origin::BottomLeft, false);
    assert_eq!(render(&one, &recipe).get(0, 0), Some([1, 2, 3]));
    let three = cutout(
        vec![plane.clone(), plane.clone(), plane],
        Origin::BottomLeft,
        false,
    );
    assert_eq!(render(&three, &recipe).get(0, 0), Some([1, 2, 3]));
    assert_eq!(to_unit_planes(&three, &recipe)[1].pixels[0], 0.0);
    // A whole band missing: the others still show, and encoders get finite values.
    let mut partly = three;
    partly.bands[2].pixels = vec![f32::NAN; 2];
    partly.bands[0].pixels = vec![0.0, 9.0];
    partly.bands[1].pixels = vec![0.0, 9.0];
    let drawn = render(&partly, &recipe).get(1, 0).unwrap();
    assert!(drawn[0] == 0 && drawn[2] > 200, "{drawn:?}");
    for plane in to_unit_planes(&partly, &recipe) {
        assert!(plane.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
    }
    // Nothing at all.
    let none = cutout(vec![Plane::filled(3, 3, f32::NAN)], Origin::BottomLeft, false);
    assert_eq!(render(&none, &recipe).pixels, [1, 2, 3].repeat(9));
    assert!(
        render(&cutout(vec![], Origin::BottomLeft, false), &recipe)
            .pixels
            .is_empty()
    );
}

#[test]
fn recipes_survive_a_round_trip_and_missing_fields() {
    let recipe = StretchRecipe {
        limits: Limits::Fixed { low: -1.0, high: 2.5 },
        stretch: Stretch::Log { a: 500.0 },
        colour: ColourMode::Lupton {
            stretch: 0.5,
            q: 10.0,
            minimum: 0.1,
        },
        colormap: Colormap::Magma,
        inverted: true,
        contrast: 1.5,
        bias: 0.4,
        no_value: [9, 9, 9],
        stretch_pictures: true,
    };
    let json = serde_json::to_string(&recipe).unwrap();
    assert_eq!(serde_json::from_str::<StretchRecipe>(&json).unwrap(), recipe);
    let short: StretchRecipe = serde_json::from_str(r#"{"stretch": "linear"}"#).unwrap();
    assert_eq!(
        short,
        StretchRecipe {
            stretch: Stretch::Linear,
            ..StretchRecipe::default()
        }
    );
}

#[test]
fn a_montage_is_even_and_never_overlaps_captions() {
    let tile = |w, h, colour| RgbImage::filled(w, h, colour);
    let long = "a caption much longer than its tile has room for, with ünïcode …";
    let tiles = vec![
        (tile(10, 10, [255, 0, 0]), long.to_owned()),
        (tile(40, 20, [0, 255, 0]), "wide".to_owned()),
        (tile(0, 0, [0; 3]), String::new()),
        (tile(3, 3, [0, 0, 255]), "last".to_owned()),
    ];
    let sheet = montage(&tiles, Some(2), 64, Some("Title"));
    assert_eq!(sheet.pixels.len(), sheet.width * sheet.height * 3);
    let find = |wanted: [u8; 3]| {
        let mut hits = vec![];
        for y in 0..sheet.height {
            for x in 0..sheet.width {
                if sheet.get(x, y) == Some(wanted) {
                    hits.push((x, y));
                }
            }
        }
        hits
    };
    let (red, green) = (find([255, 0, 0]), find([0, 255, 0]));
    assert_eq!(red.len(), 64 * 64, "a square tile fills its place");
    assert_eq!(green.len(), 64 * 32, "a wide one keeps its shape");
    // Captions are written in one colour; none lies in the gap between the two columns.
    let (right_of_first, left_of_second) = (red.last().unwrap().0, green[0].0);
    assert!(left_of_second > right_of_first + 3);
    for x in right_of_first + 2..left_of_second - 1 {
        for y in red.last().unwrap().1 + 2..sheet.height {
            assert_eq!(sheet.get(x, y), sheet.get(0, sheet.height - 1), "({x}, {y})");
        }
    }
    assert!(montage(&[], None, 64, None).pixels.len() > 3);
}

#[test]
fn pictures_are_written_and_say_where_they_failed() {
    let folder = tempfile::tempdir().unwrap();
    let image = RgbImage::filled(4, 3, [1, 2, 3]);
    let path = folder.path().join("a.png");
    image.save(&path).unwrap();
    let back = image::open(&path).unwrap().to_rgb8();
    assert_eq!(back.into_raw(), image.pixels);
    let error = image.save(&folder.path().join("no/such/a.png")).unwrap_err();
    assert!(error.to_string().contains("no/such/a.png"), "{error}");
}

/// Draws `ASTROLABEL_MONTAGE` from real pictures, to be looked at by a person.
#[test]
fn a_montage_of_real_galaxies_has_no_blank_tile() {
    let Some(folder) = support::shared("real/galaxy_zoo_2_sdss/images") else {
        return;
    };
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    let tiles: Vec<_> = paths
        .iter()
        .step_by(41)
        .take(12)
        .map(|path| {
            let image = image::open(path).unwrap().to_rgb8();
            let (w, h) = (image.width() as usize, image.height() as usize);
            let bands = (0..3)
                .map(|c| Plane::from_pixels(w, h, image.pixels().map(|p| f32::from(p[c])).collect()))
                .collect();
            let drawn = render(&cutout(bands, Origin::TopLeft, true), &StretchRecipe::default());
            assert_eq!(drawn.pixels, image.into_raw(), "a picture is shown as it is");
            let name = path.file_stem().unwrap().to_string_lossy();
            (drawn, format!("{name} p=0.87 smooth, a long caption"))
        })
        .collect();
    assert_eq!(tiles.len(), 12);
    let sheet = montage(&tiles, None, 128, Some("Galaxy Zoo 2: 12 of 500 galaxies"));
    if let Some(path) = std::env::var_os("ASTROLABEL_MONTAGE") {
        sheet.save(path.as_ref()).unwrap();
    }
}
