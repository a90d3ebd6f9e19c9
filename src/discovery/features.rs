//! What a classifier, an outlier score or a map works on: one or several encoders' vectors,
//! z-scored and brought to one scale ("on morphometry, on vectors and on both").

use super::error::DiscoveryError;
use super::kernel::{BLOCK_ROWS, Linear, STEP_ROWS, par_blocks};
use super::matrix::Matrix;
use super::standardize::Standardizer;
use super::vectors::Vectors;
use crate::progress::Progress;
use std::ops::Range;

/// One encoder's vectors with their z-scoring.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// The stored rows.
    pub vectors: Vectors<'a>,
    /// Their mean and spread ([`Standardizer::identity`] to leave them as they are).
    pub standardizer: Standardizer,
    /// How much this encoder counts beside the others; 1 for equal.
    pub weight: f64,
}

/// Rows of width `dim` = sum of the parts' widths: z-scores, each part scaled by
/// `weight · sqrt(dim / (parts · its width))`, so that with equal weights every encoder brings
/// the same mean squared norm, however many dimensions it has. With one part: plain z-scores.
#[derive(Debug, Clone)]
pub struct Features<'a> {
    parts: Vec<Part<'a>>,
    scales: Vec<f64>,
    /// What a value of each dimension is multiplied by once its mean is taken off.
    factors: Vec<f64>,
    dim: usize,
    rows: usize,
}

impl<'a> Features<'a> {
    /// One encoder's vectors.
    ///
    /// # Errors
    /// If the standardiser is of another width.
    pub fn single(vectors: Vectors<'a>, standardizer: Standardizer) -> Result<Self, DiscoveryError> {
        Self::fused(vec![Part {
            vectors,
            standardizer,
            weight: 1.0,
        }])
    }

    /// Vectors as they are stored, without z-scoring.
    pub fn raw(vectors: Vectors<'a>) -> Self {
        let dim = vectors.dim();
        Self {
            rows: vectors.rows(),
            parts: vec![Part {
                standardizer: Standardizer::identity(dim),
                vectors,
                weight: 1.0,
            }],
            scales: vec![1.0],
            factors: vec![1.0; dim],
            dim,
        }
    }

    /// Several encoders' vectors of the same objects.
    ///
    /// # Errors
    /// If there is no part, numbers of rows or widths differ, or a weight isn't positive.
    pub fn fused(parts: Vec<Part<'a>>) -> Result<Self, DiscoveryError> {
        let rows = parts.first().map_or(0, |p| p.vectors.rows());
        let dim: usize = parts.iter().map(|p| p.vectors.dim()).sum();
        if parts.is_empty() {
            return Err(DiscoveryError::TooFewRows {
                what: "a set of features",
                needed: 1,
                found: 0,
            });
        }
        for p in &parts {
            if p.vectors.rows() != rows {
                return Err(DiscoveryError::Shape {
                    what: "rows of fused vectors",
                    expected: rows,
                    found: p.vectors.rows(),
                });
            }
            if p.standardizer.dim() != p.vectors.dim() {
                return Err(DiscoveryError::Shape {
                    what: "width of the standardisation",
                    expected: p.vectors.dim(),
                    found: p.standardizer.dim(),
                });
            }
            if !(p.weight.is_finite() && p.weight > 0.0) {
                return Err(DiscoveryError::Setting {
                    what: "weight of an encoder",
                    value: p.weight.to_string(),
                    allowed: "above 0",
                });
            }
        }
        let count = parts.len() as f64;
        let scales: Vec<f64> = parts
            .iter()
            .map(|p| p.weight * (dim as f64 / (count * p.vectors.dim() as f64)).sqrt())
            .collect();
        let factors = (parts.iter().zip(&scales))
            .flat_map(|(p, scale)| (0..p.vectors.dim()).map(move |j| p.standardizer.inverse_std(j) * scale))
            .collect();
        Ok(Self {
            parts,
            scales,
            factors,
            dim,
            rows,
        })
    }

    /// The encoders' parts, in order.
    pub fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// Width of a row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of rows, missing ones included.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether row `i` has a vector in every part.
    pub fn is_present(&self, i: usize) -> bool {
        i < self.rows && self.parts.iter().all(|p| p.vectors.is_present(i))
    }

    /// Says so if fewer than `needed` rows have a vector in every part, which `what` can't do without.
    ///
    /// # Errors
    /// [`DiscoveryError::TooFewRows`].
    pub fn require(&self, what: &'static str, needed: usize) -> Result<(), DiscoveryError> {
        let found = (0..self.rows).filter(|&i| self.is_present(i)).count();
        if found < needed {
            return Err(DiscoveryError::TooFewRows { what, needed, found });
        }
        Ok(())
    }

