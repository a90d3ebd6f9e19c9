//! Positions as text: hours, minutes and seconds, degrees, and names made of a position. How one
//! angle is read stands in [`crate::io::sexagesimal`].
//!
//! Names follow the IAU's recommendations for nomenclature: digits are cut off, never rounded.

use thiserror::Error;

use super::wrap_degrees;
use crate::io::sexagesimal::{angle, tokens};

/// Why a text is no position.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is not a position: {reason}; write 05:34:31.94 +22:00:52.2, 5h34m31.94s +22d00m52.2s or 83.63308 22.01450"
)]
pub struct PositionParseError {
    text: String,
    reason: &'static str,
}

/// Right ascension in degrees as `05:34:31.94`, rounded to `decimals` (at most 9) of a second.
pub fn format_hms(ra_deg: f64, decimals: usize) -> String {
    let decimals = decimals.min(9);
    let per_second = 10_u64.pow(decimals as u32);
    if !ra_deg.is_finite() {
        return "--:--:--".into();
    }
    let ticks = (wrap_degrees(ra_deg) * 240.0 * per_second as f64).round() as u64;
    clock(ticks % (86400 * per_second), decimals)
}

/// A signed angle in degrees as `+22:00:52.2`, rounded to `decimals` (at most 9) of an arcsecond.
pub fn format_dms(angle_deg: f64, decimals: usize) -> String {
    let decimals = decimals.min(9);
    if !(-1e6..=1e6).contains(&angle_deg) {
        return "--:--:--".into();
    }
    let ticks = (angle_deg.abs() * 3600.0 * 10_f64.powi(decimals as i32)).round() as u64;
    let sign = if angle_deg < 0.0 { '-' } else { '+' };
    format!("{sign}{}", clock(ticks, decimals))
}

/// A position as `05:34:31.94 +22:00:52.2`: `decimals` for the arcseconds and one more for the
/// seconds of time.
pub fn format_position(ra_deg: f64, dec_deg: f64, decimals: usize) -> String {
    format!(
        "{} {}",
        format_hms(ra_deg, decimals.saturating_add(1)),
        format_dms(dec_deg, decimals)
    )
}

fn clock(ticks: u64, decimals: usize) -> String {
    let per_second = 10_u64.pow(decimals as u32);
    let (whole, fraction) = (ticks / per_second, ticks % per_second);
    let (h, m, s) = (whole / 3600, whole / 60 % 60, whole % 60);
    if decimals == 0 {
        format!("{h:02}:{m:02}:{s:02}")
    } else {
        format!("{h:02}:{m:02}:{s:02}.{fraction:0decimals$}")
    }
}

/// The name of an object at an ICRS position: `J053431.94+220052.2`. Digits are cut off, not
/// rounded. A position that isn't finite has the name `J------`.
pub fn position_name(ra_deg: f64, dec_deg: f64) -> String {
    if !(ra_deg.is_finite() && dec_deg.abs() <= 90.0) {
        return "J------".into();
    }
    // Cutting must not turn a 52.2 that binary numbers hold as 52.1999999 into 52.1.
    const SLACK: f64 = 1e-4;
    let ra = (wrap_degrees(ra_deg) * 24000.0 + SLACK).floor() as u64 % 8_640_000;
    let dec = (dec_deg.abs() * 36000.0 + SLACK).floor() as u64;
    let sign = if dec_deg < 0.0 { '-' } else { '+' };
    let compact = |ticks: u64, d: usize| clock(ticks, d).replace(':', "");
    format!("J{}{sign}{}", compact(ra, 2), compact(dec, 1))
}

/// Reads a position: longitude in [0, 360) and latitude, degrees. Understands
/// `05:34:31.94 +22:00:52.2`, the same with blanks, `5h34m31.94s +22d00m52.2s`, degree, minute and
/// second signs, plain degrees with blank or comma between, and names such as `J053431.94+220052.2`.
/// Without letters a sexagesimal longitude is in hours.
pub fn parse_position(text: &str) -> Result<(f64, f64), PositionParseError> {
    let fail = |reason| PositionParseError {
        text: text.to_owned(),
        reason,
    };
    let expanded = expand_name(text);
    let tokens = tokens(expanded.as_deref().unwrap_or(text)).map_err(fail)?;
    let marked = tokens.iter().any(|t| t.unit != ' ');
    let split = if marked {
        let starts_group = |i: usize| {
            i > 0
                && (tokens[i].sign.is_some()
                    || matches!(tokens[i - 1].unit, ' ' | 's')
                    || matches!(tokens[i].unit, 'h' | 'd'))
        };
        let mut starts = (0..tokens.len()).filter(|&i| starts_group(i));
        let first = starts.next().ok_or_else(|| fail("it has no second coordinate"))?;
        if starts.next().is_some() {
            return Err(fail("it has more than two coordinates"));
        }
        first
    } else {
        match tokens.len() {
            2 | 4 | 6 => tokens.len() / 2,
            _ => return Err(fail("two coordinates of one, two or three numbers are needed")),
        }
    };
    let (lon, lon_hours) = angle(&tokens[..split]).map_err(fail)?;
    let (lat, lat_hours) = angle(&tokens[split..]).map_err(fail)?;
    if lat_hours == Some(true) {
        return Err(fail("its latitude is in hours"));
    }
    let in_hours = lon_hours.unwrap_or(split > 1);
    let lon = if in_hours { lon * 15.0 } else { lon };
    if !(-360.0..=360.0).contains(&lon) {
        return Err(fail("its longitude is not within a circle"));
    }
    if !(-90.0..=90.0).contains(&lat) {
        return Err(fail("its latitude is beyond a pole"));
    }
    Ok((wrap_degrees(lon), lat))
}

/// `SDSS J053431.94+220052.2` to `05:34:31.94 +22:00:52.2`; `None` for anything else.
fn expand_name(text: &str) -> Option<String> {
    let (_, digits) = text.split_once(['J', 'j'])?;
    let digits = digits.trim();
    let at = digits.find(['+', '-', '\u{2212}'])?;
    let part = |s: &str| {
        let whole = s.split('.').next().unwrap_or(s);
        let plain = s.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match whole.len() {
            6 if plain => Some(format!("{}:{}:{}", &s[..2], &s[2..4], &s[4..])),
            4 if plain => Some(format!("{}:{}", &s[..2], &s[2..])),
            _ => None,
        }
    };
    let sign = if digits[at..].starts_with('+') { '+' } else { '-' };
    let after = digits[at..].trim_start_matches(['+', '-', '\u{2212}']);
    Some(format!("{} {sign}{}", part(&digits[..at])?, part(after)?))
}
