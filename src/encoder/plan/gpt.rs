//! The plan of a GPT over patches: one or two packed layers make tokens of patches, and a
//! [`VitPlan`] whose tokens see only those before them does the rest.

#![allow(
    unsafe_code,
    reason = "cores write the tokens of their own patches into one row"
)]

use super::buffer::{Buffer, Shared};
use super::isa::Precision;
use super::matrix::Matrix;
use super::operand::Operand;
use super::pool::Pool;
use super::product::{After, product, product_operand};
use super::team::{Deal, Team};
use super::vit::VitPlan;

/// Patches at a time.
const ROWS: usize = 64;

/// A compiled GPT over patches.
pub struct GptPlan {
    /// `[values of a patch, width]`, or to the layer between.
    pub embed: Matrix,
    /// From there to the width, where patches become tokens by two layers with a GELU between.
    pub second: Option<Matrix>,
    /// What is added to the tokens, `[tokens, width]`.
    pub positions: Vec<f32>,
    /// The blocks; its patches are not asked.
    pub blocks: VitPlan,
    /// Cores' memory, kept between calls.
    pub memory: Pool<GptMemory>,
}

/// One core's memory.
#[derive(Default)]
pub struct GptMemory {
    left: Operand,
    inner: Operand,
    hidden: Buffer,
}

impl std::fmt::Debug for GptPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GptPlan({:?})", self.blocks)
    }
}

impl GptPlan {
    /// A copy of a plan in single precision that computes in `precision`.
    pub fn converted(&self, precision: Precision) -> Self {
        let rough = |m: &Matrix| m.converted(self.blocks.kernels, precision);
        Self {
            embed: rough(&self.embed),
            second: self.second.as_ref().map(rough),
            positions: self.positions.clone(),
            blocks: self.blocks.converted(precision),
            memory: Pool::default(),
        }
    }

    /// Tokens of `batch` images after the first `blocks` blocks into `out`, `[batch, tokens, width]`,
    /// through the last norm if `normed`. `patch(image, token, values)` writes a patch's values.
    pub fn tokens(
        &self,
        team: &Team,
        batch: usize,
        patch: impl Fn(usize, usize, &mut [f32]) + Sync,
        (blocks, normed): (usize, bool),
        out: &mut [f32],
    ) {
        if batch == 0 {
            return;
        }
        let (k, width) = (self.blocks.kernels, self.blocks.width());
        let tokens = out.len() / (batch * width);
        assert!(
            out.len() == batch * tokens * width && tokens * width <= self.positions.len(),
            "an output of another shape"
        );
        let mut table = vec![0.0f32; out.len()];
        let to = Shared::of(&mut table);
        let pieces = tokens.div_ceil(ROWS);
        let all = Deal::new(batch * pieces);
        team.run(|_| {
            let mut m = self.memory.take();
            while let Some(number) = all.take() {
                let (image, first) = (number / pieces, number % pieces * ROWS);
                let rows = ROWS.min(tokens - first);
                // SAFETY: a piece's tokens are written by the lane that has taken it alone.
                let to = unsafe { to.floats_mut((image * tokens + first) * width, rows * width) };
                to.copy_from_slice(&self.positions[first * width..(first + rows) * width]);
                (m.left).fill(k, self.embed.precision, rows, self.embed.inputs, |i, row| {
                    patch(image, first + i, row);
                });
                match &self.second {
                    None => product(k, &m.left, rows, &self.embed, After::Add, to, width),
                    Some(second) => {
                        let inner = (&mut m.inner, second.precision);
                        let after = After::TanhGelu;
                        product_operand(k, &m.left, rows, &self.embed, after, inner, &mut m.hidden);
                        product(k, &m.inner, rows, second, After::Add, to, width);
                    }
                }
            }
            self.memory.give(m);
        });
        (self.blocks).tokens(team, &[], [batch, 0, 0], &table, (blocks, normed), out);
    }

    /// Operations of `blocks` blocks on an image of `tokens` tokens; half of the products of queries and keys are
    /// never asked for.
    pub fn flops(&self, tokens: usize, blocks: usize) -> u64 {
        let (count, width) = (tokens as u64, self.blocks.width() as u64);
        let layers: u64 = (self.blocks.blocks.iter().take(blocks))
            .map(|b| b.qkv.flops() + b.proj.flops() + b.fc1.flops() + b.fc2.flops())
            .map(|layer| layer * count + 2 * count * count * width)
            .sum();
        layers + (self.embed.flops() + self.second.as_ref().map_or(0, Matrix::flops)) * count
    }
}
