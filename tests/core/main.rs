//! Oracle and property tests of the library, one module a room.

mod morphometry;
mod support;
