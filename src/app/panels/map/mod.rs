//! The map: objects laid out by what they look like, or by any two columns.

use crate::app::columns::Holds;
use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::widgets::{Axes, CloudView, DENSITY, column_picker, column_picker_with};
use serde::{Deserialize, Serialize};

/// Maps that are shown when nothing else was chosen, the best first.
const MAPS: [(&str, &str); 2] = [("map_umap_x", "map_umap_y"), ("map_pca_x", "map_pca_y")];

/// What the pane keeps.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct MapPanel {
    /// Columns chosen by hand; empty for the best map there is.
    axes: [String; 2],
    colour: String,
    cloud: CloudView,
    /// Whether the project last looked at has a map.
    #[serde(skip)]
    has_map: bool,
}

impl Default for MapPanel {
    fn default() -> Self {
        Self {
            axes: Default::default(),
            colour: "label".into(),
            cloud: CloudView::default(),
            has_map: false,
        }
    }
}

impl MapPanel {
    /// Whether a map should be laid out by itself because there is none.
    pub fn wants_map(&self) -> bool {
        !self.has_map
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        let columns = view.columns.all(view.live);
        let has = |name: &str| {
            columns
                .iter()
                .any(|c| c.name == name && c.holds == Holds::Numbers)
        };
        let best = MAPS.iter().find(|(x, y)| has(x) && has(y));
        self.has_map = best.is_some();
        // A column may be gone: another project, or a classifier without labels.
        let by_hand = self.axes.iter().all(|name| has(name));
        let shown = if by_hand {
            Some(self.axes.clone())
        } else {
            best.map(|(x, y)| [(*x).to_owned(), (*y).to_owned()])
        };
        let Some(mut axes) = shown else {
            return self.empty_ui(ui, view);
        };
        ui.horizontal_wrapped(|ui| {
            // All in a line in the pane as it is first shown.
            ui.spacing_mut().item_spacing.x = 3.0;
            ui.spacing_mut().button_padding.x = 4.0;
            self.make_ui(ui, view);
            ui.weak("x");
            let mut changed = column_picker(ui, "map-x", "Map x", view, Some(Holds::Numbers), &mut axes[0]);
            ui.weak("y");
            changed |= column_picker(ui, "map-y", "Map y", view, Some(Holds::Numbers), &mut axes[1]);
            if changed {
                self.axes = axes.clone();
            }
            ui.weak("●").on_hover_text("What the colours show");
            self.colour_ui(ui, view);
        });
        ui.horizontal_wrapped(|ui| {
            self.cloud.tools_ui(ui, view);
        });
        let axes = Axes {
            x: &axes[0],
            y: &axes[1],
            colour: &self.colour,
        };
        self.cloud.ui(ui, view, "Map of objects", &axes);
    }

    fn colour_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        let first = [(DENSITY, "how many objects a place has")];
        column_picker_with(
            ui,
            "map-colour",
            "Map colour",
            view,
            None,
            &first,
            &mut self.colour,
        );
    }

    fn make_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        for (action, text) in [(Action::MapPca, "PCA"), (Action::MapUmap, "UMAP")] {
            let index = usize::from(action == Action::MapPca);
            let (x, y) = MAPS[index];
            let is_there =
                view.columns.info(view.live, x).is_some() && view.columns.info(view.live, y).is_some();
            let help = if is_there {
                format!("Show this map. {} again: menu Objects", action.help())
            } else {
                action.help().to_owned()
            };
            if ui.button(text).on_hover_text(help).clicked() {
                self.axes = [x.to_owned(), y.to_owned()];
                if !is_there {
                    view.send(Command::Do(action));
                }
            }
        }
    }

    fn empty_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.vertical_centered(|ui| {
            ui.add_space((ui.available_height() * 0.28).max(8.0));
            ui.heading("No map yet");
            let making = view.jobs.running().iter().find(|j| j.title.starts_with("Map ("));
            if let Some(job) = making {
                ui.spinner();
                ui.label(crate::app::panels::jobs::told(&job.state.snapshot()));
                return;
            }
            let can = !view.survey.runs.is_empty();
            let text = if can {
                "A map lays objects that look alike side by side."
            } else {
                "A map lays objects that look alike side by side. Embed the objects first."
            };
            ui.add(egui::Label::new(text).wrap());
            ui.add_space(8.0);
            if !can {
                let embed = Action::Embed;
                if ui.button(embed.text()).on_hover_text(embed.help()).clicked() {
                    view.send(Command::Do(embed));
                }
            }
            for (action, text) in [
                (Action::MapPca, "Map by principal components (PCA)"),
                (Action::MapUmap, "Map by UMAP"),
            ] {
                let response = ui
                    .add_enabled(can, egui::Button::new(text))
                    .on_hover_text(action.help())
                    .on_disabled_hover_text("Embed the objects first");
                if response.clicked() {
                    view.send(Command::Do(action));
                }
            }
            ui.add_space(8.0);
            ui.weak("Or choose two columns of numbers:");
            for (i, label) in ["Map x", "Map y"].into_iter().enumerate() {
                column_picker(
                    ui,
                    ["map-x", "map-y"][i],
                    label,
                    view,
                    Some(Holds::Numbers),
                    &mut self.axes[i],
                );
            }
        });
    }
}
