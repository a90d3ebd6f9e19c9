//! A convolutional network that is equivariant under the eight rotations and reflections of a
//! square: its feature maps come in fields of eight channels, one for each turn of the image, and
//! turning the image only moves values between them. The pooled vector is therefore the same for
//! all eight, by construction and in one pass.
//!
//! Shape, from the pixels: a circular window that fades to the mean level, so that a rotation by
//! any angle brings nothing new into view; a convolution of 4×4 pixels in steps of 2 that
//! meets each of its kernels in eight turns; stages of blocks (depthwise 5×5 turned likewise, batch
//! norm a field, two 1×1 group convolutions with GELU between, layer scale, residual), halved
//! between by a depthwise 4×4 in steps of 2; mean and maximum over places and over turns; norm and
//! one matrix.
//!
//! What is left to the angle, within a quarter turn, is averaged away: a network says of how many turns of an
//! image its vector is the mean (`turn`).
//!
//! Sources: group convolutions, Cohen & Welling 2016 (arXiv:1602.07576); blocks after ConvNeXt, Liu
//! et al. 2022 (arXiv:2201.03545).

pub(crate) mod expand;
pub mod file;
pub mod graph;
pub mod group;
pub mod network;
pub mod shape;
pub mod turn;

use crate::encoder::preprocess::{Preprocessing, Resample};

/// Side of the images that these networks are trained on.
pub const SEEN_PX: usize = 64;
/// Values are brought to `(value - LEVEL) / LEVEL`: a usual sky is then near 0.
pub const LEVEL: f32 = 0.2;

/// What these networks were trained on.
pub fn contract() -> Preprocessing {
    Preprocessing {
        image_px: SEEN_PX,
        mean: [LEVEL; 3],
        std: [LEVEL; 3],
        resample: Resample::AntialiasedBicubic,
        ..Preprocessing::default()
    }
}
