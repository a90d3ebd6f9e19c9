//! From header cards to a [`Wcs`], old spellings and known faults included.
//!
//! Sources: FITS Standard 4.0, section 8; for headers between the conventions the same decisions as
//! wcslib and astropy: SCAMP's TAN with PV read as TPV, AIPS's GLS and NCP translated.

use std::f64::consts::FRAC_PI_2;

use crate::io::fits::header::Header;

use super::super::coords::{FrameTransform, SkyFrame};
use super::distortion::{plane_distortion, read_sip, set_up};
use super::keywords::{Keys, Pair, bad, lookup, parameters, suffix};
use super::linear::LinearMap;
use super::matrix::{degrees_per_unit, linear_matrix};
use super::sphere::{Fiducial, NativePole};
use super::{Source, Wcs, WcsError};

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
        Err(keys.no_celestial())
    }

    /// One particular description: `None` the primary, `Some('A')` … the alternates.
    ///
    /// # Errors
    /// As [`Wcs::from_header`].
    pub fn from_header_alternate(header: &Header, alternate: Option<char>) -> Result<Wcs, WcsError> {
        let keys = Keys::new(header);
        match keys.celestial_pair(alternate)? {
            Some(pair) => read(&keys, alternate, pair),
            None => Err(keys.no_celestial()),
        }
    }
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
