//! Inequality of the light (Gini) and the second moment of its brightest fifth (M20): Lotz et al.
//! 2004, and the merger and bulge statistics made of the two.

use super::stamp::TINY;

/// Gini coefficient of values that are not negative: 0 when all are equal, 1 when one has it all.
///
/// `Σ (2i − n − 1) v_i / (mean n (n − 1))` over the sorted values (Glasser 1962, as in Lotz et al.
/// 2004). 0 of fewer than two values or of nothing but zeros.
pub fn gini(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if values.len() < 2 {
        return 0.0;
    }
    // Zeros come first and add nothing: only the others need sorting.
    let mut positive: Vec<f64> = values.iter().copied().filter(|&v| v > 0.0).collect();
    positive.sort_unstable_by(f64::total_cmp);
    let zeros = values.len() - positive.len();
    let (mut weighted, mut sum) = (0.0, 0.0);
    for (i, &v) in positive.iter().enumerate() {
        weighted += (2.0 * ((zeros + i) as f64 + 1.0) - n - 1.0) * v;
        sum += v;
    }
    if sum <= TINY {
        return 0.0;
    }
    weighted / (sum * (n - 1.0))
}

/// `log10` of the share that the brightest pixels with a fifth of the light have in the second
/// moment, at least −3 (Lotz et al. 2004). `pixels` are (light, squared distance from the
/// centroid); the pixel that completes the fifth counts in full. Sorts `pixels`.
pub fn m20(pixels: &mut [(f64, f64)]) -> f64 {
    // Equal light: the nearer first, so that no order of the pixels shows.
    pixels.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    let total: f64 = pixels.iter().map(|p| p.0).sum();
    let moment: f64 = pixels.iter().map(|p| p.0 * p.1).sum();
    let (mut light, mut bright_moment) = (0.0, 0.0);
    for &(flux, squared) in pixels.iter() {
        if light >= 0.2 * total {
            break;
        }
        light += flux;
        bright_moment += flux * squared;
    }
    (bright_moment / (moment + TINY) + 1e-3).log10()
}

/// Merger statistic `G + 0.14 M20 − 0.33`: above 0 merger-like (Lotz et al. 2008; Rodriguez-Gomez
/// et al. 2019 scale it).
pub fn merger_statistic(gini: f64, m20: f64) -> f64 {
    gini + 0.14 * m20 - 0.33
}

/// Bulge statistic `−0.693 M20 + 4.95 G − 3.96` (Snyder et al. 2015).
pub fn bulge_statistic(gini: f64, m20: f64) -> f64 {
    -0.693 * m20 + 4.95 * gini - 3.96
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_of_known_sets() {
        assert_eq!(gini(&[2.0; 7]), 0.0);
        assert!((gini(&[0.0, 0.0, 0.0, 5.0]) - 1.0).abs() < 1e-12);
        assert!((gini(&[3.0, 1.0, 2.0]) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(gini(&[0.0; 4]), 0.0);
    }

    #[test]
    fn m20_of_a_point_and_of_a_ring() {
        let mut ring = vec![(1.0, 4.0); 100];
        assert!((m20(&mut ring) - (0.2f64 + 1e-3).log10()).abs() < 1e-9);
        let mut point = vec![(50.0, 0.0), (1.0, 1.0), (1.0, 1.0)];
        assert!((m20(&mut point) + 3.0).abs() < 1e-9);
    }
}
