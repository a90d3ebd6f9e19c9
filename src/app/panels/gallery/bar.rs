//! Above the grid: what is listed, in which order, how large, and how it is drawn.

use super::list::Source;
use super::look::look_ui;
use super::{GalleryPanel, TO_TOP};
use crate::app::command::Command;
use crate::app::context::View;
use egui::{ComboBox, Slider, Ui};

/// Smallest and largest side of a tile, points.
pub const SIDES: std::ops::RangeInclusive<f32> = 48.0..=256.0;

impl GalleryPanel {
    /// Draws the bar.
    pub(super) fn bar_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        ui.horizontal_wrapped(|ui| {
            for source in Source::ALL {
                let response = ui
                    .selectable_label(self.source == source, source.name())
                    .on_hover_text(source.help());
                if response.clicked() {
                    self.turn_to(source);
                }
            }
            if self.has_list(view) {
                ui.weak(self.count_text());
            }
        });
        ui.horizontal_wrapped(|ui| {
            self.order_ui(ui, view);
            ui.separator();
            ui.label("Size");
            ui.spacing_mut().slider_width = 70.0;
            ui.add(Slider::new(&mut self.side, SIDES).show_value(false))
                .on_hover_text("Size of the cutouts")
                .accessible_name("Size of the cutouts");
            ui.checkbox(&mut self.badges, "Badges")
                .on_hover_text("Show label, probability, rank and mark on every cutout");
            ui.checkbox(&mut self.hold, "Hold")
                .on_hover_text("Keep the order while labels change what it is sorted by")
                .accessible_name("Hold the order");
            ui.toggle_value(&mut self.shows_look, "Stretch")
                .on_hover_text("How all cutouts are drawn: limits, stretch, colours, contrast");
        });
        if self.shows_look {
            ui.group(|ui| {
                let mut look = view.settings.look.clone();
                if look_ui(ui, "all cutouts", &mut look) {
                    view.send(Command::Look(Box::new(look)));
                }
            });
        }
    }

    fn order_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let own = self.source.own_order();
        let order = &mut self.orders[self.source.index()];
        let before = order.clone();
        ui.label("Sort by");
        let now = if order.column.is_empty() {
            own
        } else {
            order.column.as_str()
        };
        let shown = ComboBox::from_id_salt("gallery order")
            .selected_text(now)
            .width(110.0)
            .height(360.0)
            .truncate()
            .show_ui(ui, |ui| {
                let mut chosen = None;
                if ui.selectable_label(order.column.is_empty(), own).clicked() {
                    chosen = Some(String::new());
                }
                for column in view.columns.all(view.live) {
                    let response = ui.selectable_label(order.column == column.name, &column.name);
                    let response = if column.description.is_empty() {
                        response
                    } else {
                        response.on_hover_text(&column.description)
                    };
                    if response.clicked() {
                        chosen = Some(column.name);
                    }
                }
                chosen
            });
        shown.response.accessible_name("Sort the gallery by");
        if let Some(Some(column)) = shown.inner {
            order.column = column;
        }
        let (sign, now) = match (order.column.is_empty(), order.descending) {
            (true, false) => ("⬇", "first to last"),
            (true, true) => ("⬆", "last to first"),
            (false, false) => ("⬆", "ascending, smallest first"),
            (false, true) => ("⬇", "descending, largest first"),
        };
        if ui
            .button(sign)
            .on_hover_text(format!("Now {now}. Click to turn the order round"))
            .accessible_name(format!("Turn the order round, now {now}"))
            .clicked()
        {
            order.descending = !order.descending;
        }
        let changed = *order != before;
        if changed {
            self.to_top = TO_TOP;
        }
    }

    /// How many are listed.
    fn count_text(&self) -> String {
        let count = self.list.placed().map_or(0, |p| p.order.len());
        crate::app::mind::counted(count, "object")
    }
}
