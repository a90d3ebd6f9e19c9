//! Which column says what: identity, place on the sky, place in the image, size and label.
//!
//! UCDs (IVOA UCD1+ and the older UCD1) are believed first, then the names that surveys and tools
//! use; units and the range of values have the last word. Every choice is explained in
//! [`Roles::why`], for the person to correct.

use super::sexagesimal::{degrees_from_sexagesimal, looks_sexagesimal};
use super::table::UCD;
use super::{CatalogError, Table};
use arrow::datatypes::DataType;

/// The frame in which a catalogue gives places on the sky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SkyFrame {
    /// Right ascension and declination in the ICRS (J2000 within 0.1″).
    #[default]
    Icrs,
    /// Right ascension and declination, mean equator and equinox of B1950 (FK4).
    Fk4,
    /// Galactic longitude and latitude (IAU 1958).
    Galactic,
    /// Ecliptic longitude and latitude, J2000.
    Ecliptic,
}

/// The columns that play a part, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles {
    /// The object's identity.
    pub id: Option<String>,
    /// Right ascension, or longitude in [`Roles::frame`].
    pub ra: Option<String>,
    /// Declination, or latitude.
    pub dec: Option<String>,
    /// Position in the image along a row, pixels.
    pub x: Option<String>,
    /// Position in the image along a column, pixels.
    pub y: Option<String>,
    /// The object's extent.
    pub size: Option<String>,
    /// A class or label that somebody gave.
    pub label: Option<String>,
    /// Whether the first pixel's centre is 1 in `x` and `y` (FITS, SExtractor) instead of 0.
    pub x_is_one_based: bool,
    /// Whether `ra` counts hours.
    pub ra_is_hours: bool,
    /// The frame of `ra` and `dec`.
    pub frame: SkyFrame,
    /// One sentence a choice: `ra = RAJ2000 (UCD pos.eq.ra;meta.main)`.
    pub why: Vec<String>,
}

/// Longitude and latitude names that belong together, best first, lower case, and their frame.
const SKY_NAMES: &[(&str, &str, SkyFrame)] = &[
    ("ra", "dec", SkyFrame::Icrs),
    ("ra", "de", SkyFrame::Icrs),
    ("raj2000", "dej2000", SkyFrame::Icrs),
    ("raj2000", "decj2000", SkyFrame::Icrs),
    ("_raj2000", "_dej2000", SkyFrame::Icrs),
    ("ra_icrs", "de_icrs", SkyFrame::Icrs),
    ("ra_icrs", "dec_icrs", SkyFrame::Icrs),
    ("_ra.icrs", "_de.icrs", SkyFrame::Icrs),
    ("ra_deg", "dec_deg", SkyFrame::Icrs),
    ("ra_degrees", "dec_degrees", SkyFrame::Icrs),
    ("radeg", "decdeg", SkyFrame::Icrs),
    ("radeg", "dedeg", SkyFrame::Icrs),
    ("ra_j2000", "dec_j2000", SkyFrame::Icrs),
    ("ra2000", "dec2000", SkyFrame::Icrs),
    ("alpha_j2000", "delta_j2000", SkyFrame::Icrs),
    ("alphawin_j2000", "deltawin_j2000", SkyFrame::Icrs),
    ("alphapsf_j2000", "deltapsf_j2000", SkyFrame::Icrs),
    ("alpha_sky", "delta_sky", SkyFrame::Icrs),
    ("alphawin_sky", "deltawin_sky", SkyFrame::Icrs),
    ("x_world", "y_world", SkyFrame::Icrs),
    ("right_ascension", "declination", SkyFrame::Icrs),
    ("rightascension", "declination", SkyFrame::Icrs),
    ("s_ra", "s_dec", SkyFrame::Icrs),
    ("ramean", "decmean", SkyFrame::Icrs),
    ("rastack", "decstack", SkyFrame::Icrs),
    ("coord_ra", "coord_dec", SkyFrame::Icrs),
    ("target_ra", "target_dec", SkyFrame::Icrs),
    ("sky_centroid.ra", "sky_centroid.dec", SkyFrame::Icrs),
    ("skycoord.ra", "skycoord.dec", SkyFrame::Icrs),
    ("alpha", "delta", SkyFrame::Icrs),
    ("_ra", "_de", SkyFrame::Icrs),
    ("_ra", "_dec", SkyFrame::Icrs),
    ("ra_hours", "dec", SkyFrame::Icrs),
    ("rahms", "decdms", SkyFrame::Icrs),
    ("ra_hms", "dec_dms", SkyFrame::Icrs),
    ("alpha_b1950", "delta_b1950", SkyFrame::Fk4),
    ("rab1950", "deb1950", SkyFrame::Fk4),
    ("_rab1950", "_deb1950", SkyFrame::Fk4),
    ("l", "b", SkyFrame::Galactic),
    ("glon", "glat", SkyFrame::Galactic),
    ("_glon", "_glat", SkyFrame::Galactic),
    ("gal_l", "gal_b", SkyFrame::Galactic),
    ("lii", "bii", SkyFrame::Galactic),
    ("elon", "elat", SkyFrame::Ecliptic),
    ("ecl_lon", "ecl_lat", SkyFrame::Ecliptic),
];

