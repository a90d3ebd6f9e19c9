//! Outlines by the thousand: one small picture of a ring or a square, drawn again and again in other
//! places and colours. A circle of its own costs some hundred triangles, which a processor that plays
//! the graphics card feels from a few hundred of them on; a picture costs two.

use egui::{
    Color32, ColorImage, Id, Mesh, Painter, Pos2, Rect, Shape, TextureHandle, TextureOptions, Vec2, pos2,
};

/// The form of an outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outline {
    /// A circle.
    Ring,
    /// A square; its radius is half its side.
    Square,
}

impl Outline {
    /// How far a place is from the middle, so that all places of the outline have one distance.
    fn distance(self, x: f32, y: f32) -> f32 {
        match self {
            Self::Ring => x.hypot(y),
            Self::Square => x.abs().max(y.abs()),
        }
    }
}

/// Draws outlines of one form, radius and width (points) in the given places and colours.
pub fn draw_outlines(
    painter: &Painter,
    form: Outline,
    radius: f32,
    width: f32,
    places: impl Iterator<Item = (Pos2, Color32)>,
) {
    let density = painter.pixels_per_point();
    let half = radius + width / 2.0 + 1.0;
    let mut mesh = Mesh::with_texture(texture(painter, form, radius, width, half, density).id());
    let near = painter.clip_rect().expand(half);
    let all = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    for (at, ink) in places {
        if near.contains(at) {
            mesh.add_rect_with_uv(Rect::from_center_size(at, Vec2::splat(2.0 * half)), all, ink);
        }
    }
    if !mesh.is_empty() {
        painter.add(Shape::mesh(mesh));
    }
}

/// The outline in white, made once for each form, size and density of the screen.
fn texture(
    painter: &Painter,
    form: Outline,
    radius: f32,
    width: f32,
    half: f32,
    density: f32,
) -> TextureHandle {
    let ctx = painter.ctx();
    let id = Id::unique((
        "outline",
        form,
        radius.to_bits(),
        width.to_bits(),
        density.to_bits(),
    ));
    if let Some(held) = ctx.data(|d| d.get_temp::<TextureHandle>(id)) {
        return held;
    }
    let image = picture(form, radius * density, width * density, half * density);
    let made = ctx.load_texture("outline", image, TextureOptions::LINEAR);
    ctx.data_mut(|d| d.insert_temp(id, made.clone()));
    made
}

/// All in pixels of the screen; the picture reaches `half` to each side of the middle.
fn picture(form: Outline, radius: f32, width: f32, half: f32) -> ColorImage {
    let side = (2.0 * half).ceil().max(1.0) as usize;
    let scale = 2.0 * half / side as f32;
    let mut pixels = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            let from_middle = |i: usize| (i as f32 + 0.5) * scale - half;
            let off = (form.distance(from_middle(x), from_middle(y)) - radius).abs();
            // A pixel's share of the line, for a smooth edge.
            let share = (0.5 + width / 2.0 - off).clamp(0.0, 1.0);
            pixels.push(Color32::from_white_alpha((share * 255.0).round() as u8));
        }
    }
    ColorImage::new([side, side], pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_is_inked_on_its_line_and_nowhere_else() {
        for form in [Outline::Ring, Outline::Square] {
            let image = picture(form, 7.0, 1.5, 9.0);
            let [side, _] = image.size;
            let at = |x: usize, y: usize| image.pixels[y * side + x].a();
            assert_eq!(side, 18);
            assert_eq!(at(side / 2, side / 2), 0, "{form:?}: the middle is empty");
            assert_eq!(at(0, 0), 0, "{form:?}: so is the corner");
            assert!(
                at(side / 2 + 7, side / 2) > 150,
                "{form:?}: right of the middle is the line"
            );
            assert!(at(side / 2, side / 2 - 7) > 150, "{form:?}: above it too");
        }
        let diagonal = |form| picture(form, 7.0, 1.5, 9.0).pixels[2 * 18 + 2].a();
        assert_eq!(diagonal(Outline::Ring), 0, "a ring has no corners");
        assert!(diagonal(Outline::Square) > 150, "a square does");
    }
}
