//! What plans are made of: norms, a transformer's packed blocks, and memory kept between calls.

use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;
use std::sync::{Mutex, PoisonError};

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

/// Memory that calls borrow and give back.
pub struct Pool<T>(Mutex<Vec<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T: Default> Pool<T> {
    pub(super) fn take(&self) -> T {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pop().unwrap_or_default()
    }

    pub(super) fn give(&self, memory: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }
}
