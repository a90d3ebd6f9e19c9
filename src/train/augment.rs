//! What happens to an image before the network sees it: all that changes a picture of the sky and not
//! the object in it.
//!
//! One cubic resampling turns it by any angle, reflects, scales and shifts it (means over 2×2 points where it
//! shrinks, so that nothing aliases); then stretch, gain and level, a gradient of the background, colours, a
//! blur as of a worse seeing, noise. What is beyond the kept image is its reflection.

use super::data::{ImageSet, SEEN_PX, stream};
use crate::encoder::model::p4m::LEVEL;
use crate::encoder::model::p4m::turn::cubic;
use rand::Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};
use serde::{Deserialize, Serialize};

/// How much may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Scale, a factor of what is normally seen, uniform in its logarithm.
    pub scale: [f32; 2],
    /// Standard deviation of the shift, as a part of the side.
    pub shift: f32,
    /// Exponent of the values.
    pub gamma: [f32; 2],
    /// Factor of the values.
    pub gain: [f32; 2],
    /// Most that is added or taken.
    pub level: f32,
    /// Most that the background rises from the middle to an edge.
    pub gradient: f32,
    /// Most that a colour's factor is away from 1.
    pub colour: f32,
    /// Share of images that lose their colour.
    pub grey: f32,
    /// Share of images that are blurred.
    pub blur: f32,
    /// Largest standard deviation of the noise.
    pub noise: f32,
    /// Share of images with another, fainter one's light at their edge.
    pub neighbour: f32,
    /// Mean number of stars in the foreground, away from the middle.
    #[serde(default, skip_serializing_if = "is_none")]
    pub stars: f32,
}

/// Trainings without stars go on from checkpoints that know of none.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(stars: &f32) -> bool {
    *stars == 0.0
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            scale: [0.75, 1.2],
            shift: 0.03,
            gamma: [0.65, 1.5],
            gain: [0.75, 1.35],
            level: 0.06,
            gradient: 0.04,
            colour: 0.1,
            grey: 0.25,
            blur: 0.5,
            noise: 0.05,
            neighbour: 0.1,
            stars: 0.0,
        }
    }
}

/// Between which distances from the middle stars in the foreground lie, in sides.
const STARS_AWAY: [f32; 2] = [0.16, 0.6];

/// A seen pixel of more kept ones than this is a mean over several points.
const SHRINKS: f32 = 1.25;

/// The four places around `v` on a line of `side`, reflected beyond its ends, and their weights.
#[inline]
fn around(v: f32, side: usize) -> ([usize; 4], [f32; 4]) {
    let floor = v.floor();
    let fold = |i: isize| {
        let t = i.rem_euclid(2 * side as isize) as usize;
        t.min(2 * side - 1 - t)
    };
    let first = floor as isize - 1;
    (
        std::array::from_fn(|k| fold(first + k as isize)),
        cubic(v - floor),
    )
}

