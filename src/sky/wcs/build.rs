//! Making a [`Wcs`] without a header, moving one to a cutout, and writing one to a header.

use std::f64::consts::FRAC_PI_2;

use crate::io::fits::header::{Card, CardValue};

use super::super::coords::{FrameTransform, SkyFrame};
use super::linear::LinearMap;
use super::projection::{Projection, Zenithal};
use super::sphere::{Fiducial, NativePole};
use super::{Sip, Source, Wcs, WcsError};

impl Wcs {
    /// A gnomonic system in the ICRS: `crval` (RA, Dec) of the reference point in degrees, `crpix`
    /// its one-based FITS pixel, `cd` degrees per pixel with rows RA and Dec.
    ///
    /// # Errors
    /// [`WcsError::Singular`] or [`WcsError::Value`] for numbers that make no system.
    pub fn tan(crval: (f64, f64), crpix: (f64, f64), cd: [[f64; 2]; 2]) -> Result<Wcs, WcsError> {
        let bad = |keyword: &str, value: (f64, f64), problem: &str| WcsError::Value {
            keyword: keyword.into(),
            value: format!("({}, {})", value.0, value.1),
            problem: problem.into(),
        };
        if !(crval.0.abs() <= 1e6 && crval.1.abs() <= 90.0) {
            return Err(bad("CRVAL", crval, "the reference point is not on the sphere"));
        }
        if !(crpix.0.abs() <= 1e12 && crpix.1.abs() <= 1e12) {
            return Err(bad("CRPIX", crpix, "no image reaches that far"));
        }
        let linear = LinearMap::new(cd).ok_or(WcsError::Singular { matrix: cd })?;
        let lonpole_deg: f64 = if crval.1 < 90.0 { 180.0 } else { 0.0 };
        let at = Fiducial {
            sky: (crval.0.to_radians(), crval.1.to_radians()),
            native: (0.0, FRAC_PI_2),
        };
        let pole = NativePole::new(at, lonpole_deg.to_radians(), FRAC_PI_2).ok_or(WcsError::NoPole {
            lon: crval.0,
            lat: crval.1,
            lonpole: lonpole_deg,
            latpole: 90.0,
        })?;
        Ok(Wcs {
            crpix: [crpix.0, crpix.1],
            plane_tolerance_deg: 1e-10 * linear.determinant().abs().sqrt(),
            linear,
            sip: None,
            plane: None,
            projection: Projection::Zenithal(Zenithal::Tan),
            offset: (0.0, 0.0),
            pole,
            frame: SkyFrame::Icrs,
            to_icrs: FrameTransform::new(SkyFrame::Icrs),
            source: Source {
                code: "TAN".into(),
                axes: [1, 2],
                swapped: false,
                names: ["RA".into(), "DEC".into()],
                crval: [crval.0, crval.1],
                lonpole_deg,
                latpole_deg: 90.0,
                pv: Vec::new(),
                alternate: None,
                notes: Vec::new(),
            },
        })
    }

    /// The same system with SIP coefficients.
    pub fn with_sip(mut self, sip: Sip) -> Wcs {
        self.sip = Some(sip);
        self
    }

    /// The system of a cutout whose pixel (0, 0) is this image's pixel (`x0`, `y0`).
    pub fn of_cutout(&self, x0: f64, y0: f64) -> Wcs {
        let mut wcs = self.clone();
        wcs.crpix[0] -= x0;
        wcs.crpix[1] -= y0;
        wcs
    }

    /// Header cards that describe this system for a two-dimensional image, as the primary
    /// description, with a CD matrix.
    ///
    /// # Errors
    /// [`WcsError::Unsupported`] for TNX and ZPX, whose surfaces are not written.
    pub fn to_cards(&self) -> Result<Vec<Card>, WcsError> {
        let source = &self.source;
        if matches!(source.code.as_str(), "TNX" | "ZPX") {
            return Err(WcsError::Unsupported {
                code: source.code.clone(),
                reason: "it can be read but not written; write the image with its original header".into(),
            });
        }
        let mut cards = Vec::new();
        let text = |keyword: &str, value: &str, comment: &str| {
            Card::new(keyword, CardValue::Text(value.into()), comment)
        };
        let real =
            |keyword: String, value: f64, comment: &str| Card::new(&keyword, CardValue::Real(value), comment);
        let (lon, lat) = if source.swapped { (2, 1) } else { (1, 2) };
        let suffix = if self.sip.is_some() { "-SIP" } else { "" };
        // GLS and NCP were translated in reading: their parameters say so.
        let code = match source.code.as_str() {
            "GLS" => "SFL",
            "NCP" => "SIN",
            code => code,
        };
        cards.push(Card::new("WCSAXES", CardValue::Integer(2), "number of WCS axes"));
        for (axis, name, crval) in [
            (lon, &source.names[0], source.crval[0]),
            (lat, &source.names[1], source.crval[1]),
        ] {
            let ctype = format!("{name:-<4}-{code}{suffix}");
            cards.push(text(&format!("CTYPE{axis}"), &ctype, "axis and projection"));
            cards.push(text(&format!("CUNIT{axis}"), "deg", "unit of CRVAL and CD"));
            cards.push(real(
                format!("CRVAL{axis}"),
                crval,
                "[deg] at the reference pixel",
            ));
        }
        let matrix = self.linear.matrix();
        for axis in 1..=2 {
            cards.push(real(
                format!("CRPIX{axis}"),
                self.crpix[axis - 1],
                "[pixel] reference, counted from 1",
            ));
            let row = if axis == lon { matrix[0] } else { matrix[1] };
            for (j, value) in row.into_iter().enumerate() {
                cards.push(real(format!("CD{axis}_{}", j + 1), value, "[deg/pixel]"));
            }
        }
        cards.push(real(
            "LONPOLE".into(),
            source.lonpole_deg,
            "[deg] native longitude of the celestial pole",
        ));
        cards.push(real(
            "LATPOLE".into(),
            source.latpole_deg,
            "[deg] native latitude of the celestial pole",
        ));
        for &(of_lon, m, value) in &source.pv {
            let axis = if of_lon { lon } else { lat };
            cards.push(real(format!("PV{axis}_{m}"), value, "projection parameter"));
        }
        let (radesys, equinox) = match self.frame {
            SkyFrame::Icrs => (Some("ICRS"), None),
            SkyFrame::Fk5 { equinox } => (Some("FK5"), Some(equinox)),
            SkyFrame::Fk4 { equinox } => (Some("FK4"), Some(equinox)),
            SkyFrame::Fk4NoE { equinox } => (Some("FK4-NO-E"), Some(equinox)),
            SkyFrame::Ecliptic { equinox } => (None, Some(equinox)),
            _ => (None, None),
        };
        cards.extend(radesys.map(|r| text("RADESYS", r, "reference system")));
        cards.extend(equinox.map(|e| real("EQUINOX".into(), e, "[yr] equinox")));
        if let Some(sip) = &self.sip {
            let inverse = sip.inverse.iter().flat_map(|(ap, bp)| [("AP", ap), ("BP", bp)]);
            for (name, p) in [("A", &sip.a), ("B", &sip.b)].into_iter().chain(inverse) {
                cards.push(Card::new(
                    &format!("{name}_ORDER"),
                    CardValue::Integer(p.order() as i64),
                    "degree of the polynomial",
                ));
                for i in 0..=p.order() {
                    for j in 0..=p.order() - i {
                        if p.get(i, j) != 0.0 {
                            cards.push(real(format!("{name}_{i}_{j}"), p.get(i, j), "SIP coefficient"));
                        }
                    }
                }
            }
        }
        Ok(cards)
    }
}
