//! What a project of a million objects costs: import, opening, labels, and every command on it.
//!
//! `cargo bench --profile dev --bench project [-- import|open|commands|embed]` (all of them if none
//! is named). `ASTROLABEL_BENCH_ROWS` sets another number of objects. Commands are run as a person
//! runs them, as processes of their own; beside the time stands their largest resident set.
//! `ASTROLABEL_BENCH_PROGRAM` names another build of the program to compare with.

use arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array};
use astrolabel::encoder::EncoderSpec;
use astrolabel::io::catalog::Table;
use astrolabel::io::catalog::table::field;
use astrolabel::io::export::write_catalog;
use astrolabel::io::fits::{Card, CardValue, Compression, ImageToWrite, write_images, write_table};
use astrolabel::io::raster::Plane;
use astrolabel::project::journal::{self, Author, Kind};
use astrolabel::project::runs::RunWriter;
use astrolabel::project::{Project, objects};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const DIM: usize = 384;
const SIDE: usize = 4096;

fn main() -> Outcome {
    let rows: usize = std::env::var("ASTROLABEL_BENCH_ROWS")
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(1_000_000);
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|a| a == name);
    let folder = tempfile::tempdir()?;
    let dir = folder.path();
    if wanted("import") || wanted("open") || wanted("commands") {
        let image = dir.join("mosaic.fits");
        write_mosaic(&image)?;
        let table = catalogue(rows)?;
        let parquet = dir.join("big.parquet");
        write_catalog(&parquet, &table)?;
        if wanted("import") {
            write_catalog(&dir.join("big.csv"), &table)?;
            write_table(&dir.join("big.fits"), &table, "CATALOG", &[])?;
        }
        drop(table);
        if wanted("import") {
            for name in ["big.csv", "big.fits"] {
                import(dir, &image, &dir.join(name), &dir.join(format!("{name}.project")))?;
            }
        }
        let root = dir.join("p.astrolabel");
        import(dir, &image, &parquet, &root)?;
        if wanted("open") {
            opening(&root)?;
        }
        if wanted("commands") {
            commands(dir, &root, rows)?;
        }
    }
    if wanted("embed") {
        embedding(dir)?;
    }
    Ok(())
}

fn import(dir: &Path, image: &Path, catalog: &Path, root: &Path) -> Outcome {
    let name = catalog
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    run(
        &format!("import {name}"),
        dir,
        &[
            "import".as_ref(),
            image.as_ref(),
            "--catalog".as_ref(),
            catalog.as_ref(),
            "--project".as_ref(),
            root.as_os_str(),
        ],
    )
}

fn opening(root: &Path) -> Outcome {
    let started = Instant::now();
    let mut project = Project::open(root, false)?;
    println!("open the project         {:8.1} ms", ms(started));
    let started = Instant::now();
    let all = objects::all(project.store())?;
    println!(
        "objects::all             {:8.1} ms ({} objects)",
        ms(started),
        all.len()
    );
    let who = Author {
        who: "bench".into(),
        origin: "bench".into(),
    };
    let values: Vec<(i64, Option<String>)> = (0..10_000.min(all.len() as i64))
        .map(|i| {
            (
                i * (all.len() as i64 / 10_000).max(1),
                Some(format!("kind{}", i % 4)),
            )
        })
        .collect();
    let started = Instant::now();
    journal::give(project.store_mut(), &who, Kind::Label, &values)?;
    println!("labels of {} objects  {:8.1} ms", values.len(), ms(started));
    let mut times: Vec<f64> = (0..31)
        .map(|i| {
            let started = Instant::now();
            let value = [(i, Some(format!("kind{}", (i + 1) % 4)))];
            journal::give(project.store_mut(), &who, Kind::Label, &value)?;
            Ok(ms(started))
        })
        .collect::<Result<_, astrolabel::project::ProjectError>>()?;
    times.sort_by(f64::total_cmp);
    println!("one label                {:8.1} ms (median of 31)", times[15]);
    let started = Instant::now();
    while journal::undo(project.store_mut(), &who)?.is_some() {}
    println!("undo all of it           {:8.1} ms", ms(started));
    Ok(())
}

