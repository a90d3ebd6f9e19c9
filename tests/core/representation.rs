//! How vectors are put together, on objects of a simulated survey.

#[path = "../cli/tiny.rs"]
mod tiny;

use astrolabel::encoder::Encoder;
use astrolabel::encoder::computation::Computation;
use astrolabel::encoder::plan::isa::Precision;
use astrolabel::encoder::registry::{EncoderOptions, Registry};
use astrolabel::encoder::representation::{Combine, Representation};
use astrolabel::io::raster::Plane;
use astrolabel::progress::Silent;
use astrolabel::project::Project;
use astrolabel::project::runs::run_name;
use astrolabel::sky::cutout::{Cutout, crop_central};
use astrolabel::tasks::images::Images;
use astrolabel::tasks::import::{ImportOptions, import_into};
use std::path::{Path, PathBuf};

/// Cutouts of the sample survey, as the program cuts them.
fn cutouts(dir: &Path, count: usize) -> Vec<Cutout> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    let root = dir.join("p");
    let options = ImportOptions {
        paths: vec![sample],
        who: "tester".into(),
        ..Default::default()
    };
    import_into(&root, &options, &Silent).unwrap();
    let project = Project::open(&root, false).unwrap();
    let images = Images::of(&project).unwrap();
    (0..count).map(|i| images.cut(i * 7, None).unwrap()).collect()
}

fn registry(dir: &Path) -> Registry {
    std::fs::write(dir.join("net.toml"), tiny::description("net", "")).unwrap();
    tiny::write(&dir.join("net.safetensors"), 11);
    Registry::of_folders(Some(dir.to_owned()), Vec::new())
}

fn open(registry: &Registry, name: &str, representation: Representation) -> Box<dyn Encoder> {
    let options = EncoderOptions {
        representation,
        ..Default::default()
    };
    registry.open(name, &options).unwrap()
}

fn symmetric() -> Representation {
    Representation {
        symmetric: true,
        ..Default::default()
    }
}

#[test]
fn cutouts_that_wait_together_get_the_vectors_they_get_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (registry, mut cutouts) = (registry(dir.path()), cutouts(dir.path(), 13));
    for (name, computation) in [
        ("astrolabel_s", Computation::default()),
        (
            "astrolabel_s",
            Computation {
                precision: Some(Precision::F32),
                ..Computation::default()
            },
        ),
        ("net", Computation::default()),
    ] {
        let options = EncoderOptions {
            threads: 2,
            computation,
            ..Default::default()
        };
        let encoder = registry.open(name, &options).unwrap();
        let together = encoder.encode(&cutouts).unwrap();
        let dim = encoder.spec().dim;
        for (cutout, vector) in cutouts.iter().zip(together.chunks_exact(dim)) {
            assert_eq!(
                encoder.encode(std::slice::from_ref(cutout)).unwrap(),
                vector,
                "{name}"
            );
        }
        // One that can't be prepared is an error that says so, and the next call is none the worse.
        let whole = cutouts[9].bands[1].clone();
        cutouts[9].bands[1].width -= 1;
        let error = encoder.encode(&cutouts).unwrap_err().to_string();
        assert!(error.contains("aren't all of one size"), "{error}");
        cutouts[9].bands[1] = whole;
        assert_eq!(encoder.encode(&cutouts).unwrap(), together);
    }
}

/// Turned by a quarter, clockwise.
fn turned(cutout: &Cutout) -> Cutout {
    let mut out = cutout.clone();
    for band in &mut out.bands {
        let n = band.width;
        let value = |x: usize, y: usize| band.pixels[(n - 1 - x) * n + y];
        let pixels = (0..n * n).map(|i| value(i % n, i / n)).collect();
        *band = Plane::from_pixels(n, n, pixels);
    }
    out
}

