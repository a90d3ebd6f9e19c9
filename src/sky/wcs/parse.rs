//! From header cards to a [`Wcs`], old spellings and known faults included.
//!
//! Sources: FITS Standard 4.0, section 8 and its table 22 of keywords; for headers between the
//! conventions the same decisions as wcslib and astropy: PC before CD before CROTA, SCAMP's TAN
//! with PV read as TPV, AIPS's GLS and NCP translated.

use std::collections::HashMap;
use std::f64::consts::FRAC_PI_2;

use crate::io::fits::header::{CardValue, Header};

use super::super::coords::{FrameTransform, SkyFrame};
use super::linear::LinearMap;
use super::polynomial::Polynomial2;
use super::projection::Projection;
use super::sip::{self, Sip};
use super::sphere::{Fiducial, NativePole};
use super::tpv::PlaneDistortion;
use super::{Source, Wcs, WcsError, tnx};

/// Highest axis number looked for.
const MAX_AXES: usize = 32;

impl Wcs {
    /// The celestial system of a header: the primary description if it has celestial axes, else
    /// the first alternate (A to Z) that has. Further axes (spectral, Stokes, time) are taken at
    /// their reference pixels.
    ///
    /// # Errors
    /// [`WcsError::NoCelestial`] for a header without, the other kinds for one that can't be used.
    pub fn from_header(header: &Header) -> Result<Wcs, WcsError> {
        let keys = Keys::new(header);
        let alternates = std::iter::once(None).chain(('A'..='Z').map(Some));
        for alternate in alternates {
            if let Some(pair) = keys.celestial_pair(alternate)? {
                return read(&keys, alternate, pair);
            }
        }
        Err(WcsError::NoCelestial {
            found: keys.axes_found(),
        })
    }

    /// One particular description: `None` the primary, `Some('A')` … the alternates.
    ///
    /// # Errors
    /// As [`Wcs::from_header`].
    pub fn from_header_alternate(header: &Header, alternate: Option<char>) -> Result<Wcs, WcsError> {
        let keys = Keys::new(header);
        match keys.celestial_pair(alternate)? {
            Some(pair) => read(&keys, alternate, pair),
            None => Err(WcsError::NoCelestial {
                found: keys.axes_found(),
            }),
        }
    }
}

/// The header by keyword, so that the hundreds of keywords asked for cost no search each.
struct Keys<'h> {
    header: &'h Header,
    map: HashMap<&'h str, &'h CardValue>,
}

/// The celestial axes of a description.
struct Pair {
    /// Axis numbers from 1.
    lon: usize,
    lat: usize,
    names: [String; 2],
    code: String,
    /// What follows the code: `-SIP`.
    suffix: String,
}

impl<'h> Keys<'h> {
    fn new(header: &'h Header) -> Self {
        let mut map = HashMap::new();
        for card in &header.cards {
            if let Some(value) = &card.value {
                map.entry(card.keyword.as_str()).or_insert(value);
            }
        }
        Self { header, map }
    }

    fn has(&self, keyword: &str) -> bool {
        self.map.contains_key(keyword)
    }

    fn text(&self, keyword: &str) -> Option<&'h str> {
        match self.map.get(keyword)? {
            CardValue::Text(t) => Some(t.trim()),
            _ => None,
        }
    }

    /// A finite number, or an error if the keyword holds something else.
    fn real(&self, keyword: &str) -> Result<Option<f64>, WcsError> {
        let Some(value) = self.map.get(keyword) else {
            return Ok(None);
        };
        match self.header.real(keyword) {
            Some(v) if v.is_finite() => Ok(Some(v)),
            _ => Err(bad(keyword, &describe(value), "a finite number is needed")),
        }
    }

    fn axes_found(&self) -> String {
        let found: Vec<&str> = (1..=MAX_AXES)
            .filter_map(|i| self.text(&format!("CTYPE{i}")))
            .collect();
        if found.is_empty() {
            "none".into()
        } else {
            found.join(", ")
        }
    }

    fn celestial_pair(&self, alternate: Option<char>) -> Result<Option<Pair>, WcsError> {
        let a = suffix(alternate);
        let mut lon: Option<(usize, Axis)> = None;
        let mut lat: Option<(usize, Axis)> = None;
        for i in 1..=MAX_AXES {
            let Some(axis) = self.text(&format!("CTYPE{i}{a}")).and_then(Axis::parse) else {
                continue;
            };
            let slot = if axis.is_longitude { &mut lon } else { &mut lat };
            if slot.is_none() {
                *slot = Some((i, axis));
            }
        }
        let (Some((lon, x)), Some((lat, y))) = (lon, lat) else {
            return Ok(None);
        };
        if x.system != y.system || x.code != y.code {
            let (keyword, value) = (format!("CTYPE{lat}{a}"), format!("{}-{}", y.name, y.code));
            return Err(bad(
                &keyword,
                &value,
                &format!("it does not belong to {}-{}", x.name, x.code),
            ));
        }
        Ok(Some(Pair {
            lon,
            lat,
            names: [x.name, y.name],
            code: x.code,
            suffix: x.suffix,
        }))
    }
}

