//! The cells: header, rows, what is clicked. Only what is on the screen is looked up.

use super::choice::NAME;
use crate::app::columns::{ColumnInfo, Holds};
use crate::app::context::View;
use crate::app::listing::Order;
use egui::{
    Align, Layout, Modifiers, Rect, Response, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2,
};
use egui_table::{CellInfo, HeaderCellInfo, PrefetchInfo, TableDelegate};
use std::ops::Range;

/// Height of a row, points. A power of two times a small number: a million rows reach beyond where
/// single precision knows halves.
pub const ROW: f32 = 20.0;
/// Height of the header, points.
pub const HEADER: f32 = 34.0;
/// Room at both sides of a cell, points.
const MARGIN: f32 = 6.0;
/// Room for the mark of a sorted column, points.
const SORTED: f32 = 10.0;
/// Side of the picture shown over a name, points.
const PICTURE: f32 = 128.0;
/// Columns whose largest values are the interesting ones.
const LARGEST_FIRST: [&str; 4] = ["probability", "anomaly_score", "similarity", "doubt"];

/// What a header asks.
#[derive(Debug, Clone, PartialEq)]
pub enum HeaderAsks {
    /// This order.
    Sort(Order),
    /// Not to be shown.
    Hide(String),
    /// To stand elsewhere, by columns.
    Move(String, isize),
    /// To be filtered by.
    Filter(String),
}

/// What was done to the cells in a frame.
#[derive(Default)]
pub struct Done {
    /// A row, counted in the list, and the keys held.
    pub clicked: Option<(usize, Modifiers)>,
    /// A header.
    pub header: Option<HeaderAsks>,
    /// Rows in view.
    pub rows: Range<u64>,
}

/// Draws the cells of a list of objects.
pub struct Grid<'a, 'v> {
    /// What there is to see.
    pub view: &'a View<'v>,
    /// The objects.
    pub list: &'a [u32],
    /// The columns at the right of the name.
    pub columns: &'a [ColumnInfo],
    /// How the list is sorted.
    pub order: &'a Order,
    /// What was done.
    pub done: Done,
}

/// The next order when a column's header is clicked: its natural way, the other way, unsorted.
pub fn next_order(order: &Order, column: &str) -> Order {
    let natural = LARGEST_FIRST.contains(&column) || column.starts_with("p_");
    let sorted = |descending| Order {
        column: column.to_owned(),
        descending,
    };
    if order.column != column {
        sorted(natural)
    } else if order.descending == natural {
        sorted(!natural)
    } else {
        Order::default()
    }
}

impl Grid<'_, '_> {
    fn header_of(&self, number: usize) -> (String, String, String, bool) {
        match number.checked_sub(1).and_then(|i| self.columns.get(i)) {
            Some(c) => (
                c.name.clone(),
                c.unit.clone(),
                c.description.clone(),
                c.holds == Holds::Numbers,
            ),
            None => (NAME.into(), String::new(), "name of the object".into(), false),
        }
    }

    fn header_menu(&mut self, ui: &mut Ui, name: &str, is_name: bool) {
        let sorted = |descending| {
            HeaderAsks::Sort(Order {
                column: name.to_owned(),
                descending,
            })
        };
        let mut items = vec![
            ("Sort ascending", sorted(false)),
            ("Sort descending", sorted(true)),
            ("Filter by this column", HeaderAsks::Filter(name.to_owned())),
        ];
        if !is_name {
            items.push(("Move left", HeaderAsks::Move(name.to_owned(), -1)));
            items.push(("Move right", HeaderAsks::Move(name.to_owned(), 1)));
            items.push(("Hide", HeaderAsks::Hide(name.to_owned())));
        }
        for (text, asks) in items {
            if ui.button(text).clicked() {
                self.done.header = Some(asks);
                ui.close();
            }
        }
    }

    /// A small square in the colour of the class that a cell names.
    fn chip_ui(&self, ui: &mut Ui, column: &str, object: u32) {
        let class = match column {
            "label" => self.view.live.label_of(object),
            "predicted" => self.view.live.prediction_of(object).map(|(c, _)| c),
            _ => None,
        };
        if let Some(class) = class {
            let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
            let colour = self.view.settings.theme.class_colour(class);
            ui.painter().rect_filled(rect, 2.0, colour);
        }
    }

    fn name_ui(&mut self, ui: &mut Ui, rect: Rect, row: usize, object: u32) {
        let name = self
            .view
            .survey
            .objects()
            .get(object as usize)
            .map_or("", |o| o.name.as_str());
        let response = ui.interact(rect, ui.scope_id().with("name"), Sense::click());
        let is_chosen = self.view.selection.has(object);
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, is_chosen, format!("Row {name}")));
        self.clicked(ui, &response, row);
        text_ui(ui, name);
        if response.hovered() {
            response.on_hover_ui(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(PICTURE, PICTURE), Sense::hover());
                self.view.thumbs.paint(ui, rect, object, &self.view.settings.look);
                ui.label(name);
            });
        }
    }

    fn clicked(&mut self, ui: &Ui, response: &Response, row: usize) {
        if response.clicked() {
            self.done.clicked = Some((row, ui.input(|i| i.modifiers)));
        }
    }
}

impl TableDelegate for Grid<'_, '_> {
    fn prepare(&mut self, info: &PrefetchInfo) {
        self.done.rows = info.visible_rows.clone();
    }

