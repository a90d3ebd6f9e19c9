//! One block of AION-1's encoder in burn: the oracle of the compiled one, and what runs where there
//! are no kernels.

use super::layers::{Dense, Norm, self_attention};
use burn::tensor::Tensor;
use burn::tensor::activation::{gelu, silu};

/// Attention, then feed-forward layers, gated where there is a third.
#[derive(Debug)]
pub(super) struct AionBlock {
    pub norm1: Norm,
    pub qkv: Dense,
    pub proj: Dense,
    pub norm2: Norm,
    pub fc1: Dense,
    pub fc2: Dense,
    pub fc3: Option<Dense>,
}

impl AionBlock {
    pub fn forward(&self, x: Tensor<3>, heads: usize) -> Tensor<3> {
        let qkv = self.qkv.forward(self.norm1.forward(x.clone()));
        let x = x + self.proj.forward(self_attention(qkv, heads, false));
        let h = self.norm2.forward(x.clone());
        let h = match &self.fc3 {
            Some(fc3) => silu(self.fc1.forward(h.clone())) * fc3.forward(h),
            None => gelu(self.fc1.forward(h)),
        };
        x + self.fc2.forward(h)
    }
}
