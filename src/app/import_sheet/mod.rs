//! The import sheet: what was understood of dropped files, with a preview, to be corrected or taken.

use super::command::Command;
use super::context::Outbox;
use super::settings::Settings;
use crate::display::render;
use crate::progress::Progress;
use crate::project::{FieldKind, Project, ProjectError};
use crate::sky::cutout::CutoutSize;
use crate::tasks::import::{ImportOptions, Preview, preview};
use egui::{ColorImage, TextureHandle, TextureOptions};
use std::path::{Path, PathBuf};

/// Side of the preview, pixels.
const PREVIEW_PX: usize = 320;

/// What a job understood of the inputs.
pub struct Understood {
    /// The options it was understood by.
    pub options: ImportOptions,
    /// Fields, catalogues, skipped inputs; or why nothing can be imported.
    pub preview: Result<Preview, String>,
    /// The first field, small, and what it shows.
    pub picture: Option<(ColorImage, String)>,
}

/// Goes through an import without writing, and draws its first field.
pub fn understand(
    root: &Path,
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<Understood, ProjectError> {
    let preview = match preview(root, &options, progress) {
        Ok(preview) => Ok(preview),
        Err(ProjectError::Cancelled) => return Err(ProjectError::Cancelled),
        Err(why) => Err(why.to_string()),
    };
    let picture = preview.as_ref().ok().and_then(|p| first_picture(p).ok());
    Ok(Understood {
        options,
        preview,
        picture,
    })
}

/// The first field as a small picture: a mosaic's reference band, or a folder's first cutout.
fn first_picture(preview: &Preview) -> Result<(ColorImage, String), String> {
    let field = preview.fields.first().ok_or("nothing to draw")?;
    let look = crate::display::StretchRecipe::default();
    if field.kind == FieldKind::Folder {
        let first = std::fs::read_dir(&field.root)
            .map_err(|e| e.to_string())?
            .filter_map(Result::ok)
            .map(|e| e.path())
            .filter(|p| p.is_file())
            .min()
            .ok_or("the folder is empty")?;
        let cutout = crate::tasks::images::read_cutout(&first)?;
        return Ok((
            super::thumbs::draw(&cutout, &look, PREVIEW_PX),
            first
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        ));
    }
    let band = field
        .bands
        .get(field.reference())
        .ok_or("the field has no band")?;
    let small = crate::tasks::overview::overview(&band.path, band.hdu, band.plane, PREVIEW_PX)?;
    let picture = render(&small, &look);
    let image = ColorImage::from_rgb([picture.width, picture.height], &picture.pixels);
    Ok((image, format!("{}, band {}", field.name, band.name)))
}

/// Where files go that are opened while no project is: a folder beside the first of them.
pub fn project_beside(paths: &[PathBuf]) -> PathBuf {
    let first = paths.first().map_or(Path::new("survey"), PathBuf::as_path);
    let name = first
        .file_name()
        .map_or_else(|| "survey".into(), |n| n.to_string_lossy().into_owned());
    let stem = name
        .split('.')
        .next()
        .filter(|s| !s.is_empty())
        .unwrap_or("survey")
        .to_owned();
    let folder = first.parent().map_or_else(PathBuf::new, Path::to_owned);
    let wanted = folder.join(format!("{stem}.astrolabel"));
    // Another file's project of that name is not added to by accident.
    (2..100)
        .map(|n| folder.join(format!("{stem}-{n}.astrolabel")))
        .fold(wanted.clone(), |found, next| {
            if found.exists() && !Project::is_project(&found) {
                next
            } else {
                found
            }
        })
}

/// The sheet on the screen.
pub struct ImportSheet {
    options: ImportOptions,
    root: String,
    adds_to_open: bool,
    understood: Option<Box<Understood>>,
    texture: Option<TextureHandle>,
    size: f64,
    in_arcsec: bool,
    crop_percent: f64,
}

impl ImportSheet {
    /// A sheet for `options`, which are being understood; into the open project or a new one.
    pub fn new(options: ImportOptions, root: &Path, adds_to_open: bool) -> Self {
        let (size, in_arcsec) = match options.size {
            Some(CutoutSize::Arcsec(s)) => (s, true),
            Some(CutoutSize::Pixels(s)) => (s, false),
            None => (64.0, false),
        };
        Self {
            crop_percent: 100.0 * options.crop.unwrap_or(1.0),
            options,
            root: root.display().to_string(),
            adds_to_open,
            understood: None,
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
        PathBuf::from(self.root.trim())
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

    /// Takes what a job understood.
    pub fn take(&mut self, understood: Box<Understood>) {
        self.texture = None;
        self.options = understood.options.clone();
        self.understood = Some(understood);
    }

    /// Draws the sheet as a modal dialog.
    pub fn ui(&mut self, ctx: &egui::Context, settings: &Settings, out: &Outbox) {
        let modal = egui::Modal::new(egui::Id::unique("import sheet")).show(ctx, |ui| {
            let width = (ctx.content_rect().width() - 80.0).clamp(320.0, 860.0);
            ui.set_width(width);
            ui.heading("Import");
            ui.add_space(6.0);
            egui::ScrollArea::vertical()
                .max_height(ctx.content_rect().height() - 220.0)
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
            let ready = objects > 0 && !self.root.trim().is_empty();
            let button = egui::Button::new(text).min_size(egui::vec2(140.0, 28.0));
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
                ui.label("Looking at the files…");
            }
        });
    }

    fn body_ui(&mut self, ui: &mut egui::Ui, settings: &Settings, out: &Outbox) {
        let mut changed = false;
        let mut skipped = Vec::new();
        match self.understood.as_deref() {
            None => {
                ui.label("Looking at the files…");
            }
            Some(Understood {
                preview: Err(why), ..
            }) => {
                ui.colored_label(settings.theme.level(super::notices::Level::Error), why);
                ui.label("Correct the columns below, add the missing file by dropping it here, or cancel.");
            }
            Some(Understood {
                preview: Ok(preview),
                picture,
                ..
            }) => {
                skipped.clone_from(&preview.report.skipped);
                ui.horizontal_top(|ui| {
                    if let Some((image, caption)) = picture {
                        let texture = self.texture.get_or_insert_with(|| {
                            ui.ctx()
                                .load_texture("import preview", image.clone(), TextureOptions::LINEAR)
                        });
                        ui.vertical(|ui| {
                            let size = texture.size_vec2();
                            let scale = 200.0 / size.x.max(size.y).max(1.0);
                            ui.add(
                                egui::Image::new((texture.id(), size * scale))
                                    .alt_text("Preview of the first field"),
                            );
                            ui.weak(caption);
                        });
                    }
                    ui.vertical(|ui| {
                        for field in &preview.report.fields {
                            ui.strong(format!(
                                "{}: {}",
                                field.name,
                                super::mind::counted(field.objects, "object")
                            ));
                            if !field.bands.is_empty() {
                                ui.label(format!("Bands: {}", field.bands.join(", ")));
                            }
                            for sentence in &field.how {
                                ui.label(sentence);
                            }
                            ui.add_space(4.0);
                        }
                        if preview.report.fields.is_empty() {
                            ui.label("Nothing here can be imported; the list below says why.");
                        }
                    });
                });
            }
        }
        ui.add_space(8.0);
        let catalogs = match self.understood.as_ref().map(|u| &u.preview) {
            Some(Ok(p)) => p.catalogs.clone(),
            _ => Vec::new(),
        };
        if let Some(catalog) = catalogs.first() {
            ui.separator();
            let name = catalog
                .path
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            ui.strong(format!(
                "Columns of {name} ({})",
                super::mind::counted(catalog.rows, "row")
            ));
            egui::Grid::new("columns")
                .num_columns(4)
                .spacing([12.0, 6.0])
                .show(ui, |ui| {
                    let roles = &catalog.roles;
                    let o = &mut self.options;
                    let slots = [
                        ("Right ascension", &mut o.ra, &roles.ra, true),
                        ("Declination", &mut o.dec, &roles.dec, true),
                        ("Pixel x", &mut o.x, &roles.x, true),
                        ("Pixel y", &mut o.y, &roles.y, true),
                        ("Name", &mut o.id, &roles.id, false),
                    ];
                    for (i, (what, asked, guessed, number)) in slots.into_iter().enumerate() {
                        let label = ui.label(what);
                        let shown = asked.as_ref().or(guessed.as_ref()).cloned();
                        let text = shown.clone().unwrap_or_else(|| "none".to_owned());
                        egui::ComboBox::from_id_salt(("column", what))
                            .selected_text(text)
                            .show_ui(ui, |ui| {
                                for c in catalog.columns.iter().filter(|c| c.is_number || !number) {
                                    let is_it = shown.as_deref() == Some(c.name.as_str());
                                    if ui.selectable_label(is_it, &c.name).clicked() && !is_it {
                                        *asked = Some(c.name.clone());
                                        changed = true;
                                    }
                                }
                            })
                            .response
                            .labelled_by(label.id);
                        if i % 2 == 1 {
                            ui.end_row();
                        }
                    }
                    ui.end_row();
                });
        }
        ui.separator();
        egui::Grid::new("how").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
            let is_folder = matches!(self.understood.as_ref().map(|u| &u.preview), Some(Ok(p))
                if p.fields.iter().all(|f| f.kind == FieldKind::Folder) && !p.fields.is_empty());
            if is_folder {
                let label = ui.label("Keep the central part");
                let crop = ui
                    .add(egui::Slider::new(&mut self.crop_percent, 10.0..=100.0).suffix(" %"))
                    .labelled_by(label.id);
                if crop.drag_stopped() || crop.lost_focus() {
                    self.options.crop = (self.crop_percent < 99.5).then_some(self.crop_percent / 100.0);
                    changed = true;
                }
            } else {
                let label = ui.label("Size of a cutout");
                ui.horizontal(|ui| {
                    let value = ui
                        .add(egui::DragValue::new(&mut self.size).range(4.0..=4096.0).speed(1.0))
                        .labelled_by(label.id);
                    let pixels = ui.selectable_label(!self.in_arcsec, "pixels").clicked();
                    let arcsec = ui.selectable_label(self.in_arcsec, "arcsec").clicked();
                    if pixels || arcsec {
                        self.in_arcsec = arcsec;
                    }
                    if value.changed() || pixels || arcsec {
                        self.options.size = Some(if self.in_arcsec {
                            CutoutSize::Arcsec(self.size)
                        } else {
                            CutoutSize::Pixels(self.size)
                        });
                    }
                });
                ui.end_row();
                ui.label("Objects");
                let text = "Detect sources even where there is a catalogue";
                changed |= ui.checkbox(&mut self.options.detect, text).changed();
            }
            ui.end_row();
            let label = ui.label("Project folder");
            if self.adds_to_open {
                ui.label(format!("{} (the open project)", self.root));
            } else {
                ui.add(egui::TextEdit::singleline(&mut self.root).desired_width(f32::INFINITY))
                    .labelled_by(label.id)
                    .on_hover_text("A folder that holds everything: objects, labels, vectors. Made if there is none.");
            }
            ui.end_row();
        });
        if !skipped.is_empty() {
            ui.separator();
            let title = format!("{} left out", super::mind::counted(skipped.len(), "input"));
            egui::CollapsingHeader::new(title)
                .default_open(true)
                .show(ui, |ui| {
                    for s in skipped.iter().take(50) {
                        let text = if s.what.is_empty() || s.why.starts_with(&s.what) {
                            s.why.clone()
                        } else {
                            format!("{}: {}", s.what, s.why)
                        };
                        ui.label(text);
                    }
                    if skipped.len() > 50 {
                        ui.label(format!("… and {} more", skipped.len() - 50));
                    }
                });
        }
        if changed {
            self.understood = None;
            out.send(Command::Reconsider(Box::new(self.options.clone())));
        }
    }
}
