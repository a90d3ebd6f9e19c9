//! From counts to the picture that a survey's server gives: stretched by somebody's taste, in eight
//! bits, often through JPEG.

use super::dice::Dice;
use super::view::Camera;
use crate::io::raster::Plane;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};

/// A curve from counts above black, in units of white, to brightness.
#[derive(Debug, Clone, Copy)]
enum Curve {
    Linear,
    Root,
    /// Linear below the given share of white, logarithmic above.
    Asinh(f64),
}

impl Curve {
    fn at(self, x: f64) -> f64 {
        let x = x.max(0.0);
        match self {
            Curve::Linear => x,
            Curve::Root => x.sqrt(),
            Curve::Asinh(soft) => (x / soft).asinh() / (1.0 / soft).asinh(),
        }
    }
}

/// Which counts are black and white, and the curve between.
#[derive(Debug, Clone, Copy)]
struct Tone {
    black: f64,
    white: f64,
    curve: Curve,
}

/// Stretches optical planes (1 or 3, blue to red; background 0, noise `sigma`) in place to 0 to 255;
/// three become red, green, blue.
pub fn optical(planes: &mut [Plane], camera: Camera, sigma: f64, dice: &mut Dice) {
    let peak = peak(planes).max(8.0 * sigma);
    let tone = if planes.len() == 3 {
        Tone {
            black: -sigma * dice.between(-0.5, 0.8),
            // White is far from the noise, or its colours would be all there is.
            white: (peak * dice.log_between(0.8, 2.6)).max(sigma * dice.between(20.0, 60.0)),
            curve: Curve::Asinh((sigma * dice.log_between(2.0, 25.0) / peak).clamp(0.01, 2.0)),
        }
    } else {
        grey_tone(&planes[0], camera, peak, sigma, dice)
    };
    if planes.len() == 3 {
        planes.reverse();
        colour(planes, tone, dice);
    } else {
        for value in &mut planes[0].pixels {
            *value = (255.0 * tone.curve.at(scaled(*value, tone))) as f32;
        }
    }
    quantise(planes);
    let through_jpeg = match camera {
        Camera::Colour => 0.75,
        Camera::Deep | Camera::Small => 0.5,
        Camera::Space => 0.3,
    };
    if dice.chance(through_jpeg) {
        compress(planes, dice.between(62.0, 97.0) as u8);
    }
}

/// Stretches one radio plane (noise `sigma`) in place to 0 to 255.
pub fn radio(planes: &mut [Plane], sigma: f64, dice: &mut Dice) {
    let peak = planes[0].pixels.iter().fold(0.0f32, |a, &b| a.max(b));
    let peak = f64::from(peak).max(4.0 * sigma);
    // Archives of radio galaxies cut the noise away; images as they come keep it.
    let tone = Tone {
        black: sigma
            * if dice.chance(0.72) {
                dice.between(2.3, 4.5)
            } else {
                dice.between(-2.5, 1.5)
            },
        white: peak * dice.log_between(0.6, 1.7),
        curve: match dice.pick(&[(0, 0.65), (1, 0.15), (2, 0.2)]) {
            0 => Curve::Linear,
            1 => Curve::Root,
            _ => Curve::Asinh(dice.log_between(0.05, 0.5)),
        },
    };
    for value in &mut planes[0].pixels {
        *value = (255.0 * tone.curve.at(scaled(*value, tone))) as f32;
    }
    quantise(planes);
    if dice.chance(0.25) {
        compress(planes, dice.between(70.0, 97.0) as u8);
    }
}

/// How a single band is shown: against its noise, or against its peak.
fn grey_tone(plane: &Plane, camera: Camera, peak: f64, sigma: f64, dice: &mut Dice) -> Tone {
    // The pipelines behind archives of cutouts have their habits: limits at fixed shares of the pixels,
    // or at fixed deviations about the background.
    match camera {
        Camera::Space if dice.chance(0.45) => {
            let (low, high) = (dice.between(0.0, 0.02), 1.0 - dice.log_between(0.002, 0.012));
            let black = share(plane, low);
            return Tone {
                black,
                white: share(plane, high).max(black + 4.0 * sigma),
                curve: dice.pick(&[(Curve::Linear, 0.8), (Curve::Root, 0.2)]),
            };
        }
        Camera::Small if dice.chance(0.5) => {
            return Tone {
                black: -sigma * dice.between(2.2, 4.0),
                white: sigma * dice.log_between(5.0, 14.0),
                curve: Curve::Linear,
            };
        }
        _ => {}
    }
    // Cut at a few deviations, as viewers do by default, the noise is seen and cores are white.
    let against_noise = match camera {
        Camera::Small => 0.75,
        Camera::Space => 0.4,
        _ => 0.3,
    };
    if dice.chance(against_noise) {
        // White where most of an object is, seldom far inside it.
        let white = (sigma * dice.log_between(4.0, 40.0)).clamp(0.12 * peak, 1.2 * peak);
        let curve = dice.pick(&[(Curve::Linear, 0.75), (Curve::Asinh(0.3), 0.25)]);
        return Tone {
            black: sigma * dice.between(-2.5, if camera == Camera::Small { -0.5 } else { 1.0 }),
            white,
            curve,
        };
    }
    let soft = (sigma * dice.log_between(1.0, 12.0) / peak).clamp(1e-3, 2.0);
    let (white, curve) = match dice.pick(&[(0, 0.4), (1, 0.2), (2, 0.4)]) {
        0 => (peak * dice.log_between(0.2, 1.0), Curve::Linear),
        1 => (peak * dice.log_between(0.3, 1.0), Curve::Root),
        _ => (peak * dice.log_between(0.4, 1.2), Curve::Asinh(soft)),
    };
    Tone {
        black: -sigma * dice.between(-1.0, 2.5),
        white,
        curve,
    }
}

