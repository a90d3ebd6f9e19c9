//! The simulated sky put together: positions, magnitudes, light, seeing, artefacts, noise.

use super::galaxy::{self, Class};
use super::{SKY_NOISE, SimulateError, SimulateOptions, ZERO_POINT_MAG, artefact};
use crate::io::fits::{Card, CardValue, Header};
use crate::io::raster::Plane;
use crate::progress::Progress;
use crate::sky::wcs::Wcs;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

/// Pixel size in seconds of arc.
pub const PIXEL_ARCSEC: f64 = 0.25;
/// Standard deviation of the seeing in pixels, by band: 0.9″ to 0.75″ full width at half maximum.
const SEEING_SIGMA_PX: [f64; 3] = [1.53, 1.40, 1.27];
/// Where the middle of the survey lies.
const CENTRE_DEG: (f64, f64) = (150.1, 2.2);
/// Bands are shifted against each other by this much, so that only the WCS aligns them.
const DITHER_PX: [(f64, f64); 3] = [(2.6, -1.3), (0.0, 0.0), (-3.4, 4.7)];
/// Least distance between two objects in pixels.
const APART_PX: f64 = 44.0;

/// One object as it was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its name.
    pub id: String,
    /// Right ascension, ICRS degrees.
    pub ra_deg: f64,
    /// Declination, ICRS degrees.
    pub dec_deg: f64,
    /// Magnitudes in g, r, i.
    pub mag: [f64; 3],
    /// Half-light radius in seconds of arc, 0 for points and artefacts.
    pub radius_arcsec: f64,
    /// What it is.
    pub class: Class,
}

/// The images and what is on them.
pub struct Survey {
    /// One image a band.
    pub images: Vec<Plane>,
    /// What is on them.
    pub objects: Vec<Made>,
    side: usize,
}

impl Survey {
    /// Makes the survey of `options`.
    pub fn make(options: &SimulateOptions, progress: &dyn Progress) -> Result<Self, SimulateError> {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        let side = options.side;
        if side < 256 {
            return Err(SimulateError::Options(format!(
                "a survey of {side} pixels a side has no room for objects: choose 256 or more"
            )));
        }
        let mut survey = Self {
            images: vec![Plane::filled(side, side, 0.0); 3],
            objects: vec![],
            side,
        };
        let mut wcs = Vec::new();
        for band in 0..3 {
            let header = Header {
                cards: survey.wcs_cards(band),
            };
            wcs.push(Wcs::from_header(&header).map_err(|e| SimulateError::Options(e.to_string()))?);
        }
        let places = survey.places(options.objects, &mut rng)?;
        progress.begin("painting objects", Some(places.len() as u64));
        for (i, &(x, y)) in places.iter().enumerate() {
            if progress.cancelled() {
                return Err(SimulateError::Cancelled);
            }
            // The rare classes come first, so that even a small survey has one of each.
            let class = match Class::SHARES.get(i) {
                Some((class, _)) => *class,
                None => galaxy::draw_class(&mut rng),
            };
            let nowhere = || SimulateError::Options("the survey is too large for its coordinates".to_owned());
            let (ra_deg, dec_deg) = wcs[1].sky_from_pixel(x, y).ok_or_else(nowhere)?;
            let mut at = [(0.0, 0.0); 3];
            for band in 0..3 {
                at[band] = wcs[band].pixel_from_sky(ra_deg, dec_deg).ok_or_else(nowhere)?;
            }
            let made = survey.add(class, i, (ra_deg, dec_deg), at, &mut rng);
            survey.objects.push(made);
            progress.advance(1);
        }
        survey.add_noise(&mut rng);
        Ok(survey)
    }

    /// Positions at random, not too near each other or the edge.
    fn places(&self, wanted: usize, rng: &mut ChaCha8Rng) -> Result<Vec<(f64, f64)>, SimulateError> {
        let margin = 40.0;
        let range = margin..self.side as f64 - margin;
        let mut places: Vec<(f64, f64)> = Vec::new();
        for _ in 0..wanted.saturating_mul(400) {
            if places.len() == wanted {
                break;
            }
            let p = (rng.random_range(range.clone()), rng.random_range(range.clone()));
            if places.iter().all(|q| (p.0 - q.0).hypot(p.1 - q.1) > APART_PX) {
                places.push(p);
            }
        }
        if places.len() < wanted {
            return Err(SimulateError::Options(format!(
                "only {} objects fit {} pixels a side: ask for fewer or a larger side",
                places.len(),
                self.side
            )));
        }
        Ok(places)
    }

