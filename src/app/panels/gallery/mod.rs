//! The Gallery pane.

use crate::app::context::View;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the pane keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GalleryPanel {}

impl GalleryPanel {
    /// What the gallery lists, in its order.
    pub fn order(&self) -> Option<Arc<Vec<u32>>> {
        None
    }

    /// Where an object stands in the list.
    pub fn place_of(&self, _object: u32) -> Option<usize> {
        None
    }

    /// Whether a place on the screen is on the gallery.
    pub fn is_at(&self, _pos: egui::Pos2) -> bool {
        false
    }

    /// Shows what was found, most similar first.
    pub fn show_found(&mut self) {}

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.label(format!("{} objects", view.survey.count()));
    }
}