    fn default_row_height(&self) -> f32 {
        ROW
    }

    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        let (name, unit, description, is_number) = self.header_of(cell.col_range.start);
        let rect = ui.max_rect();
        let is_sorted = self.order.column == name;
        let response = ui.interact(rect, ui.scope_id().with("sort"), Sense::click());
        let told = match (is_sorted, self.order.descending) {
            (false, _) => format!("Sort by {name}"),
            (true, false) => format!("Sort by {name}, now ascending"),
            (true, true) => format!("Sort by {name}, now descending"),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &told));
        if response.hovered() || response.has_focus() {
            let fill = ui.visuals().widgets.hovered.weak_bg_fill;
            ui.painter().rect_filled(rect, 0.0, fill);
        }
        let align = if is_number { Align::Max } else { Align::Min };
        let mut room = rect.shrink2(vec2(MARGIN, 3.0));
        if is_sorted {
            // The mark stands at the side where the text isn't.
            let mut mark = Rect::from_center_size(room.center_top() + vec2(0.0, 8.0), vec2(10.0, 10.0));
            if is_number {
                mark.set_center(egui::pos2(rect.left() + 8.0, mark.center().y));
                room.min.x += SORTED;
            } else {
                mark.set_center(egui::pos2(rect.right() - 8.0, mark.center().y));
                room.max.x -= SORTED;
            }
            let colour = self.view.settings.theme.accent();
            super::marks::triangle(ui.painter(), mark, !self.order.descending, colour);
        }
        let inner = UiBuilder::new().max_rect(room).layout(Layout::top_down(align));
        let used = ui
            .scope_builder(inner, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                text_ui(ui, RichText::new(&name).strong());
                text_ui(ui, RichText::new(&unit).weak().small());
            })
            .response;
        ui.expand_to_include_rect(used.rect.expand2(vec2(MARGIN, 0.0)));
        let help = if description.is_empty() {
            format!("{told}. Right click for more.")
        } else {
            format!("{name}: {description}. {told}; right click for more.")
        };
        let response = response.on_hover_text(help);
        if response.clicked() {
            self.done.header = Some(HeaderAsks::Sort(next_order(self.order, &name)));
        }
        response.context_menu(|ui| self.header_menu(ui, &name, cell.col_range.start == 0));
    }

    fn row_ui(&mut self, ui: &mut Ui, row_nr: u64) {
        let row = row_nr as usize;
        let Some(&object) = self.list.get(row) else { return };
        let rect = ui.max_rect();
        if self.view.selection.has(object) {
            let fill = ui.visuals().selection.bg_fill;
            ui.painter().rect_filled(rect, 0.0, fill);
        } else if row % 2 == 1 {
            let fill = ui.visuals().faint_bg_color;
            ui.painter().rect_filled(rect, 0.0, fill);
        }
        if self.view.selection.focus() == Some(object) {
            let ink = egui::Stroke::new(1.5, self.view.settings.theme.accent());
            let (top, bottom) = (rect.top() + 1.0, rect.bottom() - 1.0);
            ui.painter().hline(rect.x_range(), top, ink);
            ui.painter().hline(rect.x_range(), bottom, ink);
        }
        let response = ui.interact(rect, ui.scope_id().with("row"), Sense::click());
        self.clicked(ui, &response, row);
    }

    fn cell_ui(&mut self, ui: &mut Ui, cell: &CellInfo) {
        let row = cell.row_nr as usize;
        let Some(&object) = self.list.get(row) else { return };
        let rect = ui.max_rect();
        if self.view.selection.dims(object) {
            ui.visuals_mut().override_text_color = Some(self.view.settings.theme.weak());
        }
        let column = cell.col_nr.checked_sub(1).map(|i| &self.columns[i]);
        let is_number = column.is_some_and(|c| c.holds == Holds::Numbers);
        let layout = if is_number {
            Layout::right_to_left(Align::Center)
        } else {
            Layout::left_to_right(Align::Center)
        };
        let inner = UiBuilder::new()
            .max_rect(rect.shrink2(vec2(MARGIN, 0.0)))
            .layout(layout);
        let used = ui
            .scope_builder(inner, |ui| match column {
                None => self.name_ui(ui, rect, row, object),
                Some(column) => {
                    let text = self.view.columns.cell(self.view.live, column, object);
                    self.chip_ui(ui, &column.name, object);
                    text_ui(ui, text);
                }
            })
            .response;
        ui.expand_to_include_rect(used.rect.expand2(vec2(MARGIN, 0.0)));
    }
}

/// Text that clicks go through; cut off where the column ends, but measured whole. A number that
/// doesn't fit loses its end, too, and shows that it did.
fn text_ui(ui: &mut Ui, text: impl Into<egui::WidgetText>) {
    let label = egui::Label::new(text).selectable(false);
    ui.add(if ui.is_sizing_pass() {
        label.extend()
    } else {
        label.truncate()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_sorts_its_natural_way_then_the_other_then_not() {
        let first = next_order(&Order::default(), "mag_r");
        assert_eq!((first.column.as_str(), first.descending), ("mag_r", false));
        let second = next_order(&first, "mag_r");
        assert!(second.descending);
        assert_eq!(next_order(&second, "mag_r"), Order::default());
        let strange = next_order(&second, "anomaly_score");
        assert!(strange.descending, "the strangest first");
        assert!(!next_order(&strange, "anomaly_score").descending);
    }
}
