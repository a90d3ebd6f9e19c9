//! Light beyond the isophote: Kron radius, Kron flux and half-light radius.
//!
//! The recipe is the one SEP's documentation gives for SExtractor's `FLUX_AUTO` and `FLUX_RADIUS`:
//! a first moment of the light within six times the object's ellipse (Kron 1980, ApJS 43, 305), the
//! flux within 2.5 times that, a circle where it would be smaller than 1.75 pixels, and the circle
//! that holds half of that flux. Neighbours' light isn't taken out.

use super::{Source, flag};
use crate::io::raster::Plane;

/// Out to how many of the object's ellipses the first moment is taken.
const KRON_REACH: f64 = 6.0;
/// The Kron aperture in units of the Kron radius.
const KRON_FACTOR: f64 = 2.5;
/// Smallest radius of a Kron aperture, pixels.
const MIN_RADIUS_PX: f64 = 1.75;
/// Rings the curve of growth is measured in.
const RINGS: usize = 64;
/// Samples along each side of a pixel for the curve of growth.
const SUBPIXELS: usize = 5;

/// Fills in the photometry of `source`; `is_bad` says which pixels (by index) have no data.
pub(super) fn photometry(source: &mut Source, image: &Plane, is_bad: &(impl Fn(usize) -> bool + Sync)) {
    let ellipse = Ellipse::of(source);
    let mut flags = 0;
    let kron = kron_radius(source, &ellipse, image, is_bad, &mut flags);
    let aperture = if kron * (source.a * source.b).sqrt() < MIN_RADIUS_PX {
        Ellipse::circle().scaled(MIN_RADIUS_PX)
    } else {
        ellipse.scaled(KRON_FACTOR * kron)
    };
    let (flux, area) = sum_within(source, &aperture, image, is_bad, &mut flags);
    // The object's own pixels say how noisy it is here.
    let variance_per_pixel = source.flux_err * source.flux_err / f64::from(source.npix.max(1));
    source.kron_radius = kron;
    source.kron_flux = flux;
    source.kron_flux_err = (variance_per_pixel * area).sqrt();
    source.half_light_radius_px = radius_of_fraction(
        source,
        image,
        is_bad,
        KRON_REACH * source.a,
        0.5 * flux,
        &mut flags,
    );
    source.flag |= flags;
}

/// cxx dx² + cyy dy² + cxy dx dy ≤ r².
struct Ellipse {
    cxx: f64,
    cyy: f64,
    cxy: f64,
    r: f64,
}

impl Ellipse {
    fn of(source: &Source) -> Self {
        let (sin, cos) = source.theta_rad.sin_cos();
        let (a2, b2) = (source.a * source.a, source.b * source.b);
        Self {
            cxx: cos * cos / a2 + sin * sin / b2,
            cyy: sin * sin / a2 + cos * cos / b2,
            cxy: 2.0 * cos * sin * (1.0 / a2 - 1.0 / b2),
            r: 1.0,
        }
    }

    fn circle() -> Self {
        Self {
            cxx: 1.0,
            cyy: 1.0,
            cxy: 0.0,
            r: 1.0,
        }
    }

    fn scaled(&self, r: f64) -> Self {
        Self { r, ..*self }
    }

    /// Half the width and half the height of the box around it.
    fn half_extent(&self) -> (f64, f64) {
        let along = |own: f64, other: f64| {
            let c = own - self.cxy * self.cxy / (4.0 * other);
            if c > 0.0 { self.r / c.sqrt() } else { 0.0 }
        };
        (along(self.cxx, self.cyy), along(self.cyy, self.cxx))
    }

    fn distance_squared(&self, dx: f64, dy: f64) -> f64 {
        self.cxx * dx * dx + self.cyy * dy * dy + self.cxy * dx * dy
    }
}

/// Pixels of the box with the given half extents around a source; says whether it was cut.
fn pixel_box(
    source: &Source,
    half: (f64, f64),
    image: &Plane,
    flags: &mut u16,
) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let mut range = |centre: f64, half: f64, size: usize| {
        let (from, to) = ((centre - half + 0.5) as i64, (centre + half + 1.499_999_9) as i64);
        if from < 0 || to > size as i64 {
            *flags |= flag::APERTURE_TRUNCATED;
        }
        from.max(0) as usize..to.clamp(0, size as i64) as usize
    };
    (
        range(source.x, half.0, image.width),
        range(source.y, half.1, image.height),
    )
}

