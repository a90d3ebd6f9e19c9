//! The door: one command, or (later) the window.

use std::process::ExitCode;

fn main() -> ExitCode {
    astrolabel::cli::run()
}
