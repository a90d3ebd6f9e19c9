//! Training the product's own encoder.
pub mod passes;
