//! The picture itself: overview and tiles, what lies over them, and the status line below.

use super::hand::picture_size;
use super::marks::Marks;
use super::overlay::{self, Canvas};
use super::tiles::{Spot, Wish};
use super::{ImagePanel, colours, graticule, status};
use crate::app::context::View;
use crate::app::mind::counted;
use crate::app::theme::Theme;
use crate::display::pyramid::{Place, Scene, TILE};
use egui::{Color32, ColorImage, Pos2, Rect, Sense, TextureOptions, Ui, pos2, vec2};
use std::sync::Arc;

/// Below this width the status line needs two lines, points.
const NARROW: f32 = 920.0;

impl ImagePanel {
    /// Draws the picture and the line below it.
    pub(super) fn picture_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let available = ui.available_size();
        let lines = if available.x < NARROW { 2.0 } else { 1.0 };
        let size = picture_size(available, lines);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        self.rect = rect;
        let painter = ui.painter_at(rect);
        // The sky's own ground and inks, whatever the window's theme: a white surround would blind to it.
        let theme = self.sky_theme();
        painter.rect_filled(rect, 0.0, theme.deep());
        let Some(scene) = self.tiles.as_ref().map(|t| t.scene().clone()) else {
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Sky image"));
            let ink = theme.weak();
            let font = egui::FontId::proportional(14.0);
            painter.text(
                rect.center(),
                egui::Align2::CENTER_CENTER,
                "Opening the image…",
                font,
                ink,
            );
            return;
        };
        response.widget_info(|| {
            let bands: Vec<&str> = scene.bands().map(|b| b.name.as_str()).collect();
            let name = format!("Sky image, {}", bands.join(" "));
            egui::WidgetInfo::labeled(egui::Role::Canvas, true, name)
        });
        if self.camera.fits {
            self.camera.fit(rect, scene.grid);
        }
        self.go_to_object(view, &scene);
        let marks = self.marks_of(ui, view, &scene);
        self.hand_ui(ui, view, &response, &scene, marks.as_ref());
        let cursor = response
            .hover_pos()
            .map(|at| self.camera.pixel(rect, at))
            .filter(|[x, y]| {
                let inside = |v: f64, n: usize| v >= -0.5 && v < n as f64 - 0.5;
                inside(*x, scene.grid.width) && inside(*y, scene.grid.height)
            });
        self.tiles_ui(ui, &painter, &scene, cursor);
        let dense = self.overlays_on(ui, view, &painter, &scene, marks.as_ref());
        if response.has_focus() {
            let ink = egui::Stroke::new(2.0, theme.accent());
            ui.painter().rect_stroke(rect, 0.0, ink, egui::StrokeKind::Inside);
        }
        self.status_ui(ui, view, &scene, cursor, dense);
    }

    /// The theme whose colours are seen on the sky as it is drawn: dark, unless it is inverted.
    fn sky_theme(&self) -> Theme {
        let is_coloured = self.tiles.as_ref().is_some_and(|t| t.scene().is_coloured());
        if self.look.inverted && !is_coloured {
            Theme::Light
        } else {
            Theme::Dark
        }
    }

    /// Where objects are, made by a thread.
    fn marks_of(&mut self, ui: &Ui, view: &View<'_>, scene: &Arc<Scene>) -> Option<Arc<Marks>> {
        let field = self.loaded_field?;
        let key = (view.survey.generation, self.scene_number, view.visible.generation);
        let (survey, scene, passes) = (view.survey.clone(), scene.clone(), view.visible.passes.clone());
        self.marks.get(ui.ctx(), &key, move || {
            Marks::of(&survey, field, &scene, passes.as_deref())
        })
    }

    /// Draws overview and tiles, and wishes for those that lack.
    fn tiles_ui(&mut self, ui: &Ui, painter: &egui::Painter, scene: &Scene, cursor: Option<[f64; 2]>) {
        let Some(tiles) = &mut self.tiles else { return };
        tiles.begin_frame(ui.ctx(), &self.look);
        let (camera, rect, grid) = (self.camera, self.rect, scene.grid);
        let whole = [-0.5, -0.5, grid.width as f64 - 0.5, grid.height as f64 - 0.5];
        // The last texels of a level can reach beyond the image.
        let painter = painter.with_clip_rect(camera.screen_rect(rect, whole).intersect(rect));
        let all = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        let mut wishes = Vec::new();
        let level = grid.level_for(camera.zoom * f64::from(ui.ctx().pixels_per_point()));
        let mut ready = Vec::new();
        // A small image's overview is the image itself.
        let is_needed = scene.step > 1;
        let places = if is_needed {
            grid.places(level, camera.view(rect))
        } else {
            Vec::new()
        };
        // Where tiles cover all of it the overview needn't be painted below them.
        let is_covered = is_needed && (places.iter()).all(|p| tiles.texture(Spot::Tile(*p)).is_some());
        match tiles.texture(Spot::Overview) {
            Some((texture, is_new)) => {
                if !is_covered {
                    let texels = scene.overview.first().map_or((0, 0), |p| (p.width, p.height));
                    let end = |n: usize| (n * scene.step) as f64 - 0.5;
                    let extent = [-0.5, -0.5, end(texels.0), end(texels.1)];
                    painter.image(texture, camera.screen_rect(rect, extent), all, Color32::WHITE);
                }
                if !is_new {
                    wishes.push(Wish::Paint(Spot::Overview));
                }
            }
            None => wishes.push(Wish::Paint(Spot::Overview)),
        }
        for place in places {
            let held = tiles.texture(Spot::Tile(place));
            if let Some((texture, _)) = held {
                ready.push((place, texture));
            } else if let Some((coarse, texture)) = coarser(place, |p| tiles.texture(Spot::Tile(p))) {
                let extent = camera.screen_rect(rect, grid.extent(coarse));
                let part = camera.screen_rect(rect, grid.extent(place));
                painter.with_clip_rect(part.intersect(painter.clip_rect())).image(
                    texture,
                    extent,
                    all,
                    Color32::WHITE,
                );
            }
            if !held.is_some_and(|(_, is_new)| is_new) {
                wishes.push(Wish::Paint(Spot::Tile(place)));
            }
        }
        for (place, texture) in ready {
            painter.image(
                texture,
                camera.screen_rect(rect, grid.extent(place)),
                all,
                Color32::WHITE,
            );
        }
        if let Some([x, y]) = cursor {
            let (x, y) = (x.round() as usize, y.round() as usize);
            if tiles.values_at(x, y).is_none() {
                wishes.push(Wish::Values(Place {
                    level: 0,
                    x: (x / TILE) as u32,
                    y: (y / TILE) as u32,
                }));
            }
        }
        tiles.wish(wishes);
    }

    /// Draws what is switched on over the picture; says how many objects are too many to draw.
    fn overlays_on(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        painter: &egui::Painter,
        scene: &Arc<Scene>,
        marks: Option<&Arc<Marks>>,
    ) -> Option<usize> {
        let theme = self.sky_theme();
        let lines = (self.overlays.grid && scene.wcs().is_some())
            .then(|| self.lines_of(ui, scene))
            .flatten();
        let by = self.overlays.colour_by.clone();
        let colours = if by.is_empty() {
            None
        } else {
            let key = (
                by.clone(),
                view.survey.generation,
                view.columns.generation(view.live, &by),
                theme,
            );
            let (columns, live) = (view.columns.clone(), view.live.clone());
            let column = by.clone();
            self.colours.get(ui.ctx(), &key, move || {
                colours::colours_by(&columns, &live, &column, theme)
            })
        };
        let colours = colours.as_deref().and_then(Option::as_ref);
        let density = marks
            .filter(|_| self.overlays.objects)
            .map(|m| self.density_of(ui, m));
        let canvas = Canvas {
            painter,
            rect: self.rect,
            camera: &self.camera,
            theme,
        };
        if let Some(lines) = lines {
            overlay::graticule_ui(&canvas, &lines, &self.overlays);
        }
        let mut dense = None;
        if self.overlays.objects
            && let Some(marks) = marks
        {
            dense = overlay::objects_ui(&canvas, view, marks, colours, density, scene.grid);
            if let Some(range) = colours.and_then(|c| c.range) {
                overlay::legend_ui(&canvas, &by, range);
            }
        }
        if self.overlays.compass {
            overlay::compass_ui(&canvas, scene);
        }
        if self.overlays.scale {
            overlay::scale_ui(&canvas, scene);
        }
        self.outline_ui(&canvas, theme.accent());
        dense
    }

    /// Coordinate lines of the view and a little around it, made by a thread.
    fn lines_of(&mut self, ui: &Ui, scene: &Arc<Scene>) -> Option<Arc<Vec<graticule::Line>>> {
        let [left, bottom, right, top] = self.camera.view(self.rect);
        // By sixteenths of the view, so that a slow hand doesn't ask anew with every point.
        let unit = ((right - left) / 16.0).max(1e-3);
        let key = [
            (left / unit).floor(),
            (bottom / unit).floor(),
            ((right - left) * 64.0).round(),
            ((top - bottom) * 64.0).round(),
        ]
        .map(|v| v as i64);
        let scene = scene.clone();
        self.lines.get(ui.ctx(), &(self.scene_number, key), move || {
            scene.wcs().map_or_else(Vec::new, |wcs| {
                graticule::graticule(wcs, [left - unit, bottom - unit, right + unit, top + unit])
            })
        })
    }

    /// The density of objects as a texture, white of differing strength.
    fn density_of(&mut self, ui: &Ui, marks: &Arc<Marks>) -> egui::TextureId {
        if let Some((held, texture)) = &self.density
            && Arc::ptr_eq(held, marks)
        {
            return texture.id();
        }
        let (bytes, size) = &marks.density;
        let size = if bytes.is_empty() { [0, 0] } else { *size };
        let pixels = bytes.iter().map(|&a| Color32::from_white_alpha(a)).collect();
        let image = ColorImage::new(size, pixels);
        let texture = ui.ctx().load_texture("density", image, TextureOptions::NEAREST);
        let id = texture.id();
        self.density = Some((marks.clone(), texture));
        id
    }

    fn status_ui(
        &self,
        ui: &mut Ui,
        view: &View<'_>,
        scene: &Scene,
        cursor: Option<[f64; 2]>,
        dense: Option<usize>,
    ) {
        let trouble = self.tiles.as_ref().and_then(|t| t.trouble.clone());
        let text = match cursor {
            Some([x, y]) => {
                let values = self
                    .tiles
                    .as_ref()
                    .map(|t| t.values_at(x.round() as usize, y.round() as usize));
                status::status_text(scene, [x, y], values)
            }
            None => {
                let grid = scene.grid;
                let mut text = format!("{} × {} pixels", grid.width, grid.height);
                if let Some(wcs) = scene.wcs() {
                    text += &format!("  ·  {:.4} arcsec a pixel", wcs.pixel_scale_arcsec());
                } else {
                    text += "  ·  no WCS";
                }
                if let Some(marks) = self.marks.held() {
                    text += &format!("  ·  {}", counted(marks.len(), "object"));
                }
                text
            }
        };
        let text = match dense {
            Some(n) => format!("{text}  ·  {} in view: zoom in to see each", counted(n, "object")),
            None => text,
        };
        let (text, ink) = match trouble {
            Some(why) => (
                format!("{why}  ·  {text}"),
                view.settings.theme.level(crate::app::notices::Level::Error),
            ),
            None => (text, view.settings.theme.text()),
        };
        let room = vec2(ui.available_width(), ui.available_height());
        ui.allocate_ui(room, |ui| {
            ui.add(egui::Label::new(egui::RichText::new(text).color(ink)).wrap());
        });
    }
}

/// The next coarser tile that is there.
fn coarser(
    place: Place,
    mut texture: impl FnMut(Place) -> Option<(egui::TextureId, bool)>,
) -> Option<(Place, egui::TextureId)> {
    (1..=4u8).find_map(|up| {
        let coarse = Place {
            level: place.level + up,
            x: place.x >> up,
            y: place.y >> up,
        };
        texture(coarse).map(|(id, _)| (coarse, id))
    })
}
