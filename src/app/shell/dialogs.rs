//! Dialogs in front of everything: a path to open, about; and which of them is up.

use super::Window;
use crate::app::command::Command;
use crate::app::state::{AppState, Dialog};
use crate::app::theme::sheet;
use egui::Key;
use std::path::PathBuf;

impl Window {
    pub(super) fn dialogs_ui(&mut self, ctx: &egui::Context) {
        if let Some(sheet) = &mut self.state.sheet {
            sheet.ui(ctx, &self.state.settings, &self.state.out);
            return;
        }
        let Some(mut dialog) = self.state.dialog.take() else {
            return;
        };
        let keep = match &mut dialog {
            Dialog::Palette(text, chosen) => self.palette_ui(ctx, text, chosen),
            Dialog::Path(text) => path_ui(ctx, text, &self.state),
            Dialog::Shortcuts => super::keys::keys_ui(ctx),
            Dialog::About => about_ui(ctx),
        };
        if keep && self.state.dialog.is_none() {
            self.state.dialog = Some(dialog);
        }
    }
}

fn path_ui(ctx: &egui::Context, text: &mut String, state: &AppState) -> bool {
    let mut open = false;
    let modal = egui::Modal::new(egui::Id::unique("path"))
        .frame(sheet(ctx))
        .show(ctx, |ui| {
            ui.set_width(520.0);
            ui.heading("Open a path");
            let label = ui.label("A FITS image, a catalogue, a folder of cutouts, or a project");
            let field = egui::TextEdit::singleline(text).desired_width(f32::INFINITY);
            let response = ui.add(field).labelled_by(label.id);
            // Asked before the field takes the keyboard again, after which it has lost nothing.
            let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            if ui.memory(|m| m.focused().is_none()) {
                response.request_focus();
            }
            let path = PathBuf::from(text.trim());
            let exists = !text.trim().is_empty() && path.exists();
            if !text.trim().is_empty() && !exists {
                ui.weak("There is nothing at this path.");
            } else {
                ui.weak(" ");
            }
            ui.horizontal(|ui| {
                open |= (ui.add_enabled(exists, egui::Button::new("Open")).clicked() || entered) && exists;
                if ui.button("Cancel").clicked() {
                    ui.close();
                }
            });
        });
    if open {
        state.out.send(Command::Open(vec![PathBuf::from(text.trim())]));
    }
    !open && !modal.should_close()
}

fn about_ui(ctx: &egui::Context) -> bool {
    let modal = egui::Modal::new(egui::Id::unique("about"))
        .frame(sheet(ctx))
        .show(ctx, |ui| {
            ui.set_width(420.0);
            ui.heading(concat!("Astrolabel ", env!("CARGO_PKG_VERSION")));
            ui.label("Find rare things in large sky surveys, on your own machine.");
            ui.label("MIT or Apache-2.0, as you like.");
            if let Ok(home) = crate::app::sample::home() {
                ui.weak(format!(
                    "The sample survey's project is kept in {}",
                    home.display()
                ));
            }
            if ui.button("Close").clicked() {
                ui.close();
            }
        });
    !modal.should_close()
}
