//! Units of angles as catalogues write them, lower case.

/// Whether the unit (or its absence) is one of angles on the sky.
pub(super) fn is_angle_unit(unit: &str) -> bool {
    unit.is_empty() || is_hour_unit(unit) || degrees_in(unit).is_some()
}

pub(super) fn is_hour_unit(unit: &str) -> bool {
    let unit = unit.trim_matches('"');
    matches!(
        unit,
        "h" | "hr" | "hour" | "hours" | "hourangle" | "h:m:s" | "hms" | "hh:mm:ss" | "h m s"
    )
}

/// Degrees in one of the unit; `None` if it isn't an angle.
pub(super) fn degrees_in(unit: &str) -> Option<f64> {
    Some(match unit.trim_matches('"') {
        "deg" | "degree" | "degrees" | "degs" | "°" | "d" | "d:m:s" | "dms" | "dd:mm:ss" | "d m s"
        | "deg." => 1.0,
        "rad" | "radian" | "radians" => 180.0 / std::f64::consts::PI,
        "arcmin" => 1.0 / 60.0,
        "arcsec" => 1.0 / 3600.0,
        "mas" => 1.0 / 3.6e6,
        _ => return None,
    })
}
