//! The import sheet: what was understood of dropped files, with a preview, to be corrected or taken.

mod form;
mod understood;

pub use understood::{Glimpse, Understood, glimpse, project_beside, understand};

use super::command::Command;
use super::context::Outbox;
use super::settings::Settings;
use crate::sky::cutout::CutoutSize;
use crate::tasks::import::{Gathered, ImportOptions};
use egui::TextureHandle;
use std::path::{Path, PathBuf};

/// The sheet on the screen.
pub struct ImportSheet {
    options: ImportOptions,
    /// The open project, if there is one.
    open: Option<PathBuf>,
    /// Whether the objects go into the open project.
    adds_to_open: bool,
    /// The folder of a new project.
    root: String,
    understood: Option<Box<Understood>>,
    /// What can be seen of the first image.
    picture: Option<Glimpse>,
    texture: Option<TextureHandle>,
    size: f64,
    in_arcsec: bool,
    crop_percent: f64,
}

impl ImportSheet {
    /// A sheet for `options`, which are being understood; into the open project, unless a person says
    /// otherwise, or a new one in `root`.
    pub fn new(options: ImportOptions, open: Option<&Path>, root: &Path) -> Self {
        let (size, in_arcsec) = match options.size {
            Some(CutoutSize::Arcsec(s)) => (s, true),
            Some(CutoutSize::Pixels(s)) => (s, false),
            None => (64.0, false),
        };
        Self {
            crop_percent: 100.0 * options.crop.unwrap_or(1.0),
            options,
            adds_to_open: open.is_some(),
            open: open.map(Path::to_owned),
            root: root.display().to_string(),
            understood: None,
            picture: None,
            texture: None,
            size,
            in_arcsec,
        }
    }

    /// Whether the first field can be seen.
    pub fn shows_picture(&self) -> bool {
        self.texture.is_some()
    }

    /// What the sheet would import now.
    pub fn options(&self) -> &ImportOptions {
        &self.options
    }

    /// The project's folder.
    pub fn root(&self) -> PathBuf {
        match &self.open {
            Some(open) if self.adds_to_open => open.clone(),
            _ => PathBuf::from(self.root.trim()),
        }
    }

    /// More files for the same import.
    pub fn add(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            if !self.options.paths.contains(&path) {
                self.options.paths.push(path);
            }
        }
        self.understood = None;
    }

    /// Whether something of the first image can be seen.
    pub fn has_glimpse(&self) -> bool {
        self.picture.is_some()
    }

    /// Takes what can be seen already.
    pub fn take_glimpse(&mut self, glimpse: Glimpse) {
        if self.picture.is_none() {
            self.picture = Some(glimpse);
        }
    }

    /// What was found on the way, for the import.
    pub fn into_gathered(self) -> Gathered {
        let preview = self.understood.and_then(|u| u.preview.ok());
        preview.map(|p| p.gathered).unwrap_or_default()
    }

    /// Takes what a job understood, unless other files or columns are asked for by now. (Another size
    /// changes nothing of what is understood.)
    pub fn take(&mut self, mut understood: Box<Understood>) {
        let mut asked = understood.options.clone();
        asked.size = self.options.size;
        if asked != self.options {
            return;
        }
        if let Some(picture) = understood.picture.take() {
            self.picture = Some(picture);
            self.texture = None;
        }
        self.understood = Some(understood);
    }

    /// Draws the sheet as a modal dialog.
    pub fn ui(&mut self, ctx: &egui::Context, settings: &Settings, out: &Outbox) {
        let modal = egui::Modal::new(egui::Id::unique("import sheet"))
            .frame(super::theme::sheet(ctx))
            .show(ctx, |ui| {
                let width = (ctx.content_rect().width() - 80.0).clamp(320.0, 860.0);
                ui.set_width(width);
                let room = ctx.content_rect().height() - 220.0;
                ui.heading("Import");
                ui.add_space(6.0);
                egui::ScrollArea::vertical()
                    .max_height(room)
                    // As high as what stands in it at once: a dialog in the middle grows by halves otherwise.
                    .min_scrolled_height(room)
                    .show(ui, |ui| self.body_ui(ui, settings, out));
                ui.add_space(8.0);
                self.buttons_ui(ui, out);
            });
        if modal.should_close() {
            out.send(Command::DropImport);
        }
    }

    fn buttons_ui(&mut self, ui: &mut egui::Ui, out: &Outbox) {
        let objects = match self.understood.as_ref().map(|u| &u.preview) {
            Some(Ok(p)) => p.objects,
            _ => 0,
        };
        ui.horizontal(|ui| {
            let text = if objects > 0 {
                format!("Import {}", super::mind::counted(objects, "object"))
            } else {
                "Import".to_owned()
            };
            let ready = objects > 0 && !self.root().as_os_str().is_empty();
            // The one that Enter presses looks like it.
            let button = egui::Button::new(text)
                .selected(ready)
                .min_size(egui::vec2(140.0, 28.0));
            let response = ui.add_enabled(ready, button);
            let enter = ui.input(|i| i.key_pressed(egui::Key::Enter))
                && ready
                && ui.memory(|m| m.focused().is_none());
            if response.clicked() || enter {
                out.send(Command::Import(Box::new(self.options.clone())));
            }
            if ui
                .add(egui::Button::new("Cancel").min_size(egui::vec2(90.0, 28.0)))
                .clicked()
            {
                out.send(Command::DropImport);
            }
            if self.understood.is_none() {
                ui.spinner();
            }
        });
    }
}
