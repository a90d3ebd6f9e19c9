//! The object large, all bands together or one by one, with its own stretch and the values under the
//! pointer.

use super::textures::Textures;
use super::{Pixels, picture_room};
use crate::app::columns::number;
use crate::app::command::Command;
use crate::app::context::View;
use crate::app::derived::Derived;
use crate::app::notices::Level;
use crate::app::panels::gallery::look_ui;
use crate::app::thumbs::draw;
use crate::display::StretchRecipe;
use crate::io::raster::Origin;
use crate::sky::cutout::{Cutout, CutoutFlags};
use egui::{ColorImage, Pos2, Rect, Sense, Stroke, StrokeKind, Ui};
use serde::{Deserialize, Serialize};

/// Largest side of a picture, pixels.
const MOST: usize = 512;
/// Room below the large picture for size, flags and stretch, points.
const UNDER: f32 = 74.0;
/// Side of a band's small picture, points.
const BAND: f32 = 64.0;
/// Room for a row of bands with their names, points.
const BANDS: f32 = BAND + 26.0;

/// What this part keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PicturePart {
    /// The band that is shown large, by name; empty for all together.
    band: String,
    shows_look: bool,
    #[serde(skip)]
    drawn: Derived<(u64, u32, StretchRecipe), Drawn>,
    #[serde(skip)]
    textures: Textures<Drawn>,
}

/// Pictures of an object: all bands together, then each.
struct Drawn {
    object: u32,
    names: Vec<String>,
    images: Vec<ColorImage>,
}

impl PicturePart {
    /// Draws the part.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View<'_>, object: u32, pixels: Option<&Pixels>) {
        // The picture takes what the rest leaves: one band needs no row of small pictures.
        let bands = match pixels.map(|p| &p.cutout) {
            Some(Ok(cutout)) if cutout.bands.len() < 2 => 0.0,
            _ => BANDS,
        };
        let side = (ui.available_height() - UNDER - bands).clamp(150.0, MOST as f32 * 1.5);
        let (rect, response) = picture_room(ui, side, Sense::hover());
        let look = view.settings.look_of(object);
        let cutout = match pixels.map(|p| &p.cutout) {
            None => {
                view.thumbs.paint(ui, rect, object, look);
                return;
            }
            Some(Err(why)) => {
                view.thumbs.paint(ui, rect, object, look);
                let ink = view.settings.theme.level(Level::Error);
                ui.colored_label(ink, format!("Can't be cut out: {why}"));
                return;
            }
            Some(Ok(cutout)) => cutout,
        };
        let key = (view.survey.generation, object, look.clone());
        let (pixels, recipe) = (cutout.clone(), look.clone());
        let drawn = self
            .drawn
            .get(ui.ctx(), &key, move || draw_all(object, &pixels, &recipe))
            .filter(|d| d.object == object);
        let Some(drawn) = drawn else {
            view.thumbs.paint(ui, rect, object, look);
            return;
        };
        let chosen = drawn.names.iter().position(|n| *n == self.band).unwrap_or(0);
        let textures = self.textures.of(ui.ctx(), &drawn, |d| d.images.iter().collect());
        if let Some(texture) = textures.get(chosen) {
            let uv = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
            ui.painter().image(texture.id(), rect, uv, egui::Color32::WHITE);
        }
        response.widget_info(|| {
            let name = super::name_of(view, object);
            egui::WidgetInfo::labeled(egui::Role::Image, true, format!("Picture of {name}"))
        });
        if drawn.images.len() > 2 {
            let ids: Vec<egui::TextureId> = textures.iter().map(|t| t.id()).collect();
            self.bands_ui(ui, view, &drawn, &ids, chosen);
        }
        let under = response.hover_pos().and_then(|pos| pixel_at(cutout, rect, pos));
        ui.label(match under {
            Some((x, y)) => values_at(cutout, x, y),
            None => size_of(cutout),
        });
        flags_ui(ui, view, cutout);
        self.look_ui(ui, view, object);
    }

    fn bands_ui(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        drawn: &Drawn,
        textures: &[egui::TextureId],
        chosen: usize,
    ) {
        let step = BAND + ui.spacing().item_spacing.x;
        let across = ((ui.available_width() / step) as usize).max(1);
        let bands: Vec<_> = drawn.names.iter().zip(textures).enumerate().collect();
        for row in bands.chunks(across) {
            ui.horizontal_top(|ui| {
                for &(i, (name, texture)) in row {
                    self.band_ui(ui, view, (name, *texture), i == 0, i == chosen);
                }
            });
        }
    }

    fn band_ui(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        (name, texture): (&String, egui::TextureId),
        is_all: bool,
        is_chosen: bool,
    ) {
        ui.vertical(|ui| {
            ui.set_width(BAND);
            let image = egui::Image::new((texture, egui::Vec2::splat(BAND))).sense(Sense::click());
            let shown = if is_all { "all bands" } else { name.as_str() };
            let response = ui.add(image).on_hover_text(format!("Show {shown} large"));
            response.widget_info(|| {
                let label = format!("Band {shown}");
                egui::WidgetInfo::selected(egui::Role::Button, true, is_chosen, label)
            });
            if is_chosen {
                let ink = Stroke::new(2.0, view.settings.theme.accent());
                ui.painter()
                    .rect_stroke(response.rect, 2.0, ink, StrokeKind::Inside);
            }
            if response.clicked() {
                self.band.clone_from(name);
            }
            ui.add(egui::Label::new(egui::RichText::new(shown).small()).truncate());
        });
    }

    /// The stretch of this object alone.
    fn look_ui(&mut self, ui: &mut Ui, view: &View<'_>, object: u32) {
        let own = view.settings.looks.get(&object);
        ui.horizontal_wrapped(|ui| {
            let mut has_own = own.is_some();
            if ui
                .checkbox(&mut has_own, "Own stretch")
                .on_hover_text("Draw this object by a stretch of its own, here and in every pane")
                .changed()
            {
                let recipe = has_own.then(|| Box::new(view.settings.look.clone()));
                view.send(Command::LookOf(object, recipe));
                self.shows_look = has_own;
            }
            if let Some(own) = own {
                ui.toggle_value(&mut self.shows_look, "Adjust")
                    .accessible_name("Adjust the object's own stretch");
                if ui
                    .button("Use for all")
                    .on_hover_text("Draw all cutouts by this stretch")
                    .clicked()
                {
                    view.send(Command::Look(Box::new(own.clone())));
                    view.send(Command::LookOf(object, None));
                }
            }
        });
        if let (Some(own), true) = (own, self.shows_look) {
            let mut look = own.clone();
            if look_ui(ui, "this object", &mut look) {
                view.send(Command::LookOf(object, Some(Box::new(look))));
            }
        }
    }
}