/// Places image `i` of `set` into `out`, `[3, SEEN_PX, SEEN_PX]`, changed by the random numbers of
/// (`seed`, `step`, `slot`) and turned by the further angle `more` (radians, 0 for none); values as the network
/// takes them, under `circle`.
pub fn augmented(
    set: &ImageSet,
    i: usize,
    how: &Augmentation,
    (seed, step, slot): (u64, u64, u64),
    more: f32,
    circle: &[f32],
    out: &mut [f32],
) {
    let mut rng = stream(seed, step, slot);
    let between = |rng: &mut rand_chacha::ChaCha8Rng, [a, b]: [f32; 2]| a + (b - a) * rng.random::<f32>();
    let normal = |rng: &mut rand_chacha::ChaCha8Rng| -> f32 { StandardNormal.sample(rng) };
    let area = SEEN_PX * SEEN_PX;
    let [low, high] = how.scale;
    let scale = (between(&mut rng, [low.ln(), high.ln()])).exp();
    let look = Look {
        scale,
        towards: [0.0; 2],
        shift: how.shift,
        more,
    };
    place(set, i, &look, &mut rng, out);
    if rng.random::<f32>() < how.neighbour {
        let other = rng.random_range(0..set.len());
        let angle = rng.random::<f32>() * std::f32::consts::TAU;
        let away = between(&mut rng, [0.32, 0.5]);
        let mut light = vec![0.0; 3 * area];
        let look = Look {
            scale: scale * between(&mut rng, [1.2, 2.0]),
            towards: [away * angle.sin(), away * angle.cos()],
            shift: 0.0,
            more,
        };
        place(set, other, &look, &mut rng, &mut light);
        let strength = between(&mut rng, [0.3, 0.9]);
        for (plane, light) in out.chunks_exact_mut(area).zip(light.chunks_exact(area)) {
            // Only what stands above its own sky is light of a neighbour.
            let sky = light.iter().sum::<f32>() / area as f32;
            for (v, l) in plane.iter_mut().zip(light) {
                *v = v.max((l - sky).max(0.0) * strength);
            }
        }
    }
    if let Some(count) = (how.stars > 0.0).then(|| Poisson::new(how.stars).ok()).flatten() {
        let count = count.sample(&mut rng).min(20.0) as usize;
        let width = between(&mut rng, [0.6, 1.8]);
        for _ in 0..count {
            star(set.planes, width, more, &mut rng, out);
        }
    }
    let gamma = between(&mut rng, how.gamma);
    let gain = between(&mut rng, how.gain);
    let level = between(&mut rng, [-how.level, how.level]);
    let slope: [f32; 2] = std::array::from_fn(|_| between(&mut rng, [-how.gradient, how.gradient]));
    let slope = turned(slope, -more);
    let grey = set.planes == 1 || rng.random::<f32>() < how.grey;
    if grey && set.planes == 3 {
        for p in 0..area {
            let mean = (out[p] + out[area + p] + out[2 * area + p]) / 3.0;
            (0..3).for_each(|c| out[c * area + p] = mean);
        }
    }
    let blur = (rng.random::<f32>() < how.blur).then(|| rng.random::<f32>() * 2.0);
    let noise = between(&mut rng, [0.0, how.noise]);
    let planes = if grey { 1 } else { 3 };
    let middle = (SEEN_PX as f32 - 1.0) / 2.0;
    for plane in out.chunks_exact_mut(area).take(planes) {
        let factor = if grey {
            1.0
        } else {
            1.0 + between(&mut rng, [-how.colour, how.colour])
        };
        for (p, v) in plane.iter_mut().enumerate() {
            let (y, x) = ((p / SEEN_PX) as f32 - middle, (p % SEEN_PX) as f32 - middle);
            let bent = (slope[0] * y + slope[1] * x) / middle;
            *v = ((*v + 1e-4).powf(gamma) * gain + level + bent) * factor;
        }
        let mut left = blur.unwrap_or(0.0);
        while left > 0.0 {
            blurred(plane, left.min(1.0));
            left -= 1.0;
        }
        for (v, c) in plane.iter_mut().zip(circle) {
            *v = ((*v + noise * normal(&mut rng)) - LEVEL) / LEVEL * c;
        }
    }
    if grey {
        out.copy_within(0..area, area);
        out.copy_within(0..area, 2 * area);
    }
}

/// The light of a star with a point spread of `width` px (standard deviation) somewhere away from the middle: most are
/// faint, some so bright that the stretch cuts them off. It turns with the view by `more`.
fn star(planes: usize, width: f32, more: f32, rng: &mut impl Rng, out: &mut [f32]) {
    let mut between = |[a, b]: [f32; 2]| a + (b - a) * rng.random::<f32>();
    let angle = between([0.0, std::f32::consts::TAU]);
    // As many on equal areas.
    let away = between(STARS_AWAY.map(|r| r * r)).sqrt() * SEEN_PX as f32;
    let middle = (SEEN_PX as f32 - 1.0) / 2.0;
    let [y, x] = turned([away * angle.sin(), away * angle.cos()], -more).map(|v| middle + v);
    let bright = between([0.15f32.ln(), 4f32.ln()]).exp();
    // Redder or bluer: the outer planes apart.
    let colour = if planes == 3 { between([-0.5, 0.5]) } else { 0.0 };
    for (number, plane) in out.chunks_exact_mut(SEEN_PX * SEEN_PX).enumerate() {
        let factor = bright * (1.0 + colour * (number as f32 - 1.0));
        for (p, v) in plane.iter_mut().enumerate() {
            let (dy, dx) = ((p / SEEN_PX) as f32 - y, (p % SEEN_PX) as f32 - x);
            let light = factor * (-(dy * dy + dx * dx) / (2.0 * width * width)).exp();
            *v = v.max(light.min(1.0));
        }
    }
}

