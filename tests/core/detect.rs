//! Detection against SEP: the same field, the same settings, the same sources.
//!
//! Golden files: `tests/golden/detect/make_detect.py`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its golden values should fail"
)]

use crate::support::{golden, shared};
use astrolabel::io::raster::Plane;
use astrolabel::progress::{Progress, Silent};
use astrolabel::sky::detect::{
    Background, DetectError, DetectSettings, Detection, Kernel, Noise, Source, background, catalog_columns,
    detect, flag,
};
use std::collections::HashMap;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a column is read off a source.
type Reading = fn(&Source) -> f64;

/// A golden table by column name.
struct Golden(HashMap<String, Vec<f64>>);

impl Golden {
    fn read(name: &str) -> Self {
        let mut reader = csv::Reader::from_path(golden(&format!("detect/{name}.csv"))).unwrap();
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let mut columns: HashMap<String, Vec<f64>> = names.iter().map(|n| (n.clone(), vec![])).collect();
        for record in reader.records() {
            for (n, v) in names.iter().zip(record.unwrap().iter()) {
                columns.get_mut(n).unwrap().push(v.parse().unwrap());
            }
        }
        Self(columns)
    }

    fn column(&self, name: &str) -> &[f64] {
        &self.0[name]
    }

    fn len(&self) -> usize {
        self.column("x").len()
    }
}

/// How two catalogues compare.
#[derive(Debug)]
struct Match {
    /// (our number, SEP's number) of sources within a pixel of each other.
    pairs: Vec<(usize, usize)>,
    ours_found: f64,
    theirs_found: f64,
    median_offset: f64,
}

fn compare(name: &str, ours: &[Source], theirs: &Golden) -> Match {
    let (tx, ty) = (theirs.column("x"), theirs.column("y"));
    let nearest = |x: f64, y: f64, others: &mut dyn Iterator<Item = (f64, f64)>| {
        others
            .enumerate()
            .map(|(i, (ox, oy))| (((ox - x).powi(2) + (oy - y).powi(2)).sqrt(), i))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(d, _)| *d < 1.0)
    };
    let mut pairs = vec![];
    let mut offsets = vec![];
    for j in 0..theirs.len() {
        if let Some((d, i)) = nearest(tx[j], ty[j], &mut ours.iter().map(|s| (s.x, s.y))) {
            pairs.push((i, j));
            offsets.push(d);
        }
    }
    let ours_matched = ours
        .iter()
        .filter(|s| nearest(s.x, s.y, &mut tx.iter().copied().zip(ty.iter().copied())).is_some())
        .count();
    let found = Match {
        theirs_found: pairs.len() as f64 / theirs.len() as f64,
        ours_found: ours_matched as f64 / ours.len() as f64,
        median_offset: median(offsets.clone()),
        pairs,
    };
    offsets.sort_by(f64::total_cmp);
    eprintln!(
        "{name}: SEP {}, ours {}; of SEP's {:.2} % found, of ours {:.2} %; offset median {:.1e}, worst {:.1e} px",
        theirs.len(),
        ours.len(),
        100.0 * found.theirs_found,
        100.0 * found.ours_found,
        found.median_offset,
        offsets.last().unwrap()
    );
    found
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Sources and centroids agree; sources that SEP didn't deblend agree in the given columns.
fn assert_same(name: &str, ours: &[Source], theirs: &Golden) {
    let found = compare(name, ours, theirs);
    assert!(
        found.theirs_found >= 0.97,
        "{name}: {:.3} of SEP's sources found",
        found.theirs_found
    );
    assert!(
        found.ours_found >= 0.95,
        "{name}: {:.3} of our sources are SEP's",
        found.ours_found
    );
    assert!(
        found.median_offset < 1e-4,
        "{name}: centroids off by {}",
        found.median_offset
    );
    let columns: [(&str, Reading, f64); 17] = [
        ("x", |s| s.x, 0.0),
        ("y", |s| s.y, 0.0),
        ("flux", |s| s.flux, 0.0),
        ("a", |s| s.a, 0.0),
        ("b", |s| s.b, 0.0),
        ("npix", |s| s.npix.into(), 0.0),
        ("peak", |s| s.peak.into(), 0.0),
        ("cxx", |s| s.cxx, 1e-4),
        ("cyy", |s| s.cyy, 1e-4),
        ("cxy", |s| s.cxy, 1e-3),
        ("x2", |s| s.x2, 0.0),
        ("y2", |s| s.y2, 0.0),
        ("xy", |s| s.xy, 1e-3),
        ("errx2", |s| s.x2_err, 0.0),
        ("tnpix", |s| s.npix_above.into(), 0.0),
        ("kron_radius", |s| s.kron_radius, 0.0),
        ("xpeak", |s| s.x_peak.into(), 0.0),
    ];
    for (column, of, floor) in columns {
        let Some(golden) = theirs.0.get(column) else {
            continue;
        };
        let single: Vec<_> = found
            .pairs
            .iter()
            .filter(|(i, j)| ours[*i].flag & flag::MERGED == 0 && theirs.column("flag")[*j] as u16 & 1 == 0)
            .collect();
        let wrong = single
            .iter()
            .filter(|(i, j)| (of(&ours[*i]) - golden[*j]).abs() > 2e-3 * golden[*j].abs() + floor)
            .count();
        // A pixel whose value equals the threshold to rounding may fall on either side of it.
        let allowed = 1 + single.len() / 50;
        assert!(
            wrong <= allowed,
            "{name}: {column} differs in {wrong} of {}",
            single.len()
        );
    }
    let flags = found
        .pairs
        .iter()
        .filter(|(i, j)| (ours[*i].flag & 0x0f) != (theirs.column("flag")[*j] as u16 & 0x0f))
        .count();
    assert!(flags <= 1 + theirs.len() / 50, "{name}: flags differ in {flags}");
}

