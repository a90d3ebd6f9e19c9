//! User stories: what a person does in the window, told by the labels they see. No display is needed.
#![allow(clippy::unwrap_used, reason = "a test that fails should stop")]

mod dropping;
mod embedding;
mod encoders;
mod evaluation;
mod hand;
#[path = "../cli/hub.rs"]
#[allow(dead_code, reason = "the command line's stories use more of it")]
mod hub;
mod journey;
mod labelling;
#[cfg(target_os = "linux")]
mod live;
mod names;
mod opening;
mod regions;
mod runs;
#[cfg(target_os = "linux")]
mod screen;
mod session;
mod stopping;
mod support;
mod table;
#[path = "../cli/tiny.rs"]
mod tiny;
#[cfg(target_os = "linux")]
mod xdnd;
