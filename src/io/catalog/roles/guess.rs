//! The guess itself: by UCD, then by name, as far as units and values agree.

use super::Roles;
use super::columns::Columns;
use super::names::{ID_NAMES, IMAGE_NAMES, LABEL_NAMES, SIZE_NAMES, SKY_NAMES};
use super::units::{degrees_in, is_hour_unit};
use crate::io::catalog::Table;
use crate::io::frame::SkyFrame;
use crate::io::sexagesimal::degrees_from_sexagesimal;
use arrow::datatypes::DataType;

/// Guesses the columns' roles; nothing is guessed that units or values speak against.
pub fn guess_roles(table: &Table) -> Roles {
    let columns = Columns::new(table);
    let mut roles = Roles::default();
    guess_sky(&columns, &mut roles);
    guess_image(&columns, &mut roles);
    let mut pick = |role: &str, ucds: &[&str], names: &[&str], fits: &dyn Fn(&str) -> bool| {
        let taken = |n: &str| fits(n);
        let found = columns
            .by_ucd(ucds, taken)
            .map(|(name, ucd)| (name, format!("UCD {ucd}")))
            .or_else(|| {
                // Of a catalogue this program wrote `object_id` is a number within its project.
                let own = ["object", "object_id", "source", "cutout_flags"];
                let is_own = role == "id" && own.iter().all(|n| columns.by_name(n).is_some());
                let name = columns.by_name("object").filter(|n| is_own && fits(n))?;
                Some((
                    name.to_owned(),
                    "the name in a catalogue of this program".to_owned(),
                ))
            })
            .or_else(|| {
                let name = names
                    .iter()
                    .find_map(|n| columns.by_name(n).filter(|n| fits(n)))?;
                Some((name.to_owned(), "by its name".to_owned()))
            })?;
        roles.why.push(format!("{role} = {} ({})", found.0, found.1));
        Some(found.0)
    };
    let is_integer_or_text = |n: &str| {
        columns
            .table
            .column(n)
            .is_some_and(|c| c.data_type().is_integer() || c.data_type() == &DataType::Utf8)
    };
    let id = pick(
        "id",
        &["meta.id", "id_main", "meta.record"],
        ID_NAMES,
        &is_integer_or_text,
    );
    let size = pick("size", &["phys.angsize", "extension_rad"], SIZE_NAMES, &|n| {
        columns.is_number(n)
    });
    let taken = id.clone();
    let label = pick(
        "label",
        &["meta.code.class", "src.class", "src.morph.type", "class_object"],
        LABEL_NAMES,
        &|n| Some(n) != taken.as_deref() && is_integer_or_text(n),
    );
    (roles.id, roles.size, roles.label) = (id, size, label);
    roles
}

