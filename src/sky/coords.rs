//! Celestial coordinates: reference frames, separations, and positions as text.
//!
//! Positions are (longitude, latitude) pairs in degrees throughout. Frames are rotations of the
//! ICRS (FK4 with its E-terms of aberration besides); no proper motion, parallax or aberration of
//! date is applied, as for the positions in an image's header or a survey catalogue.

mod frame;
mod sexagesimal;

pub use frame::{FrameTransform, SkyFrame};
pub use sexagesimal::{
    PositionParseError, format_dms, format_hms, format_position, parse_position, position_name,
};

/// Great-circle distance of two positions in degrees, in arcseconds. Vincenty's formula: accurate
/// for the smallest separations and for antipodes.
pub fn separation_arcsec(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (sin_dlon, cos_dlon) = (b.0 - a.0).to_radians().sin_cos();
    let (sin_a, cos_a) = a.1.to_radians().sin_cos();
    let (sin_b, cos_b) = b.1.to_radians().sin_cos();
    let across = cos_b * sin_dlon;
    let along = cos_a * sin_b - sin_a * cos_b * cos_dlon;
    let cos = sin_a * sin_b + cos_a * cos_b * cos_dlon;
    across.hypot(along).atan2(cos).to_degrees() * 3600.0
}

/// Position angle of `b` seen from `a`: degrees from north through east, in [0, 360).
pub fn position_angle_deg(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (sin_dlon, cos_dlon) = (b.0 - a.0).to_radians().sin_cos();
    let (sin_a, cos_a) = a.1.to_radians().sin_cos();
    let (sin_b, cos_b) = b.1.to_radians().sin_cos();
    let angle = (cos_b * sin_dlon).atan2(cos_a * sin_b - sin_a * cos_b * cos_dlon);
    wrap_degrees(angle.to_degrees())
}

/// The unit vector of a position in degrees; not finite where the position is not.
#[inline]
pub fn unit_vector(lon_deg: f64, lat_deg: f64) -> [f64; 3] {
    let (sin_lon, cos_lon) = lon_deg.to_radians().sin_cos();
    let (sin_lat, cos_lat) = lat_deg.to_radians().sin_cos();
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

/// The position, in degrees, of a vector of any length but zero; longitude in [0, 360).
#[inline]
pub fn position_of([x, y, z]: [f64; 3]) -> (f64, f64) {
    let lon = if x == 0.0 && y == 0.0 {
        0.0
    } else {
        y.atan2(x).to_degrees()
    };
    (wrap_degrees(lon), z.atan2(x.hypot(y)).to_degrees())
}

/// An angle moved to [0, 360).
#[inline]
pub(crate) fn wrap_degrees(angle: f64) -> f64 {
    if (0.0..360.0).contains(&angle) {
        return angle;
    }
    let angle = angle.rem_euclid(360.0);
    // A tiny negative angle comes out as the full turn.
    if angle >= 360.0 { 0.0 } else { angle }
}