fn kron_radius(
    source: &Source,
    ellipse: &Ellipse,
    image: &Plane,
    is_bad: &impl Fn(usize) -> bool,
    flags: &mut u16,
) -> f64 {
    let reach = ellipse.scaled(KRON_REACH);
    let (xs, ys) = pixel_box(source, reach.half_extent(), image, flags);
    let (mut moment, mut flux, mut used) = (0.0, 0.0, 0_usize);
    for y in ys {
        let row = image.row(y);
        for x in xs.clone() {
            let squared = reach.distance_squared(x as f64 - source.x, y as f64 - source.y);
            if squared > KRON_REACH * KRON_REACH {
                continue;
            }
            if is_bad(y * image.width + x) {
                *flags |= flag::HAS_MASKED;
                continue;
            }
            let value = f64::from(row[x]);
            moment += squared.sqrt() * value;
            flux += value;
            used += 1;
        }
    }
    if used == 0 {
        *flags |= flag::APERTURE_ALL_MASKED;
        0.0
    } else if moment <= 0.0 || flux <= 0.0 {
        *flags |= flag::APERTURE_NONPOSITIVE;
        0.0
    } else {
        moment / flux
    }
}

/// Flux and area (pixels) of the pixels whose centres lie within the ellipse; masked ones count as
/// the mean of the others.
fn sum_within(
    source: &Source,
    ellipse: &Ellipse,
    image: &Plane,
    is_bad: &impl Fn(usize) -> bool,
    flags: &mut u16,
) -> (f64, f64) {
    let (xs, ys) = pixel_box(source, ellipse.half_extent(), image, flags);
    let (mut sum, mut area, mut masked) = (0.0, 0.0, 0.0);
    for y in ys {
        let row = image.row(y);
        for x in xs.clone() {
            let squared = ellipse.distance_squared(x as f64 - source.x, y as f64 - source.y);
            if squared >= ellipse.r * ellipse.r {
                continue;
            }
            area += 1.0;
            if is_bad(y * image.width + x) {
                *flags |= flag::HAS_MASKED;
                masked += 1.0;
            } else {
                sum += f64::from(row[x]);
            }
        }
    }
    if masked > 0.0 {
        sum *= if area > masked {
            area / (area - masked)
        } else {
            0.0
        };
    }
    (sum, area)
}

/// The radius (pixels, at most `reach`) of the circle around a source that holds `target`.
fn radius_of_fraction(
    source: &Source,
    image: &Plane,
    is_bad: &impl Fn(usize) -> bool,
    reach: f64,
    target: f64,
    flags: &mut u16,
) -> f64 {
    if !(reach > 0.0 && reach.is_finite() && target.is_finite()) {
        return f64::NAN;
    }
    let step = reach / RINGS as f64;
    let mut sums = [0.0_f64; RINGS];
    let mut area = [0.0_f64; RINGS];
    let mut masked = [0.0_f64; RINGS];
    // Half a pixel's diagonal: closer than this to a ring's edge a pixel is split.
    let edge = 0.707_2;
    let outer = reach + 1.5;
    let (xs, ys) = pixel_box(source, (outer, outer), image, flags);
    let share = 1.0 / (SUBPIXELS * SUBPIXELS) as f64;
    let first = 0.5 / SUBPIXELS as f64 - 0.5;
    for y in ys {
        let row = image.row(y);
        let dy = y as f64 - source.y;
        for x in xs.clone() {
            let dx = x as f64 - source.x;
            let r = (dx * dx + dy * dy).sqrt();
            if r >= outer {
                continue;
            }
            let bad = is_bad(y * image.width + x);
            let value = if bad { 0.0 } else { f64::from(row[x]) };
            let mut add = |radius: f64, part: f64| {
                let ring = (radius / step) as usize;
                if ring < RINGS {
                    sums[ring] += value * part;
                    area[ring] += part;
                    if bad {
                        masked[ring] += part;
                    }
                }
            };
            let in_ring = r % step;
            if in_ring >= edge && in_ring <= step - edge {
                add(r, 1.0);
                continue;
            }
            for sy in 0..SUBPIXELS {
                let sub_y = dy + first + sy as f64 / SUBPIXELS as f64;
                for sx in 0..SUBPIXELS {
                    let sub_x = dx + first + sx as f64 / SUBPIXELS as f64;
                    add((sub_x * sub_x + sub_y * sub_y).sqrt(), share);
                }
            }
        }
    }
    let (mut inside, mut before) = (0.0, 0.0);
    for ring in 0..RINGS {
        if masked[ring] > 0.0 {
            *flags |= flag::HAS_MASKED;
            let good = area[ring] - masked[ring];
            sums[ring] *= if good > 0.0 { area[ring] / good } else { 0.0 };
        }
        inside += sums[ring];
        if inside >= target {
            return if ring == 0 && (target <= 0.0 || inside == 0.0) {
                0.0
            } else {
                step * (ring as f64 + (target - before) / (inside - before))
            };
        }
        before = inside;
    }
    reach
}
