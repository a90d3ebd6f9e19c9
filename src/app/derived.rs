//! Values that are made from others, off the window's thread, and thrown away when those change.

use crossbeam_channel::{Receiver, bounded};
use std::sync::Arc;

/// One value made from a key. While a new key's value is being made the old one is still given, so
/// that a view never flickers; an answer to a key that is no longer asked for is dropped.
pub struct Derived<K, V> {
    held: Option<(K, Arc<V>)>,
    pending: Option<(K, Receiver<V>)>,
}

impl<K, V> Default for Derived<K, V> {
    fn default() -> Self {
        Self {
            held: None,
            pending: None,
        }
    }
}

impl<K: PartialEq + Clone, V: Send + Sync + 'static> Derived<K, V> {
    /// The value for `key`, or the newest older one, or nothing yet; `make` runs on a thread of its
    /// own if there is none for `key` and none is being made.
    pub fn get(
        &mut self,
        ctx: &egui::Context,
        key: &K,
        make: impl FnOnce() -> V + Send + 'static,
    ) -> Option<Arc<V>> {
        if let Some((asked, receiver)) = &self.pending
            && let Ok(value) = receiver.try_recv()
        {
            self.held = Some((asked.clone(), Arc::new(value)));
            self.pending = None;
        }
        let is_held = self.held.as_ref().is_some_and(|(k, _)| k == key);
        // One at a time: the newest key is asked for again when this one is done.
        if !is_held && self.pending.is_none() {
            let (sender, receiver) = bounded(1);
            let wake = ctx.clone();
            let run = move || {
                let _ = sender.send(make());
                wake.request_repaint();
            };
            if std::thread::Builder::new()
                .name("derive".into())
                .spawn(run)
                .is_ok()
            {
                self.pending = Some((key.clone(), receiver));
            }
        } else if is_held {
            self.pending = None;
        }
        self.held.as_ref().map(|(_, v)| v.clone())
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
