//! The door: the window, or one command.

#![allow(unsafe_code, reason = "drivers are told what they read from the environment")]

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: nothing has begun a thread yet.
    unsafe { astrolabel::encoder::device::drivers::hush_drivers() }
    astrolabel::cli::run()
}
