//! World coordinate systems: from a pixel of an image to a place on the sky and back.
//!
//! The chain is the standard's: pixel → SIP → linear matrix → (TPV, TNX) → deprojection → rotation
//! of the sphere. The inverse runs it backwards, with Newton's method where a distortion has no
//! closed inverse, so that forward and inverse agree to 1e-9 pixel.
//!
//! Sources: FITS Standard 4.0, chapter 8; Greisen & Calabretta 2002 (Paper I), Calabretta & Greisen
//! 2002 (Paper II). Tested against astropy.wcs (wcslib).

mod build;
mod distortion;
mod error;
mod keywords;
mod linear;
mod matrix;
mod parse;
mod polynomial;
mod projection;
mod sip;
mod sphere;
mod tnx;
mod tpv;

use rayon::prelude::*;

use super::coords::{FrameTransform, SkyFrame, position_angle_deg};

pub use error::WcsError;
pub use polynomial::Polynomial2;
pub use sip::Sip;

use linear::LinearMap;
use projection::Projection;
use sphere::NativePole;
use tpv::PlaneDistortion;

/// The celestial coordinate system of an image.
///
/// Pixels are zero-based: (0, 0) is the centre of the first pixel, FITS coordinates minus one. `x`
/// belongs to the first of the image's two celestial axes and `y` to the second, whichever of them
/// is the longitude; sky positions are always (longitude, latitude) in degrees, longitudes in
/// [0, 360).
#[derive(Debug, Clone, PartialEq)]
pub struct Wcs {
    /// One-based reference pixel.
    crpix: [f64; 2],
    /// Degrees per pixel, rows longitude and latitude.
    linear: LinearMap,
    sip: Option<Sip>,
    plane: Option<PlaneDistortion>,
    projection: Projection,
    /// Plane coordinates of the fiducial point, radians: not zero for PVi_0 = 1 only.
    offset: (f64, f64),
    pole: NativePole,
    frame: SkyFrame,
    to_icrs: Option<FrameTransform>,
    /// Accuracy asked of the inverse of `plane`, degrees.
    plane_tolerance_deg: f64,
    source: Source,
}

/// What the header said, for writing it again.
#[derive(Debug, Clone, PartialEq)]
struct Source {
    /// Three-letter projection code as written.
    code: String,
    /// The header's axis numbers (from 1) of x and y.
    axes: [usize; 2],
    /// Whether y, not x, is the longitude.
    swapped: bool,
    /// Names of longitude and latitude: RA, DEC; GLON, GLAT …
    names: [String; 2],
    /// (longitude, latitude) of the reference point, degrees.
    crval: [f64; 2],
    lonpole_deg: f64,
    latpole_deg: f64,
    /// PVi_m in force: (of the longitude axis, m, value).
    pv: Vec<(bool, u32, f64)>,
    alternate: Option<char>,
    notes: Vec<String>,
}

/// How the sky lies in an image at one pixel, for a compass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Orientation {
    /// Direction of north, degrees counter-clockwise from the +y axis, (-180, 180].
    pub north_deg: f64,
    /// Direction of east, degrees counter-clockwise from the +y axis, (-180, 180].
    pub east_deg: f64,
    /// Whether east is counter-clockwise of north, as on the sky with y upward. False: mirrored.
    pub east_is_left: bool,
}

