//! Small smoothing filters on a square grid, edges repeated.

/// Mean over 3 × 3 pixels.
pub fn box3(image: &[f64], n: usize) -> Vec<f64> {
    separable(image, n, &[1.0 / 3.0, 1.0 / 3.0])
}

/// Binomial 5 × 5 filter (1 4 6 4 1)/16 each way: a Gaussian of σ = 1 px. Uncorrelated noise of σ
/// becomes σ·70/256 (the sum of squared weights each way is 70/256).
pub fn binomial5(image: &[f64], n: usize) -> Vec<f64> {
    separable(image, n, &[6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0])
}

/// Symmetric separable filter with `half[k]` the weight at distance `k`. Both sides are added
/// before weighing, so that a mirrored image gives the mirrored result to the last bit along each
/// axis.
fn separable(image: &[f64], n: usize, half: &[f64]) -> Vec<f64> {
    let mut along_x = vec![0.0; n * n];
    let reach = half.len() - 1;
    for y in 0..n {
        let row = &image[y * n..(y + 1) * n];
        let out = &mut along_x[y * n..(y + 1) * n];
        for x in 0..n {
            let mut sum = half[0] * row[x];
            if x >= reach && x + reach < n {
                for (k, &w) in half.iter().enumerate().skip(1) {
                    sum += w * (row[x - k] + row[x + k]);
                }
            } else {
                for (k, &w) in half.iter().enumerate().skip(1) {
                    sum += w * (row[x.saturating_sub(k)] + row[(x + k).min(n - 1)]);
                }
            }
            out[x] = sum;
        }
    }
    let mut result = vec![0.0; n * n];
    for y in 0..n {
        let out = &mut result[y * n..(y + 1) * n];
        for x in 0..n {
            out[x] = half[0] * along_x[y * n + x];
        }
        for (k, &w) in half.iter().enumerate().skip(1) {
            let above = &along_x[y.saturating_sub(k) * n..][..n];
            let below = &along_x[(y + k).min(n - 1) * n..][..n];
            for x in 0..n {
                out[x] += w * (above[x] + below[x]);
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_the_kernel_and_a_constant_stays() {
        let mut point = vec![0.0; 81];
        point[40] = 256.0;
        let s = binomial5(&point, 9);
        assert_eq!(s[40], 36.0);
        assert_eq!(s[40 + 2], 6.0);
        assert_eq!(s[40 + 2 * 9 - 2], 1.0);
        assert!(box3(&[2.0; 16], 4).iter().all(|v| (v - 2.0).abs() < 1e-12));
    }
}
