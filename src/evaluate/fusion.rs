//! All encoders at once: their vectors side by side, wide ones by their main components.

use crate::discovery::projection::Pca;
use crate::discovery::{DiscoveryError, Features, Matrix, Standardizer, Vectors};
use crate::progress::Progress;

/// A network's vector is brought to so many principal components.
const COMPONENTS: usize = 64;

/// Vectors z-scored and, where they are wider than 64 numbers, brought to 64 principal components, whose
/// variances come along.
///
/// # Errors
/// Cancelled; fewer than two objects.
pub fn condensed(
    vectors: &Matrix,
    progress: &dyn Progress,
) -> Result<(Matrix, Option<Vec<f64>>), DiscoveryError> {
    let view = Vectors::from_f32(vectors.cols, &vectors.values);
    let standardizer = Standardizer::fit(&view, progress)?;
    let features = Features::single(view, standardizer)?;
    if vectors.cols > COMPONENTS {
        let pca = Pca::fit(&features, COMPONENTS, progress)?;
        return Ok((pca.transform(&features, progress)?, Some(pca.variance)));
    }
    let mut all = Matrix::missing(vectors.rows(), vectors.cols);
    for (i, out) in all.values.chunks_exact_mut(vectors.cols).enumerate() {
        features.read_row(i, out);
    }
    Ok((all, None))
}

/// The encoders' vectors of the same objects as one: each z-scored, those wider than 64 numbers brought
/// to 64 principal components, each encoder divided by its norm.
///
/// # Errors
/// Cancelled; fewer than two objects.
pub fn fused(parts: &[&Matrix], progress: &dyn Progress) -> Result<Matrix, DiscoveryError> {
    let mut blocks = Vec::new();
    for part in parts {
        let (mut block, _) = condensed(part, progress)?;
        let squares: f64 = block.values.iter().map(|v| f64::from(*v).powi(2)).sum();
        let norm = (squares / part.rows().max(1) as f64).sqrt();
        if norm > 0.0 {
            block
                .values
                .iter_mut()
                .for_each(|v| *v = (f64::from(*v) / norm) as f32);
        }
        blocks.push(block);
    }
    let rows = blocks.first().map_or(0, Matrix::rows);
    let mut values = Vec::new();
    for i in 0..rows {
        for block in &blocks {
            values.extend_from_slice(block.row(i));
        }
    }
    Ok(Matrix {
        cols: blocks.iter().map(|b| b.cols).sum(),
        values,
    })
}
