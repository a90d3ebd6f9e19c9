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
use crate::encoder::registry::{MORPHOMETRY, contract as contract_of};
use crate::encoder::representation::representation_of;
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
            if ui.button("Embed").clicked() {
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
    let mut planes = vec![0.0f32; contract.channels() * side * side];
    contract.apply(cutout, &mut planes)?;
    let is_colour = contract.fluxes.is_none() && contract.channels() == 3;
    let how = if is_colour {
        "as one picture in colour, before standardising"
    } else {
        "plane by plane, each from its least value (black) to its largest (white)"
    };
    let steps: Vec<String> = (contract_of(&contract).into_iter())
        .map(|(step, value)| format!("{} {value}", step.replace(['_', '.'], " ")))
        .collect();
    let together = match representation_of(&told.encoder)? {
        choice if choice.is_plain() => String::new(),
        choice => format!(" Its vectors are put together: {}.", choice.words()),
    };
    let note = format!(
        "The network is given {} of {side} × {side} px, shown {how}.{together} The contract: {}.",
        if contract.channels() == 1 {
            "one plane".into()
        } else {
            format!("{} planes", contract.channels())
        },
        steps.join("; ")
    );
    let image = if is_colour {
        unstandardised(&contract, &planes)
    } else {
        plane_by_plane(side, &planes)
    };
    Ok((image, note))
}

/// The picture behind a network's standardised planes.
fn unstandardised(contract: &Preprocessing, planes: &[f32]) -> ColorImage {
    let side = contract.image_px;
    let area = side * side;
    let byte = |channel: usize, i: usize| {
        let v = planes[channel * area + i] * contract.std[channel] + contract.mean[channel];
        (v / contract.full_scale * 255.0).round().clamp(0.0, 255.0) as u8
    };
    let pixels = (0..area)
        .map(|i| Color32::from_rgb(byte(0, i), byte(1, i), byte(2, i)))
        .collect();
    ColorImage::new([side, side], pixels)
}

/// Planes in a square of tiles, each over its own range; those without any value are left out.
fn plane_by_plane(side: usize, planes: &[f32]) -> ColorImage {
    let area = side * side;
    let used: Vec<&[f32]> = (planes.chunks_exact(area))
        .filter(|p| p.iter().any(|v| v.is_finite()))
        .collect();
    let across = (1..).find(|n| n * n >= used.len()).unwrap_or(1);
    let mut image = ColorImage::filled([across * side, across * side], Color32::BLACK);
    for (tile, plane) in used.iter().enumerate() {
        let (x0, y0) = (tile % across * side, tile / across * side);
        let finite = || plane.iter().copied().filter(|v| v.is_finite());
        let (low, high) = (
            finite().fold(f32::MAX, f32::min),
            finite().fold(f32::MIN, f32::max),
        );
        let range = (high - low).max(f32::MIN_POSITIVE);
        for (i, v) in plane.iter().enumerate() {
            let grey = if v.is_finite() {
                ((v - low) / range * 255.0) as u8
            } else {
                0
            };
            image[(x0 + i % side, y0 + i / side)] = Color32::from_gray(grey);
        }
    }
    image
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

    #[test]
    fn planes_that_are_no_colours_stand_beside_each_other() {
        let planes = [
            0.0,
            1.0,
            2.0,
            4.0,
            f32::NAN,
            f32::NAN,
            f32::NAN,
            f32::NAN,
            -1.0,
            -1.0,
            1.0,
            -1.0,
        ];
        let image = plane_by_plane(2, &planes);
        assert_eq!(image.size, [4, 4]);
        let greys: Vec<u8> = image.pixels.iter().map(|p| p.r()).collect();
        assert_eq!(greys[..8], [0, 63, 0, 0, 127, 255, 255, 0]);
        assert!(greys[8..].iter().all(|g| *g == 0));
    }
}
