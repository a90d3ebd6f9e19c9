//! Which column says what: identity, place on the sky, place in the image, size and label.
//!
//! UCDs (IVOA UCD1+ and the older UCD1) are believed first, then the names that surveys and tools
//! use; units and the range of values have the last word. Every choice is explained in
//! [`Roles::why`], for the person to correct.

mod columns;
mod guess;
mod names;
mod positions;
mod units;

pub use guess::{guess_roles, refused_positions};
pub use positions::sky_positions;

use crate::io::frame::SkyFrame;

/// The columns that play a part, by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Roles {
    /// The object's identity.
    pub id: Option<String>,
    /// Right ascension, or longitude in [`Roles::frame`].
    pub ra: Option<String>,
    /// Declination, or latitude.
    pub dec: Option<String>,
    /// Position in the image along a row, pixels.
    pub x: Option<String>,
    /// Position in the image along a column, pixels.
    pub y: Option<String>,
    /// The object's extent.
    pub size: Option<String>,
    /// A class or label that somebody gave.
    pub label: Option<String>,
    /// Whether the first pixel's centre is 1 in `x` and `y` (FITS, SExtractor) instead of 0.
    pub x_is_one_based: bool,
    /// Whether `ra` counts hours.
    pub ra_is_hours: bool,
    /// The frame of `ra` and `dec`.
    pub frame: SkyFrame,
    /// One sentence a choice: `ra = RAJ2000 (UCD pos.eq.ra;meta.main)`.
    pub why: Vec<String>,
}
