//! Values that are made from others, off the window's thread, and thrown away when those change.

use super::background::give_way;
use crossbeam_channel::{Receiver, bounded};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long [`Derived::get_soon`] waits: a quarter of a frame, and the most that the window's thread may
/// spend on anything (4 ms).
const SOON: Duration = Duration::from_millis(4);

/// One value made from a key. While a new key's value is being made the old one is still given, so
/// that a view never flickers; an answer to a key that is no longer asked for is dropped.
pub struct Derived<K, V> {
    held: Option<(K, Arc<V>)>,
    pending: Option<(K, Receiver<V>)>,
    /// When the last one was begun.
    begun: Option<Instant>,
}

impl<K, V> Default for Derived<K, V> {
    fn default() -> Self {
        Self {
            held: None,
            pending: None,
            begun: None,
        }
    }
}

impl<K: PartialEq + Clone, V: Send + Sync + 'static> Derived<K, V> {
    /// The value for `key`, or the newest older one, or nothing yet; `make` runs on a thread of its
    /// own, which gives way to the window (but for the first), if there is none for `key` and none is
    /// being made.
    pub fn get(
        &mut self,
        ctx: &egui::Context,
        key: &K,
        make: impl FnOnce() -> V + Send + 'static,
    ) -> Option<Arc<V>> {
        self.get_paced(ctx, key, Duration::ZERO, make)
    }

    /// As [`Derived::get`], but no sooner than `pace` after the one before was begun; until then the
    /// older one is given.
    pub fn get_paced(
        &mut self,
        ctx: &egui::Context,
        key: &K,
        pace: Duration,
        make: impl FnOnce() -> V + Send + 'static,
    ) -> Option<Arc<V>> {
        self.take_made();
        let is_held = self.held.as_ref().is_some_and(|(k, _)| k == key);
        if is_held {
            self.pending = None;
        } else if self.pending.is_none() {
            // One at a time: the newest key is asked for again when this one is done.
            let since = self.begun.map_or(pace, |b| b.elapsed());
            if since < pace {
                ctx.request_repaint_after(pace - since);
            } else {
                // An empty view is waited for; one that shows something can wait.
                let gives_way = self.held.is_some();
                self.begin(ctx, key, move || {
                    if gives_way {
                        give_way();
                    }
                    make()
                });
            }
        }
        self.held.as_ref().map(|(_, v)| v.clone())
    }

    /// As [`Derived::get`], for a value that answers the hand: its thread doesn't give way, and if it
    /// takes no more than a moment (4 ms) this frame already shows it, not the next.
    pub fn get_soon(
        &mut self,
        ctx: &egui::Context,
        key: &K,
        make: impl FnOnce() -> V + Send + 'static,
    ) -> Option<Arc<V>> {
        self.take_made();
        let is_held = self.held.as_ref().is_some_and(|(k, _)| k == key);
        if is_held {
            self.pending = None;
        } else if self.pending.is_none() {
            self.begin(ctx, key, make);
            self.wait(SOON);
        }
        self.held.as_ref().map(|(_, v)| v.clone())
    }

    /// Waits for what is being made, but no longer than `most`.
    fn wait(&mut self, most: Duration) {
        if let Some((key, receiver)) = &self.pending
            && let Ok(value) = receiver.recv_timeout(most)
        {
            self.held = Some((key.clone(), Arc::new(value)));
            self.pending = None;
        }
    }

    fn take_made(&mut self) {
        self.wait(Duration::ZERO);
    }

    fn begin(&mut self, ctx: &egui::Context, key: &K, make: impl FnOnce() -> V + Send + 'static) {
        let (sender, receiver) = bounded(1);
        let wake = ctx.clone();
        let run = move || {
            let _ = sender.send(make());
            wake.request_repaint();
        };
        let thread = std::thread::Builder::new().name("derive".into()).spawn(run);
        if thread.is_ok() {
            self.pending = Some((key.clone(), receiver));
            self.begun = Some(Instant::now());
        }
    }

    /// Whether a value for a newer key is being made.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// The value held, whatever its key.
    pub fn held(&self) -> Option<&Arc<V>> {
        self.held.as_ref().map(|(_, v)| v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks until the value for `key` is there; the value and the key it was made for.
    fn wait(derived: &mut Derived<u32, u32>, key: u32, pace: Duration) -> u32 {
        let ctx = egui::Context::default();
        let start = Instant::now();
        loop {
            let held = derived.get_paced(&ctx, &key, pace, move || key * 10);
            if let Some(value) = held.filter(|v| **v == key * 10) {
                return *value;
            }
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_paced_value_waits_and_is_made_for_the_key_it_is_kept_under() {
        let mut derived = Derived::default();
        let pace = Duration::from_millis(40);
        assert_eq!(wait(&mut derived, 1, pace), 10, "the first is made at once");
        let begun = derived.begun;
        let ctx = egui::Context::default();
        // Keys that pass by within the pace are neither made nor kept.
        for key in 2..5 {
            let held = derived.get_paced(&ctx, &key, Duration::from_secs(600), move || key * 10);
            assert_eq!(held.as_deref(), Some(&10));
        }
        assert!(derived.begun == begun && !derived.is_pending());
        assert_eq!(wait(&mut derived, 5, pace), 50);
        assert!(derived.begun > begun);
    }
}