/// Image position names that belong together, and whether they count from one.
const IMAGE_NAMES: &[(&str, &str, bool)] = &[
    ("xwin_image", "ywin_image", true),
    ("x_image", "y_image", true),
    ("xpsf_image", "ypsf_image", true),
    ("xpeak_image", "ypeak_image", true),
    ("xcentroid", "ycentroid", false),
    ("x_centroid", "y_centroid", false),
    ("x_fit", "y_fit", false),
    ("xcenter", "ycenter", false),
    ("x_center", "y_center", false),
    ("x_peak", "y_peak", false),
    ("xpeak", "ypeak", false),
    ("x_pix", "y_pix", false),
    ("x_pixel", "y_pixel", false),
    ("xpix", "ypix", false),
    ("x", "y", false),
    ("x_0", "y_0", false),
];

const ID_NAMES: &[&str] = &[
    "source_id",
    "objid",
    "object_id",
    "objectid",
    "obj_id",
    "sourceid",
    "id",
    "number",
    "dr7objid",
    "dr8objid",
    "specobjid",
    "main_id",
    "iauname",
    "iau_name",
    "designation",
    "id_str",
    "name",
    "target_name",
    "file",
    "filename",
    "recno",
    "index",
    "col1_id",
];

const SIZE_NAMES: &[&str] = &[
    "size_arcsec",
    "radius_arcsec",
    "size",
    "flux_radius",
    "kron_radius",
    "petrorad_r",
    "petro_radius",
    "half_light_radius",
    "radius",
    "a_image",
    "semimajor_sigma",
    "semimajor_axis",
    "fwhm_image",
    "fwhm",
    "isoarea_image",
    "npix",
    "area",
];

const LABEL_NAMES: &[&str] = &[
    "label",
    "labels",
    "class",
    "classification",
    "object_type",
    "objtype",
    "obj_type",
    "otype",
    "main_type",
    "morphology",
    "type",
];

/// What decides whether a column may play a part.
struct Columns<'a> {
    table: &'a Table,
    names: Vec<String>,
    ucds: Vec<String>,
}

impl<'a> Columns<'a> {
    fn new(table: &'a Table) -> Self {
        let fields = table.batch.schema_ref().fields();
        Self {
            table,
            names: fields.iter().map(|f| f.name().clone()).collect(),
            ucds: fields
                .iter()
                .map(|f| {
                    f.metadata()
                        .get(UCD)
                        .map(|u| u.to_ascii_lowercase())
                        .unwrap_or_default()
                })
                .collect(),
        }
    }

    fn by_name(&self, wanted: &str) -> Option<&str> {
        self.table.position(wanted).map(|i| self.names[i].as_str())
    }

    /// A scalar column of numbers.
    fn is_number(&self, name: &str) -> bool {
        self.table
            .column(name)
            .is_some_and(|c| c.data_type().is_numeric())
    }

    /// Whether the finite values, if there are any, lie within `low..=high` but for one in a hundred.
    fn within(&self, name: &str, low: f64, high: f64) -> bool {
        let Some(values) = self.table.numbers(name) else {
            return false;
        };
        let finite = values.iter().filter(|v| v.is_finite()).count();
        let inside = values.iter().filter(|v| (low..=high).contains(*v)).count();
        inside * 100 >= finite * 99
    }

