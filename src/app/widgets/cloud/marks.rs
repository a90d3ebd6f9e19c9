//! Points drawn one by one: objects, the selection, the one looked at, and the one under the cursor.

use super::frame::Frame;
use super::ink::Colouring;
use crate::app::columns::number;
use crate::app::context::View;
use crate::app::theme::STANDS_BACK;
use crate::app::widgets::{Outline, draw_outlines};
use crate::display::points::{Cloud, Ink, Mark};
use egui::{Color32, FontId, Painter, Rect, Stroke, vec2};

/// More chosen objects than this are painted on another thread.
pub const MOST_RINGS: usize = 2000;
/// Side of the picture under the cursor, points.
const PICTURE: f32 = 104.0;

/// Draws objects; the more there are the smaller.
pub fn draw_marks(painter: &Painter, frame: &Frame, view: &View<'_>, marks: &[Mark]) {
    let radius = match marks.len() {
        0..300 => 3.6,
        300..1500 => 2.9,
        _ => 2.2,
    };
    let near = frame.rect.expand(radius);
    let shapes = marks.iter().filter_map(|mark| {
        let at = frame.screen(mark.at);
        let [r, g, b] = mark.rgb;
        let radius = if mark.is_told { radius * 1.15 } else { radius };
        let ink = Color32::from_rgb(r, g, b);
        let ink = match view.selection.dims(mark.object) {
            true => ink.gamma_multiply(STANDS_BACK),
            false => ink,
        };
        near.contains(at)
            .then(|| egui::Shape::circle_filled(at, radius, ink))
    });
    painter.extend(shapes);
}

/// Rings around chosen objects; the more there are the finer, so that colours still show.
pub fn draw_rings(
    painter: &Painter,
    frame: &Frame,
    view: &View<'_>,
    count: usize,
    at: impl Iterator<Item = [f64; 2]>,
) {
    let (radius, width) = match count {
        0..40 => (5.5, 1.8),
        40..300 => (4.6, 1.1),
        _ => (3.4, 0.8),
    };
    let ink = view.settings.theme.accent();
    let places = at.map(|at| (frame.screen(at), ink));
    draw_outlines(painter, Outline::Ring, radius, width, places);
}

/// The object looked at: a ring with four strokes, seen on any colour.
pub fn draw_focus(painter: &Painter, frame: &Frame, view: &View<'_>, cloud: &Cloud) {
    let Some(at) = view.selection.focus().and_then(|o| cloud.place_of(o)) else {
        return;
    };
    let at = frame.screen(at);
    let theme = view.settings.theme;
    for (width, colour) in [(5.0, theme.deep()), (2.2, theme.text())] {
        let ink = Stroke::new(width, colour);
        painter.circle_stroke(at, 8.0, ink);
        for d in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
            painter.line_segment([at + d * 8.0, at + d * 14.0], ink);
        }
    }
}

/// What is known of the object under the cursor, beside it.
pub fn draw_card(
    ui: &egui::Ui,
    frame: &Frame,
    view: &View<'_>,
    cloud: &Cloud,
    colouring: &Colouring,
    object: u32,
) {
    let Some(place) = cloud.place_of(object) else {
        return;
    };
    let at = frame.screen(place);
    let theme = view.settings.theme;
    let painter = ui.painter().with_clip_rect(frame.rect);
    painter.circle_stroke(at, 6.0, Stroke::new(2.0, theme.text()));
    let name = view
        .survey
        .objects()
        .get(object as usize)
        .map_or("", |o| o.name.as_str());
    let mut lines = vec![(name.to_owned(), theme.text())];
    if let Some(class) = view.live.label_of(object) {
        let word = view.live.classes.get(class).map_or("", |c| c.name.as_str());
        lines.push((word.to_owned(), theme.class_colour(class)));
    } else if let Some((class, probability)) = view.live.prediction_of(object) {
        let word = view.live.classes.get(class).map_or("", |c| c.name.as_str());
        lines.push((
            format!("{word}? {:.0} %", 100.0 * probability),
            theme.class_colour(class),
        ));
    }
    if let Ink::Numbers(values, ..) = &colouring.ink {
        let value = values.get(object as usize).copied().unwrap_or(f64::NAN);
        lines.push((number(value), theme.weak()));
    }
    let size = vec2(PICTURE + 8.0, PICTURE + 8.0 + 15.0 * lines.len() as f32);
    // On the side of the cursor where there is room.
    let mut min = at + vec2(14.0, 14.0);
    if min.x + size.x > frame.rect.right() {
        min.x = at.x - 14.0 - size.x;
    }
    if min.y + size.y > frame.rect.bottom() {
        min.y = (at.y - 14.0 - size.y).max(frame.rect.top());
    }
    let card = Rect::from_min_size(min, size);
    let ground = ui.visuals().window_fill;
    ui.painter().rect(
        card,
        4.0,
        ground,
        ui.visuals().window_stroke,
        egui::StrokeKind::Outside,
    );
    let picture = Rect::from_min_size(card.min + vec2(4.0, 4.0), egui::Vec2::splat(PICTURE));
    view.thumbs.paint(ui, picture, object, &view.settings.look);
    for (i, (words, colour)) in lines.into_iter().enumerate() {
        let mut job = egui::text::LayoutJob::simple_singleline(words, FontId::proportional(12.0), colour);
        job.wrap = egui::text::TextWrapping::truncate_at_width(PICTURE);
        let at = picture.left_bottom() + vec2(0.0, 2.0 + 15.0 * i as f32);
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(at, galley, colour);
    }
}
