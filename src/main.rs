//! The door: the window, or one command.

#![allow(
    unsafe_code,
    reason = "the environment is changed, which is safe while there is one thread"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    // Mesa sorts graphics cards by the Wayland screen, and says on the terminal that it finds none, each
    // time a card is looked for.
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: nothing has begun a thread yet.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") }
    }
    astrolabel::cli::run()
}
