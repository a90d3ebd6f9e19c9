//! Tests that run the program as a user does.
#![allow(clippy::unwrap_used, reason = "a test that fails should stop")]

#[cfg(unix)]
mod archive;
mod changed;
mod cutout_files;
mod encoders;
mod evaluate;
mod few;
mod formats;
#[cfg(unix)]
mod full;
mod hostile;
mod hub;
mod journey;
mod kill;
mod memory;
mod names;
mod real;
mod represented;
mod runs;
mod support;
mod tiny;
mod train;
mod usage;
mod zoo;
