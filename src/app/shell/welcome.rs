//! What stands in the window while nothing is open.

use crate::app::command::{Action, Command};
use crate::app::panels::jobs::told;
use crate::app::state::AppState;
use egui::RichText;

/// Nothing is open: what to do.
pub(super) fn empty_ui(ui: &mut egui::Ui, state: &AppState) {
    let rect = ui.available_rect_before_wrap();
    ui.painter().rect_filled(rect, 0.0, state.settings.theme.ground());
    ui.vertical_centered(|ui| {
        ui.add_space((rect.height() * 0.22).max(20.0));
        let what = if state.takes_drops {
            "Drop FITS images, catalogues or a folder of cutouts here"
        } else {
            "Open FITS images, catalogues or a folder of cutouts"
        };
        ui.label(RichText::new(what).size(24.0));
        ui.add_space(8.0);
        ui.label("Every object is cut out, measured and arranged by what it looks like.");
        ui.label(
            "Then search for what looks similar, teach classes with a few examples, rank what is strange.",
        );
        ui.add_space(18.0);
        let row = [
            Action::OpenFiles,
            Action::OpenFolder,
            Action::OpenPath,
            Action::OpenSample,
        ];
        let width = 174.0 * row.len() as f32;
        ui.allocate_ui(egui::vec2(width.min(rect.width()), 34.0), |ui| {
            ui.horizontal_wrapped(|ui| {
                for action in row {
                    let button = egui::Button::new(action.text()).min_size(egui::vec2(166.0, 32.0));
                    if ui.add(button).on_hover_text(action.help()).clicked() {
                        state.out.send(Command::Do(action));
                    }
                }
            });
        });
        ui.add_space(10.0);
        let keys =
            |action: Action| (action.shortcut()).map_or_else(String::new, |k| ui.ctx().format_shortcut(&k));
        let hint = format!(
            "{} finds any command, {} lists the keys.",
            keys(Action::Palette),
            keys(Action::Shortcuts)
        );
        ui.weak(hint);
        ui.add_space(14.0);
        if !state.settings.recent.is_empty() {
            ui.weak("Recent");
            for path in state.settings.recent.iter().take(6) {
                if ui.link(path.display().to_string()).clicked() {
                    state.out.send(Command::Open(vec![path.clone()]));
                }
            }
        }
        for job in state.jobs.running() {
            ui.add_space(10.0);
            ui.label(&job.title);
            let s = job.state.snapshot();
            ui.add(
                egui::ProgressBar::new(s.fraction.unwrap_or(0.0))
                    .desired_width(320.0)
                    .animate(s.fraction.is_none()),
            );
            ui.weak(told(&s));
        }
        for n in state.notices.list().iter().rev().take(3) {
            ui.add_space(6.0);
            ui.colored_label(state.settings.theme.level(n.notice.level), &n.notice.title);
            if !n.notice.detail.is_empty() {
                ui.weak(&n.notice.detail);
            }
        }
    });
}
