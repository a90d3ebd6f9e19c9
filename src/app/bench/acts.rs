//! What a hand does in each view while frames are counted.

use crate::app::command::Command;
use crate::app::panels::Pane;
use crate::app::state::AppState;
use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, Rect, TouchPhase, Vec2,
    pos2, vec2,
};
use std::f32::consts::TAU;

/// Events for one frame, and the window's state.
pub struct Hand<'a> {
    /// Where the view is.
    pub rect: Rect,
    /// What the window is given.
    pub events: &'a mut Vec<Event>,
    /// The window's state.
    pub state: &'a mut AppState,
}

/// Something done in one view for a number of frames.
pub struct Act {
    /// The view and what is done.
    pub what: &'static str,
    /// The view, brought to the front before.
    pub pane: Pane,
    /// Frames.
    pub frames: usize,
    /// Done once before.
    pub setup: fn(&mut AppState),
    /// Events of one frame.
    pub play: fn(&mut Hand<'_>, usize),
}

/// In the project of embedded objects.
pub const ON_OBJECTS: [Act; 8] = [
    Act {
        what: "image: moving, all objects drawn",
        pane: Pane::Image,
        frames: 150,
        setup: nothing,
        play: |hand, i| hand.drag(i, PointerButton::Middle),
    },
    Act {
        what: "image: going closer and away",
        pane: Pane::Image,
        frames: 240,
        setup: nothing,
        play: |hand, i| hand.wheel(if (i / 60).is_multiple_of(2) { 40.0 } else { -40.0 }),
    },
    Act {
        what: "image: contrast and bias by dragging",
        pane: Pane::Image,
        frames: 150,
        setup: nothing,
        play: |hand, i| hand.drag(i, PointerButton::Secondary),
    },
    Act {
        what: "gallery: scrolling",
        pane: Pane::Gallery,
        frames: 200,
        setup: nothing,
        play: |hand, _| hand.wheel(-60.0),
    },
    Act {
        what: "gallery: page by page",
        pane: Pane::Gallery,
        frames: 150,
        setup: nothing,
        play: |hand, i| {
            if i == 0 {
                hand.click(hand.rect.center());
            } else if i.is_multiple_of(6) {
                hand.key(Key::PageDown);
            }
        },
    },
    Act {
        what: "gallery, inspector: next object",
        pane: Pane::Gallery,
        frames: 200,
        setup: nothing,
        play: |hand, i| {
            if i.is_multiple_of(6) {
                hand.key(Key::ArrowRight);
            }
        },
    },
    Act {
        what: "gallery: tiles of another size",
        pane: Pane::Gallery,
        frames: 120,
        setup: nothing,
        play: |hand, i| {
            hand.state
                .panels
                .gallery
                .set_side(60.0 + 100.0 * (i as f32 / 120.0 * TAU).sin().abs())
        },
    },
    Act {
        what: "gallery: another stretch for all",
        pane: Pane::Gallery,
        frames: 120,
        setup: nothing,
        play: |hand, i| {
            let mut look = hand.state.settings.look.clone();
            look.contrast = 1.0 + 0.5 * (i as f64 / 120.0);
            hand.state.out.send(Command::Look(Box::new(look)));
        },
    },
];

/// In the project of many points.
pub const ON_POINTS: [Act; 8] = [
    Act {
        what: "map: moving",
        pane: Pane::Map,
        frames: 150,
        setup: nothing,
        play: |hand, i| hand.drag(i, PointerButton::Primary),
    },
    Act {
        what: "map: going closer and away",
        pane: Pane::Map,
        frames: 240,
        setup: nothing,
        play: |hand, i| hand.wheel(if (i / 60).is_multiple_of(2) { 40.0 } else { -40.0 }),
    },
    Act {
        what: "map: pointing at objects",
        pane: Pane::Map,
        frames: 150,
        setup: nothing,
        play: |hand, i| {
            let at = hand.circle(i);
            hand.events.push(Event::PointerMoved(at));
        },
    },
    Act {
        what: "table: scrolling",
        pane: Pane::Table,
        frames: 200,
        setup: nothing,
        play: |hand, _| hand.wheel(-120.0),
    },
    Act {
        what: "table: filtered while scrolling",
        pane: Pane::Table,
        frames: 150,
        setup: |state| state.out.send(Command::Filter("mag < 20 and ratio > 0.5".into())),
        play: |hand, _| hand.wheel(-120.0),
    },
    Act {
        what: "histogram: brushing",
        pane: Pane::Plots,
        frames: 150,
        setup: |state| state.out.send(Command::Filter(String::new())),
        play: |hand, i| hand.drag(i, PointerButton::Primary),
    },
    Act {
        what: "scatter: going closer and away",
        pane: Pane::Plots,
        frames: 240,
        setup: |state| state.panels.plots = kept(r#"{"kind":"Scatter"}"#),
        play: |hand, i| hand.wheel(if (i / 60).is_multiple_of(2) { 40.0 } else { -40.0 }),
    },
    Act {
        what: "all objects selected, then none",
        pane: Pane::Map,
        frames: 120,
        setup: nothing,
        play: |hand, i| match i % 40 {
            10 => hand.key_with(Modifiers::COMMAND, Key::A),
            30 => hand.key(Key::Escape),
            _ => {}
        },
    },
];

fn nothing(_: &mut AppState) {}

/// A panel as a person might have left it.
pub fn kept<T: serde::de::DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

impl Hand<'_> {
    /// A place that goes round in the view.
    fn circle(&self, i: usize) -> Pos2 {
        let (sin, cos) = (i as f32 / 60.0 * TAU).sin_cos();
        let reach = self.rect.size().min_elem() * 0.25;
        self.rect.center() + vec2(cos, sin) * reach
    }

    /// A drag in circles: pressed in the first frame, released after 120, again from 130 on.
    fn drag(&mut self, i: usize, button: PointerButton) {
        let at = self.circle(i);
        self.events.push(Event::PointerMoved(at));
        let pressed = match i % 130 {
            2 => true,
            120 => false,
            _ => return,
        };
        self.events.push(Event::PointerButton {
            pos: at,
            button,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }

    fn wheel(&mut self, by: f32) {
        let at = self.rect.center() + vec2(3.0, 40.0);
        self.events.push(Event::PointerMoved(at));
        self.events.push(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: Vec2::new(0.0, by),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
    }

    fn click(&mut self, at: Pos2) {
        self.events.push(Event::PointerMoved(at));
        for pressed in [true, false] {
            self.events.push(Event::PointerButton {
                pos: at,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
        }
    }

    /// Presses and releases a key.
    pub fn key(&mut self, key: Key) {
        self.key_with(Modifiers::NONE, key);
    }

    fn key_with(&mut self, modifiers: Modifiers, key: Key) {
        for pressed in [true, false] {
            self.events.push(Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers,
            });
        }
    }

    /// Lets go of everything and leaves the window.
    pub fn rest(&mut self) {
        let at = pos2(-10.0, -10.0);
        for button in [
            PointerButton::Primary,
            PointerButton::Secondary,
            PointerButton::Middle,
        ] {
            self.events.push(Event::PointerButton {
                pos: at,
                button,
                pressed: false,
                modifiers: Modifiers::NONE,
            });
        }
        self.events.push(Event::PointerGone);
    }
}
