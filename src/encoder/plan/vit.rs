//! A Vision Transformer's plan: blocks of packed layers, and the order in which the cores go
//! through them.
//!
//! A core takes its tokens through a whole block alone; it needs the others only for their keys
//! and values. So a core either has images of its own, or shares one with a single meeting a block
//! (two buffers of keys and values take turns, so that the next block's may be written while a
//! slower core still reads).

#![allow(
    unsafe_code,
    reason = "cores that share an image write disjoint rows of the output and of keys and values"
)]

use super::attention::{Heads, KeysValues, SharedKeysValues, Weights, attend, deal};
use super::buffer::{Buffer, Shared};
use super::isa::Precision;
use super::kernels::Kernels;
use super::matrix::Matrix;
use super::operand::{Operand, spacing};
use super::pool::Pool;
use super::product::{After, product, product_operand};
use super::team::{Barrier, Deal, Team, part};
pub use super::vit_layers::{Norm, VitBlock};
use std::ops::Range;

/// A compiled Vision Transformer.
pub struct VitPlan {
    /// For which instruction set.
    pub kernels: &'static Kernels,
    /// In which numbers the blocks' layers are.
    pub precision: Precision,
    /// Number of heads.
    pub heads: usize,
    /// Side of a patch in pixels.
    pub patch_px: usize,
    /// Number of channels of an image.
    pub channels: usize,
    /// ε of every layer norm.
    pub epsilon: f32,
    /// What happens inside the feed-forward layers.
    pub inside: Inside,
    /// Whether a token sees only itself and those before it.
    pub causal: bool,
    /// `[channels * patch * patch, width]` in single precision, without bias (it is in the table).
    pub patches: Matrix,
    /// The blocks.
    pub blocks: Vec<VitBlock>,
    /// The last norm.
    pub norm: Norm,
    /// Cores' memory, kept between calls.
    pub memory: Pool<Memory>,
}

impl std::fmt::Debug for VitPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (isa, precision) = (self.kernels.isa.name(), self.precision.name());
        write!(f, "VitPlan({isa}, {precision}, {} blocks)", self.blocks.len())
    }
}

/// What happens inside the feed-forward layers of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// The exact GELU.
    Gelu,
    /// GELU's approximation by a tanh.
    TanhGelu,
    /// SwiGLU: the first layer is twice as wide, one half gates the other.
    Gated,
}

/// One core's memory.
#[derive(Default)]
pub struct Memory {
    tokens: Buffer,
    qkv: Buffer,
    mixed: Buffer,
    hidden: Buffer,
    left: Operand,
    inner: Operand,
    weights: Weights,
    keys_values: [KeysValues; 2],
}

/// What a call asks for.
struct Call<'a> {
    input: &'a [f32],
    height: usize,
    width: usize,
    table: &'a [f32],
    blocks: usize,
    normed: bool,
    heads: Heads,
    out: Shared,
}

impl VitPlan {
    /// A copy of a plan in single precision whose blocks compute in `precision`.
    pub fn converted(&self, precision: Precision) -> Self {
        let k = self.kernels;
        Self {
            precision,
            patches: self.patches.converted(k, Precision::F32),
            blocks: (self.blocks.iter()).map(|b| b.converted(k, precision)).collect(),
            norm: self.norm.copy(),
            memory: Pool::default(),
            ..*self
        }
    }

    /// Width of a token.
    pub fn width(&self) -> usize {
        self.patches.outputs
    }

