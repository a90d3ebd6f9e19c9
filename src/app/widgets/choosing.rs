//! Choosing objects by a rule: asked of all objects on another thread, sent as a command when known.

use crate::app::command::Command;
use crate::app::context::View;
use crate::app::selection::Meets;
use crossbeam_channel::{Receiver, bounded};

/// A choice being made; a newer one takes its place.
#[derive(Default)]
pub struct Choosing {
    pending: Option<(Receiver<Vec<u32>>, Meets)>,
}

impl Choosing {
    /// Finds objects on another thread.
    pub fn start(
        &mut self,
        ctx: &egui::Context,
        meets: Meets,
        find: impl FnOnce() -> Vec<u32> + Send + 'static,
    ) {
        let (sender, receiver) = bounded(1);
        let wake = ctx.clone();
        let run = move || {
            let _ = sender.send(find());
            wake.request_repaint();
        };
        if std::thread::Builder::new()
            .name("choose".into())
            .spawn(run)
            .is_ok()
        {
            self.pending = Some((receiver, meets));
        }
    }

    /// Sends what was found; once a frame.
    pub fn poll(&mut self, view: &View<'_>) {
        if let Some((receiver, meets)) = &self.pending
            && let Ok(found) = receiver.try_recv()
        {
            view.send(Command::Choose(found, *meets));
            self.pending = None;
        }
    }
}
