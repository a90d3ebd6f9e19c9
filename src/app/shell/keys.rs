//! All keys, and what the mouse does in the panes.

use crate::app::command::{Action, Menu};
use crate::app::theme::sheet;
use egui::{RichText, Ui};

/// Least width of a column, points, so that the groups stand in line.
const KEYS: f32 = 168.0;

/// What a pane itself answers to: hand or keys, and what that does.
const IN_PANES: [(&str, &[(&str, &str)]); 4] = [
    (
        "Gallery",
        &[
            ("Click, Shift, Ctrl", "Select one, up to here, one more"),
            ("Double click", "Find what looks like it"),
            ("Right click", "More to do with it"),
            ("Arrows, Page, Home, End", "Go to another object"),
        ],
    ),
    (
        "Image",
        &[
            ("Wheel, + and −", "Zoom about the pointer"),
            (
                "Drag, right button",
                "Contrast up and down, bias left and right, as in DS9",
            ),
            ("Drag, middle button", "Move the picture, whatever the tool"),
            ("F, R, G", "Fit, one to one, go to the object"),
            (
                "Shift, Alt while selecting",
                "Add to the selection, take out of it",
            ),
        ],
    ),
    (
        "Map and scatter",
        &[
            ("Wheel, + and −", "Zoom about the pointer"),
            ("Drag, right or middle", "Move, whatever the tool"),
            ("Double click, Home", "Show all objects"),
            ("Enter", "Select what is in view"),
        ],
    ),
    (
        "Table",
        &[
            ("Click on a column's name", "Sort: one way, the other, not at all"),
            ("Right click on it", "Filter by it, move or hide it"),
            (
                "Arrows, Page, Home, End",
                "Go to another row; with Shift select up to it",
            ),
            ("Ctrl+C", "Copy the selected rows"),
        ],
    ),
];

/// Draws the list; whether it stays.
pub(super) fn keys_ui(ctx: &egui::Context) -> bool {
    let modal = egui::Modal::new(egui::Id::unique("shortcuts"))
        .frame(sheet(ctx))
        .show(ctx, |ui| {
            let room = ctx.content_rect().size();
            ui.set_width((room.x - 80.0).min(840.0));
            ui.heading("Keys and mouse");
            egui::ScrollArea::vertical()
                .max_height(room.y - 160.0)
                .min_scrolled_height(room.y - 160.0)
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    for menu in Menu::ALL {
                        group(ui, menu.name(), |ui| {
                            for action in Action::ALL.iter().filter(|a| a.menu() == menu) {
                                if let Some(keys) = action.shortcut() {
                                    ui.label(RichText::new(ctx.format_shortcut(&keys)).strong());
                                    ui.label(action.text());
                                    meaning(ui, action.help());
                                    ui.end_row();
                                }
                            }
                        });
                    }
                    for (pane, rows) in IN_PANES {
                        group(ui, &format!("In the pane: {pane}"), |ui| {
                            for (hand, does) in rows {
                                ui.label(RichText::new(*hand).strong());
                                ui.label("");
                                meaning(ui, does);
                                ui.end_row();
                            }
                        });
                    }
                });
            ui.add_space(8.0);
            if ui.button("Close").clicked() {
                ui.close();
            }
        });
    !modal.should_close()
}

/// What a key does, in all the room that is left, so that stripes end in line.
fn meaning(ui: &mut Ui, text: &str) {
    ui.vertical(|ui| {
        ui.add_space(1.0);
        ui.set_width((ui.max_rect().width() - 8.0).max(120.0));
        ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
    });
}

/// A titled part whose columns stand where those of the others do.
fn group(ui: &mut Ui, title: &str, rows: impl FnOnce(&mut Ui)) {
    ui.add_space(8.0);
    ui.label(RichText::new(title).strong());
    egui::Grid::new(title)
        .num_columns(3)
        .min_col_width(KEYS)
        .striped(true)
        .show(ui, rows);
}
