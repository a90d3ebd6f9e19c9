//! Dialogs in front of everything: about, and which of them is up.

use super::Window;
use crate::app::dialogs::Around;
use crate::app::state::Dialog;
use crate::app::theme::sheet;

impl Window {
    pub(super) fn dialogs_ui(&mut self, ctx: &egui::Context) {
        if let Some(sheet) = &mut self.state.sheet {
            sheet.ui(ctx, &self.state.settings, &self.state.out);
            return;
        }
        let Some(mut dialog) = self.state.dialog.take() else {
            return self.kept_dialogs_ui(ctx);
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

    /// The dialogs that keep something. Encoders stand in front of what they were called from.
    fn kept_dialogs_ui(&mut self, ctx: &egui::Context) {
        let state = &mut self.state;
        let around = Around {
            theme: state.settings.theme,
            jobs: &state.jobs,
            out: &state.out,
            takes_drops: state.takes_drops,
        };
        if let Some(dialog) = &mut state.dialogs.encoders {
            if !dialog.ui(ctx, &mut state.encoders, &around) {
                state.dialogs.encoders = None;
            }
            return;
        }
        let Some(open) = &state.open else { return };
        let view = open.view(&state.settings, &state.jobs, &state.notices, &state.out);
        if let Some(dialog) = &mut state.dialogs.embed {
            if !dialog.ui(ctx, &view, &mut state.encoders, &around) {
                state.dialogs.embed = None;
            }
        } else if let Some(dialog) = &mut state.dialogs.runs
            && !dialog.ui(ctx, &view)
        {
            state.dialogs.runs = None;
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
