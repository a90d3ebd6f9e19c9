//! Shape from second moments of light about its own centroid.

use super::geometry::Geometry;
use super::stamp::{Stamp, TINY};

/// First and second moments of a set of weighted pixels, lengths in half sides.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// Sum of the weights.
    pub weight: f64,
    /// Centroid from the cutout's centre.
    pub centroid: (f64, f64),
    /// Variance along x.
    pub xx: f64,
    /// Variance along y.
    pub yy: f64,
    /// Covariance.
    pub xy: f64,
}

impl Moments {
    /// Moments of `(pixel, weight)`; all 0 where the weights vanish.
    pub fn of(geometry: &Geometry, pixels: impl Iterator<Item = (usize, f64)> + Clone) -> Self {
        let (mut weight, mut sx, mut sy) = (0.0, 0.0, 0.0);
        for (i, w) in pixels.clone() {
            weight += w;
            sx += w * geometry.x[i];
            sy += w * geometry.y[i];
        }
        if weight <= TINY {
            return Self::default();
        }
        let centroid = (sx / weight, sy / weight);
        let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
        for (i, w) in pixels {
            let (u, v) = (geometry.x[i] - centroid.0, geometry.y[i] - centroid.1);
            xx += w * u * u;
            yy += w * v * v;
            xy += w * u * v;
        }
        Self {
            weight,
            centroid,
            xx: xx / weight,
            yy: yy / weight,
            xy: xy / weight,
        }
    }

    /// `(a² − b²)/(a² + b²)` of the ellipse of the same moments: 0 round, 1 a line.
    pub fn ellipticity(&self) -> f64 {
        ((self.xx - self.yy).powi(2) + 4.0 * self.xy * self.xy).sqrt() / (self.xx + self.yy + TINY)
    }

    /// `log10` of the sum of the variances, at least −3: twice the logarithm of the size.
    pub fn log_size(&self) -> f64 {
        (self.xx + self.yy + 1e-3).log10()
    }

    /// Distance of the centroid from the cutout's centre.
    pub fn offset(&self) -> f64 {
        self.centroid.0.hypot(self.centroid.1)
    }
}

/// Moments of all the light, of its brightness-compressed version, and the latter's Gini input.
#[derive(Debug, Clone, PartialEq)]
pub struct LightMoments {
    /// Of the light as it is.
    pub light: Moments,
    /// Of [`compressed`](Self::compressed) light.
    pub faint: Moments,
    /// `asinh(light / 2σ)` where the smoothed light passes 1 σ, else 0: gives faint arms, tails and
    /// lobes a say beside a bright nucleus.
    pub compressed: Vec<f64>,
}

/// Measures `stamp`.
pub fn measure(stamp: &Stamp, geometry: &Geometry) -> LightMoments {
    let compressed: Vec<f64> = stamp
        .light
        .iter()
        .zip(&stamp.smooth)
        .map(|(&light, &smooth)| {
            if smooth > stamp.sigma {
                (light / (2.0 * stamp.sigma)).asinh()
            } else {
                0.0
            }
        })
        .collect();
    LightMoments {
        light: Moments::of(geometry, stamp.light.iter().copied().enumerate()),
        faint: Moments::of(geometry, compressed.iter().copied().enumerate()),
        compressed,
    }
}