/// How an image is looked at.
struct Look {
    /// Times as much sky as is normally seen.
    scale: f32,
    /// Where its middle comes to lie, in sides.
    towards: [f32; 2],
    /// Standard deviation of a further shift, in sides.
    shift: f32,
    /// The whole view is turned by this angle.
    more: f32,
}

/// (y, x) in a frame that is turned by `angle`.
fn turned([y, x]: [f32; 2], angle: f32) -> [f32; 2] {
    let (sin, cos) = angle.sin_cos();
    [cos * y + sin * x, cos * x - sin * y]
}

/// One resampling: turned by any angle, perhaps reflected, and as `look` says.
fn place(set: &ImageSet, i: usize, look: &Look, rng: &mut rand_chacha::ChaCha8Rng, out: &mut [f32]) {
    let &Look {
        scale,
        towards,
        shift,
        more,
    } = look;
    let area = SEEN_PX * SEEN_PX;
    let angle = rng.random::<f32>() * std::f32::consts::TAU;
    let side = if rng.random::<bool>() { 1.0 } else { -1.0 };
    let moved: [f32; 2] = std::array::from_fn(|_| {
        let n: f32 = StandardNormal.sample(rng);
        n * shift
    });
    let (image, planes, kept) = (set.image(i), set.planes, set.side);
    // Kept pixels a seen pixel, times the turn.
    let step = kept as f32 / set.reach * scale / SEEN_PX as f32;
    let points: &[(f32, f32)] = match step > SHRINKS {
        true => &[(-0.25, -0.25), (-0.25, 0.25), (0.25, -0.25), (0.25, 0.25)],
        false => &[(0.0, 0.0)],
    };
    let (sin, cos) = angle.sin_cos();
    let [c, s] = [cos * step, sin * step];
    let half = SEEN_PX as f32 / 2.0;
    let middle = kept as f32 / 2.0 - 0.5;
    for p in 0..area {
        let at = [
            (p / SEEN_PX) as f32 - half + 0.5,
            (p % SEEN_PX) as f32 - half + 0.5,
        ];
        let [y, x] = turned(at, more);
        let (y, x) = (y - towards[0] * SEEN_PX as f32, x - towards[1] * SEEN_PX as f32);
        let mut sums = [0.0f32; 3];
        for (dy, dx) in points {
            let (y, x) = (
                y + dy + moved[0] * SEEN_PX as f32,
                (x + dx) * side + moved[1] * SEEN_PX as f32,
            );
            let (rows, wy) = around(middle + s * x + c * y, kept);
            let (columns, wx) = around(middle + c * x - s * y, kept);
            for (plane, sum) in image.chunks_exact(kept * kept).zip(&mut sums) {
                for (row, wy) in rows.iter().zip(&wy) {
                    let line = &plane[row * kept..(row + 1) * kept];
                    let across: f32 = columns
                        .iter()
                        .zip(&wx)
                        .map(|(&c, w)| w * f32::from(line[c]))
                        .sum();
                    *sum += wy * across;
                }
            }
        }
        for plane in 0..3 {
            out[plane * area + p] =
                (sums[plane.min(planes - 1)] / (points.len() as f32 * 255.0)).clamp(0.0, 1.0);
        }
    }
}

/// Mixes a plane with its mean under 1-2-1 in both directions.
fn blurred(plane: &mut [f32], share: f32) {
    let n = SEEN_PX;
    let from = plane.to_vec();
    let near = |i: usize, step: isize| i.saturating_add_signed(step).min(n - 1);
    let mut rows = vec![0.0; n * n];
    for y in 0..n {
        for x in 0..n {
            let row = &from[y * n..(y + 1) * n];
            rows[y * n + x] = 0.25 * (row[near(x, -1)] + row[near(x, 1)]) + 0.5 * row[x];
        }
    }
    for y in 0..n {
        for x in 0..n {
            let soft = 0.25 * (rows[near(y, -1) * n + x] + rows[near(y, 1) * n + x]) + 0.5 * rows[y * n + x];
            plane[y * n + x] += share * (soft - plane[y * n + x]);
        }
    }
}
