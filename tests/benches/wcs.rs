//! How fast positions are computed and matched: `cargo bench --profile dev --bench wcs`.

use std::time::Instant;

use astrolabel::io::fits::header::Header;
use astrolabel::sky::crossmatch::{match_nearest, match_pixels};
use astrolabel::sky::wcs::{Polynomial2, Sip, Wcs};

const N: usize = 1_000_000;

fn timed<T>(what: &str, per: usize, run: impl Fn() -> T) -> T {
    let mut best = f64::INFINITY;
    let mut result = run();
    for _ in 0..3 {
        let start = Instant::now();
        result = run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "{what:<44} {:>8.1} ms  {:>7.0} ns each",
        best * 1e3,
        best * 1e9 / per as f64
    );
    result
}

/// Numbers in [0, 1) without a pattern that a tree could like.
fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        })
        .collect()
}

fn main() -> Result<(), astrolabel::sky::wcs::WcsError> {
    println!("{} threads, {N} positions", rayon::current_num_threads());
    let mut a = Polynomial2::zero(4);
    let mut b = Polynomial2::zero(4);
    for (i, j, c) in [
        (2, 0, 2e-5),
        (1, 1, 5e-6),
        (0, 2, -1e-5),
        (3, 0, -1e-8),
        (1, 2, -9e-9),
        (2, 2, 1e-13),
    ] {
        a.add(i, j, c);
        b.add(j, i, -0.7 * c);
    }
    let tan = Wcs::tan((210.0, 54.0), (2000.0, 2000.0), [[-1e-4, 1e-6], [1e-6, 1e-4]])?;
    let sip = tan.clone().with_sip(Sip { a, b, inverse: None });
    let mut cards = tan.to_cards()?;
    for card in &mut cards {
        if let Some(astrolabel::io::fits::header::CardValue::Text(t)) = &mut card.value {
            *t = t.replace("TAN", "TPV");
        }
    }
    let text =
        "PV1_1   = 1.0\nPV1_4   = 0.01\nPV1_7   = -0.02\nPV2_1   = 1.0\nPV2_5   = 0.008\nPV2_10  = 0.03\n";
    cards.extend(Header::parse(text.as_bytes()).cards);
    let tpv = Wcs::from_header(&Header { cards })?;
    let (xs, ys) = (uniform(N, 1), uniform(N, 2));
    let pixels: Vec<(f64, f64)> = xs
        .iter()
        .zip(&ys)
        .map(|(x, y)| (x * 4000.0, y * 4000.0))
        .collect();
    for (name, wcs) in [("TAN", &tan), ("TAN-SIP order 4", &sip), ("TPV degree 3", &tpv)] {
        let sky = timed(&format!("{name}: sky from pixels"), N, || {
            wcs.sky_from_pixels(&pixels)
        });
        let sky: Vec<(f64, f64)> = sky.into_iter().flatten().collect();
        let back = timed(&format!("{name}: pixels from sky"), N, || {
            wcs.pixels_from_sky(&sky)
        });
        timed(&format!("{name}: pixels from sky, one thread"), N, || {
            sky.iter().filter_map(|p| wcs.pixel_from_sky(p.0, p.1)).count()
        });
        let worst = back
            .iter()
            .zip(&pixels)
            .map(|(p, q)| p.map_or(f64::INFINITY, |p| (p.0 - q.0).hypot(p.1 - q.1)));
        println!("{:<44} {:.1e} pixel at worst", "", worst.fold(0.0, f64::max));
    }
    let sphere = |seed: u64| -> Vec<(f64, f64)> {
        let (u, v) = (uniform(N, seed), uniform(N, seed + 1));
        u.iter()
            .zip(&v)
            .map(|(u, v)| (360.0 * u, (2.0 * v - 1.0).asin().to_degrees()))
            .collect()
    };
    let (first, second) = (sphere(10), sphere(20));
    for radius in [1.0, 60.0, 648_000.0] {
        let found = timed(&format!("match 1M x 1M within {radius} arcsec"), N, || {
            match_nearest(&first, &second, radius)
        });
        println!("{:<44} {} matched", "", found.iter().flatten().count());
    }
    timed("match 1M x 1M pixels within 2 px", N, || {
        match_pixels(&pixels, &pixels[..N / 2], 2.0)
    });
    Ok(())
}
