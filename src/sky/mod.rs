//! Where things are.

pub mod coords;
pub mod crossmatch;
pub mod cutout;
pub mod detect;
pub mod wcs;
