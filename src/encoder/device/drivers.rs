//! What graphics drivers are told before any thread of the program begins.

#![allow(unsafe_code, reason = "the environment is changed, which is safe while there is one thread")]

/// Keeps Mesa from looking for a Wayland screen, to sort cards by it, where there can't be one: it would
/// say so on the terminal, each time a card is looked for.
///
/// # Safety
/// No other thread runs yet.
pub unsafe fn hush_drivers() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: the caller's promise.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") }
    }
}
