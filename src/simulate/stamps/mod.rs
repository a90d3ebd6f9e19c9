//! Single objects as varied as surveys show them, with what they are: for training and trying networks.
//!
//! [`draw`] makes a stamp from a seed and a number alone, so that a set can be written to files
//! ([`write`]) or drawn while a network learns, by any number of threads and in any order.
//! Shapes come from formulas, ray-traced lenses and small encounters of two discs; what a telescope
//! makes of them from drawn sizes, seeing, depth, noise, neighbours, artefacts and stretches.

mod blend;
mod blur;
mod detector;
mod develop;
mod dice;
mod encounter;
mod field;
mod galaxy;
mod irregular;
mod kind;
mod lens;
mod merger;
mod parameters;
mod profile;
mod psf;
mod radio;
mod scene;
mod spiral;
mod view;
mod waves;
mod write;

use self::detector::Noise;
use self::dice::Dice;
use self::field::Point;
use self::galaxy::Site;
use self::psf::Shape;
use self::scene::Scene;
use self::view::{Camera, View};
use crate::io::raster::Plane;
use std::f64::consts::PI;

pub use kind::Kind;
pub use lens::Sie;
pub use parameters::Parameters;
pub use profile::Sersic;
pub use write::{StampsOptions, write};

/// The smallest side of a stamp in pixels.
pub const LEAST_SIDE: usize = 32;
/// The largest.
pub const MOST_SIDE: usize = 512;

/// A stamp of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// One plane (grey) or three (red, green, blue) of whole values from 0 to 255, as a picture has them.
    pub planes: Vec<Plane>,
    /// What is in the middle.
    pub label: Kind,
    /// What was drawn.
    pub parameters: Parameters,
}

/// The stamp `number` of `seed`, `side` pixels wide and high (held to 32 to 512). The same three give
/// the same stamp; kinds take turns ([`Kind::of`]).
pub fn draw(seed: u64, number: u64, side: usize) -> Stamp {
    let side = side.clamp(LEAST_SIDE, MOST_SIDE);
    let mut dice = Dice::new(seed, number);
    let label = Kind::of(number);
    let (planes, parameters) = if label.is_radio() {
        radio_stamp(label, side, &mut dice)
    } else {
        optical_stamp(label, side, &mut dice)
    };
    Stamp {
        planes,
        label,
        parameters,
    }
}

fn optical_stamp(label: Kind, side: usize, dice: &mut Dice) -> (Vec<Plane>, Parameters) {
    let view = View::draw(label, side, dice);
    // A single band is any of the three or wider than them.
    let filter = dice.pick(&[
        ([1.0, 0.0, 0.0], 0.2),
        ([0.0, 1.0, 0.0], 0.3),
        ([0.0, 0.0, 1.0], 0.2),
        ([0.2, 0.5, 0.3], 0.3),
    ]);
    let mut scene = Scene::new(side, view.three, filter);
    let site = Site {
        at: view.at,
        radius: view.radius_px,
        flux: 1.0,
        fine: view.fine(),
    };
    let mut points = Vec::new();
    let drawn = match label {
        Kind::Star => {
            points.push(Point {
                at: view.at,
                flux: 1.0,
                colour: field::star_colour(dice),
            });
            Parameters::default()
        }
        Kind::Ring => spiral::ring(site, &mut scene, dice),
        Kind::Irregular => irregular::irregular(site, &mut scene, dice),
        Kind::Merger => merger::merger(site, &mut scene, dice),
        Kind::Lens => lens::lens(site, view.psf.fwhm_px, &mut scene, dice),
        Kind::Blend => blend::blend(site, &mut scene, dice),
        other => blend::regular(other, site, &mut scene, dice),
    };
    let sigma = noise_sigma(label, &view, drawn.radius_px);
    let (stars, neighbours) = field::neighbours(&view, sigma, &mut scene, dice);
    points.extend(stars);
    // The seeing is better in the red, a mirror's diffraction in the blue.
    let by_band = if view.camera == Camera::Space {
        [0.88, 1.0, 1.12]
    } else {
        [1.07, 1.0, 0.95]
    };
    scene.blur(&view.psf.gaussians(), by_band);
    let light = view.psf.light();
    for point in points {
        // As far as it can be told from the noise; wings of bright ones go over the whole stamp.
        let reach = view.psf.fwhm_px * (3.0 + (point.flux / sigma).sqrt() * 0.12);
        let reach = if point.flux > 300.0 * sigma {
            reach.max(12.0 * view.psf.fwhm_px)
        } else {
            reach
        };
        scene.paint(point.at, reach.min(1.5 * side as f64), 3, point.colour, |x, y| {
            point.flux * light(x, y)
        });
    }
    let mut planes = scene.planes();
    let noise = Noise {
        sigma,
        electrons: dice.log_between(4.0, 200.0),
        spread: view.resampled(dice),
    };
    for (band, plane) in planes.iter_mut().enumerate() {
        // Blue and red bands are shallower.
        let by = if view.three { [1.35, 1.0, 1.25][band] } else { 1.0 };
        let own = Noise {
            sigma: sigma * by,
            ..noise
        };
        detector::add_noise(plane, &own, dice);
    }
    if dice.chance(0.15) {
        detector::add_gradient(&mut planes, sigma, dice);
    }
    detector::add_artefacts(&mut planes, sigma, dice);
    develop::optical(&mut planes, view.camera, sigma, dice);
    let parameters = Parameters {
        psf_fwhm_px: Some(view.psf.fwhm_px),
        moffat_beta: match view.psf.shape {
            Shape::Moffat(beta) => Some(beta),
            _ => None,
        },
        snr: Some(view.snr),
        neighbours: Some(neighbours as f64),
        bands: Some(planes.len() as f64),
        ..drawn
    };
    (planes, parameters)
}