/// A CTYPE of a celestial axis taken apart.
struct Axis {
    is_longitude: bool,
    /// What longitude and latitude must share: "" for RA and DEC, `G` for GLON and GLAT, …
    system: String,
    name: String,
    code: String,
    suffix: String,
}

impl Axis {
    fn parse(ctype: &str) -> Option<Self> {
        let ctype = ctype.to_ascii_uppercase();
        let (head, tail) = (ctype.get(..4)?, ctype.get(4..)?);
        let code = tail.strip_prefix('-')?;
        let (code, suffix) = (code.get(..3)?, code.get(3..)?);
        let name = head.trim_end_matches('-');
        let (is_longitude, system) = match name {
            "RA" => (true, ""),
            "DEC" => (false, ""),
            _ if name.ends_with("LON") => (true, name.strip_suffix("LON")?),
            _ if name.ends_with("LAT") => (false, name.strip_suffix("LAT")?),
            _ if name.ends_with("LN") => (true, name.strip_suffix("LN")?),
            _ if name.ends_with("LT") => (false, name.strip_suffix("LT")?),
            _ => return None,
        };
        Some(Self {
            is_longitude,
            system: system.to_owned(),
            name: name.to_owned(),
            code: code.to_owned(),
            suffix: suffix.trim().to_owned(),
        })
    }
}

fn suffix(alternate: Option<char>) -> String {
    alternate.map(String::from).unwrap_or_default()
}

fn bad(keyword: &str, value: &str, problem: &str) -> WcsError {
    WcsError::Value {
        keyword: keyword.into(),
        value: value.into(),
        problem: problem.into(),
    }
}

fn describe(value: &CardValue) -> String {
    match value {
        CardValue::Logical(b) => if *b { "T" } else { "F" }.into(),
        CardValue::Integer(i) => i.to_string(),
        CardValue::Real(r) => r.to_string(),
        CardValue::Text(t) | CardValue::Other(t) => t.clone(),
    }
}

/// PVi_m of one axis.
fn parameters(keys: &Keys, axis: usize, a: &str) -> Result<Vec<(u32, f64)>, WcsError> {
    let mut found = Vec::new();
    for m in 0..100 {
        if let Some(v) = keys.real(&format!("PV{axis}_{m}{a}"))? {
            found.push((m, v));
        }
    }
    Ok(found)
}

fn lookup(list: &[(u32, f64)], m: u32) -> Option<f64> {
    list.iter().find(|(k, _)| *k == m).map(|(_, v)| *v)
}

