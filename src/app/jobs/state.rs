//! What a running job tells: its stage, how far it is, how fast it goes, what it noted.

use crate::progress::Progress;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a running job tells, and the way to stop it.
#[derive(Debug)]
pub struct JobState {
    stage: Mutex<(String, Instant)>,
    total: AtomicU64,
    done: AtomicU64,
    /// Steps of the stage that were done before it began.
    from: AtomicU64,
    /// Whether steps are bytes.
    is_bytes: AtomicBool,
    cancel: AtomicBool,
    notes: Mutex<Vec<String>>,
    started: Instant,
    repaint: egui::Context,
}

impl JobState {
    pub(super) fn new(repaint: egui::Context) -> Self {
        Self {
            stage: Mutex::new((String::new(), Instant::now())),
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            from: AtomicU64::new(0),
            is_bytes: AtomicBool::new(false),
            cancel: AtomicBool::new(false),
            notes: Mutex::new(Vec::new()),
            started: Instant::now(),
            repaint,
        }
    }

    fn begin_with(&self, stage: &str, from: u64, total: Option<u64>, is_bytes: bool) {
        if let Ok(mut s) = self.stage.lock() {
            *s = (stage.to_owned(), Instant::now());
        }
        self.total.store(total.unwrap_or(0), Ordering::Relaxed);
        self.done.store(from, Ordering::Relaxed);
        self.from.store(from, Ordering::Relaxed);
        self.is_bytes.store(is_bytes, Ordering::Relaxed);
        self.repaint.request_repaint();
    }

    /// What it noted so far.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.lock().map_or_else(|_| Vec::new(), |n| n.clone())
    }

    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// What it does, how far it is (0 to 1), steps done, steps in all, steps a second, time left.
    pub fn snapshot(&self) -> Snapshot {
        let (stage, since) = self
            .stage
            .lock()
            .map_or_else(|_| (String::new(), self.started), |s| s.clone());
        let (total, done) = (
            self.total.load(Ordering::Relaxed),
            self.done.load(Ordering::Relaxed),
        );
        let seconds = since.elapsed().as_secs_f64();
        // What was there before says nothing of how fast it goes.
        let made = done.saturating_sub(self.from.load(Ordering::Relaxed));
        let rate = if seconds > 0.2 && made > 0 {
            Some(made as f64 / seconds)
        } else {
            None
        };
        let left = match (rate, total) {
            (Some(rate), total) if total > done && seconds > 1.0 => {
                Some(Duration::from_secs_f64((total - done) as f64 / rate))
            }
            _ => None,
        };
        Snapshot {
            stage,
            fraction: (total > 0).then(|| (done as f64 / total as f64).min(1.0) as f32),
            done,
            total,
            is_bytes: self.is_bytes.load(Ordering::Relaxed),
            rate,
            left,
            running: self.started.elapsed(),
            cancelling: self.cancel.load(Ordering::Relaxed),
        }
    }
}

/// A job at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What it does now.
    pub stage: String,
    /// How far the stage is, if it is known how much there is.
    pub fraction: Option<f32>,
    /// Steps done.
    pub done: u64,
    /// Steps in all; 0 if unknown.
    pub total: u64,
    /// Whether steps are bytes.
    pub is_bytes: bool,
    /// Steps a second.
    pub rate: Option<f64>,
    /// Time left.
    pub left: Option<Duration>,
    /// Time since it started.
    pub running: Duration,
    /// Whether it was asked to stop.
    pub cancelling: bool,
}

impl Progress for JobState {
    fn begin(&self, stage: &str, total: Option<u64>) {
        self.begin_with(stage, 0, total, false);
    }

    fn begin_bytes(&self, stage: &str, from: u64, total: Option<u64>) {
        self.begin_with(stage, from, total, true);
    }

    fn advance(&self, steps: u64) {
        self.done.fetch_add(steps, Ordering::Relaxed);
        // Ten pictures a second are enough for a bar.
        self.repaint.request_repaint_after(Duration::from_millis(100));
    }

    fn note(&self, message: &str) {
        if let Ok(mut notes) = self.notes.lock() {
            notes.push(message.to_owned());
        }
    }

    fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::panels::jobs::told;

    #[test]
    fn what_was_fetched_before_says_nothing_of_the_rate() {
        let state = JobState::new(egui::Context::default());
        state.begin_bytes("fetching net", 60_000_000, Some(100_000_000));
        state.advance(2_000_000);
        std::thread::sleep(Duration::from_millis(250));
        let s = state.snapshot();
        assert_eq!((s.done, s.total, s.is_bytes), (62_000_000, 100_000_000, true));
        let rate = s.rate.expect("a quarter of a second has gone by");
        assert!((1e5..8.1e6).contains(&rate), "{rate}");
        let text = told(&s);
        assert!(
            text.contains("62.0 MB of 100.0 MB") && text.contains("/s"),
            "{text}"
        );
        // Another stage counts steps again.
        state.begin("checking", Some(10));
        state.advance(3);
        let s = state.snapshot();
        assert_eq!((s.done, s.is_bytes), (3, false));
        assert!(told(&s).contains("3 of 10"), "{}", told(&s));
    }
}
