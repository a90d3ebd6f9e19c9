//! What the gallery says when it has nothing to show, and what to do about it.

use super::GalleryPanel;
use super::list::Source;
use crate::app::command::{Action, Command};
use crate::app::context::View;
use egui::{RichText, Ui};

impl GalleryPanel {
    /// Whether there is anything to make a list from.
    pub(super) fn has_list(&self, view: &View<'_>) -> bool {
        match self.source {
            _ if view.survey.count() == 0 => false,
            Source::All => true,
            Source::Selected => !self.list.chosen().is_empty(),
            Source::Found => view.live.found.is_some(),
            Source::Strangest => view.live.ranked.is_some(),
            Source::Queue => !view.live.suggestions.is_empty(),
        }
    }

    /// Says why there is nothing to list.
    pub(super) fn nothing_ui(&self, ui: &mut Ui, view: &View<'_>) {
        let live = view.live;
        let no_vectors = view.survey.runs.is_empty();
        match self.source {
            _ if view.survey.count() == 0 => said(
                ui,
                "No objects yet",
                "Open images and a catalogue, or a folder of cutouts.",
                &[(Action::OpenFiles, "Open files…")],
                view,
            ),
            Source::All => {}
            Source::Selected => said(
                ui,
                "Nothing is selected",
                "Click objects here or in any pane, draw a lasso on the map or the image, or select all that is shown.",
                &[(Action::SelectAll, "Select all shown")],
                view,
            ),
            Source::Found | Source::Strangest | Source::Queue if no_vectors => not_embedded(ui, view),
            Source::Found => said(
                ui,
                "No search yet",
                "Look at an object and press S, double click a cutout, or drop a picture here: what looks like it is listed, most similar first.",
                &[
                    (Action::SimilarToThis, "Find similar to the selection"),
                    (Action::SimilarToImage, "Find similar to an image…"),
                ],
                view,
            ),
            Source::Strangest => said(
                ui,
                "Not ranked yet",
                "The ranking is being made; it appears here by itself.",
                &[(Action::ShowJobs, "Show jobs")],
                view,
            ),
            Source::Queue => said(
                ui,
                "Nothing is suggested",
                live.classifier_note
                    .as_deref()
                    .unwrap_or("Everything is labelled, or the suggestions are still being made."),
                &[(Action::ShowLabels, "Show classes and queue")],
                view,
            ),
        }
    }

    /// The list was made and is empty.
    pub(super) fn empty_list_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let filtered = view.visible.passes.is_some();
        if filtered {
            let text = format!("No object of this list passes the filter {}", view.visible.text);
            said(ui, "Nothing passes the filter", &text, &[], view);
            ui.vertical_centered(|ui| {
                if ui.button("Clear the filter").clicked() {
                    view.send(Command::Filter(String::new()));
                }
                if self.source != Source::All && ui.button("List all objects").clicked() {
                    self.turn_to(Source::All);
                }
            });
        } else if self.source == Source::Queue {
            said(
                ui,
                "All suggestions are labelled",
                "New ones come as soon as the classifier has learnt from the labels.",
                &[],
                view,
            );
        } else {
            said(
                ui,
                "Nothing was found",
                "List all objects and choose others to search for.",
                &[],
                view,
            );
        }
    }
}

fn not_embedded(ui: &mut Ui, view: &View<'_>) {
    said(
        ui,
        "Not embedded yet",
        "Searching, ranking and suggesting need a vector of every object. Embedding computes them with the network that comes with the program; 10 000 objects take a minute.",
        &[(Action::Embed, "Embed")],
        view,
    );
}

/// A heading, what to do, and buttons that do it.
fn said(ui: &mut Ui, heading: &str, text: &str, actions: &[(Action, &str)], view: &View<'_>) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.25).clamp(8.0, 160.0));
        ui.label(RichText::new(heading).size(18.0));
        ui.add_space(4.0);
        ui.set_max_width(420.0_f32.min(ui.available_width()));
        ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
        ui.add_space(8.0);
        for (action, text) in actions {
            if ui.button(*text).on_hover_text(action.help()).clicked() {
                view.send(Command::Do(*action));
            }
        }
    });
}
