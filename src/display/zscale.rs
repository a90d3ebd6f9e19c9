//! IRAF's zscale: display limits from a straight line through the sorted pixel sample.
//!
//! Follows the algorithm of IRAF's `display` task with the constants of astropy's
//! `ZScaleInterval`: 1000 samples at even strides through the finite values, contrast 0.25,
//! rejection at 2.5 σ in at most five iterations, rejected pixels grown by 1 % of the sample.

const SAMPLES: usize = 1000;
const CONTRAST: f64 = 0.25;
const MAX_REJECTED: f64 = 0.5;
const MIN_PIXELS: usize = 5;
const REJECT_SIGMA: f64 = 2.5;
const MAX_ITERATIONS: usize = 5;

/// Black and white values, or `None` when no value is finite.
pub(super) fn zscale(values: &[f32]) -> Option<(f64, f64)> {
    let finite = values.iter().filter(|v| v.is_finite());
    let stride = (finite.clone().count() / SAMPLES).max(1);
    let mut samples: Vec<f64> = finite
        .step_by(stride)
        .take(SAMPLES)
        .map(|&v| f64::from(v))
        .collect();
    samples.sort_unstable_by(f64::total_cmp);
    let count = samples.len();
    let (mut low, mut high) = (*samples.first()?, *samples.last()?);

    let least_good = MIN_PIXELS.max((count as f64 * MAX_REJECTED) as usize);
    let grow = ((count as f64 * 0.01) as usize).max(1);
    let mut bad = vec![false; count];
    let mut good_count = count;
    let mut last_good_count = count + 1;
    let mut slope = 0.0;
    for _ in 0..MAX_ITERATIONS {
        if good_count >= last_good_count || good_count < least_good {
            break;
        }
        let line = fit_line(&samples, &bad);
        slope = line.slope;
        let threshold = REJECT_SIGMA * line.residual_sigma;
        for (i, &sample) in samples.iter().enumerate() {
            if (sample - line.at(i)).abs() > threshold {
                bad[i] = true;
            }
        }
        bad = grown(&bad, grow);
        last_good_count = good_count;
        good_count = bad.iter().filter(|&&b| !b).count();
    }

    if good_count >= least_good {
        let slope = slope / CONTRAST;
        let centre = (count - 1) / 2;
        let median = if count % 2 == 1 {
            samples[count / 2]
        } else {
            0.5 * (samples[count / 2 - 1] + samples[count / 2])
        };
        low = low.max(median - (centre as f64 - 1.0) * slope);
        high = high.min(median + (count - centre) as f64 * slope);
    }
    Some((low, high))
}

struct Line {
    slope: f64,
    mean_index: f64,
    mean_value: f64,
    /// Standard deviation of the good samples about the line.
    residual_sigma: f64,
}

impl Line {
    fn at(&self, index: usize) -> f64 {
        self.mean_value + self.slope * (index as f64 - self.mean_index)
    }
}

/// Least squares of value against rank over the samples that are not bad.
fn fit_line(samples: &[f64], bad: &[bool]) -> Line {
    let good = || {
        samples
            .iter()
            .zip(bad)
            .enumerate()
            .filter(|(_, (_, bad))| !**bad)
            .map(|(i, (&v, _))| (i as f64, v))
    };
    let count = good().count().max(1) as f64;
    let mean_index = good().map(|(i, _)| i).sum::<f64>() / count;
    let mean_value = good().map(|(_, v)| v).sum::<f64>() / count;
    let (cross, square) = good().fold((0.0, 0.0), |(cross, square), (i, v)| {
        let d = i - mean_index;
        (cross + d * (v - mean_value), square + d * d)
    });
    let slope = if square > 0.0 { cross / square } else { 0.0 };
    let variance = good()
        .map(|(i, v)| (v - mean_value - slope * (i - mean_index)).powi(2))
        .sum::<f64>()
        / count;
    Line {
        slope,
        mean_index,
        mean_value,
        residual_sigma: variance.sqrt(),
    }
}

/// Bad samples grown to a window of `width`, placed as numpy's `convolve(…, mode="same")` does:
/// `width / 2` ranks before and the rest after.
fn grown(bad: &[bool], width: usize) -> Vec<bool> {
    let before = width / 2;
    let after = width - before - 1;
    (0..bad.len())
        .map(|i| {
            let from = i.saturating_sub(before);
            let to = (i + after).min(bad.len() - 1);
            bad[from..=to].iter().any(|&b| b)
        })
        .collect()
}
