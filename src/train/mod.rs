//! Training of the product's own encoder, a p4m network (`encoder/model/p4m`), on a processor: from a
//! user's own survey, with labels, votes and larger encoders' vectors where there are some.
//!
//! `data` (images kept small), `augment` (what changes a picture and not its object), `heads` (losses, in
//! burn), `passes` (forwards and backwards), `optimiser`, `trainer` (the loop), `checkpoint`.

pub mod augment;
pub mod checkpoint;
pub mod data;
pub mod heads;
pub mod optimiser;
pub mod passes;
pub mod trainer;
