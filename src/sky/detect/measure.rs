//! Position, shape and flux of a set of pixels, from their moments.
//!
//! First and second moments are weighted with the smoothed values, as SExtractor does, so that a
//! single noisy pixel weighs less; fluxes are of the unsmoothed ones. Formulas: the SExtractor
//! manual, "Position and shape parameters".

use super::segment::Member;
use super::{Source, flag};
use std::f64::consts::PI;

/// Variance of a position spread evenly over one pixel, 1/12, as SExtractor rounds it.
const PIXEL_VARIANCE: f64 = 0.083_333_3;
/// Below this determinant an object is a line or a point: 1/12 squared.
const SINGULAR_DETERMINANT: f64 = 0.006_94;

/// Moments of a set of pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) x2: f64,
    pub(super) y2: f64,
    pub(super) xy: f64,
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) theta_rad: f64,
    pub(super) cxx: f64,
    pub(super) cyy: f64,
    pub(super) cxy: f64,
    pub(super) singular: bool,
    /// Sum of the smoothed values.
    pub(super) smooth_flux: f32,
    pub(super) smooth_peak: f32,
    pub(super) peak: f32,
    pub(super) peak_at: (u32, u32),
    pub(super) smooth_peak_at: (u32, u32),
    /// Left, right, bottom, top.
    pub(super) bounds: (u32, u32, u32, u32),
    /// Unsmoothed flux.
    pub(super) flux: f64,
    /// Pixels whose unsmoothed value is above the threshold.
    pub(super) above: u32,
    /// Ratio of the isophotal area to that of the moments' ellipse, at most 1, which undoes the
    /// cut that the threshold makes into the profile.
    pub(super) area_correction: f64,
    /// Errors of the first moments: variance along x, along y, covariance.
    pub(super) variance: (f64, f64, f64),
    /// Sum of the pixels' noise variances.
    pub(super) noise_variance: f64,
}

