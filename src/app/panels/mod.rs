//! The panes of the window. Each borrows a [`View`] and sends commands; none changes anything but
//! what it shows.

pub mod evaluation;
pub mod gallery;
pub mod image;
pub mod inspector;
pub mod jobs;
pub mod labels;
pub mod map;
pub mod plots;
pub mod table;

use super::context::View;
use serde::{Deserialize, Serialize};

/// A pane that can be docked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pane {
    /// Cutouts, side by side.
    Gallery,
    /// The sky.
    Image,
    /// Objects laid out by what they look like.
    Map,
    /// Columns.
    Table,
    /// Histogram and scatter.
    Plots,
    /// Encoders side by side.
    Evaluation,
    /// One object.
    Inspector,
    /// Classes and what to label next.
    Labels,
    /// Jobs and notices.
    Jobs,
}

impl Pane {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Gallery => "Gallery",
            Self::Image => "Image",
            Self::Map => "Map",
            Self::Table => "Table",
            Self::Plots => "Plots",
            Self::Evaluation => "Evaluation",
            Self::Inspector => "Inspector",
            Self::Labels => "Labels",
            Self::Jobs => "Jobs",
        }
    }
}

/// What each pane keeps between frames; what is serialised is found again in the next session.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Panels {
    /// See [`Pane::Gallery`].
    pub gallery: gallery::GalleryPanel,
    /// See [`Pane::Image`].
    pub image: image::ImagePanel,
    /// See [`Pane::Map`].
    pub map: map::MapPanel,
    /// See [`Pane::Table`].
    pub table: table::TablePanel,
    /// See [`Pane::Plots`].
    pub plots: plots::PlotsPanel,
    /// See [`Pane::Evaluation`].
    pub evaluation: evaluation::EvaluationPanel,
    /// See [`Pane::Inspector`].
    pub inspector: inspector::InspectorPanel,
    /// See [`Pane::Labels`].
    pub labels: labels::LabelsPanel,
    /// See [`Pane::Jobs`].
    #[serde(skip)]
    pub jobs: jobs::JobsPanel,
}

impl Panels {
    /// Draws one pane.
    pub fn ui(&mut self, pane: Pane, ui: &mut egui::Ui, view: &View<'_>) {
        match pane {
            Pane::Gallery => self.gallery.ui(ui, view),
            Pane::Image => self.image.ui(ui, view),
            Pane::Map => self.map.ui(ui, view),
            Pane::Table => self.table.ui(ui, view),
            Pane::Plots => self.plots.ui(ui, view),
            Pane::Evaluation => self.evaluation.ui(ui, view),
            Pane::Inspector => self.inspector.ui(ui, view),
            Pane::Labels => self.labels.ui(ui, view),
            Pane::Jobs => self.jobs.ui(ui, view),
        }
    }
}
