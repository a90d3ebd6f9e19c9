//! Progress on a terminal: a bar with rate and time left; plain lines where there is no terminal.

use crate::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C ask the work to stop instead of ending the program; a second one ends it.
pub fn catch_interrupt() {
    // Where it can't be caught, Ctrl-C ends the program at once, and nothing confirmed is lost either.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        super::complain("\nstopping: what is done is kept (again to stop at once)");
    });
}

/// Bars on the standard error.
pub struct Bars {
    quiet: bool,
    is_terminal: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    /// Bars, or nothing at all when `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self {
            quiet,
            is_terminal: std::io::stderr().is_terminal(),
            bar: Mutex::new(None),
        }
    }

    /// Takes the bar away, before results are printed.
    pub fn clear(&self) {
        if let Ok(mut bar) = self.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }

    /// A new bar, which begins at step `from`.
    fn show(&self, stage: &str, style: &str, from: u64, total: Option<u64>) {
        if self.quiet || !self.is_terminal {
            return;
        }
        self.clear();
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(8));
        bar.set_position(from);
        bar.reset_eta();
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(
                style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
                    let rate = state.per_sec();
                    let digits = usize::from(rate < 10.0);
                    // Writing a bar's text can't fail.
                    let _ = write!(out, "{rate:.digits$}/s");
                }),
            );
        }
        bar.set_message(stage.to_owned());
        if total.is_none() {
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
        }
        if let Ok(mut slot) = self.bar.lock() {
            *slot = Some(bar);
        }
    }
}

impl Progress for Bars {
    fn begin(&self, stage: &str, total: Option<u64>) {
        let style = if total.is_some() {
            "{msg:.bold} {wide_bar:.cyan/blue} {human_pos}/{human_len}  {rate}  {eta} left"
        } else {
            "{spinner} {msg:.bold}  {elapsed}"
        };
        self.show(stage, style, 0, total);
    }

    fn begin_bytes(&self, stage: &str, from: u64, total: Option<u64>) {
        let style = if total.is_some() {
            "{msg:.bold} {wide_bar:.cyan/blue} {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left"
        } else {
            "{spinner} {msg:.bold}  {decimal_bytes}  {decimal_bytes_per_sec}"
        };
        self.show(stage, style, from, total);
    }

    fn advance(&self, steps: u64) {
        if let Ok(bar) = self.bar.lock()
            && let Some(bar) = &*bar
        {
            bar.inc(steps);
        }
    }

    fn note(&self, message: &str) {
        if self.quiet {
            return;
        }
        match self.bar.lock() {
            Ok(bar) if bar.is_some() => {
                if let Some(bar) = &*bar {
                    bar.suspend(|| super::complain(message));
                }
            }
            _ => super::complain(message),
        }
    }

    fn cancelled(&self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }
}
