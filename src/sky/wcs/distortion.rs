//! Distortions and projections as the header gives them: SIP, TPV, TNX and ZPX, and the old codes
//! GLS and NCP.

use super::keywords::{Keys, Pair, bad, lookup};
use super::polynomial::Polynomial2;
use super::projection::Projection;
use super::sip::{self, Sip};
use super::tpv::PlaneDistortion;
use super::{WcsError, tnx};

/// SIP coefficients. Those of the primary description are all there are; they count whether or not
/// CTYPE says so, as astropy has it.
pub(super) fn read_sip(
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
pub(super) fn plane_distortion(
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
pub(super) fn set_up(
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
