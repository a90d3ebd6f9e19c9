//! What stands on the sheet: fields with a picture, columns, size, where to, and what was left out.

use super::ImportSheet;
use super::understood::Understood;
use crate::app::command::Command;
use crate::app::context::Outbox;
use crate::app::mind::{capitalised, counted};
use crate::app::notices::Level;
use crate::app::settings::Settings;
use crate::io::catalog::roles::Roles;
use crate::io::frame::SkyFrame;
use crate::project::{Field, FieldKind};
use crate::sky::cutout::CutoutSize;
use crate::tasks::Skipped;
use crate::tasks::import::{Preview, PreviewedCatalog};
use egui::{RichText, TextureOptions, Ui};

/// Side of the picture, points.
const SIDE: f32 = 240.0;
/// Most inputs that were left out are named.
const NAMED: usize = 50;

impl ImportSheet {
    /// Draws all but the buttons.
    pub(super) fn body_ui(&mut self, ui: &mut Ui, settings: &Settings, out: &Outbox) {
        let Some(understood) = self.understood.take() else {
            ui.horizontal_top(|ui| {
                self.picture_ui(ui);
                ui.label("Looking at the files…");
            });
            return;
        };
        let mut changed = false;
        match &understood.preview {
            Err(why) => {
                ui.colored_label(settings.theme.level(Level::Error), capitalised(why));
                ui.label("Correct the columns below, add the missing file by dropping it here, or cancel.");
                changed |= self.how_ui(ui, None, &understood);
            }
            Ok(preview) if preview.report.fields.is_empty() => {
                let ink = settings.theme.level(Level::Error);
                ui.colored_label(ink, "Nothing here can be imported.");
                skipped_ui(ui, &preview.report.skipped);
            }
            Ok(preview) => {
                self.fields_ui(ui, preview, &understood);
                if let Some(catalog) = preview.catalogs.first() {
                    ui.separator();
                    changed |= self.columns_ui(ui, catalog);
                }
                ui.separator();
                changed |= self.how_ui(ui, Some(preview), &understood);
                if !preview.report.skipped.is_empty() {
                    ui.separator();
                    skipped_ui(ui, &preview.report.skipped);
                }
            }
        }
        if changed {
            out.send(Command::Reconsider(Box::new(self.options.clone())));
        } else {
            self.understood = Some(understood);
        }
    }

    /// The first image, as soon as something of it is known.
    fn picture_ui(&mut self, ui: &mut Ui) {
        let Some((image, caption)) = &self.picture else {
            return;
        };
        let texture = self.texture.get_or_insert_with(|| {
            ui.ctx()
                .load_texture("import preview", image.clone(), TextureOptions::LINEAR)
        });
        ui.vertical(|ui| {
            ui.set_width(SIDE);
            let size = texture.size_vec2();
            let scale = SIDE / size.x.max(size.y).max(1.0);
            ui.add(egui::Image::new((texture.id(), size * scale)).alt_text("Preview of the first field"));
            ui.add(egui::Label::new(RichText::new(caption).weak()).truncate());
        });
        ui.add_space(6.0);
    }

    fn fields_ui(&mut self, ui: &mut Ui, preview: &Preview, understood: &Understood) {
        ui.horizontal_top(|ui| {
            self.picture_ui(ui);
            ui.vertical(|ui| {
                for (i, field) in preview.report.fields.iter().enumerate() {
                    ui.strong(format!("{}: {}", field.name, counted(field.objects, "object")));
                    if i == 0 && !understood.facts.is_empty() {
                        ui.label(&understood.facts);
                    }
                    if field.bands.len() > 1 {
                        ui.label(format!("Bands: {}", field.bands.join(", ")));
                    }
                    for sentence in &field.how {
                        ui.label(capitalised(sentence));
                    }
                    ui.add_space(4.0);
                }
            });
        });
    }

