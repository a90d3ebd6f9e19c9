//! Compiled plans: what a network becomes for this processor before it meets an image.
//!
//! A network is written once, in burn (`encoder::model`); that generic path is the oracle that
//! plans are tested against, and runs where there are no kernels. A plan holds the same weights,
//! packed once in the order in which the innermost loops read them, and does in few passes what the
//! generic path does in many: bias, GELU and residual sums while a tile is still warm, attention a
//! head and a few queries at a time, depthwise convolution where the pixels lie.
//!
//! From the inside out: [`isa`] (what the processor has), `vector` and `tiles` (products in registers), `rows`,
//! `halves`, `bytes`, `finish` and `math` (norms, softmax, GELU, brain floats), `kernels` (one table an instruction set), `matrix`,
//! `operand`, `product` (packed layers), `attention`, `depthwise`, `team`, `images` and [`pool`] (cores and their memory), [`vit`], [`gpt`],
//! [`convnext`], [`mobile`] and [`p4m`] (networks).

mod act;
mod attention;
mod buffer;
mod bytes;
pub mod convnext;
mod convnext_layers;
mod convnext_passes;
mod depthwise;
mod direct;
mod finish;
pub mod gpt;
mod halves;
mod images;
pub mod isa;
pub mod kernels;
pub(crate) mod math;
pub mod matrix;
pub mod mobile;
mod mobile_passes;
mod operand;
pub mod p4m;
pub mod peak;
pub mod pool;
mod product;
mod registers;
mod rows;
pub mod team;
mod tiles;
mod vector;
pub mod vit;
mod vit_layers;
pub(crate) mod window;
