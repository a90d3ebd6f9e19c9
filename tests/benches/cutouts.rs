//! Cutouts a second out of a mosaic: `cargo bench --profile dev --bench cutouts -- [SIDE [THREADS]]`.
//!
//! Writes a mosaic of `SIDE`² (8192 unless given) single-precision pixels to a temporary folder, plain
//! and RICE-compressed, and cuts squares of 64 to 224 px at random places, on `THREADS` threads (2
//! unless given), raw and as a network's input (stretched, 224 px, three planes). Both images are cut
//! whole from memory, as embedding does it, and window by window from the file, as it does with images that
//! are too large to be held. Kinds take turns; medians of three rounds are printed.
#![expect(clippy::unwrap_used, reason = "a bench that can't set itself up should stop")]

use astrolabel::encoder::preprocess::Preprocessing;
use astrolabel::io::fits::{Compression, FitsFile, ImageToWrite, write_images};
use astrolabel::io::raster::Plane;
use astrolabel::sky::cutout::fits_pixels::FitsPixels;
use astrolabel::sky::cutout::{
    BandSource, Cutout, CutoutError, CutoutSize, PixelSource, PixelsOnly, cut_bands,
};
use rand::{Rng, SeedableRng};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// Seconds of each measurement.
const SECONDS: f64 = 0.8;
const ROUNDS: usize = 3;

/// A file's windows, read when they are asked for.
struct Windows {
    path: PathBuf,
    hdu: usize,
    side: usize,
    handles: Mutex<Vec<FitsFile>>,
}

impl PixelSource for Windows {
    fn width(&self) -> usize {
        self.side
    }
    fn height(&self) -> usize {
        self.side
    }
    fn window(&self, x0: usize, y0: usize, width: usize, height: usize) -> Result<Plane, CutoutError> {
        let taken = self.handles.lock().unwrap().pop();
        let mut file = taken.unwrap_or_else(|| FitsFile::open(&self.path).unwrap());
        let window = file.read_window(self.hdu, 0, x0, y0, width, height);
        self.handles.lock().unwrap().push(file);
        window.map_err(|e| CutoutError::Read(Box::new(e)))
    }
}

fn cut(pixels: &dyn PixelSource, x: f64, y: f64, side: usize) -> Cutout {
    let band = BandSource {
        name: "r",
        pixels,
        to_pixel: &PixelsOnly,
    };
    cut_bands(&[band], 0, x, y, CutoutSize::Pixels(side as f64), None).unwrap()
}

/// Cutouts a second.
fn rate(pixels: &dyn PixelSource, side: usize, threads: usize, prepared: bool) -> f64 {
    let contract = Preprocessing::default();
    let (size, start) = (pixels.width() as f64, Instant::now());
    let count: usize = std::thread::scope(|scope| {
        let work: Vec<_> = (0..threads)
            .map(|thread| {
                let contract = &contract;
                scope.spawn(move || {
                    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(thread as u64);
                    let mut planes = vec![0.0f32; 3 * 224 * 224];
                    let mut count = 0;
                    while start.elapsed().as_secs_f64() < SECONDS {
                        let (x, y) = (rng.random_range(0.0..size), rng.random_range(0.0..size));
                        let cutout = cut(pixels, x, y, side);
                        if prepared {
                            contract.apply(&cutout, &mut planes).unwrap();
                            std::hint::black_box(&planes);
                        }
                        std::hint::black_box(&cutout);
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        work.into_iter().map(|w| w.join().unwrap()).sum()
    });
    count as f64 / start.elapsed().as_secs_f64()
}

fn mosaic(folder: &Path, name: &str, plane: &Plane, compression: Compression) -> (PathBuf, usize) {
    let path = folder.join(name);
    let image = ImageToWrite {
        plane,
        name: None,
        cards: &[],
        compression,
    };
    write_images(&path, &[image]).unwrap();
    let hdu = usize::from(!matches!(compression, Compression::None));
    (path, hdu)
}

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let side = given.first().copied().unwrap_or(8192);
    let threads = given.get(1).copied().unwrap_or(2);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let pixels = (0..side * side).map(|i| 1000.0 + rng.random_range(-10.0..10.0) + (i % 977) as f32 * 0.1);
    let plane = Plane::from_pixels(side, side, pixels.collect());
    let folder = tempfile::tempdir().unwrap();
    let plain = mosaic(folder.path(), "plain.fits", &plane, Compression::None);
    let rice = mosaic(
        folder.path(),
        "rice.fits",
        &plane,
        Compression::Rice { quantize: 4.0 },
    );
    drop(plane);
    let windows = |(path, hdu): &(PathBuf, usize)| Windows {
        path: path.clone(),
        hdu: *hdu,
        side,
        handles: Mutex::default(),
    };
    let opened = Instant::now();
    let held = FitsPixels::open(&plain.0, plain.1, 0).unwrap();
    println!(
        "plain image read whole in {:.2} s",
        opened.elapsed().as_secs_f64()
    );
    let opened = Instant::now();
    drop(FitsPixels::open(&rice.0, rice.1, 0).unwrap());
    println!("RICE image read whole in {:.2} s", opened.elapsed().as_secs_f64());
    let (plain, rice) = (windows(&plain), windows(&rice));
    let kinds: [(&str, &dyn PixelSource, bool); 5] = [
        ("from memory, raw", &held, false),
        ("from memory, prepared to 224 px", &held, true),
        ("plain file by windows, raw", &plain, false),
        ("plain file by windows, prepared", &plain, true),
        ("RICE file by windows, raw", &rice, false),
    ];
    for cutout_px in [64, 128, 224] {
        let mut rates = vec![vec![]; kinds.len()];
        for _ in 0..ROUNDS {
            for ((_, pixels, prepared), rates) in kinds.iter().zip(&mut rates) {
                rates.push(rate(*pixels, cutout_px, threads, *prepared));
            }
        }
        for ((name, ..), mut rates) in kinds.iter().zip(rates) {
            rates.sort_by(f64::total_cmp);
            println!(
                "{cutout_px} px, {threads} threads, {name}: {:.0} cutouts/s",
                rates[ROUNDS / 2]
            );
        }
    }
}
