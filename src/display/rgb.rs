//! rgb