    /// Whether the column holds angles in sixtieths: at least half of the first texts do.
    fn is_sexagesimal(&self, name: &str) -> bool {
        if self
            .table
            .column(name)
            .is_none_or(|c| c.data_type() != &DataType::Utf8)
        {
            return false;
        }
        let texts = self.table.texts(name).unwrap_or_default();
        let sample: Vec<&String> = texts.iter().filter(|t| !t.trim().is_empty()).take(200).collect();
        let good = sample.iter().filter(|t| looks_sexagesimal(t)).count();
        good > 0 && good * 2 >= sample.len()
    }

    fn unit(&self, name: &str) -> String {
        self.table
            .unit(name)
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    /// Whether `name` can be a longitude (or, else, a latitude).
    fn is_sky(&self, name: &str, longitude: bool) -> bool {
        if self.is_sexagesimal(name) {
            return true;
        }
        if !self.is_number(name) || !is_angle_unit(&self.unit(name)) {
            return false;
        }
        // As radians and hours are smaller, degrees bound them all.
        let limit = if longitude { 360.0 } else { 90.0 };
        self.within(name, if longitude { -180.0 } else { -limit }, limit)
    }

    /// The first column whose UCD has `wanted` as its first word, `meta.main` before others.
    fn by_ucd(&self, wanted: &[&str], fits: impl Fn(&str) -> bool) -> Option<(String, String)> {
        let mut hits: Vec<usize> = (0..self.names.len())
            .filter(|&i| {
                let first = self.ucds[i].split(';').next().unwrap_or_default().trim();
                wanted.contains(&first) && fits(&self.names[i])
            })
            .collect();
        hits.sort_by_key(|&i| !(self.ucds[i].contains("meta.main") || self.ucds[i].ends_with("_main")));
        hits.first()
            .map(|&i| (self.names[i].clone(), self.ucds[i].clone()))
    }
}

/// Whether the unit (or its absence) is one of angles on the sky.
fn is_angle_unit(unit: &str) -> bool {
    unit.is_empty() || is_hour_unit(unit) || degrees_in(unit).is_some()
}

fn is_hour_unit(unit: &str) -> bool {
    let unit = unit.trim_matches('"');
    matches!(
        unit,
        "h" | "hr" | "hour" | "hours" | "hourangle" | "h:m:s" | "hms" | "hh:mm:ss" | "h m s"
    )
}

/// Degrees in one of the unit; `None` if it isn't an angle.
fn degrees_in(unit: &str) -> Option<f64> {
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
            SkyFrame::Ecliptic,
        ),
    ];
    let mut found: Option<([String; 2], SkyFrame, [String; 2])> = None;
    for pair in &ucd_pairs {
        let (Some(a), Some(b)) = (columns.by_ucd(pair.0, lon), columns.by_ucd(pair.1, lat)) else {
            continue;
        };
        // B1950 under the same UCD is told by the name.
        let old = a.0.to_ascii_lowercase().contains("1950");
        let frame = if old { SkyFrame::Fk4 } else { pair.2 };
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
        SkyFrame::Icrs if all_fk4 => SkyFrame::Fk4,
        other => other,
    };
    roles.frame = frame;
    let unit = columns.unit(&ra);
    let sexagesimal = columns.is_sexagesimal(&ra);
    let hours = if is_hour_unit(&unit) {
        Some(format!("unit {unit}"))
    } else if (degrees_in(&unit).is_some() && !sexagesimal)
        || matches!(frame, SkyFrame::Galactic | SkyFrame::Ecliptic)
    {
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
        SkyFrame::Icrs => "",
        SkyFrame::Fk4 => ", B1950",
        SkyFrame::Galactic => ", galactic",
        SkyFrame::Ecliptic => ", ecliptic",
    };
    let (lon, lat) = match frame {
        SkyFrame::Icrs | SkyFrame::Fk4 => ("ra", "dec"),
        SkyFrame::Galactic | SkyFrame::Ecliptic => ("longitude", "latitude"),
    };
    roles.why.push(format!("{lon} = {ra} ({why_ra}{named}{hours})"));
    roles.why.push(format!("{lat} = {dec} ({why_dec}{named})"));
    (roles.ra, roles.dec) = (Some(ra), Some(dec));
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
