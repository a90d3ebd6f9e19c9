//! Network architectures in burn: on its CPU backend (`flex`), or on a graphics card.
//!
//! Weights are read by the parts' own loaders from [`WeightsFile`](super::weights::WeightsFile):
//! each knows the key names of the families it accepts and says what doesn't fit.

pub mod aion;
mod aion_block;
pub(super) mod aion_codec;
pub mod aion_keys;
mod aion_plan;
pub mod astroclip;
pub mod astropt;
pub mod astropt_keys;
mod astropt_plan;
pub mod convnext;
pub mod convnext_keys;
mod convnext_plan;
pub mod efficientnet;
pub mod efficientnet_keys;
mod efficientnet_plan;
mod fit;
mod key_names;
mod layers;
pub mod open;
pub mod p4m;
mod packing;
pub mod position;
pub mod vit;
pub mod vit_keys;
mod vit_load;
mod vit_network;
mod vit_plan;
pub mod vit_shape;
