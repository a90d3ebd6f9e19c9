//! Encoders: all there are, whether they can be used here, and the ways to get, check, add and remove them.

mod details;
mod list;

pub use list::ink;

use super::{Around, running_ui};
use crate::app::apply::ADDING;
use crate::app::command::Command;
use crate::app::encoders::{Encoders, Known};
use crate::app::theme::sheet;
use crate::encoder::registry::MORPHOMETRY;
use egui::{Key, Modifiers, RichText, Ui, vec2};
use std::sync::Arc;

/// Share of the width that the list takes.
const LIST: f32 = 0.55;

/// What the dialog keeps while it is up.
pub struct EncodersDialog {
    /// The one that is looked at.
    chosen: String,
    /// Whether its removal is asked about.
    removing: bool,
    /// Whether the list should show the chosen one.
    scrolls: bool,
}

impl Default for EncodersDialog {
    fn default() -> Self {
        Self {
            chosen: MORPHOMETRY.to_owned(),
            removing: false,
            scrolls: false,
        }
    }
}

impl EncodersDialog {
    /// Looks at another encoder.
    pub fn look_at(&mut self, name: String) {
        if name != self.chosen {
            self.removing = false;
        }
        self.chosen = name;
        self.scrolls = true;
    }

    /// Draws the dialog; whether it stays.
    pub fn ui(&mut self, ctx: &egui::Context, encoders: &mut Encoders, around: &Around<'_>) -> bool {
        let known = encoders.known(ctx);
        let modal = egui::Modal::new(egui::Id::unique("encoders"))
            .frame(sheet(ctx))
            .show(ctx, |ui| {
                let room = ctx.content_rect().size();
                let width = (room.x - 60.0).clamp(320.0, 1240.0);
                ui.set_width(width);
                ui.heading("Encoders");
                let what = "A network turns every cutout into a vector. One comes with Astrolabel; get the others' weights here, \
                            or add your own.";
                ui.add(egui::Label::new(RichText::new(what).weak()).wrap());
                ui.add_space(6.0);
                let is_adding = around.jobs.running().iter().any(|j| j.title == ADDING);
                let below = if encoders.said_of_files.is_some() || is_adding { 92.0 } else { 0.0 };
                let height = (room.y - 180.0 - below).clamp(200.0, 760.0);
                self.body_ui(ui, vec2(width, height), known.as_ref(), encoders, around);
                ui.add_space(8.0);
                self.buttons_ui(ui, encoders, around);
            });
        !modal.should_close()
    }

    fn body_ui(
        &mut self,
        ui: &mut Ui,
        size: egui::Vec2,
        known: Option<&Arc<Known>>,
        encoders: &Encoders,
        around: &Around<'_>,
    ) {
        let Some(known) = known else {
            ui.allocate_ui(size, |ui| {
                ui.set_min_size(size);
                ui.weak("Looking at what is here…");
            });
            return;
        };
        // One that was just added is found in a moment; one that was removed is gone.
        if known.generation == encoders.generation() && known.of(&self.chosen).is_none() {
            self.look_at(MORPHOMETRY.to_owned());
        }
        self.step(ui, known);
        let gap = 16.0;
        let left = ((size.x - gap) * LIST).floor();
        let right = size.x - gap - left;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            ui.allocate_ui_with_layout(
                vec2(left, size.y),
                egui::Layout::top_down(egui::Align::Min),
                |ui| {
                    ui.set_min_size(vec2(left, size.y));
                    let scrolls = std::mem::take(&mut self.scrolls);
                    if let Some(name) = list::list_ui(ui, known, &self.chosen, scrolls, around.theme) {
                        self.look_at(name);
                        self.scrolls = false;
                    }
                },
            );
            ui.allocate_ui_with_layout(
                vec2(right, size.y),
                egui::Layout::top_down(egui::Align::Min),
                |ui| {
                    ui.set_min_size(vec2(right, size.y));
                    ui.spacing_mut().item_spacing.x = 8.0;
                    if let Some(facts) = known.of(&self.chosen) {
                        egui::ScrollArea::vertical()
                            .id_salt(&facts.name)
                            .auto_shrink(false)
                            .show(ui, |ui| {
                                // Room for the scroll bar, so that no text lies under it.
                                ui.set_max_width(right - 14.0);
                                details::details_ui(ui, facts, &mut self.removing, encoders, around);
                            });
                    }
                },
            );
        });
    }

    /// Arrow keys go through the list.
    fn step(&mut self, ui: &Ui, known: &Known) {
        if ui.memory(|m| m.focused().is_some()) {
            return;
        }
        let (up, down) = ui.input_mut(|i| {
            (
                i.consume_key(Modifiers::NONE, Key::ArrowUp),
                i.consume_key(Modifiers::NONE, Key::ArrowDown),
            )
        });
        let at = known.all.iter().position(|f| f.name == self.chosen).unwrap_or(0);
        let to = match (up, down) {
            (true, false) => at.saturating_sub(1),
            (false, true) => (at + 1).min(known.all.len().saturating_sub(1)),
            _ => return,
        };
        if let Some(facts) = known.all.get(to) {
            self.look_at(facts.name.clone());
        }
    }

    fn buttons_ui(&mut self, ui: &mut Ui, encoders: &Encoders, around: &Around<'_>) {
        if let Some(said) = &encoders.said_of_files {
            super::said_ui(ui, said, around.theme, "files");
        }
        running_ui(ui, around.jobs, around.out, ADDING);
        ui.horizontal(|ui| {
            let add = ui.button("Add…").on_hover_text(
                "Take up weights (.safetensors, .pth, .pt, .bin, .ckpt) or a description (.toml) of your own",
            );
            if add.clicked() {
                around.out.send(Command::AddEncoder);
            }
            if ui.button("Close").clicked() {
                ui.close();
            }
            let hint = if around.takes_drops {
                "or drop a weights file or a .toml description on the window"
            } else {
                "a weights file, or a .toml description with its weights beside it"
            };
            ui.weak(hint);
        });
    }
}
