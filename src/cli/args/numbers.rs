//! Numbers that make sense, told while the command line is read.

fn number(text: &str, wanted: &str, is_good: impl Fn(f64) -> bool) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(value) if is_good(value) => Ok(value),
        _ => Err(format!("give {wanted}")),
    }
}

/// Above 0, at most 1.
pub fn fraction(text: &str) -> Result<f64, String> {
    number(text, "a fraction above 0 and at most 1", |v| v > 0.0 && v <= 1.0)
}

/// 0 to 1.
pub fn fraction_or_none(text: &str) -> Result<f64, String> {
    number(text, "a fraction from 0 to 1", |v| (0.0..=1.0).contains(&v))
}

/// Above 0.
pub fn above_zero(text: &str) -> Result<f64, String> {
    number(text, "a number above 0", |v| v > 0.0 && v.is_finite())
}

/// Above 0, in single precision.
pub fn above_zero_f32(text: &str) -> Result<f32, String> {
    above_zero(text).map(|v| v as f32)
}
