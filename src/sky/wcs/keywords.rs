//! WCS keywords of a header: typed look-ups, and the pair of celestial axes.
//!
//! Sources: FITS Standard 4.0, section 8 and its table 22 of keywords.

use std::collections::HashMap;

use crate::io::fits::header::{CardValue, Header};

use super::WcsError;

/// Highest axis number looked for.
pub(super) const MAX_AXES: usize = 32;

/// The header by keyword, so that the hundreds of keywords asked for cost no search each.
pub(super) struct Keys<'h> {
    pub(super) header: &'h Header,
    pub(super) map: HashMap<&'h str, &'h CardValue>,
}

/// The celestial axes of a description.
pub(super) struct Pair {
    /// Axis numbers from 1.
    pub(super) lon: usize,
    pub(super) lat: usize,
    pub(super) names: [String; 2],
    pub(super) code: String,
    /// What follows the code: `-SIP`.
    pub(super) suffix: String,
}

impl<'h> Keys<'h> {
    pub(super) fn new(header: &'h Header) -> Self {
        let mut map = HashMap::new();
        for card in &header.cards {
            if let Some(value) = &card.value {
                map.entry(card.keyword.as_str()).or_insert(value);
            }
        }
        Self { header, map }
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.map.contains_key(keyword)
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&'h str> {
        match self.map.get(keyword)? {
            CardValue::Text(t) => Some(t.trim()),
            _ => None,
        }
    }

    /// A finite number, or an error if the keyword holds something else.
    pub(super) fn real(&self, keyword: &str) -> Result<Option<f64>, WcsError> {
        let Some(value) = self.map.get(keyword) else {
            return Ok(None);
        };
        match self.header.real(keyword) {
            Some(v) if v.is_finite() => Ok(Some(v)),
            _ => Err(bad(keyword, &describe(value), "a finite number is needed")),
        }
    }

    /// The error of a header without celestial axes.
    pub(super) fn no_celestial(&self) -> WcsError {
        if self.has("AMDX1") && self.has("PLTRAH") {
            return WcsError::Unsupported {
                code: "DSS".into(),
                reason: "it is a Digitized Sky Survey plate solution (AMDXn, AMDYn) without a standard \
                         description beside it; convert the header to TAN-SIP"
                    .into(),
            };
        }
        WcsError::NoCelestial {
            found: self.axes_found(),
        }
    }

    fn axes_found(&self) -> String {
        let found: Vec<&str> = (1..=MAX_AXES)
            .filter_map(|i| self.text(&format!("CTYPE{i}")))
            .filter(|ctype| !ctype.trim().is_empty())
            .collect();
        if found.is_empty() {
            "none named by CTYPE".into()
        } else {
            found.join(", ")
        }
    }

    pub(super) fn celestial_pair(&self, alternate: Option<char>) -> Result<Option<Pair>, WcsError> {
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
pub(super) struct Axis {
    pub(super) is_longitude: bool,
    /// What longitude and latitude must share: "" for RA and DEC, `G` for GLON and GLAT, …
    pub(super) system: String,
    pub(super) name: String,
    pub(super) code: String,
    pub(super) suffix: String,
}

impl Axis {
    pub(super) fn parse(ctype: &str) -> Option<Self> {
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

pub(super) fn suffix(alternate: Option<char>) -> String {
    alternate.map(String::from).unwrap_or_default()
}

pub(super) fn bad(keyword: &str, value: &str, problem: &str) -> WcsError {
    WcsError::Value {
        keyword: keyword.into(),
        value: value.into(),
        problem: problem.into(),
    }
}

pub(super) fn describe(value: &CardValue) -> String {
    match value {
        CardValue::Logical(b) => if *b { "T" } else { "F" }.into(),
        CardValue::Integer(i) => i.to_string(),
        CardValue::Real(r) => r.to_string(),
        CardValue::Text(t) | CardValue::Other(t) => t.clone(),
    }
}

/// PVi_m of one axis.
pub(super) fn parameters(keys: &Keys, axis: usize, a: &str) -> Result<Vec<(u32, f64)>, WcsError> {
    let mut found = Vec::new();
    for m in 0..100 {
        if let Some(v) = keys.real(&format!("PV{axis}_{m}{a}"))? {
            found.push((m, v));
        }
    }
    Ok(found)
}

pub(super) fn lookup(list: &[(u32, f64)], m: u32) -> Option<f64> {
    list.iter().find(|(k, _)| *k == m).map(|(_, v)| *v)
}
