//! Tests that run the program as a user does.
#![allow(clippy::unwrap_used, reason = "a test that fails should stop")]

#[cfg(unix)]
mod archive;
mod changed;
mod cutout_files;
mod few;
mod formats;
#[cfg(unix)]
mod full;
mod hostile;
mod journey;
mod kill;
mod names;
mod real;
mod support;
mod usage;
mod zoo;
