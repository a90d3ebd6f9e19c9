//! The learning curve: how the cross-validated accuracy grows with the labels given in this session.

use super::{empty_ui, grid_colour, round_marks, round_text};
use crate::app::context::View;
use egui_plot::{FilledArea, Legend, Line, Plot, PlotPoints, Points};

/// Draws the plot.
pub fn ui(ui: &mut egui::Ui, view: &View<'_>) {
    let rows = &view.live.learning;
    if rows.is_empty() {
        return empty_ui(
            ui,
            "No learning curve yet",
            "Label objects of two classes, a handful of each. Every time the hand rests the classifier is \
             tested on the labels it didn't see, and a point comes here.",
        );
    }
    let theme = view.settings.theme;
    let column = |i: usize| -> Vec<f64> { rows.iter().map(|row| 100.0 * row[i]).collect() };
    let labels: Vec<f64> = rows.iter().map(|row| row[0]).collect();
    let accuracy: Vec<[f64; 2]> = rows.iter().map(|row| [row[0], 100.0 * row[1]]).collect();
    let band = FilledArea::new("95 % interval", &labels, &column(2), &column(3))
        .fill_color(theme.accent().gamma_multiply(0.22));
    if let Some([n, accuracy, low, high]) = rows.last() {
        ui.label(format!(
            "With {n:.0} labels {:.0} % are right ({:.0}–{:.0} %).",
            100.0 * accuracy,
            100.0 * low,
            100.0 * high
        ));
    }
    let shown = Plot::new("learning")
        .grid_color(grid_colour(ui))
        .x_grid_spacer(round_marks)
        .x_axis_formatter(round_text)
        .y_grid_spacer(round_marks)
        .y_axis_formatter(round_text)
        .x_axis_label("labels")
        .y_axis_label("cross-validated accuracy (%)")
        .legend(Legend::default().position(egui_plot::Corner::RightBottom))
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_x(0.0)
        .include_y(0.0)
        .include_y(100.0)
        .label_formatter(|at| match at {
            egui_plot::HoverPosition::NearDataPoint { position, .. } => {
                Some(format!("{:.0} labels: {:.1} %", position.x, position.y))
            }
            _ => None,
        })
        .show(ui, |plot| {
            plot.add(band);
            plot.line(
                Line::new("accuracy", PlotPoints::from(accuracy.clone()))
                    .color(theme.accent())
                    .width(2.0),
            );
            plot.points(
                Points::new("accuracy", PlotPoints::from(accuracy))
                    .color(theme.accent())
                    .radius(3.5),
            );
        });
    shown
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Learning curve"));
}
