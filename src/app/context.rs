//! What a panel sees: everything, borrowed and read-only, and a way to send commands.

use super::columns::Columns;
use super::command::Command;
use super::jobs::Jobs;
use super::listing::Visible;
use super::live::Live;
use super::notices::Notices;
use super::selection::{Meets, Selection};
use super::settings::Settings;
use super::survey::Survey;
use super::thumbs::Thumbs;
use std::cell::RefCell;
use std::sync::Arc;

/// An open project, borrowed.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Objects and images.
    pub survey: &'a Arc<Survey>,
    /// Columns.
    pub columns: &'a Arc<Columns>,
    /// Labels, marks, probabilities, scores.
    pub live: &'a Arc<Live>,
    /// What is chosen.
    pub selection: &'a Selection,
    /// Which objects the filter lets through.
    pub visible: &'a Visible,
    /// Pictures of objects.
    pub thumbs: &'a Thumbs,
    /// How things are shown.
    pub settings: &'a Settings,
    /// Running jobs.
    pub jobs: &'a Jobs,
    /// What was told.
    pub notices: &'a Notices,
    /// What drives the strangeness of the object looked at, if that is known yet.
    pub drivers: Option<&'a (u32, Vec<crate::discovery::anomaly::Driver>)>,
    /// What was said about the object looked at.
    pub history: Option<&'a (u32, Vec<crate::project::journal::Event>)>,
    /// What looks most like the object that was asked about: object, cosine; most similar first.
    pub neighbours: Option<&'a (u32, Vec<(u32, f32)>)>,
    /// Where commands go.
    pub out: &'a Outbox,
}

impl View<'_> {
    /// Sends a command; it is applied after the frame.
    pub fn send(&self, command: Command) {
        self.out.send(command);
    }

    /// The colour of an object's class, or `None` without a label.
    pub fn label_colour(&self, object: u32) -> Option<egui::Color32> {
        self.live
            .label_of(object)
            .map(|c| self.settings.theme.class_colour(c))
    }

    /// Sends what a click on an object means with the keys held: look, add, toggle.
    pub fn clicked(&self, object: u32, modifiers: egui::Modifiers) {
        if modifiers.command {
            self.send(Command::Choose(vec![object], Meets::Toggles));
        } else if modifiers.shift {
            self.send(Command::Choose(vec![object], Meets::Adds));
        } else {
            self.send(Command::Choose(vec![object], Meets::Replaces));
        }
    }
}

/// How a drawn region meets the selection, by the keys held.
pub fn meets_by(modifiers: egui::Modifiers) -> Meets {
    if modifiers.alt {
        Meets::LeavesOut
    } else if modifiers.shift || modifiers.command {
        Meets::Adds
    } else {
        Meets::Replaces
    }
}

/// Commands of one frame, in the order they were sent.
#[derive(Default)]
pub struct Outbox(RefCell<Vec<Command>>);

impl Outbox {
    /// Adds one.
    pub fn send(&self, command: Command) {
        self.0.borrow_mut().push(command);
    }

    /// Takes all.
    pub fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}
