//! Blurring a square of light by a sum of round Gaussians: every point spread function here is one,
//! because those come apart into rows and columns and cost little.

/// One Gaussian of a sum: its share of the light and its deviation in pixels.
pub type Gaussian = (f32, f32);

/// `light` (`side`² values, row-major) convolved with the sum of Gaussians. What passes the edge is lost.
pub fn blurred(light: &[f32], side: usize, sum: &[Gaussian]) -> Vec<f32> {
    let mut out = vec![0.0; light.len()];
    let (mut rows, mut both) = (vec![0.0; light.len()], vec![0.0; light.len()]);
    for &(share, sigma) in sum {
        let kernel = kernel(sigma, side);
        columns(light, side, &kernel, &mut rows);
        // Transposed twice: both passes then run along rows, several pixels at a time.
        transpose(&rows, side, &mut both);
        columns(&both, side, &kernel, &mut rows);
        transpose(&rows, side, &mut both);
        for (o, v) in out.iter_mut().zip(&both) {
            *o += share * v;
        }
    }
    out
}

/// Half of a Gaussian integrated over pixels, from the middle outwards; its whole sums to 1.
fn kernel(sigma: f32, side: usize) -> Vec<f32> {
    let reach = ((3.5 * sigma).ceil() as usize).clamp(1, side - 1);
    let mut half: Vec<f32> = (0..=reach)
        .map(|i| {
            // Three points a pixel stand for its integral.
            let at = |x: f32| (-0.5 * (x / sigma.max(0.05)).powi(2)).exp();
            let i = i as f32;
            at(i - 1.0 / 3.0) + at(i) + at(i + 1.0 / 3.0)
        })
        .collect();
    let whole = half[0] + 2.0 * half[1..].iter().sum::<f32>();
    half.iter_mut().for_each(|w| *w /= whole);
    half
}

/// Convolves along the columns.
fn columns(light: &[f32], side: usize, half: &[f32], out: &mut [f32]) {
    for y in 0..side {
        let row = &mut out[y * side..(y + 1) * side];
        for (o, v) in row.iter_mut().zip(&light[y * side..]) {
            *o = half[0] * v;
        }
        for (i, &weight) in half.iter().enumerate().skip(1) {
            let (above, below) = (y.checked_sub(i), Some(y + i).filter(|&b| b < side));
            for source in [above, below].into_iter().flatten() {
                for (o, v) in row.iter_mut().zip(&light[source * side..]) {
                    *o += weight * v;
                }
            }
        }
    }
}

fn transpose(light: &[f32], side: usize, out: &mut [f32]) {
    for y in 0..side {
        for x in 0..side {
            out[x * side + y] = light[y * side + x];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_is_kept_and_spread_as_it_should() {
        let side = 61;
        let mut point = vec![0.0; side * side];
        point[30 * side + 30] = 2.0;
        let out = blurred(&point, side, &[(0.75, 2.0), (0.25, 5.0)]);
        let total: f32 = out.iter().sum();
        assert!((total - 2.0).abs() < 1e-3, "{total}");
        let moment: f32 = (out.iter().enumerate())
            .map(|(i, v)| v * ((i % side) as f32 - 30.0).powi(2))
            .sum::<f32>()
            / total;
        // Variances add: 0.75 * 4 + 0.25 * 25, and 2/27 for the pixel's width.
        assert!((moment - 9.3).abs() < 0.2, "{moment}");
        assert_eq!(out[25 * side + 33], out[33 * side + 25]);
    }
}