fn read(keys: &Keys, alternate: Option<char>, pair: Pair) -> Result<Wcs, WcsError> {
    let a = suffix(alternate);
    let mut notes = Vec::new();
    let axes = [pair.lon.min(pair.lat), pair.lon.max(pair.lat)];
    let units = [
        degrees_per_unit(keys, pair.lon, &a)?,
        degrees_per_unit(keys, pair.lat, &a)?,
    ];
    let matrix = linear_matrix(keys, [pair.lon, pair.lat], axes, &a, units, &mut notes)?;
    let linear = LinearMap::new(matrix).ok_or(WcsError::Singular { matrix })?;
    let mut crpix = [0.0; 2];
    for (value, axis) in crpix.iter_mut().zip(axes) {
        let keyword = format!("CRPIX{axis}{a}");
        *value = keys.real(&keyword)?.unwrap_or(0.0);
        if value.abs() > 1e12 {
            return Err(bad(&keyword, &value.to_string(), "no image reaches that far"));
        }
    }
    let mut crval = [0.0; 2];
    for (k, axis) in [pair.lon, pair.lat].into_iter().enumerate() {
        crval[k] = keys.real(&format!("CRVAL{axis}{a}"))?.unwrap_or(0.0) * units[k];
    }
    if crval[0].abs() > 1e6 || crval[1].abs() > 90.0 + 1e-9 {
        let keyword = format!(
            "CRVAL{}{a}",
            if crval[1].abs() > 90.0 { pair.lat } else { pair.lon }
        );
        return Err(bad(
            &keyword,
            &format!("({}, {})", crval[0], crval[1]),
            "the reference point is not on the sphere",
        ));
    }

    let mut pv_lon = parameters(keys, pair.lon, &a)?;
    let mut pv_lat = parameters(keys, pair.lat, &a)?;
    let mut sip = read_sip(keys, axes, &pair, &mut notes)?;
    let mut code = pair.code.clone();
    // SCAMP wrote TPV's coefficients under TAN before TPV was registered.
    let has_scamp = pv_lon.iter().chain(&pv_lat).any(|(m, _)| *m >= 5);
    if code == "TAN" && has_scamp {
        if pair.suffix.is_empty() {
            code = "TPV".into();
            notes.push("TAN with PV coefficients is read as TPV".into());
        } else {
            pv_lon.clear();
            pv_lat.clear();
            notes.push("PV coefficients beside SIP are ignored".into());
        }
    }
    if code == "TPV" && sip.take().is_some() {
        notes.push("SIP coefficients beside TPV are ignored".into());
    }
    for (keyword, what) in [
        ("CPDIS1", "lookup-table distortion"),
        ("D2IMDIS1", "detector-to-image correction"),
        ("CQDIS1", "distortion"),
        ("D2IMARR", "detector-to-image correction"),
    ] {
        if keys.has(&format!("{keyword}{a}")) {
            notes.push(format!(
                "the {what} ({keyword}) is not applied: positions may be off by a fraction of a pixel or more"
            ));
        }
    }

    let plane = plane_distortion(keys, &pair, &code, &pv_lon, &pv_lat)?;
    let projection = set_up(keys, &pair, &code, &mut pv_lon, &mut pv_lat, crval[1])?;
    let is_plane = plane.is_some() && code != "ZPX";
    let own = |m: u32| if is_plane { None } else { lookup(&pv_lon, m) };
    let native = match (own(1), own(2)) {
        (None, None) => (0.0, projection.reference_latitude()),
        (phi, theta) => (
            phi.unwrap_or(0.0).to_radians(),
            theta.map_or(projection.reference_latitude(), |t| {
                if t == 90.0 { FRAC_PI_2 } else { t.to_radians() }
            }),
        ),
    };
    let offset = if own(0).is_some_and(|v| v != 0.0) {
        projection
            .plane_from_native(native.0, native.1)
            .ok_or_else(|| WcsError::Projection {
                code: code.clone(),
                reason: "its fiducial point (PVi_1, PVi_2) is not on the map".into(),
            })?
    } else {
        (0.0, 0.0)
    };
    let default_lonpole = native.0.to_degrees()
        + if crval[1] < native.1.to_degrees() {
            180.0
        } else {
            0.0
        };
    let lonpole_deg = match own(3) {
        Some(v) => v,
        None => keys.real(&format!("LONPOLE{a}"))?.unwrap_or(default_lonpole),
    };
    let latpole_deg = match own(4) {
        Some(v) => v,
        None => keys.real(&format!("LATPOLE{a}"))?.unwrap_or(90.0),
    };
    let at = Fiducial {
        sky: (crval[0].to_radians(), crval[1].to_radians()),
        native,
    };
    let pole =
        NativePole::new(at, lonpole_deg.to_radians(), latpole_deg.to_radians()).ok_or(WcsError::NoPole {
            lon: crval[0],
            lat: crval[1],
            lonpole: lonpole_deg,
            latpole: latpole_deg,
        })?;
    let frame = read_frame(keys, &pair, &a)?;
    let mut pv: Vec<(bool, u32, f64)> = pv_lon.iter().map(|&(m, v)| (true, m, v)).collect();
    pv.extend(pv_lat.iter().map(|&(m, v)| (false, m, v)));
    Ok(Wcs {
        crpix,
        sip,
        plane,
        projection,
        offset,
        pole,
        frame,
        to_icrs: FrameTransform::new(frame),
        plane_tolerance_deg: 1e-10 * linear.determinant().abs().sqrt(),
        linear,
        source: Source {
            code,
            axes,
            swapped: pair.lon > pair.lat,
            names: pair.names,
            crval,
            lonpole_deg,
            latpole_deg,
            pv,
            alternate,
            notes,
        },
    })
}

