//! Plots: how a column is spread, two against each other, how the classifier learns, how scores tell
//! classes apart.

mod counts;
mod histogram;
mod learning;
mod scatter;
mod scores;

use crate::app::context::View;
use crate::display::points::{short_number, ticks};
use egui_plot::{GridInput, GridMark};
use serde::{Deserialize, Serialize};

/// What is plotted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Kind {
    #[default]
    Histogram,
    Scatter,
    Learning,
    Scores,
}

impl Kind {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Histogram, "Histogram", "How a column of numbers is spread"),
        (
            Self::Scatter,
            "Scatter",
            "Two columns of numbers against each other",
        ),
        (
            Self::Learning,
            "Learning curve",
            "How the classifier's accuracy grows with labels",
        ),
        (
            Self::Scores,
            "Scores by class",
            "How strangeness, probability or similarity is spread in each class",
        ),
    ];
}

/// What the pane keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlotsPanel {
    kind: Kind,
    histogram: histogram::HistogramPlot,
    scatter: scatter::ScatterPlot,
    scores: scores::ScoresPlot,
}

impl PlotsPanel {
    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.horizontal_wrapped(|ui| {
            for (kind, name, help) in Kind::ALL {
                if ui
                    .selectable_label(self.kind == kind, name)
                    .on_hover_text(help)
                    .clicked()
                {
                    self.kind = kind;
                }
            }
        });
        ui.separator();
        match self.kind {
            Kind::Histogram => self.histogram.ui(ui, view),
            Kind::Scatter => self.scatter.ui(ui, view),
            Kind::Learning => learning::ui(ui, view),
            Kind::Scores => self.scores.ui(ui, view),
        }
    }
}

/// Says in the middle of the room why there is nothing to see and what to do.
fn empty_ui(ui: &mut egui::Ui, title: &str, text: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).max(8.0));
        ui.heading(title);
        ui.add(egui::Label::new(text).wrap());
    });
}

/// Names and colours above a plot, where they cover nothing of it. Always a row, so that the plot stays
/// where it is while a hand drags over it.
pub(in crate::app) fn legend_ui<'a>(
    ui: &mut egui::Ui,
    entries: impl Iterator<Item = (&'a str, egui::Color32)>,
) {
    ui.horizontal_wrapped(|ui| {
        for (name, colour) in entries {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 14.0), egui::Sense::hover());
            ui.painter().circle_filled(rect.center(), 4.5, colour);
            ui.label(egui::RichText::new(name).size(11.5));
        }
    });
}

/// The first of these columns of numbers that there is, else the first that there is at all.
fn first_of(view: &View<'_>, wanted: &[&str]) -> Option<String> {
    let numbers: Vec<String> = view
        .columns
        .all(view.live)
        .into_iter()
        .filter(|c| c.holds == crate::app::columns::Holds::Numbers)
        .map(|c| c.name)
        .collect();
    wanted
        .iter()
        .find(|w| numbers.iter().any(|n| n == *w))
        .map(|w| (*w).to_owned())
        .or_else(|| numbers.into_iter().next())
}

/// Whether a column of numbers of this name is there.
fn has_numbers(view: &View<'_>, name: &str) -> bool {
    view.columns
        .info(view.live, name)
        .is_some_and(|c| c.holds == crate::app::columns::Holds::Numbers)
}

/// Lines behind the data stand back behind it.
pub(in crate::app) fn grid_colour(ui: &egui::Ui) -> egui::Color32 {
    ui.visuals().weak_text_color().gamma_multiply(0.35)
}

/// Marks of an axis at some six round values.
pub(in crate::app) fn round_marks(input: GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let (values, step_size) = ticks([low, high], 6);
    let mark = |value| GridMark { value, step_size };
    values.into_iter().map(mark).collect()
}

/// A mark of an axis in as many digits as it needs.
pub(in crate::app) fn round_text(mark: GridMark, _: &std::ops::RangeInclusive<f64>) -> String {
    short_number(mark.value, mark.step_size)
}

/// A column's name with its unit, as an axis shows it.
fn named(view: &View<'_>, name: &str) -> String {
    match view.columns.info(view.live, name) {
        Some(c) if !c.unit.is_empty() => format!("{name} ({})", c.unit),
        _ => name.to_owned(),
    }
}
