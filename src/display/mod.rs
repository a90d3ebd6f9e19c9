//! How pixels look: from physical values to something an eye, or a network trained on pictures,
//! can use.
//!
//! The way through: [`limits`] (which values become black and white) → [`stretch`] (the curve
//! between them) → [`rgb`] or [`colormap`] (colour) → [`recipe`] (all of it, serializable, applied
//! to a [`crate::sky::cutout::Cutout`]) → [`mod@montage`] (many of them in one picture). [`pyramid`]
//! does the same for a mosaic of any size, tile by tile.
//!
//! The curves, limits and colour composites agree with `astropy.visualization`; the golden files
//! under `tests/golden/display` hold that.

pub mod colormap;
mod colormap_levels;
mod colormap_points;
mod font;
pub mod histogram;
pub mod limits;
pub mod montage;
pub mod points;
pub mod pyramid;
pub mod recipe;
pub mod rgb;
pub mod stretch;
mod zscale;

pub use colormap::Colormap;
pub use limits::Limits;
pub use montage::montage;
pub use recipe::{ColourMode, StretchRecipe, render, to_unit_planes};
pub use rgb::RgbImage;
pub use stretch::Stretch;
