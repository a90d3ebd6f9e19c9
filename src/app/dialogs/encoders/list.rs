//! All encoders in rows.

use crate::app::encoders::Known;
use crate::app::notices::Level;
use crate::app::theme::Theme;
use crate::encoder::registry::{EncoderFacts, WeightsState};
use egui::{Color32, Role, Sense, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder, TableRow};

/// Height of a row, points.
const ROW: f32 = 22.0;

/// Draws the table; the encoder that was pressed.
pub fn list_ui(ui: &mut Ui, known: &Known, chosen: &str, scrolls: bool, theme: Theme) -> Option<String> {
    let mut pressed = None;
    let wrong_height = if known.wrong.is_empty() { 0.0 } else { 60.0 };
    let height = ui.available_height() - wrong_height;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
        let mut table = TableBuilder::new(ui)
            .id_salt("encoders")
            .striped(true)
            .sense(Sense::click())
            .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
            .auto_shrink(false)
            .max_scroll_height(height)
            .column(Column::remainder().at_least(150.0).clip(true))
            .column(Column::exact(92.0))
            .column(Column::exact(64.0))
            .column(Column::exact(112.0).clip(true))
            .column(Column::exact(118.0).clip(true));
        if scrolls && let Some(row) = known.all.iter().position(|f| f.name == chosen) {
            table = table.scroll_to_row(row, None);
        }
        table
            .header(ROW, |mut row| {
                for name in ["name", "family", "numbers", "licence", "weights"] {
                    row.col(|ui| {
                        ui.strong(name);
                    });
                }
            })
            .body(|body| {
                body.rows(ROW, known.all.len(), |mut row| {
                    let Some(facts) = known.all.get(row.index()) else {
                        return;
                    };
                    row.set_selected(facts.name == chosen);
                    row_ui(&mut row, facts, theme);
                    let response = row.response();
                    response.widget_info(|| {
                        let name = format!("Encoder {}", facts.name);
                        WidgetInfo::selected(Role::Row, true, facts.name == chosen, name)
                    });
                    if response.clicked() {
                        pressed = Some(facts.name.clone());
                    }
                });
            });
    });
    if !known.wrong.is_empty() {
        egui::ScrollArea::vertical()
            .id_salt("wrong")
            .max_height(56.0)
            .show(ui, |ui| {
                for why in &known.wrong {
                    ui.colored_label(theme.level(Level::Error), why);
                }
            });
    }
    pressed
}

fn row_ui(row: &mut TableRow<'_, '_>, facts: &EncoderFacts, theme: Theme) {
    let known = facts.entry.as_ref().map(|e| &e.description);
    // Text that can be selected would catch the click that is meant for the row.
    let cell = |ui: &mut Ui, text: &str| {
        ui.add(egui::Label::new(text).selectable(false));
    };
    row.col(|ui| {
        cell(ui, &facts.name);
    });
    row.col(|ui| cell(ui, facts.family()));
    row.col(|ui| {
        let dim = facts.dim().map_or_else(|| "?".to_owned(), |d| d.to_string());
        cell(ui, &dim);
    });
    row.col(|ui| {
        let licence = known.map_or("", |k| k.licence.as_str());
        cell(ui, licence);
    });
    row.col(|ui| {
        let text = egui::RichText::new(facts.state.words()).color(ink(&facts.state, theme));
        ui.add(egui::Label::new(text).selectable(false));
    });
}

/// Green what can be used, red what is damaged.
pub fn ink(state: &WeightsState, theme: Theme) -> Color32 {
    match state {
        WeightsState::Here | WeightsState::Unneeded => theme.level(Level::Done),
        WeightsState::Damaged(_) => theme.level(Level::Error),
        WeightsState::Begun(_) | WeightsState::Incomplete => theme.level(Level::Warning),
        WeightsState::Missing => theme.weak(),
    }
}