fn commands(dir: &Path, root: &Path, rows: usize) -> Outcome {
    write_vectors(root, rows)?;
    let mut project = Project::open(root, false)?;
    let who = Author {
        who: "bench".into(),
        origin: "bench".into(),
    };
    let values: Vec<(i64, Option<String>)> = (0..50)
        .map(|i| i * (rows / 50))
        .map(|row| (row as i64, Some(format!("kind{}", kind(row)))))
        .collect();
    journal::give(project.store_mut(), &who, Kind::Label, &values)?;
    drop(project);
    for words in [
        "info PROJECT",
        "similar --like #7",
        "similar --like #8",
        "classify",
        "classify",
        "map --method pca",
        "anomalies -k 20",
        "export --out out.parquet",
        "export --out out.fits",
        "export --out out.csv",
    ] {
        let mut arguments: Vec<&str> = words.split(' ').collect();
        let root = root.to_string_lossy();
        match arguments.iter().position(|a| *a == "PROJECT") {
            Some(at) => arguments[at] = &root,
            None => arguments.extend(["--project", &root]),
        }
        let arguments: Vec<&std::ffi::OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        run(words, dir, &arguments)?;
    }
    Ok(())
}

/// Classical numbers of 100 000 places of a simulated sky.
fn embedding(dir: &Path) -> Outcome {
    let sky = dir.join("sky");
    let side = SIDE.to_string();
    let out = sky.to_string_lossy();
    let words = ["simulate", "--out", &*out, "--side", &*side, "--objects", "1500"].map(AsRef::as_ref);
    run("simulate", dir, &words)?;
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let places: Vec<[f64; 2]> = (0..100_000)
        .map(|_| [0; 2].map(|_| rng.random_range(40.0..SIDE as f64 - 40.0)))
        .collect();
    let column = |axis: usize| -> ArrayRef {
        Arc::new(places.iter().map(|p| Some(p[axis])).collect::<Float64Array>())
    };
    let table = Table::new(vec![
        (
            field("x", arrow::datatypes::DataType::Float64, "pix", "", ""),
            column(0),
        ),
        (
            field("y", arrow::datatypes::DataType::Float64, "pix", "", ""),
            column(1),
        ),
    ])?;
    let catalog = dir.join("places.parquet");
    write_catalog(&catalog, &table)?;
    let root = dir.join("sky.astrolabel");
    let mut arguments: Vec<std::ffi::OsString> = vec!["import".into()];
    let mut images: Vec<_> = std::fs::read_dir(&sky)?
        .filter_map(|e| Some(e.ok()?.path()))
        .collect();
    images.retain(|p| p.to_string_lossy().contains("survey_r"));
    images.sort();
    arguments.extend(images.iter().take(1).map(|p| p.clone().into_os_string()));
    arguments.extend([
        "--catalog".into(),
        catalog.into(),
        "--x".into(),
        "x".into(),
        "--y".into(),
        "y".into(),
    ]);
    arguments.extend(["--project".into(), root.clone().into_os_string()]);
    let arguments: Vec<&std::ffi::OsStr> = arguments.iter().map(AsRef::as_ref).collect();
    run("import 100 000 places", dir, &arguments)?;
    let root = root.to_string_lossy();
    let words = ["embed", "--project", &*root, "--encoder", "morphometry"].map(AsRef::as_ref);
    run("embed 100 000 cutouts", dir, &words)
}

/// Runs the program and prints how long it took and how large it became.
fn run(name: &str, dir: &Path, arguments: &[&std::ffi::OsStr]) -> Outcome {
    let started = Instant::now();
    let program = std::env::var_os("ASTROLABEL_BENCH_PROGRAM")
        .unwrap_or_else(|| env!("CARGO_BIN_EXE_astrolabel").into());
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let stat = format!("/proc/{}/stat", child.id());
    let (mut peak, mut ticks) = (0.0f64, 0.0);
    let end = loop {
        if let Some(end) = child.try_wait()? {
            break end;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kb = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kb: Option<f64> = kb.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kb.unwrap_or(0.0));
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        let now: f64 = (text.split_whitespace().skip(13).take(2))
            .filter_map(|v| v.parse::<f64>().ok())
            .sum();
        ticks = now.max(ticks);
        std::thread::sleep(Duration::from_millis(5));
    };
    println!(
        "{name:24} {:8.0} ms, {:.0} ms of processor, {:.0} MB",
        ms(started),
        ticks * 10.0,
        peak / 1024.0
    );
    if !end.success() {
        let mut why = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            std::io::Read::read_to_string(&mut stderr, &mut why)?;
        }
        return Err(format!("{name}: {why}").into());
    }
    Ok(())
}

