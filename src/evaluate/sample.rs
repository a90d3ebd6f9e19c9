//! What is evaluated: the labelled objects' vectors, z-scored over themselves, and their classes.

use crate::discovery::{DiscoveryError, Features, Matrix, Standardizer, Vectors};
use crate::progress::Progress;
use serde::Serialize;

/// Mean and standard deviation (the population's) of a figure over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Default)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation over the seeds.
    pub spread: f64,
}

impl Spread {
    /// Of some values; NaN without any.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        Self {
            mean,
            spread: (squares / n).sqrt(),
        }
    }
}

/// Labelled vectors of one encoder.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Mean and spread of the vectors as they came.
    pub standardizer: Standardizer,
    /// Z-scores, `objects × dim`.
    pub z: Matrix,
    /// Class number of each object, an index into the sorted names.
    pub class: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
}

impl Sample {
    /// Z-scores `vectors` (all finite, one row an object).
    ///
    /// # Errors
    /// [`DiscoveryError::TooFewRows`] without a row; cancelled.
    pub fn new(
        vectors: &Matrix,
        class: Vec<usize>,
        classes: usize,
        progress: &dyn Progress,
    ) -> Result<Self, DiscoveryError> {
        let view = Vectors::from_f32(vectors.cols, &vectors.values);
        let standardizer = Standardizer::fit(&view, progress)?;
        Ok(Self {
            z: scored(&standardizer, vectors),
            standardizer,
            class,
            classes,
        })
    }

    /// Other vectors of the same encoder, z-scored by this sample's means and spreads.
    pub fn scored(&self, vectors: &Matrix) -> Matrix {
        scored(&self.standardizer, vectors)
    }

    /// Number of objects.
    pub fn rows(&self) -> usize {
        self.class.len()
    }

    /// The rows of each class, ascending.
    pub fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.classes];
        for (i, &c) in self.class.iter().enumerate() {
            members[c].push(i);
        }
        members
    }

    /// The z-scores as features that are left as they are.
    pub fn features(&self) -> Features<'_> {
        Features::raw(Vectors::from_f32(self.z.cols, &self.z.values))
    }

    /// Z-scores at unit length, whose Euclidean neighbours are those by cosine; a vector of zeros
    /// stays one.
    pub fn directions(&self) -> Matrix {
        unit_rows(&self.z)
    }
}

fn scored(standardizer: &Standardizer, vectors: &Matrix) -> Matrix {
    let mut z = vectors.clone();
    for row in z.values.chunks_exact_mut(vectors.cols) {
        standardizer.apply(row);
    }
    z
}

/// Every row at unit length.
pub fn unit_rows(m: &Matrix) -> Matrix {
    let mut out = m.clone();
    for row in out.values.chunks_exact_mut(m.cols) {
        let norm = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        if norm > 0.0 {
            row.iter_mut().for_each(|v| *v = (f64::from(*v) / norm) as f32);
        }
    }
    out
}

/// Listens to nothing but the wish to stop: the parts of an evaluation are steps of one bar.
pub(crate) struct Hush<'p>(pub &'p dyn Progress);

impl Progress for Hush<'_> {
    fn begin(&self, _stage: &str, _total: Option<u64>) {}
    fn advance(&self, _steps: u64) {}
    fn note(&self, _message: &str) {}
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}
