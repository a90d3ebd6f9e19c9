//! Headers of real files as they are on disk, where the folder of real observations is at hand.

use std::io::Read;
use std::path::{Path, PathBuf};

use astrolabel::io::fits::header::Header;
use astrolabel::sky::coords::separation_arcsec;
use astrolabel::sky::wcs::Wcs;

use crate::support;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The first 64 MB of a file, unpacked if it is gzip.
fn bytes(path: &Path) -> Vec<u8> {
    let mut raw = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    file.take(1 << 26).read_to_end(&mut raw).unwrap();
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return raw;
    }
    let mut unpacked = Vec::new();
    // A damaged archive gives what it has.
    flate2::read::MultiGzDecoder::new(raw.as_slice())
        .take(1 << 26)
        .read_to_end(&mut unpacked)
        .ok();
    unpacked
}

/// Every header found at the start of a block, whatever the size of the data between.
fn headers(bytes: &[u8]) -> Vec<Header> {
    let starts = (0..bytes.len()).step_by(2880);
    starts
        .filter(|&at| bytes[at..].starts_with(b"SIMPLE  =") || bytes[at..].starts_with(b"XTENSION="))
        .map(|at| Header::parse(&bytes[at..bytes.len().min(at + 2880 * 200)]))
        .collect()
}

#[test]
fn every_real_header_is_read_or_refused() {
    let Some(folder) = support::shared("real/fits_zoo") else {
        return;
    };
    let mut all = Vec::new();
    files(&folder, &mut all);
    let (mut read, mut refused) = (0, 0);
    for path in all {
        for header in headers(&bytes(&path)) {
            match Wcs::from_header(&header) {
                Err(e) => {
                    assert!(!e.to_string().is_empty());
                    refused += 1;
                }
                Ok(wcs) => {
                    read += 1;
                    // The system holds for its own image: somewhere in it there is sky, and from
                    // there the way leads back.
                    let width = header.real("NAXIS1").unwrap_or(100.0).max(100.0);
                    let height = header.real("NAXIS2").unwrap_or(100.0).max(100.0);
                    let sky = [(0.5, 0.5), (0.3, 0.6), (0.8, 0.2)].iter().find_map(|(fx, fy)| {
                        let at = (fx * width, fy * height);
                        Some((at, wcs.sky_from_pixel(at.0, at.1)?))
                    });
                    if let Some(((x, y), (lon, lat))) = sky
                        && let Some((bx, by)) = wcs.pixel_from_sky(lon, lat)
                    {
                        let limit = 1e-6_f64.max(1e-8 / wcs.pixel_scale_arcsec());
                        assert!(
                            (bx - x).hypot(by - y) < limit,
                            "{}: ({x}, {y}) ({bx}, {by})",
                            path.display()
                        );
                    } else {
                        panic!("{}: no sky in the image", path.display());
                    }
                }
            }
        }
    }
    println!("{read} read, {refused} refused");
    assert!(read >= 70 && refused > 100, "{read} {refused}");
}

#[test]
fn every_mirabest_source_is_in_the_middle_of_its_image() {
    let Some(folder) = support::shared("real/mirabest_fits/fits") else {
        return;
    };
    let mut all = Vec::new();
    files(&folder, &mut all);
    assert!(!all.is_empty());
    for path in all {
        let header = headers(&bytes(&path)).swap_remove(0);
        let wcs = Wcs::from_header(&header).unwrap();
        assert_eq!(wcs.projection_code(), "TAN");
        let (x, y) = (
            header.real("CRPIX1").unwrap() - 1.0,
            header.real("CRPIX2").unwrap() - 1.0,
        );
        // The file's name holds the source's position: 100_010.451-009.284_….
        let name = path.file_name().unwrap().to_str().unwrap();
        let (ra, dec) = (name[4..11].parse().unwrap(), name[11..19].parse().unwrap());
        let middle = wcs.icrs_from_pixel(149.5, 149.5).unwrap();
        let apart = separation_arcsec(middle, (ra, dec));
        // The image is 540 arcsec wide; the catalogue may prefer another component as the source.
        assert!(apart < 30.0, "{}: {apart} arcsec", path.display());
        let o = wcs.orientation(x, y).unwrap();
        assert!(
            o.east_is_left && o.north_deg.abs() < 1e-3,
            "{}: {o:?}",
            path.display()
        );
    }
}
