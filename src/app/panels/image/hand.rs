//! The hand on the picture: pan, zoom, contrast, picking, rectangle, lasso, box search, keys.

use super::ImagePanel;
use super::marks::Marks;
use super::overlay::Canvas;
use crate::app::command::Command;
use crate::app::context::{View, meets_by};
use crate::app::selection::Meets;
use crate::display::pyramid::Scene;
use crate::sky::cutout::CutoutSize;
use crossbeam_channel::{Receiver, bounded};
use egui::{Key, PointerButton, Pos2, Rect, Response, Shape, Stroke, StrokeKind, Ui, Vec2, vec2};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How near a click must be to an object, points.
const REACH: f64 = 14.0;
/// The smallest box that is searched for, pixels.
const SMALLEST: f64 = 4.0;

/// What dragging with the left button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Tool {
    /// Move the picture.
    #[default]
    Pan,
    /// Select objects in a rectangle.
    Rectangle,
    /// Select objects inside a line.
    Lasso,
    /// Find what looks like a box.
    Search,
}

impl Tool {
    /// All.
    pub const ALL: [Self; 4] = [Self::Pan, Self::Rectangle, Self::Lasso, Self::Search];

    /// What its button says.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pan => "Pan",
            Self::Rectangle => "Box",
            Self::Lasso => "Lasso",
            Self::Search => "Search box",
        }
    }

    /// What it does.
    pub fn help(self) -> &'static str {
        match self {
            Self::Pan => "Drag to move; click picks the nearest object",
            Self::Rectangle => "Drag a box to select objects; Shift adds, Alt leaves out",
            Self::Lasso => "Draw around objects to select them; Shift adds, Alt leaves out",
            Self::Search => {
                "Drag a square: objects that look like it are found (Enter on the picture searches its middle)"
            }
        }
    }
}

/// Objects being looked for inside an outline, and what they will mean.
pub type Choosing = (Receiver<Vec<u32>>, Meets);

impl ImagePanel {
    /// Follows the pointer and the keys on the picture.
    pub(super) fn hand_ui(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        response: &Response,
        scene: &Scene,
        marks: Option<&Arc<Marks>>,
    ) {
        self.zoom_by_hand(ui, response, scene);
        let grid = scene.grid;
        if response.dragged_by(PointerButton::Secondary) {
            let by = response.drag_delta();
            // As DS9: bias across, contrast up and down; from where they are, so that nothing jumps.
            self.look.bias = (self.look.bias + f64::from(by.x / self.rect.width().max(1.0))).clamp(-0.5, 1.5);
            let factor = (-f64::from(by.y) * 4.0 / f64::from(self.rect.height().max(1.0))).exp();
            self.look.contrast = (self.look.contrast * factor).clamp(0.05, 20.0);
        }
        let pans = self.tool == Tool::Pan && response.dragged_by(PointerButton::Primary);
        if pans || response.dragged_by(PointerButton::Middle) {
            self.camera.pan(response.drag_delta(), grid);
        }
        if response.clicked_by(PointerButton::Primary) {
            response.request_focus();
            if let (Some(at), Some(marks)) = (response.interact_pointer_pos(), marks) {
                self.pick(ui, view, marks, at);
            }
        }
        if self.tool != Tool::Pan {
            self.draw_outline(ui, view, response, scene, marks);
        }
        self.keys_ui(ui, view, response, scene, marks);
        if let Some((receiver, meets)) = &self.choosing
            && let Ok(found) = receiver.try_recv()
        {
            view.send(Command::Choose(found, *meets));
            self.choosing = None;
        }
    }

    fn pick(&self, ui: &Ui, view: &View<'_>, marks: &Marks, at: Pos2) {
        if !self.overlays.objects {
            return;
        }
        let pixel = self.camera.pixel(self.rect, at);
        if let Some(object) = marks.nearest(pixel, REACH / self.camera.zoom) {
            view.clicked(object, ui.input(|i| i.modifiers));
        }
    }

