//! The objects that look most like this one. Asked for only while they are looked at.

use super::name_of;
use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::mind::Request;
use egui::{Sense, Stroke, StrokeKind, Ui};

/// Side of a neighbour's picture, points.
const PICTURE: f32 = 84.0;

/// What this part keeps.
#[derive(Default)]
pub struct NeighboursPart {
    /// Reading of the survey and object that was asked about.
    asked: Option<(u64, u32)>,
}

impl NeighboursPart {
    /// Draws the part.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View<'_>, object: u32) {
        if view.survey.runs.is_empty() {
            ui.label("Neighbours need a vector of every object.");
            if ui.button("Embed").clicked() {
                view.send(Command::Do(Action::Embed));
            }
            return;
        }
        let key = (view.survey.generation, object);
        if self.asked != Some(key) {
            self.asked = Some(key);
            view.send(Command::Ask(Request::Neighbours(object)));
        }
        let Some((_, found)) = view.neighbours.filter(|(o, _)| *o == object) else {
            ui.weak("Searching…");
            return;
        };
        if found.is_empty() {
            ui.label(
                "This object has no vector: its cutout may be empty. Embed again when its image is there.",
            );
            return;
        }
        egui::ScrollArea::vertical()
            .id_salt("inspector neighbours")
            .auto_shrink(false)
            .show(ui, |ui| {
                // Pictures with text below don't wrap by themselves.
                let step = PICTURE + ui.spacing().item_spacing.x;
                let across = ((ui.available_width() / step) as usize).max(1);
                for row in found.chunks(across) {
                    ui.horizontal_top(|ui| {
                        for &(near, cosine) in row {
                            neighbour_ui(ui, view, near, cosine);
                        }
                    });
                }
                ui.add_space(4.0);
                if ui
                    .button("List more in the gallery")
                    .on_hover_text("Search for what looks like this object")
                    .clicked()
                {
                    view.send(Command::Similar(vec![object], Vec::new()));
                }
            });
    }
}

fn neighbour_ui(ui: &mut Ui, view: &View<'_>, near: u32, cosine: f32) {
    ui.vertical(|ui| {
        ui.set_width(PICTURE);
        let (rect, response) = ui.allocate_exact_size(egui::Vec2::splat(PICTURE), Sense::click());
        view.thumbs.paint(ui, rect, near, view.settings.look_of(near));
        let theme = view.settings.theme;
        let label = view.label_colour(near);
        let edge = if response.hovered() || response.has_focus() {
            Some(theme.accent())
        } else {
            label
        };
        if let Some(ink) = edge {
            ui.painter()
                .rect_stroke(rect, 2.0, Stroke::new(2.0, ink), StrokeKind::Inside);
        }
        let name = name_of(view, near).to_owned();
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Neighbour {name}")));
        if response.clicked() {
            view.send(Command::LookAt(near));
        }
        let class = view
            .live
            .label_of(near)
            .and_then(|c| view.live.classes.get(c))
            .map_or_else(String::new, |c| format!("\nLabel: {}", c.name));
        response.on_hover_text(format!("{name}\nCosine {cosine:.4}{class}\nClick to look at it"));
        ui.small(format!("{cosine:.3}"));
    });
}