/// An empty sky whose position is known.
fn write_mosaic(path: &Path) -> Outcome {
    let plane = Plane {
        width: SIDE,
        height: SIDE,
        pixels: (0..SIDE * SIDE).map(|i| (i % 101) as f32).collect(),
    };
    let real = |k: &str, v: f64| Card::new(k, CardValue::Real(v), "");
    let text = |k: &str, v: &str| Card::new(k, CardValue::Text(v.into()), "");
    let middle = (SIDE as f64 + 1.0) / 2.0;
    let cards = [
        text("CTYPE1", "RA---TAN"),
        text("CTYPE2", "DEC--TAN"),
        text("RADESYS", "ICRS"),
        real("CRVAL1", 150.0),
        real("CRVAL2", 2.0),
        real("CRPIX1", middle),
        real("CRPIX2", middle),
        real("CDELT1", -1e-4),
        real("CDELT2", 1e-4),
    ];
    write_images(
        path,
        &[ImageToWrite {
            plane: &plane,
            name: None,
            cards: &cards,
            compression: Compression::None,
        }],
    )?;
    Ok(())
}

/// Identifiers, positions on the mosaic and eight magnitudes.
fn catalogue(rows: usize) -> Result<Table, Box<dyn std::error::Error>> {
    use arrow::datatypes::DataType;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let half = SIDE as f64 * 1e-4 / 2.0 * 0.99;
    let mut spread = |centre: f64| -> ArrayRef {
        let values = (0..rows).map(|_| ((centre + rng.random_range(-half..half)) * 1e7).round() / 1e7);
        Arc::new(Float64Array::from_iter_values(values))
    };
    let mut columns = vec![
        (
            field("id", DataType::Int64, "", "meta.id;meta.main", ""),
            Arc::new(Int64Array::from_iter_values(
                (0..rows as i64).map(|i| i + 587_729_154_670_395_609),
            )) as ArrayRef,
        ),
        (field("ra", DataType::Float64, "deg", "", ""), spread(150.0)),
        (field("dec", DataType::Float64, "deg", "", ""), spread(2.0)),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for k in 0..8 {
        let values = (0..rows).map(|_| (rng.random_range(14.0..26.0f32) * 1e3).round() / 1e3);
        columns.push((
            field(&format!("mag{k}"), DataType::Float32, "mag", "", ""),
            Arc::new(Float32Array::from_iter_values(values)),
        ));
    }
    Ok(Table::new(columns)?)
}

/// Four kinds of objects, each a direction of its own beside noise.
fn kind(row: usize) -> usize {
    row.wrapping_mul(2_654_435_761) >> 7 & 3
}

/// A network's vectors, as an embedding would have written them.
fn write_vectors(root: &Path, rows: usize) -> Outcome {
    let mut project = Project::open(root, false)?;
    let spec = EncoderSpec {
        name: "bench".into(),
        dim: DIM,
        feature_names: vec![],
        weights_path: None,
        weights_sha256: None,
        settings: serde_json::json!({}),
        keep_f32: false,
    };
    let started = Instant::now();
    let mut writer = RunWriter::open(&project.embeddings(), &spec, "now")?.ok_or("the run is locked")?;
    project.register_run(&writer.manifest().run.clone(), &spec.name)?;
    let mut spent = 0.0;
    let ids: Vec<usize> = (0..rows).collect();
    for ids in ids.chunks(8192) {
        let mut block = vec![0.0f32; ids.len() * DIM];
        block.par_chunks_mut(DIM).zip(ids).for_each(|(row, &index)| {
            let mut rng = ChaCha8Rng::seed_from_u64(index as u64);
            let own = kind(index);
            for (j, v) in row.iter_mut().enumerate() {
                *v = if j % 4 == own { 0.3 } else { 0.0 } + rng.random::<f32>() - 0.5;
            }
        });
        let started = Instant::now();
        writer.write(ids, &block)?;
        spent += ms(started);
    }
    writer.confirm()?;
    println!(
        "write {rows} vectors    {spent:8.0} ms ({:.0} ms with making and syncing them)",
        ms(started)
    );
    Ok(())
}

fn ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}
