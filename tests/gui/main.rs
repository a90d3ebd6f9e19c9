//! User stories: what a person does in the window, told by the labels they see. No display is needed.
#![allow(clippy::unwrap_used, reason = "a test that fails should stop")]

mod dropping;
mod evaluation;
mod hand;
mod journey;
mod labelling;
#[cfg(target_os = "linux")]
mod live;
mod names;
mod opening;
mod regions;
#[cfg(target_os = "linux")]
mod screen;
mod session;
mod stopping;
mod support;
mod table;
#[cfg(target_os = "linux")]
mod xdnd;
