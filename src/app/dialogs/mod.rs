//! Dialogs that keep something while they are up: runs, embedding, encoders.

mod embed;
mod encoders;
mod runs;

pub use embed::{EmbedDialog, EmbedRequest};
pub use encoders::EncodersDialog;
use encoders::ink as encoder_ink;
pub use runs::{COMPARING, RunsDialog};

use super::command::Command;
use super::context::Outbox;
use super::encoders::Said;
use super::jobs::Jobs;
use super::panels::jobs::told;
use super::theme::Theme;
use egui::{Label, RichText, Ui};

/// The dialogs that are up.
#[derive(Default)]
pub struct Dialogs {
    /// The project's runs.
    pub runs: Option<RunsDialog>,
    /// How to embed.
    pub embed: Option<EmbedDialog>,
    /// All encoders; in front of the others, which are there again when it goes.
    pub encoders: Option<EncodersDialog>,
}

impl Dialogs {
    /// Whether one is up.
    pub fn is_any_up(&self) -> bool {
        self.runs.is_some() || self.embed.is_some() || self.encoders.is_some()
    }

    /// Takes away what is about a project.
    pub fn close_of_project(&mut self) {
        (self.runs, self.embed) = (None, None);
    }
}

/// What dialogs see of the window whether a project is open or not.
pub struct Around<'a> {
    /// Colours.
    pub theme: Theme,
    /// Running jobs.
    pub jobs: &'a Jobs,
    /// Where commands go.
    pub out: &'a Outbox,
    /// Whether files can be dropped on the window.
    pub takes_drops: bool,
}

/// The bar of the job of this title with the way to stop it; whether there is one.
fn running_ui(ui: &mut Ui, jobs: &Jobs, out: &Outbox, title: &str) -> bool {
    let Some(job) = jobs.running().iter().find(|j| j.title == title) else {
        return false;
    };
    let s = job.state.snapshot();
    ui.horizontal(|ui| {
        if s.cancelling {
            ui.weak("stopping…");
        } else {
            let stop = ui.button("Stop").on_hover_text("Stop this; what is done is kept");
            // The status line has a button to stop too.
            stop.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Stop {title}")));
            if stop.clicked() {
                out.send(Command::CancelJob(job.id));
            }
        }
        let mut bar = egui::ProgressBar::new(s.fraction.unwrap_or(0.0)).desired_height(14.0);
        if s.fraction.is_none() {
            bar = bar.animate(true);
        }
        ui.add(bar);
    });
    ui.add(Label::new(RichText::new(told(&s)).weak()).wrap());
    true
}

/// What was said, in its colour, to be selected or copied whole.
fn said_ui(ui: &mut Ui, said: &Said, theme: Theme, of: &str) {
    egui::Frame::group(ui.style()).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = RichText::new(&said.text).color(theme.level(said.level));
        ui.add(Label::new(text).wrap().selectable(true));
        let copy = ui.small_button("Copy this");
        copy.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Copy what was said of {of}"))
        });
        if copy.clicked() {
            ui.ctx().copy_text(said.text.clone());
        }
    });
}

/// A name in at most `most` letters, shortened in its middle: runs of one encoder differ at their ends.
fn shortened(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.to_owned();
    }
    let back = (most - 1) / 2;
    let front: String = letters[..most - 1 - back].iter().collect();
    let back: String = letters[letters.len() - back..].iter().collect();
    format!("{front}…{back}")
}

/// A number of bytes as people say it.
pub fn bytes_said(bytes: u64) -> String {
    let b = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", b / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", b / 1e6),
        _ => format!("{:.2} GB", b / 1e9),
    }
}
