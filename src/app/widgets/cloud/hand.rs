//! What the hand does on a cloud: pans, goes closer, draws a box or a line around objects, clicks one.

use super::frame::Frame;
use crate::display::points::{Region, Window};
use egui::{Key, Modifiers, PointerButton, Pos2, Response, Ui};
use serde::{Deserialize, Serialize};

/// What dragging with the first button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Tool {
    /// Moves the window.
    #[default]
    Pan,
    /// Selects a rectangle.
    Box,
    /// Selects what a line is drawn around.
    Lasso,
}

impl Tool {
    /// All.
    pub const ALL: [Self; 3] = [Self::Pan, Self::Box, Self::Lasso];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pan => "Pan",
            Self::Box => "Box",
            Self::Lasso => "Lasso",
        }
    }

    /// What it does.
    pub fn help(self) -> &'static str {
        match self {
            Self::Pan => "Drag to move; the wheel goes closer. The right button moves with every tool.",
            Self::Box => "Drag a rectangle to select. Shift adds, Alt takes out.",
            Self::Lasso => "Draw a line around objects to select them. Shift adds, Alt takes out.",
        }
    }
}

/// What the hand did in a frame.
#[derive(Debug, Default)]
pub struct Done {
    /// The window it moved to.
    pub window: Option<Window>,
    /// Everything is to be seen.
    pub fit: bool,
    /// The region it finished drawing.
    pub region: Option<Region>,
    /// Where it clicked.
    pub clicked: Option<Pos2>,
}

/// A region being drawn, in screen points: its first and last point, or its line.
#[derive(Debug, Default)]
pub struct Hand {
    line: Vec<Pos2>,
}

/// Part of the window that an arrow key moves.
const STEP: f64 = 0.1;
/// How much closer a key goes.
pub const CLOSER: f64 = 1.25;
/// Points of the wheel for going closer by a factor of e.
const WHEEL: f64 = 240.0;

impl Hand {
    /// The line being drawn.
    pub fn line(&self) -> &[Pos2] {
        &self.line
    }

    /// Follows pointer and keys.
    pub fn follow(&mut self, ui: &Ui, response: &Response, frame: &Frame, tool: Tool) -> Done {
        let mut done = Done::default();
        let mut window = frame.window;
        if response.contains_pointer()
            && let Some(at) = ui.input(|i| i.pointer.hover_pos())
        {
            let (wheel, pinch) =
                ui.input(|i| (f64::from(i.smooth_scroll_delta().y), f64::from(i.zoom_delta())));
            if wheel != 0.0 || pinch != 1.0 {
                window = window.zoomed((wheel / WHEEL).exp() * pinch, frame.value(at));
            }
        }
        let pans = response.dragged_by(PointerButton::Middle)
            || response.dragged_by(PointerButton::Secondary)
            || (tool == Tool::Pan && response.dragged_by(PointerButton::Primary));
        if pans {
            let d = response.drag_delta();
            window = window.moved(
                -f64::from(d.x / frame.rect.width()),
                f64::from(d.y / frame.rect.height()),
            );
        }
        if tool != Tool::Pan {
            self.draw(ui, response, frame, tool, &mut done);
        }
        if response.has_focus() {
            window = by_keys(ui, response, window, &mut done);
        }
        if response.double_clicked() {
            done.fit = true;
        } else if response.clicked() {
            done.clicked = response.interact_pointer_pos();
        }
        if window != frame.window && window.is_sound() {
            done.window = Some(window);
        }
        done
    }

    fn draw(&mut self, ui: &Ui, response: &Response, frame: &Frame, tool: Tool, done: &mut Done) {
        if response.drag_started_by(PointerButton::Primary) {
            // Where the button went down, not where the hand was when it counted as a drag.
            let start = ui.input(|i| i.pointer.press_origin());
            self.line = start.into_iter().collect();
        }
        if response.dragged_by(PointerButton::Primary)
            && let Some(at) = response.interact_pointer_pos()
            && !self.line.is_empty()
        {
            let at = at.clamp(frame.rect.min, frame.rect.max);
            if tool == Tool::Box {
                self.line.truncate(1);
                self.line.push(at);
            } else if self.line.last().is_none_or(|l| l.distance(at) > 2.0) {
                self.line.push(at);
            }
        }
        if response.drag_stopped_by(PointerButton::Primary) {
            let line = std::mem::take(&mut self.line);
            let at: Vec<[f64; 2]> = line.iter().map(|p| frame.value(*p)).collect();
            done.region = match (tool, at.as_slice()) {
                (Tool::Box, [a, b]) => Some(Region::Box(Window::from_corners(*a, *b))),
                (Tool::Lasso, [_, _, _, ..]) => Some(Region::Lasso(at)),
                _ => None,
            };
        }
        // Escape leaves the region without selecting.
        if !self.line.is_empty() && ui.input(|i| i.key_pressed(Key::Escape)) {
            self.line.clear();
        }
    }
}

/// Arrows move, + and − go closer and back, Home fits, Enter selects what is in view.
fn by_keys(ui: &Ui, response: &Response, window: Window, done: &mut Done) -> Window {
    let filter = egui::EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        ..Default::default()
    };
    ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
    let mut window = window;
    let centre = [
        (window.x[0] + window.x[1]) / 2.0,
        (window.y[0] + window.y[1]) / 2.0,
    ];
    ui.input_mut(|i| {
        for (key, right, up) in [
            (Key::ArrowLeft, -STEP, 0.0),
            (Key::ArrowRight, STEP, 0.0),
            (Key::ArrowUp, 0.0, STEP),
            (Key::ArrowDown, 0.0, -STEP),
        ] {
            if i.consume_key(Modifiers::NONE, key) {
                window = window.moved(right, up);
            }
        }
        if i.consume_key(Modifiers::NONE, Key::Plus) || i.consume_key(Modifiers::NONE, Key::Equals) {
            window = window.zoomed(CLOSER, centre);
        }
        if i.consume_key(Modifiers::NONE, Key::Minus) {
            window = window.zoomed(1.0 / CLOSER, centre);
        }
        done.fit |= i.consume_key(Modifiers::NONE, Key::Home);
        if i.consume_key(Modifiers::NONE, Key::Enter) {
            done.region = Some(Region::Box(window));
        }
    });
    window
}