    /// Tokens of `batch` images after the first `blocks` blocks into `out`, `[batch, tokens, width]`,
    /// through the last norm if `normed`.
    ///
    /// `input` is `[batch, channels, height, width]`; `table` is what is added to each token
    /// before the first block, `[tokens, width]`: class token, registers, then the patches'
    /// positions with the patch embedding's bias. Or one table an image, `[batch, tokens, width]`.
    pub fn tokens(
        &self,
        team: &Team,
        input: &[f32],
        [batch, height, width]: [usize; 3],
        table: &[f32],
        (blocks, normed): (usize, bool),
        out: &mut [f32],
    ) {
        if batch == 0 {
            return;
        }
        let tokens = out.len() / (batch * self.width());
        assert_eq!(
            input.len(),
            batch * self.channels * height * width,
            "an input of another shape"
        );
        assert!(
            out.len() == batch * tokens * self.width()
                && [1, batch]
                    .map(|tables| tables * tokens * self.width())
                    .contains(&table.len()),
            "an output of another shape"
        );
        let heads = [self.heads, self.width() / self.heads, tokens];
        let call = Call {
            input,
            height,
            width,
            table,
            blocks: blocks.min(self.blocks.len()),
            normed,
            heads: Heads::new(self.kernels, self.precision, heads, self.causal),
            out: Shared::of(out),
        };
        let lanes = team.lanes();
        let own = batch / lanes * lanes;
        // Images of which all cores take a part.
        let barrier = Barrier::new(lanes);
        let mut common = self.memory.take();
        let shared = [0, 1].map(|i| common.keys_values[i].share(&call.heads));
        let alone_on = Deal::new(own);
        team.run(|lane| {
            let _lane = barrier.enter();
            let mut memory = self.memory.take();
            let alone = Barrier::new(1);
            while let Some(image) = alone_on.take() {
                let mine = memory.keys_values[0].share(&call.heads);
                self.image(&call, image, 0..tokens, [mine; 2], &alone, &mut memory);
            }
            for image in own..batch {
                let mine = part(tokens, lane, lanes);
                self.image(&call, image, mine, shared, &barrier, &mut memory);
                barrier.meet();
            }
            self.memory.give(memory);
        });
        self.memory.give(common);
    }

    /// Takes `tokens` of one image from pixels to the output.
    fn image(
        &self,
        call: &Call<'_>,
        image: usize,
        tokens: Range<usize>,
        keys_values: [SharedKeysValues; 2],
        barrier: &Barrier,
        memory: &mut Memory,
    ) {
        let (k, width, first) = (self.kernels, self.width(), tokens.start);
        let count = tokens.len();
        let ldq = spacing(3 * width);
        let ldm = spacing(width);
        let chunk = self.chunk_rows(count);
        memory.tokens.grow(count * width);
        memory.mixed.grow(count * ldm);
        memory.qkv.grow(chunk * ldq);
        self.embed(call, image, tokens.clone(), memory);
        for (number, block) in self.blocks[..call.blocks].iter().enumerate() {
            let to = keys_values[number % 2];
            for at in (0..count).step_by(chunk) {
                let rows = chunk.min(count - at);
                let x = &memory.tokens.floats()[at * width..];
                (memory.left).fill(k, block.qkv.precision, rows, width, |i, row| {
                    self.norm_row(&block.norm1, &x[i * width..][..width], row);
                });
                let qkv = memory.qkv.floats_mut();
                product(k, &memory.left, rows, &block.qkv, After::Store, qkv, ldq);
                // SAFETY: these tokens are this core's own; the others read this buffer only after
                // the meeting below, and had left it before the last one.
                unsafe { deal(&call.heads, to, qkv, ldq, first + at..first + at + rows) };
                let mixed = &mut memory.mixed.floats_mut()[at * ldm..];
                for (from, to) in qkv.chunks_exact(ldq).zip(mixed.chunks_exact_mut(ldm)).take(rows) {
                    to[..width].copy_from_slice(&from[..width]);
                }
            }
            barrier.meet();
            let mixed = memory.mixed.floats_mut();
            // SAFETY: all tokens are there after the meeting, and the next block writes the other buffer.
            unsafe {
                attend(
                    k,
                    &call.heads,
                    to,
                    mixed,
                    ldm,
                    tokens.clone(),
                    &mut memory.weights,
                )
            };
            for at in (0..count).step_by(chunk) {
                self.feed_forward(block, at, chunk.min(count - at), memory);
            }
        }
        let at = (image * call.heads.tokens + first) * width;
        // SAFETY: these tokens of this image are written by this core only.
        let out = unsafe { call.out.floats_mut(at, count * width) };
        if !call.normed {
            out.copy_from_slice(&memory.tokens.floats()[..count * width]);
            return;
        }
        for (row, out) in (memory.tokens.floats().chunks_exact(width)).zip(out.chunks_exact_mut(width)) {
            self.norm_row(&self.norm, row, out);
        }
    }

