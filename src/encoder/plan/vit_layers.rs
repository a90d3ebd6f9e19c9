//! What plans are made of: norms and a transformer's packed blocks.

use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;

/// Scale and shift of a layer norm.
pub struct Norm {
    /// Scale.
    pub weight: Vec<f32>,
    /// Shift.
    pub bias: Vec<f32>,
}

impl Norm {
    /// A copy.
    pub(super) fn copy(&self) -> Self {
        Self {
            weight: self.weight.clone(),
            bias: self.bias.clone(),
        }
    }
}

/// One block; layer scale is in `proj` and `fc2`.
pub struct VitBlock {
    /// Before attention.
    pub norm1: Norm,
    /// To queries, keys and values side by side.
    pub qkv: Matrix,
    /// After attention.
    pub proj: Matrix,
    /// Before the feed-forward layers.
    pub norm2: Norm,
    /// To the inside of the feed-forward layers, twice as wide where they are gated.
    pub fc1: Matrix,
    /// Back.
    pub fc2: Matrix,
}

impl VitBlock {
    /// A copy of a block in single precision that computes in `precision`.
    pub(super) fn converted(&self, k: &Kernels, precision: Precision) -> Self {
        Self {
            norm1: self.norm1.copy(),
            qkv: self.qkv.converted(k, precision),
            proj: self.proj.converted(k, precision),
            norm2: self.norm2.copy(),
            fc1: self.fc1.converted(k, precision),
            fc2: self.fc2.converted(k, precision),
        }
    }
}
