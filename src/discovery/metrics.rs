//! How good an answer is: the figures that tests, benches and reports quote.

use crate::discovery::matrix::Matrix;
use rayon::prelude::*;

/// Ranks from 1, equal values sharing their mean rank; NaN gets NaN and is not counted.
pub fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&i| !values[i].is_nan()).collect();
    order.par_sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
    let mut out = vec![f64::NAN; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        let mean = (start + 1 + end) as f64 / 2.0;
        for &i in &order[start..end] {
            out[i] = mean;
        }
        start = end;
    }
    out
}

/// Area under the ROC curve: the chance that a positive scores above a negative (ties count
/// half; Mann & Whitney). NaN scores are left out; NaN if either class is empty.
pub fn roc_auc(positive: &[bool], score: &[f32]) -> f64 {
    let ranks = ranks(score);
    let (mut sum, mut pos, mut neg) = (0.0, 0.0, 0.0);
    for (&p, r) in positive.iter().zip(&ranks) {
        if r.is_nan() {
            continue;
        }
        if p {
            pos += 1.0;
            sum += r;
        } else {
            neg += 1.0;
        }
    }
    if pos == 0.0 || neg == 0.0 {
        return f64::NAN;
    }
    (sum - pos * (pos + 1.0) / 2.0) / (pos * neg)
}

/// Share of the positives among the highest `fraction` of scores (at least one row); equal
/// scores by row. NaN scores come last; NaN if there is no positive.
pub fn recall_at(positive: &[bool], score: &[f32], fraction: f64) -> f64 {
    let all = positive.iter().filter(|&&p| p).count();
    if all == 0 {
        return f64::NAN;
    }
    let mut order: Vec<usize> = (0..score.len()).collect();
    let key = |i: usize| {
        if score[i].is_nan() {
            f32::NEG_INFINITY
        } else {
            score[i]
        }
    };
    order.sort_by(|&a, &b| key(b).total_cmp(&key(a)).then(a.cmp(&b)));
    let top = ((score.len() as f64 * fraction).round() as usize).max(1);
    let found = order.iter().take(top).filter(|&&i| positive[i]).count();
    found as f64 / all as f64
}

/// Mean over the classes in `truth` of the share predicted right.
pub fn balanced_accuracy(truth: &[usize], predicted: &[usize]) -> f64 {
    let classes = truth.iter().max().map_or(0, |m| m + 1);
    let (mut right, mut count) = (vec![0.0; classes], vec![0.0; classes]);
    for (&t, &p) in truth.iter().zip(predicted) {
        count[t] += 1.0;
        right[t] += f64::from(u8::from(t == p));
    }
    let present: Vec<f64> = (0..classes)
        .filter(|&c| count[c] > 0.0)
        .map(|c| right[c] / count[c])
        .collect();
    present.iter().sum::<f64>() / present.len() as f64
}

/// Spearman's rank correlation over the pairs where both are numbers.
pub fn spearman(a: &[f32], b: &[f32]) -> f64 {
    let both: Vec<usize> = (0..a.len().min(b.len()))
        .filter(|&i| !a[i].is_nan() && !b[i].is_nan())
        .collect();
    let x = ranks(&both.iter().map(|&i| a[i]).collect::<Vec<_>>());
    let y = ranks(&both.iter().map(|&i| b[i]).collect::<Vec<_>>());
    let mean = (both.len() as f64 + 1.0) / 2.0;
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        xy += (x - mean) * (y - mean);
        xx += (x - mean).powi(2);
        yy += (y - mean).powi(2);
    }
    xy / (xx * yy).sqrt()
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    (a.iter().zip(b))
        .map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2))
        .sum()
}

/// Share of rows whose class is the commonest among their `k` nearest others (Euclidean; ties
/// by class). `O(n²)`: for some thousands of rows.
pub fn knn_accuracy(points: &Matrix, class: &[usize], k: usize) -> f64 {
    let n = points.rows().min(class.len());
    let classes = class.iter().max().map_or(0, |m| m + 1);
    let right: usize = (0..n)
        .into_par_iter()
        .map(|i| {
            let order = neighbours_in_order(points, i, n);
            let mut votes = vec![0usize; classes];
            for &j in order.iter().take(k) {
                votes[class[j]] += 1;
            }
            // The first of the largest.
            let mut best = 0;
            for c in 1..classes {
                if votes[c] > votes[best] {
                    best = c;
                }
            }
            usize::from(class[i] == best)
        })
        .sum();
    right as f64 / n as f64
}

fn neighbours_in_order(points: &Matrix, i: usize, n: usize) -> Vec<usize> {
    let mut order: Vec<(f64, usize)> = (0..n)
        .filter(|&j| j != i)
        .map(|j| (squared_distance(points.row(i), points.row(j)), j))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    order.into_iter().map(|(_, j)| j).collect()
}

/// Trustworthiness of a map (Venna & Kaski 2001): 1 if the `k` nearest points on the map were
/// near in the original space too, less the farther away they were there. `O(n² log n)`: for
/// some thousands of rows. `k` must be below half the number of rows.
pub fn trustworthiness(original: &Matrix, map: &Matrix, k: usize) -> f64 {
    let n = original.rows().min(map.rows());
    if k == 0 || 2 * k >= n {
        return f64::NAN;
    }
    let penalty: f64 = (0..n)
        .into_par_iter()
        .map(|i| {
            let mut rank = vec![0usize; n];
            for (r, j) in neighbours_in_order(original, i, n).into_iter().enumerate() {
                rank[j] = r + 1;
            }
            let near = neighbours_in_order(map, i, n);
            let excess: usize = near.iter().take(k).map(|&j| rank[j].saturating_sub(k)).sum();
            excess as f64
        })
        .sum();
    let (n, k) = (n as f64, k as f64);
    1.0 - penalty * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0))
}