impl Wcs {
    /// Sky position of zero-based pixel coordinates: (lon, lat) degrees in [`Wcs::frame`]. `None`
    /// where the projection has no sky.
    #[inline]
    pub fn sky_from_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (mut u, mut v) = (x + 1.0 - self.crpix[0], y + 1.0 - self.crpix[1]);
        if let Some(sip) = &self.sip {
            (u, v) = sip.undistort(u, v);
        }
        let (mut xi, mut eta) = self.linear.apply(u, v);
        if let Some(plane) = &self.plane {
            (xi, eta) = plane.undistort(xi, eta);
        }
        let (phi, theta) = self
            .projection
            .native_from_plane(xi.to_radians() + self.offset.0, eta.to_radians() + self.offset.1)?;
        let (lon, lat) = self.pole.sky_from_native(phi, theta);
        let (lon, lat) = (lon.to_degrees(), lat.to_degrees());
        // The last angle below a turn may round up to it.
        let lon = if lon >= 360.0 { 0.0 } else { lon };
        (lon.is_finite() && lat.is_finite()).then_some((lon, lat))
    }

    /// Zero-based pixel coordinates of a sky position in [`Wcs::frame`], converged to 1e-9 pixel.
    /// `None` where the projection does not show it or a distortion cannot be inverted there.
    #[inline]
    pub fn pixel_from_sky(&self, lon_deg: f64, lat_deg: f64) -> Option<(f64, f64)> {
        if !(lat_deg.abs() <= 90.0 && lon_deg.abs() <= 1e6) {
            return None;
        }
        let (phi, theta) = self
            .pole
            .native_from_sky(lon_deg.to_radians(), lat_deg.to_radians());
        let (xi, eta) = self.projection.plane_from_native(phi, theta)?;
        let (mut xi, mut eta) = (
            (xi - self.offset.0).to_degrees(),
            (eta - self.offset.1).to_degrees(),
        );
        if let Some(plane) = &self.plane {
            (xi, eta) = plane.distort(xi, eta, self.plane_tolerance_deg)?;
        }
        let (mut u, mut v) = self.linear.invert(xi, eta);
        if let Some(sip) = &self.sip {
            (u, v) = sip.distort(u, v)?;
        }
        let (x, y) = (u + self.crpix[0] - 1.0, v + self.crpix[1] - 1.0);
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }

    /// [`Wcs::sky_from_pixel`] in the ICRS; `None` also where the frame has no relation to it.
    pub fn icrs_from_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (lon, lat) = self.sky_from_pixel(x, y)?;
        Some(self.to_icrs.as_ref()?.icrs_from_frame(lon, lat))
    }

    /// [`Wcs::pixel_from_sky`] from the ICRS; `None` also where the frame has no relation to it.
    pub fn pixel_from_icrs(&self, ra_deg: f64, dec_deg: f64) -> Option<(f64, f64)> {
        if !(dec_deg.abs() <= 90.0 && ra_deg.abs() <= 1e6) {
            return None;
        }
        let (lon, lat) = self.to_icrs.as_ref()?.frame_from_icrs(ra_deg, dec_deg);
        self.pixel_from_sky(lon, lat)
    }

    /// [`Wcs::pixel_from_sky`] of many positions, on all cores.
    pub fn pixels_from_sky(&self, sky: &[(f64, f64)]) -> Vec<Option<(f64, f64)>> {
        sky.par_iter()
            .with_min_len(1024)
            .map(|&(lon, lat)| self.pixel_from_sky(lon, lat))
            .collect()
    }

    /// [`Wcs::sky_from_pixel`] of many pixels, on all cores.
    pub fn sky_from_pixels(&self, pixels: &[(f64, f64)]) -> Vec<Option<(f64, f64)>> {
        pixels
            .par_iter()
            .with_min_len(1024)
            .map(|&(x, y)| self.sky_from_pixel(x, y))
            .collect()
    }

    /// [`Wcs::pixel_from_icrs`] of many positions, on all cores.
    pub fn pixels_from_icrs(&self, icrs: &[(f64, f64)]) -> Vec<Option<(f64, f64)>> {
        icrs.par_iter()
            .with_min_len(1024)
            .map(|&(ra, dec)| self.pixel_from_icrs(ra, dec))
            .collect()
    }

    /// [`Wcs::icrs_from_pixel`] of many pixels, on all cores.
    pub fn icrs_from_pixels(&self, pixels: &[(f64, f64)]) -> Vec<Option<(f64, f64)>> {
        pixels
            .par_iter()
            .with_min_len(1024)
            .map(|&(x, y)| self.icrs_from_pixel(x, y))
            .collect()
    }

    /// The frame of [`Wcs::sky_from_pixel`].
    pub fn frame(&self) -> SkyFrame {
        self.frame
    }

    /// Three-letter code of the projection as the header has it: `TAN`, `TPV`, `CAR` …
    pub fn projection_code(&self) -> &str {
        &self.source.code
    }

    /// Names of the longitude and latitude axes: `("RA", "DEC")`, `("GLON", "GLAT")` …
    pub fn axis_names(&self) -> (&str, &str) {
        (&self.source.names[0], &self.source.names[1])
    }

    /// The header's axis numbers, from 1, that are this system's x and y: (1, 2) for a picture.
    pub fn pixel_axes(&self) -> (usize, usize) {
        (self.source.axes[0], self.source.axes[1])
    }

    /// Which description of the header this is: `None` the primary, else its letter.
    pub fn alternate(&self) -> Option<char> {
        self.source.alternate
    }

    /// What was ignored or repaired in reading the header, for the person to see.
    pub fn notes(&self) -> &[String] {
        &self.source.notes
    }

    /// Whether the header carries a distortion (SIP, TPV, TNX) that is applied.
    pub fn is_distorted(&self) -> bool {
        self.sip.is_some() || self.plane.is_some()
    }

    /// Side of a square as large as a pixel at the reference pixel, arcseconds: the root of the
    /// linear matrix's determinant, distortions left out (astropy's proj_plane_pixel_area).
    pub fn pixel_scale_arcsec(&self) -> f64 {
        self.linear.determinant().abs().sqrt() * 3600.0
    }

    /// How the sky lies at a pixel, distortions included; directions are those of this system's own
    /// frame. `None` off the sky and at a pole.
    pub fn orientation(&self, x: f64, y: f64) -> Option<Orientation> {
        Self::orientation_by(x, y, |x, y| self.sky_from_pixel(x, y))
    }

    /// [`Wcs::orientation`] by the ICRS, whatever the image's own frame; `None` also where that has no
    /// relation to it.
    pub fn icrs_orientation(&self, x: f64, y: f64) -> Option<Orientation> {
        Self::orientation_by(x, y, |x, y| self.icrs_from_pixel(x, y))
    }

    fn orientation_by(x: f64, y: f64, sky: impl Fn(f64, f64) -> Option<(f64, f64)>) -> Option<Orientation> {
        const STEP: f64 = 0.01;
        let here = sky(x, y)?;
        // The sky's directions of the pixel axes, by central differences.
        let ahead = |dx: f64, dy: f64| {
            let from = sky(x - dx, y - dy)?;
            let to = sky(x + dx, y + dy)?;
            let length = super::coords::separation_arcsec(from, to);
            let (sin, cos) = position_angle_deg(from, to).to_radians().sin_cos();
            // (east, north) per pixel.
            Some((length * sin, length * cos))
        };
        if here.1.abs() > 90.0 - 1e-9 {
            return None;
        }
        let (east_x, north_x) = ahead(STEP, 0.0)?;
        let (east_y, north_y) = ahead(0.0, STEP)?;
        let det = east_x * north_y - east_y * north_x;
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        // Columns of the inverse: pixels per unit east and north, up to a positive factor.
        let east = (north_y / det, -north_x / det);
        let north = (-east_y / det, east_x / det);
        let turn = |(dx, dy): (f64, f64)| (-dx).atan2(dy).to_degrees();
        Some(Orientation {
            north_deg: turn(north),
            east_deg: turn(east),
            east_is_left: det < 0.0,
        })
    }
}
