//! The Inspector pane.

use crate::app::context::View;
use serde::{Deserialize, Serialize};

/// What the pane keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InspectorPanel {}

impl InspectorPanel {
    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.label(format!("{} objects", view.survey.count()));
    }
}
