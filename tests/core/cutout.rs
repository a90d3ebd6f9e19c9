//! Cutouts against astropy.nddata.Cutout2D, reproject_interp and Pillow (tests/golden/cutout).

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its golden file should fail"
)]

use crate::support;
use astrolabel::display::{ColourMode, Limits, Stretch, StretchRecipe, render, to_unit_planes};
use astrolabel::io::raster::{Origin, Plane};
use astrolabel::sky::cutout::{
    BandSource, Cutout, CutoutError, CutoutFlags, CutoutSize, Filter, PixelMap, PixelSource, PixelsOnly,
    crop_central, cut_bands, cut_native, resize, resize_cutout,
};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::OnceLock;

fn golden() -> &'static Value {
    static GOLDEN: OnceLock<Value> = OnceLock::new();
    GOLDEN.get_or_init(|| {
        let path = support::golden("cutout/cutout.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    })
}

/// Numbers of a JSON list; null is NaN.
fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn plane(value: &Value, shape: &Value) -> Plane {
    let shape = numbers(shape);
    let pixels = numbers(value).iter().map(|&v| v as f32).collect();
    Plane::from_pixels(shape[1] as usize, shape[0] as usize, pixels)
}

/// A gnomonic projection (TAN with a CD matrix), enough for these tests.
struct Tan {
    crval: [f64; 2],
    crpix: [f64; 2],
    cd: [f64; 4],
}

impl Tan {
    fn from_json(value: &Value) -> Self {
        Self {
            crval: numbers(&value["crval"]).try_into().unwrap(),
            crpix: numbers(&value["crpix"]).try_into().unwrap(),
            cd: numbers(&value["cd"]).try_into().unwrap(),
        }
    }
}

impl PixelMap for Tan {
    fn sky_from_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (u, v) = (x + 1.0 - self.crpix[0], y + 1.0 - self.crpix[1]);
        let xi = (self.cd[0] * u + self.cd[1] * v).to_radians();
        let eta = (self.cd[2] * u + self.cd[3] * v).to_radians();
        let (ra0, dec0) = (self.crval[0].to_radians(), self.crval[1].to_radians());
        let below = dec0.cos() - eta * dec0.sin();
        let ra = ra0 + xi.atan2(below);
        let dec = (dec0.sin() + eta * dec0.cos()).atan2(xi.hypot(below));
        Some((ra.to_degrees().rem_euclid(360.0), dec.to_degrees()))
    }

    fn pixel_from_sky(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let (ra, dec) = ((lon - self.crval[0]).to_radians(), lat.to_radians());
        let dec0 = self.crval[1].to_radians();
        let cos_c = dec0.sin() * dec.sin() + dec0.cos() * dec.cos() * ra.cos();
        if cos_c <= 0.0 {
            return None;
        }
        let xi = (dec.cos() * ra.sin() / cos_c).to_degrees();
        let eta = ((dec0.cos() * dec.sin() - dec0.sin() * dec.cos() * ra.cos()) / cos_c).to_degrees();
        let det = self.cd[0] * self.cd[3] - self.cd[1] * self.cd[2];
        let u = (self.cd[3] * xi - self.cd[1] * eta) / det;
        let v = (self.cd[0] * eta - self.cd[2] * xi) / det;
        Some((u + self.crpix[0] - 1.0, v + self.crpix[1] - 1.0))
    }

    fn pixel_scale_arcsec(&self) -> Option<f64> {
        let det = self.cd[0] * self.cd[3] - self.cd[1] * self.cd[2];
        Some(det.abs().sqrt() * 3600.0)
    }
}

fn band<'a>(name: &'a str, pixels: &'a Plane, to_pixel: &'a dyn PixelMap) -> BandSource<'a> {
    BandSource {
        name,
        pixels,
        to_pixel,
    }
}

