//! Places on the sky from the columns that were chosen for them.

use super::Roles;
use super::units::degrees_in;
use crate::io::catalog::{CatalogError, Table};
use crate::io::sexagesimal::degrees_from_sexagesimal;

/// Places on the sky in degrees, in the frame of `roles`: longitude within 0..360 and latitude.
/// A row without a valid place is NaN in both.
///
/// # Errors
/// [`CatalogError::Column`] if `roles` names no such columns or they hold no angles.
pub fn sky_positions(table: &Table, roles: &Roles) -> Result<Vec<(f64, f64)>, CatalogError> {
    let ra = angles(table, roles.ra.as_deref(), "right ascension", roles.ra_is_hours)?;
    let dec = angles(table, roles.dec.as_deref(), "declination", false)?;
    let valid =
        |&(ra, dec): &(f64, f64)| ra.is_finite() && (-360.0..=720.0).contains(&ra) && dec.abs() <= 90.0;
    Ok(ra
        .into_iter()
        .zip(dec)
        .map(|place| {
            if !valid(&place) {
                return (f64::NAN, f64::NAN);
            }
            // A tiny negative angle plus 360 rounds to 360 itself.
            let ra = place.0.rem_euclid(360.0);
            (if ra >= 360.0 { 0.0 } else { ra }, place.1)
        })
        .collect())
}

/// One column of angles in degrees.
fn angles(table: &Table, name: Option<&str>, what: &str, hours: bool) -> Result<Vec<f64>, CatalogError> {
    let missing = |column: &str, cause: &str| CatalogError::Column {
        column: column.to_owned(),
        cause: cause.to_owned(),
    };
    let name = name.ok_or_else(|| missing(what, "no column was found for it; say which one it is"))?;
    let unit = table.unit(name).unwrap_or_default().trim().to_ascii_lowercase();
    let scale = if hours {
        15.0
    } else {
        degrees_in(&unit).unwrap_or(1.0)
    };
    if let Some(mut values) = table.numbers(name) {
        values.iter_mut().for_each(|v| *v *= scale);
        return Ok(values);
    }
    let texts = table
        .texts(name)
        .ok_or_else(|| missing(name, "there is no such column of numbers or text; choose another"))?;
    Ok(texts
        .iter()
        .map(|text| match text.trim().parse::<f64>() {
            Ok(value) => value * scale,
            Err(_) => degrees_from_sexagesimal(text, hours).unwrap_or(f64::NAN),
        })
        .collect())
}
