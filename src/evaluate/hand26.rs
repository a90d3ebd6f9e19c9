//! Twenty-six classical numbers of a picture, the baseline that every encoder has to beat: radial
//! profile, concentration, radii, asymmetries, Gini, M20, shape, noise, flux, colours.
//!
//! Number for number those of the published protocol, which measures pictures at 64 × 64 pixels with
//! values of 0 to 1. Fluxes are brought to that range by the border's median and the brightest pixels.

use super::confound::border_of;
use crate::encoder::morphometry::median;
use crate::io::raster::Plane;
use crate::sky::cutout::{Cutout, Filter, resize};

/// How many.
pub const COUNT: usize = 26;
/// Pixels a side at which they are measured.
const SIDE: usize = 64;

/// The central square of a cutout as red, green and blue of 0 to 1 at [`SIDE`] pixels; empty where it
/// has no pixel. One band, or two, serve for all three.
fn picture(cutout: &Cutout) -> Option<[Vec<f64>; 3]> {
    let square = crate::encoder::representation::whole_square(cutout);
    if square.width() == 0 || square.bands.is_empty() {
        return None;
    }
    let planes: Vec<Vec<f64>> = if cutout.is_picture {
        let plane = |b: &Plane| shrunk(b).into_iter().map(|v| v / 255.0).collect();
        square.bands.iter().map(plane).collect()
    } else {
        let level = border_of(&square)?.level;
        square.bands.iter().map(|b| brightened(b, level)).collect()
    };
    let last = planes.len() - 1;
    // Bands go from blue to red, a picture's planes from red to blue.
    let order = match (planes.len(), cutout.is_picture) {
        (1, _) => [0; 3],
        (2, _) => [1, 0, 0],
        (_, true) => [0, 1, 2],
        (_, false) => [last, last / 2, 0],
    };
    Some(order.map(|i| planes[i].clone()))
}

/// At 64 pixels in steps of one, as a picture is kept after each of the two passes.
fn shrunk(band: &Plane) -> Vec<f64> {
    let whole = |p: Plane| Plane {
        pixels: p
            .pixels
            .iter()
            .map(|v| (v + 0.5).floor().clamp(0.0, 255.0))
            .collect(),
        ..p
    };
    let across = whole(resize(band, SIDE, band.height, Filter::Bicubic));
    let down = whole(resize(&across, SIDE, SIDE, Filter::Bicubic));
    down.pixels.iter().map(|&v| f64::from(v)).collect()
}

/// Fluxes from the background (0) to the brightest half percent (1).
fn brightened(band: &Plane, level: f64) -> Vec<f64> {
    let small = resize(band, SIDE, SIDE, Filter::Bicubic);
    let mut known: Vec<f32> = small.pixels.iter().copied().filter(|v| v.is_finite()).collect();
    known.sort_by(f32::total_cmp);
    let top = known
        .get(known.len() * 995 / 1000)
        .map_or(level, |&v| f64::from(v));
    let range = (top - level).max(f64::MIN_POSITIVE);
    let value = |v: &f32| ((f64::from(*v) - level) / range).clamp(-1.0, 1.0);
    let finite = |v: &f32| if v.is_finite() { value(v) } else { 0.0 };
    small.pixels.iter().map(finite).collect()
}

/// First place at which rising `sums` reach `wanted`.
fn reaches(sums: &[f64], wanted: f64) -> usize {
    sums.partition_point(|&s| s < wanted)
}

fn sums(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut total = 0.0;
    values
        .map(|v| {
            total += v;
            total
        })
        .collect()
}

