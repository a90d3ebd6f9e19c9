//! The linear matrix out of CD, PC and CDELT, CROTA, and the units it is in.
//!
//! Sources: Greisen & Calabretta 2002 (Paper I), section 2.1; for headers with several of them the
//! order of wcslib: PC before CD before CROTA.

use super::WcsError;
use super::keywords::{Keys, bad};

/// How many degrees CUNIT's unit has; degrees where it is absent.
pub(super) fn degrees_per_unit(keys: &Keys, axis: usize, a: &str) -> Result<f64, WcsError> {
    let keyword = format!("CUNIT{axis}{a}");
    let Some(unit) = keys.text(&keyword) else {
        return Ok(1.0);
    };
    Ok(match unit.to_ascii_lowercase().as_str() {
        "" | "deg" | "degree" | "degrees" => 1.0,
        "arcmin" | "arcmins" => 1.0 / 60.0,
        "arcsec" | "arcsecs" => 1.0 / 3600.0,
        "mas" => 1.0 / 3_600_000.0,
        "rad" | "radian" | "radians" => 1.0_f64.to_degrees(),
        _ => {
            return Err(bad(
                &keyword,
                unit,
                "an angle's unit is needed (deg, arcmin, arcsec, mas, rad)",
            ));
        }
    })
}

/// The celestial part of the linear matrix: rows longitude and latitude, columns x and y.
pub(super) fn linear_matrix(
    keys: &Keys,
    world: [usize; 2],
    axes: [usize; 2],
    a: &str,
    units: [f64; 2],
    notes: &mut Vec<String>,
) -> Result<[[f64; 2]; 2], WcsError> {
    let element = |name: &str, i: usize, j: usize| match keys.real(&format!("{name}{i}_{j}{a}"))? {
        None if name == "PC" && a.is_empty() => keys.real(&format!("PC{i:03}{j:03}")),
        found => Ok(found),
    };
    // Conventions exclude each other header-wide: a PC of any axis decides.
    let present = |name: &str, i: usize, j: usize| {
        keys.has(&format!("{name}{i}_{j}{a}"))
            || (name == "PC" && a.is_empty() && keys.has(&format!("PC{i:03}{j:03}")))
    };
    let any = |name: &str| (1..=9).any(|i| (1..=9).any(|j| present(name, i, j)));
    let mut matrix = [[0.0; 2]; 2];
    if !any("PC") && any("CD") {
        for (row, i) in matrix.iter_mut().zip(world) {
            for (value, j) in row.iter_mut().zip(axes) {
                *value = element("CD", i, j)?.unwrap_or(0.0);
            }
        }
        for (k, i) in world.into_iter().enumerate() {
            // An axis whose CD cards were all left out counts in whole units (wcslib's cdfix).
            let absent = (1..=9).all(|j| !present("CD", i, j) && !present("CD", j, i));
            if absent {
                matrix[k][usize::from(axes[1] == i)] = 1.0;
                notes.push(format!("axis {i} has no CD cards; CD{i}_{i} = 1 is assumed"));
            }
        }
        for (row, unit) in matrix.iter_mut().zip(units) {
            *row = row.map(|v| v * unit);
        }
        return Ok(matrix);
    }
    let has_pc = any("PC");
    let mut cdelt = [1.0; 2];
    for (k, i) in world.into_iter().enumerate() {
        cdelt[k] = keys.real(&format!("CDELT{i}{a}"))?.unwrap_or(1.0) * units[k];
    }
    let rotation = if has_pc {
        None
    } else {
        keys.real(&format!("CROTA{}{a}", world[1]))?
    };
    let (sin, cos) = rotation.unwrap_or(0.0).to_radians().sin_cos();
    for (k, i) in world.into_iter().enumerate() {
        for (l, j) in axes.into_iter().enumerate() {
            matrix[k][l] = if has_pc {
                element("PC", i, j)?.unwrap_or(if i == j { 1.0 } else { 0.0 }) * cdelt[k]
            } else if i == j {
                cos * cdelt[k]
            } else if k == 0 {
                -sin * cdelt[1]
            } else {
                sin * cdelt[0]
            };
        }
    }
    Ok(matrix)
}
