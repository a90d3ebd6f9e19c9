//! Oracle and property tests of the library, one module a room.

mod cutout;
mod display;
mod support;