fn guess_sky(columns: &Columns, roles: &mut Roles) {
    let lon = |n: &str| columns.is_sky(n, true);
    let lat = |n: &str| columns.is_sky(n, false);
    let ucd_pairs: [(&[&str], &[&str], SkyFrame); 3] = [
        (
            &["pos.eq.ra", "pos_eq_ra_main", "pos_eq_ra"],
            &["pos.eq.dec", "pos_eq_dec_main", "pos_eq_dec"],
            SkyFrame::Icrs,
        ),
        (
            &["pos.galactic.lon", "pos_gal_lon"],
            &["pos.galactic.lat", "pos_gal_lat"],
            SkyFrame::Galactic,
        ),
        (
            &["pos.ecliptic.lon", "pos_ec_lon"],
            &["pos.ecliptic.lat", "pos_ec_lat"],
            SkyFrame::ECLIPTIC_J2000,
        ),
    ];
    let mut found: Option<([String; 2], SkyFrame, [String; 2])> = None;
    for pair in &ucd_pairs {
        let (Some(a), Some(b)) = (columns.by_ucd(pair.0, lon), columns.by_ucd(pair.1, lat)) else {
            continue;
        };
        // B1950 under the same UCD is told by the name.
        let old = a.0.to_ascii_lowercase().contains("1950");
        let frame = if old { SkyFrame::B1950 } else { pair.2 };
        found = Some((
            [a.0, b.0],
            frame,
            [format!("UCD {}", a.1), format!("UCD {}", b.1)],
        ));
        break;
    }
    if found.is_none() {
        for &(a, b, frame) in SKY_NAMES {
            if let (Some(a), Some(b)) = (columns.by_name(a), columns.by_name(b))
                && lon(a)
                && lat(b)
            {
                let why = || "by its name".to_owned();
                found = Some(([a.to_owned(), b.to_owned()], frame, [why(), why()]));
                break;
            }
        }
    }
    let Some(([ra, dec], frame, [why_ra, why_dec])) = found else {
        return;
    };
    // A VOTable says its equatorial system once for the table, if it is the old one.
    let systems = || {
        columns
            .table
            .meta
            .iter()
            .filter(|(k, _)| k == "COOSYS")
            .map(|(_, v)| v)
    };
    let all_fk4 = systems().next().is_some() && systems().all(|s| s.contains("FK4"));
    let frame = match frame {
        SkyFrame::Icrs if all_fk4 => SkyFrame::B1950,
        other => other,
    };
    roles.frame = frame;
    let unit = columns.unit(&ra);
    let sexagesimal = columns.is_sexagesimal(&ra);
    let hours = if is_hour_unit(&unit) {
        Some(format!("unit {unit}"))
    } else if (degrees_in(&unit).is_some() && !sexagesimal) || !frame.is_equatorial() {
        None
    } else if sexagesimal {
        // Written in sixtieths, right ascension is in hours unless it goes beyond 24.
        let beyond = columns
            .table
            .texts(&ra)
            .unwrap_or_default()
            .iter()
            .any(|t| degrees_from_sexagesimal(t, false).is_some_and(|d| d.abs() >= 24.0));
        (!beyond).then(|| "written in sixtieths, so in hours".to_owned())
    } else {
        let name = ra.to_ascii_lowercase();
        (name.contains("hour") || name.contains("hms")).then(|| "hours by its name".to_owned())
    };
    roles.ra_is_hours = hours.is_some();
    let hours = hours.map(|h| format!(", {h}")).unwrap_or_default();
    let named = match frame {
        SkyFrame::Icrs => String::new(),
        frame => format!(", {frame}"),
    };
    let (lon, lat) = if frame.is_equatorial() {
        ("ra", "dec")
    } else {
        ("longitude", "latitude")
    };
    roles.why.push(format!("{lon} = {ra} ({why_ra}{named}{hours})"));
    roles.why.push(format!("{lat} = {dec} ({why_dec}{named})"));
    (roles.ra, roles.dec) = (Some(ra), Some(dec));
}

/// Two columns that are called like positions and were not taken for them, since their values, type
/// or unit speak against it.
pub fn refused_positions(table: &Table) -> Option<(String, String)> {
    let columns = Columns::new(table);
    let mut named = (SKY_NAMES.iter())
        .filter_map(|&(a, b, _)| Some((columns.by_name(a)?.to_owned(), columns.by_name(b)?.to_owned())));
    named.find(|(a, b)| !(columns.is_sky(a, true) && columns.is_sky(b, false)))
}

fn guess_image(columns: &Columns, roles: &mut Roles) {
    // Pixels are around and beyond zero; a centred tangent plane in arcseconds is not pixels.
    let fits = |n: &str| {
        let unit = columns.unit(n);
        columns.is_number(n)
            && (unit.is_empty() || unit.starts_with("pix"))
            && columns.within(n, -1000.0, 1e7)
    };
    for &(x, y, one_based) in IMAGE_NAMES {
        if let (Some(x), Some(y)) = (columns.by_name(x), columns.by_name(y))
            && fits(x)
            && fits(y)
        {
            roles.x_is_one_based = one_based;
            let base = if one_based { "one" } else { "zero" };
            roles.why.push(format!(
                "x = {x}, y = {y} (by their names, first pixel is {base})"
            ));
            (roles.x, roles.y) = (Some(x.to_owned()), Some(y.to_owned()));
            return;
        }
    }
}