    /// Which columns say where and what; whether another was chosen.
    fn columns_ui(&mut self, ui: &mut Ui, catalog: &PreviewedCatalog) -> bool {
        let name = (catalog.path.file_name()).map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        ui.strong(format!("Columns of {name} ({})", counted(catalog.rows, "row")));
        let roles = &catalog.roles;
        let (lon, lat) = sky_names(roles);
        let o = &mut self.options;
        let slots = [
            (lon, &mut o.ra, &roles.ra, true),
            (lat, &mut o.dec, &roles.dec, true),
            ("Pixel x", &mut o.x, &roles.x, true),
            ("Pixel y", &mut o.y, &roles.y, true),
            ("Name", &mut o.id, &roles.id, false),
        ];
        let mut changed = false;
        egui::Grid::new("columns")
            .num_columns(4)
            .spacing([12.0, 6.0])
            .show(ui, |ui| {
                for (i, (what, asked, guessed, number)) in slots.into_iter().enumerate() {
                    let label = ui.label(what);
                    let shown = asked.as_ref().or(guessed.as_ref()).cloned();
                    egui::ComboBox::from_id_salt(("column", what))
                        .selected_text(shown.as_deref().unwrap_or("none"))
                        .width(150.0)
                        .truncate()
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
        changed
    }

    /// How it is cut out and where it goes; whether the files must be looked at again.
    fn how_ui(&mut self, ui: &mut Ui, preview: Option<&Preview>, understood: &Understood) -> bool {
        let mut changed = false;
        egui::Grid::new("how").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
            let all = |is: fn(&Field) -> bool| {
                preview.is_some_and(|p| !p.fields.is_empty() && p.fields.iter().all(is))
            };
            if all(|f| f.id != 0) {
                // The project's own images: how large a cutout of them is was settled when they came in.
                ui.label("Size of a cutout");
                ui.label("as it is in the project");
                ui.end_row();
            } else if all(|f| f.kind == FieldKind::Folder) {
                let label = ui.label("Keep the central part");
                let crop = ui
                    .add(egui::Slider::new(&mut self.crop_percent, 10.0..=100.0).max_decimals(0).suffix(" %"))
                    .labelled_by(label.id)
                    .on_hover_text("How much of each cutout's side is looked at: less where the object fills only the middle");
                if crop.drag_stopped() || crop.lost_focus() {
                    self.options.crop = (self.crop_percent < 99.5).then_some(self.crop_percent / 100.0);
                    changed = true;
                }
                ui.end_row();
            } else {
                self.size_ui(ui, understood.pixel_arcsec);
                ui.end_row();
                if preview.is_none_or(|p| !p.catalogs.is_empty()) {
                    ui.label("Objects");
                    let text = "Detect sources, too, besides those of the catalogue";
                    changed |= ui.checkbox(&mut self.options.detect, text).changed();
                    ui.end_row();
                }
            }
            changed |= self.target_ui(ui);
            ui.end_row();
        });
        changed
    }

    fn size_ui(&mut self, ui: &mut Ui, pixel_arcsec: Option<f64>) {
        let label = ui.label("Size of a cutout");
        ui.horizontal(|ui| {
            let value = ui
                .add(
                    egui::DragValue::new(&mut self.size)
                        .range(4.0..=4096.0)
                        .speed(1.0)
                        .max_decimals(2),
                )
                .labelled_by(label.id)
                .on_hover_text("Side of the square around each object: drag, or press and type");
            let was = self.in_arcsec;
            ui.selectable_value(&mut self.in_arcsec, false, "pixels");
            // Without a scale nothing says how large an arcsecond is.
            ui.add_enabled_ui(pixel_arcsec.is_some() || was, |ui| {
                ui.selectable_value(&mut self.in_arcsec, true, "arcsec");
            });
            let is_other = was != self.in_arcsec;
            if let Some(scale) = pixel_arcsec.filter(|s| *s > 0.0) {
                if is_other {
                    // The same sky in the other unit.
                    self.size *= if self.in_arcsec { scale } else { 1.0 / scale };
                    self.size = (self.size * 100.0).round() / 100.0;
                }
                ui.weak(if self.in_arcsec {
                    format!("= {:.0} pixels", self.size / scale)
                } else {
                    format!("= {:.1} arcsec", self.size * scale)
                });
            }
            if value.changed() || is_other {
                self.options.size = Some(if self.in_arcsec {
                    CutoutSize::Arcsec(self.size)
                } else {
                    CutoutSize::Pixels(self.size)
                });
            }
        });
    }

    /// Into the open project or a new one; whether that was changed.
    fn target_ui(&mut self, ui: &mut Ui) -> bool {
        let was = self.adds_to_open;
        let label = ui.label("Project");
        ui.vertical(|ui| {
            if let Some(open) = &self.open {
                ui.horizontal_wrapped(|ui| {
                    ui.radio_value(&mut self.adds_to_open, true, "Add to the open project")
                        .on_hover_text(open.display().to_string());
                    ui.radio_value(&mut self.adds_to_open, false, "Make a new project")
                        .on_hover_text("The open project stays in its folder as it is");
                });
            }
            if !self.adds_to_open {
                ui.add(egui::TextEdit::singleline(&mut self.root).desired_width(f32::INFINITY))
                    .labelled_by(label.id)
                    .on_hover_text(
                        "A folder that holds everything: objects, labels, vectors. Made if there is none.",
                    )
                    .accessible_name("Project folder");
            }
        });
        was != self.adds_to_open
    }
}

/// What the two coordinates on the sky are called in the catalogue's frame.
fn sky_names(roles: &Roles) -> (&'static str, &'static str) {
    match roles.frame {
        SkyFrame::Galactic => ("Galactic longitude", "Galactic latitude"),
        SkyFrame::Supergalactic | SkyFrame::Ecliptic { .. } => ("Longitude", "Latitude"),
        _ => ("Right ascension", "Declination"),
    }
}

/// Inputs that were left out, with the reason.
fn skipped_ui(ui: &mut Ui, skipped: &[Skipped]) {
    let title = format!("{} left out", counted(skipped.len(), "input"));
    egui::CollapsingHeader::new(title)
        .default_open(true)
        .show(ui, |ui| {
            for s in skipped.iter().take(NAMED) {
                ui.label(s.told());
            }
            if skipped.len() > NAMED {
                ui.label(format!("… and {} more", skipped.len() - NAMED));
            }
        });
}
