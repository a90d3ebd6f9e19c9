//! Tests that run the program as a user does.

mod journey;
mod kill;
mod names;
mod support;
