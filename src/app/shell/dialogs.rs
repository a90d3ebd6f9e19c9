//! Dialogs in front of everything: about, and which of them is up.

use super::Window;
use crate::app::state::Dialog;
use crate::app::theme::sheet;

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
            Dialog::Path(text) => self.path_ui(ctx, text),
            Dialog::Shortcuts => super::keys::keys_ui(ctx),
            Dialog::About => about_ui(ctx),
        };
        if keep && self.state.dialog.is_none() {
            self.state.dialog = Some(dialog);
        }
    }
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
