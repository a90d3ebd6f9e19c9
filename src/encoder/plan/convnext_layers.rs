//! A ConvNeXt's packed layers, block by block.

pub use super::depthwise::Window;
use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;
use super::vit_layers::Norm;
use std::sync::Arc;

/// One block; layer scale is in `fc2`.
pub struct ConvNextBlock {
    /// Depthwise convolution.
    pub depthwise: Arc<Window>,
    /// After it.
    pub norm: Norm,
    /// To the inside.
    pub fc1: Matrix,
    /// Back.
    pub fc2: Matrix,
}

/// One stage: images of one size.
pub struct ConvNextStage {
    /// How the stage begins: a norm before 2×2 pixels become one (`[4 * channels, outputs]`, rows
    /// in the order y, x, channel); the first stage has none.
    pub shrink: Option<(Norm, Matrix)>,
    /// The blocks.
    pub blocks: Vec<ConvNextBlock>,
}

impl ConvNextStage {
    /// A copy of a stage in single precision that computes in `precision`.
    pub(super) fn converted(&self, k: &Kernels, precision: Precision) -> Self {
        let blocks = self.blocks.iter().map(|b| ConvNextBlock {
            depthwise: b.depthwise.clone(),
            norm: b.norm.copy(),
            fc1: b.fc1.converted(k, precision),
            fc2: b.fc2.converted(k, precision),
        });
        Self {
            shrink: (self.shrink.as_ref()).map(|(norm, m)| (norm.copy(), m.converted(k, precision))),
            blocks: blocks.collect(),
        }
    }

    /// Operations of the first `blocks` blocks a pixel.
    pub(super) fn pixel_flops(&self, blocks: usize) -> u64 {
        (self.blocks.iter().take(blocks))
            .map(|b| {
                b.fc1.flops()
                    + b.fc2.flops()
                    + 2 * (b.depthwise.side * b.depthwise.side * b.fc1.inputs) as u64
            })
            .sum()
    }
}