/// The numbers of a cutout; all zero where it has no pixel.
pub fn hand26(cutout: &Cutout) -> [f32; COUNT] {
    let Some(rgb) = picture(cutout) else {
        return [0.0; COUNT];
    };
    let n = SIDE;
    let middle = (n - 1) as f64 / 2.0;
    let place = |i: usize| ((i % n) as f64 - middle, (i / n) as f64 - middle);
    let radius: Vec<f64> = (0..n * n).map(|i| place(i).0.hypot(place(i).1)).collect();
    let grey: Vec<f64> = (0..n * n)
        .map(|i| (rgb[0][i] + rgb[1][i] + rgb[2][i]) / 3.0)
        .collect();
    let mut edge: Vec<f64> = (0..n)
        .flat_map(|i| [grey[i], grey[(n - 1) * n + i], grey[i * n], grey[i * n + n - 1]])
        .collect();
    let noise = super::sample::Spread::of(&edge).spread + 1e-4;
    let sky = median(&mut edge);
    let p: Vec<f64> = grey.iter().map(|g| (g - sky).max(0.0)).collect();
    let total = p.iter().sum::<f64>() + 1e-6;

    let ring = |from: f64| {
        let inside = (0..n * n).filter(|&i| radius[i] >= from && radius[i] < from + 4.0);
        let (sum, count) = inside.fold((0.0, 0.0), |(s, c), i| (s + p[i], c + 1.0));
        sum / count
    };
    let profile: Vec<f64> = (0..8).map(|i| ring(4.0 * f64::from(i))).collect();
    let brightest = profile.iter().copied().fold(0.0, f64::max) + 1e-6;

    let mut outwards: Vec<usize> = (0..n * n).collect();
    outwards.sort_by(|&a, &b| radius[a].total_cmp(&radius[b]));
    let grown = sums(outwards.iter().map(|&i| p[i] / total));
    let at = |share: f64| radius[outwards[reaches(&grown, share).min(n * n - 1)]];
    let (r20, r50, r80) = (at(0.2), at(0.5), at(0.8));

    let turned = |other: &dyn Fn(usize, usize) -> usize| {
        let differs = |i: usize| (p[i] - p[other(i / n, i % n)]).abs();
        (0..n * n).map(differs).sum::<f64>() / (2.0 * total)
    };
    let half_turn = turned(&|y, x| (n - 1 - y) * n + n - 1 - x);
    let quarter_turn = turned(&|y, x| x * n + n - 1 - y);

    let mut sorted = p.clone();
    sorted.sort_by(f64::total_cmp);
    let m = (n * n) as f64;
    let weighed: f64 = (sorted.iter().enumerate())
        .map(|(i, v)| (2.0 * (i as f64 + 1.0) - m - 1.0) * v)
        .sum();
    let gini = weighed / (sorted.iter().sum::<f64>() / m * m * (m - 1.0) + 1e-9);

    let mean = |f: &dyn Fn(f64, f64) -> f64| {
        (0..n * n).map(|i| p[i] * f(place(i).0, place(i).1)).sum::<f64>() / total
    };
    let (mx, my) = (mean(&|x, _| x), mean(&|_, y| y));
    let xx = mean(&|x, _| (x - mx).powi(2));
    let yy = mean(&|_, y| (y - my).powi(2));
    let xy = mean(&|x, y| (x - mx) * (y - my));
    let off = |i: usize| (place(i).0 - mx).powi(2) + (place(i).1 - my).powi(2);
    let mut bright: Vec<usize> = (0..n * n).collect();
    bright.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let gathered = sums(bright.iter().map(|&i| p[i]));
    let k = (reaches(&gathered, 0.2 * total) + 1).min(n * n);
    let second: f64 = bright[..k].iter().map(|&i| p[i] * off(i)).sum();
    let whole: f64 = (0..n * n).map(|i| p[i] * off(i)).sum();
    let m20 = (second / (whole + 1e-6) + 1e-4).log10();

    let blurred = |i: usize| {
        let (y, x) = (i / n, i % n);
        let near = (0..9).map(|d| p[(y + n + d / 3 - 1) % n * n + (x + n + d % 3 - 1) % n]);
        near.sum::<f64>() / 9.0
    };
    let smoothness = (0..n * n).map(|i| (p[i] - blurred(i)).abs()).sum::<f64>() / total;
    let colour = |c: usize| rgb[c].iter().sum::<f64>() / m;
    let core = |c: usize| {
        let span = n / 2 - 6..n / 2 + 6;
        let sum: f64 = span
            .clone()
            .map(|y| rgb[c][y * n + span.start..y * n + span.end].iter().sum::<f64>())
            .sum();
        sum / 144.0
    };

    let mut out = [0.0f32; COUNT];
    let rest = [
        5.0 * ((r80 + 0.5) / (r20 + 0.5)).log10(),
        r50,
        r80,
        half_turn,
        quarter_turn,
        gini,
        m20,
        ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt() / (xx + yy + 1e-6),
        (xx + yy + 1.0).ln(),
        mx.hypot(my),
        smoothness,
        noise,
        (total + 1.0).ln(),
        p.iter().copied().fold(0.0, f64::max),
        p.iter().filter(|&&v| v > 3.0 * noise).count() as f64 / m,
        core(0) - core(1),
        core(1) - core(2),
        colour(0) - colour(2),
    ];
    let all = profile.iter().map(|v| v / brightest).chain(rest);
    for (o, v) in out.iter_mut().zip(all) {
        *o = if v.is_finite() { v as f32 } else { 0.0 };
    }
    out
}