/// Level and rms agree with SEP's maps to `tolerance` of the noise. (A pixel whose value lies on the
/// edge of a histogram bin to rounding moves a mesh by some 10⁻³ of it.)
fn assert_same_background(name: &str, ours: &Background, tolerance: f64) {
    let theirs = Golden::read(name);
    let (level, rms) = (ours.level_plane(), ours.rms_plane());
    let noise = f64::from(ours.global_rms);
    let (mut worst_level, mut worst_rms) = (0.0_f64, 0.0_f64);
    for i in 0..theirs.len() {
        let (x, y) = (theirs.column("x")[i], theirs.column("y")[i]);
        let (l, r) = if x < 0.0 {
            (ours.global_level, ours.global_rms)
        } else {
            (
                level.get(x as usize, y as usize).unwrap(),
                rms.get(x as usize, y as usize).unwrap(),
            )
        };
        worst_level = worst_level.max((f64::from(l) - theirs.column("level")[i]).abs() / noise);
        worst_rms = worst_rms.max((f64::from(r) - theirs.column("rms")[i]).abs() / noise);
    }
    eprintln!("{name}: worst level {worst_level:.1e}, worst rms {worst_rms:.1e} of the noise");
    assert!(
        worst_level < tolerance && worst_rms < tolerance,
        "{name}: {worst_level} {worst_rms}"
    );
}

/// The simulated field.
fn field() -> Plane {
    let mut bytes = vec![];
    flate2::read::GzDecoder::new(std::fs::File::open(golden("detect/field.i16.gz")).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    let pixels: Vec<f32> = bytes
        .chunks(2)
        .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])))
        .collect();
    Plane::from_pixels(230, 170, pixels)
}

fn field_settings() -> DetectSettings {
    DetectSettings {
        mesh_px: 32,
        ..DetectSettings::default()
    }
}

fn ramp() -> Plane {
    let mut plane = Plane::filled(230, 170, 0.0);
    for y in 0..170 {
        for (x, v) in plane.row_mut(y).iter_mut().enumerate() {
            *v = 3.0 + 9.0 * x as f32 / 230.0;
        }
    }
    plane
}

fn run(image: &Plane, noise: Noise<'_>, settings: &DetectSettings) -> Detection {
    detect(image, noise, settings, &Silent).unwrap()
}