/// How many degrees CUNIT's unit has; degrees where it is absent.
fn degrees_per_unit(keys: &Keys, axis: usize, a: &str) -> Result<f64, WcsError> {
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
fn linear_matrix(
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
    let any = |name: &str| -> Result<bool, WcsError> {
        for i in 1..=9 {
            for j in 1..=9 {
                if element(name, i, j)?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    };
    let mut matrix = [[0.0; 2]; 2];
    if !any("PC")? && any("CD")? {
        for (row, i) in matrix.iter_mut().zip(world) {
            for (value, j) in row.iter_mut().zip(axes) {
                *value = element("CD", i, j)?.unwrap_or(0.0);
            }
        }
        for (k, i) in world.into_iter().enumerate() {
            // An axis whose CD cards were all left out counts in whole units (wcslib's cdfix).
            let mut absent = true;
            for j in 1..=9 {
                absent &= element("CD", i, j)?.is_none() && element("CD", j, i)?.is_none();
            }
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
    let has_pc = any("PC")?;
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

fn read_sip(
    keys: &Keys,
    axes: [usize; 2],
    pair: &Pair,
    notes: &mut Vec<String>,
) -> Result<Option<Sip>, WcsError> {
    let order = |name: &str| -> Result<Option<usize>, WcsError> {
        let keyword = format!("{name}_ORDER");
        let Some(v) = keys.real(&keyword)? else {
            return Ok(None);
        };
        if v.fract() != 0.0 || v < 0.0 || v > sip::MAX_ORDER as f64 {
            return Err(bad(&keyword, &v.to_string(), "a polynomial's degree is needed"));
        }
        Ok(Some(v as usize))
    };
    let read = |name: &str, order: usize| -> Result<Polynomial2, WcsError> {
        let mut p = Polynomial2::zero(order);
        for i in 0..=order {
            for j in 0..=order - i {
                if let Some(v) = keys.real(&format!("{name}_{i}_{j}"))? {
                    p.add(i, j, v);
                }
            }
        }
        Ok(p)
    };
    let (a, b) = match (order("A")?, order("B")?) {
        (Some(a), Some(b)) if a > 1 || b > 1 => (read("A", a)?, read("B", b)?),
        (Some(n), None) | (None, Some(n)) if n > 1 => {
            return Err(bad(
                "A_ORDER",
                &n.to_string(),
                "A_ORDER and B_ORDER belong together",
            ));
        }
        _ => return Ok(None),
    };
    if axes != [1, 2] {
        notes.push("SIP coefficients are ignored: the celestial axes are not the first two".into());
        return Ok(None);
    }
    if pair.suffix != "-SIP" {
        notes.push("SIP coefficients are applied though CTYPE lacks -SIP".into());
    }
    let inverse = match (order("AP")?, order("BP")?) {
        (Some(ap), Some(bp)) => Some((read("AP", ap)?, read("BP", bp)?)),
        _ => None,
    };
    Ok(Some(Sip { a, b, inverse }))
}

/// TPV's or TNX's map, where the code asks for one.
fn plane_distortion(
    keys: &Keys,
    pair: &Pair,
    code: &str,
    pv_lon: &[(u32, f64)],
    pv_lat: &[(u32, f64)],
) -> Result<Option<PlaneDistortion>, WcsError> {
    match code {
        "TPV" => Ok(Some(PlaneDistortion::tpv(&|m| lookup(pv_lon, m), &|m| {
            lookup(pv_lat, m)
        }))),
        "TNX" | "ZPX" => {
            let surface = |axis: usize, name: &str| {
                let text = tnx::attributes(keys.header, axis).unwrap_or_default();
                tnx::surface(&text, name).map_err(|reason| WcsError::Projection {
                    code: code.into(),
                    reason,
                })
            };
            let (lon, lat) = (surface(pair.lon, "lngcor")?, surface(pair.lat, "latcor")?);
            Ok(Some(PlaneDistortion::correction(lon, lat)))
        }
        _ => Ok(None),
    }
}

/// The projection behind a code; the old codes GLS and NCP bring parameters with them.
fn set_up(
    keys: &Keys,
    pair: &Pair,
    code: &str,
    pv_lon: &mut Vec<(u32, f64)>,
    pv_lat: &mut Vec<(u32, f64)>,
    lat0_deg: f64,
) -> Result<Projection, WcsError> {
    let refuse = |reason: &str| WcsError::Unsupported {
        code: code.into(),
        reason: reason.into(),
    };
    let (name, zpx) = match code {
        "TPV" | "TNX" => ("TAN", None),
        "ZPX" => ("ZPN", tnx::attributes(keys.header, pair.lon)),
        "GLS" => {
            // SFL about the reference latitude, in AIPS's sense (wcslib's celfix).
            if lat0_deg != 0.0 {
                pv_lon.retain(|(m, _)| *m > 2);
                pv_lon.extend([(0, 1.0), (1, 0.0), (2, lat0_deg)]);
            }
            ("SFL", None)
        }
        "NCP" => {
            let (sin, cos) = lat0_deg.to_radians().sin_cos();
            if sin == 0.0 {
                return Err(refuse("NCP has no meaning for a reference point on the equator"));
            }
            *pv_lat = vec![(1, 0.0), (2, cos / sin)];
            ("SIN", None)
        }
        "TAB" => {
            return Err(refuse(
                "coordinates in lookup tables (-TAB) are not read; convert the file to a projection",
            ));
        }
        "DSS" | "TPD" | "TPU" | "TUV" => {
            return Err(refuse(
                "its plate polynomial is not read; convert the header to SIP or TPV",
            ));
        }
        code => (code, None),
    };
    let parameter = |m: u32| match &zpx {
        Some(text) => tnx::number(text, &format!("projp{m}")),
        None => lookup(pv_lat, m),
    };
    // ZPX without coefficients is equidistant.
    let plain_zpx = zpx.is_some() && (0..30).all(|m| parameter(m).is_none());
    let projection = if plain_zpx {
        Projection::from_code("ARC", &|_| None)
    } else {
        Projection::from_code(name, &parameter)
    };
    projection
        .map_err(|reason| WcsError::Projection {
            code: code.into(),
            reason,
        })?
        .ok_or_else(|| refuse("it is not one of the standard's; the header may be damaged"))
}

fn read_frame(keys: &Keys, pair: &Pair, a: &str) -> Result<SkyFrame, WcsError> {
    let radesys = keys
        .text(&format!("RADESYS{a}"))
        .or_else(|| keys.text("RADECSYS"))
        .unwrap_or("")
        .to_ascii_uppercase();
    let equinox = match keys.real(&format!("EQUINOX{a}")) {
        Ok(Some(v)) => Some(v),
        // A `J2000` in quotes is common enough.
        _ => match keys
            .text(&format!("EQUINOX{a}"))
            .map(|t| t.trim_start_matches(['J', 'B', 'j', 'b']).parse())
        {
            Some(Ok(v)) => Some(v),
            _ => keys.real("EPOCH").ok().flatten(),
        },
    }
    // 0 is how some writers say that they don't know.
    .filter(|&v| v > 0.0);
    Ok(match pair.names[0].as_str() {
        "RA" => match radesys.as_str() {
            "ICRS" => SkyFrame::Icrs,
            "FK5" => SkyFrame::Fk5 {
                equinox: equinox.unwrap_or(2000.0),
            },
            "FK4" => SkyFrame::Fk4 {
                equinox: equinox.unwrap_or(1950.0),
            },
            "FK4-NO-E" => SkyFrame::Fk4NoE {
                equinox: equinox.unwrap_or(1950.0),
            },
            // Apparent places need the time and place of observation.
            "GAPPT" => SkyFrame::Other,
            _ => match equinox {
                None => SkyFrame::Icrs,
                Some(equinox) if equinox < 1984.0 => SkyFrame::Fk4 { equinox },
                Some(equinox) => SkyFrame::Fk5 { equinox },
            },
        },
        "GLON" => SkyFrame::Galactic,
        "SLON" => SkyFrame::Supergalactic,
        "ELON" => SkyFrame::Ecliptic {
            equinox: equinox.unwrap_or(2000.0),
        },
        _ => SkyFrame::Other,
    })
}
