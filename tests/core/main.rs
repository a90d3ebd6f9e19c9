//! Oracle and property tests of the library, one module a room.

mod coords;
mod crossmatch;
mod cutout;
mod detect;
mod discovery;
mod display;
mod house;
mod project;
mod fits;
mod morphometry;
mod catalog;
mod support;
mod vit;
mod wcs;
