//! Jobs with progress, rate and time left; below them everything the person was told.

use crate::app::command::Command;
use crate::app::context::View;
use crate::app::dialogs::bytes_said;
use crate::app::notices::Level;
use std::time::Duration;

/// What the pane keeps: nothing.
#[derive(Default)]
pub struct JobsPanel {}

impl JobsPanel {
    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            jobs_ui(ui, view);
            ui.add_space(8.0);
            notices_ui(ui, view);
        });
    }
}

/// The running jobs.
fn jobs_ui(ui: &mut egui::Ui, view: &View<'_>) {
    if view.jobs.running().is_empty() {
        ui.weak("Nothing is running.");
    }
    for job in view.jobs.running() {
        let s = job.state.snapshot();
        ui.horizontal(|ui| {
            ui.strong(&job.title);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if s.cancelling {
                    ui.weak("stopping…");
                } else if ui
                    .button("Stop")
                    .on_hover_text("Stop this; what is done is kept")
                    .clicked()
                {
                    view.send(Command::CancelJob(job.id));
                }
            });
        });
        let mut bar = egui::ProgressBar::new(s.fraction.unwrap_or(0.0)).desired_height(14.0);
        if s.fraction.is_none() {
            bar = bar.animate(true);
        }
        ui.add(bar);
        ui.weak(told(&s));
        ui.add_space(4.0);
    }
}

/// Stage, steps, rate and time left in a line.
pub fn told(s: &crate::app::jobs::Snapshot) -> String {
    let mut parts = Vec::new();
    if !s.stage.is_empty() {
        parts.push(s.stage.clone());
    }
    match (s.is_bytes, s.total) {
        (true, 0) => parts.push(bytes_said(s.done)),
        (true, total) => parts.push(format!("{} of {}", bytes_said(s.done), bytes_said(total))),
        (false, 0) => {}
        (false, total) => parts.push(format!("{} of {total}", s.done)),
    }
    if let Some(rate) = s.rate {
        parts.push(if s.is_bytes {
            format!("{}/s", bytes_said(rate as u64))
        } else if rate >= 10.0 {
            format!("{rate:.0}/s")
        } else {
            format!("{rate:.1}/s")
        });
    }
    parts.push(match s.left {
        Some(left) => format!("{} left", duration(left)),
        None => duration(s.running),
    });
    parts.join(" · ")
}

/// A time as people say it.
pub fn duration(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
    }
}

fn notices_ui(ui: &mut egui::Ui, view: &View<'_>) {
    ui.separator();
    if view.notices.list().is_empty() {
        ui.weak("No notices.");
    } else if ui.small_button("Dismiss all").clicked() {
        view.send(Command::DismissAll);
    }
    for listed in view.notices.list().iter().rev() {
        let n = &listed.notice;
        ui.horizontal_top(|ui| {
            let word = match n.level {
                Level::Done => "Done",
                Level::Warning => "Note",
                Level::Error => "Error",
            };
            ui.colored_label(view.settings.theme.level(n.level), word);
            ui.vertical(|ui| {
                ui.label(&n.title);
                if !n.detail.is_empty() {
                    ui.add(egui::Label::new(egui::RichText::new(&n.detail).weak()).wrap());
                }
                ui.horizontal_wrapped(|ui| {
                    ui.spacing_mut().item_spacing.x = 4.0;
                    ui.spacing_mut().button_padding.x = 5.0;
                    ui.weak(format!("{} ago", duration(listed.at.elapsed())));
                    if ui.small_button("Dismiss").clicked() {
                        view.send(Command::Dismiss(listed.id));
                    }
                    if ui.small_button("Copy").clicked() {
                        ui.ctx().copy_text(format!("{}\n{}", n.title, n.detail));
                    }
                });
            });
        });
        ui.add_space(4.0);
    }
}