#[test]
fn native_cutouts_are_astropys_pixel_for_pixel() {
    let golden = golden();
    let shape = numbers(&golden["native_shape"]);
    let (height, width) = (shape[0] as usize, shape[1] as usize);
    let image = Plane::from_pixels(
        width,
        height,
        (0..width * height)
            .map(|i| (100 * (i / width) + i % width) as f32)
            .collect(),
    );
    let cases = golden["native"].as_array().unwrap();
    assert!(cases.len() > 15);
    for case in cases {
        let (x, y) = (case["x"].as_f64().unwrap(), case["y"].as_f64().unwrap());
        let side = case["side"].as_u64().unwrap() as usize;
        let expected = numbers(&case["pixels"]);
        let (cut, flags) = cut_native(&image, x, y, side).unwrap();
        assert_eq!((cut.width, cut.height), (side, side));
        for (got, expected) in cut.pixels.iter().zip(&expected) {
            assert!(
                f64::from(*got) == *expected || got.is_nan() && expected.is_nan(),
                "({x}, {y}) side {side}: {got}, astropy {expected}"
            );
        }
        assert_eq!(flags.has(CutoutFlags::EDGE), expected.iter().any(|v| v.is_nan()));
        assert!(!flags.has(CutoutFlags::NAN) && !flags.has(CutoutFlags::EMPTY));
        // The same square through `cut_bands`, by pixels.
        let bands = [band("r", &image, &PixelsOnly)];
        let same = cut_bands(&bands, 0, x, y, CutoutSize::Pixels(side as f64), None).unwrap();
        assert_eq!(same.bands[0].pixels.map_bits(), cut.pixels.map_bits());
        assert_eq!(same.flags, flags);
    }
}

trait Bits {
    fn map_bits(&self) -> Vec<u32>;
}

impl Bits for Vec<f32> {
    /// Comparable where NaN is.
    fn map_bits(&self) -> Vec<u32> {
        self.iter().map(|v| v.to_bits()).collect()
    }
}

#[test]
fn flags_tell_edges_holes_and_emptiness() {
    let mut image = Plane::filled(20, 20, 1.0);
    image.pixels[5 * 20 + 5] = f32::NAN;
    let flags = |x: f64, y: f64, side| cut_native(&image, x, y, side).unwrap().1;
    assert_eq!(flags(12.0, 12.0, 5), CutoutFlags(0));
    assert_eq!(flags(5.0, 5.0, 5), CutoutFlags(CutoutFlags::NAN));
    assert_eq!(flags(0.0, 12.0, 5), CutoutFlags(CutoutFlags::EDGE));
    let gone = CutoutFlags::EDGE | CutoutFlags::EMPTY | CutoutFlags::MISSING_BAND;
    for far in [100.0, -100.0, 1e300, -1e300] {
        let (cut, flags) = cut_native(&image, far, 3.0, 5).unwrap();
        assert_eq!(flags, CutoutFlags(gone), "{far}");
        assert!(cut.pixels.len() == 25 && cut.pixels.iter().all(|v| v.is_nan()));
    }
    let whole_nan = Plane::filled(9, 9, f32::NAN);
    let (_, flags) = cut_native(&whole_nan, 4.0, 4.0, 3).unwrap();
    assert_eq!(
        flags.0,
        CutoutFlags::NAN | CutoutFlags::EMPTY | CutoutFlags::MISSING_BAND
    );
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    let image = Plane::filled(9, 9, 1.0);
    assert!(matches!(
        cut_native(&image, f64::NAN, 0.0, 4),
        Err(CutoutError::BadPosition { .. })
    ));
    assert!(matches!(
        cut_native(&image, 0.0, f64::INFINITY, 4),
        Err(CutoutError::BadPosition { .. })
    ));
    assert!(matches!(
        cut_native(&image, 0.0, 0.0, 0),
        Err(CutoutError::BadSize { .. })
    ));
    assert!(matches!(
        cut_native(&image, 0.0, 0.0, usize::MAX),
        Err(CutoutError::BadSize { .. })
    ));
    assert!(matches!(
        image.window(5, 0, 5, 1),
        Err(CutoutError::OutsideImage { .. })
    ));
    assert!(matches!(
        image.window(usize::MAX, 0, 2, 1),
        Err(CutoutError::OutsideImage { .. })
    ));
    let bands = [band("r", &image, &PixelsOnly)];
    let cut = |reference, size, out| cut_bands(&bands, reference, 4.0, 4.0, size, out);
    assert!(matches!(
        cut(1, CutoutSize::Pixels(3.0), None),
        Err(CutoutError::NoSuchBand { .. })
    ));
    for size in [0.0, -3.0, f64::NAN, f64::INFINITY, 1e12] {
        assert!(matches!(
            cut(0, CutoutSize::Pixels(size), None),
            Err(CutoutError::BadSize { .. })
        ));
    }
    assert!(matches!(
        cut(0, CutoutSize::Pixels(5.0), Some(0)),
        Err(CutoutError::BadSize { .. })
    ));
    let error = cut(0, CutoutSize::Arcsec(3.0), None).unwrap_err();
    assert!(error.to_string().contains("band r") && error.to_string().contains("pixels"));
}

