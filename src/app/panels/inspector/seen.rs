//! What an encoder sees of the object: the picture that a network is given, or the working image on
//! which morphometry measures.

use super::textures::Textures;
use super::{Pixels, picture_room};
use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::derived::Derived;
use crate::app::notices::Level;
use crate::app::thumbs::draw;
use crate::display::StretchRecipe;
use crate::encoder::morphometry::working_image;
use crate::encoder::preprocess::Preprocessing;
use crate::encoder::registry::MORPHOMETRY;
use crate::io::raster::Plane;
use crate::project::runs::Manifest;
use crate::sky::cutout::Cutout;
use egui::{Color32, ColorImage, Pos2, Rect, Sense, Ui};
use std::path::Path;

/// What this part keeps.
#[derive(Default)]
pub struct SeenPart {
    seen: Derived<(u64, u32), All>,
    textures: Textures<All>,
}

/// What all encoders see of an object.
struct All {
    object: u32,
    views: Vec<Seen>,
}

/// What one encoder sees.
struct Seen {
    encoder: String,
    note: String,
    image: Result<ColorImage, String>,
}

impl SeenPart {
    /// Draws the part.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View<'_>, pixels: Option<&Pixels>) {
        if view.survey.runs.is_empty() {
            ui.label("No encoder has seen this object yet.");
            if ui.button("Embed with morphometry").clicked() {
                view.send(Command::Do(Action::Embed));
            }
            return;
        }
        let error = view.settings.theme.level(Level::Error);
        let (object, cutout) = match pixels {
            None => return drop(ui.weak("Reading pixels…")),
            Some(Pixels { cutout: Err(why), .. }) => return drop(ui.colored_label(error, why)),
            Some(Pixels {
                object,
                cutout: Ok(cutout),
            }) => (*object, cutout.clone()),
        };
        let (root, runs) = (view.survey.root.clone(), view.survey.runs.clone());
        let key = (view.survey.generation, object);
        let made = self.seen.get(ui.ctx(), &key, move || All {
            object,
            views: seen_by_all(&cutout, &root, &runs),
        });
        let Some(all) = made.filter(|a| a.object == object) else {
            return drop(ui.weak("Preparing…"));
        };
        let mut textures = self
            .textures
            .of(ui.ctx(), &all, |a| {
                a.views.iter().filter_map(|s| s.image.as_ref().ok()).collect()
            })
            .iter();
        for seen in &all.views {
            ui.strong(&seen.encoder);
            match &seen.image {
                Err(why) => drop(ui.colored_label(error, why)),
                Ok(_) => {
                    let side = (ui.available_height() * 0.7).clamp(120.0, 320.0);
                    let (rect, response) = picture_room(ui, side, Sense::hover());
                    response.widget_info(|| {
                        let label = format!("What {} sees", seen.encoder);
                        egui::WidgetInfo::labeled(egui::Role::Image, true, label)
                    });
                    if let Some(texture) = textures.next() {
                        let uv = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
                        ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
                    }
                }
            }
            ui.add(egui::Label::new(egui::RichText::new(&seen.note).weak()).wrap());
            ui.add_space(6.0);
        }
    }
}

/// The newest run of every encoder.
fn seen_by_all(cutout: &Cutout, root: &Path, runs: &[(String, String)]) -> Vec<Seen> {
    let mut views: Vec<Seen> = Vec::new();
    for (run, encoder) in runs {
        if views.iter().any(|s| s.encoder == *encoder) {
            continue;
        }
        let seen = if encoder == MORPHOMETRY {
            Ok(seen_by_morphometry(cutout))
        } else {
            seen_by_network(cutout, &root.join("embeddings").join(run).join("manifest.json"))
        };
        let (image, note) = match seen {
            Ok((image, note)) => (Ok(image), note),
            Err(why) => (Err(why), String::new()),
        };
        views.push(Seen {
            encoder: encoder.clone(),
            note,
            image,
        });
    }
    views
}

fn seen_by_morphometry(cutout: &Cutout) -> (ColorImage, String) {
    let (side, signal) = working_image(cutout);
    let stamp = Cutout {
        bands: vec![Plane::from_pixels(side, side, signal)],
        band_names: vec!["mean".to_owned()],
        is_picture: false,
        ..*cutout
    };
    let note = format!(
        "Classical numbers are measured on these {side} × {side} px: the mean of the bands with gaps filled and the sky subtracted, drawn by percentiles 0.5 to 99.7 with asinh. Colours are measured on the bands."
    );
    (draw(&stamp, &StretchRecipe::default(), side), note)
}

fn seen_by_network(cutout: &Cutout, manifest: &Path) -> Result<(ColorImage, String), String> {
    let text = std::fs::read_to_string(manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    let told: Manifest = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", manifest.display()))?;
    let contract = told.encoder.settings.get("preprocessing").cloned();
    let contract: Preprocessing = serde_json::from_value(contract.unwrap_or_default())
        .map_err(|e| format!("{}: says nothing of preprocessing ({e})", manifest.display()))?;
    contract.check()?;
    let side = contract.image_px;
    let mut planes = vec![0.0f32; 3 * side * side];
    contract.apply(cutout, &mut planes)?;
    let s = &contract.flux_stretch;
    let stretch = if cutout.is_picture {
        "the picture's own values".to_owned()
    } else {
        format!(
            "percentiles {} to {} through asinh (softening {})",
            s.low_percentile, s.high_percentile, s.asinh_softening
        )
    };
    let note = format!(
        "The network is given {side} × {side} px in red, green and blue: the central square, {stretch}, then standardised. Shown before standardising."
    );
    Ok((unstandardised(&contract, &planes), note))
}

/// The picture behind a network's standardised planes.
fn unstandardised(contract: &Preprocessing, planes: &[f32]) -> ColorImage {
    let side = contract.image_px;
    let area = side * side;
    let byte = |channel: usize, i: usize| {
        let v = planes[channel * area + i] * contract.std[channel] + contract.mean[channel];
        (v * 255.0).round().clamp(0.0, 255.0) as u8
    };
    let pixels = (0..area)
        .map(|i| Color32::from_rgb(byte(0, i), byte(1, i), byte(2, i)))
        .collect();
    ColorImage::new([side, side], pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::raster::Origin;
    use crate::sky::cutout::CutoutFlags;

    #[test]
    fn a_networks_input_is_shown_as_the_picture_it_came_from() {
        let contract = Preprocessing {
            image_px: 2,
            ..Default::default()
        };
        let band = |v: f32| Plane::filled(2, 2, v);
        let cutout = Cutout {
            bands: vec![band(255.0), band(128.0), band(0.0)],
            band_names: vec!["red".into(), "green".into(), "blue".into()],
            origin: Origin::TopLeft,
            is_picture: true,
            pixel_scale_arcsec: None,
            flags: CutoutFlags::default(),
        };
        let mut planes = vec![0.0; 12];
        contract.apply(&cutout, &mut planes).expect("a picture");
        let image = unstandardised(&contract, &planes);
        assert_eq!(image.pixels, vec![Color32::from_rgb(255, 128, 0); 4]);
    }
}
