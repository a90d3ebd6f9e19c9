//! The list of columns to show: searched by name or description, ordered by dragging or by buttons.

use super::choice::{Choice, NAME};
use crate::app::columns::ColumnInfo;
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{PopupCloseBehavior, RichText, Role, WidgetInfo};

/// What the list keeps while it is open.
#[derive(Default)]
pub struct Chooser {
    search: String,
}

/// Something to do to the choice.
enum Change {
    Set(String, bool),
    Step(String, isize),
    PutBefore(String, Option<String>),
    All,
    None,
    Reset,
}

impl Chooser {
    /// Draws the button and, when it is pressed, the list.
    pub fn ui(&mut self, ui: &mut egui::Ui, all: &[ColumnInfo], choice: &mut Choice) {
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let (button, _) = MenuButton::new("Columns").config(config).ui(ui, |ui| {
            ui.set_width(300.0);
            self.list_ui(ui, all, choice);
        });
        button.on_hover_text("Choose which columns are shown, and their order");
    }

    fn list_ui(&mut self, ui: &mut egui::Ui, all: &[ColumnInfo], choice: &mut Choice) {
        let mut change = None;
        let field = egui::TextEdit::singleline(&mut self.search)
            .hint_text("Search columns")
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Search columns"));
        ui.horizontal(|ui| {
            for (text, what, to) in [
                ("All", "Show all columns", Change::All),
                ("None", "Show only the name", Change::None),
                ("Reset", "Show the columns as at first", Change::Reset),
            ] {
                let button = ui.button(text).on_hover_text(what);
                button.widget_info(|| WidgetInfo::labeled(Role::Button, true, what));
                if button.clicked() {
                    change = Some(to);
                }
            }
        });
        ui.separator();
        let wanted = self.search.trim().to_lowercase();
        let fits = |c: &ColumnInfo| {
            wanted.is_empty()
                || c.name.to_lowercase().contains(&wanted)
                || c.description.to_lowercase().contains(&wanted)
        };
        let shown = choice.shown(all);
        let is_shown = |c: &ColumnInfo| shown.iter().any(|s| s.name == c.name);
        let hidden: Vec<&ColumnInfo> = all
            .iter()
            .filter(|c| c.name != NAME && !is_shown(c) && fits(c))
            .collect();
        egui::ScrollArea::vertical().max_height(380.0).show(ui, |ui| {
            for column in shown.iter().filter(|c| fits(c)) {
                if let Some(to) = shown_ui(ui, column) {
                    change = Some(to);
                }
            }
            if !hidden.is_empty() && !shown.is_empty() {
                ui.separator();
            }
            for column in &hidden {
                if let Some(is_on) = check_ui(ui, column, false) {
                    change = Some(Change::Set(column.name.clone(), is_on));
                }
            }
            if hidden.is_empty() && !shown.iter().any(fits) {
                ui.weak("No column of that name.");
            }
        });
        match change {
            Some(Change::Set(name, is_on)) => choice.set(all, &name, is_on),
            Some(Change::Step(name, by)) => choice.step(all, &name, by),
            Some(Change::PutBefore(name, before)) => choice.put_before(all, &name, before.as_deref()),
            Some(Change::All) => choice.all(all),
            Some(Change::None) => choice.none(),
            Some(Change::Reset) => choice.reset(),
            None => {}
        }
    }
}

/// A column that is shown: its box, and where it stands.
fn shown_ui(ui: &mut egui::Ui, column: &ColumnInfo) -> Option<Change> {
    let mut change = None;
    let row = ui.horizontal(|ui| {
        let id = ui.scope_id().with(("column", &column.name));
        ui.dnd_drag_source(id, column.name.clone(), super::marks::grip)
            .response
            .on_hover_text("Drag to move");
        if let Some(is_on) = check_ui(ui, column, true) {
            change = Some(Change::Set(column.name.clone(), is_on));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (is_up, by, way) in [(false, 1, "down"), (true, -1, "up")] {
                let what = format!("Move {} {way}", column.name);
                if super::marks::triangle_button(ui, is_up, &what).clicked() {
                    change = Some(Change::Step(column.name.clone(), by));
                }
            }
        });
    });
    if row.response.dnd_hover_payload::<String>().is_some() {
        let ink = egui::Stroke::new(2.0, ui.visuals().selection.stroke.color);
        ui.painter()
            .hline(row.response.rect.x_range(), row.response.rect.top(), ink);
    }
    if let Some(dropped) = row.response.dnd_release_payload::<String>() {
        change = Some(Change::PutBefore((*dropped).clone(), Some(column.name.clone())));
    }
    change
}

/// The box of a column; the new value when it was pressed.
fn check_ui(ui: &mut egui::Ui, column: &ColumnInfo, is_shown: bool) -> Option<bool> {
    let mut is_on = is_shown;
    let text = if column.unit.is_empty() {
        column.name.clone()
    } else {
        format!("{} [{}]", column.name, column.unit)
    };
    let mut response = ui.checkbox(&mut is_on, RichText::new(text));
    response.widget_info(|| {
        WidgetInfo::selected(Role::CheckBox, true, is_shown, format!("Show {}", column.name))
    });
    if !column.description.is_empty() {
        response = response.on_hover_text(&column.description);
    }
    response.changed().then_some(is_on)
}