/// The value that this share of a plane's pixels is below.
fn share(plane: &Plane, share: f64) -> f64 {
    let mut values = plane.pixels.clone();
    let nth = ((values.len() as f64 * share) as usize).min(values.len() - 1);
    let (_, value, _) = values.select_nth_unstable_by(nth, f32::total_cmp);
    f64::from(*value)
}

/// The brightness that the object's middle half of the stamp reaches in its brightest pixels.
fn peak(planes: &[Plane]) -> f64 {
    let side = planes[0].width;
    let mut values: Vec<f32> = (0..side * side)
        .filter(|i| {
            let middle = side / 4..side - side / 4;
            middle.contains(&(i % side)) && middle.contains(&(i / side))
        })
        .map(|i| planes.iter().map(|p| p.pixels[i]).sum::<f32>() / planes.len() as f32)
        .collect();
    let nth = values.len().saturating_sub(1 + values.len() / 500);
    let (_, value, _) = values.select_nth_unstable_by(nth, f32::total_cmp);
    f64::from(*value)
}

fn scaled(value: f32, tone: Tone) -> f64 {
    (f64::from(value) - tone.black) / (tone.white - tone.black).max(1e-12)
}

/// Colours as Lupton et al. (2004) keep them, or each band by itself, more or less saturated.
fn colour(planes: &mut [Plane], tone: Tone, dice: &mut Dice) {
    let (kept, strength) = (dice.chance(0.6), dice.between(0.6, 1.35));
    let balance: [f64; 3] = std::array::from_fn(|_| (0.06 * dice.normal()).exp());
    for i in 0..planes[0].pixels.len() {
        let x: [f64; 3] = std::array::from_fn(|b| balance[b] * scaled(planes[b].pixels[i], tone));
        let mean = x.iter().sum::<f64>() / 3.0;
        let mut out = if kept {
            let by = tone.curve.at(mean) / mean.max(1e-9);
            x.map(|v| (v * by).max(0.0))
        } else {
            x.map(|v| tone.curve.at(v))
        };
        let grey = out.iter().sum::<f64>() / 3.0;
        out = out.map(|v| (grey + strength * (v - grey)).max(0.0));
        // Too bright keeps its colour.
        let most = out.iter().fold(1.0, |a: f64, &b| a.max(b));
        for (b, v) in out.iter().enumerate() {
            planes[b].pixels[i] = (255.0 * v / most) as f32;
        }
    }
}

/// Rounds to eight bits.
fn quantise(planes: &mut [Plane]) {
    for plane in planes {
        for value in &mut plane.pixels {
            *value = value.clamp(0.0, 255.0).round();
        }
    }
}

/// The bytes of a picture: grey, or red, green and blue beside each other.
pub fn bytes(planes: &[Plane]) -> Vec<u8> {
    (0..planes[0].pixels.len())
        .flat_map(|i| planes.iter().map(move |p| p.pixels[i] as u8))
        .collect()
}

/// What JPEG of this quality leaves of the picture.
fn compress(planes: &mut [Plane], quality: u8) {
    let kind = if planes.len() == 3 {
        ExtendedColorType::Rgb8
    } else {
        ExtendedColorType::L8
    };
    let (width, height) = (planes[0].width as u32, planes[0].height as u32);
    let mut file = Vec::new();
    let encoded =
        JpegEncoder::new_with_quality(&mut file, quality).encode(&bytes(planes), width, height, kind);
    // A picture that the encoder refuses stays as it is: there is none of such a size here.
    let Ok(picture) = encoded.and_then(|()| image::load_from_memory_with_format(&file, ImageFormat::Jpeg))
    else {
        return;
    };
    let raw = if planes.len() == 3 {
        picture.into_rgb8().into_raw()
    } else {
        picture.into_luma8().into_raw()
    };
    let bands = planes.len();
    for (i, byte) in raw.into_iter().enumerate() {
        if let Some(value) = planes[i % bands].pixels.get_mut(i / bands) {
            *value = f32::from(byte);
        }
    }
}