/// Largest difference relative to the image's range where both have a value, and how many pixels
/// that is.
fn compare(got: &Plane, expected: &[f64]) -> (f64, usize, usize) {
    let finite = expected.iter().copied().filter(|v| v.is_finite());
    let scale = finite.clone().fold(0.0, |m: f64, v| m.max(v.abs()));
    let (mut worst, mut both, mut differing) = (0.0f64, 0, 0);
    for (got, expected) in got.pixels.iter().zip(expected) {
        if got.is_finite() && expected.is_finite() {
            worst = worst.max((f64::from(*got) - expected).abs() / scale);
            both += 1;
        } else if got.is_finite() != expected.is_finite() {
            differing += 1;
        }
    }
    (worst, both, differing)
}

#[test]
fn aligned_bands_agree_with_reproject() {
    for case in golden()["aligned"].as_array().unwrap() {
        let (to_ref, to_band) = (Tan::from_json(&case["reference"]), Tan::from_json(&case["band"]));
        let shape = numbers(&case["reference"]["shape"]);
        let reference = Plane::filled(shape[1] as usize, shape[0] as usize, 1.0);
        let pixels = plane(&case["band_pixels"], &case["band"]["shape"]);
        let bands = [band("g", &reference, &to_ref), band("r", &pixels, &to_band)];
        let (x, y) = (case["x"].as_f64().unwrap(), case["y"].as_f64().unwrap());
        let side = case["side"].as_f64().unwrap();
        let cut = cut_bands(&bands, 0, x, y, CutoutSize::Pixels(side), None).unwrap();
        let (worst, both, differing) = compare(&cut.bands[1], &numbers(&case["pixels"]));
        assert!(worst < 1e-5, "{}: {worst}", case["name"]);
        assert!(
            both * 10 > cut.bands[1].pixels.len() * 6,
            "{}: {both}",
            case["name"]
        );
        assert_eq!(differing, 0, "{}: pixels valued in one only", case["name"]);
        let edge = case["name"] == "edge";
        assert_eq!(
            cut.flags,
            CutoutFlags(if edge { CutoutFlags::EDGE } else { 0 }),
            "{}",
            case["name"]
        );
        assert!(cut.bands[0].pixels.iter().all(|&v| v == 1.0));
        assert_eq!(cut.band_names, ["g", "r"]);
        assert!((cut.pixel_scale_arcsec.unwrap() - 0.4).abs() < 1e-9);
    }
}

#[test]
fn sub_pixel_centres_agree_with_reproject() {
    let golden = golden();
    let to_pixel = Tan::from_json(&golden["subpixel_reference"]);
    let pixels = plane(&golden["subpixel_pixels"], &golden["subpixel_reference"]["shape"]);
    for case in golden["subpixel"].as_array().unwrap() {
        let [x, y, size] = ["x", "y", "size"].map(|k| case[k].as_f64().unwrap());
        let side = case["side"].as_u64().unwrap() as usize;
        let bands = [band("r", &pixels, &to_pixel)];
        for size in [CutoutSize::Pixels(size), CutoutSize::Arcsec(size * 0.4)] {
            let cut = cut_bands(&bands, 0, x, y, size, Some(side)).unwrap();
            let (worst, both, _) = compare(&cut.bands[0], &numbers(&case["pixels"]));
            assert!(both == side * side && worst < 1e-5, "{x} {y}: {worst} {both}");
        }
    }
}

