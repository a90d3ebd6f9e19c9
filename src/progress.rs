//! How long work tells what it does and learns that it is no longer wanted.
//!
//! Every function that may take longer than a few milliseconds takes a `&dyn Progress`. The
//! command line shows a bar, the window a job row, a test nothing.

/// A listener to one long task; also the way to cancel it.
pub trait Progress: Sync {
    /// A new stage starts: what it does (`"embedding"`), and how many steps it has if that is known.
    fn begin(&self, stage: &str, total: Option<u64>);
    /// As [`begin`](Self::begin), where a step is a byte and the first `from` of them are done already.
    fn begin_bytes(&self, stage: &str, from: u64, total: Option<u64>) {
        self.begin(stage, total);
        self.advance(from);
    }
    /// `steps` more steps of the stage are done.
    fn advance(&self, steps: u64);
    /// Something the user should read now, such as a guess that was made.
    fn note(&self, message: &str);
    /// Whether the user asked to stop. Long loops look at this at least ten times a second and
    /// return what they have or an error; nothing half-written may be left that looks complete.
    fn cancelled(&self) -> bool;
}

/// Says nothing and never cancels.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: &str, _total: Option<u64>) {}
    fn advance(&self, _steps: u64) {}
    fn note(&self, _message: &str) {}
    fn cancelled(&self) -> bool {
        false
    }
}