fn read_fits(path: &std::path::Path) -> Plane {
    let mut file = fitsio::FitsFile::open(path).unwrap();
    let hdu = file.primary_hdu().unwrap();
    let fitsio::hdu::HduInfo::ImageInfo { shape, .. } = &hdu.info else {
        panic!("no image")
    };
    let (height, width) = (shape[0], shape[1]);
    let pixels: Vec<f32> = hdu.read_image(&mut file).unwrap();
    Plane::from_pixels(width, height, pixels)
}

#[test]
fn background_of_the_field_is_seps() {
    let settings = field_settings();
    let b = background(&field(), None, &settings).unwrap();
    assert_same_background("field_background", &b, 2e-3);
}

#[test]
fn background_under_a_mask_is_seps() {
    let image = field();
    let mask: Vec<bool> = (0..230 * 170).map(|i| masked(i % 230, i / 230)).collect();
    let b = background(&image, Some(&mask), &field_settings()).unwrap();
    assert_same_background("field_masked_background", &b, 2e-3);
}

fn masked(x: usize, y: usize) -> bool {
    ((60..110).contains(&y) && (80..150).contains(&x)) || x == 30
}

#[test]
fn field_with_global_noise_gives_seps_sources() {
    let found = run(&field(), Noise::Global, &field_settings());
    let theirs = Golden::read("field_global");
    assert_same("field_global", &found.sources, &theirs);
    // Photometry: aperture sums see the same pixels, so deblended ones agree where their ellipse does.
    let pairs = compare("photometry", &found.sources, &theirs).pairs;
    let off: Vec<f64> = pairs
        .iter()
        .map(|(i, j)| (found.sources[*i].kron_flux / theirs.column("kron_flux")[*j] - 1.0).abs())
        .collect();
    assert!(median(off) < 1e-5);
    let off: Vec<f64> = pairs
        .iter()
        .map(|(i, j)| (found.sources[*i].half_light_radius_px - theirs.column("half_light")[*j]).abs())
        .collect();
    assert!(median(off) < 1e-3);
}

#[test]
fn field_with_a_noise_map_gives_seps_sources() {
    let found = run(&field(), Noise::FromBackground, &field_settings());
    assert_same("field_map", &found.sources, &Golden::read("field_map"));
    let ramp = ramp();
    let found = run(&field(), Noise::Rms(&ramp), &field_settings());
    assert_same("field_ramp", &found.sources, &Golden::read("field_ramp"));
    let plain = DetectSettings {
        matched_filter: false,
        ..field_settings()
    };
    let found = run(&field(), Noise::Rms(&ramp), &plain);
    assert_same(
        "field_ramp_conv",
        &found.sources,
        &Golden::read("field_ramp_conv"),
    );
}

#[test]
fn kernels_and_settings_mean_what_seps_mean() {
    let none = DetectSettings {
        kernel: None,
        threshold_sigma: 2.0,
        min_area_px: 4,
        ..field_settings()
    };
    let found = run(&field(), Noise::Global, &none);
    assert_same(
        "field_no_kernel",
        &found.sources,
        &Golden::read("field_no_kernel"),
    );
    let wide = DetectSettings {
        kernel: Some(Kernel {
            width: 5,
            height: 3,
            taps: [
                [1.0, 2.0, 3.0, 2.0, 1.0],
                [2.0, 4.0, 6.0, 4.0, 2.0],
                [1.0, 2.0, 3.0, 2.0, 1.0],
            ]
            .concat(),
        }),
        threshold_sigma: 1.2,
        ..field_settings()
    };
    let found = run(&field(), Noise::Global, &wide);
    assert_same("field_kernel", &found.sources, &Golden::read("field_kernel"));
    let eager = DetectSettings {
        clean: false,
        deblend_contrast: 1e-4,
        ..field_settings()
    };
    let found = run(&field(), Noise::Global, &eager);
    assert_same("field_no_clean", &found.sources, &Golden::read("field_no_clean"));
}