#[test]
fn whole_pixel_shifts_are_copied_unchanged() {
    let noise = |i: usize| ((i * 2_654_435_761) % 1009) as f32;
    let a = Plane::from_pixels(50, 40, (0..2000).map(noise).collect());
    // The same sky, starting 7 columns and 3 rows later.
    let mut b = Plane::filled(43, 37, 0.0);
    for y in 0..37 {
        b.row_mut(y).copy_from_slice(&a.row(y + 3)[7..]);
    }
    let tan = |crpix| Tan {
        crval: [10.0, 41.0],
        crpix,
        cd: [-1e-4, 0.0, 0.0, 1e-4],
    };
    let (to_a, to_b) = (tan([25.0, 20.0]), tan([18.0, 17.0]));
    let bands = [band("g", &a, &to_a), band("r", &b, &to_b)];
    let cut = cut_bands(&bands, 0, 25.3, 20.1, CutoutSize::Pixels(12.0), Some(12)).unwrap();
    assert_eq!(cut.bands[0].pixels, cut.bands[1].pixels);
    assert_eq!(
        cut.bands[0].pixels,
        cut_native(&a, 25.3, 20.1, 12).unwrap().0.pixels
    );
    // Off b's edge the copy is NaN there.
    let cut = cut_bands(&bands, 0, 8.0, 20.0, CutoutSize::Pixels(6.0), None).unwrap();
    assert_eq!(cut.flags, CutoutFlags(CutoutFlags::EDGE));
    assert!(cut.bands[1].pixels[0].is_nan() && cut.bands[1].pixels[5] == cut.bands[0].pixels[5]);
}

#[test]
fn missing_bands_are_flagged() {
    let image = Plane::filled(30, 30, 2.0);
    let (here, away) = (
        Tan {
            crval: [10.0, 0.0],
            crpix: [15.0, 15.0],
            cd: [-1e-4, 0.0, 0.0, 1e-4],
        },
        Tan {
            crval: [200.0, 0.0],
            crpix: [15.0, 15.0],
            cd: [-1e-4, 0.0, 0.0, 1e-4],
        },
    );
    let bands = [
        band("g", &image, &here),
        band("r", &image, &away),
        band("i", &image, &PixelsOnly),
    ];
    let cut = cut_bands(&bands, 0, 15.0, 15.0, CutoutSize::Pixels(5.0), None).unwrap();
    assert_eq!(
        cut.flags,
        CutoutFlags(CutoutFlags::EDGE | CutoutFlags::MISSING_BAND)
    );
    assert!(cut.bands[0].pixels.iter().all(|&v| v == 2.0));
    assert!(cut.bands[1..].iter().all(|b| b.pixels.iter().all(|v| v.is_nan())));
    let nowhere = cut_bands(&bands, 0, 500.0, 15.0, CutoutSize::Arcsec(3.0), Some(8)).unwrap();
    assert!(nowhere.flags.has(CutoutFlags::EMPTY) && nowhere.bands[0].width == 8);
}

#[test]
fn shrinking_averages_over_the_area() {
    // A checkerboard of 0 and 2: interpolation alone would give moiré, its mean is 1.
    let image = Plane::from_pixels(
        96,
        96,
        (0..96 * 96).map(|i| 2.0 * ((i / 96 + i) % 2) as f32).collect(),
    );
    let fine = Tan {
        crval: [10.0, 0.0],
        crpix: [48.5, 48.5],
        cd: [-1e-5, 0.0, 0.0, 1e-5],
    };
    let turned = Tan {
        crval: [10.0, 0.0],
        crpix: [48.5, 48.5],
        cd: [-0.8e-5, 0.6e-5, 0.6e-5, 0.8e-5],
    };
    let bands = [band("g", &image, &fine), band("r", &image, &turned)];
    let cut = cut_bands(&bands, 0, 47.5, 47.5, CutoutSize::Pixels(60.0), Some(15)).unwrap();
    for value in &cut.bands[0].pixels {
        assert!((value - 1.0).abs() < 1e-6, "{value}"); // whole blocks of 4 x 4
    }
    for value in &cut.bands[1].pixels {
        assert!((value - 1.0).abs() < 0.15, "{value}");
    }
}

