//! Keys pressed anywhere in the window.

use super::Window;
use crate::app::apply::apply;
use crate::app::command::{Action, Command};
use egui::{Key, Modifiers};

impl Window {
    /// Keys of the actions, unless a text field has the keyboard.
    pub(super) fn keys(&mut self, ctx: &egui::Context) {
        if self.state.dialog.is_some() || self.state.sheet.is_some() || self.state.dialogs.is_any_up() {
            return;
        }
        let typing = ctx.egui_wants_keyboard_input();
        let (in_text, in_menu) = (ctx.text_edit_focused(), egui::Popup::is_any_open(ctx));
        // Longer combinations first: Ctrl+Shift+Z is not Ctrl+Z.
        let mut actions: Vec<Action> = Action::ALL.to_vec();
        actions.sort_by_key(|a| {
            a.shortcut().map_or(0, |s| {
                -i32::from(s.modifiers.shift) - i32::from(s.modifiers.command) - i32::from(s.modifiers.alt)
            })
        });
        for action in actions {
            let Some(keys) = action.shortcut() else { continue };
            let is_plain = keys.modifiers == Modifiers::NONE || keys.modifiers == Modifiers::SHIFT;
            if typing && is_plain {
                continue;
            }
            // In a text field these select, undo and move within the text; Escape closes a menu first.
            let edits = keys.modifiers == Modifiers::ALT || matches!(keys.logical_key, Key::A | Key::Z);
            let closes = keys.logical_key == Key::Escape && in_menu;
            if in_text && edits || closes {
                continue;
            }
            // Each press counts: a fast hand gives several in one frame.
            let count = ctx.input_mut(|i| i.count_and_consume_key(keys.modifiers, keys.logical_key));
            for _ in 0..count {
                apply(&mut self.state, Command::Do(action));
            }
        }
    }
}
