//! Angles written in sixtieths: `05 34 31.9`, `+22:00:52`, `5h34m31.9s`, `-00d30m12s`.
//!
//! Cells of catalogues hold one angle each ([`degrees_from_sexagesimal`]); positions that people
//! type are made of two (`sky::coords`).

/// One number of an angle, and what stands around it.
pub(crate) struct Token {
    /// Whether its sign is minus; `None` without a sign.
    pub sign: Option<bool>,
    /// The number without its sign.
    pub value: f64,
    /// Whether it has a decimal point.
    pub has_fraction: bool,
    /// What follows directly: `h`, `d`, `m`, `s`, `:` or a blank.
    pub unit: char,
}

/// The numbers in a text of angles, or why it is none. Signs, unit letters and symbols are
/// understood as people and catalogues write them.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let chars: Vec<char> = text
        .chars()
        .map(|c| match c {
            '\u{2212}' | '\u{2013}' => '-',
            '°' | 'º' | 'D' => 'd',
            '\'' | '′' | '’' | 'M' | 'ᵐ' => 'm',
            '"' | '″' | '”' | 'S' | 'ˢ' => 's',
            'H' | 'ʰ' => 'h',
            ',' | ';' | '\t' => ' ',
            c => c,
        })
        .collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if chars[i] == ' ' {
            i += 1;
            continue;
        }
        let sign = match chars[i] {
            '+' => Some(false),
            '-' => Some(true),
            _ => None,
        };
        i += usize::from(sign.is_some());
        let start = i;
        while i < chars.len() && (chars[i].is_ascii_digit() || chars[i] == '.') {
            i += 1;
        }
        let number: String = chars[start..i].iter().collect();
        let value = number
            .parse()
            .map_err(|_| "there is something other than numbers in it")?;
        let mut unit = ' ';
        // A unit may stand after a blank: `5 h 34 m`.
        let next = (i..chars.len()).find(|&k| chars[k] != ' ');
        if let Some(k) = next
            && matches!(chars[k], 'h' | 'd' | 'm' | 's' | ':')
        {
            unit = chars[k];
            i = k + 1;
            // `deg` in letters, and two single quotes for a second sign.
            if unit == 'd' && chars.get(i) == Some(&'e') && chars.get(i + 1) == Some(&'g') {
                i += 2;
            } else if unit == 'm' && chars.get(i) == Some(&'m') {
                unit = 's';
                i += 1;
            }
        }
        tokens.push(Token {
            sign,
            value,
            has_fraction: number.contains('.'),
            unit,
        });
    }
    Ok(tokens)
}

/// The value of one coordinate and whether its letters say hours (`None` without letters). The sign
/// covers all parts, so `-00 30 00` is −0.5. Minutes and seconds may be 60, which rounding gives.
pub(crate) fn angle(tokens: &[Token]) -> Result<(f64, Option<bool>), &'static str> {
    let first = tokens.first().ok_or("a coordinate is missing")?;
    if tokens.len() > 3 {
        return Err("a coordinate has more than three numbers");
    }
    let mut value = 0.0;
    let mut scale = 1.0;
    for (i, t) in tokens.iter().enumerate() {
        if i > 0 && (t.sign.is_some() || !(0.0..=60.0).contains(&t.value)) {
            return Err("minutes and seconds must be at most 60 and without sign");
        }
        if t.has_fraction && i + 1 < tokens.len() {
            return Err("only the last number of a coordinate may have a fraction");
        }
        if (i == 1 && matches!(t.unit, 's' | 'h' | 'd'))
            || (i == 2 && !matches!(t.unit, 's' | ' '))
            || (i == 0 && matches!(t.unit, 'm' | 's'))
        {
            return Err("its units are out of order");
        }
        value += t.value * scale;
        scale /= 60.0;
    }
    let hours = match first.unit {
        'h' => Some(true),
        'd' => Some(false),
        _ => None,
    };
    Ok((if first.sign == Some(true) { -value } else { value }, hours))
}

/// No angle is written longer than this, with all its digits and blanks.
const MAX_BYTES: usize = 96;

/// One angle of two or three numbers, or of one with `h` or `d`: its value, whether it says hours,
/// and how many numbers it has.
fn one_angle(text: &str) -> Option<(f64, Option<bool>, usize)> {
    // Between the numbers of one angle stand no commas; this may be a list, or a whole story.
    if text.len() > MAX_BYTES || text.contains([',', ';', '\t']) {
        return None;
    }
    let tokens = tokens(text).ok()?;
    let (value, hours) = angle(&tokens).ok()?;
    let enough = tokens.len() >= 2 || hours.is_some();
    (enough && value.is_finite()).then_some((value, hours, tokens.len()))
}

/// An angle in sixtieths as degrees; `hours` says whether the first part counts hours where no
/// letter says so. `None` if the text isn't such an angle. The sign covers all parts, so
/// `-00 30 00` is −0.5.
pub fn degrees_from_sexagesimal(text: &str, hours: bool) -> Option<f64> {
    let (value, said, _) = one_angle(text)?;
    Some(value * if said.unwrap_or(hours) { 15.0 } else { 1.0 })
}

/// Whether the text is an angle of three parts, which no name or number looks like.
pub(crate) fn looks_sexagesimal(text: &str) -> bool {
    one_angle(text).is_some_and(|(_, _, parts)| parts == 3)
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
        close("05:59:60", true, 90.0);
        close("\u{2212}5°30′", false, -5.5);
        close("  12.5d ", true, 12.5);
        for bad in [
            "",
            "M 31",
            "12.5",
            "1 2 3 4",
            "10:70:00",
            "10.5:20:00",
            "a:b:c",
            "::",
            "05,34,31",
            "5;6",
            "1.5D+03",
            "12d 15d",
            "10 -20 30",
        ] {
            assert_eq!(degrees_from_sexagesimal(bad, false), None, "{bad}");
        }
    }
}