    /// Part and dimension within it that feature `j` comes from.
    pub fn origin(&self, j: usize) -> (usize, usize) {
        let mut within = j;
        for (p, part) in self.parts.iter().enumerate() {
            if within < part.vectors.dim() {
                return (p, within);
            }
            within -= part.vectors.dim();
        }
        (self.parts.len(), within)
    }

    /// Factor that feature `j`'s z-score was multiplied by.
    pub fn scale(&self, j: usize) -> f64 {
        self.scales.get(self.origin(j).0).copied().unwrap_or(1.0)
    }

    /// Reads row `i` into `out` (`dim` values). False, with `out` undefined, where the row is
    /// missing or not finite.
    pub fn read_row(&self, i: usize, out: &mut [f32]) -> bool {
        if !self.is_present(i) {
            return false;
        }
        let (mut rest, mut factors) = (out, self.factors.as_slice());
        for part in &self.parts {
            let (here, after) = rest.split_at_mut(part.vectors.dim());
            let (factor, later) = factors.split_at(part.vectors.dim());
            part.vectors.read_row(i, here);
            let mut finite = true;
            for ((v, mean), factor) in here.iter_mut().zip(&part.standardizer.mean).zip(factor) {
                *v = ((f64::from(*v) - mean) * factor) as f32;
                finite &= v.is_finite();
            }
            if !finite {
                return false;
            }
            (rest, factors) = (after, later);
        }
        true
    }

    /// The rows given, read; an error names the first that has no vector.
    pub(crate) fn read_rows(&self, rows: &[usize]) -> Result<Matrix, DiscoveryError> {
        let mut m = Matrix::missing(rows.len(), self.dim);
        for (&row, out) in rows.iter().zip(m.values.chunks_exact_mut(self.dim)) {
            if row >= self.rows {
                return Err(DiscoveryError::NoSuchRow { row, rows: self.rows });
            }
            if !self.read_row(row, out) {
                return Err(DiscoveryError::NoVector { row });
            }
        }
        Ok(m)
    }

    /// Weights over features (`outputs × dim`, row-major) made ready to meet stored rows.
    pub(crate) fn fold(&self, weights: &[f64]) -> Folded<'_, 'a> {
        let mut offset = 0;
        let maps = (self.parts.iter().zip(&self.scales))
            .map(|(part, scale)| {
                let width = part.vectors.dim();
                let mut w = Vec::with_capacity(weights.len() / self.dim * width);
                for row in weights.chunks_exact(self.dim) {
                    w.extend(
                        (row[offset..offset + width].iter().enumerate())
                            .map(|(j, v)| v * scale * part.standardizer.inverse_std(j)),
                    );
                }
                offset += width;
                Linear::new(w, part.standardizer.mean.clone())
            })
            .collect();
        Folded { features: self, maps }
    }

    /// `weights · row + bias` of every row: `rows × outputs`, NaN where a row is missing.
    ///
    /// # Errors
    /// Cancelled.
    pub(crate) fn project(
        &self,
        weights: &[f64],
        bias: &[f64],
        stage: &str,
        progress: &dyn Progress,
    ) -> Result<Matrix, DiscoveryError> {
        let outputs = bias.len();
        let folded = self.fold(weights);
        let blocks = par_blocks(self.rows, BLOCK_ROWS, stage, progress, |span| {
            let mut out = Vec::with_capacity(span.len() * outputs);
            folded.each(span, bias, |sums| match sums {
                Some(sums) => out.extend(sums.iter().map(|&v| v as f32)),
                None => out.extend(std::iter::repeat_n(f32::NAN, outputs)),
            });
            out
        })?;
        let mut values = Vec::with_capacity(self.rows * outputs);
        for block in blocks {
            values.extend(block);
        }
        Ok(Matrix {
            cols: outputs,
            values,
        })
    }
}

/// Weights with the parts' standardisation folded in.
pub(crate) struct Folded<'f, 'a> {
    features: &'f Features<'a>,
    maps: Vec<Linear>,
}

impl Folded<'_, '_> {
    /// Hands `bias + weights · features` of each row of `span` to `take`, in order; `None` where a
    /// row is missing or not finite.
    pub(crate) fn each(&self, span: Range<usize>, bias: &[f64], mut take: impl FnMut(Option<&[f64]>)) {
        let outputs = bias.len();
        let (mut sums, mut scratch) = (Vec::new(), Vec::new());
        for start in span.clone().step_by(STEP_ROWS) {
            let step = start..(start + STEP_ROWS).min(span.end);
            sums.clear();
            for _ in step.clone() {
                sums.extend_from_slice(bias);
            }
            for (map, part) in self.maps.iter().zip(&self.features.parts) {
                map.add(&part.vectors, step.clone(), &mut scratch, &mut sums);
            }
            for i in step.clone() {
                let row = &sums[(i - start) * outputs..(i - start + 1) * outputs];
                let there = self.features.is_present(i) && row.iter().all(|v| v.is_finite());
                take(there.then_some(row));
            }
        }
    }
}
