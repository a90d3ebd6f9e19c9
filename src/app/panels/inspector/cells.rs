//! All values of the object: name, value, unit; found by name, copied by a click.

use crate::app::columns::{Columns, Holds, number};
use crate::app::context::View;
use crate::app::derived::Derived;
use crate::app::live::Live;
use crate::project::Object;
use crate::sky::coords::{format_dms, format_hms};
use egui::{Button, Label, RichText, TextEdit, Ui};
use serde::{Deserialize, Serialize};

/// What this part keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CellsPart {
    filter: String,
    hides_empty: bool,
    #[serde(skip)]
    cells: Derived<(u64, u32, u64), Cells>,
}

struct Cells {
    object: u32,
    list: Vec<Cell>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
struct Cell {
    name: String,
    /// As it is shown.
    value: String,
    /// In full, as it is copied.
    full: String,
    unit: String,
    description: String,
}

impl CellsPart {
    /// Draws the part.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View<'_>, object: u32) {
        let key = (view.survey.generation, object, view.live.generation);
        let (survey, columns, live) = (view.survey.clone(), view.columns.clone(), view.live.clone());
        let made = self.cells.get(ui.ctx(), &key, move || Cells {
            object,
            list: cells(survey.objects().get(object as usize), &columns, &live, object),
        });
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.filter)
                .hint_text("Find a column")
                .desired_width((ui.available_width() - 160.0).max(70.0));
            ui.add(field)
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find a column"));
            ui.checkbox(&mut self.hides_empty, "Filled")
                .on_hover_text("Only columns that have a value");
            if let Some(made) = &made
                && ui
                    .button("Copy")
                    .on_hover_text("Copy the values shown as lines of name, value and unit, with tabs")
                    .accessible_name("Copy the values shown")
                    .clicked()
            {
                let lines: Vec<String> = (made.list.iter())
                    .filter(|c| self.shows(c))
                    .map(|c| format!("{}\t{}\t{}", c.name, c.full, c.unit))
                    .collect();
                ui.ctx().copy_text(lines.join("\n"));
            }
        });
        let Some(made) = made.filter(|c| c.object == object) else {
            ui.weak("Reading values…");
            return;
        };
        let shown: Vec<&Cell> = made.list.iter().filter(|c| self.shows(c)).collect();
        if shown.is_empty() {
            ui.weak("No column of this name. Clear the field to see all.");
            return;
        }
        let height = ui.spacing().interact_size.y;
        egui::ScrollArea::vertical()
            .id_salt("inspector columns")
            .auto_shrink(false)
            .show_rows(ui, height, shown.len(), |ui, rows| {
                for cell in &shown[rows] {
                    cell_ui(ui, cell, height);
                }
            });
    }

    fn shows(&self, cell: &Cell) -> bool {
        let filter = self.filter.trim().to_lowercase();
        (filter.is_empty()
            || cell.name.to_lowercase().contains(&filter)
            || cell.description.to_lowercase().contains(&filter))
            && !(self.hides_empty && cell.value.is_empty())
    }
}

fn cell_ui(ui: &mut Ui, cell: &Cell, height: f32) {
    ui.horizontal(|ui| {
        let width = ui.available_width();
        let name = Label::new(RichText::new(&cell.name).weak()).truncate();
        let mut told = cell.name.clone();
        if !cell.description.is_empty() {
            told = format!("{told}: {}", cell.description);
        }
        ui.allocate_ui_with_layout(
            egui::vec2(width * 0.45, height),
            egui::Layout::left_to_right(egui::Align::Center),
            |ui| {
                ui.set_min_width(width * 0.45);
                ui.add(name).on_hover_text(told);
            },
        );
        let text = match (cell.value.is_empty(), cell.unit.is_empty()) {
            (true, _) => "–".to_owned(),
            (false, true) => cell.value.clone(),
            (false, false) => format!("{} {}", cell.value, cell.unit),
        };
        let response = ui
            .add(Button::new(text).frame(false).truncate())
            .on_hover_text(format!("{}  (click to copy)", cell.full))
            .accessible_name(format!("Copy {}: {}", cell.name, cell.value));
        if response.clicked() {
            ui.ctx().copy_text(cell.full.clone());
        }
    });
}

/// All values of an object: its position in words first.
fn cells(about: Option<&Object>, columns: &Columns, live: &Live, object: u32) -> Vec<Cell> {
    let mut list = Vec::new();
    let mut said = |name: &str, value: String, description: &str| {
        list.push(Cell {
            name: name.to_owned(),
            full: value.clone(),
            value,
            unit: String::new(),
            description: description.to_owned(),
        });
    };
    if let Some(ra) = about.and_then(|o| o.ra_deg) {
        said(
            "RA",
            format_hms(ra, 3),
            "right ascension, ICRS, hours, minutes, seconds",
        );
    }
    if let Some(dec) = about.and_then(|o| o.dec_deg) {
        said(
            "Dec",
            format_dms(dec, 2),
            "declination, ICRS, degrees, minutes, seconds",
        );
    }
    if let Some(file) = about.and_then(|o| o.file.clone()) {
        said("cutout file", file, "the ready-made cutout");
    }
    for column in columns.all(live) {
        let (value, full) = match column.holds {
            Holds::Words => {
                let word = columns.word(live, &column.name, object).unwrap_or_default();
                (word.clone(), word)
            }
            Holds::Numbers => shown(columns.number_at(live, &column.name, object), &column.unit),
        };
        list.push(Cell {
            name: column.name,
            value,
            full,
            unit: column.unit,
            description: column.description,
        });
    }
    list
}

/// A number as it is shown, and in full. Degrees get the decimals that a position needs.
fn shown(value: f64, unit: &str) -> (String, String) {
    if value.is_nan() {
        return Default::default();
    }
    let short = if unit == "deg" {
        format!("{value:.6}")
    } else {
        number(value)
    };
    (short, format!("{value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short_to_read_and_full_to_copy() {
        let (short, full) = shown(150.123_456_789, "deg");
        assert_eq!((short.as_str(), full.as_str()), ("150.123457", "150.123456789"));
        assert_eq!(shown(19.876_543_21, "mag").0, "19.8765");
        assert_eq!(shown(f64::NAN, "mag"), (String::new(), String::new()));
    }

    #[test]
    fn columns_are_found_by_name_and_meaning() {
        let cell = Cell {
            name: "mag_r".into(),
            value: String::new(),
            full: String::new(),
            unit: "mag".into(),
            description: "Petrosian magnitude".into(),
        };
        let part = |filter: &str, hides_empty| CellsPart {
            filter: filter.into(),
            hides_empty,
            ..Default::default()
        };
        assert!(part("MAG", false).shows(&cell) && part("petro", false).shows(&cell));
        assert!(!part("flux", false).shows(&cell) && !part("", true).shows(&cell));
    }
}
