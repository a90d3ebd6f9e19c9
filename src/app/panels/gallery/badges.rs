//! What stands on a cutout: its label, what the classifier thinks, its rank, its mark, its similarity.

use crate::app::context::View;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2};

/// Tiles narrower than this, in points, show only the label's colour and the mark.
const ROOM_FOR_TEXT: f32 = 72.0;
/// Tiles narrower than this, in points, show percentages without class names.
const ROOM_FOR_NAMES: f32 = 88.0;

/// Draws the badges of an object onto its tile; with `similarity` the cosine of a search too.
pub fn paint(painter: &Painter, tile: Rect, object: u32, view: &View<'_>, similarity: bool) {
    let theme = view.settings.theme;
    let (ground, live) = (theme.deep(), view.live);
    let size = (tile.width() / 10.0).clamp(9.5, 12.0);
    let inner = tile.shrink(3.0);
    let room = tile.width() >= ROOM_FOR_TEXT;
    let class_name = |c: usize| live.classes.get(c).map_or("", |c| c.name.as_str());
    let mut bottom = inner.left_bottom();
    let label = live.label_of(object);
    if let Some(class) = label {
        let colour = theme.class_colour(class);
        if room {
            // A given label is a full chip; what is only thought is coloured text.
            let chip = Chip {
                text: class_name(class),
                size,
                ink: ground,
                fill: colour,
            };
            let rect = chip.paint(painter, bottom, Align2::LEFT_BOTTOM, inner.width());
            bottom = rect.left_top() - Vec2::new(0.0, 2.0);
        } else {
            let rect = Rect::from_min_size(inner.left_bottom() - Vec2::new(0.0, 10.0), Vec2::splat(10.0));
            painter.rect(rect, 2.0, colour, Stroke::new(1.0, ground), StrokeKind::Outside);
        }
    }
    if room && let Some((class, probability)) = live.prediction_of(object) {
        let percent = format!("{:.0} %", 100.0 * probability);
        let text = if tile.width() >= ROOM_FOR_NAMES {
            format!("{} {percent}", shortened(class_name(class), 12))
        } else {
            percent
        };
        // Beside a label that agrees nothing is to be said: the inspector has the number.
        if label != Some(class) {
            let chip = Chip {
                text: &text,
                size,
                ink: theme.class_colour(class),
                fill: ground,
            };
            chip.paint(painter, bottom, Align2::LEFT_BOTTOM, inner.width());
        }
    }
    let mut top = inner.left_top();
    if room && similarity {
        let cosine = live
            .found
            .as_ref()
            .and_then(|f| f.similarity.get(object as usize));
        if let Some(cosine) = cosine.filter(|v| v.is_finite()) {
            let chip = Chip {
                text: &format!("{cosine:.3}"),
                size,
                ink: theme.accent(),
                fill: ground,
            };
            let rect = chip.paint(painter, top, Align2::LEFT_TOP, inner.width());
            top = rect.left_bottom() + Vec2::new(0.0, 2.0);
        }
    }
    if room && let Some(rank) = live.rank_of(object) {
        let chip = Chip {
            text: &format!("#{rank}"),
            size,
            ink: theme.text(),
            fill: ground,
        };
        chip.paint(painter, top, Align2::LEFT_TOP, inner.width() - 18.0);
    }
    if let Some(&mark) = live.marks.get(object as usize)
        && mark != 0
    {
        mark_shape(painter, inner.right_top() + Vec2::new(-8.0, 8.0), mark > 0, view);
    }
}

/// A star in a disc for interesting, a bar in a disc for ordinary: told apart without colour.
fn mark_shape(painter: &Painter, centre: Pos2, is_interesting: bool, view: &View<'_>) {
    let theme = view.settings.theme;
    let ink = if is_interesting {
        theme.level(crate::app::notices::Level::Warning)
    } else {
        theme.weak()
    };
    painter.circle(centre, 8.0, theme.deep(), Stroke::new(1.0, ink));
    if is_interesting {
        painter.extend(star(centre, 6.0, ink));
    } else {
        let half = Vec2::new(4.0, 0.0);
        painter.line_segment([centre - half, centre + half], Stroke::new(2.0, ink));
    }
}

/// A five-pointed star as a pentagon with a triangle on every side: shapes must be convex.
fn star(centre: Pos2, radius: f32, ink: Color32) -> Vec<Shape> {
    let at = |i: usize, r: f32| {
        let turn = std::f32::consts::PI * (i as f32 / 5.0 - 0.5);
        centre + r * Vec2::angled(turn)
    };
    let inner = radius * 0.45;
    let mut shapes = vec![Shape::convex_polygon(
        (0..5).map(|i| at(2 * i + 1, inner)).collect(),
        ink,
        Stroke::NONE,
    )];
    for i in 0..5 {
        let points = vec![at(2 * i, radius), at(2 * i + 1, inner), at(2 * i + 9, inner)];
        shapes.push(Shape::convex_polygon(points, ink, Stroke::NONE));
    }
    shapes
}

/// A short text on a ground of its own.
struct Chip<'a> {
    text: &'a str,
    size: f32,
    ink: Color32,
    fill: Color32,
}

impl Chip<'_> {
    /// Draws it at a corner, at most `width` points wide; gives its place.
    fn paint(&self, painter: &Painter, at: Pos2, corner: Align2, width: f32) -> Rect {
        let format = TextFormat::simple(FontId::proportional(self.size), self.ink);
        let mut job = LayoutJob::single_section(self.text.to_owned(), format);
        job.wrap.max_width = (width - 6.0).max(8.0);
        job.wrap.max_rows = 1;
        job.wrap.break_anywhere = true;
        let galley = painter.layout_job(job);
        let rect = corner.anchor_size(at, galley.size() + Vec2::new(6.0, 1.0));
        painter.rect_filled(rect, 3.0, self.fill);
        painter.galley(rect.min + Vec2::new(3.0, 0.5), galley, self.ink);
        rect
    }
}

/// A text of at most `most` characters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_class_names_are_cut() {
        assert_eq!(shortened("spiral", 12), "spiral");
        assert_eq!(shortened("gravitational lens", 12), "gravitation…");
    }
}
