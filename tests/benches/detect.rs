//! How long detection takes, beside SEP: `cargo bench --profile dev --bench detect -- [SIDE] [ROUNDS]`.
//!
//! Simulates a field of `SIDE`² pixels (8192 unless given) with 50 000 sources per 8192², writes it to
//! a temporary file, and runs this crate and SEP (`detect_sep.py`) in turn, `ROUNDS` times; prints the
//! medians. Without Python and SEP only this crate is timed.
#![expect(clippy::unwrap_used, reason = "a bench that can't set itself up should stop")]

use astrolabel::io::raster::Plane;
use astrolabel::progress::Silent;
use astrolabel::sky::detect::{DetectSettings, Noise, detect};
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Normal};
use rayon::prelude::*;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A sky of 1000 ± 10 with a slope, and Gaussian sources with a power law of fluxes.
fn simulate(side: usize, sources: usize) -> Plane {
    let mut plane = Plane::filled(side, side, 0.0);
    plane
        .pixels
        .par_chunks_mut(side)
        .enumerate()
        .for_each(|(y, row)| {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(y as u64);
            let noise = Normal::new(1000.0_f32, 10.0).unwrap();
            for (x, v) in row.iter_mut().enumerate() {
                *v = noise.sample(&mut rng) + 20.0 * (x + y) as f32 / side as f32;
            }
        });
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    for _ in 0..sources {
        let (cx, cy) = (
            rng.random_range(0.0..side as f32),
            rng.random_range(0.0..side as f32),
        );
        let flux = 400.0 * rng.random_range(0.001_f32..1.0).powf(-0.8);
        let (a, ratio) = (rng.random_range(1.2_f32..3.0), rng.random_range(0.4_f32..1.0));
        let (sin, cos) = rng.random_range(0.0..std::f32::consts::PI).sin_cos();
        let reach = (5.0 * a).ceil() as i64;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let (x, y) = (cx as i64 + dx, cy as i64 + dy);
                if (0..side as i64).contains(&x) && (0..side as i64).contains(&y) {
                    let (u, v) = (x as f32 - cx, y as f32 - cy);
                    let (p, q) = ((u * cos + v * sin) / a, (v * cos - u * sin) / (a * ratio));
                    plane.pixels[y as usize * side + x as usize] +=
                        flux / (std::f32::consts::TAU * a * a * ratio) * (-0.5 * (p * p + q * q)).exp();
                }
            }
        }
    }
    plane
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The largest resident size so far, MB (Linux).
fn peak_megabytes() -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|s| {
            let line = s.lines().find(|l| l.starts_with("VmHWM"))?.to_owned();
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .map_or(f64::NAN, |kb| kb / 1024.0)
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let side = numbers.first().copied().unwrap_or(8192);
    let rounds = numbers.get(1).copied().unwrap_or(5);
    let image = simulate(side, 50_000 * side / 8192 * side / 8192);
    let path = std::env::temp_dir().join(format!("astrolabel-detect-{}.f32", std::process::id()));
    let bytes: &[u8] = bytemuck::cast_slice(&image.pixels);
    std::fs::write(&path, bytes).unwrap();
    println!(
        "{side}x{side}, image {:.0} MB, resident {:.0} MB",
        bytes.len() as f64 / 1e6,
        peak_megabytes()
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/benches/detect_sep.py");
    let mut rival = Command::new("python3")
        .args([script, path.to_str().unwrap(), &side.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let plain = DetectSettings {
        photometry: false,
        ..DetectSettings::default()
    };
    let full = DetectSettings::default();
    let cases = [
        ("global", Noise::Global, &plain),
        ("map", Noise::FromBackground, &plain),
        ("global+photometry", Noise::Global, &full),
    ];
    for (name, noise, settings) in cases {
        let (mut both, mut single, mut sep) = (vec![], vec![], vec![]);
        let (mut found, mut sep_found) = (0, String::new());
        for _ in 0..rounds {
            let start = Instant::now();
            found = detect(&image, noise, settings, &Silent).unwrap().sources.len();
            both.push(start.elapsed().as_secs_f64());
            let start = Instant::now();
            one.install(|| detect(&image, noise, settings, &Silent).unwrap());
            single.push(start.elapsed().as_secs_f64());
            if let Some(child) = &mut rival {
                writeln!(child.stdin.as_mut().unwrap(), "{name}").ok();
                let mut line = String::new();
                BufReader::with_capacity(1, child.stdout.as_mut().unwrap())
                    .read_line(&mut line)
                    .ok();
                let mut words = line.split_whitespace();
                sep.extend(words.next().and_then(|w| w.parse::<f64>().ok()));
                sep_found = words.collect::<Vec<_>>().join(" ");
            }
        }
        println!(
            "{name}: ours {:.3} s on {} threads, {:.3} s on one ({found} sources); SEP {:.3} s ({sep_found}); peak {:.0} MB",
            median(&both),
            rayon::current_num_threads(),
            median(&single),
            median(&sep),
            peak_megabytes()
        );
    }
    drop(rival.as_mut().and_then(|c| c.stdin.take()));
    if let Some(mut child) = rival {
        child.wait().ok();
    }
    std::fs::remove_file(&path).ok();
}