    /// Rows at a time: their feed-forward layers stay in the second-level cache, but a panel of
    /// weights serves at least 64.
    fn chunk_rows(&self, count: usize) -> usize {
        let widest = self.blocks.first().map_or(1, |b| b.fc1.outputs + b.fc1.inputs);
        let most = (160_000 / widest).max(64);
        let rows = count.div_ceil(count.div_ceil(most).max(1)).max(1);
        rows.next_multiple_of(self.kernels.cut(self.precision).unit)
    }

    /// Projection, norm and feed-forward layers of some rows.
    fn feed_forward(&self, block: &VitBlock, at: usize, rows: usize, memory: &mut Memory) {
        let (k, width) = (self.kernels, self.width());
        let ldm = spacing(width);
        let mixed = &memory.mixed.floats()[at * ldm..];
        (memory.left).copy(k, block.proj.precision, rows, width, mixed, ldm);
        let x = &mut memory.tokens.floats_mut()[at * width..];
        product(k, &memory.left, rows, &block.proj, After::Add, x, width);
        (memory.left).fill(k, block.fc1.precision, rows, width, |i, row| {
            self.norm_row(&block.norm2, &x[i * width..][..width], row);
        });
        let (inside, precision) = (block.fc2.inputs, block.fc2.precision);
        if self.inside == Inside::Gated {
            let ld = spacing(block.fc1.outputs);
            memory.hidden.grow(rows * ld);
            let hidden = memory.hidden.floats_mut();
            product(k, &memory.left, rows, &block.fc1, After::Store, hidden, ld);
            for row in hidden.chunks_exact_mut(ld).take(rows) {
                k.gate(&mut row[..2 * inside]);
            }
            memory.inner.copy(k, precision, rows, inside, hidden, ld);
        } else {
            let inner = (&mut memory.inner, precision);
            let hidden = &mut memory.hidden;
            let after = match self.inside {
                Inside::TanhGelu => After::TanhGelu,
                _ => After::Gelu,
            };
            product_operand(k, &memory.left, rows, &block.fc1, after, inner, hidden);
        }
        product(k, &memory.inner, rows, &block.fc2, After::Add, x, width);
    }

    /// Patches times the embedding, plus the table.
    fn embed(&self, call: &Call<'_>, image: usize, tokens: Range<usize>, memory: &mut Memory) {
        let (k, width, side) = (self.kernels, self.width(), self.patch_px);
        let columns = call.width / side;
        let leading = call.heads.tokens - columns * (call.height / side);
        let pixels = call.height * call.width;
        let planes = &call.input[image * self.channels * pixels..][..self.channels * pixels];
        let x = &mut memory.tokens.floats_mut()[..tokens.len() * width];
        let table = &call.table[image * call.heads.tokens * width % call.table.len()..];
        x.copy_from_slice(&table[tokens.start * width..tokens.end * width]);
        let first = tokens.start.max(leading);
        let rows = tokens.end.saturating_sub(first);
        let len = self.patches.inputs;
        let chunk = 64;
        for at in (0..rows).step_by(chunk) {
            let rows = chunk.min(rows - at);
            (memory.left).fill(k, self.patches.precision, rows, len, |i, row| {
                let patch = first + at + i - leading;
                let corner = patch / columns * side * call.width + patch % columns * side;
                for (line, to) in row.chunks_exact_mut(side).enumerate() {
                    let from = line / side * pixels + corner + line % side * call.width;
                    to.copy_from_slice(&planes[from..from + side]);
                }
            });
            let to = &mut x[(first - tokens.start + at) * width..];
            product(k, &memory.left, rows, &self.patches, After::Add, to, width);
        }
    }

    fn norm_row(&self, norm: &Norm, x: &[f32], out: &mut [f32]) {
        self.kernels.norm(x, &norm.weight, &norm.bias, self.epsilon, out);
    }

    /// Operations of `blocks` blocks on an image of `tokens` tokens.
    pub fn flops(&self, tokens: usize, blocks: usize) -> u64 {
        let tokens = tokens as u64;
        let layers: u64 = (self.blocks.iter().take(blocks))
            .map(|b| b.qkv.flops() + b.proj.flops() + b.fc1.flops() + b.fc2.flops())
            .map(|layer| layer * tokens + 4 * tokens * tokens * self.width() as u64)
            .sum();
        layers + self.patches.flops() * tokens
    }
}
