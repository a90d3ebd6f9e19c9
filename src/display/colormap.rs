//! colormap
