//! The door: one command, or (later) the window.

fn main() {}
