//! Angles written in sixtieths: `05 34 31.9`, `+22:00:52`, `5h34m31.9s`, `-00d30m12s`.

/// Splits an angle of two or three parts: its sign, its parts and the unit letter of the first.
fn parts_of(text: &str) -> Option<(f64, Vec<f64>, Option<char>)> {
    let text = text.trim();
    let (sign, body) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut letter = None;
    let mut parts = Vec::with_capacity(3);
    let mut number = String::new();
    for c in body.trim_start().chars().chain([' ']) {
        match c {
            '0'..='9' | '.' => number.push(c),
            ':' | ' ' | 'h' | 'H' | 'm' | 'M' | 's' | 'S' | 'd' | 'D' | '°' | '\'' | '"' | '′' | '″' => {
                if !number.is_empty() {
                    if parts.is_empty() && matches!(c, 'h' | 'H' | 'd' | 'D' | '°') {
                        letter = Some(c.to_ascii_lowercase());
                    }
                    if number.len() > 24 || parts.len() == 3 {
                        return None;
                    }
                    parts.push(number.parse::<f64>().ok()?);
                    number.clear();
                } else if c == ':' {
                    return None;
                }
            }
            _ => return None,
        }
    }
    let whole = |x: &f64| x.fract() == 0.0;
    let sixty = parts.iter().skip(1).all(|&x| x <= 60.0);
    let fractions_last = parts.iter().rev().skip(1).all(whole);
    let enough = parts.len() >= 2 || letter.is_some();
    (enough && sixty && fractions_last).then_some((sign, parts, letter))
}

/// An angle in sixtieths as degrees; `hours` says whether the first part counts hours where no
/// letter says so. `None` if the text isn't such an angle. The sign covers all parts, so
/// `-00 30 00` is −0.5.
pub fn degrees_from_sexagesimal(text: &str, hours: bool) -> Option<f64> {
    let (sign, parts, letter) = parts_of(text)?;
    let value = parts.iter().rev().fold(0.0, |sum, part| sum / 60.0 + part);
    let hours = match letter {
        Some('h') => true,
        Some(_) => false,
        None => hours,
    };
    Some(sign * value * if hours { 15.0 } else { 1.0 })
}

/// Whether the text is an angle of three parts, which no name or number looks like.
pub(crate) fn looks_sexagesimal(text: &str) -> bool {
    parts_of(text).is_some_and(|(_, parts, _)| parts.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_in_sixtieths() {
        let close = |text, hours, degrees: f64| {
            let got = degrees_from_sexagesimal(text, hours).unwrap();
            assert!((got - degrees).abs() < 1e-12, "{text}: {got}");
        };
        // astropy.coordinates.Angle gives these.
        close("05 34 31.94", true, 83.63308333333333);
        close("+22:00:52.2", false, 22.0145);
        close("-00 30 12", false, -0.5033333333333333);
        close("5h34m31.94s", false, 83.63308333333333);
        close("-12d30m00s", true, -12.5);
        close("12 30.5", false, 12.508333333333333);
        for bad in [
            "",
            "M 31",
            "12.5",
            "1 2 3 4",
            "10:70:00",
            "10.5:20:00",
            "a:b:c",
            "::",
        ] {
            assert_eq!(degrees_from_sexagesimal(bad, false), None, "{bad}");
        }
    }
}
