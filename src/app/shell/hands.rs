//! What hands do to the whole window: files dropped on it, keys pressed anywhere.

use super::Window;
use crate::app::apply::apply;
use crate::app::command::{Action, Command};
use egui::{Key, Modifiers};
use std::path::PathBuf;

impl Window {
    /// Files dropped on the window: to open, or, on the gallery, one picture to search for.
    pub(super) fn take_drops(&mut self, ctx: &egui::Context) {
        let (files, pointer) = ctx.input(|i| (i.raw.dropped_files.clone(), i.pointer.latest_pos()));
        if files.is_empty() {
            return;
        }
        let paths: Vec<PathBuf> = files.iter().map(|f| f.path().to_owned()).collect();
        let on_gallery = pointer.is_some_and(|p| self.state.panels.gallery.is_at(p));
        if let [one] = paths.as_slice()
            && on_gallery
            && self.state.open.is_some()
            && is_picture(one)
        {
            self.state.out.send(Command::SimilarToFile(one.clone()));
        } else {
            self.state.out.send(Command::Open(paths));
        }
    }

    /// What a drop would do, while files hover.
    pub(super) fn hover_ui(&self, ctx: &egui::Context) {
        let hovering = ctx.input(|i| !i.raw.hovered_files.is_empty());
        if !hovering {
            return;
        }
        let painter = ctx.layer_painter(egui::LayerId::new(
            egui::Order::Foreground,
            egui::Id::unique("drop"),
        ));
        let rect = ctx.content_rect();
        painter.rect_filled(rect, 0.0, egui::Color32::from_black_alpha(160));
        let text = if self.state.open.is_some() {
            "Drop to add to this project; a picture on the gallery is searched for"
        } else {
            "Drop to open"
        };
        painter.text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            text,
            egui::FontId::proportional(24.0),
            egui::Color32::WHITE,
        );
    }

    /// Keys of the actions, unless a text field has the keyboard.
    pub(super) fn keys(&mut self, ctx: &egui::Context) {
        if self.state.dialog.is_some() || self.state.sheet.is_some() {
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

/// Whether a file is one to search for rather than to import: a picture, or a small FITS image.
fn is_picture(path: &std::path::Path) -> bool {
    let ending = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    matches!(
        ending.as_str(),
        "png" | "jpg" | "jpeg" | "tif" | "tiff" | "fits" | "fit"
    )
}
