//! How pixels look.

pub mod colormap;
pub mod rgb;
pub mod stretch;
