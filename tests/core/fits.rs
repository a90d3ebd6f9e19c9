//! Reading against astropy over the zoo of real, odd and broken files; names; round trips;
//! hostile files.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use crate::support;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, Float32Array, Float64Array, Int16Array,
    Int32Array, Int64Array, StringArray, UInt8Array,
};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use astrolabel::io::catalog::NOTE;
use astrolabel::io::catalog::table::{DESCRIPTION, Table, UNIT, field};
use astrolabel::io::fits::{
    Card, CardValue, Compression, Fault, FitsError, FitsFile, HduKind, ImageToWrite, write_images,
    write_table,
};
use astrolabel::io::picture::{read_picture, write_picture};
use astrolabel::io::raster::Plane;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Errors, results and handles must travel between threads.
#[test]
fn types_travel_between_threads() {
    fn travels<T: Send + Sync + 'static>() {}
    fn sends<T: Send + 'static>() {}
    travels::<FitsError>();
    sends::<FitsFile>();
}

// ---- the zoo ---------------------------------------------------------------------------------

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// `a` is `b` within a relative 1e-6 of `scale`.
fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= 1e-6 * scale.abs().max(b.abs()) + 1e-300
}

fn check_image(file: &mut FitsFile, hdu: usize, golden: &Value) -> Result<(), String> {
    let info = &file.hdus()[hdu];
    let HduKind::Image { shape, .. } = &info.kind else {
        return Err(format!("kind is {:?}", info.kind));
    };
    let wanted: Vec<usize> = golden["shape"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap() as usize)
        .collect();
    if *shape != wanted {
        return Err(format!("shape {shape:?}, not {wanted:?}"));
    }
    let plane = file.read_plane(hdu, 0).map_err(|e| e.to_string())?;
    let finite: Vec<f64> = plane
        .pixels
        .iter()
        .filter(|v| v.is_finite())
        .map(|&v| f64::from(v))
        .collect();
    if finite.len() as u64 != golden["finite"].as_u64().unwrap() {
        return Err(format!(
            "{} finite pixels, not {}",
            finite.len(),
            golden["finite"]
        ));
    }
    let sum: f64 = finite.iter().sum();
    if !close(
        sum,
        golden["sum"].as_f64().unwrap(),
        golden["abs"].as_f64().unwrap(),
    ) {
        return Err(format!("sum {sum}, not {}", golden["sum"]));
    }
    let largest = golden["max"]
        .as_f64()
        .unwrap_or(0.0)
        .abs()
        .max(golden["min"].as_f64().unwrap_or(0.0).abs());
    let extremes = [
        ("min", finite.iter().copied().reduce(f64::min)),
        ("max", finite.iter().copied().reduce(f64::max)),
    ];
    for (name, got) in extremes {
        if let (Some(got), Some(want)) = (got, golden[name].as_f64())
            && !close(got, want, largest)
        {
            return Err(format!("{name} {got}, not {want}"));
        }
    }
    for spot in golden["spots"].as_array().unwrap() {
        let (x, y) = (
            spot[0].as_u64().unwrap() as usize,
            spot[1].as_u64().unwrap() as usize,
        );
        let got = f64::from(plane.get(x, y).unwrap());
        match spot[2].as_f64() {
            Some(want) if !close(got, want, want) => {
                return Err(format!("pixel ({x}, {y}) {got}, not {want}"));
            }
            None if got.is_finite() => return Err(format!("pixel ({x}, {y}) {got}, not blank")),
            _ => {}
        }
        // A window gives what the plane does.
        let window = file.read_window(hdu, 0, x, y, 1, 1).map_err(|e| e.to_string())?;
        if window.pixels[0].to_bits() != plane.get(x, y).unwrap().to_bits() {
            return Err(format!("the window at ({x}, {y}) differs from the plane"));
        }
    }
    Ok(())
}

/// All elements of a numeric, logical or vector column; missing ones NaN.
fn numbers(column: &ArrayRef) -> Option<Vec<f64>> {
    let flat = match column.data_type() {
        DataType::FixedSizeList(..) => column.as_fixed_size_list().values().clone(),
        _ => column.clone(),
    };
    let wide = arrow::compute::cast(&flat, &DataType::Float64).ok()?;
    let wide = wide.as_primitive::<Float64Type>();
    Some(wide.iter().map(|v| v.unwrap_or(f64::NAN)).collect())
}

fn check_table(file: &mut FitsFile, hdu: usize, golden: &Value) -> Result<(), String> {
    let names: Vec<String> = (1..=999)
        .map_while(|n| file.hdus()[hdu].header.text(&format!("TFORM{n}")).map(|_| n))
        .map(|n| {
            let name = file.hdus()[hdu]
                .header
                .text(&format!("TTYPE{n}"))
                .unwrap_or("")
                .trim()
                .to_owned();
            if name.is_empty() { format!("col{n}") } else { name }
        })
        .collect();
    let table = file.read_table(hdu).map_err(|e| e.to_string())?;
    let rows = golden["rows"].as_u64().unwrap() as usize;
    if table.rows() != rows && table.batch.num_columns() > 0 {
        return Err(format!("{} rows, not {rows}", table.rows()));
    }
    for column in golden["columns"].as_array().unwrap() {
        let name = &names[column["i"].as_u64().unwrap() as usize];
        let complaint = |what: String| Err(format!("column {name}: {what}"));
        let Some(array) = table.column(name) else {
            // What was left out is noted (no column of the zoo is dropped silently).
            if table
                .meta
                .iter()
                .any(|(k, v)| k == NOTE && v.contains(name.as_str()))
            {
                continue;
            }
            return complaint("missing".to_owned());
        };
        if column["kind"] == "text" {
            let texts = table.texts(name).unwrap_or_default();
            let first = column["first"].as_array().unwrap();
            for (got, want) in texts.iter().zip(first) {
                if got.trim_end() != want.as_str().unwrap().trim_end() {
                    return complaint(format!("{got:?}, not {want}"));
                }
            }
        } else {
            let Some(values) = numbers(array) else {
                return complaint("no numbers".to_owned());
            };
            let sum: f64 = values.iter().filter(|v| v.is_finite()).sum();
            if !close(
                sum,
                column["sum"].as_f64().unwrap(),
                column["abs"].as_f64().unwrap(),
            ) {
                return complaint(format!("sum {sum}, not {}", column["sum"]));
            }
            if let Some(first) = column["first"].as_f64()
                && !close(values[0], first, first)
                && !(first == 0.0 && values[0].is_nan())
            {
                return complaint(format!("first {}, not {first}", values[0]));
            }
        }
    }
    Ok(())
}