/// Draws all bands together and each on its own.
fn draw_all(object: u32, cutout: &Cutout, look: &StretchRecipe) -> Drawn {
    let side = cutout.width().max(cutout.height()).clamp(1, MOST);
    let mut names = vec![String::new()];
    let mut images = vec![draw(cutout, look, side)];
    if cutout.bands.len() > 1 {
        for (i, band) in cutout.bands.iter().enumerate() {
            let alone = Cutout {
                bands: vec![band.clone()],
                band_names: cutout.band_names.get(i).cloned().into_iter().collect(),
                ..*cutout
            };
            let name = cutout.band_names.get(i).cloned();
            names.push(name.unwrap_or_else(|| format!("band {}", i + 1)));
            images.push(draw(&alone, look, side));
        }
    }
    Drawn {
        object,
        names,
        images,
    }
}

/// The pixel of the planes under a place in the picture, which is square with the cutout centred.
fn pixel_at(cutout: &Cutout, rect: Rect, pos: Pos2) -> Option<(usize, usize)> {
    let (w, h) = (cutout.width() as f32, cutout.height() as f32);
    let side = w.max(h);
    let at = (pos - rect.min) / rect.size() * side;
    let (x, y) = (at.x - (side - w) / 2.0, at.y - (side - h) / 2.0);
    if !(0.0..w).contains(&x) || !(0.0..h).contains(&y) {
        return None;
    }
    let row = y as usize;
    let row = match cutout.origin {
        Origin::TopLeft => row,
        Origin::BottomLeft => cutout.height() - 1 - row,
    };
    Some((x as usize, row))
}

/// Every band's value at a pixel of the cutout.
fn values_at(cutout: &Cutout, x: usize, y: usize) -> String {
    let mut text = format!("x {x}, y {y}:");
    for (i, band) in cutout.bands.iter().enumerate() {
        let name = cutout.band_names.get(i).map_or("", String::as_str);
        let value = band.get(x, y).unwrap_or(f32::NAN);
        let value = if value.is_nan() {
            "no value".to_owned()
        } else {
            number(f64::from(value))
        };
        text.push_str(&format!("  {name} {value}"));
    }
    text
}

/// Size in pixels and on the sky.
fn size_of(cutout: &Cutout) -> String {
    let (w, h) = (cutout.width(), cutout.height());
    match cutout.pixel_scale_arcsec {
        Some(scale) => format!(
            "{w} × {h} px of {scale:.3} arcsec: {:.1} × {:.1} arcsec",
            w as f64 * scale,
            h as f64 * scale
        ),
        None => format!("{w} × {h} px"),
    }
}

/// What is wrong with the cutout, in words.
fn flags_ui(ui: &mut Ui, view: &View<'_>, cutout: &Cutout) {
    for (flag, text) in [
        (
            CutoutFlags::EDGE,
            "At the edge: part of it lies outside the image.",
        ),
        (CutoutFlags::NAN, "Some pixels have no value."),
        (CutoutFlags::MISSING_BAND, "At least one band has no pixels here."),
        (
            CutoutFlags::EMPTY,
            "No band has any pixel here: it is not embedded.",
        ),
    ] {
        if cutout.flags.has(flag) {
            let ink = view.settings.theme.level(Level::Warning);
            ui.colored_label(ink, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::raster::Plane;

    fn cutout(origin: Origin) -> Cutout {
        Cutout {
            bands: vec![Plane::from_pixels(2, 4, (0..8).map(|v| v as f32).collect())],
            band_names: vec!["r".into()],
            origin,
            is_picture: false,
            pixel_scale_arcsec: Some(0.25),
            flags: CutoutFlags::default(),
        }
    }

    #[test]
    fn the_pixel_under_the_pointer_is_the_one_drawn_there() {
        let rect = Rect::from_min_size(Pos2::new(10.0, 20.0), egui::Vec2::splat(40.0));
        // Two pixels wide, centred in four.
        let at = |x: f32, y: f32| Pos2::new(10.0 + x * 10.0 + 5.0, 20.0 + y * 10.0 + 5.0);
        let fits = cutout(Origin::BottomLeft);
        assert_eq!(pixel_at(&fits, rect, at(0.0, 0.0)), None, "beside the cutout");
        assert_eq!(pixel_at(&fits, rect, at(1.0, 0.0)), Some((0, 3)));
        assert_eq!(
            pixel_at(&cutout(Origin::TopLeft), rect, at(2.0, 3.0)),
            Some((1, 3))
        );
        assert_eq!(values_at(&fits, 1, 2), "x 1, y 2:  r 5");
        assert_eq!(size_of(&fits), "2 × 4 px of 0.250 arcsec: 0.5 × 1.0 arcsec");
    }
}
