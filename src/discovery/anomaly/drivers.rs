//! Why an object is strange: the features that carry its distance from the others.

use super::mahalanobis::Mahalanobis;
use crate::discovery::error::DiscoveryError;
use crate::discovery::features::Features;
use serde::{Deserialize, Serialize};

/// One feature's part in an object's strangeness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// Index among the features.
    pub feature: usize,
    /// Its name, or `vector[part].dimension` where the encoder gives none.
    pub name: String,
    /// Its z-score: how many standard deviations above (+) or below (−) the mean.
    pub z: f64,
    /// Its share, 0 to 1, of all features that raise the squared Mahalanobis distance. A large
    /// share with a small `z` means: usual by itself, unusual beside the others.
    pub share: f64,
}

/// The `top` features that contribute most to the Mahalanobis distance of `row`, largest first.
/// `names` are the parts' feature names one after another; a short list names the first.
///
/// # Errors
/// If the row has no vector.
pub fn drivers(
    features: &Features<'_>,
    covariance: &Mahalanobis,
    row: usize,
    names: &[String],
    top: usize,
) -> Result<Vec<Driver>, DiscoveryError> {
    let read = features.read_rows(&[row])?;
    let contributions = covariance.contributions(read.row(0));
    let total: f64 = contributions.iter().map(|c| c.max(0.0)).sum();
    let mut order: Vec<usize> = (0..contributions.len()).collect();
    order.sort_by(|&a, &b| contributions[b].total_cmp(&contributions[a]).then(a.cmp(&b)));
    Ok(order
        .into_iter()
        .take(top)
        .filter(|&j| contributions[j] > 0.0)
        .map(|j| {
            let (part, within) = features.origin(j);
            let name = match names.get(j) {
                Some(name) if !name.is_empty() => name.clone(),
                _ => format!("vector[{part}].{within}"),
            };
            Driver {
                feature: j,
                name,
                z: f64::from(read.row(0)[j]) / features.scale(j),
                share: contributions[j] / total,
            }
        })
        .collect())
}
