//! Oracle and property tests of the library, one module a room.

mod coords;
mod crossmatch;
mod support;
mod wcs;
