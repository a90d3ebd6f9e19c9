//! The Map pane.

use crate::app::context::View;
use serde::{Deserialize, Serialize};

/// What the pane keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MapPanel {}

impl MapPanel {
    /// Whether a map should be laid out by itself because there is none.
    pub fn wants_map(&self) -> bool {
        false
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.label(format!("{} objects", view.survey.count()));
    }
}