    fn zoom_by_hand(&mut self, ui: &Ui, response: &Response, scene: &Scene) {
        let Some(at) = response.hover_pos() else { return };
        let (wheel, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        let factor = f64::from(pinch) * (f64::from(wheel) * 0.004).exp();
        if factor != 1.0 {
            self.camera.zoom_about(self.rect, at, factor, scene.grid);
        }
    }

    fn draw_outline(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        response: &Response,
        scene: &Scene,
        marks: Option<&Arc<Marks>>,
    ) {
        if response.drag_started_by(PointerButton::Primary)
            && let Some(start) = ui.input(|i| i.pointer.press_origin())
        {
            self.outline = vec![self.camera.pixel(self.rect, start)];
        }
        if response.dragged_by(PointerButton::Primary)
            && let Some(at) = response.interact_pointer_pos()
            && !self.outline.is_empty()
        {
            let at = self.camera.pixel(self.rect, at);
            if self.tool == Tool::Lasso {
                let far = 2.0 / self.camera.zoom;
                if self
                    .outline
                    .last()
                    .is_none_or(|p| (p[0] - at[0]).hypot(p[1] - at[1]) > far)
                {
                    self.outline.push(at);
                }
            } else {
                self.outline.truncate(1);
                self.outline.push(at);
            }
        }
        if response.drag_stopped_by(PointerButton::Primary) {
            let outline = std::mem::take(&mut self.outline);
            let meets = meets_by(ui.input(|i| i.modifiers));
            match (self.tool, outline.as_slice()) {
                (Tool::Rectangle, [[xa, ya], [xb, yb]]) => {
                    let corners = vec![[*xa, *ya], [*xb, *ya], [*xb, *yb], [*xa, *yb]];
                    self.choose_inside(ui, corners, meets, marks);
                }
                (Tool::Lasso, [_, _, _, ..]) => self.choose_inside(ui, outline, meets, marks),
                (Tool::Search, [a, b]) => {
                    let square = square_of(*a, *b);
                    self.search_box(view, scene, square);
                }
                _ => {}
            }
        }
    }

    /// A million objects in a long outline take a moment: asked for on a thread.
    fn choose_inside(&mut self, ui: &Ui, outline: Vec<[f64; 2]>, meets: Meets, marks: Option<&Arc<Marks>>) {
        let Some(marks) = marks.cloned() else { return };
        let (sender, receiver) = bounded(1);
        let wake = ui.ctx().clone();
        let run = move || {
            let _ = sender.send(marks.inside(&outline));
            wake.request_repaint();
        };
        if std::thread::Builder::new()
            .name("choose".into())
            .spawn(run)
            .is_ok()
        {
            self.choosing = Some((receiver, meets));
        }
    }

    /// Searches for a square of the sky (left, bottom, right, top in pixels).
    fn search_box(&mut self, view: &View<'_>, scene: &Scene, square: [f64; 4]) {
        let [left, bottom, right, top] = square;
        let (x, y) = ((left + right) / 2.0, (bottom + top) / 2.0);
        let Some(field) = view
            .survey
            .fields
            .iter()
            .position(|f| Some(f.id) == self.loaded_field)
        else {
            return;
        };
        // The reference band may have other pixels than those on the screen.
        let (Some(centre), Some(a), Some(b)) = (
            scene.to_reference(x, y),
            scene.to_reference(left, y),
            scene.to_reference(right, y),
        ) else {
            return;
        };
        let side = (a.0 - b.0).hypot(a.1 - b.1);
        if side < SMALLEST {
            return;
        }
        self.searched = Some(square);
        view.send(Command::SimilarToBox {
            field,
            centre,
            side: CutoutSize::Pixels(side),
        });
    }

    /// Keys count while the pointer is on the picture or the picture has the focus.
    fn keys_ui(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        response: &Response,
        scene: &Scene,
        marks: Option<&Arc<Marks>>,
    ) {
        let typing = ui.ctx().egui_wants_keyboard_input() && !response.has_focus();
        if typing || !(response.has_focus() || response.hovered()) {
            return;
        }
        let pressed = |key: Key| ui.input(|i| i.modifiers.is_none() && i.key_pressed(key));
        let plain = |key: Key| ui.input(|i| !i.modifiers.command && i.key_pressed(key));
        let grid = scene.grid;
        let about = response.hover_pos().unwrap_or(self.rect.center());
        if plain(Key::Plus) || plain(Key::Equals) {
            self.camera.zoom_about(self.rect, about, 1.5, grid);
        }
        if plain(Key::Minus) {
            self.camera.zoom_about(self.rect, about, 1.0 / 1.5, grid);
        }
        if pressed(Key::F) {
            self.camera.fit(self.rect, grid);
        }
        if pressed(Key::R) {
            self.one_to_one(ui.ctx());
        }
        if pressed(Key::G)
            && let Some(focus) = view.selection.focus()
        {
            self.go_to = Some((focus, true));
        }
        let step = self.rect.size() * 0.4;
        for (key, by) in [
            (Key::Home, vec2(step.x, 0.0)),
            (Key::End, vec2(-step.x, 0.0)),
            (Key::PageUp, vec2(0.0, step.y)),
            (Key::PageDown, vec2(0.0, -step.y)),
        ] {
            if pressed(key) {
                self.camera.pan(by, grid);
            }
        }
        if pressed(Key::Enter) && response.has_focus() {
            if self.tool == Tool::Search {
                let half = f64::from(self.rect.size().min_elem()) / 8.0 / self.camera.zoom;
                let [x, y] = self.camera.centre;
                self.search_box(view, scene, [x - half, y - half, x + half, y + half]);
            } else if let Some(marks) = marks {
                self.pick_middle(view, marks);
            }
        }
    }

    fn pick_middle(&self, view: &View<'_>, marks: &Marks) {
        let reach = f64::from(self.rect.size().min_elem()) / 2.0 / self.camera.zoom;
        if let Some(object) = marks.nearest(self.camera.centre, reach) {
            view.send(Command::LookAt(object));
        }
    }

    /// Draws what is being drawn, and the box that was last searched for.
    pub(super) fn outline_ui(&self, canvas: &Canvas<'_>, accent: egui::Color32) {
        let ink = Stroke::new(2.0, accent);
        let screen = |p: &[f64; 2]| canvas.camera.screen(canvas.rect, p[0], p[1]);
        match (self.tool, self.outline.as_slice()) {
            (Tool::Rectangle, [a, b]) => {
                let rect = Rect::from_two_pos(screen(a), screen(b));
                canvas.painter.rect_stroke(rect, 0.0, ink, StrokeKind::Middle);
            }
            (Tool::Search, [a, b]) => {
                let rect = canvas.camera.screen_rect(canvas.rect, square_of(*a, *b));
                canvas.painter.rect_stroke(rect, 0.0, ink, StrokeKind::Middle);
            }
            (Tool::Lasso, points) if points.len() > 1 => {
                canvas
                    .painter
                    .add(Shape::closed_line(points.iter().map(screen).collect(), ink));
            }
            _ => {}
        }
        if let Some(square) = self.searched {
            let rect = canvas.camera.screen_rect(canvas.rect, square);
            let corners = [
                rect.left_top(),
                rect.right_top(),
                rect.right_bottom(),
                rect.left_bottom(),
                rect.left_top(),
            ];
            canvas
                .painter
                .extend(Shape::dashed_line(&corners, Stroke::new(1.5, accent), 6.0, 4.0));
        }
    }

    /// One pixel of the image on one of the screen.
    pub(super) fn one_to_one(&mut self, ctx: &egui::Context) {
        self.camera.zoom = 1.0 / f64::from(ctx.pixels_per_point());
        self.camera.fits = false;
    }
}

/// The square dragged from `a` towards `b`, as large as the longer side.
fn square_of(a: [f64; 2], b: [f64; 2]) -> [f64; 4] {
    let side = (b[0] - a[0]).abs().max((b[1] - a[1]).abs());
    let end = [
        a[0] + side.copysign(b[0] - a[0]),
        a[1] + side.copysign(b[1] - a[1]),
    ];
    [
        a[0].min(end[0]),
        a[1].min(end[1]),
        a[0].max(end[0]),
        a[1].max(end[1]),
    ]
}

/// Size of a picture that leaves room for a status line of `lines` lines.
pub(super) fn picture_size(available: Vec2, lines: f32) -> Vec2 {
    vec2(
        available.x.max(32.0),
        (available.y - lines * 18.0 - 4.0).max(32.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_square_whichever_way_it_is_dragged() {
        assert_eq!(square_of([10.0, 10.0], [14.0, 30.0]), [10.0, 10.0, 30.0, 30.0]);
        assert_eq!(square_of([10.0, 10.0], [4.0, 8.0]), [4.0, 4.0, 10.0, 10.0]);
    }
}