#[test]
fn zoo_reads_as_astropy_reads_it() {
    let Some(zoo) = support::shared("real/fits_zoo") else {
        return;
    };
    let golden = std::fs::read_to_string(support::golden("fits/zoo.json")).unwrap();
    let golden: BTreeMap<String, Value> = serde_json::from_str(&golden).unwrap();
    let mut failures = Vec::new();
    let (mut images, mut tables) = (0, 0);
    for (name, entries) in &golden {
        let mut file = match FitsFile::open(&zoo.join(name)) {
            Ok(file) => file,
            Err(e) => {
                failures.push(format!("{name}: {e}"));
                continue;
            }
        };
        for entry in entries.as_array().unwrap() {
            let hdu = entry["hdu"].as_u64().unwrap() as usize;
            if hdu >= file.hdus().len() {
                failures.push(format!("{name}[{hdu}]: no such HDU; {:?}", file.problems()));
                continue;
            }
            let result = if entry["image"].is_object() {
                images += 1;
                check_image(&mut file, hdu, &entry["image"])
            } else if entry["table"].is_object() {
                tables += 1;
                check_table(&mut file, hdu, &entry["table"])
            } else {
                // astropy failed here; the next test says what this program does.
                Ok(())
            };
            failures.extend(result.err().map(|e| format!("{name}[{hdu}]: {e}")));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {images} images and {tables} tables:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(images > 300 && tables > 50, "{images} images, {tables} tables");
}

/// Reads everything a file offers; what fails must say which file.
fn read_all(path: &Path) -> Result<(), String> {
    let named = |e: &FitsError| {
        let text = e.to_string();
        if text.contains(&path.display().to_string()) {
            Ok(())
        } else {
            Err(text)
        }
    };
    let mut file = match FitsFile::open(path) {
        Ok(file) => file,
        Err(e) => return named(&e),
    };
    file.problems().iter().try_for_each(named)?;
    for hdu in 0..file.hdus().len() {
        let planes = file.hdus()[hdu].planes();
        for plane in [0, planes / 2, planes.saturating_sub(1)] {
            if let Err(e) = file.read_plane(hdu, plane) {
                named(&e)?;
                if !e.to_string().contains(&format!("HDU {hdu}")) {
                    return Err(format!("no HDU in {e}"));
                }
            }
        }
        if let Err(e) = file.read_table(hdu) {
            named(&e)?;
        }
    }
    Ok(())
}

#[test]
fn every_zoo_file_opens_or_says_why() {
    let Some(zoo) = support::shared("real/fits_zoo") else {
        return;
    };
    let mut files = Vec::new();
    files_below(&zoo, &mut files);
    assert!(files.len() > 300);
    for path in files {
        let start = std::time::Instant::now();
        read_all(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // A hang, not a measurement: the slowest takes a fraction of a second.
        assert!(
            start.elapsed().as_secs() < 10,
            "{} took {:?}",
            path.display(),
            start.elapsed()
        );
    }
}

// ---- names -----------------------------------------------------------------------------------

fn ramp(width: usize, height: usize) -> Plane {
    Plane::from_pixels(
        width,
        height,
        (0..width * height).map(|i| i as f32 * 0.5 - 3.0).collect(),
    )
}

fn plain(plane: &Plane) -> ImageToWrite<'_> {
    ImageToWrite {
        plane,
        name: None,
        cards: &[],
        compression: Compression::None,
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn names_are_literal() {
    let folder = tempfile::tempdir().unwrap();
    let plane = ramp(5, 4);
    for name in [
        "with space.fits",
        "a[1].fits",
        "a[1]+b.fits",
        "a+1",
        "!loud.fits",
        "f(x).fits",
        "étoile ñ.fits",
        "a|b.fits",
        "at@home.fits",
        "-dash.fits",
        "-",
        "mem:",
        "a.fits[1:2,3:4]",
        "~x.fits",
        "q'uote\".fits",
        "http:",
        "x.fits.fz",
        "line\nbreak.fits",
    ] {
        let path = folder.path().join(name);
        write_images(&path, &[plain(&plane)]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let back = FitsFile::open(&path)
            .unwrap_or_else(|e| panic!("{name}: {e}"))
            .read_plane(0, 0)
            .unwrap();
        assert_eq!(back, plane, "{name}");
        let packed = folder.path().join(format!("{name}.gz"));
        std::fs::write(&packed, gzip(&std::fs::read(&path).unwrap())).unwrap();
        let back = FitsFile::open(&packed)
            .unwrap_or_else(|e| panic!("{name}.gz: {e}"))
            .read_plane(0, 0)
            .unwrap();
        assert_eq!(back, plane, "{name}.gz");
    }
    // No temporary file stays behind.
    let left = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().starts_with(".writing-"));
    assert_eq!(left.count(), 0);
}

/// `.Z` files unpack as gzip unpacks them (astropy needs an add-on for these).
#[test]
fn compress_files_unpack_as_gzip_unpacks_them() {
    let Some(packed) = support::shared("real/fits_zoo/astropy/astropy/io/fits/tests/data/lzw.fits.Z") else {
        return;
    };
    let Ok(output) = std::process::Command::new("gzip")
        .arg("-dc")
        .arg(&packed)
        .output()
    else {
        eprintln!("skipped: no gzip");
        return;
    };
    let (_folder, plain) = opened(&output.stdout);
    let (mut plain, mut file) = (plain.unwrap(), FitsFile::open(&packed).unwrap());
    assert_eq!(file.hdus(), plain.hdus());
    assert!(file.problems().is_empty() && plain.problems().is_empty());
    let mut compared = 0;
    for hdu in 0..file.hdus().len() {
        for plane in 0..file.hdus()[hdu].planes() {
            assert_eq!(
                file.read_plane(hdu, plane).unwrap(),
                plain.read_plane(hdu, plane).unwrap()
            );
            compared += 1;
        }
        if let Ok(table) = file.read_table(hdu) {
            assert_eq!(table.batch, plain.read_table(hdu).unwrap().batch);
            compared += 1;
        }
    }
    assert!(compared > 0);
}

// ---- hostile files ---------------------------------------------------------------------------

/// A FITS file of the given header cards, and data.
fn raw(hdus: &[(&[&str], &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (cards, data) in hdus {
        for card in cards.iter().chain(&["END"]) {
            bytes.extend(format!("{card:<80}").into_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(2880), b' ');
        bytes.extend_from_slice(data);
        bytes.resize(bytes.len().next_multiple_of(2880), 0);
    }
    bytes
}

fn opened(bytes: &[u8]) -> (tempfile::TempDir, Result<FitsFile, FitsError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.fits");
    std::fs::write(&path, bytes).unwrap();
    let file = FitsFile::open(&path);
    (folder, file)
}

fn fault(error: &FitsError) -> Option<Fault> {
    match error {
        FitsError::Hdu { fault, .. } => Some(*fault),
        _ => None,
    }
}

#[test]
fn a_claim_beyond_the_file_is_refused_before_memory_is() {
    let cards = [
        "SIMPLE  = T",
        "BITPIX  = -32",
        "NAXIS   = 2",
        "NAXIS1  = 1000000",
        "NAXIS2  = 1000000",
    ];
    let (_folder, file) = opened(&raw(&[(&cards, &[])]));
    let mut file = file.unwrap();
    assert_eq!(file.problems().len(), 1);
    assert_eq!(fault(&file.read_plane(0, 0).unwrap_err()), Some(Fault::Truncated));
    for axes in [
        ["NAXIS1  = -5", "NAXIS2  = 3"],
        ["NAXIS1  = 9000000000000000000", "NAXIS2  = 9000000000000000000"],
    ] {
        let cards = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", axes[0], axes[1]];
        assert_eq!(
            opened(&raw(&[(&cards, &[])])).1.err().as_ref().and_then(fault),
            Some(Fault::Header)
        );
    }
    // A tiled image of 10^12 pixels in a table of one row.
    let tiles = [
        "XTENSION= 'BINTABLE'",
        "BITPIX  = 8",
        "NAXIS   = 2",
        "NAXIS1  = 8",
        "NAXIS2  = 1",
        "PCOUNT  = 16",
        "GCOUNT  = 1",
        "TFIELDS = 1",
        "TTYPE1  = 'COMPRESSED_DATA'",
        "TFORM1  = '1PB(16)'",
        "ZIMAGE  = T",
        "ZBITPIX = -32",
        "ZNAXIS  = 2",
        "ZNAXIS1 = 20000",
        "ZNAXIS2 = 20000",
        "ZTILE1  = 20000",
        "ZTILE2  = 20000",
        "ZCMPTYPE= 'RICE_1'",
    ];
    let primary = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"];
    let data = [
        0, 0, 0, 16, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ];
    let (_folder, file) = opened(&raw(&[(&primary, &[]), (&tiles, &data)]));
    let mut file = file.unwrap();
    assert_eq!(fault(&file.read_plane(1, 0).unwrap_err()), Some(Fault::TooLarge));
    assert_eq!(
        fault(&file.read_window(1, 0, 0, 0, 2, 2).unwrap_err()),
        Some(Fault::TooLarge)
    );
}

#[test]
fn the_hdus_before_a_broken_one_stay_usable() {
    let good = [
        "SIMPLE  = T",
        "BITPIX  = 8",
        "NAXIS   = 2",
        "NAXIS1  = 2",
        "NAXIS2  = 2",
    ];
    let bad = ["XTENSION= 'IMAGE   '", "BITPIX  = 7", "NAXIS   = 0"];
    let (_folder, file) = opened(&raw(&[(&good, &[1, 2, 3, 4]), (&bad, &[])]));
    let mut file = file.unwrap();
    assert_eq!(file.read_plane(0, 0).unwrap().pixels, [1.0, 2.0, 3.0, 4.0]);
    let problem = file.problems()[0].to_string();
    assert!(
        problem.contains("HDU 1") && problem.contains("BITPIX"),
        "{problem}"
    );
}

#[test]
fn a_cut_gzip_file_still_gives_its_first_hdus() {
    let folder = tempfile::tempdir().unwrap();
    // A file cut short still gives its first HDU.
    let plane = Plane::from_pixels(
        64,
        64,
        (0..4096_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32)
            .collect(),
    );
    let whole = folder.path().join("whole.fits");
    let other = |k: f32| Plane::from_pixels(64, 64, plane.pixels.iter().map(|v| (v * k).sin()).collect());
    let (second, third) = (other(1.1), other(1.2));
    write_images(&whole, &[plain(&plane), plain(&second), plain(&third)]).unwrap();
    let packed = gzip(&std::fs::read(&whole).unwrap());
    let cut = folder.path().join("cut.fits.gz");
    std::fs::write(&cut, &packed[..packed.len() * 3 / 5]).unwrap();
    let mut file = FitsFile::open(&cut).unwrap();
    assert!(!file.problems().is_empty());
    assert_eq!(file.read_plane(1, 0).unwrap(), plane);
}

#[test]
fn pixels_of_every_kind() {
    let head = |bitpix: &str, more: [&'static str; 3]| -> Vec<String> {
        let mut cards = vec!["SIMPLE  = T".to_owned(), format!("BITPIX  = {bitpix}")];
        cards.extend(["NAXIS   = 2", "NAXIS1  = 3", "NAXIS2  = 1"].map(str::to_owned));
        cards.extend(more.map(str::to_owned));
        cards
    };
    let read = |cards: Vec<String>, data: &[u8]| {
        let cards: Vec<&str> = cards.iter().map(String::as_str).collect();
        opened(&raw(&[(&cards, data)]))
            .1
            .unwrap()
            .read_plane(0, 0)
            .unwrap()
            .pixels
    };
    // Unsigned 16 bits by convention.
    let data: Vec<u8> = [-32768_i16, 0, 32767]
        .iter()
        .flat_map(|v| v.to_be_bytes())
        .collect();
    assert_eq!(
        read(head("16", ["BZERO   = 32768", "", ""]), &data),
        [0.0, 32768.0, 65535.0]
    );
    // BLANK and scaling.
    let data: Vec<u8> = [1_i32, -99, 3].iter().flat_map(|v| v.to_be_bytes()).collect();
    let pixels = read(
        head("32", ["BSCALE  = 0.5", "BZERO   = 10.", "BLANK   = -99"]),
        &data,
    );
    assert_eq!((pixels[0], pixels[2]), (10.5, 11.5));
    assert!(pixels[1].is_nan());
    // Doubles: infinities stay, tiny values become zero.
    let data: Vec<u8> = [f64::INFINITY, 1e-300, -2.5]
        .iter()
        .flat_map(|v| v.to_be_bytes())
        .collect();
    assert_eq!(read(head("-64", [""; 3]), &data), [f32::INFINITY, 0.0, -2.5]);
    let data: Vec<u8> = [1_i64 << 40, -1, 0]
        .iter()
        .flat_map(|v| v.to_be_bytes())
        .collect();
    assert_eq!(read(head("64", [""; 3]), &data), [1_099_511_627_776.0, -1.0, 0.0]);
}

// ---- round trips -----------------------------------------------------------------------------

/// Deterministic noise around 100 with a few sources, zeros and NaN.
fn sky(width: usize, height: usize) -> Plane {
    let mut state = 1_u64;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32
    };
    let mut plane = Plane::filled(width, height, 0.0);
    for y in 0..height {
        for x in 0..width {
            let noise: f32 = (0..12).map(|_| uniform()).sum::<f32>() - 6.0;
            plane.row_mut(y)[x] = match (x, y) {
                (3, 3) => f32::NAN,
                (5, 5) => 0.0,
                _ => 100.0 + 2.0 * noise,
            };
        }
    }
    plane
}

fn wcs_cards() -> Vec<Card> {
    vec![
        Card::new("CTYPE1", CardValue::Text("RA---TAN".into()), "projection"),
        Card::new("CRVAL1", CardValue::Real(202.469_575_000_000_03), "[deg]"),
        Card::new("CD1_1", CardValue::Real(-7.777_777_777_777_778e-5), ""),
        Card::new("NAXIS1", CardValue::Integer(7), "must not get through"),
        Card::new(
            "ORIGIN",
            CardValue::Text("it's a long story ".repeat(9).trim_end().into()),
            "",
        ),
        Card {
            keyword: "COMMENT".into(),
            value: None,
            comment: "made by a test".into(),
        },
    ]
}

#[test]
fn images_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.fits");
    let (plane, cards) = (sky(150, 97), wcs_cards());
    let image = |name, compression| ImageToWrite {
        plane: &plane,
        name: Some(name),
        cards: &cards,
        compression,
    };
    let set = [
        image("SCI", Compression::None),
        image("RICE", Compression::Rice { quantize: 8.0 }),
        image("GZIP", Compression::Gzip),
    ];
    write_images(&path, &set).unwrap();
    let first = std::fs::read(&path).unwrap();
    write_images(&path, &set).unwrap();
    assert_eq!(
        first,
        std::fs::read(&path).unwrap(),
        "the same images give the same file"
    );
    assert_eq!(first.len() % 2880, 0);
    let mut file = FitsFile::open(&path).unwrap();
    assert!(file.problems().is_empty(), "{:?}", file.problems());
    let names: Vec<_> = file
        .hdus()
        .iter()
        .map(|h| h.name.clone().unwrap_or_default())
        .collect();
    assert_eq!(names, ["", "SCI", "RICE", "GZIP"]);
    for hdu in 1..=3 {
        let header = &file.hdus()[hdu].header;
        assert_eq!(header.integer("NAXIS1"), Some(150));
        assert_eq!(header.integer("BITPIX"), Some(-32));
        assert_eq!(header.real("CD1_1"), Some(-7.777_777_777_777_778e-5));
        assert_eq!(
            header.text("ORIGIN"),
            Some("it's a long story ".repeat(9).trim_end())
        );
        let HduKind::Image { shape, .. } = &file.hdus()[hdu].kind else {
            panic!()
        };
        assert_eq!(shape, &[150, 97]);
        let back = file.read_plane(hdu, 0).unwrap();
        assert!(back.get(3, 3).unwrap().is_nan());
        assert_eq!(back.get(5, 5), Some(0.0), "exact zeros stay in HDU {hdu}");
        // Steps of an eighth of sigma = 2; half a step either way.
        let tolerance = if hdu == 2 { 0.5 * 2.0 / 8.0 * 1.3 } else { 0.0 };
        for (a, b) in back.pixels.iter().zip(&plane.pixels).filter(|(_, b)| !b.is_nan()) {
            assert!((a - b).abs() <= tolerance, "HDU {hdu}: {a} for {b}");
        }
        let window = file.read_window(hdu, 0, 41, 13, 60, 50).unwrap();
        for y in 0..50 {
            assert_eq!(window.row(y), &back.row(13 + y)[41..101]);
        }
    }
    assert_eq!(
        fault(&file.read_window(1, 0, 100, 0, 51, 1).unwrap_err()),
        Some(Fault::OutOfRange)
    );
    assert_eq!(
        fault(&file.read_plane(1, 1).unwrap_err()),
        Some(Fault::OutOfRange)
    );
    assert_eq!(
        fault(&file.read_plane(9, 0).unwrap_err()),
        Some(Fault::OutOfRange)
    );
    assert_eq!(fault(&file.read_plane(0, 0).unwrap_err()), Some(Fault::WrongKind));
    assert_eq!(fault(&file.read_table(1).unwrap_err()), Some(Fault::WrongKind));
}

/// Rows long enough that cfitsio writes their tiles around its buffers, many enough that the table
/// is longer than those.
#[test]
fn large_images_compress_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.fits");
    let plane = sky(4000, 700);
    write_images(
        &path,
        &[ImageToWrite {
            compression: Compression::Gzip,
            ..plain(&plane)
        }],
    )
    .unwrap();
    let back = FitsFile::open(&path).unwrap().read_plane(1, 0).unwrap();
    assert!(
        back.pixels
            .iter()
            .zip(&plane.pixels)
            .all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
    );
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.fits");
    let plane = ramp(3, 3);
    write_images(&path, &[plain(&plane)]).unwrap();
    let before = std::fs::read(&path).unwrap();
    let cards = [Card::new("not allowed", CardValue::Integer(1), "")];
    let image = ImageToWrite {
        cards: &cards,
        ..plain(&plane)
    };
    assert!(write_images(&path, &[image]).is_err());
    let image = ImageToWrite {
        compression: Compression::Rice { quantize: 0.0 },
        ..plain(&plane)
    };
    assert!(write_images(&path, &[image]).is_err());
    assert_eq!(before, std::fs::read(&path).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// One column of every type, with missing values.
fn catalogue() -> Table {
    let vectors = Float32Array::from((0..12).map(|i| i as f32 * 0.25).collect::<Vec<_>>());
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let vectors = FixedSizeListArray::try_new(item.clone(), 3, Arc::new(vectors), None).unwrap();
    let columns: Vec<(Field, ArrayRef)> = vec![
        (
            field("flag", DataType::Boolean, "", "", ""),
            Arc::new(BooleanArray::from(vec![
                Some(true),
                None,
                Some(false),
                Some(true),
            ])),
        ),
        (
            field("u8", DataType::UInt8, "", "", ""),
            Arc::new(UInt8Array::from(vec![Some(0), Some(255), None, Some(254)])),
        ),
        (
            field("i16", DataType::Int16, "", "", ""),
            Arc::new(Int16Array::from(vec![
                Some(i16::MIN),
                None,
                Some(i16::MAX),
                Some(0),
            ])),
        ),
        (
            field("i32", DataType::Int32, "pix", "", ""),
            Arc::new(Int32Array::from(vec![
                Some(i32::MIN),
                Some(i32::MIN + 1),
                None,
                Some(7),
            ])),
        ),
        (
            field(
                "i64",
                DataType::Int64,
                "",
                "meta.id",
                "the identifier, with a description of some length that goes on and on",
            ),
            Arc::new(Int64Array::from(vec![
                Some(i64::MAX),
                Some(i64::MIN),
                Some(0),
                None,
            ])),
        ),
        (
            field("f32", DataType::Float32, "mag", "phot.mag", ""),
            Arc::new(Float32Array::from(vec![1.5, f32::NAN, f32::INFINITY, -0.0])),
        ),
        (
            field(
                "ra",
                DataType::Float64,
                "deg",
                "pos.eq.ra;meta.main",
                "right ascension",
            ),
            Arc::new(Float64Array::from(vec![
                202.469_575_000_000_03,
                0.0,
                -1e-300,
                1e300,
            ])),
        ),
        (
            field("name", DataType::Utf8, "", "", ""),
            Arc::new(StringArray::from(vec!["M 51", "", "a longer name", "x"])),
        ),
        (
            field("shape", DataType::FixedSizeList(item, 3), "", "", ""),
            Arc::new(vectors),
        ),
    ];
    Table::new(columns).unwrap()
}

#[test]
fn tables_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat [1].fits");
    let table = catalogue();
    let cards = [Card::new("SURVEY", CardValue::Text("test".into()), "")];
    write_table(&path, &table, "OBJECTS", &cards).unwrap();
    let mut file = FitsFile::open(&path).unwrap();
    assert!(file.problems().is_empty());
    assert_eq!(file.hdus()[1].name.as_deref(), Some("OBJECTS"));
    assert_eq!(file.hdus()[1].kind, HduKind::BinaryTable { rows: 4, columns: 9 });
    let back = file.read_table(1).unwrap();
    assert_eq!(back.names(), table.names());
    assert!(
        back.meta.contains(&("SURVEY".into(), "test".into())),
        "{:?}",
        back.meta
    );
    for name in table.names() {
        let (a, b) = (table.column(name).unwrap(), back.column(name).unwrap());
        assert_eq!(a.data_type(), b.data_type(), "{name}");
        assert_eq!(a.null_count(), b.null_count(), "{name}");
        // As text, so that NaN equals itself; every bit of a number shows in its shortest form.
        assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name}");
        let (i, j) = (table.position(name).unwrap(), back.position(name).unwrap());
        assert_eq!(
            table.batch.schema().field(i).metadata(),
            back.batch.schema().field(j).metadata(),
            "{name}"
        );
    }
    assert_eq!(back.unit("ra"), Some("deg"));
    assert!(back.batch.schema().field(3).metadata().contains_key(UNIT));
}

#[test]
fn many_rows_round_trip_in_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.fits");
    // Several blocks of 4 MB, the last one partly filled.
    let rows = 700_001_usize;
    let ids = Int64Array::from_iter_values((0..rows as i64).map(|i| i * 7 - 3));
    let mags = Float32Array::from_iter_values((0..rows).map(|i| (i % 1000) as f32));
    let table = Table::new(vec![
        (
            field("id", DataType::Int64, "", "", ""),
            Arc::new(ids) as ArrayRef,
        ),
        (field("mag", DataType::Float32, "", "", ""), Arc::new(mags)),
    ])
    .unwrap();
    write_table(&path, &table, "T", &[]).unwrap();
    let back = FitsFile::open(&path).unwrap().read_table(1).unwrap();
    assert_eq!(back.column("id"), table.column("id"));
    assert_eq!(back.column("mag"), table.column("mag"));
}

/// astropy reads what is written here as it was meant.
#[test]
fn astropy_reads_what_is_written() {
    let script = support::golden("fits/check_written.py");
    let has_astropy = std::process::Command::new("python3")
        .args(["-c", "import astropy.io.fits"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !has_astropy {
        eprintln!("skipped: no python3 with astropy");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (plane, cards) = (sky(150, 97), wcs_cards());
    let image = |name, compression| ImageToWrite {
        plane: &plane,
        name,
        cards: &cards,
        compression,
    };
    let set = [
        image(Some("SCI"), Compression::None),
        image(Some("RICE"), Compression::Rice { quantize: 8.0 }),
        image(Some("GZIP"), Compression::Gzip),
    ];
    write_images(&folder.path().join("set.fits"), &set).unwrap();
    write_images(&folder.path().join("one.fits"), &set[..1]).unwrap();
    write_table(&folder.path().join("table.fits"), &catalogue(), "OBJECTS", &cards).unwrap();
    // What this program reads from the compressed image, for astropy to agree with.
    let rice = FitsFile::open(&folder.path().join("set.fits"))
        .unwrap()
        .read_plane(2, 0)
        .unwrap();
    let bytes: Vec<u8> = [&plane, &rice]
        .iter()
        .flat_map(|p| p.pixels.iter().flat_map(|v| v.to_le_bytes()))
        .collect();
    std::fs::write(folder.path().join("pixels.f32"), bytes).unwrap();
    let output = std::process::Command::new("python3")
        .arg(script)
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

// ---- pictures --------------------------------------------------------------------------------

#[test]
fn pictures_are_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a [1].png");
    let rgb: Vec<u8> = (0..5 * 4 * 3).map(|i| i as u8 * 3).collect();
    write_picture(&path, 5, 4, &rgb).unwrap();
    let picture = read_picture(&path).unwrap();
    assert_eq!(picture.channels.len(), 3);
    assert_eq!(
        picture.channels[1].get(2, 3),
        Some(f32::from(rgb[(3 * 5 + 2) * 3 + 1]))
    );
    assert!(write_picture(&path, 5, 5, &rgb).is_err());
    // Other endings are refused before anything is written, other pictures are written.
    for name in ["a.bmp", "a"] {
        let error = write_picture(&folder.path().join(name), 5, 4, &rgb).unwrap_err();
        assert!(error.to_string().contains(".jpg"), "{error}");
    }
    let tiff = folder.path().join("a.tif");
    write_picture(&tiff, 5, 4, &rgb).unwrap();
    assert_eq!(read_picture(&tiff).unwrap(), picture);
    write_picture(&folder.path().join("a.jpg"), 5, 4, &rgb).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    // 16-bit gray keeps its precision and is one channel, alpha goes.
    let gray = folder.path().join("gray.png");
    let samples: Vec<u16> = vec![0, 1, 257, 65535];
    image::ImageBuffer::<image::Luma<u16>, _>::from_raw(2, 2, samples)
        .unwrap()
        .save(&gray)
        .unwrap();
    let picture = read_picture(&gray).unwrap();
    assert_eq!(picture.channels.len(), 1);
    assert_eq!(picture.channels[0].pixels, [0.0, 1.0 / 257.0, 1.0, 255.0]);
    let alpha = folder.path().join("alpha.png");
    image::RgbaImage::from_raw(1, 1, vec![9, 8, 7, 0])
        .unwrap()
        .save(&alpha)
        .unwrap();
    let picture = read_picture(&alpha).unwrap();
    assert_eq!(
        picture.channels.iter().map(|c| c.pixels[0]).collect::<Vec<_>>(),
        [9.0, 8.0, 7.0]
    );
    // Not a picture, and no file.
    std::fs::write(&gray, b"SIMPLE  =").unwrap();
    assert!(read_picture(&gray).unwrap_err().to_string().contains("gray.png"));
    assert!(read_picture(&folder.path().join("none.png")).is_err());
}

#[test]
fn a_picture_that_claims_too_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.png");
    write_picture(&path, 2, 2, &[0; 12]).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // Width and height in IHDR become 60000; its check sum (of 17 bytes) is made anew.
    bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    let sum = crc.sum().to_be_bytes();
    bytes[29..33].copy_from_slice(&sum);
    std::fs::write(&path, bytes).unwrap();
    let error = read_picture(&path).unwrap_err().to_string();
    assert!(error.contains("bomb.png"), "{error}");
}

// ---- compressed tiles ------------------------------------------------------------------------

#[test]
fn tiles_of_every_method_decode_as_astropy_decodes_them() {
    let mut file = FitsFile::open(&support::golden("fits/tiles.fits.gz")).unwrap();
    assert!(file.problems().is_empty(), "{:?}", file.problems());
    let count = file.hdus().len();
    assert!(count > 70, "{count}");
    let mut failures = Vec::new();
    for hdu in (1..count).step_by(2) {
        let name = file.hdus()[hdu].name.clone().unwrap_or_default();
        let HduKind::Image {
            compression: Some(_),
            shape,
            ..
        } = file.hdus()[hdu].kind.clone()
        else {
            panic!("{name}: {:?}", file.hdus()[hdu].kind)
        };
        for plane in 0..file.hdus()[hdu].planes() {
            let want = file.read_plane(hdu + 1, plane).unwrap();
            let got = match file.read_plane(hdu, plane) {
                Ok(got) => got,
                Err(e) => {
                    failures.push(e.to_string());
                    continue;
                }
            };
            // The order of two roundings may differ in the last bit of an `f32`.
            let differ = got.pixels.iter().zip(&want.pixels).filter(|(a, b)| {
                !(a.is_nan() && b.is_nan()) && ((*a - *b).abs() > 3e-7 * b.abs() || a.is_nan() != b.is_nan())
            });
            let differ = differ.count();
            if differ > 0 {
                failures.push(format!(
                    "{name}, plane {plane}: {differ} of {} pixels differ",
                    want.pixels.len()
                ));
            }
            let window = file
                .read_window(hdu, plane, 11, 7, shape[0] - 15, shape[1] - 9)
                .unwrap();
            for y in 0..window.height {
                let row = &got.row(y + 7)[11..11 + window.width];
                assert!(
                    window
                        .row(y)
                        .iter()
                        .zip(row)
                        .all(|(a, b)| a.to_bits() == b.to_bits()),
                    "{name}"
                );
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

// ---- unusual columns and groups --------------------------------------------------------------

/// Whether cell `row` of `array` is the JSON number, text or null `want`.
fn is_cell(array: &ArrayRef, row: usize, want: &Value) -> bool {
    let text = |t: &str| array.data_type() == &DataType::Utf8 && array.as_string::<i32>().value(row) == t;
    match want {
        Value::Null => array.is_null(row),
        _ if array.is_null(row) => false,
        Value::Array(items) if array.data_type().is_nested() => {
            let list = array.as_fixed_size_list().value(row);
            list.len() == items.len() && items.iter().enumerate().all(|(i, v)| is_cell(&list, i, v))
        }
        Value::Number(n) if n.is_i64() && array.data_type().is_integer() => {
            let wide = arrow::compute::cast(array, &DataType::Int64).unwrap();
            Some(wide.as_primitive::<Int64Type>().value(row)) == n.as_i64()
        }
        Value::String(t) if array.data_type() == &DataType::Utf8 => text(t),
        other => {
            let wide = arrow::compute::cast(array, &DataType::Float64).unwrap();
            let got = wide.as_primitive::<Float64Type>().value(row);
            match other {
                Value::String(t) if t == "nan" => got.is_nan(),
                Value::String(t) => t.parse() == Ok(got),
                other => other.as_f64() == Some(got),
            }
        }
    }
}

/// Of a complex number, or of a vector of them, element `k`: 0 the real part, 1 the imaginary one.
fn part(value: &Value, k: usize) -> Value {
    match value {
        Value::Array(items) if items.iter().all(Value::is_array) => {
            items.iter().map(|item| part(item, k)).collect()
        }
        Value::Array(pair) => pair[k].clone(),
        other => other.clone(),
    }
}

#[test]
fn complex_and_variable_length_columns_read_as_astropy_reads_them() {
    let golden: Value =
        serde_json::from_slice(&std::fs::read(support::golden("fits/columns.json")).unwrap()).unwrap();
    let table = FitsFile::open(&support::golden("fits/columns.fits.gz"))
        .unwrap()
        .read_table(1)
        .unwrap();
    let mut seen = 0;
    for (name, values) in golden.as_object().unwrap() {
        let is_complex = values.as_array().unwrap().iter().any(Value::is_array);
        let columns = if is_complex {
            vec![(format!("{name}.re"), 0), (format!("{name}.im"), 1)]
        } else {
            vec![(name.clone(), 0)]
        };
        for (column, k) in columns {
            let array = table.column(&column).unwrap_or_else(|| panic!("{column}"));
            seen += 1;
            for (row, value) in values.as_array().unwrap().iter().enumerate() {
                assert!(
                    is_cell(array, row, &part(value, k)),
                    "{column}[{row}] of {array:?} is not {value}"
                );
            }
        }
    }
    assert_eq!(table.batch.num_columns(), seen, "{:?}", table.names());
    // The order of the file; units on both parts.
    assert_eq!(
        table.names()[..7],
        [
            "id", "vis.re", "vis.im", "gain.re", "gain.im", "jones.re", "jones.im"
        ]
    );
    assert_eq!(table.unit("vis.im"), Some("Jy"));
    let said = table
        .batch
        .schema_ref()
        .field(2)
        .metadata()
        .get(DESCRIPTION)
        .cloned();
    assert_eq!(said.as_deref(), Some("(imaginary part)"));
    // What has more than one value a row is left out, and it is said.
    let notes: Vec<&String> = table
        .meta
        .iter()
        .filter(|(k, _)| k == NOTE)
        .map(|(_, v)| v)
        .collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].contains("column spectrum was left out") && notes[0].contains("in 2 of 5 rows (up to 3)"),
        "{notes:?}"
    );
}

#[test]
fn arrays_outside_the_heap_are_missing_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.fits");
    let mut bytes = Vec::new();
    let packed = std::fs::File::open(support::golden("fits/columns.fits.gz")).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut bytes).unwrap();
    // The place of the third row's `z`, of 140 bytes a row: behind J, C, M, 3C and a length.
    let data = 2880 * 3;
    let place = data + 2 * 140 + 4 + 8 + 16 + 24 + 4;
    assert_eq!(bytes[place - 4..place], [0, 0, 0, 1]);
    for wrong in [i32::MAX, -1] {
        bytes[place..place + 4].copy_from_slice(&wrong.to_be_bytes());
        std::fs::write(&path, &bytes).unwrap();
        let table = FitsFile::open(&path).unwrap().read_table(1).unwrap();
        let z = table.column("z").unwrap();
        assert!(is_cell(z, 0, &1.5.into()) && z.is_null(2) && !z.is_null(3));
        assert!(
            table
                .meta
                .iter()
                .any(|(k, v)| k == NOTE && v.contains("column z: 1 arrays are not inside"))
        );
    }
}

#[test]
fn groups_of_pictures_are_planes_and_visibilities_are_refused() {
    let path = support::golden("fits/groups.fits.gz");
    let golden: Vec<Vec<Vec<f32>>> =
        serde_json::from_slice(&std::fs::read(support::golden("fits/groups.json")).unwrap()).unwrap();
    let mut file = FitsFile::open(&path).unwrap();
    assert!(
        matches!(&file.hdus()[0].kind, HduKind::Image { shape, .. } if *shape == [9, 6, 2, 4]),
        "{:?}",
        file.hdus()[0].kind
    );
    let header = &file.hdus()[0].header;
    assert_eq!(
        (header.integer("NAXIS1"), header.integer("NAXIS4")),
        (Some(9), Some(4))
    );
    assert_eq!(golden.len(), 8);
    for (plane, want) in golden.iter().enumerate() {
        let got = file.read_plane(0, plane).unwrap();
        for (y, row) in want.iter().enumerate() {
            assert_eq!(got.row(y), row.as_slice(), "plane {plane}, row {y}");
        }
        let window = file.read_window(0, plane, 3, 2, 4, 3).unwrap();
        assert_eq!(window.row(2), &want[4][3..7]);
    }
    if let Some(zoo) = support::shared("real/fits_zoo/astropy/astropy/io/fits/tests/data") {
        let mut file = FitsFile::open(&zoo.join("random_groups.fits")).unwrap();
        let error = file.read_plane(0, 0).unwrap_err().to_string();
        assert!(error.contains("visibilities"), "{error}");
    }
}

// ---- damage ----------------------------------------------------------------------------------

/// Flips, overwrites and cuts bytes of real files and reads everything. Takes minutes, so it is
/// run by hand: `cargo test --test core fits::damaged -- --ignored`. The file being read lies in
/// the temporary folder as `astrolabel-damaged.fits` if the process should die.
#[test]
#[ignore = "takes minutes; run by hand after changes to the reader"]
fn damaged_files_never_crash() {
    use rand::{Rng, SeedableRng};
    let golden = ["tiles", "columns", "groups"];
    let mut files = golden
        .map(|name| support::golden(&format!("fits/{name}.fits.gz")))
        .to_vec();
    if let Some(zoo) = support::shared("real/fits_zoo") {
        files_below(&zoo, &mut files);
    }
    let rounds: usize = std::env::var("ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(300);
    let seed: u64 = std::env::var("SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1);
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    files.retain(|f| f.metadata().is_ok_and(|m| m.len() < 130_000));
    files.sort();
    let interesting = [
        "tiles", "columns", "comp", ".fz", "m13", "ascii", "tdim", "zero", "vla", "btable", "random", "lzw",
        "test0", "group", "cube", "variable", "theap", "bool", "hyper", "scale", "tb.", "gap", "gw_0.9",
    ];
    let mut kept: Vec<PathBuf> = files
        .iter()
        .filter(|f| interesting.iter().any(|k| f.to_string_lossy().contains(k)))
        .cloned()
        .collect();
    while kept.len() < 60.min(files.len()) {
        kept.push(files[random.random_range(0..files.len())].clone());
    }
    let path = std::env::temp_dir().join("astrolabel-damaged.fits");
    for source in kept {
        let mut original = std::fs::read(&source).unwrap();
        // Damage below the gzip layer, where the FITS reader is.
        if original.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&original[..]), &mut plain).unwrap();
            original = plain;
        }
        for round in 0..rounds {
            let mut bytes = original.clone();
            let header_end = bytes.len().min(2880 * 4);
            for _ in 0..random.random_range(1..12) {
                let at = if random.random_bool(0.5) {
                    random.random_range(0..header_end)
                } else {
                    random.random_range(0..bytes.len())
                };
                match random.random_range(0..5) {
                    0 => bytes[at] ^= 1 << random.random_range(0..8),
                    1 => bytes[at] = random.random(),
                    2 => bytes[at] = b"0123456789-TF'PQ XABJEDKL"[random.random_range(0..25)],
                    3 => {
                        let end = (at + random.random_range(1..64)).min(bytes.len());
                        let fill = [0_u8, 0xff, b'9', b' '][random.random_range(0..4)];
                        bytes[at..end].fill(fill);
                    }
                    _ => {
                        // A digit of a header value.
                        if let Some(digit) = bytes[at..header_end.max(at)].iter().position(u8::is_ascii_digit)
                        {
                            bytes[at + digit] = b'0' + random.random_range(0..10);
                        }
                    }
                }
            }
            if random.random_bool(0.15) {
                bytes.truncate(random.random_range(0..bytes.len()));
            }
            std::fs::write(&path, &bytes).unwrap();
            let start = std::time::Instant::now();
            read_all(&path).unwrap_or_else(|e| panic!("{}, round {round}: {e}", source.display()));
            assert!(
                start.elapsed().as_secs() < 10,
                "{}, round {round}: {:?}",
                source.display(),
                start.elapsed()
            );
        }
    }
}

/// Reads the file named by the variable `FITS_FILE`: for looking into one that went wrong.
#[test]
#[ignore = "needs a file to look into"]
fn one_file() {
    let Some(path) = std::env::var_os("FITS_FILE") else {
        return;
    };
    read_all(Path::new(&path)).unwrap();
}
