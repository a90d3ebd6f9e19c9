//! Oracle and property tests of the library, one module a room.

mod catalog;
mod support;