#[test]
fn masked_pixels_are_nan() {
    let mut image = field();
    for y in 0..170 {
        for (x, v) in image.row_mut(y).iter_mut().enumerate() {
            if masked(x, y) {
                *v = f32::NAN;
            }
        }
    }
    let found = run(&image, Noise::Global, &field_settings());
    assert_same("field_masked", &found.sources, &Golden::read("field_masked"));
    assert!(
        found
            .sources
            .iter()
            .all(|s| s.flux.is_finite() && s.x.is_finite())
    );
    assert!(found.sources.iter().any(|s| s.flag & flag::HAS_MASKED != 0));
}

#[test]
fn ntt_deep_field_gives_seps_sources() {
    let Some(path) = shared("real/fits_zoo/sextractor/tests/galaxies.fits") else {
        return;
    };
    let image = read_fits(&path);
    let settings = DetectSettings::default();
    let found = run(&image, Noise::Global, &settings);
    assert_same_background("ntt_background", &found.background, 2e-3);
    assert_same("ntt_global", &found.sources, &Golden::read("ntt_global"));
    let found = run(&image, Noise::FromBackground, &settings);
    assert_same("ntt_map", &found.sources, &Golden::read("ntt_map"));
}

#[test]
fn ntt_deep_field_with_weights_gives_seps_sources() {
    let Some(path) = shared("real/fits_zoo/sextractor/tests/galaxies.fits") else {
        return;
    };
    let image = read_fits(&path);
    let mut weight = read_fits(&path.with_file_name("galaxies.weight.fits"));
    for y in 0..1024 {
        for (x, w) in weight.row_mut(y).iter_mut().enumerate() {
            let hole = (300..340).contains(&y) && (500..620).contains(&x);
            *w *= if hole { 0.0 } else { 0.25 + x as f32 / 1024.0 };
        }
    }
    let scale: f32 = std::fs::read_to_string(golden("detect/ntt_weight_scale.txt"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let found = run(&image, Noise::Weight(&weight), &DetectSettings::default());
    let ours = found.rms_of_unit_weight.unwrap();
    assert!(
        (ours / scale - 1.0).abs() < 0.01,
        "rms of unit weight {ours}, by pixels {scale}"
    );
    // With the same scale the runs are the same.
    let mut rms = weight.clone();
    for r in &mut rms.pixels {
        *r = if *r > 0.0 { scale / r.sqrt() } else { 0.0 };
    }
    let found = run(&image, Noise::Rms(&rms), &DetectSettings::default());
    assert_same("ntt_weight", &found.sources, &Golden::read("ntt_weight"));
}

#[test]
fn other_observations_give_seps_sources() {
    if let Some(path) = shared("real/fits_zoo/sep/data/image.fits") {
        let found = run(&read_fits(&path), Noise::Global, &DetectSettings::default());
        assert_same_background("sepimage_background", &found.background, 2e-3);
        assert_same(
            "sepimage_global",
            &found.sources,
            &Golden::read("sepimage_global"),
        );
    }
    let name = "real/fits_zoo/photutils-datasets/data/spitzer_example_image.fits";
    if let Some(path) = shared(name) {
        let settings = DetectSettings {
            threshold_sigma: 3.0,
            ..DetectSettings::default()
        };
        let found = run(&read_fits(&path), Noise::FromBackground, &settings);
        assert_same_background("spitzer_background", &found.background, 5e-2);
        // Thousands of faint sources in one another's wings: cleaning looks at pixels in reading order
        // where SEP's order follows its scan, so we keep some 5 % more of them.
        let found = compare("spitzer_map", &found.sources, &Golden::read("spitzer_map"));
        assert!(found.theirs_found > 0.97 && found.ours_found > 0.94 && found.median_offset < 1e-3);
    }
}

#[test]
fn images_without_sources_give_none() {
    let settings = DetectSettings::default();
    for image in [
        Plane::filled(1, 1, 5.0),
        Plane::filled(3, 2, 0.0),
        Plane::filled(65, 65, 7.0),
        Plane::filled(200, 10, f32::NAN),
        Plane::filled(130, 70, f32::INFINITY),
        Plane::filled(100, 100, 1e30),
    ] {
        for noise in [Noise::Global, Noise::FromBackground] {
            let found = run(&image, noise, &settings);
            assert!(found.sources.is_empty(), "{}x{}", image.width, image.height);
            assert!(found.background.global_rms > 0.0);
        }
    }
}

#[test]
fn wrong_shapes_and_settings_are_errors() {
    let image = Plane::filled(10, 8, 1.0);
    let other = Plane::filled(8, 10, 1.0);
    let settings = DetectSettings::default();
    let error = detect(&image, Noise::Weight(&other), &settings, &Silent).unwrap_err();
    assert!(error.to_string().contains("weight image is 8x10"), "{error}");
    assert!(matches!(
        background(&image, Some(&[true; 3]), &settings),
        Err(DetectError::MaskShape {
            expected: 80,
            found: 3
        })
    ));
    assert!(matches!(
        detect(&Plane::filled(0, 4, 0.0), Noise::Global, &settings, &Silent),
        Err(DetectError::Empty { .. })
    ));
    let bad = DetectSettings {
        mesh_px: 0,
        ..settings
    };
    assert!(matches!(
        detect(&image, Noise::Global, &bad, &Silent),
        Err(DetectError::Setting { .. })
    ));
}

#[test]
fn weights_without_data_are_left_out() {
    let image = field();
    let settings = field_settings();
    let mut weight = Plane::filled(230, 170, 1.0);
    for y in 0..170 {
        weight.row_mut(y)[..115].fill(if y % 2 == 0 { -1.0 } else { 0.0 });
    }
    let found = run(&image, Noise::Weight(&weight), &settings);
    assert!(!found.sources.is_empty());
    assert!(found.sources.iter().all(|s| s.x > 113.0));
    let nothing = Plane::filled(230, 170, 0.0);
    assert!(run(&image, Noise::Weight(&nothing), &settings).sources.is_empty());
}

#[test]
fn a_blob_with_too_many_branches_stays_whole() {
    let mut image = Plane::filled(600, 600, 0.0);
    for y in 0..600 {
        for (x, v) in image.row_mut(y).iter_mut().enumerate() {
            *v = ((x * 31 + y * 17) % 13) as f32 * 0.1;
            if (100..500).contains(&x) && (100..500).contains(&y) {
                // A plateau with a bump every six pixels.
                *v += if x % 6 < 2 && y % 6 < 2 { 3000.0 } else { 500.0 };
            }
        }
    }
    let found = run(&image, Noise::Global, &DetectSettings::default());
    assert_eq!(
        found
            .sources
            .iter()
            .filter(|s| s.flag & flag::DEBLEND_OVERFLOW != 0)
            .count(),
        1
    );
}

#[test]
fn cancelling_stops() {
    struct Cancelled(AtomicU64);
    impl Progress for Cancelled {
        fn begin(&self, _: &str, _: Option<u64>) {}
        fn advance(&self, _: u64) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn note(&self, _: &str) {}
        fn cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed) > 7
        }
    }
    let stopped = detect(
        &field(),
        Noise::Global,
        &field_settings(),
        &Cancelled(AtomicU64::new(0)),
    )
    .unwrap_err();
    assert!(matches!(stopped, DetectError::Cancelled));
}

#[test]
fn threads_and_labels_dont_change_the_catalogue() {
    let settings = DetectSettings {
        segmentation: true,
        ..field_settings()
    };
    let many = run(&field(), Noise::Global, &settings);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let one = pool.install(|| run(&field(), Noise::Global, &settings));
    assert_eq!(many.sources, one.sources);
    let labels = many.segmentation.unwrap().labels;
    for (i, s) in many.sources.iter().enumerate() {
        assert_eq!(
            labels.iter().filter(|l| **l as usize == i + 1).count(),
            s.npix as usize
        );
    }
    let table = catalog_columns(&many.sources).unwrap();
    assert_eq!(table.rows(), many.sources.len());
    assert_eq!(table.numbers("x").unwrap()[0], many.sources[0].x);
    assert_eq!(table.unit("half_light_radius"), Some("pix"));
}
