//! How a stamp is looked at: which kind of telescope, how large the object is on the stamp and how
//! deep the exposure. Sizes on the sky and the seeing decide together what can be seen of an object.

use super::dice::Dice;
use super::kind::Kind;
use super::psf::Psf;

/// A kind of survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Camera {
    /// Shallow colour imaging of near galaxies, cut out in proportion to their size.
    Colour,
    /// Deep imaging from the ground.
    Deep,
    /// A telescope in space: fine pixels of faint objects.
    Space,
    /// A small telescope or short exposure.
    Small,
}

/// How the stamp is looked at.
pub struct View {
    /// With what.
    pub camera: Camera,
    /// Side of the stamp in pixels.
    pub side: usize,
    /// Half-light radius of the main body in pixels.
    pub radius_px: f64,
    /// What a point looks like.
    pub psf: Psf,
    /// Signal to noise within the half-light ellipse.
    pub snr: f64,
    /// Whether there are three bands.
    pub three: bool,
    /// The object's middle from the stamp's, in pixels.
    pub at: (f64, f64),
}

impl View {
    /// Draws how an optical object is seen.
    pub fn draw(kind: Kind, side: usize, dice: &mut Dice) -> Self {
        let camera = dice.pick(&[
            (Camera::Colour, 0.34),
            (Camera::Deep, 0.2),
            (Camera::Space, 0.3),
            (Camera::Small, 0.16),
        ]);
        // Half-light radius over the seeing, and half-light radius over the stamp's side.
        let (sharp, size) = match camera {
            Camera::Colour => ((1.2, 5.0), (0.12, 0.24)),
            Camera::Deep => ((1.0, 6.0), (0.06, 0.22)),
            Camera::Space => ((1.8, 12.0), (0.08, 0.23)),
            Camera::Small => ((0.7, 3.0), (0.03, 0.12)),
        };
        // What a class needs for being told at all.
        let (need, least_snr) = match kind {
            Kind::Spiral => (3.0, 45.0),
            Kind::Ring | Kind::Irregular => (2.2, 25.0),
            Kind::EdgeOn => (1.7, 12.0),
            Kind::Merger => (2.2, 35.0),
            Kind::Lens => (1.4, 40.0),
            Kind::Disc => (1.2, 12.0),
            Kind::Smooth => (0.7, 12.0),
            _ => (0.7, 8.0),
        };
        let scale = side as f64;
        // The sharpest cameras see pairs in which both are small.
        let size = match (kind, camera) {
            (Kind::Merger, Camera::Space) => (0.045, 0.16),
            _ => size,
        };
        let sharp = dice.log_between(f64::max(sharp.0, need), f64::max(sharp.1, 1.6 * need));
        let mut radius_px = (scale * dice.log_between(size.0, size.1)).max(3.0);
        // A stamp that shows an object four times as large as others is one of a near galaxy.
        if dice.chance(0.06) {
            radius_px = scale * dice.between(0.18, 0.28);
        }
        // Edge-on discs reach far for their half-light radius.
        if kind == Kind::EdgeOn {
            radius_px = (0.8 * radius_px).max(3.0);
        }
        // Of a large blurred object the pixels would be smaller: no survey samples a point by more.
        let blunt = dice.between(2.0, 6.0);
        let fwhm_px = (radius_px / sharp).clamp(1.2, blunt);
        radius_px = radius_px.max(need * fwhm_px).min(0.3 * scale);
        let psf = Psf::draw(fwhm_px, camera == Camera::Space, dice);
        let snr = match kind {
            Kind::Star => dice.log_between(10.0, 3000.0),
            // Who makes colour composites shows what is bright.
            _ if camera == Camera::Colour => dice.log_between(f64::max(least_snr, 90.0), 600.0),
            // Space images are of many faint galaxies.
            _ if camera == Camera::Space => dice.log_between(1.3 * least_snr, 500.0),
            _ => dice.log_between(least_snr, 500.0),
        };
        let three = match camera {
            Camera::Colour => dice.chance(0.9),
            Camera::Deep => dice.chance(0.6),
            _ => dice.chance(0.1),
        };
        let off = 0.012 * scale;
        Self {
            camera,
            side,
            radius_px,
            psf,
            snr,
            three,
            at: (off * dice.normal(), off * dice.normal()),
        }
    }

    /// Deviation in pixels of the Gaussian by which resampling spread the noise; 0 where pixels are the
    /// detector's own. A detector samples a point by two to four pixels: where it is wider on the
    /// stamp, the stamp was enlarged.
    pub fn resampled(&self, dice: &mut Dice) -> f64 {
        let detector = self.psf.fwhm_px / dice.between(1.6, 3.8);
        if detector > 1.1 || dice.chance(0.4) {
            dice.between(0.38, 0.55) * detector.max(1.0)
        } else {
            0.0
        }
    }

    /// Places a pixel's side that a pixel near the middle is averaged over.
    pub fn fine(&self) -> usize {
        if self.radius_px < 8.0 { 6 } else { 4 }
    }
}