/// Measures `members` (never empty). With `centre`, second moments are taken around that instead
/// of around the barycentre: a deblended object keeps the position of its core.
pub(super) fn moments(members: &[Member], threshold: f32, centre: Option<(f64, f64)>) -> Moments {
    let mut bounds = (u32::MAX, 0_u32, u32::MAX, 0_u32);
    let (mut peak, mut smooth_peak) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    let (mut peak_at, mut smooth_peak_at) = ((0, 0), (0, 0));
    let (mut smooth_flux, mut flux) = (0.0_f64, 0.0_f64);
    for m in members {
        bounds = (
            bounds.0.min(m.x),
            bounds.1.max(m.x),
            bounds.2.min(m.y),
            bounds.3.max(m.y),
        );
        if m.value > peak {
            (peak, peak_at) = (m.value, (m.x, m.y));
        }
        if m.smooth > smooth_peak {
            (smooth_peak, smooth_peak_at) = (m.smooth, (m.x, m.y));
        }
        smooth_flux += f64::from(m.smooth);
        flux += f64::from(m.value);
    }
    let (left, bottom) = (bounds.0, bounds.2);
    // A matched filter may pass pixels whose smoothed values don't add up to anything.
    let weighted = smooth_flux > 0.0 && smooth_flux.is_finite();
    let total = if weighted {
        f64::from(smooth_flux as f32)
    } else {
        members.len() as f64
    };
    let half_peak = (f64::from(threshold) + f64::from(peak)) / 2.0;
    let (mut above, mut above_half) = (0_u32, 0_u32);
    let (mut mx, mut my, mut mx2, mut my2, mut mxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for m in members {
        // Relative to the corner: on a large image squares would lose digits.
        let (x, y) = (f64::from(m.x - left), f64::from(m.y - bottom));
        let w = if weighted { f64::from(m.smooth) } else { 1.0 };
        above += u32::from(m.value > threshold);
        above_half += u32::from(f64::from(m.value) > half_peak);
        mx += w * x;
        my += w * y;
        mx2 += w * x * x;
        my2 += w * y * y;
        mxy += w * x * y;
    }
    let (mut x, mut y) = (mx / total, my / total);
    let (mut x2, mut y2, xy);
    if let Some((cx, cy)) = centre {
        let (cx, cy) = (cx - f64::from(left), cy - f64::from(bottom));
        x2 = mx2 / total + cx * cx - 2.0 * x * cx;
        y2 = my2 / total + cy * cy - 2.0 * y * cy;
        xy = mxy / total + cx * cy - x * cy - cx * y;
        (x, y) = (cx, cy);
    } else {
        x2 = mx2 / total - x * x;
        y2 = my2 / total - y * y;
        xy = mxy / total - x * y;
    }
    let (mut ex2, mut ey2, mut exy, mut noise_variance) = (0.0, 0.0, 0.0, 0.0);
    for m in members {
        let (dx, dy) = (f64::from(m.x - left) - x, f64::from(m.y - bottom) - y);
        let variance = f64::from(m.rms) * f64::from(m.rms);
        noise_variance += variance;
        ex2 += variance * dx * dx;
        ey2 += variance * dy * dy;
        exy += variance * dx * dy;
    }
    let squared = total * total;
    (ex2, ey2, exy) = (ex2 / squared, ey2 / squared, exy / squared);
    let mut determinant = x2 * y2 - xy * xy;
    let singular = determinant < SINGULAR_DETERMINANT || determinant.is_nan();
    if singular {
        x2 += PIXEL_VARIANCE;
        y2 += PIXEL_VARIANCE;
        determinant = x2 * y2 - xy * xy;
        let floor = noise_variance * PIXEL_VARIANCE / squared;
        if ex2 * ey2 - exy * exy < floor * floor {
            ex2 += floor;
            ey2 += floor;
        }
    }
    let difference = x2 - y2;
    let theta_rad = if difference == 0.0 {
        PI / 4.0
    } else {
        (2.0 * xy).atan2(difference) / 2.0
    };
    let spread = (0.25 * difference * difference + xy * xy).sqrt();
    let mean = 0.5 * (x2 + y2);
    // Negative pixels can push a variance below zero; an ellipse needs both axes.
    let a = (mean + spread).max(PIXEL_VARIANCE).sqrt();
    let b = (mean - spread).max(1e-6).sqrt();
    if determinant <= 1e-12 || determinant.is_nan() {
        determinant = a * a * b * b;
    }
    let ratio = f64::from(threshold) / half_peak;
    let lost = f64::from(above_half) - f64::from(above);
    let area_correction = if ratio > 0.0 {
        let area = 2.0 * PI * if ratio < 1.0 { ratio } else { 0.99 }.ln() * a * b;
        (if lost < 0.0 { lost } else { -1.0 } / area).min(1.0)
    } else {
        1.0
    };
    Moments {
        x: x + f64::from(left),
        y: y + f64::from(bottom),
        x2,
        y2,
        xy,
        a,
        b,
        theta_rad,
        cxx: y2 / determinant,
        cyy: x2 / determinant,
        cxy: -2.0 * xy / determinant,
        singular,
        smooth_flux: smooth_flux as f32,
        smooth_peak,
        peak,
        peak_at,
        smooth_peak_at,
        bounds,
        flux,
        above,
        area_correction,
        variance: (ex2, ey2, exy),
        noise_variance,
    }
}

/// The catalogue entry of `members`, with the flags that come from the pixels themselves.
pub(super) fn source(members: &[Member], threshold: f32, centre: Option<(f64, f64)>) -> (Source, Moments) {
    let m = moments(members, threshold, centre);
    let mut flags = 0;
    if m.singular {
        flags |= flag::SINGULAR;
    }
    if members.iter().any(|p| p.rms <= 0.0) {
        flags |= flag::HAS_MASKED;
    }
    let flux_err = m.noise_variance.sqrt();
    let source = Source {
        x: m.x,
        y: m.y,
        x_peak: m.peak_at.0,
        y_peak: m.peak_at.1,
        x_smooth_peak: m.smooth_peak_at.0,
        y_smooth_peak: m.smooth_peak_at.1,
        xmin: m.bounds.0,
        xmax: m.bounds.1,
        ymin: m.bounds.2,
        ymax: m.bounds.3,
        npix: members.len() as u32,
        npix_above: m.above,
        threshold,
        flux: m.flux,
        flux_err,
        snr: if flux_err > 0.0 {
            m.flux / flux_err
        } else {
            f64::NAN
        },
        smooth_flux: m.smooth_flux,
        peak: m.peak,
        smooth_peak: m.smooth_peak,
        a: m.a,
        b: m.b,
        theta_rad: m.theta_rad,
        cxx: m.cxx,
        cyy: m.cyy,
        cxy: m.cxy,
        x2: m.x2,
        y2: m.y2,
        xy: m.xy,
        x2_err: m.variance.0,
        y2_err: m.variance.1,
        xy_err: m.variance.2,
        kron_radius: f64::NAN,
        kron_flux: f64::NAN,
        kron_flux_err: f64::NAN,
        half_light_radius_px: f64::NAN,
        flag: flags,
    };
    (source, m)
}

/// Whether a set of pixels touches the edge of a `width` × `height` image.
pub(super) fn touches_edge(members: &[Member], width: usize, height: usize) -> bool {
    members
        .iter()
        .any(|m| m.x == 0 || m.y == 0 || m.x as usize + 1 == width || m.y as usize + 1 == height)
}