/// Left and right swapped.
fn mirrored(cutout: &Cutout) -> Cutout {
    let mut out = cutout.clone();
    for band in &mut out.bands {
        let n = band.width;
        band.pixels.chunks_exact_mut(n).for_each(<[f32]>::reverse);
    }
    out
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The least cosine of objects and their turned and mirrored twins.
fn least_of_twins(encoder: &dyn Encoder, cutouts: &[Cutout]) -> f64 {
    let mut least = 1.0f64;
    let dim = encoder.spec().dim;
    let own = encoder.encode(cutouts).unwrap();
    let mut twins: Vec<Cutout> = cutouts.to_vec();
    for step in 0..7 {
        twins = twins
            .iter()
            .map(|c| if step == 3 { mirrored(c) } else { turned(c) })
            .collect();
        let theirs = encoder.encode(&twins).unwrap();
        for (a, b) in own.chunks_exact(dim).zip(theirs.chunks_exact(dim)) {
            least = least.min(cosine(a, b));
        }
    }
    least
}

#[test]
fn turned_twins_get_the_same_vector_only_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let (registry, cutouts) = (registry(dir.path()), cutouts(dir.path(), 12));
    let plain = open(&registry, "net", Representation::default());
    let even = open(&registry, "net", symmetric());
    let (without, with) = (
        least_of_twins(plain.as_ref(), &cutouts),
        least_of_twins(even.as_ref(), &cutouts),
    );
    eprintln!("least cosine of twins: {without:.6} plain, {with:.8} symmetric");
    assert!(with >= 0.99999, "{with}");
    assert!(
        without < 0.999,
        "{without}: this network could not tell twins apart anyway"
    );
    // It is the mean over all eight.
    let mut all = vec![0.0f64; 64];
    let mut way = cutouts[0].clone();
    for step in 0..8 {
        for (sum, v) in all
            .iter_mut()
            .zip(plain.encode(std::slice::from_ref(&way)).unwrap())
        {
            *sum += f64::from(v) / 8.0;
        }
        way = if step == 3 { mirrored(&way) } else { turned(&way) };
    }
    let found = even.encode(&cutouts[..1]).unwrap();
    for (a, b) in found.iter().zip(&all) {
        assert!((f64::from(*a) - b).abs() < 1e-5);
    }
}

#[test]
fn scales_stand_side_by_side_or_are_averaged() {
    let dir = tempfile::tempdir().unwrap();
    let (registry, cutouts) = (registry(dir.path()), cutouts(dir.path(), 3));
    let of = |combine| Representation {
        scales: vec![1.0, 0.6],
        combine,
        ..Default::default()
    };
    let plain = open(&registry, "net", Representation::default());
    let (wide, mean) = (
        open(&registry, "net", of(Combine::Concat)),
        open(&registry, "net", of(Combine::Mean)),
    );
    let inner: Vec<Cutout> = cutouts.iter().map(|c| crop_central(c.clone(), 0.6)).collect();
    let (whole, inner) = (plain.encode(&cutouts).unwrap(), plain.encode(&inner).unwrap());
    let (wide, mean) = (wide.encode(&cutouts).unwrap(), mean.encode(&cutouts).unwrap());
    assert_eq!((wide.len(), mean.len()), (3 * 128, 3 * 64));
    for i in 0..3 {
        for j in 0..64 {
            let (a, b) = (whole[i * 64 + j], inner[i * 64 + j]);
            assert!((wide[i * 128 + j] - a).abs() < 1e-6 && (wide[i * 128 + 64 + j] - b).abs() < 1e-6);
            assert!((mean[i * 64 + j] - (a + b) / 2.0).abs() < 1e-6);
        }
    }
}

#[test]
fn without_a_choice_nothing_changes_and_choices_come_back_from_the_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let (registry, cutouts) = (registry(dir.path()), cutouts(dir.path(), 2));
    let plain = open(&registry, "net", Representation::default());
    let whole = Representation {
        scales: vec![1.0],
        ..Default::default()
    };
    assert_eq!(
        run_name(plain.spec()),
        run_name(open(&registry, "net", whole).spec())
    );
    assert!(plain.spec().settings.get("representation").is_none());
    let chosen = Representation {
        symmetric: true,
        scales: vec![1.0, 0.5],
        morphometry: true,
        ..Default::default()
    };
    let encoder = open(&registry, "net", chosen);
    assert_eq!(encoder.spec().dim, 2 * 64 + 43);
    let again = registry.reopen(encoder.spec(), 1).unwrap();
    assert_eq!(run_name(again.spec()), run_name(encoder.spec()));
    assert_ne!(run_name(again.spec()), run_name(plain.spec()));
    assert_eq!(again.encode(&cutouts).unwrap(), encoder.encode(&cutouts).unwrap());
}

/// The folder of real weights, if it is here.
fn real() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("HOME")?).join(".cache/astrolabel-dev/models");
    if folder.join("vit_s14_saliency.safetensors").is_file() {
        return Some(folder);
    }
    eprintln!("skipped: no real weights here");
    None
}

#[test]
fn a_real_network_is_even_handed_and_gives_the_same_bits_in_any_company() {
    let Some(folder) = real() else { return };
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::of_folders(None, vec![folder]);
    let cutouts = cutouts(dir.path(), 9);
    let even = open(&registry, "vit_s14_saliency", symmetric());
    let least = least_of_twins(even.as_ref(), &cutouts[..1]);
    assert!(least >= 0.999, "{least}");
    let plain = open(&registry, "vit_s14_saliency", Representation::default());
    let together = plain.encode(&cutouts).unwrap();
    let dim = plain.spec().dim;
    for (cutout, vector) in cutouts.iter().zip(together.chunks_exact(dim)) {
        let alone = plain.encode(std::slice::from_ref(cutout)).unwrap();
        assert!(
            alone == vector,
            "an image's vector depends on what stands beside it"
        );
    }
}