#[test]
fn few_holes_are_bridged_and_large_ones_kept() {
    let mut image = Plane::filled(40, 40, 5.0);
    image.pixels[20 * 40 + 20] = f32::NAN;
    for y in 0..10 {
        image.row_mut(y).fill(f32::NAN);
    }
    let bands = [band("r", &image, &PixelsOnly)];
    let cut = cut_bands(&bands, 0, 19.5, 19.5, CutoutSize::Pixels(40.0), Some(20)).unwrap();
    assert_eq!(cut.flags, CutoutFlags(CutoutFlags::NAN));
    let p = &cut.bands[0];
    assert_eq!(p.get(10, 10), Some(5.0));
    assert!(p.get(3, 2).unwrap().is_nan() && p.get(3, 6) == Some(5.0));
}

#[test]
fn resizing_agrees_with_pillow() {
    let golden = golden();
    let unit = golden["resize_unit"].as_f64().unwrap() as f32;
    let mut source = plane(&golden["resize_source"], &golden["resize_shape"]);
    source.pixels.iter_mut().for_each(|v| *v /= unit);
    let cases = golden["resized"].as_array().unwrap();
    assert!(cases.len() >= 17);
    for case in cases {
        let filter: Filter = serde_json::from_value(case["filter"].clone()).unwrap();
        let [w, h] = ["width", "height"].map(|k| case[k].as_u64().unwrap() as usize);
        let got = resize(&source, w, h, filter);
        assert_eq!((got.width, got.height), (w, h));
        for (got, expected) in got.pixels.iter().zip(numbers(&case["pixels"])) {
            assert!(
                (f64::from(*got) - expected).abs() < 2e-5,
                "{filter:?} {w}x{h}: {got}, Pillow {expected}"
            );
        }
    }
    let cropped = Plane::from_pixels(
        44,
        36,
        (0..36).flat_map(|y| source.row(y)[..44].to_vec()).collect(),
    );
    let blocks = resize(&cropped, 11, 9, Filter::Area);
    for (got, expected) in blocks.pixels.iter().zip(numbers(&golden["block_of_4"])) {
        assert!((f64::from(*got) - expected).abs() < 1e-6);
    }
}

#[test]
fn resizing_keeps_constants_and_handles_nan() {
    let mut image = Plane::filled(31, 17, 3.25);
    for filter in [Filter::Bilinear, Filter::Bicubic, Filter::Nearest, Filter::Area] {
        for (w, h) in [(7, 5), (31, 40), (100, 3), (1, 1)] {
            let out = resize(&image, w, h, filter);
            assert!(
                out.pixels.iter().all(|v| (v - 3.25).abs() < 1e-5),
                "{filter:?} {w}x{h}"
            );
        }
        assert_eq!(resize(&image, 0, 5, filter).pixels.len(), 0);
        let nothing = resize(&Plane::filled(0, 0, 0.0), 2, 2, filter);
        assert!(nothing.pixels.len() == 4 && nothing.pixels.iter().all(|v| v.is_nan()));
    }
    for y in 0..17 {
        image.row_mut(y)[..16].fill(f32::NAN);
    }
    for filter in [Filter::Bilinear, Filter::Bicubic, Filter::Nearest, Filter::Area] {
        let out = resize(&image, 8, 4, filter);
        let row = out.row(1);
        assert!(row[0].is_nan() && row[2].is_nan(), "{filter:?} {row:?}");
        assert!(
            row[5..].iter().all(|v| (v - 3.25).abs() < 1e-5),
            "{filter:?} {row:?}"
        );
        assert_eq!(
            resize(&out, 8, 4, filter).pixels.map_bits(),
            out.pixels.map_bits()
        );
    }
}

