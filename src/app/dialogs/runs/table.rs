//! The runs in rows: what made them, how far they are, what they take.

use super::Pressed;
use crate::app::dialogs::{bytes_said, shortened};
use crate::app::notices::Level;
use crate::app::theme::Theme;
use crate::tasks::runs::RunFacts;
use egui::{Role, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder, TableRow};

/// Height of a row, points.
const ROW: f32 = 26.0;
/// Rows that are seen at once before the table scrolls in itself.
const SHOWN: usize = 8;

/// Draws the table; what was pressed in it.
pub fn table_ui(ui: &mut Ui, runs: &[RunFacts], chosen: &[String], theme: Theme) -> Option<Pressed> {
    let mut pressed = None;
    let height = ROW * (runs.len().min(SHOWN) + 1) as f32;
    ui.scope(|ui| {
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
        TableBuilder::new(ui)
            .id_salt("runs")
            .striped(true)
            .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
            .min_scrolled_height(height)
            .max_scroll_height(height)
            .column(Column::exact(24.0))
            .column(Column::remainder().at_least(240.0).clip(true))
            .column(Column::remainder().at_least(140.0).clip(true))
            .column(Column::exact(66.0))
            .column(Column::exact(70.0))
            .column(Column::exact(150.0))
            .column(Column::exact(124.0))
            .column(Column::exact(70.0))
            .column(Column::exact(70.0))
            .header(ROW, |mut row| {
                for name in [
                    "",
                    "run",
                    "used how",
                    "numbers",
                    "precision",
                    "objects",
                    "begun (UTC)",
                    "size",
                    "",
                ] {
                    row.col(|ui| {
                        ui.strong(name);
                    });
                }
            })
            .body(|mut body| {
                for run in runs {
                    body.row(ROW, |mut row| {
                        let here = row_ui(&mut row, run, chosen.contains(&run.run), theme);
                        pressed = here.or(pressed.take());
                    });
                }
            });
    });
    pressed
}

fn row_ui(row: &mut TableRow<'_, '_>, run: &RunFacts, is_chosen: bool, theme: Theme) -> Option<Pressed> {
    let mut pressed = None;
    row.col(|ui| {
        let mut is_on = is_chosen;
        let can = run.damaged.is_none();
        let response = ui.add_enabled(can, egui::Checkbox::without_text(&mut is_on));
        response.widget_info(|| {
            let name = format!("Compare {}", run.run);
            WidgetInfo::selected(Role::CheckBox, can, is_chosen, name)
        });
        if response.on_hover_text("Compare this run with another").changed() {
            pressed = Some(Pressed::Choose(run.run.clone()));
        }
    });
    row.col(|ui| {
        let follows = run.follows.as_ref().map_or_else(String::new, |f| {
            format!("\nFollows {f}: some of its images have changed since")
        });
        let response = ui.label(shortened(&run.run, 34));
        response.on_hover_text(format!("{}, made by {}{follows}", run.run, run.encoder));
    });
    match &run.damaged {
        Some(why) => {
            row.col(|ui| {
                let ink = theme.level(Level::Error);
                ui.colored_label(ink, "can't be read").on_hover_text(why);
            });
            (0..4).for_each(|_| drop(row.col(|_| {})));
        }
        None => facts_ui(row, run),
    }
    row.col(|ui| {
        ui.label(bytes_said(run.bytes));
    });
    row.col(|ui| {
        let response = ui.button("Delete…");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Delete {}", run.run)));
        if response.on_hover_text("Delete this run; asks first").clicked() {
            pressed = Some(Pressed::Delete(run.run.clone()));
        }
    });
    pressed
}

/// What made the run, and how far it is.
fn facts_ui(row: &mut TableRow<'_, '_>, run: &RunFacts) {
    row.col(|ui| {
        ui.label(&run.options).on_hover_text(&run.options);
    });
    row.col(|ui| {
        ui.label(run.dim.to_string()).on_hover_text("Numbers in a vector");
    });
    row.col(|ui| {
        let precision = run.precision.as_deref().unwrap_or("–");
        ui.label(precision)
            .on_hover_text("The numbers that the network computed in");
    });
    row.col(|ui| {
        let left = if run.skipped > 0 {
            format!(", {} left out", run.skipped)
        } else {
            String::new()
        };
        let help = format!(
            "{} of {} objects have a vector; {} of those have a cutout with something wrong (an edge, missing \
             pixels), and {} could not be embedded",
            run.done, run.objects, run.flagged, run.skipped
        );
        ui.label(format!("{} of {}{left}", run.done, run.objects))
            .on_hover_text(help);
    });
    row.col(|ui| {
        let when: String = run.created.replace('T', " ").chars().take(16).collect();
        ui.label(when);
    });
}
