//! Tests that run the program as a user does.

mod hostile;
mod journey;
mod kill;
mod names;
mod real;
mod support;
mod zoo;