#[test]
fn the_central_part_is_cropped() {
    let ramp = Plane::from_pixels(6, 6, (0..36).map(|v| v as f32).collect());
    let cutout = Cutout {
        bands: vec![ramp.clone(), ramp],
        band_names: vec!["g".into(), "r".into()],
        origin: Origin::BottomLeft,
        is_picture: false,
        pixel_scale_arcsec: Some(0.5),
        flags: CutoutFlags(CutoutFlags::EDGE),
    };
    let half = crop_central(cutout.clone(), 0.34);
    assert_eq!(half.bands[1].pixels, [14.0, 15.0, 20.0, 21.0]);
    assert_eq!(half.flags, CutoutFlags(0));
    assert_eq!(crop_central(cutout.clone(), 0.0).width(), 1);
    for whole in [1.0, 2.0, f64::NAN] {
        assert_eq!(crop_central(cutout.clone(), whole), cutout);
    }
    let smaller = resize_cutout(&cutout, 3, 3, Filter::Area);
    assert_eq!(smaller.pixel_scale_arcsec, Some(1.0));
    assert_eq!(smaller.bands[0].pixels[0], 3.5);
}

/// An image of the galactic centre by 2MASS and its projection (CDELT without rotation).
fn two_mass(band: char) -> Option<(Plane, Tan)> {
    let path = support::shared(&format!(
        "real/fits_zoo/astropy-data/galactic_center/gc_2mass_{band}.fits"
    ))?;
    let mut file = fitsio::FitsFile::open(path).unwrap();
    let hdu = file.primary_hdu().unwrap();
    let number = |file: &mut fitsio::FitsFile, key: &str| -> f64 { hdu.read_key(file, key).unwrap() };
    let [crval1, crval2, crpix1, crpix2, cdelt1, cdelt2] =
        ["CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2"].map(|k| number(&mut file, k));
    let (width, height) = (
        number(&mut file, "NAXIS1") as usize,
        number(&mut file, "NAXIS2") as usize,
    );
    let pixels: Vec<f32> = hdu.read_image(&mut file).unwrap();
    let to_pixel = Tan {
        crval: [crval1, crval2],
        crpix: [crpix1, crpix2],
        cd: [cdelt1, 0.0, 0.0, cdelt2],
    };
    Some((Plane::from_pixels(width, height, pixels), to_pixel))
}

#[test]
fn the_galactic_centre_in_three_bands_agrees_with_reproject() {
    let (Some(j), Some(h), Some(k)) = (two_mass('j'), two_mass('h'), two_mass('k')) else {
        return;
    };
    let path = support::golden("cutout/gc_2mass.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let to_ref = Tan::from_json(&golden["reference"]);
    let reference = Plane::filled(620, 600, 0.0);
    let bands = [
        band("grid", &reference, &to_ref),
        band("j", &j.0, &j.1),
        band("h", &h.0, &h.1),
        band("k", &k.0, &k.1),
    ];
    for case in golden["cuts"].as_array().unwrap() {
        let [x, y, side] = ["x", "y", "side"].map(|k| case[k].as_f64().unwrap());
        let cut = cut_bands(&bands, 0, x, y, CutoutSize::Pixels(side), None).unwrap();
        for (name, plane) in ["j", "h", "k"].iter().zip(&cut.bands[1..]) {
            let expected = numbers(&case["bands"][name]);
            let (worst, both, differing) = compare(plane, &expected);
            assert_eq!(both, expected.iter().filter(|v| v.is_finite()).count());
            assert!(
                worst < 1e-5 && differing == 0,
                "{name} ({x}, {y}): {worst} {differing}"
            );
        }
    }
    // The images share one grid: with J as reference, H and K are copies, pixel for pixel.
    let cut = cut_bands(&bands[1..], 0, 360.2, 361.4, CutoutSize::Arcsec(100.0), None).unwrap();
    assert_eq!(cut.flags, CutoutFlags(0));
    for (plane, image) in cut.bands.iter().zip([&j.0, &h.0, &k.0]) {
        assert_eq!(
            plane.pixels,
            cut_native(image, 360.2, 361.4, 20).unwrap().0.pixels
        );
    }
}

/// A map with a distortion in the manner of SIP on top of another; sky stands for undistorted
/// pixels, in degrees of one second of arc each.
struct Distorted(f64);

impl PixelMap for Distorted {
    fn sky_from_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((x / 3600.0, y / 3600.0))
    }

    fn pixel_from_sky(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let (u, v) = (lon * 3600.0 - 100.0, lat * 3600.0 - 100.0);
        let r2 = u * u + v * v;
        Some((100.0 + u * (1.0 + self.0 * r2), 100.0 + v * (1.0 + self.0 * r2)))
    }

    fn pixel_scale_arcsec(&self) -> Option<f64> {
        Some(1.0)
    }
}

