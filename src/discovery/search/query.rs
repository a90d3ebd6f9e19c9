//! What is looked for, and how angles are measured.

use super::FusedPart;
use crate::discovery::error::DiscoveryError;
use crate::discovery::standardize::Standardizer;

/// How much a disliked example counts against a liked one (Rocchio 1971, γ/β; his followers'
/// values lie between 0.15 and 1).
pub const DISLIKE_WEIGHT: f64 = 0.5;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub enum Query<'q> {
    /// Something like these rows and unlike those: the mean of the liked rows' directions minus
    /// [`DISLIKE_WEIGHT`] times the mean of the disliked rows' (Rocchio 1971). The rows
    /// themselves are not found again.
    Rows {
        /// Examples to be near to; at least one.
        liked: &'q [usize],
        /// Examples to be far from.
        disliked: &'q [usize],
    },
    /// A vector from elsewhere, such as an image that is not in the catalogue.
    Vector(&'q [f32]),
}

/// How the angle between two vectors is measured.
#[derive(Debug, Clone, Copy)]
pub enum Metric<'m> {
    /// Between the vectors as they are: network embeddings.
    Raw,
    /// Between the vectors of z-scores: numbers of different units, and better for most
    /// embeddings too, because no common offset dominates the angle.
    Standardized(&'m Standardizer),
}

impl Metric<'_> {
    /// An error where the standardisation is not of width `dim`.
    pub(super) fn check(&self, dim: usize) -> Result<(), DiscoveryError> {
        match self {
            Metric::Standardized(s) if s.dim() != dim => Err(DiscoveryError::Shape {
                what: "width of the standardisation",
                expected: dim,
                found: s.dim(),
            }),
            _ => Ok(()),
        }
    }

    /// `row` under this metric at unit length, or `None` if it has no direction.
    fn unit(&self, row: &[f32]) -> Option<Vec<f64>> {
        let mut v: Vec<f64> = row.iter().map(|&x| f64::from(x)).collect();
        if let Metric::Standardized(s) = self {
            for (j, x) in v.iter_mut().enumerate() {
                *x = (*x - s.mean[j]) * s.inverse_std(j);
            }
        }
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !(length.is_finite() && length > 0.0) {
            return None;
        }
        v.iter_mut().for_each(|x| *x /= length);
        Some(v)
    }
}

/// The query's direction in each part; unit length for a single row, shorter for a mean.
pub(super) fn directions(
    parts: &[FusedPart<'_, '_>],
    query: &Query<'_>,
) -> Result<Vec<Vec<f64>>, DiscoveryError> {
    let rows = parts.first().map_or(0, |p| p.vectors.rows());
    let width: usize = parts.iter().map(|p| p.vectors.dim()).sum();
    for p in parts {
        p.metric.check(p.vectors.dim())?;
        let lengths = [
            ("rows of fused vectors", p.vectors.rows()),
            ("cached lengths of the rows", p.norms.map_or(rows, <[f32]>::len)),
        ];
        for (what, found) in lengths {
            if found != rows {
                return Err(DiscoveryError::Shape {
                    what,
                    expected: rows,
                    found,
                });
            }
        }
        if !(p.weight.is_finite() && p.weight > 0.0) {
            return Err(DiscoveryError::Setting {
                what: "weight of an encoder",
                value: p.weight.to_string(),
                allowed: "above 0",
            });
        }
    }
    match query {
        Query::Vector(v) => {
            if v.len() != width {
                return Err(DiscoveryError::Shape {
                    what: "width of the query vector",
                    expected: width,
                    found: v.len(),
                });
            }
            let mut rest = *v;
            parts
                .iter()
                .map(|p| {
                    let (here, after) = rest.split_at(p.vectors.dim());
                    rest = after;
                    p.metric.unit(here).ok_or(DiscoveryError::EmptyQuery)
                })
                .collect()
        }
        Query::Rows { liked, disliked } => {
            if liked.is_empty() {
                return Err(DiscoveryError::EmptyQuery);
            }
            parts
                .iter()
                .map(|p| {
                    let mut sum = vec![0.0; p.vectors.dim()];
                    add_mean(&mut sum, p, liked, 1.0)?;
                    add_mean(&mut sum, p, disliked, -DISLIKE_WEIGHT)?;
                    Ok(sum)
                })
                .collect()
        }
    }
}

fn add_mean(
    sum: &mut [f64],
    part: &FusedPart<'_, '_>,
    rows: &[usize],
    weight: f64,
) -> Result<(), DiscoveryError> {
    let mut read = vec![0.0; sum.len()];
    for &row in rows {
        if row >= part.vectors.rows() {
            return Err(DiscoveryError::NoSuchRow {
                row,
                rows: part.vectors.rows(),
            });
        }
        if !part.vectors.is_present(row) {
            return Err(DiscoveryError::NoVector { row });
        }
        part.vectors.read_row(row, &mut read);
        let unit = part.metric.unit(&read).ok_or(DiscoveryError::NoVector { row })?;
        for (s, u) in sum.iter_mut().zip(unit) {
            *s += weight * u / rows.len() as f64;
        }
    }
    Ok(())
}
