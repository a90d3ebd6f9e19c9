//! Sizes of cutouts as they are typed.

use crate::sky::cutout::CutoutSize;

/// `64`, `64px`, `8arcsec`, `8"`, `1.5arcmin`, `0.01deg`.
pub fn parse_size(text: &str) -> Result<CutoutSize, String> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let value: f64 = text[..split]
        .parse()
        .map_err(|_| "give a number and a unit, as in 64px or 8arcsec".to_owned())?;
    let size = match text[split..].trim() {
        "" | "px" | "pix" | "pixel" | "pixels" => CutoutSize::Pixels(value),
        "arcsec" | "\"" | "as" => CutoutSize::Arcsec(value),
        "arcmin" | "'" => CutoutSize::Arcsec(value * 60.0),
        "deg" => CutoutSize::Arcsec(value * 3600.0),
        unit => {
            return Err(format!(
                "'{unit}' is not a unit of size: use px, arcsec, arcmin or deg"
            ));
        }
    };
    let sensible = match size {
        CutoutSize::Pixels(px) => (2.0..=8192.0).contains(&px),
        CutoutSize::Arcsec(s) => s > 0.0 && s <= 10.0 * 3600.0,
    };
    if sensible {
        Ok(size)
    } else {
        Err("a cutout has from 2 to 8192 pixels a side".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(parse_size("64px"), Ok(CutoutSize::Pixels(64.0)));
        assert_eq!(parse_size("8arcsec"), Ok(CutoutSize::Arcsec(8.0)));
        assert_eq!(parse_size("1.5 arcmin"), Ok(CutoutSize::Arcsec(90.0)));
        for bad in ["", "px", "64furlong", "0px", "-3px", "1e9px", "99999px"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
