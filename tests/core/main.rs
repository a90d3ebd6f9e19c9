//! Oracle and property tests of the library, one module a room.
#![allow(clippy::unwrap_used, reason = "a test that fails should stop")]

mod catalog;
mod cutout;
mod detect;
mod device;
mod discovery;
mod display;
mod evaluate;
mod families;
mod fits;
mod house;
mod images;
mod morphometry;
mod plan;
mod project;
mod representation;
mod simulate;
mod support;
mod train;
mod vit;
mod wcs;
