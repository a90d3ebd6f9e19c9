//! One detected source and its flags.

use serde::{Deserialize, Serialize};

/// What can be wrong with a source: bits of [`Source::flag`], with SEP's values.
pub mod flag {
    /// It was deblended from others.
    pub const MERGED: u16 = 0x01;
    /// It touches the edge of the image.
    pub const TRUNCATED: u16 = 0x02;
    /// It has too many branches to be deblended and was left whole.
    pub const DEBLEND_OVERFLOW: u16 = 0x04;
    /// Its pixels lie on a line or a point: its shape is that of a pixel.
    pub const SINGULAR: u16 = 0x08;
    /// Its Kron or half-light aperture reaches over the edge of the image.
    pub const APERTURE_TRUNCATED: u16 = 0x10;
    /// It, or its aperture, has pixels without data.
    pub const HAS_MASKED: u16 = 0x20;
    /// Its aperture has no data.
    pub const APERTURE_ALL_MASKED: u16 = 0x40;
    /// The light in its aperture doesn't add up to a positive moment.
    pub const APERTURE_NONPOSITIVE: u16 = 0x80;
}

/// A detected source. Positions are zero-based with the centre of the first pixel at (0, 0);
/// fluxes are in image units above the background; axes are rms extents in pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Barycentre along x, of the smoothed pixels (of its core, if deblended).
    pub x: f64,
    /// Barycentre along y.
    pub y: f64,
    /// Column of the brightest pixel.
    pub x_peak: u32,
    /// Row of the brightest pixel.
    pub y_peak: u32,
    /// Column of the brightest smoothed pixel.
    pub x_smooth_peak: u32,
    /// Row of the brightest smoothed pixel.
    pub y_smooth_peak: u32,
    /// First column.
    pub xmin: u32,
    /// Last column.
    pub xmax: u32,
    /// First row.
    pub ymin: u32,
    /// Last row.
    pub ymax: u32,
    /// Number of pixels.
    pub npix: u32,
    /// Number of those whose unsmoothed value is above the threshold.
    pub npix_above: u32,
    /// Detection threshold, image units above the background: the mean over the whole object
    /// before deblending.
    pub threshold: f32,
    /// Sum of its pixels.
    pub flux: f64,
    /// Error of `flux` from the noise; without the source's own photon noise.
    pub flux_err: f64,
    /// `flux / flux_err`; NaN without noise.
    pub snr: f64,
    /// Sum of its smoothed pixels.
    pub smooth_flux: f32,
    /// Brightest pixel.
    pub peak: f32,
    /// Brightest smoothed pixel.
    pub smooth_peak: f32,
    /// Semi-major axis.
    pub a: f64,
    /// Semi-minor axis.
    pub b: f64,
    /// Angle of the major axis from +x towards +y, radians, −π/2 to π/2.
    pub theta_rad: f64,
    /// Ellipse coefficient: cxx dx² + cyy dy² + cxy dx dy = 1 is the ellipse of `a` and `b`.
    pub cxx: f64,
    /// Ellipse coefficient of dy².
    pub cyy: f64,
    /// Ellipse coefficient of dx dy.
    pub cxy: f64,
    /// Variance along x, square pixels.
    pub x2: f64,
    /// Variance along y, square pixels.
    pub y2: f64,
    /// Covariance, square pixels.
    pub xy: f64,
    /// Variance of `x` from the noise, square pixels.
    pub x2_err: f64,
    /// Variance of `y` from the noise, square pixels.
    pub y2_err: f64,
    /// Covariance of `x` and `y` from the noise, square pixels.
    pub xy_err: f64,
    /// Kron radius in units of `a` and `b`; NaN unless photometry was asked for.
    pub kron_radius: f64,
    /// Flux within 2.5 Kron radii; NaN unless photometry was asked for.
    pub kron_flux: f64,
    /// Error of `kron_flux` if the noise of the object's own pixels holds for the aperture.
    pub kron_flux_err: f64,
    /// Radius of the circle that holds half of `kron_flux`, pixels; NaN unless photometry was
    /// asked for.
    pub half_light_radius_px: f64,
    /// What may be wrong: a sum of [`flag`]s.
    pub flag: u16,
}

impl Source {
    /// 1 − b/a.
    pub fn ellipticity(&self) -> f64 {
        1.0 - self.b / self.a
    }
}
