//! Which class is taken for which, as a square of numbers.

use crate::app::theme::Theme;
use crate::app::widgets::{Choice, choose};
use crate::evaluate::report::Report;
use egui::{Align2, FontId, Sense};

/// Side of a cell, points.
const LEAST: f32 = 44.0;
const MOST: f32 = 92.0;

/// Draws an encoder's confusion matrix; `chosen` is the encoder's name.
pub fn confusion_ui(ui: &mut egui::Ui, report: &Report, theme: Theme, chosen: &mut String) {
    let known: Vec<&str> = (report.encoders.iter())
        .filter(|f| f.calibration.is_some())
        .map(|f| f.name.as_str())
        .collect();
    if !known.contains(&chosen.as_str()) {
        *chosen = known.first().map(|n| (*n).to_owned()).unwrap_or_default();
    }
    let options = || {
        known
            .iter()
            .map(|n| Choice {
                name: (*n).into(),
                beside: String::new(),
                help: String::new(),
            })
            .collect()
    };
    choose(ui, "confusion", "Encoder", options, chosen);
    let found = report.encoders.iter().find(|f| f.name == *chosen);
    let Some(c) = found.and_then(|f| f.calibration.as_ref()) else {
        ui.label("No classifier could be tried on these labels.");
        return;
    };
    ui.label(format!(
        "A classifier on four fifths of the labels judges the rest: {:.1} % right. Rows are what the objects are.",
        100.0 * c.accuracy
    ));
    let n = report.classes.len();
    let names = 110.0;
    egui::ScrollArea::both().show(ui, |ui| {
        let room = (ui.available_width() - names).min(ui.available_height() - 30.0);
        let side = (room / n as f32).clamp(LEAST, MOST);
        let size = egui::vec2(names + side * n as f32, 26.0 + side * n as f32);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Confusion matrix"));
        let origin = rect.min + egui::vec2(names, 26.0);
        let (text, weak) = (theme.text(), theme.weak());
        let painter = ui.painter_at(rect);
        let short = |name: &str, width: f32| shortened(name, (width / 7.5) as usize);
        for (i, class) in report.classes.iter().enumerate() {
            let middle = side * (i as f32 + 0.5);
            painter.text(
                origin + egui::vec2(-8.0, middle),
                Align2::RIGHT_CENTER,
                short(class, names - 8.0),
                FontId::proportional(13.0),
                text,
            );
            painter.text(
                origin + egui::vec2(middle, -4.0),
                Align2::CENTER_BOTTOM,
                short(class, side),
                FontId::proportional(13.0),
                text,
            );
        }
        for (i, row) in c.confusion.iter().enumerate() {
            let all = row.iter().sum::<usize>().max(1) as f32;
            for (j, &count) in row.iter().enumerate() {
                let share = count as f32 / all;
                let at = origin + egui::vec2(side * j as f32, side * i as f32);
                let cell = egui::Rect::from_min_size(at, egui::Vec2::splat(side)).shrink(1.5);
                painter.rect_filled(cell, 3.0, theme.accent().gamma_multiply(0.08 + 0.72 * share));
                painter.text(
                    cell.center() - egui::vec2(0.0, 7.0),
                    Align2::CENTER_CENTER,
                    format!("{:.0} %", 100.0 * share),
                    FontId::proportional(14.0),
                    text,
                );
                painter.text(
                    cell.center() + egui::vec2(0.0, 9.0),
                    Align2::CENTER_CENTER,
                    count.to_string(),
                    FontId::proportional(11.0),
                    if share > 0.5 { text } else { weak },
                );
            }
        }
    });
}

/// The first letters of a name that is too long.
fn shortened(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    let kept: String = name.chars().take(letters.saturating_sub(1)).collect();
    format!("{kept}…")
}