#[test]
fn positions_between_the_nodes_are_right_for_any_distortion() {
    // A band whose values are its own columns: what is sampled is where it was sampled.
    let columns = Plane::from_pixels(200, 200, (0..40_000).map(|i| (i % 200) as f32).collect());
    let plain = Distorted(0.0);
    for distortion in [1e-9, 1e-7, 3e-6, 1e-5] {
        let map = Distorted(distortion);
        let bands = [band("g", &columns, &plain), band("r", &columns, &map)];
        let cut = cut_bands(&bands, 0, 120.0, 110.0, CutoutSize::Pixels(64.0), None).unwrap();
        for j in 0..64 {
            for i in 0..64 {
                let (x, y) = ((120 - 32 + i) as f64 / 3600.0, (110 - 32 + j) as f64 / 3600.0);
                let expected = map.pixel_from_sky(x, y).unwrap().0;
                let got = f64::from(cut.bands[1].get(i, j).unwrap());
                assert!(
                    (got - expected).abs() < 0.01,
                    "{distortion} ({i}, {j}): {got} {expected}"
                );
            }
        }
    }
}

#[test]
fn a_slope_stays_the_same_slope_however_it_is_resampled() {
    // The mean of a linear ramp over any symmetric area is its value at the centre; where pixels
    // are averaged whole (each a step of the ramp), up to a twentieth of a pixel beside it.
    let value = |x: f64, y: f64| 10.0 + 2.0 * x - 0.5 * y;
    let ramp = (0..10_000).map(|i| value((i % 100) as f64, (i / 100) as f64) as f32);
    let mut image = Plane::from_pixels(100, 100, ramp.collect());
    let tan = |angle: f64| {
        let (sin, cos) = angle.to_radians().sin_cos();
        Tan {
            crval: [30.0, 0.0],
            crpix: [51.0, 51.0],
            cd: [-1e-5 * cos, 1e-5 * sin, 1e-5 * sin, 1e-5 * cos],
        }
    };
    let (upright, turned) = (tan(0.0), tan(25.0));
    for (size, side) in [(40.0, 40), (30.7, 50), (50.0, 41), (54.0, 20), (60.0, 7)] {
        let bands = [band("g", &image, &upright), band("r", &image, &turned)];
        let (x, y) = (50.3, 48.6);
        let cut = cut_bands(&bands, 0, x, y, CutoutSize::Pixels(size), Some(side)).unwrap();
        let pitch = size / side as f64;
        let tolerance = if pitch > 1.5 { 0.1 } else { 2e-3 };
        let (x0, y0) = if size == 40.0 {
            (31.0, 29.0) // whole pixels: the grid is the image's
        } else {
            (
                x - (side - 1) as f64 / 2.0 * pitch,
                y - (side - 1) as f64 / 2.0 * pitch,
            )
        };
        for j in 0..side {
            for i in 0..side {
                let (px, py) = (x0 + i as f64 * pitch, y0 + j as f64 * pitch);
                let (lon, lat) = upright.sky_from_pixel(px, py).unwrap();
                let (qx, qy) = turned.pixel_from_sky(lon, lat).unwrap();
                for (b, expected) in [value(px, py), value(qx, qy)].into_iter().enumerate() {
                    let got = f64::from(cut.bands[b].get(i, j).unwrap());
                    assert!(
                        (got - expected).abs() < tolerance,
                        "{size} {side} band {b} ({i}, {j}): {got} {expected}"
                    );
                }
            }
        }
        assert_eq!(cut.flags, CutoutFlags(0));
    }
    // Both ways agree on what an edge and a hole do.
    image.row_mut(30)[10..60].fill(f32::NAN);
    let almost = tan(0.001);
    let bands = [band("g", &image, &upright), band("r", &image, &almost)];
    let cut = cut_bands(&bands, 0, 9.0, 27.0, CutoutSize::Pixels(48.0), Some(16)).unwrap();
    assert_eq!(cut.flags, CutoutFlags(CutoutFlags::EDGE | CutoutFlags::NAN));
    let [g, r] = [0, 1].map(|b| &cut.bands[b].pixels);
    let disagree = g
        .iter()
        .zip(r)
        .filter(|(g, r)| g.is_nan() != r.is_nan() || (*g - *r).abs() > 0.6);
    assert_eq!(disagree.count(), 0);
}