    fn add(
        &mut self,
        class: Class,
        i: usize,
        sky: (f64, f64),
        at: [(f64, f64); 3],
        rng: &mut ChaCha8Rng,
    ) -> Made {
        let is_point = matches!(
            class,
            Class::Star | Class::Saturated | Class::Trail | Class::CosmicRay
        );
        let mag_r = match class {
            Class::Saturated => rng.random_range(11.5..13.2),
            Class::Star => rng.random_range(17.0..21.0),
            _ => rng.random_range(17.3..19.8),
        };
        let (g_r, r_i) = match class {
            Class::Smooth | Class::Lens => (rng.random_range(0.75..1.0), rng.random_range(0.35..0.45)),
            Class::Star | Class::Saturated => {
                let t: f64 = rng.random_range(0.2..1.4);
                (t, 0.4 * t)
            }
            Class::Spiral | Class::Ring | Class::Merger => {
                (rng.random_range(0.3..0.6), rng.random_range(0.1..0.3))
            }
            _ => (rng.random_range(0.45..0.8), rng.random_range(0.2..0.4)),
        };
        let mag: [f64; 3] = [mag_r + g_r, mag_r, mag_r - r_i];
        let flux = mag.map(|m| 10f64.powf(0.4 * (ZERO_POINT_MAG - m)));
        // Brighter galaxies are larger.
        let radius_px = if is_point {
            0.0
        } else {
            (6.5 - 0.9 * (mag_r - 18.5)) * rng.random_range(0.8..1.2)
        };
        let shift = at.map(|(x, y)| (x - x.round(), y - y.round()));
        match class {
            Class::Trail => {
                let band = rng.random_range(0..3);
                let (x, y) = at[band];
                let length = rng.random_range(120.0..300.0);
                artefact::trail(
                    &mut self.images[band],
                    x,
                    y,
                    length,
                    rng.random_range(25.0..70.0),
                    SEEING_SIGMA_PX[band],
                    rng,
                );
            }
            Class::CosmicRay => {
                let band = rng.random_range(0..3);
                let (x, y) = at[band];
                artefact::cosmic_ray(&mut self.images[band], x, y, rng);
            }
            _ => {
                let stamps = galaxy::paint(class, radius_px.max(2.0), flux, shift, rng);
                for (band, mut stamp) in stamps.into_iter().enumerate() {
                    stamp.blur(SEEING_SIGMA_PX[band]);
                    let (x, y) = (at[band].0.round() as i64, at[band].1.round() as i64);
                    stamp.add_to(&mut self.images[band], x, y);
                    if class == Class::Saturated {
                        artefact::bleed(&mut self.images[band], x.max(0) as usize, y.max(0) as usize, 8);
                    }
                }
            }
        }
        let is_light = !matches!(class, Class::Trail | Class::CosmicRay);
        Made {
            id: format!("SIM{:05}", i + 1),
            ra_deg: sky.0,
            dec_deg: sky.1,
            mag: if is_light { mag } else { [f64::NAN; 3] },
            radius_arcsec: radius_px * PIXEL_ARCSEC,
            class,
        }
    }

    /// Photon noise of the light and Gaussian noise of the sky.
    fn add_noise(&mut self, rng: &mut ChaCha8Rng) {
        let unit: Normal<f64> = match Normal::new(0.0, 1.0) {
            Ok(normal) => normal,
            // Cannot happen: the deviation is positive.
            Err(_) => return,
        };
        // Electrons a count.
        const GAIN: f64 = 2.5;
        for (image, sky) in self.images.iter_mut().zip(SKY_NOISE) {
            for value in &mut image.pixels {
                let light = f64::from(*value).max(0.0);
                let deviation = (sky * sky + light / GAIN).sqrt();
                *value += (deviation * unit.sample(rng)) as f32;
            }
        }
    }

    /// The TAN-SIP coordinates of a band as header cards.
    pub fn wcs_cards(&self, band: usize) -> Vec<Card> {
        let real = |k: &str, v: f64, c: &str| Card::new(k, CardValue::Real(v), c);
        let text = |k: &str, v: &str, c: &str| Card::new(k, CardValue::Text(v.into()), c);
        let scale = PIXEL_ARCSEC / 3600.0;
        // The camera is turned by two degrees.
        let (s, c) = 2f64.to_radians().sin_cos();
        let middle = (self.side as f64 + 1.0) / 2.0;
        let mut cards = vec![
            text("CTYPE1", "RA---TAN-SIP", "gnomonic with distortion"),
            text("CTYPE2", "DEC--TAN-SIP", "gnomonic with distortion"),
            text("RADESYS", "ICRS", "frame"),
            text("CUNIT1", "deg", ""),
            text("CUNIT2", "deg", ""),
            real(
                "CRVAL1",
                CENTRE_DEG.0,
                "[deg] right ascension at the reference pixel",
            ),
            real("CRVAL2", CENTRE_DEG.1, "[deg] declination at the reference pixel"),
            real("CRPIX1", middle + DITHER_PX[band].0, "reference pixel"),
            real("CRPIX2", middle + DITHER_PX[band].1, "reference pixel"),
            real("CD1_1", -scale * c, "[deg/pixel]"),
            real("CD1_2", scale * s, "[deg/pixel]"),
            real("CD2_1", scale * s, "[deg/pixel]"),
            real("CD2_2", scale * c, "[deg/pixel]"),
        ];
        // A few pixels of distortion at the corners, a little different in each band.
        let by = 1.0 + 0.1 * band as f64;
        cards.push(Card::new("A_ORDER", CardValue::Integer(3), "SIP"));
        cards.push(Card::new("B_ORDER", CardValue::Integer(3), "SIP"));
        for (key, value) in [
            ("A_2_0", 1.2e-6),
            ("A_1_1", -8.0e-7),
            ("A_0_2", 5.0e-7),
            ("A_3_0", 6.0e-10),
            ("A_1_2", 6.0e-10),
            ("B_2_0", -4.0e-7),
            ("B_1_1", 9.0e-7),
            ("B_0_2", -1.1e-6),
            ("B_2_1", 6.0e-10),
            ("B_0_3", 6.0e-10),
        ] {
            cards.push(real(key, value * by, "SIP"));
        }
        cards
    }
}
