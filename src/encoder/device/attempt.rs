//! Work in other people's code that may panic or never come back: its panics are silent, and it is not
//! waited for longer than a limit.
//!
//! burn's devices live on threads of their own, whose panics come out as errors at the caller (or as
//! silence, hence the limit). What they would print on the way is no use to a person.

use crate::encoder::network_encoder::panic_message;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Once, mpsc};
use std::time::Duration;

/// How the threads' names begin on which burn's devices live.
const DEVICE_THREADS: &str = "DS";

thread_local! {
    /// Whether this thread's panics are caught and told by somebody.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` on a thread of its own and waits for at most `limit`.
///
/// # Errors
/// A sentence: `work`'s own, what it panicked with, or that it did not answer. It can't be stopped then,
/// and goes on unheard.
pub fn attempt<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (answer, answered) = mpsc::channel();
    let started = (std::thread::Builder::new().name("attempt".into())).spawn(move || {
        // Nobody listens any more after the limit.
        let _ = answer.send(quietly(work));
    });
    started.map_err(|e| format!("no thread can be started: {e}"))?;
    (answered.recv_timeout(limit))
        .unwrap_or_else(|_| Err(format!("it did not answer within {} s", limit.as_secs_f32())))
}

/// Does `work` here, with a panic made a sentence and nothing printed.
///
/// # Errors
/// `work`'s own sentence, or what it panicked with.
pub fn quietly<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    hush();
    let before = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    result
        .unwrap_or_else(|panic| Err(panic_message(panic.as_ref())))
        .map_err(|e| one_line(&e))
}

/// From now on panics of quiet threads print nothing; all others do what they did.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            let of_device = thread.name().is_some_and(|n| n.starts_with(DEVICE_THREADS));
            if !of_device && !QUIET.get() {
                usual(panic);
            }
        }));
    });
}

/// The words of a text in one line, which drivers' messages rarely are; not endless.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