/// Values that files do hold, among ordinary ones.
fn any_value() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => -1e4f32..1e4,
        1 => Just(f32::NAN),
        1 => prop_oneof![Just(f32::INFINITY), Just(f32::NEG_INFINITY), Just(f32::MAX), Just(0.0), Just(1e-40)],
    ]
}

proptest! {
    #[test]
    fn native_cutouts_equal_a_look_at_every_pixel(x in -30.0f64..60.0, y in -30.0f64..60.0, side in 1usize..40) {
        let image = Plane::from_pixels(19, 23, (0..19 * 23).map(|i| i as f32).collect());
        let (cut, flags) = cut_native(&image, x, y, side).unwrap();
        let (x0, y0) = ((x - side as f64 / 2.0).ceil() as i64, (y - side as f64 / 2.0).ceil() as i64);
        let mut outside = 0;
        for j in 0..side {
            for i in 0..side {
                let (u, v) = (x0 + i as i64, y0 + j as i64);
                let expected = usize::try_from(u).ok().zip(usize::try_from(v).ok()).and_then(|(u, v)| image.get(u, v));
                outside += usize::from(expected.is_none());
                let got = cut.get(i, j).unwrap();
                prop_assert!(expected.map_or(got.is_nan(), |e| e == got));
            }
        }
        prop_assert_eq!(flags.has(CutoutFlags::EDGE), outside > 0);
        prop_assert_eq!(flags.has(CutoutFlags::EMPTY), outside == side * side);
    }

    #[test]
    fn no_values_places_or_sizes_break_cutting_and_drawing(
        values in proptest::collection::vec(any_value(), 3 * 11 * 9),
        x in -20.0f64..30.0, y in -20.0f64..30.0, size in 0.01f64..60.0,
        out_side in proptest::option::of(1usize..40),
        a in prop_oneof![Just(f64::NAN), Just(-1.0), Just(0.0), 1e-6f64..1e6, Just(f64::INFINITY)],
        mode in 0usize..4,
    ) {
        let planes: Vec<Plane> = values.chunks(99).map(|v| Plane::from_pixels(11, 9, v.to_vec())).collect();
        let map = Tan { crval: [0.0, 89.9999], crpix: [5.0, 5.0], cd: [-1e-4, 1e-5, 1e-5, 1e-4] };
        let bands: Vec<_> = planes.iter().map(|p| band("b", p, &map)).collect();
        let cut = cut_bands(&bands, 1, x, y, CutoutSize::Pixels(size), out_side).unwrap();
        let side = out_side.unwrap_or(size.round().max(1.0) as usize);
        prop_assert!(cut.bands.iter().all(|b| b.pixels.len() == side * side));
        let colour = [
            ColourMode::Gray, ColourMode::PerBand, ColourMode::ColourPreserving,
            ColourMode::Lupton { stretch: a, q: a, minimum: 0.0 },
        ][mode];
        for stretch in [Stretch::Log { a }, Stretch::Asinh { a }, Stretch::Sinh { a }, Stretch::Power { gamma: a }] {
            for limits in [Limits::ZScale, Limits::MinMax, Limits::Percentile { low: 200.0, high: a }] {
                let recipe = StretchRecipe { limits, stretch, colour, contrast: a, ..StretchRecipe::default() };
                prop_assert_eq!(render(&cut, &recipe).pixels.len(), side * side * 3);
                for plane in to_unit_planes(&cut, &recipe) {
                    prop_assert!(plane.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
                }
            }
        }
        for filter in [Filter::Bilinear, Filter::Bicubic, Filter::Nearest, Filter::Area] {
            prop_assert_eq!(resize(&cut.bands[0], 7, 13, filter).pixels.len(), 91);
        }
    }
}
