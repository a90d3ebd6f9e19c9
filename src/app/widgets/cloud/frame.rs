//! Where values are on the screen, and the axes that say so.

use crate::app::theme::Theme;
use crate::display::points::{Window, short_number, ticks};
use egui::{Align2, FontId, Pos2, Rect, Stroke, pos2};

/// Room for the numbers and the name of the y axis, points.
const LEFT: f32 = 58.0;
/// Room for those of the x axis, points.
const BELOW: f32 = 36.0;
/// Space at the other sides, points.
const EDGE: f32 = 8.0;

/// The part of the screen in which a window is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// On the screen, points.
    pub rect: Rect,
    /// In units of the columns.
    pub window: Window,
}

impl Frame {
    /// The frame inside of `whole`, with room for the axes.
    pub fn inside(whole: Rect, window: Window) -> Self {
        let min = whole.min + egui::vec2(LEFT, EDGE);
        let max = (whole.max - egui::vec2(EDGE, BELOW)).max(min + egui::vec2(20.0, 20.0));
        Self {
            rect: Rect::from_min_max(min, max),
            window,
        }
    }

    /// Where a value is on the screen.
    pub fn screen(&self, [x, y]: [f64; 2]) -> Pos2 {
        let (w, r) = (&self.window, &self.rect);
        pos2(
            r.left() + ((x - w.x[0]) / w.width()) as f32 * r.width(),
            r.bottom() - ((y - w.y[0]) / w.height()) as f32 * r.height(),
        )
    }

    /// The value at a place of the screen.
    pub fn value(&self, at: Pos2) -> [f64; 2] {
        let (w, r) = (&self.window, &self.rect);
        [
            w.x[0] + f64::from((at.x - r.left()) / r.width()) * w.width(),
            w.y[0] + f64::from((r.bottom() - at.y) / r.height()) * w.height(),
        ]
    }

    /// A distance on the screen in units of the columns.
    pub fn reach(&self, points: f32) -> [f64; 2] {
        [
            f64::from(points / self.rect.width()) * self.window.width(),
            f64::from(points / self.rect.height()) * self.window.height(),
        ]
    }

    /// A window on the screen.
    pub fn rect_of(&self, w: &Window) -> Rect {
        Rect::from_two_pos(self.screen([w.x[0], w.y[0]]), self.screen([w.x[1], w.y[1]]))
    }

    /// The ground and the lines at round values.
    pub fn draw_ground(&self, painter: &egui::Painter, theme: Theme) {
        painter.rect_filled(self.rect, 0.0, theme.deep());
        let line = Stroke::new(1.0, theme.weak().gamma_multiply(0.16));
        let (xs, _, ys, _) = self.ticks();
        let inside = painter.with_clip_rect(self.rect);
        for x in xs {
            inside.vline(self.screen([x, 0.0]).x, self.rect.y_range(), line);
        }
        for y in ys {
            inside.hline(self.rect.x_range(), self.screen([0.0, y]).y, line);
        }
    }

    /// The frame, the numbers and the names of the axes.
    pub fn draw_axes(&self, painter: &egui::Painter, theme: Theme, names: [&str; 2]) {
        let r = self.rect;
        let line = Stroke::new(1.0, theme.weak());
        painter.rect_stroke(
            r,
            0.0,
            Stroke::new(1.0, theme.weak().gamma_multiply(0.6)),
            egui::StrokeKind::Outside,
        );
        let small = FontId::proportional(11.0);
        let (xs, x_step, ys, y_step) = self.ticks();
        for x in xs {
            let at = pos2(self.screen([x, 0.0]).x, r.bottom());
            painter.line_segment([at, at + egui::vec2(0.0, 4.0)], line);
            let text = short_number(x, x_step);
            painter.text(
                at + egui::vec2(0.0, 5.0),
                Align2::CENTER_TOP,
                text,
                small.clone(),
                theme.weak(),
            );
        }
        for y in ys {
            let at = pos2(r.left(), self.screen([0.0, y]).y);
            painter.line_segment([at, at - egui::vec2(4.0, 0.0)], line);
            let text = short_number(y, y_step);
            painter.text(
                at - egui::vec2(6.0, 0.0),
                Align2::RIGHT_CENTER,
                text,
                small.clone(),
                theme.weak(),
            );
        }
        let font = FontId::proportional(12.0);
        let below = pos2(r.center().x, r.bottom() + BELOW - 1.0);
        painter.text(below, Align2::CENTER_BOTTOM, names[0], font.clone(), theme.text());
        let galley = painter.layout_no_wrap(names[1].to_owned(), font, theme.text());
        let start = pos2(r.left() - LEFT + 1.0, r.center().y + galley.size().x / 2.0);
        let turned = egui::epaint::TextShape::new(start, galley, theme.text())
            .with_angle(-std::f32::consts::FRAC_PI_2);
        painter.add(turned);
    }

    fn ticks(&self) -> (Vec<f64>, f64, Vec<f64>, f64) {
        let most = |points: f32, each: f32| ((points / each) as usize).clamp(2, 12);
        let (xs, x_step) = ticks(self.window.x, most(self.rect.width(), 70.0));
        let (ys, y_step) = ticks(self.window.y, most(self.rect.height(), 36.0));
        (xs, x_step, ys, y_step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screen_and_values_are_each_others_way_back() {
        let whole = Rect::from_min_size(pos2(10.0, 20.0), egui::vec2(400.0, 300.0));
        let frame = Frame::inside(whole, Window::from_corners([1.0, 2.0], [5.0, 4.0]));
        let [x, y] = frame.value(frame.screen([2.0, 3.5]));
        assert!((x - 2.0).abs() < 1e-4 && (y - 3.5).abs() < 1e-4);
        assert!(
            frame.screen([1.0, 4.0]).y < frame.screen([1.0, 2.0]).y,
            "y goes upwards"
        );
    }
}
