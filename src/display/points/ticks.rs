//! Round numbers for axes.

/// Round values between two others, at most `most` of them, and the distance between neighbours:
/// 1, 2 or 5 times a power of ten.
pub fn ticks([low, high]: [f64; 2], most: usize) -> (Vec<f64>, f64) {
    let size = high - low;
    if !(size > 0.0 && size.is_finite()) || most == 0 {
        return (Vec::new(), 1.0);
    }
    let least = size / most as f64;
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|s| *s >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    let count = (last - first).clamp(-1.0, 2.0 * most as f64) as i64;
    let values = (0..=count).map(|i| (first + i as f64) * step).collect();
    (values, step)
}

/// A value as an axis shows it, with as many digits as its neighbour a `step` away needs.
pub fn short_number(value: f64, step: f64) -> String {
    let size = value.abs().max(step);
    if !(1e-3..1e6).contains(&size) {
        let digits = (size.log10().floor() - step.log10().floor()).clamp(0.0, 6.0) as usize;
        return format!("{value:.digits$e}");
    }
    let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.digits$}");
    // No minus before nothing.
    if text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.')) {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        let (values, step) = ticks([-0.03, 1.04], 6);
        assert_eq!(step, 0.2);
        let shown: Vec<String> = values.iter().map(|v| short_number(*v, step)).collect();
        assert_eq!(shown, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(short_number(-0.0, 0.5), "0.0");
        assert_eq!(short_number(2.5e7, 5e6), "2.5e7");
        assert_eq!(short_number(150.25, 0.05), "150.25");
        assert!(ticks([1.0, 1.0], 5).0.is_empty());
    }
}
