//! Small marks that are drawn, because the window's fonts have no signs for them.

use egui::{Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};

/// A filled triangle in the middle of `rect`, its point up or down.
pub fn triangle(painter: &Painter, rect: Rect, up: bool, colour: Color32) {
    let (c, r) = (rect.center(), 4.0);
    let tip = if up { -r } else { r };
    let at = |x: f32, y: f32| Pos2::new(c.x + x, c.y + y);
    let points = vec![at(-r, -tip * 0.7), at(r, -tip * 0.7), at(0.0, tip * 0.7)];
    painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
}

/// A small button with a triangle; `name` says what it does.
pub fn triangle_button(ui: &mut Ui, up: bool, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(20.0, 18.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let look = ui.style().interact(&response);
    ui.painter().rect(
        rect.shrink(1.0),
        3.0,
        look.weak_bg_fill,
        look.bg_stroke,
        egui::StrokeKind::Inside,
    );
    triangle(ui.painter(), rect, up, look.fg_stroke.color);
    response.on_hover_text(name)
}

/// Three lines by which something is dragged.
pub fn grip(ui: &mut Ui) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(14.0, 16.0), Sense::hover());
    let ink = Stroke::new(1.0, ui.visuals().weak_text_color());
    for dy in [-4.0, 0.0, 4.0] {
        let y = rect.center().y + dy;
        ui.painter().hline(rect.shrink2(vec2(2.0, 0.0)).x_range(), y, ink);
    }
    response
}
