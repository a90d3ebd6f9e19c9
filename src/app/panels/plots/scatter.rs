//! Two columns against each other: the map's picture, with a box for the hand to begin with.

use super::{empty_ui, first_of, has_numbers};
use crate::app::columns::Holds;
use crate::app::context::View;
use crate::app::widgets::{Axes, CloudView, DENSITY, column_picker, column_picker_with};
use serde::{Deserialize, Serialize};

/// Columns to begin with, x and y.
const FIRST: [[&str; 4]; 2] = [
    ["ra", "RA", "mag_r", "anomaly_score"],
    ["dec", "DEC", "mag_g", "anomaly_rank"],
];

/// What the plot keeps.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct ScatterPlot {
    axes: [String; 2],
    colour: String,
    cloud: CloudView,
}

impl Default for ScatterPlot {
    fn default() -> Self {
        Self {
            axes: Default::default(),
            colour: "label".into(),
            cloud: CloudView::brushing(),
        }
    }
}

impl ScatterPlot {
    /// Draws choices and plot.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        let mut axes = self.axes.clone();
        for (name, first) in axes.iter_mut().zip(&FIRST) {
            if !has_numbers(view, name) {
                let Some(found) = first_of(view, first) else {
                    return empty_ui(
                        ui,
                        "Nothing to plot",
                        "The catalogue has no column of numbers. Embed the objects or import a catalogue.",
                    );
                };
                *name = found;
            }
        }
        ui.horizontal_wrapped(|ui| {
            let numbers = Some(Holds::Numbers);
            ui.weak("x");
            let mut changed = column_picker(ui, "scatter-x", "Scatter x", view, numbers, &mut axes[0]);
            ui.weak("y");
            changed |= column_picker(ui, "scatter-y", "Scatter y", view, numbers, &mut axes[1]);
            if ui.button("Swap").on_hover_text("Exchange the axes").clicked() {
                axes.swap(0, 1);
                changed = true;
            }
            if changed {
                self.axes = axes.clone();
            }
            ui.weak("●").on_hover_text("What the colours show");
            let first = [(DENSITY, "how many objects a place has")];
            column_picker_with(
                ui,
                "scatter-colour",
                "Scatter colour",
                view,
                None,
                &first,
                &mut self.colour,
            );
        });
        ui.horizontal_wrapped(|ui| {
            self.cloud.tools_ui(ui, view);
        });
        let shown = Axes {
            x: &axes[0],
            y: &axes[1],
            colour: &self.colour,
        };
        self.cloud.ui(ui, view, "Scatter of objects", &shown);
    }
}
