//! Speed of cutting out, aligning, resizing and drawing on one core:
//! `cargo bench --profile dev --bench display`.

use astrolabel::display::{Limits, StretchRecipe, render, to_unit_planes};
use astrolabel::io::raster::Plane;
use astrolabel::sky::cutout::{BandSource, CutoutSize, Filter, PixelMap, cut_bands, cut_native, resize};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A gnomonic projection about (150°, 2°), turned by `angle`; the usual cost of a real one.
struct Tan {
    angle_rad: f64,
    scale_deg: f64,
}

const CENTRE_PX: f64 = 2048.0;

impl PixelMap for Tan {
    fn sky_from_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (u, v) = ((x - CENTRE_PX) * self.scale_deg, (y - CENTRE_PX) * self.scale_deg);
        let (sin, cos) = self.angle_rad.sin_cos();
        let (xi, eta) = (
            (-u * cos + v * sin).to_radians(),
            (u * sin + v * cos).to_radians(),
        );
        let (sin0, cos0) = 2f64.to_radians().sin_cos();
        let below = cos0 - eta * sin0;
        let lon = 150.0 + xi.atan2(below).to_degrees();
        Some((lon, (sin0 + eta * cos0).atan2(xi.hypot(below)).to_degrees()))
    }

    fn pixel_from_sky(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let (sin_ra, cos_ra) = (lon - 150.0).to_radians().sin_cos();
        let (sin_dec, cos_dec) = lat.to_radians().sin_cos();
        let (sin0, cos0) = 2f64.to_radians().sin_cos();
        let cos_c = sin0 * sin_dec + cos0 * cos_dec * cos_ra;
        let xi = (cos_dec * sin_ra / cos_c).to_degrees();
        let eta = ((cos0 * sin_dec - sin0 * cos_dec * cos_ra) / cos_c).to_degrees();
        let (sin, cos) = self.angle_rad.sin_cos();
        let (u, v) = (-xi * cos + eta * sin, xi * sin + eta * cos);
        Some((u / self.scale_deg + CENTRE_PX, v / self.scale_deg + CENTRE_PX))
    }

    fn pixel_scale_arcsec(&self) -> Option<f64> {
        Some(self.scale_deg * 3600.0)
    }
}

/// Runs `work(i)` for about a second and prints how many a second.
fn measure(name: &str, mut work: impl FnMut(usize)) {
    work(0);
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < Duration::from_secs(1) {
        for _ in 0..10 {
            work(count);
            count += 1;
        }
    }
    println!(
        "{name:<58} {:>10.0} / s",
        count as f64 / start.elapsed().as_secs_f64()
    );
}

fn main() {
    let side = 4096;
    let noise = |i: usize| ((i.wrapping_mul(2_654_435_761)) >> 7 & 1023) as f32;
    let field = Plane::from_pixels(side, side, (0..side * side).map(noise).collect());
    let place = |i: usize| {
        let at = |k: usize| 100.3 + (i.wrapping_mul(k) % 3900) as f64;
        (at(7919), at(104_729))
    };
    let tan = |angle_deg: f64, scale_arcsec: f64| Tan {
        angle_rad: angle_deg.to_radians(),
        scale_deg: scale_arcsec / 3600.0,
    };
    let (upright, turned, coarse) = (tan(0.0, 0.4), tan(3.0, 0.4), tan(-5.0, 1.0));
    let band = |name, to_pixel| BandSource {
        name,
        pixels: &field,
        to_pixel,
    };
    let one = [band("g", &upright as &dyn PixelMap)];
    let same = [one[0], band("r", &upright), band("i", &upright)];
    let three = [one[0], band("r", &turned), band("i", &coarse)];
    let pixels = CutoutSize::Pixels;

    measure("native 64 px", |i| {
        let (x, y) = place(i);
        let _ = black_box(cut_native(&field, x, y, 64));
    });
    measure("one band 64 px, native grid", |i| {
        let (x, y) = place(i);
        let _ = black_box(cut_bands(&one, 0, x, y, pixels(64.0), None));
    });
    measure("one band, 50.5 px on to 64, sub-pixel", |i| {
        let (x, y) = place(i);
        let _ = black_box(cut_bands(&one, 0, x, y, pixels(50.5), Some(64)));
    });
    measure("one band, 200 px on to 64, averaged", |i| {
        let (x, y) = place(i);
        let _ = black_box(cut_bands(&one, 0, x, y, pixels(200.0), Some(64)));
    });
    measure("three bands 64 px on one grid", |i| {
        let (x, y) = place(i);
        let _ = black_box(cut_bands(&same, 0, x, y, pixels(64.0), None));
    });
    measure("three bands 64 px, two turned", |i| {
        let (x, y) = place(i);
        let _ = black_box(cut_bands(&three, 0, x, y, pixels(64.0), None));
    });
    let large = cut_native(&field, 1000.0, 1000.0, 224).map(|(plane, _)| plane);
    if let Ok(large) = &large {
        for filter in [Filter::Bilinear, Filter::Bicubic, Filter::Area] {
            measure(&format!("resize 224 to 64 px, {filter:?}"), |_| {
                black_box(resize(large, 64, 64, filter));
            });
        }
    }
    let recipe = StretchRecipe::default();
    for (name, bands) in [("one band", &one[..]), ("three bands", &same[..])] {
        if let Ok(cutout) = cut_bands(bands, 0, 900.0, 900.0, pixels(64.0), None) {
            measure(&format!("render 64 px, {name}"), |_| {
                black_box(render(&cutout, &recipe));
            });
            measure(&format!("to_unit_planes 64 px, {name}"), |_| {
                black_box(to_unit_planes(&cutout, &recipe));
            });
            let fixed = StretchRecipe {
                limits: Limits::Fixed {
                    low: 10.0,
                    high: 990.0,
                },
                ..recipe.clone()
            };
            measure(&format!("to_unit_planes 64 px, {name}, fixed limits"), |_| {
                black_box(to_unit_planes(&cutout, &fixed));
            });
        }
    }
}
