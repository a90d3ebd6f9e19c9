//! The door: the window, or one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    astrolabel::cli::run()
}
