//! Oracle and property tests of the library, one module a room.

mod coords;
mod crossmatch;
mod detect;
mod cutout;
mod display;
mod discovery;
mod support;
mod wcs;
mod vit;
