//! Images a second of a Vision Transformer, by threads and batch.
//!
//! `cargo bench --profile dev --bench encoder -- [WEIGHTS.safetensors [THREADS [BATCH…]]]`
//! (defaults: the developers' vit_s14_saliency.safetensors, 2 threads, batches of 1, 2, 8 and 16).

use astrolabel::encoder::Encoder;
use astrolabel::encoder::network_encoder::{NetworkEncoder, NetworkSettings};
use astrolabel::io::raster::{Origin, Plane};
use astrolabel::sky::cutout::{Cutout, CutoutFlags};
use std::path::PathBuf;
use std::time::Instant;

/// Seconds each measurement lasts at least.
const SECONDS: f64 = 6.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let home = std::env::var_os("HOME").unwrap_or_default();
    let given = arguments.iter().find(|a| a.ends_with(".safetensors"));
    let path = given.map_or_else(
        || PathBuf::from(home).join(".cache/astrolabel-dev/models/vit_s14_saliency.safetensors"),
        PathBuf::from,
    );
    let numbers: Vec<usize> = arguments.iter().filter_map(|a| a.parse().ok()).collect();
    let (threads, batches) = match numbers.split_first() {
        Some((threads, [])) => (*threads, vec![8]),
        Some((threads, batches)) => (*threads, batches.to_vec()),
        None => (2, vec![1, 2, 8, 16]),
    };
    let settings = NetworkSettings {
        threads,
        ..NetworkSettings::default()
    };
    let start = Instant::now();
    let encoder = match NetworkEncoder::load(&path, settings) {
        Ok(encoder) => encoder,
        Err(e) => {
            println!("skipped: {e}");
            return;
        }
    };
    println!(
        "{} loaded and hashed in {:.2} s",
        encoder.spec().name,
        start.elapsed().as_secs_f64()
    );
    let plane = |seed: usize| {
        let pixels = (0..64 * 64).map(|i| ((i * 31 + seed * 17) % 251) as f32);
        Plane::from_pixels(64, 64, pixels.collect())
    };
    for batch in batches {
        let cutouts: Vec<Cutout> = (0..batch)
            .map(|i| Cutout {
                bands: vec![plane(i), plane(i + 1), plane(i + 2)],
                band_names: ["g", "r", "z"].map(String::from).to_vec(),
                origin: Origin::BottomLeft,
                is_picture: false,
                pixel_scale_arcsec: None,
                flags: CutoutFlags(0),
            })
            .collect();
        if let Err(e) = encoder.encode(&cutouts) {
            println!("batch {batch}: {e}");
            return;
        }
        let (start, mut images, mut best) = (Instant::now(), 0, f64::INFINITY);
        let cpu = cpu_seconds();
        while start.elapsed().as_secs_f64() < SECONDS {
            let one = Instant::now();
            let done = encoder.encode(&cutouts).is_ok();
            best = best.min(one.elapsed().as_secs_f64());
            images += usize::from(done) * batch;
        }
        println!(
            "{threads} threads, batch {batch}: {:.2} images/s on average, {:.2} in the best batch, \
             {:.2} per CPU second",
            images as f64 / start.elapsed().as_secs_f64(),
            batch as f64 / best,
            images as f64 / (cpu_seconds() - cpu)
        );
        println!("    largest memory so far: {}", peak_memory());
    }
}

/// Processor seconds this program has used so far (Linux; NaN elsewhere): on a shared machine the
/// fairer clock. Counted in hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets come state (field 3) and the rest; user and system are 14 and 15.
    let rest = stat.rsplit(')').next().unwrap_or("");
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = ticks.filter_map(|t| t.parse().ok()).collect();
    match ticks[..] {
        [user, system] => (user + system) / 100.0,
        _ => f64::NAN,
    }
}

/// The most memory this program has had (Linux; empty elsewhere).
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.unwrap_or("").trim().to_string()
}