/// The deviation of a pixel's noise at which half of a flux of 1, within the half-light radius as the
/// seeing leaves it, has the view's signal to noise.
fn noise_sigma(label: Kind, view: &View, radius: Option<f64>) -> f64 {
    let radius = if label == Kind::Star {
        0.0
    } else {
        radius.unwrap_or(view.radius_px)
    };
    let area = PI * (radius * radius + (0.55 * view.psf.fwhm_px).powi(2));
    0.5 / (view.snr * area.sqrt())
}

fn radio_stamp(label: Kind, side: usize, dice: &mut Dice) -> (Vec<Plane>, Parameters) {
    let beam = dice.log_between(1.3, 3.0) * (side as f64 / 96.0).clamp(0.7, 3.0);
    let mut scene = Scene::new(side, false, [0.0, 1.0, 0.0]);
    let off = 0.01 * side as f64;
    let at = (off * dice.normal(), off * dice.normal());
    let drawn = radio::source(label, at, beam, &mut scene, dice);
    let others = dice.poisson(0.35);
    for _ in 0..others {
        let half = 0.5 * side as f64;
        let place = (dice.between(-half, half), dice.between(-half, half));
        let clear = place.0.hypot(place.1) > drawn.extent_px.unwrap_or(0.0) * 0.6 + 3.0 * beam;
        if clear {
            scene.dot(place, 0.4, dice.log_between(0.01, 0.6), [1.0; 3]);
        }
    }
    let core = (beam / 2.3548) as f32;
    scene.blur(&[(1.0, core)], [1.0; 3]);
    let mut planes = scene.planes();
    let peak = planes[0].pixels.iter().fold(0.0f32, |a, &b| a.max(b));
    let snr = match label {
        Kind::RadioCompact => dice.log_between(10.0, 500.0),
        // What is spread out must be seen beside its peak.
        _ => dice.log_between(18.0, 500.0),
    };
    let noise = Noise {
        sigma: f64::from(peak) / snr,
        electrons: 1e9,
        spread: f64::from(core),
    };
    detector::add_noise(&mut planes[0], &noise, dice);
    develop::radio(&mut planes, noise.sigma, dice);
    let parameters = Parameters {
        psf_fwhm_px: Some(beam),
        snr: Some(snr),
        neighbours: Some(others as f64),
        bands: Some(1.0),
        ..drawn
    };
    (planes, parameters)
}
