//! A painted layer: made on another thread, kept as a texture, stretched until the next is there.

use super::frame::Frame;
use crate::app::derived::Derived;
use crate::display::points::Picture;
use egui::{Color32, ColorImage, TextureHandle, TextureOptions};
use std::sync::Arc;
use std::time::Duration;

/// A picture of many points is made at most this often while a hand moves: between two the last one is
/// moved and stretched, and the cores are free to draw the window.
const PACE: Duration = Duration::from_millis(60);

/// A picture with its pixels as the window wants them.
pub struct Drawn {
    /// The columns it shows.
    pub names: [String; 2],
    /// Window and marks.
    pub picture: Picture,
    image: Option<Arc<ColorImage>>,
}

impl Drawn {
    /// Turns the pixels into the window's kind.
    pub fn new(names: [String; 2], mut picture: Picture) -> Self {
        let rgba = std::mem::take(&mut picture.rgba);
        let image =
            (!rgba.is_empty()).then(|| Arc::new(ColorImage::from_rgba_premultiplied(picture.size, &rgba)));
        Self {
            names,
            picture,
            image,
        }
    }

    /// Whether there is more than marks.
    pub fn is_picture(&self) -> bool {
        self.image.is_some()
    }
}

/// A layer and what it was last made from.
pub struct Layer<K> {
    made: Derived<K, Drawn>,
    texture: Option<TextureHandle>,
    /// What is in the texture.
    uploaded: Option<Arc<Drawn>>,
}

impl<K> Default for Layer<K> {
    fn default() -> Self {
        Self {
            made: Derived::default(),
            texture: None,
            uploaded: None,
        }
    }
}

impl<K: PartialEq + Clone> Layer<K> {
    /// The newest picture of these columns; `make` runs on another thread if `key` is new.
    pub fn get(
        &mut self,
        ctx: &egui::Context,
        key: &K,
        names: &[String; 2],
        make: impl FnOnce() -> Drawn + Send + 'static,
    ) -> Option<Arc<Drawn>> {
        let held = self.made.held();
        let is_many = held.is_some_and(|d| d.is_picture() && d.names == *names);
        let pace = if is_many { PACE } else { Duration::ZERO };
        let drawn = self.made.get_paced(ctx, key, pace, make)?;
        let is_new = self.uploaded.as_ref().is_none_or(|u| !Arc::ptr_eq(u, &drawn));
        if is_new {
            if let Some(image) = &drawn.image {
                match &mut self.texture {
                    Some(texture) => texture.set(image.clone(), TextureOptions::LINEAR),
                    None => {
                        self.texture = Some(ctx.load_texture("cloud", image.clone(), TextureOptions::LINEAR));
                    }
                }
            }
            self.uploaded = Some(drawn.clone());
        }
        (drawn.names == *names).then_some(drawn)
    }

    /// Draws the picture where its window is now; white is no tint.
    pub fn draw(&self, painter: &egui::Painter, frame: &Frame, drawn: &Drawn, tint: Color32) {
        if drawn.image.is_none() {
            return;
        }
        if let Some(texture) = &self.texture {
            let all = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
            painter.image(texture.id(), frame.rect_of(&drawn.picture.window), all, tint);
        }
    }
}
