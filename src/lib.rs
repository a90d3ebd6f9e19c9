//! Astrolabel: find rare things in large sky surveys.

pub mod app;
pub mod cli;
pub mod discovery;
pub mod display;
pub mod encoder;
pub mod evaluate;
pub mod io;
pub mod memory;
pub mod progress;
pub mod project;
pub mod simulate;
pub mod sky;
pub mod tasks;
pub mod train;
mod vectorised;
