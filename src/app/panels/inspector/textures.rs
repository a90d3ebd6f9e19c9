//! Pictures made off the window's thread, put into textures once.

use egui::{ColorImage, TextureFilter, TextureHandle, TextureOptions};
use std::sync::Arc;

/// Single pixels stay visible when enlarged; reduced pictures are smooth.
const SHARP: TextureOptions = TextureOptions {
    magnification: TextureFilter::Nearest,
    minification: TextureFilter::Linear,
    wrap_mode: egui::TextureWrapMode::ClampToEdge,
    mipmap_mode: None,
};

/// The textures of the newest value of a kind.
pub struct Textures<T> {
    held: Option<(Arc<T>, Vec<TextureHandle>)>,
}

impl<T> Default for Textures<T> {
    fn default() -> Self {
        Self { held: None }
    }
}

impl<T> Textures<T> {
    /// The textures of `made`, whose pictures are `images`; uploaded when `made` is another than before.
    pub fn of<'t>(
        &mut self,
        ctx: &egui::Context,
        made: &'t Arc<T>,
        images: impl Fn(&'t T) -> Vec<&'t ColorImage>,
    ) -> &[TextureHandle] {
        let is_held = self.held.as_ref().is_some_and(|(m, _)| Arc::ptr_eq(m, made));
        if !is_held {
            let textures = images(made)
                .into_iter()
                .map(|image| ctx.load_texture("inspector", image.clone(), SHARP))
                .collect();
            self.held = Some((made.clone(), textures));
        }
        self.held.as_ref().map_or(&[], |(_, textures)| textures)
    }
}
