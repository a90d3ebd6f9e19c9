//! Training: passes against burn's differentiation.

mod passes;
